//! The statements that receive, claim and finish. None opens a transaction.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use sha2::{Digest as _, Sha256};

use super::{Claimed, ClaimedEvent, Classified, Delivery, EventId, Finish, State};
use crate::clock::Timestamp;
use crate::db::schema::{documents, inbox_attempts, inbox_events};
use crate::db::{Connection, Result};
use crate::{limits, on_engine};

/// Written out and not bound: SQLite uses a partial index only where the statement itself says its condition.
const PENDING: &str = "inbox_events.state = 'pending'";

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

/// Claims due entities for `lease`: counts the attempt and moves `due_at` to the end of the lease. All waiting events
/// of an entity come together, those that wait for their next attempt included; an entity that someone works on is
/// left.
///
/// # Errors
/// When a statement fails.
pub fn claim(
    connection: &mut Connection,
    lease: &str,
    now: Timestamp,
    until: Timestamp,
    sources: &[&str],
    entities: i64,
) -> Result<Vec<Claimed>> {
    let due = due_entities(connection, now, sources, entities)?;
    let mut claimed: Vec<Claimed> = Vec::new();
    let mut ids: Vec<EventId> = Vec::new();
    for (source, entity) in due {
        let events = waiting(connection, &source, &entity, now)?;
        if !events.is_empty() {
            ids.extend(events.iter().map(|event| event.id));
            claimed.push(Claimed { source, entity, lease: lease.to_owned(), events });
        }
    }
    assert!(claimed.len() <= usize::try_from(entities).unwrap_or(0), "more entities claimed than asked for");
    let chosen = inbox_events::table.filter(inbox_events::id.eq_any(&ids));
    let changes = (
        inbox_events::lease_token.eq(lease),
        inbox_events::due_at.eq(until),
        inbox_events::attempts.eq(inbox_events::attempts + 1),
    );
    on_engine!(connection, |c| diesel::update(chosen).set(changes).execute(c))?;
    for event in claimed.iter_mut().flat_map(|entity| &mut entity.events) {
        event.attempts += 1;
    }
    Ok(claimed)
}

/// Source and entity of events that are due, the longest due first, each once.
fn due_entities(
    connection: &mut Connection,
    now: Timestamp,
    sources: &[&str],
    limit: i64,
) -> Result<Vec<(String, String)>> {
    let leased = diesel::alias!(inbox_events as leased);
    let in_hand = leased
        .filter(leased.field(inbox_events::source).eq(inbox_events::source))
        .filter(leased.field(inbox_events::entity).eq(inbox_events::entity))
        .filter(sql::<Bool>("leased.state = 'pending'"))
        .filter(leased.field(inbox_events::lease_token).is_not_null())
        .filter(leased.field(inbox_events::due_at).gt(now));
    let query = inbox_events::table
        .filter(sql::<Bool>(PENDING))
        .filter(inbox_events::due_at.le(now))
        .filter(inbox_events::source.eq_any(sources))
        .filter(diesel::dsl::not(diesel::dsl::exists(in_hand)))
        .order((inbox_events::due_at, inbox_events::id))
        .limit(limit)
        .select((inbox_events::source, inbox_events::entity.assume_not_null()));
    let rows: Vec<(String, String)> = match connection {
        // Another daemon's claim in progress is passed over instead of waited for.
        Connection::Postgres(c) => query.for_update().skip_locked().load(&mut **c)?,
        Connection::Sqlite(c) => query.load(&mut **c)?,
    };
    let mut seen = std::collections::HashSet::new();
    Ok(rows.into_iter().filter(|row| seen.insert(row.clone())).collect())
}

fn waiting(connection: &mut Connection, source: &str, entity: &str, now: Timestamp) -> Result<Vec<ClaimedEvent>> {
    let query = inbox_events::table
        .filter(inbox_events::source.eq(source))
        .filter(inbox_events::entity.eq(entity))
        .filter(sql::<Bool>(PENDING))
        .filter(inbox_events::lease_token.is_null().or(inbox_events::due_at.le(now)))
        .order(inbox_events::id)
        .limit(limits::CLAIM_EVENTS_PER_ENTITY)
        .select((
            inbox_events::id,
            inbox_events::kind,
            inbox_events::received_at,
            inbox_events::attempts,
            inbox_events::body,
        ));
    Ok(match connection {
        Connection::Postgres(c) => query.for_update().skip_locked().load(&mut **c)?,
        Connection::Sqlite(c) => query.load(&mut **c)?,
    })
}

/// Ends the claim on an event as `finish` says. False means that it no longer belonged to `lease`: the caller must then
/// roll back.
///
/// # Errors
/// When a statement fails.
pub fn finish(connection: &mut Connection, lease: &str, id: EventId, finish: &Finish, now: Timestamp) -> Result<bool> {
    let chosen = inbox_events::table.find(id).filter(inbox_events::lease_token.eq(lease));
    let no_lease = inbox_events::lease_token.eq(None::<String>);
    let count = match finish {
        Finish::Applied { newer } => {
            let state = if *newer { State::Done } else { State::Superseded };
            let changes = (
                no_lease,
                inbox_events::state.eq(state.as_str()),
                inbox_events::reason.eq(None::<String>),
                inbox_events::detail.eq(None::<String>),
                inbox_events::finished_at.eq(Some(now)),
            );
            on_engine!(connection, |c| diesel::update(chosen).set(changes).execute(c))?
        }
        Finish::Parked { reason, detail, .. } => {
            let changes = (
                no_lease,
                inbox_events::state.eq(State::Parked.as_str()),
                inbox_events::reason.eq(Some(reason)),
                inbox_events::detail.eq(Some(detail)),
                inbox_events::finished_at.eq(Some(now)),
            );
            on_engine!(connection, |c| diesel::update(chosen).set(changes).execute(c))?
        }
        Finish::Retry { due_at, counts, reason, detail, .. } => {
            let changes = (
                no_lease,
                inbox_events::due_at.eq(*due_at),
                inbox_events::reason.eq(Some(reason)),
                inbox_events::detail.eq(Some(detail)),
                inbox_events::attempts.eq(inbox_events::attempts - i32::from(!*counts)),
            );
            on_engine!(connection, |c| diesel::update(chosen).set(changes).execute(c))?
        }
    };
    record_attempt(connection, id, finish, now)?;
    Ok(count == 1)
}

/// The history of failed attempts.
fn record_attempt(connection: &mut Connection, id: EventId, finish: &Finish, now: Timestamp) -> Result<()> {
    let (verdict, reason, detail, next_due_at) = match finish {
        Finish::Applied { .. } => return Ok(()),
        Finish::Parked { verdict, reason, detail } => (verdict, reason, detail, None),
        Finish::Retry { verdict, reason, detail, due_at, .. } => (verdict, reason, detail, Some(*due_at)),
    };
    let attempt = inbox_events::table.find(id).select(inbox_events::attempts);
    on_engine!(connection, |c| {
        let attempt: i32 = attempt.first(c)?;
        let row = (
            inbox_attempts::event_id.eq(id),
            inbox_attempts::at.eq(now),
            inbox_attempts::attempt.eq(attempt),
            inbox_attempts::verdict.eq(verdict),
            inbox_attempts::reason.eq(reason),
            inbox_attempts::detail.eq(detail),
            inbox_attempts::next_due_at.eq(next_due_at),
        );
        diesel::insert_into(inbox_attempts::table).values(row).execute(c)
    })?;
    Ok(())
}

/// Makes all leased work due at once. Only for a daemon that is known to be alone: the leases are those of its
/// predecessor, which is gone.
///
/// # Errors
/// When a statement fails.
pub fn release_all_leases(connection: &mut Connection, now: Timestamp) -> Result<usize> {
    let leased = inbox_events::table.filter(sql::<Bool>(PENDING)).filter(inbox_events::lease_token.is_not_null());
    let changes = (inbox_events::lease_token.eq(None::<String>), inbox_events::due_at.eq(now));
    Ok(on_engine!(connection, |c| diesel::update(leased).set(changes).execute(c))?)
}

/// When the next event of these sources becomes due, leases included.
///
/// # Errors
/// When the statement fails.
pub fn next_due_at(connection: &mut Connection, sources: &[&str]) -> Result<Option<Timestamp>> {
    let query = inbox_events::table
        .filter(sql::<Bool>(PENDING))
        .filter(inbox_events::source.eq_any(sources))
        .order((inbox_events::due_at, inbox_events::id))
        .select(inbox_events::due_at);
    Ok(on_engine!(connection, |c| query.first(c).optional())?)
}

/// Numbers a fetch when it starts: it covers the events that are stored by now.
///
/// # Errors
/// When the statement fails.
pub fn start_document(
    connection: &mut Connection,
    source: &str,
    entity: &str,
    event_id: EventId,
    now: Timestamp,
) -> Result<i64> {
    let row = (
        documents::source.eq(source),
        documents::entity.eq(entity),
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
        documents::body_sha256.eq(Some(hex::encode(Sha256::digest(body)))),
    );
    on_engine!(connection, |c| diesel::update(documents::table.find(document_id)).set(changes).execute(c))?;
    Ok(())
}

/// Status and bytes of the newest answer that is archived of an entity.
///
/// # Errors
/// When the statement fails.
pub fn newest_document(connection: &mut Connection, source: &str, entity: &str) -> Result<Option<(i32, Vec<u8>)>> {
    let query = documents::table
        .filter(documents::source.eq(source))
        .filter(documents::entity.eq(entity))
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
