//! Payments: against each other, against what they were, and against the order's header.

use std::collections::{BTreeMap, BTreeSet};

use super::{OrderFacts, Raised};
use crate::ledger::book::EntryKind;
use crate::ledger::posting::{Finding, FindingReason};
use crate::money::Currency;
use crate::order::Payment;
use crate::policy::OnPaymentVanish;

pub(super) fn check(facts: &OrderFacts<'_>, raised: &mut Raised) {
    payments_then_and_now(facts, raised);
    header_payment_date(facts, raised);
}

/// Two equal payments may be two instalments; they are suspect when one of them is too much.
pub(super) fn duplicates(facts: &OrderFacts<'_>, code: &str, too_much: i64, raised: &mut Raised) {
    let day = |payment: &Payment| payment.paid_at.map(|at| at.local_date(facts.rules.zone));
    let payments = facts.snapshot.order.payments.as_deref().unwrap_or_default();
    for (index, payment) in payments.iter().enumerate() {
        let is_too_much = too_much >= payment.amount_minor;
        let twin = payments.iter().take(index).find(|other| {
            (other.amount_minor, other.currency, &other.method, day(other))
                == (payment.amount_minor, payment.currency, &payment.method, day(payment))
        });
        let Some(twin) = twin.filter(|_| is_too_much && payment.amount_minor > 0) else { continue };
        if payment.currency.code() == code {
            let evidence = format!("payments {} and {} are alike, and one is too much", twin.id, payment.id);
            let finding =
                Finding::new(FindingReason::DuplicatePaymentSuspect, format!("payment:{}", payment.id), evidence);
            let both = payment.amount_minor.saturating_mul(2);
            raised.raise(finding.with_amounts(Some(payment.currency), payment.amount_minor, both));
        }
    }
}

/// What happened to a payment since it was first posted.
#[derive(Default)]
struct History<'a> {
    code: &'a str,
    contents: Vec<(&'a str, i64)>,
}

fn payments_then_and_now(facts: &OrderFacts<'_>, raised: &mut Raised) {
    let mut posted: BTreeMap<&str, History<'_>> = BTreeMap::new();
    let counts = |kind| matches!(kind, EntryKind::Post | EntryKind::Opening);
    for line in facts.lines.iter().filter(|line| counts(line.kind) && line.atom_key.starts_with("payment:")) {
        if let Some(id) = line.payment_id.as_deref() {
            let history = posted.entry(id).or_default();
            history.code = &line.currency;
            history.contents.push((&line.atom_hash, line.amount_minor.saturating_neg()));
        }
    }
    let Some(payments) = &facts.snapshot.order.payments else { return };
    let now: BTreeSet<&str> = payments.iter().map(|payment| payment.id.as_str()).collect();
    for (id, history) in posted {
        let (Some(first), Some(last)) = (history.contents.first(), history.contents.last()) else { continue };
        let currency = Currency::parse(history.code);
        let subject = format!("payment:{id}");
        if !now.contains(id) {
            let became = match facts.rules.policy.on_payment_vanish {
                OnPaymentVanish::Reverse => "it is reversed",
                OnPaymentVanish::Hold => "it stays booked until somebody has looked",
            };
            let evidence = format!("payment {id} was sent before and is no longer sent; {became}");
            let finding =
                Finding::new(FindingReason::PaymentVanished, subject, evidence).with_amounts(currency, last.1, 0);
            // A delivery that looks older, or that is about another order, explains it.
            let finding = match raised.first_of(&[FindingReason::StaleSnapshotSuspected]) {
                Some(stale) => finding.because_of(stale),
                None => finding.because(FindingReason::OrderCodeChanged, "order"),
            };
            raised.raise(finding);
        } else if first.0 != last.0 {
            let evidence = format!("payment {id} is not what it was when it was first posted");
            let finding = Finding::new(FindingReason::PaymentMutated, subject, evidence);
            raised.raise(finding.with_amounts(currency, first.1, last.1));
        }
    }
}

/// The header's payment date is the date of one of the payments, or somebody counts another one.
fn header_payment_date(facts: &OrderFacts<'_>, raised: &mut Raised) {
    let order = &facts.snapshot.order;
    let Some(said) = order.header.as_ref().and_then(|header| header.paid_at) else { return };
    let mut dates: Vec<_> = order.payments.iter().flatten().filter_map(|payment| payment.paid_at).collect();
    dates.sort_unstable();
    if dates.is_empty() || dates.contains(&said) {
        return;
    }
    let dates: Vec<String> = dates.iter().map(ToString::to_string).collect();
    let evidence = format!("the order says {said}, its payments {}", dates.join(", "));
    raised.raise(Finding::new(FindingReason::HeaderPaymentDateMismatch, "order", evidence));
}
