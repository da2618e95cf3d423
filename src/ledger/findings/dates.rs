//! Dates that lie ahead, and facts that came too late for their month.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::words::{list, money};
use super::{OrderFacts, Raised};
use crate::clock::Timestamp;
use crate::ledger::book::Month;
use crate::ledger::posting::{Effective, Finding, FindingReason, part_key};

pub(super) fn check(facts: &OrderFacts<'_>, raised: &mut Raised) {
    effective_in_future(facts, raised);
    effective_after_snapshot(facts, raised);
    late_for_period(facts, raised);
}

/// Booked on a day that has not begun: the provider says so, and it is posted as said.
fn effective_in_future(facts: &OrderFacts<'_>, raised: &mut Raised) {
    let today = facts.now.local_date(facts.rules.zone);
    let mut ahead: BTreeMap<NaiveDate, Vec<&str>> = BTreeMap::new();
    for atom in facts.wanted.atoms.values() {
        // What is booked ahead on purpose is not odd.
        let said = if let Effective::Said { at, .. } = atom.effective {
            at
        } else if let Effective::Sale { ordered_at } = atom.effective {
            ordered_at
        } else {
            None
        };
        if let Some(day) = said.map(|at| at.local_date(facts.rules.zone)).filter(|day| *day > today) {
            ahead.entry(day).or_default().push(&atom.key);
        }
    }
    for (day, keys) in ahead {
        let evidence = format!(
            "{} happens on {day}, which had not begun when it was told",
            list(keys.into_iter().map(part_key::in_words))
        );
        raised.raise(Finding::new(FindingReason::EffectiveInFuture, day.to_string(), evidence));
    }
}

/// What posts nothing, and yet cannot have happened when it was told; and admissions after the day that was booked.
fn effective_after_snapshot(facts: &OrderFacts<'_>, raised: &mut Raised) {
    let day = |instant: Timestamp| instant.local_date(facts.rules.zone);
    let today = day(facts.now);
    let mut odd = Vec::new();
    for ticket in facts.snapshot.order.tickets.iter().flatten() {
        for who in &ticket.participants {
            let Some(admitted) = who.checked_in_at.map(day) else { continue };
            match ticket.starts_at.map(day) {
                _ if admitted > today => {
                    odd.push(format!("{} on {admitted}, a day that had not begun when it was told", who.id));
                }
                Some(booked) if admitted > booked => {
                    odd.push(format!("{} on {admitted}, though the booked day is {booked}", who.id));
                }
                _ => {}
            }
        }
    }
    if !odd.is_empty() {
        let evidence = format!("admission of participant {}", list(odd));
        raised.raise(Finding::new(FindingReason::EffectiveAfterSnapshot, "order", evidence));
    }
}

/// Shown until the month that took the entries is closed itself: then its own figures have shown them.
fn late_for_period(facts: &OrderFacts<'_>, raised: &mut Raised) {
    // By the closed month, the month in which they are booked, and the currency: how many, and their sum.
    let mut late: BTreeMap<(Month, Month, &str), (i64, i64)> = BTreeMap::new();
    for line in &facts.lines {
        let booked = Month::of(line.booking_date);
        if let Some(month) = line.reason.late_for().filter(|_| !facts.source.closed.contains(&booked)) {
            let (count, sum) = late.entry((month, booked, &line.currency)).or_default();
            *count += 1;
            *sum = sum.saturating_add(line.amount_minor);
        }
    }
    for ((month, booked, code), (count, sum)) in late {
        let sum = money(sum, code);
        let evidence =
            format!("{count} facts of {month}, which is closed, are booked in {booked}: {sum} on what the guest owes");
        raised.raise(Finding::new(FindingReason::LateForPeriod, format!("{month}:{booked}:{code}"), evidence));
    }
}
