//! What is billed against what was paid, given back and redeemed: every open cent gets a name.

use std::collections::BTreeMap;

use super::facts::OpenAmounts;
use super::stored_value::RESIDUE_MINOR;
use super::{OrderFacts, Raised, payments};
use crate::ledger::book::EntryKind;
use crate::ledger::posting::{Finding, FindingReason, Severity, rules};
use crate::money::Currency;
use crate::order::{OrderStatus, PartStatus, Payment};

/// Why an order can be open: the first one that holds is the cause, and the open balance its consequence.
const CAUSES: &[FindingReason] = &[
    FindingReason::TotalNotDerivable,
    FindingReason::TotalSemanticsShift,
    FindingReason::RefundExceedsPayments,
    FindingReason::RefundWithoutCancel,
    FindingReason::PaymentVanished,
    FindingReason::DuplicatePaymentSuspect,
];

pub(super) fn check(facts: &OrderFacts<'_>, raised: &mut Raised) {
    for (code, balance) in facts.balances() {
        open(facts, code, &balance, raised);
    }
}

/// One currency of an order.
struct Open<'a> {
    code: &'a str,
    currency: Option<Currency>,
    balance: &'a OpenAmounts,
}

impl Open<'_> {
    /// What should have been settled, and what was.
    fn finding(&self, reason: FindingReason, evidence: impl Into<String>) -> Finding {
        let finding = Finding::new(reason, self.code, evidence);
        finding.with_amounts(self.currency, self.balance.billed, self.balance.settled())
    }

    /// What explains a repayment, and what was given back.
    fn given_back(&self, reason: FindingReason, explained: i64, evidence: impl Into<String>) -> Finding {
        Finding::new(reason, self.code, evidence).with_amounts(self.currency, explained, self.balance.given_back())
    }

    fn is_residue(&self) -> bool {
        self.balance.open.unsigned_abs() <= RESIDUE_MINOR && self.balance.settled() != 0
    }
}

fn open(facts: &OrderFacts<'_>, code: &str, balance: &OpenAmounts, raised: &mut Raised) {
    let open = Open { code, currency: Currency::parse(code), balance };
    match facts.snapshot.status() {
        _ if balance.open == 0 => {}
        _ if open.is_residue() => {
            raised.raise(open.finding(FindingReason::RoundingResidue, "a few minor units are left open"));
        }
        OrderStatus::Accepted if balance.open > 0 => owed(facts, &open, raised),
        OrderStatus::Accepted => too_much(facts, &open, raised),
        OrderStatus::Cancelled if balance.open < 0 => kept(facts, &open, raised),
        _ if balance.open < 0 => not_sold(facts, &open, raised),
        _ => given_too_much(facts, &open, raised),
    }
}

/// An accepted order that is not settled.
fn owed(facts: &OrderFacts<'_>, open: &Open<'_>, raised: &mut Raised) {
    let balance = open.balance;
    let (given_back, cancelled) = (balance.given_back(), cancelled(facts, open.code));
    if given_back > balance.paid.saturating_add(balance.covered) {
        let received = balance.paid.saturating_add(balance.covered);
        let evidence = "more was given back than was ever received";
        raised.raise(open.given_back(FindingReason::RefundExceedsPayments, received, evidence));
    }
    if given_back > cancelled {
        let evidence = "given back, and no cancelled part of the order explains it";
        raised.raise(open.given_back(FindingReason::RefundWithoutCancel, cancelled, evidence));
    }
    let nothing_settled = balance.settled() == 0 && balance.paid == 0;
    if nothing_settled && facts.is_resold() {
        return;
    }
    let finding = if nothing_settled {
        let mut finding = open.finding(FindingReason::Unpaid, "nothing is paid");
        if has_begun(facts) {
            finding = open.finding(FindingReason::Unpaid, "nothing is paid, and the booked day is over");
            finding.severity = Severity::Medium;
        }
        finding
    } else {
        open.finding(FindingReason::Underpaid, "less is settled than is billed")
    };
    raise_with_cause(raised, finding);
}

/// Whether the last booked day is over.
fn has_begun(facts: &OrderFacts<'_>) -> bool {
    let zone = facts.rules.zone;
    let days = facts.snapshot.order.tickets.iter().flatten().filter_map(|ticket| ticket.starts_at);
    days.max().is_some_and(|at| at.local_date(zone) < facts.now.local_date(zone))
}

/// An accepted order with more settled than billed.
fn too_much(facts: &OrderFacts<'_>, open: &Open<'_>, raised: &mut Raised) {
    if cancelled(facts, open.code) > 0 {
        return kept(facts, open, raised);
    }
    payments::duplicates(facts, open.code, open.balance.open.saturating_neg(), raised);
    raise_with_cause(raised, open.finding(FindingReason::Overpaid, "more is settled than is billed"));
}

/// Something was cancelled, and not all of its money was given back.
fn kept(facts: &OrderFacts<'_>, open: &Open<'_>, raised: &mut Raised) {
    let header = facts.snapshot.order.header.as_ref();
    let cancelled_at = header.filter(|_| facts.snapshot.status() == OrderStatus::Cancelled);
    if let Some(cancelled_at) = cancelled_at.and_then(|header| header.cancelled_at) {
        let late = |payment: &&Payment| payment.amount_minor > 0 && payment.paid_at.is_some_and(|at| at > cancelled_at);
        if let Some(payment) = facts.snapshot.order.payments.iter().flatten().find(late) {
            let evidence = format!("payment {} came after the cancellation", payment.id);
            raised.raise(open.finding(FindingReason::PaymentOnDeadOrder, evidence));
            return;
        }
    }
    let finding = if open.balance.given_back() > 0 {
        open.finding(FindingReason::RetainedAfterCancel, "cancelled, and only a part was given back")
    } else if !facts.source.provider.tells_refunds() {
        open.finding(
            FindingReason::RefundUnobservable,
            "cancelled; Ticketpark does not tell whether money was given back",
        )
    } else {
        open.finding(FindingReason::CancelWithoutRefund, "cancelled, and nothing was given back")
    };
    raise_with_cause(raised, finding);
}

/// Money on an order that is a request, refused, or not known at all.
fn not_sold(facts: &OrderFacts<'_>, open: &Open<'_>, raised: &mut Raised) {
    let finding = if facts.snapshot.order.header.is_none() {
        open.finding(FindingReason::PaymentWithoutBooking, "paid, and the booking itself is not known")
    } else {
        let mut finding = open.finding(FindingReason::PaymentOnDeadOrder, "paid, and the order is declined");
        if facts.snapshot.status() == OrderStatus::Pending {
            finding = open.finding(FindingReason::PaymentOnDeadOrder, "paid, and the order is not accepted yet");
            finding.severity = Severity::Low;
        }
        finding
    };
    raised.raise(finding);
}

/// An order without live parts whose guest still owes: more was given back than came in.
fn given_too_much(facts: &OrderFacts<'_>, open: &Open<'_>, raised: &mut Raised) {
    let unknown = facts.snapshot.order.header.is_none() && open.balance.refund_vouchers > 0;
    let received = open.balance.paid.saturating_add(open.balance.covered);
    let finding = if unknown && open.balance.paid == 0 {
        let evidence = "a voucher refunds an order that was never received";
        open.given_back(FindingReason::RefundVoucherUnknownOrder, 0, evidence)
    } else {
        open.given_back(FindingReason::RefundExceedsPayments, received, "more was given back than was ever received")
    };
    raised.raise(finding);
}

fn raise_with_cause(raised: &mut Raised, finding: Finding) {
    let finding = match raised.first_of(CAUSES) {
        Some(cause) => finding.because_of(cause),
        None => finding,
    };
    raised.raise(finding);
}

/// Gross of what was sold and is called off: by the journal, or, when it was cancelled from the start, by the document.
fn cancelled(facts: &OrderFacts<'_>, code: &str) -> i64 {
    let mut reversed: BTreeMap<&str, i64> = BTreeMap::new();
    for line in facts.lines.iter().filter(|line| line.currency == code && line.kind == EntryKind::Reverse) {
        if line.item_kind.is_sale() && !facts.wanted.atoms.contains_key(&line.atom_key) {
            reversed.insert(&line.atom_key, line.amount_minor.saturating_neg());
        }
    }
    // What was brought in when the book began stays, and is taken back by an entry of its own.
    let taken_back = facts.lines.iter().filter(|line| line.currency == code && line.item_kind.is_sale());
    let taken_back = taken_back.filter(|line| line.atom_key.starts_with(rules::TAKEN_BACK));
    let taken_back = taken_back.fold(0_i64, |sum, line| sum.saturating_sub(line.amount_minor));
    let posted = reversed.values().fold(taken_back, |sum, amount| sum.saturating_add(*amount));
    posted.max(cancelled_in_document(facts, code))
}

fn cancelled_in_document(facts: &OrderFacts<'_>, code: &str) -> i64 {
    let order = &facts.snapshot.order;
    let own = order.header.as_ref().and_then(|header| header.currency);
    let gone = |status: PartStatus| status == PartStatus::Cancelled;
    let mut parts: Vec<(i64, Option<Currency>)> = Vec::new();
    for ticket in order.tickets.iter().flatten() {
        let who = ticket.participants.iter().filter(|who| gone(ticket.status) || gone(who.status));
        parts.extend(who.map(|who| (who.price_minor.unwrap_or(0), who.currency.or(own))));
    }
    let products = order.products.iter().flatten().filter(|product| gone(product.status));
    parts.extend(products.map(|line| (line.price_minor.saturating_mul(line.quantity), Some(line.currency))));
    let flex = order.flex_tickets.iter().flatten().filter(|flex| gone(flex.status));
    parts.extend(flex.map(|flex| (flex.price_minor, Some(flex.currency))));
    let sold =
        order.voucher_orders.iter().flatten().filter(|sold| gone(sold.status) && sold.refunded_orders.is_empty());
    parts.extend(sold.flat_map(|sold| &sold.vouchers).map(|voucher| (voucher.value_minor, Some(voucher.currency))));
    let ours = parts.into_iter().filter(|(_, currency)| currency.is_some_and(|currency| currency.code() == code));
    ours.fold(0, |sum, (minor, _)| sum.saturating_add(minor))
}
