//! What the journal says of a voucher or flex ticket, from its sale to its last use.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;

use super::store::{self, Facts, Seller};
use crate::clock::Timestamp;
use crate::db::Connection;
use crate::ledger::Error;
use crate::ledger::batch::current_state::RegimeWord;
use crate::ledger::book::{Account, EntryKind, ItemKind, Moves};
use crate::ledger::posting::{Finding, FindingReason, StoredValueClass, StoredValueKey};
use crate::ledger::reading::explain::explained::{self, ExplainedEntry};
use crate::ledger::reading::explain::history::amount;
use crate::ledger::reading::explain::sold::{
    entered, is_opening, refunded, refunded_by, relief, stays_issued, taxation,
};
use crate::ledger::reading::explain::store::{UnresolvedFinding, timezone};
use crate::ledger::reading::explain::summary::{self, Line};
use crate::ledger::reading::explain::words::{capitalised, money, percent};

/// All that is known of one.
pub(super) struct Life {
    pub(super) source: String,
    pub(super) key: StoredValueKey,
    pub(super) findings: Vec<UnresolvedFinding>,
    pub(super) facts: Option<Facts>,
    seller: Option<Seller>,
    /// In the order of their numbers.
    pub(super) entries: Vec<ExplainedEntry>,
    codes: BTreeMap<String, String>,
    /// The orders that it refunds without saying how much of each, by the entry that issues it.
    refunded: BTreeMap<i64, Vec<String>>,
    pub(super) zone: Tz,
}

impl Life {
    /// `None` when nothing is known of one of this class.
    pub(super) fn load(
        connection: &mut Connection,
        source: &str,
        class: StoredValueClass,
        voucher_id: &str,
    ) -> Result<Option<Self>, Error> {
        let key = StoredValueKey::new(class, voucher_id);
        let facts = store::facts(connection, source, &key)?;
        let numbers = store::entry_numbers(connection, source, voucher_id)?;
        let mut entries = explained::entries(connection, source, &numbers)?;
        entries.retain(|booked| class_of(booked, voucher_id) == class);
        if facts.is_none() && entries.is_empty() {
            return Ok(None);
        }
        let about = entries.iter().flat_map(|booked| {
            booked.lines.iter().filter_map(|line| line.order_id.as_deref()).chain(booked.entry.order_id.as_deref())
        });
        let mut orders: BTreeSet<&str> = about.collect();
        orders.extend(facts.as_ref().and_then(|facts| facts.purchase_order_id.as_deref()));
        let refunded = refunded_orders(connection, source, voucher_id, &entries)?;
        orders.extend(refunded.values().flatten().map(String::as_str));
        let orders: Vec<&str> = orders.into_iter().collect();
        let codes = store::codes(connection, source, &orders)?;
        let fingerprints = fingerprints(source, &orders, &key, &entries);
        let found = store::findings(connection, source, &orders)?;
        let findings = found
            .into_iter()
            .filter(|(print, finding)| fingerprints.contains(print) || mentions(&finding.evidence, voucher_id))
            .map(|(_, finding)| finding)
            .collect();
        let seller = facts.as_ref().and_then(|facts| facts.purchase_order_id.as_deref());
        let seller = seller.map(|order_id| store::seller(connection, source, order_id)).transpose()?;
        let zone = timezone(connection, source)?.parse().unwrap_or(chrono_tz::UTC);
        Ok(Some(Self { source: source.to_owned(), key, findings, facts, seller, entries, codes, refunded, zone }))
    }

    fn what(&self) -> &'static str {
        match self.key.class {
            StoredValueClass::Voucher => "voucher",
            StoredValueClass::Flex => "flex ticket",
        }
    }

    /// `order A (CODE)`
    pub(super) fn order(&self, order_id: Option<&str>) -> String {
        let Some(order_id) = order_id else { return "no order".to_owned() };
        let code = self.codes.get(order_id).map_or_else(String::new, |code| format!(" ({code})"));
        format!("order {order_id}{code}")
    }

    /// Entries that no other entry undoes, with what they are about here.
    fn live(&self) -> impl Iterator<Item = (&ExplainedEntry, ItemKind)> {
        let live = self.entries.iter().filter(|booked| booked.undone_by.is_none() && booked.kind != EntryKind::Reverse);
        live.filter_map(|booked| Some((booked, self.item_kind(booked)?)))
    }

    pub(super) fn item_kind(&self, booked: &ExplainedEntry) -> Option<ItemKind> {
        let own = || booked.lines.iter().filter(|line| line.voucher_id.as_deref() == Some(&self.key.id));
        let liability = own().find(|line| Account::is_stored_value(&line.account_code));
        liability.or_else(|| own().next())?.item_kind().ok()
    }

    /// What an entry adds to the liability: positive, we owe more. Net, for what was taxed when it was sold.
    pub(super) fn liability(&self, booked: &ExplainedEntry) -> i64 {
        let own = booked.lines.iter().filter(|line| line.voucher_id.as_deref() == Some(&self.key.id));
        own.filter(|line| Account::is_stored_value(&line.account_code)).map(|line| -line.amount_minor).sum()
    }

    pub(super) fn introduction(&self) -> String {
        let name = format!("{} {} of {}", capitalised(self.what()), self.key.id, self.source);
        let Some(facts) = &self.facts else {
            return format!("{name} is no longer sold or used by any order. Times are those of {}.", self.zone.name());
        };
        let face = facts.face_minor.zip(facts.currency.as_deref());
        let face = face.map_or_else(
            || format!("{name}."),
            |(minor, currency)| format!("{name} was issued for {}.", money(minor, currency)),
        );
        let rate = facts.vat_bp.map_or_else(String::new, |bp| format!(" at {} %", percent(bp)));
        let taxed = match facts.regime {
            RegimeWord::Mpv => "It is a multi-purpose voucher: it is taxed when it is used.".to_owned(),
            RegimeWord::Spv => format!("It is a single-purpose voucher{rate}: it was taxed when it was sold."),
            RegimeWord::Prepaid => "It is prepaid: it is taxed when it is used.".to_owned(),
            RegimeWord::Taxed => format!("It was taxed{rate} when it was sold."),
            RegimeWord::Recognised => format!("It was revenue{rate} when it was sold."),
            RegimeWord::Unknown => "Nobody has said how it was sold, so it counts as taxed when it is used.".to_owned(),
        };
        let mut text = format!("{face} {taxed}");
        if let Some(code) = &facts.code_last4 {
            text += &format!(" Its code ends in {code}.");
        }
        if let Some((left, total)) = facts.units_left.zip(facts.units_total).filter(|(_, total)| *total > 0) {
            text += &format!(" The provider says that {left} of {total} admissions are left.");
        }
        if let Some(day) = facts.issued_on {
            text += &format!(" An earlier system sold it on {day}.");
        }
        if let Some(day) = facts.expires_on {
            text += &format!(" It is valid until {day}.");
        }
        format!("{text} Times are those of {}.", self.zone.name())
    }

    /// Sale, refund voucher or opening stock, and what became of a sale that was taken back.
    pub(super) fn origin(&self) -> Vec<Line> {
        let live: Vec<_> = self.live().filter(|(_, kind)| is_origin(*kind)).collect();
        let mut sentences = Vec::new();
        for (sale, kind) in self.sales_taken_back() {
            sentences.push(self.issue(sale, kind));
            let order = sale.entry.order_id.as_deref();
            if !live.iter().any(|(booked, _)| booked.entry.order_id.as_deref() == order) {
                sentences.push(self.taken_back(sale));
            }
        }
        sentences.extend(live.into_iter().map(|(booked, kind)| self.issue(booked, kind)));
        if sentences.is_empty() {
            sentences.push(format!("No order and no import of {} says how it was sold.", self.source));
        }
        sentences.into_iter().map(Line::plain).collect()
    }

    /// The last sale of each order that sells it no more.
    fn sales_taken_back(&self) -> Vec<(&ExplainedEntry, ItemKind)> {
        let mut sales: BTreeMap<Option<&str>, (&ExplainedEntry, ItemKind)> = BTreeMap::new();
        let issues = self.entries.iter().filter(|booked| booked.kind != EntryKind::Reverse && !stays_issued(booked));
        for booked in issues {
            if let Some(kind) = self.item_kind(booked).filter(|kind| kind.is_issue()) {
                sales.insert(booked.entry.order_id.as_deref(), (booked, kind));
            }
        }
        sales.into_values().filter(|(booked, _)| booked.undone_by.is_some()).collect()
    }

    /// When the sale was undone of which this stays issued: it may be posted only when that is used.
    fn undone_at(&self, stays: &ExplainedEntry) -> Timestamp {
        let sales = self.sales_taken_back();
        let sale = sales.iter().find(|(sale, _)| sale.entry.order_id == stays.entry.order_id);
        let by = sale.and_then(|(sale, _)| self.entries.iter().find(|by| Some(by.entry.entry_no) == sale.undone_by));
        by.map_or(stays.happened_at, |by| by.entry.effective_at)
    }

    fn taken_back(&self, sale: &ExplainedEntry) -> String {
        let by = self.entries.iter().find(|booked| Some(booked.entry.entry_no) == sale.undone_by);
        let (at, no) = by.map_or((sale.entry.effective_at, 0), |by| (by.entry.effective_at, by.entry.entry_no));
        let seller = self.order(sale.entry.order_id.as_deref());
        format!(
            "{}: {seller} took that back; nothing of it is issued any more (entry {no}).",
            at.local_minute(self.zone)
        )
    }

    fn issue(&self, booked: &ExplainedEntry, kind: ItemKind) -> String {
        let entry = &booked.entry;
        let (at, no) = (booked.happened_at.local_minute(self.zone), entry.entry_no);
        let (seller, worth) = (self.order(entry.order_id.as_deref()), amount(booked));
        let value = money(worth, &entry.currency);
        match kind {
            ItemKind::VoucherOpening => {
                format!("It was taken over from an earlier system on {}, {value} (entry {no}).", entry.booking_date)
            }
            ItemKind::RefundVoucher if !stays_issued(booked) => {
                let instead = match refunded(booked) {
                    Some(order_id) => format!("a refund for {}", self.order(Some(order_id))),
                    None => {
                        let orders = self.refunded.get(&no).into_iter().flatten();
                        let orders: Vec<String> = orders.map(|order_id| self.order(Some(order_id))).collect();
                        format!("refunds for {}, not said how much for each", orders.join(", "))
                    }
                };
                format!("{at}: issued by {seller} instead of {instead}, {value} (entry {no}).")
            }
            _ => {
                if stays_issued(booked) {
                    let at = self.undone_at(booked).local_minute(self.zone);
                    return format!(
                        "{at}: {seller} no longer sells it; {value} stays issued, because that was used (entry {no})."
                    );
                }
                let tax = taxation(booked);
                format!("{at}: sold by {seller} for {value}. {tax} (Entry {no}.)")
            }
        }
    }

    /// What became of the order that sold or issued it: its money is not the voucher's.
    pub(super) fn seller(&self) -> Vec<Line> {
        let seller = self.facts.as_ref().and_then(|facts| facts.purchase_order_id.as_deref());
        let Some((seller, Seller { status, sums })) = seller.zip(self.seller.as_ref()) else { return Vec::new() };
        let mut text = capitalised(&self.order(Some(seller)));
        text += &format!(" is {}.", status.as_deref().unwrap_or("unknown"));
        for (currency, sums) in by_currency(sums) {
            let of = |moves: &[Moves]| -> i64 {
                sums.iter().filter(|(kind, _)| moves.contains(&kind.moves())).map(|(_, minor)| *minor).sum()
            };
            let all: i64 = sums.iter().map(|(_, minor)| *minor).sum();
            let moved = [
                ("billed", of(&[Moves::Billed])),
                ("paid", -of(&[Moves::Paid])),
                ("paid by vouchers", -of(&[Moves::Redeemed])),
                ("given back", of(&[Moves::Refunded])),
                ("given back by voucher", of(&[Moves::RefundVoucher])),
                ("booked otherwise", of(&[Moves::Other])),
            ];
            let moved = moved.iter().filter(|(_, minor)| *minor != 0);
            let moved: Vec<String> = moved.map(|(what, minor)| format!("{} {what}", money(*minor, currency))).collect();
            text += &format!(" On it: {}; {} open.", moved.join(", "), money(all, currency));
        }
        vec![Line::plain(text)]
    }

    /// Each use with what was left after it, in the order of time.
    pub(super) fn uses(&self) -> Vec<Line> {
        let mut facts: Vec<(Timestamp, i64, ItemKind, &ExplainedEntry)> =
            self.live().map(|(booked, kind)| (booked.happened_at, booked.entry.entry_no, kind, booked)).collect();
        // What it was issued for comes first, whatever day it is booked on.
        facts.sort_by_key(|(at, no, kind, _)| (!is_origin(*kind), *at, *no));
        let mut left: BTreeMap<&str, i64> = BTreeMap::new();
        let mut lines = Vec::new();
        let mut rest = facts.as_slice();
        while let [(at, _, kind, first), ..] = rest {
            let same = |other: &&(Timestamp, i64, ItemKind, &ExplainedEntry)| {
                let (other_at, _, other_kind, booked) = other;
                (other_at, other_kind) == (at, kind)
                    && (&booked.entry.order_id, &booked.entry.currency)
                        == (&first.entry.order_id, &first.entry.currency)
            };
            let count = rest.iter().take_while(same).count();
            let (together, others) = rest.split_at(count.max(1));
            rest = others;
            let booked: Vec<&ExplainedEntry> = together.iter().map(|(.., booked)| *booked).collect();
            let currency = first.entry.currency.as_str();
            let left = left.entry(currency).or_default();
            if kind.moves() != Moves::Redeemed {
                *left += booked.iter().map(|booked| self.worth(booked, *kind)).sum::<i64>();
                continue;
            }
            let paid: i64 = booked.iter().map(|booked| amount(booked)).sum();
            *left -= paid;
            lines.push(self.used(&booked, paid, *left));
        }
        lines
    }

    /// What an entry that is no use adds to the value that can be used.
    fn worth(&self, booked: &ExplainedEntry, kind: ItemKind) -> i64 {
        match kind {
            // The stock of an earlier system is net where its VAT was charged there; its face is what can be used.
            ItemKind::VoucherOpening => self.facts.as_ref().and_then(|facts| facts.face_minor),
            // Of what was sold before these books begin, the stock brings the value.
            kind if kind.is_issue() => Some(if is_opening(booked) { 0 } else { amount(booked) }),
            _ => None,
        }
        .unwrap_or_else(|| self.liability(booked))
    }

    fn used(&self, booked: &[&ExplainedEntry], paid: i64, left: i64) -> Line {
        let [first, ..] = booked else { return Line::default() };
        let entry = &first.entry;
        let (at, order) = (first.happened_at.local_minute(self.zone), self.order(entry.order_id.as_deref()));
        let numbers: Vec<i64> = booked.iter().map(|booked| booked.entry.entry_no).collect();
        let entries = capitalised(&summary::entries(&numbers));
        let (paid_told, left_told) = (money(paid, &entry.currency), money(left.saturating_abs(), &entry.currency));
        let left = if left < 0 { "more than was left" } else { "left after it" };
        Line {
            text: format!("{at}: paid {paid_told} of {order}; {left_told} {left}.{} ({entries}.)", relief(booked)),
            kind: format!("use in {}", first.happened_at.local_date(self.zone).format("%Y-%m")),
            currency: entry.currency.clone(),
            amount_minor: paid,
            vat_minor: None,
            entry_no: Some(entry.entry_no),
        }
    }

    /// Corrections, breakage, and what else a person entered.
    pub(super) fn by_hand(&self) -> Vec<Line> {
        let manual = self.entries.iter().filter(|booked| booked.entry.snapshot_no.is_none());
        manual.map(|booked| Line::plain(entered(booked))).collect()
    }
}

/// For each entry that issues it for several orders, these orders, as its snapshot says.
fn refunded_orders(
    connection: &mut Connection,
    source: &str,
    voucher_id: &str,
    entries: &[ExplainedEntry],
) -> Result<BTreeMap<i64, Vec<String>>, Error> {
    let mut found = BTreeMap::new();
    let issues = entries.iter().filter(|booked| booked.entry.event_type == "voucher.refund_issue");
    for booked in issues.filter(|booked| booked.kind != EntryKind::Reverse && refunded(booked).is_none()) {
        let Some((no, order_id)) = booked.entry.snapshot_no.zip(booked.entry.order_id.as_deref()) else { continue };
        let snapshot = explained::snapshot(connection, source, order_id, no)?;
        let orders = refunded_by(&snapshot, voucher_id).into_iter().map(str::to_owned).collect();
        found.insert(booked.entry.entry_no, orders);
    }
    Ok(found)
}

fn by_currency(sums: &[(String, ItemKind, i64)]) -> BTreeMap<&str, Vec<(ItemKind, i64)>> {
    let mut found: BTreeMap<&str, Vec<(ItemKind, i64)>> = BTreeMap::new();
    for (currency, kind, minor) in sums {
        found.entry(currency).or_default().push((*kind, *minor));
    }
    found
}

/// Whether it comes to be by an entry of this kind.
fn is_origin(kind: ItemKind) -> bool {
    kind.is_issue() || kind == ItemKind::VoucherOpening
}

/// Whether an entry is about the voucher or the flex ticket with this id: both may have the same.
fn class_of(booked: &ExplainedEntry, voucher_id: &str) -> StoredValueClass {
    let own = booked.lines.iter().filter(|line| line.voucher_id.as_deref() == Some(voucher_id));
    let flex = own
        .map(|line| line.account_code.as_str())
        .any(|code| code == Account::Flex.to_string() || code == Account::IncomeFlex.to_string());
    if flex || booked.entry.event_type.starts_with("flex.") {
        StoredValueClass::Flex
    } else {
        StoredValueClass::Voucher
    }
}

/// Fingerprints of every finding that can be about it.
fn fingerprints(source: &str, orders: &[&str], key: &StoredValueKey, entries: &[ExplainedEntry]) -> BTreeSet<String> {
    let mut subjects: BTreeSet<String> = [key.to_string(), key.id.clone()].into();
    subjects.extend(entries.iter().map(|booked| format!("{key}:{}", booked.entry.currency)));
    let mut prints = BTreeSet::new();
    for order in orders {
        for (reason, subject) in FindingReason::ALL.iter().flat_map(|reason| subjects.iter().map(move |s| (reason, s)))
        {
            prints.insert(Finding::new(*reason, subject.as_str(), "").fingerprint(source, order));
        }
    }
    prints
}

/// Whether a text names this id, and not only a longer one.
fn mentions(text: &str, id: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    text.match_indices(id).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default().chars().next_back();
        let after = text.get(at + id.len()..).unwrap_or_default().chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}
