//! The statements of the close. None opens a transaction.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use diesel::prelude::*;

use super::Intake;
use super::manifest::OpenFinding;
use crate::clock::Timestamp;
use crate::db::schema::{
    chain_anchors, event_titles, findings, inbox_events, journal_entries, period_manifests, periods, policies, postings,
};
use crate::db::{Connection, Result};
use crate::ledger::book::{EntryRow, Month, period_of};
use crate::on_engine;

/// The manifest of a closed month, as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = period_manifests)]
pub(in crate::ledger) struct ManifestRow {
    pub(in crate::ledger) source: String,
    pub(in crate::ledger) period: String,
    pub(in crate::ledger) entry_no: i64,
    pub(in crate::ledger) doc: String,
    pub(in crate::ledger) doc_sha256: String,
    pub(in crate::ledger) closed_at: Timestamp,
    pub(in crate::ledger) closed_by: String,
}

/// The state of a month, as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = periods, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(in crate::ledger) struct PeriodRow {
    pub(in crate::ledger) source: String,
    pub(in crate::ledger) period: String,
    pub(in crate::ledger) status: String,
    pub(in crate::ledger) closed_at: Option<Timestamp>,
    pub(in crate::ledger) closed_by: Option<String>,
    pub(in crate::ledger) totals_sha256: Option<String>,
    pub(in crate::ledger) head_entry_no: Option<i64>,
}

/// A hash of the chain that was written outside, as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = chain_anchors)]
pub(in crate::ledger) struct AnchorRow {
    pub(in crate::ledger) source: String,
    pub(in crate::ledger) anchor_no: i64,
    pub(in crate::ledger) entry_no: i64,
    pub(in crate::ledger) entry_hash: String,
    pub(in crate::ledger) made_at: Timestamp,
    pub(in crate::ledger) medium: String,
    pub(in crate::ledger) proof: String,
}

/// The latest month that is closed for good.
pub(super) fn last_closed(connection: &mut Connection, source: &str) -> Result<Option<String>> {
    Ok(on_engine!(connection, |c| periods::table
        .filter(periods::source.eq(source))
        .filter(periods::status.eq("closed"))
        .order(periods::period.desc())
        .select(periods::period)
        .first(c)
        .optional())?)
}

/// Months after the last closed one and before `first_day` that have entries of money.
pub(super) fn earlier_open(
    connection: &mut Connection,
    source: &str,
    last_closed: Option<&str>,
    first_day: NaiveDate,
) -> Result<BTreeSet<String>> {
    let days: Vec<NaiveDate> = on_engine!(connection, |c| journal_entries::table
        .filter(journal_entries::source.eq(source))
        .filter(journal_entries::booking_date.lt(first_day))
        .filter(journal_entries::kind.ne("close"))
        .select(journal_entries::booking_date)
        .distinct()
        .load(c))?;
    let open = |period: &String| last_closed.is_none_or(|last| period.as_str() > last);
    Ok(days.into_iter().map(period_of).filter(open).collect())
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

/// Order and reason of the open findings of severity high about orders with entries in the month.
pub(super) fn serious_findings(
    connection: &mut Connection,
    source: &str,
    month: Month,
) -> Result<Vec<(String, String)>> {
    let entries = journal_entries::table
        .filter(journal_entries::source.eq(findings::source))
        .filter(journal_entries::order_id.eq(findings::order_id))
        .filter(journal_entries::booking_date.between(month.first_day(), month.last_day()));
    let query = findings::table
        .filter(findings::source.eq(source))
        .filter(findings::state.eq("open"))
        .filter(findings::severity.eq("high"))
        .filter(diesel::dsl::exists(entries))
        .order((findings::order_id, findings::reason))
        .select((findings::order_id.assume_not_null(), findings::reason));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// What is not settled, in a fixed order.
pub(super) fn open_findings(connection: &mut Connection, source: &str) -> Result<Vec<OpenFinding>> {
    Ok(on_engine!(connection, |c| findings::table
        .filter(findings::source.eq(source))
        .filter(findings::state.eq_any(["open", "acknowledged"]))
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

/// How many entries the month has up to `head`, and under which policies.
pub(super) fn entries_of(
    connection: &mut Connection,
    source: &str,
    month: Month,
    head: i64,
) -> Result<(i64, Vec<(i32, String)>)> {
    let days = (month.first_day(), month.last_day());
    let (entries, used): (i64, Vec<i32>) = on_engine!(connection, |c| {
        let of_month = || {
            journal_entries::table
                .filter(journal_entries::source.eq(source))
                .filter(journal_entries::booking_date.between(days.0, days.1))
                .filter(journal_entries::entry_no.le(head))
                .filter(journal_entries::kind.ne("close"))
        };
        let entries = of_month().count().get_result(c)?;
        (entries, of_month().select(journal_entries::policy_id).distinct().load(c)?)
    });
    let policies = on_engine!(connection, |c| policies::table
        .filter(policies::source.eq(source))
        .filter(policies::policy_id.eq_any(used))
        .order(policies::policy_id)
        .select((policies::policy_id, policies::doc_sha256))
        .load(c))?;
    Ok((entries, policies))
}

/// Writes a manifest and the entry that names it, in this order: the entry is refused without it.
pub(super) fn insert_close(connection: &mut Connection, manifest: &ManifestRow, entry: &EntryRow) -> Result<()> {
    on_engine!(connection, |c| {
        diesel::insert_into(period_manifests::table).values(manifest).execute(c)?;
        diesel::insert_into(journal_entries::table).values(entry).execute(c)
    })?;
    Ok(())
}

/// Sets the state of a month.
pub(super) fn save_period(connection: &mut Connection, row: &PeriodRow) -> Result<()> {
    let known = on_engine!(connection, |c| {
        diesel::update(periods::table.find((&row.source, &row.period))).set(row).execute(c)
    })?;
    if known == 0 {
        on_engine!(connection, |c| diesel::insert_into(periods::table).values(row).execute(c))?;
    }
    Ok(())
}

/// The state of a month, unless nobody has touched it.
pub(in crate::ledger) fn period(connection: &mut Connection, source: &str, period: &str) -> Result<Option<PeriodRow>> {
    Ok(on_engine!(connection, |c| periods::table
        .find((source, period))
        .select(PeriodRow::as_select())
        .first(c)
        .optional())?)
}

/// Months that are closed for good, in their order.
pub(in crate::ledger) fn closed(connection: &mut Connection, source: &str) -> Result<Vec<String>> {
    Ok(on_engine!(connection, |c| periods::table
        .filter(periods::source.eq(source))
        .filter(periods::status.eq("closed"))
        .order(periods::period)
        .select(periods::period)
        .load(c))?)
}

/// The manifest of a closed month.
pub(in crate::ledger) fn manifest(
    connection: &mut Connection,
    source: &str,
    period: &str,
) -> Result<Option<ManifestRow>> {
    Ok(on_engine!(connection, |c| period_manifests::table
        .find((source, period))
        .select(ManifestRow::as_select())
        .first(c)
        .optional())?)
}

/// Every close entry of a source, in their order.
pub(in crate::ledger) fn closings(connection: &mut Connection, source: &str) -> Result<Vec<EntryRow>> {
    Ok(on_engine!(connection, |c| journal_entries::table
        .filter(journal_entries::source.eq(source))
        .filter(journal_entries::kind.eq("close"))
        .order(journal_entries::entry_no)
        .select(EntryRow::as_select())
        .load(c))?)
}

/// The first entry that was booked on `until` or before though it came after the close at `closed_at_no`.
pub(in crate::ledger) fn first_intruder(
    connection: &mut Connection,
    source: &str,
    until: NaiveDate,
    closed_at_no: i64,
) -> Result<Option<i64>> {
    Ok(on_engine!(connection, |c| journal_entries::table
        .filter(journal_entries::source.eq(source))
        .filter(journal_entries::booking_date.le(until))
        .filter(journal_entries::entry_no.gt(closed_at_no))
        .filter(journal_entries::kind.ne("close"))
        .order(journal_entries::entry_no)
        .select(journal_entries::entry_no)
        .first(c)
        .optional())?)
}

/// The hash of an entry, if there is one with that number.
pub(in crate::ledger) fn hash_of(connection: &mut Connection, source: &str, entry_no: i64) -> Result<Option<String>> {
    Ok(on_engine!(connection, |c| journal_entries::table
        .find((source, entry_no))
        .select(journal_entries::entry_hash)
        .first(c)
        .optional())?)
}

/// Every anchor of a source, in their order.
pub(in crate::ledger) fn anchors(connection: &mut Connection, source: &str) -> Result<Vec<AnchorRow>> {
    Ok(on_engine!(connection, |c| chain_anchors::table
        .filter(chain_anchors::source.eq(source))
        .order(chain_anchors::anchor_no)
        .select(AnchorRow::as_select())
        .load(c))?)
}

/// Adds an anchor.
pub(super) fn insert_anchor(connection: &mut Connection, row: &AnchorRow) -> Result<()> {
    on_engine!(connection, |c| diesel::insert_into(chain_anchors::table).values(row).execute(c))?;
    Ok(())
}

/// Name and time zone of every source that has a book.
pub(super) fn sources(connection: &mut Connection) -> Result<Vec<(String, String)>> {
    use crate::db::schema::sources;
    let query = sources::table.order(sources::source).select((sources::source, sources::timezone));
    Ok(on_engine!(connection, |c| query.load(c))?)
}
