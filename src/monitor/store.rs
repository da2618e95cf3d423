//! The statements that watch the database, and the rows of the alerts. None opens a transaction.
//!
//! What is read every few seconds is written out, so that a test can ask both engines for the plan: each statement is
//! answered from a partial index, and costs the same however much is done already.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types;

use crate::clock::Timestamp;
use crate::db::schema::{alerts, inbox_events, source_activity};
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
) -> Result<()> {
    // Both engines know the upsert, and each its own word for the larger of two values.
    let upsert = |largest: &str| {
        format!(
            "INSERT INTO source_activity AS known \
             (source, day, last_received_at, longest_silence_seconds, last_settled_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (source, day) DO UPDATE SET \
             last_received_at = {largest}(COALESCE(known.last_received_at, excluded.last_received_at), \
                 COALESCE(excluded.last_received_at, known.last_received_at)), \
             longest_silence_seconds = {largest}(known.longest_silence_seconds, excluded.longest_silence_seconds), \
             last_settled_at = {largest}(COALESCE(known.last_settled_at, excluded.last_settled_at), \
                 COALESCE(excluded.last_settled_at, known.last_settled_at))"
        )
    };
    let mut days: BTreeMap<NaiveDate, (Option<Timestamp>, i64, Option<Timestamp>)> = BTreeMap::new();
    if let Some((span, ended_silence)) = received {
        let day = days.entry(span.last.utc().date_naive()).or_default();
        (day.0, day.1) = (Some(span.last), ended_silence);
    }
    if let Some(span) = settled {
        days.entry(span.last.utc().date_naive()).or_default().2 = Some(span.last);
    }
    type Instant = sql_types::Nullable<sql_types::Timestamp>;
    for (day, (last_received_at, silence, last_settled_at)) in days {
        match connection {
            Connection::Sqlite(c) => diesel::sql_query(upsert("MAX"))
                .bind::<sql_types::Text, _>(source)
                .bind::<sql_types::Date, _>(day)
                .bind::<Instant, _>(last_received_at)
                .bind::<sql_types::BigInt, _>(silence)
                .bind::<Instant, _>(last_settled_at)
                .execute(&mut **c)?,
            Connection::Postgres(c) => diesel::sql_query(upsert("GREATEST"))
                .bind::<sql_types::Text, _>(source)
                .bind::<sql_types::Date, _>(day)
                .bind::<Instant, _>(last_received_at)
                .bind::<sql_types::BigInt, _>(silence)
                .bind::<Instant, _>(last_settled_at)
                .execute(&mut **c)?,
        };
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
