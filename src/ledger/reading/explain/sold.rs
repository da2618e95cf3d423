//! What holds now: items, vouchers, money.

use std::collections::BTreeMap;

use super::explained::{ExplainedEntry, ExplainedOrder};
use super::history::amount;
use super::summary::{self, Line};
use super::words::{capitalised, contained_vat, money, number, percent};
use crate::ledger::book::{Account, PostingRow};
use crate::ledger::posting::Snapshot;
use crate::ledger::posting::rules::{FLEX_USED, TAKEN_BACK, VOUCHER_USED};

/// The line that makes the guest owe.
pub(super) fn receivable(booked: &ExplainedEntry) -> i64 {
    booked.lines.iter().filter(|line| line.account_code == Account::RECEIVABLE).map(|line| line.amount_minor).sum()
}

pub(super) fn line_key(booked: &ExplainedEntry) -> &str {
    booked.lines.first().map_or("", |line| line.line_key.as_str())
}

pub(super) fn is_vat(line: &PostingRow) -> bool {
    line.account_code.starts_with("liabilities:vat:")
}

/// Whether it was sold before these books begin.
pub(super) fn is_opening(booked: &ExplainedEntry) -> bool {
    let opening = Account::Opening.to_string();
    booked.entry.snapshot_no.is_some() && booked.lines.iter().any(|line| line.account_code == opening)
}

fn vat_of(booked: &ExplainedEntry) -> Option<&PostingRow> {
    booked.lines.iter().find(|line| is_vat(line))
}

/// Whether its net price waits for the day of the event.
fn is_deferred(booked: &ExplainedEntry) -> bool {
    let deferred = Account::DeferredTickets.to_string();
    booked.lines.iter().any(|line| line.account_code == deferred)
}

fn rate_of(booked: &ExplainedEntry) -> Option<i32> {
    booked.lines.iter().find_map(|line| line.vat_bp)
}

/// Tickets and products, each with its VAT.
pub(super) fn items(order: &ExplainedOrder) -> Vec<Line> {
    // What was there before these books has a chapter of its own.
    let own = order.sales().filter(|booked| !is_opening(booked) && !booked.entry.atom_key.starts_with(TAKEN_BACK));
    let items = own.map(|booked| {
        let (gross, currency) = (receivable(booked), booked.entry.currency.as_str());
        let key = line_key(booked);
        let price = money(gross, currency);
        let vat = vat_of(booked).map_or(0, |line| -line.amount_minor);
        let (tax, rate) = match rate_of(booked) {
            None => (
                "Its VAT rate is unknown, so all of it stays on suspense:vat_undetermined and none of it is revenue \
                 yet"
                .to_owned(),
                "an unknown rate".to_owned(),
            ),
            Some(rate) => {
                let net = number(gross - vat, currency);
                let contained = contained_vat(gross, vat, rate, currency);
                let when = match is_deferred(booked) {
                    true => "becomes revenue on the day of the event",
                    false => "is revenue",
                };
                (format!("{contained}, so {net} {when}"), format!("{} %", percent(rate)))
            }
        };
        let (name, entry_no) = (capitalised(&order.names.name(key)), booked.entry.entry_no);
        Line {
            text: format!("{name}: {price}. {tax} (entry {entry_no})."),
            kind: format!("{}, at {price} and {rate}", order.names.kind(key)),
            currency: currency.to_owned(),
            amount_minor: gross,
            vat_minor: rate_of(booked).map(|_| vat),
            entry_no: Some(entry_no),
        }
    });
    items.collect()
}

/// What was sold for later use, and what of that was used.
pub(super) fn stored_value(order: &ExplainedOrder) -> Vec<Line> {
    let mut lines: Vec<Line> = order
        .live(&["flex.sale", "voucher.issue", "voucher.refund_issue", FLEX_USED, VOUCHER_USED])
        .map(|booked| issued(order, booked))
        .collect();
    // A use is one fact, of however many entries it is made.
    let mut uses: BTreeMap<(&str, &str, crate::clock::Timestamp), Vec<&ExplainedEntry>> = BTreeMap::new();
    for booked in order.live(&["voucher.redeem", "flex.redeem"]) {
        let key = (booked.entry.event_type.as_str(), voucher_of(booked), booked.happened_at);
        uses.entry(key).or_default().push(booked);
    }
    lines.extend(uses.values().map(|entries| used(order, entries)));
    lines
}

pub(super) fn voucher_of(booked: &ExplainedEntry) -> &str {
    booked.lines.iter().find_map(|line| line.voucher_id.as_deref()).unwrap_or("?")
}

fn issued(order: &ExplainedOrder, booked: &ExplainedEntry) -> Line {
    let (entry, currency) = (&booked.entry, booked.entry.currency.as_str());
    let (id, entry_no) = (voucher_of(booked), booked.entry.entry_no);
    let moved = receivable(booked);
    let line = |text: String, kind: String, amount_minor: i64| Line {
        text,
        kind,
        currency: currency.to_owned(),
        amount_minor,
        vat_minor: None,
        entry_no: Some(entry_no),
    };
    if entry.event_type == "voucher.refund_issue" {
        let value = booked.lines.iter().map(|line| line.amount_minor).filter(|minor| *minor > 0).sum();
        let (told, from) = (money(value, currency), entry.order_id.as_deref().unwrap_or("?"));
        let instead = match refunded(booked) {
            Some(order_id) => format!("a refund for order {order_id}; it stands for a refund there"),
            None => format!(
                "refunds for {}; how much of it is for which one is not said",
                order.snapshot.as_ref().map_or_else(|| "several orders".to_owned(), |known| several(known, id))
            ),
        };
        let text =
            format!("Voucher {id} of {told} was issued by order {from} instead of {instead} (entry {entry_no}).");
        return line(text, "voucher issued instead of a refund".to_owned(), value);
    }
    if stays_issued(booked) {
        let what = if entry.event_type == FLEX_USED { "flex ticket" } else { "voucher" };
        let (value, kind) = (amount(booked), format!("{what} used before its sale was undone"));
        let told = money(value, currency);
        let text =
            format!("Of {what} {id} {told} stays issued: it was used before its sale was undone. (Entry {entry_no}.)");
        return line(text, kind, value);
    }
    let tax = taxation(booked);
    let (name, kind) = match entry.event_type.as_str() {
        "flex.sale" => (capitalised(&order.names.name(line_key(booked))), order.names.kind(line_key(booked))),
        _ => (format!("Voucher {id}"), "voucher".to_owned()),
    };
    let amount = money(moved, currency);
    line(
        format!("{name} was sold for {amount}. {tax} (Entry {entry_no}.)"),
        format!("{kind}, sold for {amount}"),
        moved,
    )
}

/// The order that a refund voucher refunds; `None` when it is for several.
pub(super) fn refunded(booked: &ExplainedEntry) -> Option<&str> {
    let unallocated = Account::VoucherRefundUnallocated.to_string();
    let claim = booked.lines.iter().find(|line| line.amount_minor > 0)?;
    claim.order_id.as_deref().filter(|_| claim.account_code != unallocated)
}

/// The orders that a voucher of this order refunds, in words.
fn several(snapshot: &Snapshot, voucher_id: &str) -> String {
    match refunded_by(snapshot, voucher_id).as_slice() {
        [] => "several orders".to_owned(),
        ids => format!("the orders {}", ids.join(", ")),
    }
}

/// The orders that a voucher of this order refunds.
pub(super) fn refunded_by<'s>(snapshot: &'s Snapshot, voucher_id: &str) -> Vec<&'s str> {
    let mut issued = snapshot.order.voucher_orders.iter().flatten();
    let ours = issued.find(|order| order.vouchers.iter().any(|voucher| voucher.id == voucher_id));
    ours.iter().flat_map(|order| &order.refunded_orders).map(|order| order.order_id.as_str()).collect()
}

/// Whether it is what was used of something whose sale was undone.
pub(super) fn stays_issued(booked: &ExplainedEntry) -> bool {
    [FLEX_USED, VOUCHER_USED].contains(&booked.entry.event_type.as_str())
}

/// When what is sold for later use is taxed.
pub(super) fn taxation(booked: &ExplainedEntry) -> String {
    match (rate_of(booked), vat_of(booked)) {
        _ if is_opening(booked) => "It was sold before these books begin.".to_owned(),
        (Some(rate), Some(vat)) => {
            let contained = contained_vat(receivable(booked), -vat.amount_minor, rate, &booked.entry.currency);
            format!("It is taxed now: {contained}.")
        }
        _ => "It is taxed when it is used; until then we owe it.".to_owned(),
    }
}

fn used(order: &ExplainedOrder, entries: &[&ExplainedEntry]) -> Line {
    let [first, ..] = entries else { return Line::default() };
    let (entry, currency) = (&first.entry, first.entry.currency.as_str());
    let paid: i64 = entries.iter().map(|booked| -receivable(booked)).sum();
    let what = if entry.event_type == "voucher.redeem" { "Voucher" } else { "Flex ticket" };
    let numbers: Vec<i64> = entries.iter().map(|booked| booked.entry.entry_no).collect();
    let (id, amount, at) = (voucher_of(first), money(paid, currency), order.moment(first.happened_at));
    let entries_told = capitalised(&summary::entries(&numbers));
    Line {
        text: format!("{what} {id} paid {amount}, on {at}.{} ({entries_told}.)", relief(entries)),
        kind: format!("{} used", what.to_lowercase()),
        currency: currency.to_owned(),
        amount_minor: paid,
        vat_minor: None,
        entry_no: Some(entry.entry_no),
    }
}

/// The VAT that was charged when it was sold and comes off with its use; empty for what is taxed when used.
pub(super) fn relief(entries: &[&ExplainedEntry]) -> String {
    let Some(currency) = entries.first().map(|booked| booked.entry.currency.as_str()) else { return String::new() };
    let mut by_rate: BTreeMap<i32, i64> = BTreeMap::new();
    for line in entries.iter().flat_map(|booked| &booked.lines).filter(|line| is_vat(line)) {
        *by_rate.entry(line.vat_bp.unwrap_or(0)).or_default() += line.amount_minor;
    }
    let paid: i64 = entries.iter().map(|booked| -receivable(booked)).sum();
    let income =
        entries.iter().flat_map(|booked| &booked.lines).filter(|line| line.account_code.starts_with("income:"));
    let income: i64 = income.map(|line| -line.amount_minor).sum();
    let to_revenue = match income {
        0 => String::new(),
        minor => format!(" What it was taxed differently is revenue: {}.", money(minor, currency)),
    };
    let before = " It was taxed when it was sold, so that VAT comes off here: ";
    match by_rate.iter().collect::<Vec<_>>().as_slice() {
        [] => to_revenue,
        [(rate, vat)] if income == 0 => format!("{before}{}.", contained_vat(paid, **vat, **rate, currency)),
        rates => {
            let each = rates.iter().map(|(rate, vat)| format!("{} at {} %", number(**vat, currency), percent(**rate)));
            format!("{before}{}.{to_revenue}", each.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Payments and refunds with their dates.
pub(super) fn money_chapter(order: &ExplainedOrder) -> Vec<Line> {
    let told = order.live(&["payment", "refund"]).map(|booked| {
        let (entry, currency) = (&booked.entry, booked.entry.currency.as_str());
        let paid = -receivable(booked);
        let verb = if paid < 0 { "given back" } else { "received" };
        let method = booked.lines.iter().find_map(|line| line.payment_method.as_deref()).unwrap_or("unknown");
        let id = booked.lines.iter().find_map(|line| line.payment_id.as_deref()).unwrap_or("?");
        let heard = entry.effective_basis == "receipt" && booked.happened_at == entry.effective_at;
        let receipt = if heard { " (the day we heard of it)" } else { "" };
        let (at, amount) = (order.moment(booked.happened_at), money(paid.abs(), currency));
        Line {
            text: format!("{at}{receipt}: {amount} {verb} by {method}, payment {id} (entry {}).", entry.entry_no),
            kind: format!("{verb} by {method}"),
            currency: currency.to_owned(),
            amount_minor: paid.abs(),
            vat_minor: None,
            entry_no: Some(entry.entry_no),
        }
    });
    told.collect()
}

/// What no webhook said.
pub(super) fn by_hand(order: &ExplainedOrder) -> Vec<Line> {
    let manual = order.entries.iter().filter(|booked| booked.entry.snapshot_no.is_none());
    let told = manual.map(|booked| Line {
        text: entered(booked),
        kind: what(booked),
        currency: booked.entry.currency.clone(),
        amount_minor: booked.lines.iter().map(|line| line.amount_minor).filter(|minor| *minor > 0).sum(),
        vat_minor: None,
        entry_no: Some(booked.entry.entry_no),
    });
    told.collect()
}

/// An entry that a person made, with its lines.
pub(super) fn entered(booked: &ExplainedEntry) -> String {
    let (entry, currency) = (&booked.entry, booked.entry.currency.as_str());
    let lines: Vec<String> = booked
        .lines
        .iter()
        .map(|line| format!("{} {}", money(line.amount_minor, currency), line.account_code))
        .collect();
    format!("Entry {} of {}, {}: {}.", entry.entry_no, entry.booking_date, what(booked), lines.join(", "))
}

/// What a person entered, in words: `manual.write_off` is a write off.
fn what(booked: &ExplainedEntry) -> String {
    let word = booked.entry.event_type.strip_prefix("manual.").unwrap_or(&booked.entry.event_type);
    let word = word.replace(['_', '.', '-'], " ");
    match booked.entry.reverses_no {
        Some(no) => format!("{word}, taking back entry {no}"),
        None => word,
    }
}
