//! The guest has something to get, or paid for nothing.

use std::collections::BTreeMap;

use super::{CAUSES, Open, cancelled};
use crate::ledger::book::{ItemKind, Moves};
use crate::ledger::findings::{OrderFacts, Raised, payments, words};
use crate::ledger::posting::{Finding, FindingReason, Severity};
use crate::order::{OrderStatus, Payment};

/// An accepted order with more settled than billed.
pub(super) fn too_much(facts: &OrderFacts<'_>, open: &Open<'_>, raised: &mut Raised) {
    let balance = open.balance;
    if cancelled(facts, open.code) > 0 {
        return kept(facts, open, raised);
    }
    let credit = balance.open.saturating_neg();
    payments::duplicates(facts, open.code, credit, raised);
    let (settled, billed) = (open.money(balance.settled()), open.money(balance.billed));
    let evidence = format!(
        "{settled} is settled and {billed} is billed: {} is too much since {}",
        open.money(credit),
        balance.since
    );
    raised.raise_because_of(open.finding(FindingReason::Overpaid, evidence), CAUSES);
}

/// Something was cancelled, and not all of its money was given back.
pub(super) fn kept(facts: &OrderFacts<'_>, open: &Open<'_>, raised: &mut Raised) {
    if let Some(finding) = paid_after_the_end(facts, open) {
        return raised.raise(finding);
    }
    let nothing_back = open.balance.given_back() == 0;
    let finding = if nothing_back && !facts.source.provider.tells_refunds() {
        let evidence = format!("{}; Ticketpark does not tell whether it was given back", credit_in_words(facts, open));
        open.finding(FindingReason::RefundUnobservable, evidence)
    } else {
        let finding = open.finding(FindingReason::RetainedAfterCancel, credit_in_words(facts, open));
        // A fee is usual; to keep everything is not.
        if nothing_back { finding.of_severity(Severity::Medium) } else { finding }
    };
    raised.raise_because_of(way_to_settle(facts, open, finding), CAUSES);
}

/// A payment that came when the order was cancelled already.
fn paid_after_the_end(facts: &OrderFacts<'_>, open: &Open<'_>) -> Option<Finding> {
    let header = facts.snapshot.order.header.as_ref();
    let cancelled_at = header.filter(|_| facts.snapshot.status() == OrderStatus::Cancelled)?.cancelled_at?;
    let late = |payment: &&Payment| payment.amount_minor > 0 && payment.paid_at.is_some_and(|at| at > cancelled_at);
    let payment = facts.snapshot.order.payments.iter().flatten().find(late)?;
    let day = payment.paid_at.map_or(open.balance.since, |at| at.local_date(facts.rules.zone));
    let evidence = format!(
        "payment {} of {} came on {day}, after the cancellation on {}; {} is the guest's",
        payment.id,
        words::money(payment.amount_minor, payment.currency.code()),
        cancelled_at.local_date(facts.rules.zone),
        open.money(open.balance.open.saturating_neg()),
    );
    Some(open.finding(FindingReason::PaymentOnDeadOrder, evidence))
}

/// What came in, what went back, and what is left of it.
fn credit_in_words(facts: &OrderFacts<'_>, open: &Open<'_>) -> String {
    let balance = open.balance;
    let what = if facts.snapshot.status() == OrderStatus::Cancelled { "the order" } else { "a part of the order" };
    let received = open.money(balance.received());
    let with = match used(facts, open.code) {
        vouchers if vouchers.is_empty() => String::new(),
        vouchers => format!(", {} of it with {}", open.money(balance.covered), words::list(vouchers)),
    };
    let back = match balance.given_back() {
        0 => "nothing was given back".to_owned(),
        minor => format!("{} was given back", open.money(minor)),
    };
    let credit = open.money(balance.open.saturating_neg());
    format!(
        "{what} is cancelled; {received} was received{with}, {back}: {credit} is the guest's since {}",
        balance.since
    )
}

/// Vouchers and flex tickets that paid for the order.
fn used(facts: &OrderFacts<'_>, code: &str) -> Vec<String> {
    let mut used: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for line in facts.lines.iter().filter(|line| line.currency == code && line.item_kind.moves() == Moves::Redeemed) {
        let class = if line.item_kind == ItemKind::FlexRedemption { "flex ticket" } else { "voucher" };
        let Some(id) = line.voucher_id.as_deref() else { continue };
        let sum = used.entry((class, id)).or_default();
        *sum = sum.saturating_add(line.amount_minor);
    }
    used.into_iter().filter(|(_, amount)| *amount != 0).map(|((class, id), _)| format!("{class} {id}")).collect()
}

/// What to do with the credit: the policy may do it, and what a voucher paid is given back as a voucher.
fn way_to_settle(facts: &OrderFacts<'_>, open: &Open<'_>, finding: Finding) -> Finding {
    let after = facts.rules.policy.retained_after().filter(|_| facts.snapshot.is_dead());
    if let Some(after) = after {
        let (days, since) = (after.days, open.balance.since);
        return finding.to_be_done(format!(
            "give it back, or leave it: the policy `retained` makes it income once nothing has moved for {days} days \
             since {since}"
        ));
    }
    if open.balance.covered > 0 && finding.reason == FindingReason::RetainedAfterCancel {
        return finding
            .to_be_done("give it back by a refund voucher that names the order, or import what is kept as `retain`");
    }
    finding
}

/// Money on an order that is a request, refused, or not known at all.
pub(super) fn not_sold(facts: &OrderFacts<'_>, open: &Open<'_>, raised: &mut Raised) {
    let credit = open.money(open.balance.open.saturating_neg());
    let since = open.balance.since;
    let finding = if facts.snapshot.order.header.is_none() {
        let evidence = format!("{credit} is paid since {since}, and the booking itself is not known");
        open.finding(FindingReason::PaymentWithoutBooking, evidence)
    } else if facts.snapshot.status() == OrderStatus::Pending {
        let evidence = format!("{credit} is paid since {since}, and the order is not accepted yet");
        let finding = open.finding(FindingReason::PaymentOnDeadOrder, evidence).of_severity(Severity::Low);
        finding.to_be_done("wait until it is accepted, or refund it")
    } else {
        let evidence = format!("{credit} is paid since {since}, and the order is declined");
        open.finding(FindingReason::PaymentOnDeadOrder, evidence)
    };
    raised.raise(finding);
}
