//! The statements that receive, claim and finish. None opens a transaction.

mod claim;
mod finish;

use self::claim::PENDING;
pub use self::claim::{
    Bounds, await_claims, claim, extend, is_due, recall_stranded, release, release_all_leases, stranded,
};
pub use self::finish::{finish, finish_applied};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::{Classified, Delivery, Entity, EventId, ParkReason, State};
use crate::clock::Timestamp;
use crate::db::schema::{documents, inbox_events};
use crate::db::{Connection, Result};
use crate::hash;
use crate::on_engine;

#[derive(Insertable)]
#[diesel(table_name = inbox_events, treat_none_as_default_value = false)]
struct NewEvent<'a> {
    source: &'a str,
    kind: &'a str,
    entity: Option<String>,
    received_at: Timestamp,
    method: &'a str,
    content_type: Option<&'a str>,
    headers: &'a str,
    body: Option<&'a [u8]>,
    body_sha256: String,
    state: State,
    reason: Option<ParkReason>,
    detail: Option<&'a str>,
    attempts: i32,
    due_at: Timestamp,
    finished_at: Option<Timestamp>,
}

impl<'a> NewEvent<'a> {
    fn of(delivery: &'a Delivery) -> Self {
        let (kind, entity, reason, detail) = match &delivery.class {
            Classified::Understood { kind, entity } => (kind, Some(entity), None, None),
            Classified::Parked { kind, entity, reason, detail } => {
                (kind, entity.as_ref(), Some(*reason), Some(detail.as_str()))
            }
        };
        Self {
            source: &delivery.source,
            kind,
            entity: entity.map(ToString::to_string),
            received_at: delivery.received_at,
            method: &delivery.method,
            content_type: delivery.content_type.as_deref(),
            headers: &delivery.headers,
            body: Some(&delivery.body),
            body_sha256: hash::sha256(&delivery.body),
            state: if reason.is_some() { State::Parked } else { State::Pending },
            reason,
            detail,
            attempts: 0,
            due_at: delivery.received_at,
            finished_at: reason.map(|_| delivery.received_at),
        }
    }
}

/// Taken by whoever stores deliveries, for itself by whoever has to know which came before ("inbx" in ASCII).
const POSTGRES_LOCK: i64 = 0x696e_6278;

/// Waits until all deliveries that are being stored are stored, and holds up others until the transaction ends. So the
/// numbers of events tell which came first. On SQLite, where one writes at a time, they always do.
///
/// # Errors
/// When the statement fails.
pub fn lock_deliveries(connection: &mut Connection) -> Result<()> {
    if let Connection::Postgres(c) = connection {
        diesel::sql_query(format!("SELECT pg_advisory_xact_lock({POSTGRES_LOCK})")).execute(&mut **c)?;
    }
    Ok(())
}

/// Stores deliveries in their order, answering their numbers in the same order.
///
/// # Errors
/// When a statement fails; the caller's transaction then holds none of them.
pub fn insert_batch(connection: &mut Connection, deliveries: &[&Delivery]) -> Result<Vec<EventId>> {
    let rows: Vec<NewEvent<'_>> = deliveries.iter().map(|delivery| NewEvent::of(delivery)).collect();
    match connection {
        // One statement for all: a round trip for each row is what would cost on this engine.
        Connection::Postgres(c) => {
            diesel::sql_query(format!("SELECT pg_advisory_xact_lock_shared({POSTGRES_LOCK})")).execute(&mut **c)?;
            let mut ids: Vec<EventId> = diesel::insert_into(inbox_events::table)
                .values(&rows)
                .returning(inbox_events::id)
                .get_results(&mut **c)?;
            ids.sort_unstable();
            Ok(ids)
        }
        // Here the same prepared statement runs once for each row.
        Connection::Sqlite(c) => rows
            .iter()
            .map(|row| {
                let insert = diesel::insert_into(inbox_events::table).values(row);
                Ok(insert.returning(inbox_events::id).get_result(&mut **c)?)
            })
            .collect(),
    }
}

/// When the next event of these sources becomes due, leases included.
///
/// # Errors
/// When the statement fails.
pub fn next_due_at(connection: &mut Connection, sources: &[&str]) -> Result<Option<Timestamp>> {
    let mut next: Option<Timestamp> = None;
    for source in sources {
        // Each source has a front of its own in the index.
        let query = inbox_events::table
            .filter(sql::<Bool>(claim::PENDING))
            .filter(inbox_events::source.eq(source))
            .order((inbox_events::due_at, inbox_events::id))
            .select(inbox_events::due_at);
        let due_at: Option<Timestamp> = on_engine!(connection, |c| query.first(c).optional())?;
        next = next.into_iter().chain(due_at).min();
    }
    Ok(next)
}

/// Numbers a fetch when it starts: it covers the events that are stored by now.
///
/// # Errors
/// When the statement fails.
pub fn start_document(
    connection: &mut Connection,
    source: &str,
    entity: &Entity,
    event_id: EventId,
    now: Timestamp,
) -> Result<i64> {
    let row = (
        documents::source.eq(source),
        documents::entity.eq(entity.to_string()),
        documents::event_id.eq(event_id),
        documents::started_at.eq(now),
    );
    let insert = diesel::insert_into(documents::table).values(row).returning(documents::id);
    Ok(match connection {
        Connection::Postgres(c) => insert.get_result(&mut **c)?,
        Connection::Sqlite(c) => insert.get_result(&mut **c)?,
    })
}

/// Archives what was fetched, so that a rebuild never needs the network.
///
/// # Errors
/// When the statement fails.
pub fn archive_document(
    connection: &mut Connection,
    document_id: i64,
    status: u16,
    body: &[u8],
    now: Timestamp,
) -> Result<()> {
    let changes = (
        documents::fetched_at.eq(Some(now)),
        documents::status.eq(Some(i32::from(status))),
        documents::body.eq(Some(body)),
        documents::body_sha256.eq(Some(hash::sha256(body))),
    );
    on_engine!(connection, |c| diesel::update(documents::table.find(document_id)).set(changes).execute(c))?;
    Ok(())
}

/// Status and bytes of the newest answer that is archived of an entity.
///
/// # Errors
/// When the statement fails.
pub fn newest_document(connection: &mut Connection, source: &str, entity: &Entity) -> Result<Option<(i32, Vec<u8>)>> {
    let query = documents::table
        .filter(documents::source.eq(source))
        .filter(documents::entity.eq(entity.to_string()))
        .filter(documents::status.is_not_null())
        .filter(documents::body.is_not_null())
        .order(documents::id.desc())
        .select((documents::status.assume_not_null(), documents::body.assume_not_null()));
    Ok(on_engine!(connection, |c| query.first(c).optional())?)
}

/// Moves what waits, but for the events named, to a later time.
///
/// # Errors
/// When the statement fails.
pub fn postpone_others(connection: &mut Connection, ids: &[EventId], until: Timestamp) -> Result<()> {
    let others = inbox_events::table.filter(sql::<Bool>(PENDING)).filter(inbox_events::id.ne_all(ids));
    on_engine!(connection, |c| diesel::update(others).set(inbox_events::due_at.eq(until)).execute(c))?;
    Ok(())
}
