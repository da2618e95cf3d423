//! The guest owes something.

use chrono::{Days, NaiveDate};

use super::{CAUSES, Open, cancelled, given_back};
use crate::ledger::findings::{OrderFacts, Raised};
use crate::ledger::posting::{FindingReason, Severity};

/// Days after which an order without a booked day is overdue.
const DAYS_TO_PAY: u64 = 30;

/// An accepted order that is not settled.
pub(super) fn owed(facts: &OrderFacts<'_>, open: &Open<'_>, raised: &mut Raised) {
    let balance = open.balance;
    if given_back::what_was_kept(facts, open, raised) {
        return;
    }
    let (back, received, cancelled) = (balance.given_back(), balance.received(), cancelled(facts, open.code));
    if back > received {
        given_back::more_than_received(facts, open, received, raised);
    } else if back > cancelled {
        let (back, since) = (open.money(back), given_back::last_given_back(facts, open));
        let evidence = if cancelled == 0 {
            format!("{back} was given back, the last on {since}, and nothing is cancelled")
        } else {
            format!("{back} was given back, the last on {since}, and {} is cancelled", open.money(cancelled))
        };
        raised.raise(open.given_back(FindingReason::RefundWithoutCancel, cancelled, evidence));
    }
    unsettled(facts, open, raised);
}

/// Nothing is paid, or not everything.
pub(super) fn unsettled(facts: &OrderFacts<'_>, open: &Open<'_>, raised: &mut Raised) {
    let balance = open.balance;
    let (billed, since) = (open.money(balance.billed), balance.since);
    if balance.settled() != 0 || balance.paid != 0 {
        let (settled, owed) = (open.money(balance.settled()), open.money(balance.open));
        let evidence = format!("{settled} of {billed} is settled: {owed} is owed since {since}");
        return raised.raise_because_of(open.finding(FindingReason::Underpaid, evidence), CAUSES);
    }
    if facts.is_resold() {
        return;
    }
    let finding = match overdue(facts, since) {
        None => open.finding(FindingReason::Unpaid, format!("nothing of {billed} is paid since {since}")),
        Some(why) => {
            let evidence = format!("nothing of {billed} is paid since {since}, and {why}");
            open.finding(FindingReason::Unpaid, evidence).of_severity(Severity::Medium)
        }
    };
    raised.raise_because_of(finding, CAUSES);
}

/// Why the money should be there: the last booked day is over, or the time to pay for what has no day.
fn overdue(facts: &OrderFacts<'_>, since: NaiveDate) -> Option<String> {
    let zone = facts.rules.zone;
    let today = facts.now.local_date(zone);
    let days = facts.snapshot.order.tickets.iter().flatten().filter_map(|ticket| ticket.starts_at);
    let Some(last) = days.max().map(|at| at.local_date(zone)) else {
        let late = since.checked_add_days(Days::new(DAYS_TO_PAY)).is_some_and(|due| due < today);
        return late.then(|| format!("more than {DAYS_TO_PAY} days have passed"));
    };
    (last < today).then(|| format!("the booked day {last} is over"))
}
