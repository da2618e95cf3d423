//! The statements of the counts by hour. None opens a transaction.

use diesel::prelude::*;
use diesel::sql_types;

use crate::clock::Timestamp;
use crate::db::schema::{deliveries_counted, delivery_hours, inbox_events};
use crate::db::{Connection, Result};
use crate::inbox::EventId;
use crate::on_engine;

/// Events that nobody delivered: what a sweep found, and what was brought in from the past.
const NO_DELIVERY: [&str; 2] = ["sweep", "history"];
/// How providers deliver; imports and sweeps are stored otherwise.
const METHODS: [&str; 3] = ["POST", "PATCH", "PUT"];
/// What could not be read tells of no kind.
const UNKNOWN: &str = "unknown";

/// An event, as far as it is counted.
#[derive(Queryable)]
pub(super) struct Event {
    pub(super) id: EventId,
    pub(super) source: String,
    pub(super) kind: String,
    pub(super) method: String,
    pub(super) received_at: Timestamp,
}

impl Event {
    pub(super) fn is_delivery(&self) -> bool {
        let kind = self.kind.as_str();
        METHODS.contains(&self.method.as_str()) && !NO_DELIVERY.contains(&kind) && kind != UNKNOWN
    }
}

/// The deliveries of one hour.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = delivery_hours)]
pub(super) struct Hour {
    pub(super) source: String,
    pub(super) kind: String,
    pub(super) hour: Timestamp,
    pub(super) deliveries: i64,
    pub(super) last_at: Timestamp,
}

/// The last event that is counted.
pub(super) fn counted(connection: &mut Connection) -> Result<EventId> {
    let query = deliveries_counted::table.select(deliveries_counted::event_id);
    Ok(on_engine!(connection, |c| query.first(c).optional())?.unwrap_or_default())
}

/// The next events that are not counted, in order.
pub(super) fn events_after(connection: &mut Connection, counted: EventId, most: i64) -> Result<Vec<Event>> {
    let query = inbox_events::table.filter(inbox_events::id.gt(counted)).order(inbox_events::id).limit(most).select((
        inbox_events::id,
        inbox_events::source,
        inbox_events::kind,
        inbox_events::method,
        inbox_events::received_at,
    ));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Notes how far it is counted; false when somebody else has counted since.
pub(super) fn count_up_to(connection: &mut Connection, before: EventId, last: EventId) -> Result<bool> {
    if before == 0 {
        let row = (deliveries_counted::name.eq("inbox"), deliveries_counted::event_id.eq(last));
        let insert = diesel::insert_into(deliveries_counted::table).values(row).on_conflict_do_nothing();
        return Ok(on_engine!(connection, |c| insert.execute(c))? == 1);
    }
    let row = deliveries_counted::table.filter(deliveries_counted::event_id.eq(before));
    let update = diesel::update(row).set(deliveries_counted::event_id.eq(last));
    Ok(on_engine!(connection, |c| update.execute(c))? == 1)
}

/// Adds to the count of an hour.
pub(super) fn add(connection: &mut Connection, hour: &Hour) -> Result<()> {
    // Both engines know the upsert, and each its own word for the larger of two values.
    let upsert = |largest: &str| {
        format!(
            "INSERT INTO delivery_hours AS known (source, kind, hour, deliveries, last_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (source, kind, hour) DO UPDATE SET deliveries = known.deliveries + excluded.deliveries, \
             last_at = {largest}(known.last_at, excluded.last_at)"
        )
    };
    let bound = |text: &str| {
        diesel::sql_query(upsert(text))
            .bind::<sql_types::Text, _>(hour.source.clone())
            .bind::<sql_types::Text, _>(hour.kind.clone())
            .bind::<sql_types::Timestamp, _>(hour.hour)
            .bind::<sql_types::BigInt, _>(hour.deliveries)
            .bind::<sql_types::Timestamp, _>(hour.last_at)
    };
    match connection {
        Connection::Sqlite(c) => bound("MAX").execute(&mut **c)?,
        Connection::Postgres(c) => bound("GREATEST").execute(&mut **c)?,
    };
    Ok(())
}

/// Forgets what no median needs any more.
pub(super) fn forget_before(connection: &mut Connection, oldest: Timestamp) -> Result<()> {
    let old = delivery_hours::table.filter(delivery_hours::hour.lt(oldest));
    on_engine!(connection, |c| diesel::delete(old).execute(c))?;
    Ok(())
}

/// The counts of the hours since an instant.
pub(super) fn hours_since(connection: &mut Connection, since: Timestamp) -> Result<Vec<Hour>> {
    let query = delivery_hours::table.filter(delivery_hours::hour.ge(since));
    Ok(on_engine!(connection, |c| query.select(Hour::as_select()).load(c))?)
}

/// Deliveries of a source since an instant, counted by whole hours.
///
/// # Errors
/// When the statement fails.
pub fn deliveries_since(connection: &mut Connection, source: &str, since: Timestamp) -> Result<i64> {
    let query = delivery_hours::table
        .filter(delivery_hours::source.eq(source))
        .filter(delivery_hours::hour.ge(since))
        .select(delivery_hours::deliveries);
    let hours: Vec<i64> = on_engine!(connection, |c| query.load(c))?;
    Ok(hours.into_iter().fold(0, i64::saturating_add))
}
