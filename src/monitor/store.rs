//! The statements that watch the database, and the rows of the alerts. None opens a transaction.
//!
//! What is read every few seconds is written out, so that a test can ask both engines for the plan: each statement is
//! answered from a partial index, and costs the same however much is done already.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types;

use crate::clock::Timestamp;
use crate::db::schema::{alerted_events, alerts, inbox_events, source_activity};
use crate::db::{Connection, Result};
use crate::inbox::{EventId, Span};
use crate::on_engine;

/// What waits, by source.
pub const BACKLOG: &str = "SELECT source, COUNT(*) AS events, MIN(received_at) AS oldest_received_at \
     FROM inbox_events WHERE state = 'pending' GROUP BY source";
/// What is parked, by source.
pub const PARKED: &str = "SELECT source, COUNT(*) AS events, NULL AS oldest_received_at \
     FROM inbox_events WHERE state = 'parked' GROUP BY source";
/// Numbers of what is parked; the bound is written behind it.
pub const PARKED_IDS: &str =
    "SELECT source, id FROM inbox_events WHERE state = 'parked' ORDER BY source, id LIMIT 5000";
/// Parked events of which no alert has told; the bound is written behind it.
pub const NEWLY_PARKED: &str = "SELECT source, reason, id FROM inbox_events WHERE state = 'parked' AND NOT EXISTS \
     (SELECT 1 FROM alerted_events told WHERE told.event_id = inbox_events.id) ORDER BY source, id LIMIT 1000";
/// Events of which an alert has told and that are not parked any more.
pub const NO_LONGER_PARKED: &str = "SELECT event_id AS id FROM alerted_events WHERE NOT EXISTS \
     (SELECT 1 FROM inbox_events e WHERE e.id = alerted_events.event_id AND e.state = 'parked') LIMIT 1000";
/// Open findings, by source and severity.
pub const FINDINGS: &str =
    "SELECT source, severity, COUNT(*) AS findings FROM findings WHERE state = 'open' GROUP BY source, severity";

/// Events of one source in one state.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct Events {
    #[diesel(sql_type = sql_types::Text)]
    pub(super) source: String,
    #[diesel(sql_type = sql_types::BigInt)]
    pub(super) events: i64,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Timestamp>)]
    pub(super) oldest_received_at: Option<Timestamp>,
}

/// Open findings of one source and severity.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct Findings {
    #[diesel(sql_type = sql_types::Text)]
    pub(super) source: String,
    #[diesel(sql_type = sql_types::Text)]
    pub(super) severity: String,
    #[diesel(sql_type = sql_types::BigInt)]
    pub(super) findings: i64,
}

/// The number of a parked event.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct ParkedId {
    #[diesel(sql_type = sql_types::Text)]
    pub(super) source: String,
    #[diesel(sql_type = sql_types::BigInt)]
    pub(super) id: EventId,
}

pub(super) fn backlog(connection: &mut Connection) -> Result<Vec<Events>> {
    Ok(on_engine!(connection, |c| diesel::sql_query(BACKLOG).load(c))?)
}

pub(super) fn parked(connection: &mut Connection) -> Result<Vec<Events>> {
    Ok(match connection {
        Connection::Sqlite(c) => diesel::sql_query(PARKED).load(&mut **c)?,
        // A NULL without a type is a text there.
        Connection::Postgres(c) => diesel::sql_query(PARKED.replace("NULL", "NULL::timestamp")).load(&mut **c)?,
    })
}

pub(super) fn parked_ids(connection: &mut Connection) -> Result<Vec<ParkedId>> {
    Ok(on_engine!(connection, |c| diesel::sql_query(PARKED_IDS).load(c))?)
}

/// These events with their sources, in their order.
pub(super) fn sources_of(connection: &mut Connection, ids: &[EventId]) -> Result<Vec<ParkedId>> {
    let query = inbox_events::table
        .filter(inbox_events::id.eq_any(ids))
        .order((inbox_events::source, inbox_events::id))
        .select((inbox_events::source, inbox_events::id));
    let rows: Vec<(String, EventId)> = on_engine!(connection, |c| query.load(c))?;
    Ok(rows.into_iter().map(|(source, id)| ParkedId { source, id }).collect())
}

/// A parked event of which no alert has told.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct NewlyParked {
    #[diesel(sql_type = sql_types::Text)]
    pub(super) source: String,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    pub(super) reason: Option<String>,
    #[diesel(sql_type = sql_types::BigInt)]
    pub(super) id: EventId,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = sql_types::BigInt)]
    id: EventId,
}

pub(super) fn newly_parked(connection: &mut Connection) -> Result<Vec<NewlyParked>> {
    Ok(on_engine!(connection, |c| diesel::sql_query(NEWLY_PARKED).load(c))?)
}

pub(super) fn no_longer_parked(connection: &mut Connection) -> Result<Vec<EventId>> {
    let rows: Vec<Number> = on_engine!(connection, |c| diesel::sql_query(NO_LONGER_PARKED).load(c))?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Notes that an alert tells of these events; answers those of which no other daemon has told meanwhile.
pub(super) fn note_alerted(connection: &mut Connection, events: &[&NewlyParked]) -> Result<Vec<EventId>> {
    let mut noted = Vec::with_capacity(events.len());
    for event in events {
        let row = (alerted_events::event_id.eq(event.id), alerted_events::source.eq(&event.source));
        let insert = diesel::insert_into(alerted_events::table).values(row).on_conflict_do_nothing();
        if on_engine!(connection, |c| insert.execute(c))? == 1 {
            noted.push(event.id);
        }
    }
    Ok(noted)
}

/// Forgets that an alert has told of these events.
pub(super) fn forget_alerted(connection: &mut Connection, ids: &[EventId]) -> Result<()> {
    let forgotten = alerted_events::table.filter(alerted_events::event_id.eq_any(ids));
    on_engine!(connection, |c| diesel::delete(forgotten).execute(c))?;
    Ok(())
}

pub(super) fn findings(connection: &mut Connection) -> Result<Vec<Findings>> {
    Ok(on_engine!(connection, |c| diesel::sql_query(FINDINGS).load(c))?)
}

/// The body of an event; `None` once it was pruned.
pub(super) fn body(connection: &mut Connection, id: EventId) -> Result<Option<Vec<u8>>> {
    let query = inbox_events::table.find(id).select(inbox_events::body);
    Ok(on_engine!(connection, |c| query.first(c).optional())?.flatten())
}

/// One day of a source.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = source_activity)]
pub(super) struct Day {
    pub(super) source: String,
    pub(super) day: NaiveDate,
    pub(super) last_received_at: Option<Timestamp>,
    pub(super) longest_silence_seconds: i64,
    pub(super) last_settled_at: Option<Timestamp>,
    pub(super) too_large_bodies: i64,
}

/// Every day of every source, in order: one row for a day, so some hundreds a year.
pub(super) fn days(connection: &mut Connection) -> Result<Vec<Day>> {
    let query = source_activity::table.order((source_activity::source, source_activity::day));
    Ok(on_engine!(connection, |c| query.select(Day::as_select()).load(c))?)
}

/// Adds what happened since the last time. `ended_silence` is how long a source had been silent before.
pub(super) fn add_activity(
    connection: &mut Connection,
    source: &str,
    received: Option<(Span, i64)>,
    settled: Option<Span>,
    too_large: (NaiveDate, i64),
) -> Result<()> {
    // Both engines know the upsert, and each its own word for the larger of two values.
    let largest = match connection {
        Connection::Sqlite(_) => "MAX",
        Connection::Postgres(_) => "GREATEST",
    };
    let upsert = format!(
        "INSERT INTO source_activity AS known \
         (source, day, last_received_at, longest_silence_seconds, last_settled_at, too_large_bodies) \
         VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (source, day) DO UPDATE SET \
         last_received_at = {largest}(COALESCE(known.last_received_at, excluded.last_received_at), \
             COALESCE(excluded.last_received_at, known.last_received_at)), \
         longest_silence_seconds = {largest}(known.longest_silence_seconds, excluded.longest_silence_seconds), \
         last_settled_at = {largest}(COALESCE(known.last_settled_at, excluded.last_settled_at), \
             COALESCE(excluded.last_settled_at, known.last_settled_at)), \
         too_large_bodies = known.too_large_bodies + excluded.too_large_bodies"
    );
    let mut days: BTreeMap<NaiveDate, (Option<Timestamp>, i64, Option<Timestamp>, i64)> = BTreeMap::new();
    if let Some((span, ended_silence)) = received {
        let day = days.entry(span.last.utc().date_naive()).or_default();
        (day.0, day.1) = (Some(span.last), ended_silence);
    }
    if let Some(span) = settled {
        days.entry(span.last.utc().date_naive()).or_default().2 = Some(span.last);
    }
    if too_large.1 > 0 {
        days.entry(too_large.0).or_default().3 = too_large.1;
    }
    type Instant = sql_types::Nullable<sql_types::Timestamp>;
    for (day, (last_received_at, silence, last_settled_at, too_large)) in days {
        on_engine!(connection, |c| diesel::sql_query(&upsert)
            .bind::<sql_types::Text, _>(source)
            .bind::<sql_types::Date, _>(day)
            .bind::<Instant, _>(last_received_at)
            .bind::<sql_types::BigInt, _>(silence)
            .bind::<Instant, _>(last_settled_at)
            .bind::<sql_types::BigInt, _>(too_large)
            .execute(c))?;
    }
    Ok(())
}

/// An alert that is on.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = alerts)]
pub(super) struct Alert {
    pub(super) alert: String,
    pub(super) source: String,
    pub(super) began_at: Timestamp,
    /// When a daemon last saw the cause.
    pub(super) seen_at: Timestamp,
}

pub(super) fn alerts_on(connection: &mut Connection) -> Result<Vec<Alert>> {
    Ok(on_engine!(connection, |c| alerts::table.select(Alert::as_select()).load(c))?)
}

/// Begins an alert; false when it is on already, so that somebody else tells.
pub(super) fn begin_alert(connection: &mut Connection, alert: &Alert) -> Result<bool> {
    let begun = on_engine!(connection, |c| diesel::insert_into(alerts::table)
        .values(alert)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(begun == 1)
}

/// The cause of an alert was seen again.
pub(super) fn see_alert(connection: &mut Connection, alert: &Alert, now: Timestamp) -> Result<()> {
    let seen = alerts::table.find((&alert.alert, &alert.source));
    on_engine!(connection, |c| diesel::update(seen).set(alerts::seen_at.eq(now)).execute(c))?;
    Ok(())
}

/// Ends an alert as it was read; false if it has already ended or was seen since, so that no notice is sent twice.
pub(super) fn end_alert(connection: &mut Connection, alert: &Alert) -> Result<bool> {
    let over = alerts::table.find((&alert.alert, &alert.source)).filter(alerts::seen_at.eq(alert.seen_at));
    let ended = on_engine!(connection, |c| diesel::delete(over).execute(c))?;
    Ok(ended == 1)
}
