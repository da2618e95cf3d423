//! More was given back than there was to give.

use std::cmp::Ordering;

use chrono::NaiveDate;

use super::{Open, owed};
use crate::ledger::book::{EntryKind, ItemKind};
use crate::ledger::findings::{OrderFacts, Raised, words};
use crate::ledger::posting::FindingReason;
use crate::order::OrderStatus;

/// The day on which money or a voucher was last given back.
pub(super) fn last_given_back(facts: &OrderFacts<'_>, open: &Open<'_>) -> NaiveDate {
    facts.given_back_on(open.code).unwrap_or(open.balance.since)
}

/// More was given back than ever came in.
pub(super) fn more_than_received(facts: &OrderFacts<'_>, open: &Open<'_>, could_be: i64, raised: &mut Raised) {
    let (back, received) = (open.money(open.balance.given_back()), open.money(open.balance.received()));
    let evidence =
        format!("{back} was given back, the last on {}, and {received} was received", last_given_back(facts, open));
    raised.raise(open.given_back(FindingReason::RefundExceedsPayments, could_be, evidence));
}

/// An order without live parts whose guest still owes: more was given back than came in.
pub(super) fn given_too_much(facts: &OrderFacts<'_>, open: &Open<'_>, raised: &mut Raised) {
    let balance = open.balance;
    let back = balance.given_back();
    if facts.snapshot.order.header.is_none() && balance.refund_vouchers > 0 && balance.paid == 0 {
        return unknown_order(facts, open, raised);
    }
    if what_was_kept(facts, open, raised) {
        return;
    }
    // A voucher that others used stays billed though its sale was cancelled.
    if balance.billed > 0 && back < balance.open {
        return owed::unsettled(facts, open, raised);
    }
    if back <= balance.received() && balance.billed > 0 {
        let evidence = format!(
            "{} of {} was given back, the last on {}, though {} stays billed",
            open.money(back),
            open.money(balance.received()),
            last_given_back(facts, open),
            open.money(balance.billed),
        );
        let finding =
            open.given_back(FindingReason::RefundExceedsPayments, back.saturating_sub(balance.open), evidence);
        return raised.raise(finding.to_be_done("claim back what was given too much, or write it off"));
    }
    more_than_received(facts, open, back.saturating_sub(balance.open), raised);
}

/// A voucher takes the place of money given back, and the order is not there.
fn unknown_order(facts: &OrderFacts<'_>, open: &Open<'_>, raised: &mut Raised) {
    let issued = facts.lines.iter().filter(|line| line.item_kind == ItemKind::RefundVoucher);
    let issued = issued.filter_map(|line| {
        Some(format!("voucher {} of order {}", line.voucher_id.as_deref()?, line.entry_order.as_deref()?))
    });
    let mut issued: Vec<String> = issued.collect();
    issued.sort();
    issued.dedup();
    let (amount, since) = (open.money(open.balance.refund_vouchers), last_given_back(facts, open));
    let evidence =
        format!("{amount} was given back by {} on {since}, and this order was never received", words::list(issued));
    raised.raise(open.given_back(FindingReason::RefundVoucherUnknownOrder, 0, evidence));
}

/// What a person booked as kept or given up was given back after all. Answers whether it is so.
pub(super) fn what_was_kept(facts: &OrderFacts<'_>, open: &Open<'_>, raised: &mut Raised) -> bool {
    let balance = open.balance;
    let kept = kept_by_hand(facts, open.code);
    let sum = kept.iter().fold(0_i64, |sum, (_, _, amount)| sum.saturating_add(*amount));
    let (back, over) = (balance.given_back(), balance.open);
    let is_live = facts.snapshot.status() == OrderStatus::Accepted;
    if back == 0 || sum == 0 || (over > sum && is_live) {
        return false;
    }
    let entries = words::list(
        kept.iter().map(|(entry_no, word, amount)| format!("entry {entry_no} (`{word}` of {})", open.money(*amount))),
    );
    let evidence = format!(
        "{} was given back, the last on {}, though {entries} says that it is not: {} is open",
        open.money(back),
        last_given_back(facts, open),
        open.money(over),
    );
    let numbers = words::list(kept.iter().map(|(entry_no, ..)| entry_no));
    let reverse = format!("reverse entry {numbers} (`ledger reverse`)");
    let difference = open.money(sum.abs_diff(over).try_into().unwrap_or(i64::MAX));
    let remedy = match over.cmp(&sum) {
        Ordering::Equal => reverse,
        Ordering::Less => format!("{reverse}, and import the {difference} that is still kept as `retain`"),
        Ordering::Greater => format!("{reverse}, and check the refunds: {difference} more is missing"),
    };
    let finding = open.given_back(FindingReason::RefundExceedsPayments, back.saturating_sub(over), evidence);
    raised.raise(finding.to_be_done(remedy));
    true
}

/// Entries of a person that took the guest's money, and are not reversed: number, kind and amount.
fn kept_by_hand(facts: &OrderFacts<'_>, code: &str) -> Vec<(i64, &'static str, i64)> {
    let word = |kind: ItemKind| match kind {
        ItemKind::Retained => Some("retain"),
        ItemKind::WriteOff => Some("write-off"),
        _ => None,
    };
    let is_reversed = |entry_no: i64| facts.lines.iter().any(|line| line.reverses_no == Some(entry_no));
    let by_hand = facts.lines.iter().filter(|line| line.kind == EntryKind::Manual && line.currency == code);
    let taken = by_hand.filter(|line| line.amount_minor > 0 && !is_reversed(line.entry_no));
    taken.filter_map(|line| Some((line.entry_no, word(line.item_kind)?, line.amount_minor))).collect()
}
