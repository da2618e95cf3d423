//! Payments: against each other, against what they were, and against the order's header.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{list, money};
use super::{OrderFacts, Raised};
use crate::clock::Timestamp;
use crate::ledger::batch::{OrderPayment, ReceivableLine};
use crate::ledger::book::EntryKind;
use crate::ledger::posting::{Finding, FindingReason, ToldMethod};
use crate::money::Currency;
use crate::order::Payment;
use crate::policy::OnPaymentVanish;

/// Other orders with one payment id that a finding tells apart. With more it says the same whatever their number, so
/// that one more or less changes the findings of none.
pub(super) const SHARED: usize = 8;

pub(super) fn check(facts: &OrderFacts<'_>, raised: &mut Raised) {
    payments_then_and_now(facts, raised);
    in_other_orders(facts, raised);
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
            let (amount, on) = (money(payment.amount_minor, code), day(payment));
            let on = on.map_or_else(|| "without a date".to_owned(), |on| format!("on {on}"));
            let (one, other, method) = (&twin.id, &payment.id, &payment.method);
            let evidence =
                format!("payments {one} and {other} of {amount} each by {method} {on} are alike, and one is too much");
            let finding =
                Finding::new(FindingReason::DuplicatePaymentSuspect, format!("payment:{}", payment.id), evidence);
            let both = payment.amount_minor.saturating_mul(2);
            raised.raise(finding.with_amounts(Some(payment.currency), payment.amount_minor, both));
        }
    }
}

/// What was posted of every payment: its lines on the receivable, from the first to the last.
fn posted<'a>(facts: &'a OrderFacts<'_>) -> BTreeMap<&'a str, Vec<&'a ReceivableLine>> {
    let mut posted: BTreeMap<&str, Vec<&ReceivableLine>> = BTreeMap::new();
    for line in facts.lines.iter().filter(|line| line.atom_key.starts_with("payment:")) {
        let said = !matches!(line.kind, EntryKind::Reverse | EntryKind::Manual);
        if let Some(id) = line.payment_id.as_deref().filter(|_| said) {
            posted.entry(id).or_default().push(line);
        }
    }
    posted
}

fn payments_then_and_now(facts: &OrderFacts<'_>, raised: &mut Raised) {
    let Some(payments) = &facts.snapshot.order.payments else { return };
    let now: BTreeMap<&str, &Payment> = payments.iter().map(|payment| (payment.id.as_str(), payment)).collect();
    for (id, lines) in posted(facts) {
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else { continue };
        match now.get(id) {
            None => vanished(facts, id, last, raised),
            Some(payment) => {
                let guessed = facts.snapshot.guessed_methods.get(id);
                if first.atom_hash != last.atom_hash || guessed.is_some() {
                    mutated(payment, first, guessed, raised);
                }
            }
        }
    }
}

/// Nothing is missing once the payment stands in another order with its amount.
fn vanished(facts: &OrderFacts<'_>, id: &str, last: &ReceivableLine, raised: &mut Raised) {
    let held = facts.rules.policy.on_payment_vanish == OnPaymentVanish::Hold;
    let (code, amount) = (last.currency.as_str(), last.amount_minor.saturating_neg());
    let others = facts.other_payments.iter().filter(|other| other.payment_id == id && other.currency == code);
    let (elsewhere, lost): (Vec<_>, Vec<_>) = others.partition(|other| other.is_current());
    let stands = elsewhere.iter().fold(0_i64, |sum, other| sum.saturating_add(other.amount_minor));
    if !held && (stands == amount || elsewhere.iter().any(|other| other.amount_minor == amount)) {
        return;
    }
    let became = if held { "it stays booked here" } else { "it is reversed" };
    let (day, method) = (last.effective_at.local_date(facts.rules.zone), last.payment_method.as_deref());
    let (what, remedy) = match amount {
        ..0 => ("refund", Some("ask the provider whether it was made")),
        _ => ("payment", None),
    };
    let (shown, method) = (money(amount.saturating_abs(), code), method.unwrap_or("unknown"));
    let mut evidence =
        format!("{what} {id} of {shown} ({method}, {day}) was sent before and is no longer sent; {became}");
    let mut remedy = remedy;
    if !elsewhere.is_empty() {
        let in_order =
            |other: &&OrderPayment| format!("order {} with {}", other.order_id, money(other.amount_minor, code));
        evidence += &format!(", and stands in {} now", list(elsewhere.iter().map(in_order)));
        remedy = Some(if held { "book it out here: it is counted twice" } else { "find out which amount is right" });
    } else if !lost.is_empty() {
        evidence += &format!("; {} lost it too", list(lost.iter().map(|other| format!("order {}", other.order_id))));
    } else if raised.is_open(facts, FindingReason::StaleSnapshotSuspected) {
        remedy = Some("have the order sent again: its newest delivery looks older than the one before");
    } else if raised.is_open(facts, FindingReason::OrderCodeChanged) {
        remedy = Some("find out first whether both order codes are one order");
    }
    let finding = Finding::new(FindingReason::PaymentVanished, format!("payment:{id}"), evidence);
    let finding = finding.with_amounts(Currency::parse(code), amount, if held { 0 } else { stands });
    raised.raise(match remedy {
        Some(remedy) => finding.to_be_done(remedy),
        None => finding,
    });
}

/// Which fields of a payment are not what they were when it was first posted. A method that a sweep guessed is
/// corrected without any change at the provider: it counts from the first webhook on that told it.
fn mutated(now: &Payment, first: &ReceivableLine, guessed: Option<&Option<ToldMethod>>, raised: &mut Raised) {
    let (before, code) = (first.amount_minor.saturating_neg(), now.currency.code());
    let mut changes = Vec::new();
    if (before, first.currency.as_str()) != (now.amount_minor, code) {
        changes.push(format!("amount {} → {}", money(before, &first.currency), money(now.amount_minor, code)));
    }
    let method = match guessed {
        None => Some(first.payment_method.as_deref().unwrap_or("unknown")),
        Some(told) => told.as_ref().map(|told| told.method.as_str()).filter(|_| !now.method_is_guessed),
    };
    if let Some(method) = method.filter(|method| *method != now.method) {
        changes.push(format!("method {method} → {}", now.method));
    }
    let said_before = (first.effective_basis == "payment_date").then_some(first.effective_at);
    if said_before != now.paid_at && (said_before.is_some() || first.effective_basis == "receipt") {
        let shown = |at: Option<Timestamp>| at.map_or_else(|| "not said".to_owned(), |at| at.to_string());
        changes.push(format!("date {} → {}", shown(said_before), shown(now.paid_at)));
    }
    if changes.is_empty() && guessed.is_some() {
        return;
    }
    let what = if changes.is_empty() { "its content changed".to_owned() } else { changes.join(", ") };
    let posted = first.booking_date;
    let evidence = format!("payment {} changed since it was first booked on {posted}: {what}", now.id);
    let finding = Finding::new(FindingReason::PaymentMutated, format!("payment:{}", now.id), evidence);
    // Amounts in two currencies have no difference.
    let expected = if first.currency == code { before } else { 0 };
    raised.raise(finding.with_amounts(Some(now.currency), expected, now.amount_minor));
}

/// The same payment in several orders: money that came once is booked in each. One finding, however many they are.
fn in_other_orders(facts: &OrderFacts<'_>, raised: &mut Raised) {
    let own: BTreeSet<&str> = facts.snapshot.order.payments.iter().flatten().map(|own| own.id.as_str()).collect();
    let mut shared: BTreeMap<&str, Vec<&OrderPayment>> = BTreeMap::new();
    for other in facts.other_payments.iter().filter(|other| other.is_current()) {
        if own.contains(other.payment_id.as_str()) {
            shared.entry(&other.payment_id).or_default().push(other);
        }
    }
    for (payment_id, others) in shared {
        let amount = |other: &OrderPayment| money(other.amount_minor, &other.currency);
        let others = match others.as_slice() {
            [other] => format!("order {}, with {}; both are booked", other.order_id, amount(other)),
            _ if others.len() > SHARED => format!("more than {SHARED} other orders; all are booked"),
            _ => {
                let named = others.iter().map(|other| format!("{} ({})", other.order_id, amount(other)));
                format!("orders {}; all are booked", list(named))
            }
        };
        let evidence = format!("payment {payment_id} is also in {others}");
        raised.raise(Finding::new(FindingReason::DuplicatePaymentId, format!("payment:{payment_id}"), evidence));
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
    let evidence = format!("the order says that it was paid at {said}, its payments say {}", list(dates));
    raised.raise(Finding::new(FindingReason::HeaderPaymentDateMismatch, "order", evidence));
}
