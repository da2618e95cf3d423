//! What stands in the way of a close, each named.

use chrono_tz::Tz;
use serde::Serialize;

use super::store;
use crate::clock::Timestamp;
use crate::db::{Connection, Result};
use crate::ledger::book::{Month, store as journal};

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
            format!("{period} is over for {source} at {} ({zone}); now it is {now}", month.ends_at(zone)),
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
    let earlier = store::earlier_open(connection, source, last_closed, month)?;
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
        blockers.push(hard(
            "findings_open",
            format!(
                "{} open findings of severity high are about orders with entries in {period}, such as {reason} of \
                 order {order_id}; resolve or acknowledge each",
                serious.len()
            ),
        ));
    }
    Ok(blockers)
}
