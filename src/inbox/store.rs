//! The statements of the inbox. None opens a transaction.

use diesel::prelude::*;
use sha2::{Digest as _, Sha256};

use super::{Classified, Delivery, EventId, State};
use crate::clock::Timestamp;
use crate::db::schema::inbox_events;
use crate::db::{Connection, Result};

#[derive(Insertable)]
#[diesel(table_name = inbox_events, treat_none_as_default_value = false)]
struct NewEvent<'a> {
    source: &'a str,
    kind: &'a str,
    entity: Option<&'a str>,
    received_at: Timestamp,
    method: &'a str,
    content_type: Option<&'a str>,
    headers: &'a str,
    body: Option<&'a [u8]>,
    body_sha256: String,
    state: &'static str,
    reason: Option<&'a str>,
    detail: Option<&'a str>,
    attempts: i32,
    due_at: Timestamp,
    finished_at: Option<Timestamp>,
}

impl<'a> NewEvent<'a> {
    fn of(delivery: &'a Delivery) -> Self {
        let (kind, entity, reason, detail) = match &delivery.class {
            Classified::Understood { kind, entity } => (kind, Some(entity.as_str()), None, None),
            Classified::Parked { kind, entity, reason, detail } => {
                (kind, entity.as_deref(), Some(*reason), Some(detail.as_str()))
            }
        };
        Self {
            source: &delivery.source,
            kind,
            entity,
            received_at: delivery.received_at,
            method: &delivery.method,
            content_type: delivery.content_type.as_deref(),
            headers: &delivery.headers,
            body: Some(&delivery.body),
            body_sha256: hex::encode(Sha256::digest(&delivery.body)),
            state: if reason.is_some() { State::Parked.as_str() } else { State::Pending.as_str() },
            reason,
            detail,
            attempts: 0,
            due_at: delivery.received_at,
            finished_at: reason.map(|_| delivery.received_at),
        }
    }
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
