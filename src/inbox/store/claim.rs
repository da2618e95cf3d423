//! Claiming: only the holder of an event's lease works on it.
//!
//! A claim walks the index of pending events (source, due, number) from its front and stops when it has enough, so it
//! costs the same however much waits behind. All waiting events of an entity come together, and none comes while
//! another of them is leased; so the events of one entity are settled in the order of their numbers.

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Integer, Nullable, Text, Timestamp as SqlTimestamp};

use crate::clock::Timestamp;
use crate::db::compiled::{fixed, kept, padded};
use crate::db::schema::inbox_events;
use crate::db::vocabulary::Vocabulary as _;
use crate::db::{Connection, Result};
use crate::inbox::{Claimed, ClaimedEvent, Entity, EventId};
use crate::{limits, on_engine};

/// Written out and not bound: SQLite uses a partial index only where the statement itself says its condition.
pub(super) const PENDING: &str = "inbox_events.state = 'pending'";
const LEASED: &str = "inbox_events.lease_token IS NOT NULL";

/// On PostgreSQL waits until no other transaction claims from `source`, and keeps others out until this one ends:
/// two claims at once could each take a part of one entity. SQLite has one writer at a time anyway.
///
/// The claim need not outlive a power cut, so its commit does not wait for the disk.
///
/// # Errors
/// When a statement fails.
pub fn await_claims(connection: &mut Connection, source: &str) -> Result<()> {
    if let Connection::Postgres(c) = connection {
        diesel::sql_query(
            "SELECT set_config('synchronous_commit', 'off', true), \
             pg_advisory_xact_lock(hashtextextended('ticketledger claims of ' || $1, 0))",
        )
        .bind::<Text, _>(source)
        .execute(&mut **c)?;
    }
    Ok(())
}

/// Whether anything of a source is due: asked without a transaction, as most of the time nothing is.
///
/// # Errors
/// When the statement fails.
pub fn is_due(connection: &mut Connection, source: &str, now: Timestamp) -> Result<bool> {
    let query = inbox_events::table
        .filter(sql::<Bool>(PENDING))
        .filter(inbox_events::source.eq(source))
        .filter(inbox_events::due_at.le(now))
        .order((inbox_events::due_at, inbox_events::id))
        .select(inbox_events::id);
    Ok(on_engine!(connection, |c| query.first::<EventId>(c).optional())?.is_some())
}

/// The latest instants that a correct clock can have written by now. What is later, a clock wrote that was ahead.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Of the end of a lease.
    lease: Timestamp,
    /// Of the next attempt.
    due_at: Timestamp,
}

impl Bounds {
    /// Where attempts are at most `longest_delay_milliseconds` apart, a quarter more by chance.
    pub fn at(now: Timestamp, longest_delay_milliseconds: i64) -> Self {
        // Daemons that share a database may differ by some seconds.
        let lease = i64::try_from(limits::LEASE.as_millis()).unwrap_or(i64::MAX).saturating_mul(2);
        let delay = longest_delay_milliseconds.saturating_mul(5) / 4;
        let longest = delay.max(limits::LONGEST_RETRY_AFTER_MILLISECONDS).saturating_add(lease);
        Self { lease: now.plus_milliseconds(lease), due_at: now.plus_milliseconds(longest) }
    }
}

/// Makes events due whose time is beyond any delay that there is, and ends such leases: the clock was ahead when they
/// were written. Returns how many there were, at most as many as one statement takes.
///
/// # Errors
/// When a statement fails.
pub fn recall_stranded(connection: &mut Connection, source: &str, bounds: Bounds, now: Timestamp) -> Result<usize> {
    let ids = stranded(connection, source, bounds)?;
    if ids.is_empty() {
        return Ok(0);
    }
    let changes = (inbox_events::lease_token.eq(None::<String>), inbox_events::due_at.eq(now));
    let chosen = inbox_events::table.filter(inbox_events::id.eq_any(ids)).filter(sql::<Bool>(PENDING));
    Ok(on_engine!(connection, |c| diesel::update(chosen).set(changes).execute(c))?)
}

/// The events that [`recall_stranded`] makes due; read from the far end of the index, where there is usually nothing.
///
/// # Errors
/// When the statement fails.
pub fn stranded(connection: &mut Connection, source: &str, bounds: Bounds) -> Result<Vec<EventId>> {
    let query = inbox_events::table
        .filter(sql::<Bool>(PENDING))
        .filter(inbox_events::source.eq(source))
        .filter(inbox_events::due_at.gt(bounds.lease))
        .filter(inbox_events::lease_token.is_not_null().or(inbox_events::due_at.gt(bounds.due_at)))
        .limit(i64::try_from(limits::IN_VALUES).unwrap_or(i64::MAX))
        .select(inbox_events::id);
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Claims up to `entities` due entities of one source for `lease`, those first whose events have been due the longest:
/// counts the attempt and moves `due_at` to the end of the lease. All waiting events of an entity come together, those
/// that wait for their next attempt included; an entity that someone works on is left.
///
/// # Errors
/// When a statement fails.
pub fn claim(
    connection: &mut Connection,
    lease: &str,
    now: Timestamp,
    until: Timestamp,
    source: &str,
    entities: i64,
) -> Result<Vec<Claimed>> {
    let due = due_entities(connection, now, source, entities)?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let rows = match connection {
        Connection::Postgres(c) => take_together(c, lease, now, until, source, &due)?,
        Connection::Sqlite(c) => take_each(c, lease, now, until, source, &due)?,
    };
    let mut events: BTreeMap<String, Vec<ClaimedEvent>> = BTreeMap::new();
    for row in rows {
        let (id, kind, received_at) = (row.id, row.kind, row.received_at);
        let event = ClaimedEvent { id, kind, received_at, attempts: row.attempts, body: row.body };
        events.entry(row.entity).or_default().push(event);
    }
    let mut claimed = Vec::with_capacity(due.len());
    for entity in due {
        let Some(mut events) = events.remove(&entity) else { continue };
        events.sort_by_key(|event| event.id);
        let first = events.first().map_or(0, |event| event.id);
        let entity = Entity::stored(&entity, format_args!("event {first}"))?;
        claimed.push(Claimed { source: source.to_owned(), entity, lease: lease.to_owned(), events });
    }
    Ok(claimed)
}

/// Entities of events that are due and not leased, the longest due first, each once.
fn due_entities(connection: &mut Connection, now: Timestamp, source: &str, limit: i64) -> Result<Vec<String>> {
    let leased = diesel::alias!(inbox_events as leased);
    let in_hand = leased
        .filter(leased.field(inbox_events::source).eq(inbox_events::source))
        .filter(leased.field(inbox_events::entity).eq(inbox_events::entity))
        .filter(sql::<Bool>("leased.lease_token IS NOT NULL"))
        .filter(leased.field(inbox_events::due_at).gt(now));
    let query = inbox_events::table
        .filter(sql::<Bool>(PENDING))
        .filter(inbox_events::source.eq(source))
        .filter(inbox_events::due_at.le(now))
        .filter(diesel::dsl::not(diesel::dsl::exists(in_hand)))
        .order((inbox_events::due_at, inbox_events::id))
        .limit(limit)
        .select(inbox_events::entity.assume_not_null());
    let rows: Vec<String> = on_engine!(connection, |c| query.load(c))?;
    let mut seen = std::collections::HashSet::new();
    Ok(rows.into_iter().filter(|row| seen.insert(row.clone())).collect())
}

/// A claimed event, as it is after the claim.
#[derive(QueryableByName)]
struct ClaimedRow {
    #[diesel(sql_type = BigInt)]
    id: EventId,
    #[diesel(sql_type = Text)]
    entity: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = SqlTimestamp)]
    received_at: Timestamp,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = Nullable<Binary>)]
    body: Option<Vec<u8>>,
}

/// One statement for all, for a round trip is what would cost. A row that another transaction holds is passed over
/// instead of waited for: it is being finished or replayed.
fn take_together(
    connection: &mut PgConnection,
    lease: &str,
    now: Timestamp,
    until: Timestamp,
    source: &str,
    entities: &[String],
) -> Result<Vec<ClaimedRow>> {
    let statement = "UPDATE inbox_events AS event \
         SET lease_token = $1, due_at = $2, attempts = event.attempts + 1 \
         FROM unnest($3::text[]) AS due (entity) CROSS JOIN LATERAL (\
             SELECT waiting.id FROM inbox_events AS waiting \
             WHERE waiting.source = $4 AND waiting.entity = due.entity AND waiting.state = 'pending' \
             AND (waiting.lease_token IS NULL OR waiting.due_at <= $5) \
             ORDER BY waiting.id LIMIT $6 FOR UPDATE SKIP LOCKED) AS chosen \
         WHERE event.id = chosen.id \
         RETURNING event.id, event.entity, event.kind, event.received_at, event.attempts, event.body";
    Ok(diesel::sql_query(statement)
        .bind::<Text, _>(lease)
        .bind::<SqlTimestamp, _>(until)
        .bind::<Array<Text>, _>(entities)
        .bind::<Text, _>(source)
        .bind::<SqlTimestamp, _>(now)
        .bind::<BigInt, _>(limits::CLAIM_EVENTS_PER_ENTITY)
        .load(connection)?)
}

/// Each entity by a prepared statement of its own, which costs next to nothing within the process; then one for all.
fn take_each(
    connection: &mut SqliteConnection,
    lease: &str,
    now: Timestamp,
    until: Timestamp,
    source: &str,
    entities: &[String],
) -> Result<Vec<ClaimedRow>> {
    let mut rows: Vec<ClaimedRow> = Vec::new();
    for entity in entities {
        let query = fixed(
            "SELECT id, entity, kind, received_at, attempts + 1 AS attempts, body FROM inbox_events \
             WHERE state = 'pending' AND source = ",
        );
        let query = query
            .bind::<Text, _>(source, " AND entity = ")
            .bind::<Text, _>(entity, " AND (lease_token IS NULL OR due_at <= ")
            .bind::<SqlTimestamp, _>(now, ") ORDER BY id LIMIT ")
            .bind::<BigInt, _>(limits::CLAIM_EVENTS_PER_ENTITY, "");
        rows.extend(query.load::<ClaimedRow>(connection)?);
    }
    let ids: Vec<EventId> = rows.iter().map(|row| row.id).collect();
    let changes = (
        inbox_events::lease_token.eq(lease),
        inbox_events::due_at.eq(until),
        inbox_events::attempts.eq(inbox_events::attempts + 1),
    );
    let chosen = inbox_events::table.filter(inbox_events::id.eq_any(padded(&ids)));
    kept(diesel::update(chosen).set(changes)).execute(connection)?;
    Ok(rows)
}

/// Moves the end of the leases with these tokens to `until`, where it would come before `at_risk`.
///
/// # Errors
/// When a statement fails.
pub fn extend(connection: &mut Connection, leases: &[String], at_risk: Timestamp, until: Timestamp) -> Result<usize> {
    let query = inbox_events::table
        .filter(sql::<Bool>(LEASED))
        .filter(inbox_events::lease_token.eq_any(leases))
        .filter(inbox_events::due_at.lt(at_risk))
        .order(inbox_events::id)
        .select(inbox_events::id);
    let ids: Vec<EventId> = match connection {
        // A row that is being finished needs no lease; to wait for it could be a deadlock.
        Connection::Postgres(c) => query.for_update().skip_locked().load(&mut **c)?,
        Connection::Sqlite(c) => query.load(&mut **c)?,
    };
    if ids.is_empty() {
        return Ok(0);
    }
    let chosen = inbox_events::table.filter(inbox_events::id.eq_any(ids));
    Ok(on_engine!(connection, |c| diesel::update(chosen).set(inbox_events::due_at.eq(until)).execute(c))?)
}

/// Makes the work of a daemon that is gone due at once. Its leases begin with its number. Waits for a transaction that
/// the server has not yet noticed to be orphaned.
///
/// # Errors
/// When a statement fails.
pub fn release(connection: &mut Connection, daemon: i64, now: Timestamp) -> Result<usize> {
    let own = inbox_events::lease_token.like(format!("{daemon}-%"));
    let query =
        inbox_events::table.filter(sql::<Bool>(LEASED)).filter(own).order(inbox_events::id).select(inbox_events::id);
    let ids: Vec<EventId> = match connection {
        Connection::Postgres(c) => query.for_update().load(&mut **c)?,
        Connection::Sqlite(c) => query.load(&mut **c)?,
    };
    if ids.is_empty() {
        return Ok(0);
    }
    let changes = (inbox_events::lease_token.eq(None::<String>), inbox_events::due_at.eq(now));
    let chosen = inbox_events::table.filter(inbox_events::id.eq_any(ids));
    Ok(on_engine!(connection, |c| diesel::update(chosen).set(changes).execute(c))?)
}

/// Makes all leased work due at once. Only for a daemon that is known to be alone: the leases are those of its
/// predecessor, which is gone.
///
/// # Errors
/// When a statement fails.
pub fn release_all_leases(connection: &mut Connection, now: Timestamp) -> Result<usize> {
    let leased = inbox_events::table.filter(sql::<Bool>(LEASED));
    let changes = (inbox_events::lease_token.eq(None::<String>), inbox_events::due_at.eq(now));
    Ok(on_engine!(connection, |c| diesel::update(leased).set(changes).execute(c))?)
}
