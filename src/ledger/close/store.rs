//! The statements of the close. None opens a transaction.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::{Intake, OpenFinding};
use crate::clock::Timestamp;
use crate::db::schema::{event_titles, findings, inbox_events, journal_entries, order_snapshots, postings};
use crate::db::{Connection, Result};
use crate::ledger::batch::FindingState;
use crate::ledger::book::Month;
use crate::ledger::posting::Severity;
use crate::on_engine;

/// When the first webhook came.
pub(super) fn first_delivery(connection: &mut Connection, source: &str) -> Result<Option<Timestamp>> {
    Ok(on_engine!(connection, |c| order_snapshots::table
        .filter(order_snapshots::source.eq(source))
        .order(order_snapshots::snapshot_no)
        .select(order_snapshots::recorded_at)
        .first(c)
        .optional())?)
}

/// How many entries that webhooks caused are booked before a month, and the earliest day of them.
pub(super) fn booked_before(
    connection: &mut Connection,
    source: &str,
    month: Month,
) -> Result<(i64, Option<NaiveDate>)> {
    let before = journal_entries::table
        .filter(journal_entries::source.eq(source))
        .filter(journal_entries::booking_date.lt(month.first_day()))
        .filter(journal_entries::snapshot_no.is_not_null())
        .select((diesel::dsl::count_star(), diesel::dsl::min(journal_entries::booking_date)));
    Ok(on_engine!(connection, |c| before.first(c))?)
}

/// How many deliveries of a span of time are in a state that has an index.
pub(super) fn events_in(
    connection: &mut Connection,
    source: &str,
    state: &'static str,
    from: Timestamp,
    until: Timestamp,
) -> Result<i64> {
    let count = inbox_events::table
        .filter(inbox_events::source.eq(source))
        .filter(inbox_events::state.eq(state))
        .filter(inbox_events::received_at.ge(from))
        .filter(inbox_events::received_at.lt(until))
        .count();
    Ok(on_engine!(connection, |c| count.get_result(c))?)
}

/// Order and reason of the open findings of severity high, the most money first. Left out are those about orders that
/// are booked after the month only: they stand in the way of their own month.
pub(super) fn serious_findings(
    connection: &mut Connection,
    source: &str,
    month: Month,
) -> Result<Vec<(Option<String>, String)>> {
    let entries = journal_entries::table
        .filter(journal_entries::source.eq(findings::source))
        .filter(journal_entries::order_id.eq(findings::order_id));
    let until_then = entries.filter(journal_entries::booking_date.le(month.last_day()));
    let query = findings::table
        .filter(findings::source.eq(source))
        .filter(findings::state.eq(FindingState::Open))
        .filter(findings::severity.eq(Severity::High))
        .filter(diesel::dsl::exists(until_then).or(diesel::dsl::not(diesel::dsl::exists(entries))))
        .select((findings::order_id, findings::reason, findings::difference_minor));
    let mut found: Vec<(Option<String>, String, Option<i64>)> = on_engine!(connection, |c| query.load(c))?;
    found.sort_by_key(|(order_id, reason, difference)| {
        (Reverse(difference.map(i64::unsigned_abs)), order_id.clone(), reason.clone())
    });
    Ok(found.into_iter().map(|(order_id, reason, _)| (order_id, reason)).collect())
}

/// What is not settled, in a fixed order.
pub(super) fn open_findings(connection: &mut Connection, source: &str) -> Result<Vec<OpenFinding>> {
    Ok(on_engine!(connection, |c| findings::table
        .filter(findings::source.eq(source))
        .filter(findings::state.eq_any(FindingState::UNRESOLVED))
        .order(findings::fingerprint)
        .select((
            findings::fingerprint,
            findings::order_id,
            findings::reason,
            findings::severity,
            findings::state,
            findings::currency,
            findings::difference_minor,
        ))
        .load(c))?)
}

/// The deliveries of a span of time. Reads every one of them, so it is asked before the lock is taken.
pub(super) fn intake(connection: &mut Connection, source: &str, from: Timestamp, until: Timestamp) -> Result<Intake> {
    let events: Vec<(Timestamp, String)> = on_engine!(connection, |c| inbox_events::table
        .filter(inbox_events::source.eq(source))
        .filter(inbox_events::received_at.ge(from))
        .filter(inbox_events::received_at.lt(until))
        .order(inbox_events::received_at)
        .select((inbox_events::received_at, inbox_events::state))
        .load(c))?;
    let mut intake = Intake {
        received: i64::try_from(events.len()).unwrap_or(i64::MAX),
        first_received_at: events.first().map(|(at, _)| *at),
        last_received_at: events.last().map(|(at, _)| *at),
        ..Intake::default()
    };
    let mut previous = from;
    let mut longest = -1;
    let states = events.iter().map(|(at, state)| (*at, Some(state))).chain([(until, None)]);
    for (at, state) in states {
        if at.milliseconds_since(previous) > longest {
            longest = at.milliseconds_since(previous);
            intake.longest_silence_from = Some(previous);
        }
        previous = at;
        if let Some(state) = state {
            *intake.states.entry(state.clone()).or_insert(0) += 1;
        }
    }
    intake.longest_silence_seconds = longest / 1000;
    Ok(intake)
}

/// Titles of the events that lines of the month are about.
pub(super) fn titles(connection: &mut Connection, source: &str, month: Month) -> Result<BTreeMap<String, String>> {
    let rows: Vec<(String, String)> = on_engine!(connection, |c| {
        let lines =
            postings::table
                .inner_join(journal_entries::table.on(
                    journal_entries::source.eq(postings::source).and(journal_entries::entry_no.eq(postings::entry_no)),
                ))
                .filter(journal_entries::source.eq(source))
                .filter(journal_entries::booking_date.between(month.first_day(), month.last_day()))
                .filter(postings::event_key.is_not_null())
                .select(postings::event_key.assume_not_null());
        event_titles::table
            .filter(event_titles::source.eq(source))
            .filter(event_titles::event_key.eq_any(lines))
            .select((event_titles::event_key, event_titles::title))
            .load(c)
    })?;
    Ok(rows.into_iter().collect())
}
