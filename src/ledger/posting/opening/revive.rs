//! The order as if nothing of what was there when the book began had been cancelled since. From this the posting rules
//! give what is brought in, and what a cancellation takes back.

use std::collections::{BTreeMap, BTreeSet};

use super::told::{died_at, single_vouchers, singles};
use super::{CANCELLED, Opening, Part, SoldBefore};
use crate::clock::Timestamp;
use crate::ledger::book::Rules;
use crate::ledger::posting::{Finding, FindingReason, Snapshot, part_key};
use crate::money::{Currency, format_minor, format_percent};
use crate::order::{OrderStatus, PartStatus, Product, RedeemedCoupon, Ticket};

/// What became of a part since the book began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ledger::posting) enum Fate {
    Lives,
    /// It was cancelled on this date, or is gone since the receipt.
    Died(Option<Timestamp>),
}

/// The order as if nothing of the opening had been cancelled.
pub(in crate::ledger::posting) struct Revived {
    pub(in crate::ledger::posting) snapshot: Snapshot,
    /// The parts of the opening, by their keys in that snapshot.
    pub(in crate::ledger::posting) parts: BTreeMap<String, Fate>,
    /// Those that live, by their keys in the order as it is: product lines are numbered by what is there.
    pub(in crate::ledger::posting) living: BTreeSet<String>,
    /// Tickets whose day was still to come when the book began.
    pub(in crate::ledger::posting) ahead: BTreeSet<String>,
    /// What is told otherwise than when the book began.
    pub(in crate::ledger::posting) changed: Vec<Finding>,
}

impl Opening {
    /// `None` when the order brings in no part.
    pub(in crate::ledger::posting) fn revive(
        &self,
        snapshot: &Snapshot,
        rules: &Rules,
        begins_at: Timestamp,
    ) -> Option<Revived> {
        let sold = self.sold.as_ref().filter(|sold| sold.at < begins_at)?;
        if self.told_before.contains(CANCELLED) || (sold.parts.is_empty() && sold.products.is_empty()) {
            return None;
        }
        let mut revived = snapshot.clone();
        revived.opening = None;
        revived.cancelled = false;
        revived.recognised_credit = None;
        revived.order.header.as_mut()?.status = OrderStatus::Accepted;
        let now = Now { sold, snapshot, rules, begins_at };
        let mut revival = Revived {
            snapshot: revived,
            parts: BTreeMap::new(),
            living: BTreeSet::new(),
            ahead: BTreeSet::new(),
            changed: Vec::new(),
        };
        now.tickets(&mut revival);
        now.flex_tickets(&mut revival);
        now.vouchers(&mut revival);
        now.products(&mut revival);
        now.reductions(&mut revival);
        (!revival.parts.is_empty()).then_some(revival)
    }
}

impl Revived {
    /// The order with nothing but the opening.
    pub(in crate::ledger::posting) fn nothing_else(&self) -> Snapshot {
        let mut snapshot = self.snapshot.clone();
        let ours = |key: &str| self.parts.contains_key(key);
        if let Some(tickets) = &mut snapshot.order.tickets {
            tickets.retain(|ticket| ticket.participants.iter().all(|who| ours(&part_key::participant(&who.id))));
        }
        if let Some(products) = &mut snapshot.order.products {
            let mut keys = part_key::products(products, |line| line.status.is_live()).into_iter();
            products.retain(|_| keys.next().is_some_and(|key| ours(&key)));
        }
        snapshot
    }

    fn put(&mut self, key: String, fate: Fate) {
        if fate == Fate::Lives {
            self.living.insert(key.clone());
        }
        self.parts.insert(key, fate);
    }
}

/// The opening beside the order as it is now.
struct Now<'a> {
    sold: &'a SoldBefore,
    snapshot: &'a Snapshot,
    rules: &'a Rules,
    begins_at: Timestamp,
}

impl Now<'_> {
    fn counts(&self, parts: &[(PartStatus, Option<Timestamp>)]) -> bool {
        let policy = &self.rules.policy;
        policy.counts_order(self.snapshot.status()) && parts.iter().all(|(part, _)| policy.counts_part(*part))
    }

    /// What became of a part that does not count now; `None` when that was before the book began.
    fn fate(&self, parts: &[(PartStatus, Option<Timestamp>)]) -> Option<Fate> {
        let header = self.snapshot.order.header.as_ref();
        let at = header.and_then(|header| died_at(header, self.snapshot.status(), parts));
        at.is_none_or(|at| at >= self.begins_at).then_some(Fate::Died(at))
    }

    /// The part as it was when it was last live.
    fn last(&self, key: &str) -> Option<&Part> {
        self.sold.latest.get(key).or_else(|| self.sold.parts.get(key))
    }

    fn tickets(&self, revival: &mut Revived) {
        let mut tickets = Vec::new();
        let mut met = BTreeSet::new();
        for mut ticket in self.snapshot.order.tickets.iter().flatten().flat_map(singles) {
            let Some(who) = ticket.participants.first_mut() else { continue };
            let key = part_key::participant(&who.id);
            let parts = [(who.status, who.cancelled_at), (ticket.status, ticket.cancelled_at)];
            let lives = self.counts(&parts);
            let fate = if lives { Some(Fate::Lives) } else { self.fate(&parts) };
            let once = met.insert(key.clone());
            let fate = fate.filter(|_| once && self.sold.parts.contains_key(&key));
            match (fate, self.last(&key)) {
                (Some(fate), Some(Part::Ticket(last))) => {
                    tickets.push(if lives { ticket } else { alive(last) });
                    self.ticket(&key, fate, tickets.last(), revival);
                }
                _ => {
                    if !lives {
                        who.status = PartStatus::Cancelled;
                    }
                    tickets.push(ticket);
                }
            }
        }
        for (key, _) in self.sold.parts.iter().filter(|(key, _)| !met.contains(*key)) {
            let (Some(Part::Ticket(last)), Some(fate)) = (self.last(key), self.fate(&[])) else { continue };
            tickets.push(alive(last));
            self.ticket(key, fate, tickets.last(), revival);
        }
        revival.snapshot.order.tickets = Some(tickets);
    }

    fn ticket(&self, key: &str, fate: Fate, now: Option<&Ticket>, revival: &mut Revived) {
        revival.put(key.to_owned(), fate);
        let (Some(Part::Ticket(first)), Some(now)) = (self.sold.parts.get(key), now) else { return };
        // What has no day yet may still be to come.
        if first.starts_at.or(now.starts_at).is_none_or(|at| at >= self.begins_at) {
            revival.ahead.insert(key.to_owned());
        }
        let worth = |ticket: &Ticket| {
            let who = ticket.participants.first();
            let price = who.and_then(|who| who.price_minor).unwrap_or(0);
            (price, who.and_then(|who| who.vat_bp).or(ticket.vat_bp))
        };
        let currency = now.participants.first().and_then(|who| who.currency);
        self.compare(key, worth(first), worth(now), currency, revival);
    }

    fn flex_tickets(&self, revival: &mut Revived) {
        let mut all = self.snapshot.order.flex_tickets.clone().unwrap_or_default();
        let mut met = BTreeSet::new();
        for flex in &mut all {
            let key = part_key::flex(&flex.id);
            let once = met.insert(key.clone());
            let lives = self.counts(&[(flex.status, None)]);
            let fate = if lives { Some(Fate::Lives) } else { self.fate(&[(flex.status, None)]) };
            match (fate.filter(|_| once), self.sold.parts.get(&key), self.last(&key)) {
                (Some(fate), Some(Part::Flex(first)), Some(Part::Flex(last))) => {
                    if !lives {
                        flex.clone_from(last);
                        flex.status = PartStatus::Accepted;
                    }
                    let (then, now) = ((first.price_minor, Some(first.vat_bp)), (flex.price_minor, Some(flex.vat_bp)));
                    self.compare(&key, then, now, Some(flex.currency), revival);
                    revival.put(key, fate);
                }
                _ if !lives => flex.status = PartStatus::Cancelled,
                _ => {}
            }
        }
        for key in self.sold.parts.keys().filter(|key| !met.contains(*key)) {
            let (Some(Part::Flex(last)), Some(fate)) = (self.last(key), self.fate(&[])) else { continue };
            let mut flex = last.clone();
            flex.status = PartStatus::Accepted;
            all.push(flex);
            revival.put(key.clone(), fate);
        }
        revival.snapshot.order.flex_tickets = Some(all);
    }

    fn vouchers(&self, revival: &mut Revived) {
        let policy = &self.rules.policy;
        let mut all = Vec::new();
        let mut met = BTreeSet::new();
        for mut sold in self.snapshot.order.voucher_orders.iter().flatten().flat_map(single_vouchers) {
            let Some(voucher) = sold.vouchers.first() else { continue };
            let key = part_key::voucher(&voucher.id);
            let once = met.insert(key.clone());
            let lives = if sold.refunded_orders.is_empty() {
                self.counts(&[(sold.status, None)])
            } else {
                self.snapshot.issues_refunds(policy) && policy.counts_part(sold.status)
            };
            let fate = if lives { Some(Fate::Lives) } else { self.fate(&[(sold.status, None)]) };
            match (fate.filter(|_| once), self.sold.parts.get(&key), self.last(&key)) {
                (Some(fate), Some(Part::Voucher(first)), Some(Part::Voucher(last))) => {
                    if !lives {
                        sold.clone_from(last);
                        sold.status = PartStatus::Accepted;
                    }
                    let worth = |order: &crate::order::VoucherOrder| {
                        (order.vouchers.first().map_or(0, |voucher| voucher.value_minor), Some(order.vat_bp))
                    };
                    let currency = sold.vouchers.first().map(|voucher| voucher.currency);
                    self.compare(&key, worth(first), worth(&sold), currency, revival);
                    revival.put(key, fate);
                }
                _ if !lives => sold.status = PartStatus::Cancelled,
                _ => {}
            }
            all.push(sold);
        }
        for key in self.sold.parts.keys().filter(|key| !met.contains(*key)) {
            let (Some(Part::Voucher(last)), Some(fate)) = (self.last(key), self.fate(&[])) else { continue };
            let mut sold = last.clone();
            sold.status = PartStatus::Accepted;
            all.push(sold);
            revival.put(key.clone(), fate);
        }
        revival.snapshot.order.voucher_orders = Some(all);
    }

    /// Product lines have no id: those of the opening are found by their content, else by their product.
    fn products(&self, revival: &mut Revived) {
        let now = self.snapshot.order.products.clone().unwrap_or_default();
        let lives: Vec<bool> = now.iter().map(|line| self.counts(&[(line.status, None)])).collect();
        let matched = match_lines(&self.sold.products, &now, &lives);
        let mut lines = now.clone();
        let mut fates: Vec<Option<Fate>> = vec![None; lines.len()];
        for ((line, fate), lives) in lines.iter_mut().zip(&mut fates).zip(&lives) {
            line.status = if *lives { PartStatus::Accepted } else { PartStatus::Cancelled };
            *fate = lives.then_some(Fate::Lives);
        }
        for (first, place) in self.sold.products.iter().zip(&matched) {
            match place.and_then(|place| Some((lines.get_mut(place)?, fates.get_mut(place)?))) {
                Some((line, fate)) if fate.is_none() => {
                    *fate = self.fate(&[(PartStatus::Cancelled, None)]);
                    if fate.is_some() {
                        line.status = PartStatus::Accepted;
                    }
                }
                Some((line, _)) => {
                    let worth = |line: &Product| (line.price_minor.saturating_mul(line.quantity), line.vat_bp);
                    let key = format!("product:{}", line.product_id);
                    self.compare(&key, worth(first), worth(line), Some(line.currency), revival);
                }
                None => {
                    let Some(fate) = self.fate(&[]) else { continue };
                    lines.push(first.clone());
                    fates.push(Some(fate));
                }
            }
        }
        let opening: BTreeSet<usize> = matched.into_iter().flatten().chain(now.len()..lines.len()).collect();
        let ours = |(place, _): &(usize, String)| opening.contains(place);
        let keys = part_key::products(&lines, |line| line.status.is_live());
        for (place, key) in keys.into_iter().enumerate().filter(ours) {
            if let Some(fate) = fates.get(place).copied().flatten() {
                revival.parts.insert(key, fate);
            }
        }
        let keys = part_key::products(&now, |line| self.counts(&[(line.status, None)]));
        let living = keys.into_iter().enumerate().filter(|(place, _)| lives.get(*place) == Some(&true));
        revival.living.extend(living.filter(ours).map(|(_, key)| key));
        revival.snapshot.order.products = Some(lines);
    }

    /// Coupons, the additional discount and redemptions that were told when the book began.
    fn reductions(&self, revival: &mut Revived) {
        let order = &self.snapshot.order;
        let currency = order.header.as_ref().and_then(|header| header.currency);
        if let (Some(then), Some(now)) = (&self.sold.coupons, &order.redeemed_coupons) {
            let by_id = |coupons: &[RedeemedCoupon]| -> BTreeMap<String, i64> {
                coupons.iter().map(|coupon| (format!("coupon:{}", coupon.id), coupon.value_minor)).collect()
            };
            self.compare_all(&by_id(then), &by_id(now), currency, revival);
        }
        let discount = order.header.as_ref().map_or(0, |header| header.additional_discount_minor);
        let then = (self.sold.additional_discount_minor, None);
        self.compare("discount:additional", then, (discount, None), currency, revival);
        if let (Some(then), Some(now)) = (&self.sold.redeemed, &order.redeemed_vouchers) {
            let before = |redeemed: &[crate::order::RedeemedVoucher]| -> BTreeMap<String, i64> {
                let mut values = BTreeMap::new();
                for one in redeemed.iter().filter(|one| one.used_at.is_some_and(|at| at < self.begins_at)) {
                    let sum: &mut i64 = values.entry(format!("voucher.redeem:{}", one.id)).or_default();
                    *sum = sum.saturating_add(one.value_minor);
                }
                values
            };
            self.compare_all(&before(then), &before(now), currency, revival);
        }
    }

    fn compare_all(
        &self,
        then: &BTreeMap<String, i64>,
        now: &BTreeMap<String, i64>,
        currency: Option<Currency>,
        revival: &mut Revived,
    ) {
        let keys: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
        for key in keys {
            let of = |values: &BTreeMap<String, i64>| (values.get(key).copied().unwrap_or(0), None);
            self.compare(key, of(then), of(now), currency, revival);
        }
    }

    fn compare(
        &self,
        key: &str,
        then: (i64, Option<i32>),
        now: (i64, Option<i32>),
        currency: Option<Currency>,
        revival: &mut Revived,
    ) {
        if then == now {
            return;
        }
        let own = self.snapshot.order.header.as_ref().and_then(|header| header.currency);
        let currency = currency.or(own);
        let shown = |(minor, rate): (i64, Option<i32>)| {
            let amount = format_minor(minor, currency.map_or(2, Currency::exponent));
            rate.map_or(amount.clone(), |bp| format!("{amount} at {} %", format_percent(bp.into())))
        };
        let evidence = format!(
            "{} was {} when the book began and is {} now; the difference is on `equity:opening`, not in revenue or \
             VAT",
            part_key::in_words(key),
            shown(then),
            shown(now)
        );
        let finding = Finding::new(FindingReason::OpeningItemChanged, key, evidence);
        revival.changed.push(finding.with_amounts(currency, then.0, now.0));
    }
}

/// The ticket and its participant as if they counted.
fn alive(ticket: &Ticket) -> Ticket {
    let mut ticket = ticket.clone();
    ticket.status = PartStatus::Accepted;
    for who in &mut ticket.participants {
        who.status = PartStatus::Accepted;
    }
    ticket
}

/// For each line of the opening its place now: an equal line that counts, an equal one that does not, another line of
/// the product that counts, or none. No place is given twice.
fn match_lines(then: &[Product], now: &[Product], lives: &[bool]) -> Vec<Option<usize>> {
    let content = |line: &Product| Product { status: PartStatus::Accepted, title: None, ..line.clone() };
    let mut places: Vec<Option<usize>> = vec![None; then.len()];
    let mut taken = BTreeSet::new();
    for (equal, living) in [(true, true), (true, false), (false, true)] {
        let fits = |first: &Product, line: &Product| {
            if equal { content(first) == content(line) } else { first.product_id == line.product_id }
        };
        for (first, place) in then.iter().zip(&mut places).filter(|(_, place)| place.is_none()) {
            let mut free = now.iter().zip(lives).enumerate().filter(|(at, _)| !taken.contains(at));
            if let Some((at, _)) = free.find(|(_, (line, lives))| **lives == living && fits(first, line)) {
                taken.insert(at);
                *place = Some(at);
            }
        }
    }
    places
}
