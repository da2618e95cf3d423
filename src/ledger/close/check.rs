//! What stands in the way of a close, each named.

use chrono_tz::Tz;
use serde::Serialize;

use super::store;
use crate::clock::Timestamp;
use crate::db::{Connection, Result};
use crate::freshness::Freshness;
use crate::ledger::book::{Month, store as journal};
use crate::ledger::totals::kept_months;

/// One thing that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Blocker {
    /// A code such as `events_parked`.
    pub code: &'static str,
    /// Whether `--force` with a reason closes nevertheless; it is then part of the manifest.
    pub can_be_forced: bool,
    /// What is wrong, and what to do about it.
    pub detail: String,
}

/// Something to think of, which stops nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// A code such as `earlier_months_late`.
    pub code: &'static str,
    /// What it is, and what to do about it.
    pub detail: String,
}

fn hard(code: &'static str, detail: String) -> Blocker {
    Blocker { code, can_be_forced: false, detail }
}

/// A ledger that does not hold is never closed.
pub(super) fn broken(detail: &str) -> Blocker {
    hard("books_do_not_hold", format!("`ledger verify` reports: {detail}"))
}

/// All but the verification, which is asked before the lock is taken.
pub(super) fn blockers(
    connection: &mut Connection,
    source: &str,
    zone: Tz,
    month: Month,
    now: Timestamp,
) -> Result<Vec<Blocker>> {
    let mut blockers = Vec::new();
    let period = month.to_string();
    if now < month.ends_at(zone) {
        blockers.push(hard(
            "month_not_over",
            format!(
                "{period} is over for {source} at {}; now it is {}",
                month.ends_at(zone).local_minute_named(zone),
                now.local_minute_named(zone)
            ),
        ));
    }
    let last_closed = journal::closed_months(connection, source)?.last().copied();
    if let Some(last) = last_closed.filter(|last| month <= *last) {
        let detail = if last == month {
            format!("{period} is already closed; a closed month stays closed")
        } else {
            format!("{last} is already closed, and with it every earlier month")
        };
        blockers.push(hard("already_closed", detail));
        return Ok(blockers);
    }
    // A month with entries of money has sums.
    let mut earlier: Vec<Month> = kept_months(connection, Some(source))?.into_iter().map(|(_, month)| month).collect();
    earlier.retain(|earlier| *earlier < month && last_closed.is_none_or(|last| *earlier > last));
    earlier.sort_unstable();
    if !earlier.is_empty() {
        let list: Vec<String> = earlier.iter().map(Month::to_string).collect();
        blockers.push(hard(
            "earlier_month_open",
            format!("these months have entries and are not closed; close them first: {}", list.join(", ")),
        ));
    }
    for (state, code, advice) in [
        (
            "parked",
            "events_parked",
            "`ticketledger inbox list --state parked` shows them; replay or dismiss them, or use --force",
        ),
        ("pending", "events_pending", "the daemon has not processed them yet; wait for it, or use --force"),
    ] {
        let events = store::events_in(connection, source, state, month.starts_at(zone), month.ends_at(zone))?;
        if events > 0 {
            let detail = format!("{events} webhooks received in {period} are {state}: {advice}");
            blockers.push(Blocker { code, can_be_forced: true, detail });
        }
    }
    let serious = store::serious_findings(connection, source, month)?;
    if let Some((order_id, reason)) = serious.first() {
        let order = order_id.as_ref().map_or_else(String::new, |order_id| format!(" of order {order_id}"));
        blockers.push(hard(
            "findings_open",
            format!(
                "{} findings of severity high are open, such as {reason}{order}; resolve or acknowledge each \
                 (`ticketledger findings list --severity high`)",
                serious.len()
            ),
        ));
    }
    Ok(blockers)
}

/// Before the first close: whether the book holds months from before it was there, which another book may hold too.
pub(super) fn warnings(connection: &mut Connection, source: &str, zone: Tz) -> Result<Vec<Warning>> {
    let closed = !journal::closed_months(connection, source)?.is_empty();
    if closed || journal::books_from(connection, source)?.is_some() {
        return Ok(Vec::new());
    }
    let Some(first) = store::first_delivery(connection, source)? else { return Ok(Vec::new()) };
    let began = Month::of(first.local_date(zone));
    let (entries, earliest) = store::booked_before(connection, source, began)?;
    let Some(earliest) = earliest.map(Month::of) else { return Ok(Vec::new()) };
    let detail = format!(
        "{entries} entries belong to months before {began}, in which the first webhook came, the earliest to \
         {earliest}; if another system kept the books then, they are counted twice: begin anew with books_from in the \
         settings of {source}, as docs/going-live.md says. Once a month is closed it is frozen"
    );
    Ok(vec![Warning { code: "earlier_months_late", detail }])
}

/// Whether the book is known to be complete up to `needed`, and if not, what to do about it.
pub(super) fn incomplete(
    (freshness, covered): (&Freshness, bool),
    source: &str,
    zone: Tz,
    month: Month,
    needed: Timestamp,
) -> Option<Warning> {
    let warning = |code, detail| Some(Warning { code, detail });
    match freshness.complete_up_to {
        Some(until) if until >= needed && covered => None,
        Some(until) if until >= needed => warning(
            "not_covered",
            format!(
                "nobody knows whether every webhook of {month} came: {source} was compared with the provider only for \
                 what changed later; `ticketledger sweep {source} --from {} --to {}` (Ticketpark: `--history --since \
                 {}`) compares the month",
                month.first_day(),
                month.last_day(),
                month.first_day()
            ),
        ),
        Some(_) => warning(
            "not_complete",
            format!(
                "a webhook of {month} may still be missing: {}; `ticketledger sweep {source}` compares with the \
                 provider",
                freshness.in_words(zone)
            ),
        ),
        None => warning(
            "never_swept",
            format!(
                "nobody knows whether every webhook of {month} came: {source} was never compared with the provider; \
                 `ticketledger sweep {source}` does"
            ),
        ),
    }
}
