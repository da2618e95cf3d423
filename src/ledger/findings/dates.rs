//! Dates that lie ahead, and facts that came too late for their month.

use std::collections::BTreeMap;

use super::{OrderFacts, Raised};
use crate::clock::Timestamp;
use crate::ledger::book::Month;
use crate::ledger::posting::{Effective, Finding, FindingReason};

pub(super) fn check(facts: &OrderFacts<'_>, raised: &mut Raised) {
    effective_in_future(facts, raised);
    effective_after_snapshot(facts, raised);
    late_for_period(facts, raised);
}

/// Booked on a day that has not begun: the provider says so, and it is posted as said.
fn effective_in_future(facts: &OrderFacts<'_>, raised: &mut Raised) {
    let today = facts.now.local_date(facts.rules.zone);
    for atom in facts.wanted.atoms.values() {
        // What is booked ahead on purpose is not odd.
        let said = if let Effective::Said { at, .. } = atom.effective {
            at
        } else if let Effective::Sale { ordered_at } = atom.effective {
            ordered_at
        } else {
            None
        };
        let Some(at) = said.filter(|at| at.local_date(facts.rules.zone) > today) else { continue };
        let evidence = format!("{} happens on {at}, after the {} on which it was told", atom.key, facts.now);
        raised.raise(Finding::new(FindingReason::EffectiveInFuture, atom.key.clone(), evidence));
    }
}

/// What posts nothing, and yet cannot have happened when it was told; and admissions after the day that was booked.
fn effective_after_snapshot(facts: &OrderFacts<'_>, raised: &mut Raised) {
    let zone = facts.rules.zone;
    let today = facts.now.local_date(zone);
    for ticket in facts.snapshot.order.tickets.iter().flatten() {
        for who in &ticket.participants {
            let Some(at) = who.checked_in_at else { continue };
            let day = |instant: Timestamp| instant.local_date(zone);
            let evidence = match ticket.starts_at {
                _ if day(at) > today => format!("admission on {at}, after the {} on which it was told", facts.now),
                Some(starts_at) if day(at) > day(starts_at) => {
                    format!("admission on {}, though the booked day is {}", day(at), day(starts_at))
                }
                _ => continue,
            };
            raised.raise(Finding::new(
                FindingReason::EffectiveAfterSnapshot,
                format!("participant:{}", who.id),
                evidence,
            ));
        }
    }
}

/// Shown until the month that took the entries is closed itself: then its own figures have shown them.
fn late_for_period(facts: &OrderFacts<'_>, raised: &mut Raised) {
    let mut late: BTreeMap<(Month, Month), i64> = BTreeMap::new();
    for line in &facts.lines {
        let booked = Month::of(line.booking_date);
        if let Some(month) = line.reason.late_for().filter(|_| !facts.source.closed.contains(&booked)) {
            *late.entry((month, booked)).or_default() += 1;
        }
    }
    for ((month, booked), lines) in late {
        let evidence = format!("{lines} facts of {month}, which is closed, are booked in {booked}");
        raised.raise(Finding::new(FindingReason::LateForPeriod, format!("{month}:{booked}"), evidence));
    }
}
