//! The checks that are about no page of money: the chain, the intake, the findings.

use super::{Check, Outcome, State, Tie, none_of, of_all};
use crate::clock::Timestamp;

/// `ends_at` is the end of the period, if it is over; `broken` is what the verification of the books found;
/// `unexported` how many entries no export has yet, if there are exports.
pub(in crate::report::pack) fn of_state(
    (cover, exceptions): State<'_>,
    ends_at: Option<Timestamp>,
    broken: Option<&str>,
    unexported: Option<i64>,
) -> Vec<Check> {
    let chain = if broken.is_none() { Outcome::Passed } else { Outcome::Failed };
    // What was missed and found is booked; what matters is that somebody looked after the end of the period.
    let sweep = match (cover.freshness.complete_up_to, ends_at) {
        (Some(until), Some(end)) if until >= end => Outcome::Passed,
        (Some(_), Some(_)) => Outcome::Failed,
        _ => Outcome::NotChecked,
    };
    let pending = cover.freshness.received.get("pending").copied().unwrap_or_default();
    let serious = exceptions.open.iter().filter(|row| row.severity == "high").map(|row| row.findings).sum();
    vec![
        of_all(Tie::Chain, 1, chain, None),
        of_all(Tie::Sweep, 1, sweep, None),
        // What is parked might belong to this period, whenever it came.
        none_of(Tie::Parked, 1, cover.freshness.parked.in_all),
        none_of(Tie::Pending, 1, pending),
        none_of(Tie::HighFindings, 12, serious),
        match unexported {
            Some(entries) => none_of(Tie::Exports, 13, entries),
            None => of_all(Tie::Exports, 13, Outcome::NotChecked, None),
        },
    ]
}
