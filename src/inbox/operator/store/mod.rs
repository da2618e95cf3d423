//! The statements of the operator's commands. None opens a transaction.

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Timestamp as SqlTimestamp};

use super::{Action, ActionKind, Attempt, Count, Detail, Filter, Selection, Stored, Summary};
use crate::clock::Timestamp;
use crate::db::schema::{inbox_attempts, inbox_events, operator_actions};
use crate::db::{Connection, Result};
use crate::inbox::{EventId, State};
use crate::on_engine;

/// Adds the conditions of a selection to a boxed query, on whichever engine the query is for.
macro_rules! chosen {
    ($query:expr, $selection:expr) => {{
        let mut query = $query;
        match $selection {
            Selection::Ids(ids) => query = query.filter(inbox_events::id.eq_any(ids)),
            Selection::Matching(filter) => {
                if let Some(source) = &filter.source {
                    query = query.filter(inbox_events::source.eq(source));
                }
                if let Some(states) = &filter.states {
                    query = query.filter(inbox_events::state.eq_any(states.iter().map(|state| state.as_str())));
                }
                if let Some(kind) = &filter.kind {
                    query = query.filter(inbox_events::kind.eq(kind));
                }
                if let Some(entity) = &filter.entity {
                    query = query.filter(inbox_events::entity.eq(entity));
                }
                if let Some(reason) = &filter.reason {
                    query = query.filter(inbox_events::reason.eq(reason));
                }
                if let Some(since) = filter.since {
                    query = query.filter(inbox_events::received_at.ge(since));
                }
                if let Some(until) = filter.until {
                    query = query.filter(inbox_events::received_at.lt(until));
                }
            }
        }
        query
    }};
}

mod counts;

pub use self::counts::{count, count_states};

/// The newest events that match, the newest first.
///
/// # Errors
/// When the query fails.
pub fn list(connection: &mut Connection, filter: &Filter, limit: i64) -> Result<Vec<Summary>> {
    let selection = Selection::Matching(filter.clone());
    Ok(on_engine!(connection, |c| {
        let query = chosen!(inbox_events::table.select(Summary::as_select()).into_boxed(), &selection);
        query.order(inbox_events::id.desc()).limit(limit).load(c)?
    }))
}

/// One event without its body.
///
/// # Errors
/// When the query fails.
pub fn show(connection: &mut Connection, id: EventId) -> Result<Option<Detail>> {
    let query = inbox_events::table.find(id).select((
        inbox_events::id,
        inbox_events::source,
        inbox_events::kind,
        inbox_events::entity,
        inbox_events::received_at,
        inbox_events::method,
        inbox_events::content_type,
        inbox_events::headers,
        inbox_events::body_sha256,
        inbox_events::state,
        inbox_events::reason,
        inbox_events::detail,
        inbox_events::attempts,
        inbox_events::due_at,
        inbox_events::finished_at,
    ));
    Ok(on_engine!(connection, |c| query.first(c).optional()?))
}

/// The body of an event; `None` once it is pruned.
///
/// # Errors
/// When the query fails, or there is no such event.
pub fn body(connection: &mut Connection, id: EventId) -> Result<Option<Vec<u8>>> {
    let query = inbox_events::table.find(id).select(inbox_events::body);
    Ok(on_engine!(connection, |c| query.first(c)?))
}

/// What was delivered.
///
/// # Errors
/// When the query fails, or there is no such event.
pub fn stored(connection: &mut Connection, id: EventId) -> Result<Stored> {
    let columns = (inbox_events::content_type, inbox_events::headers, inbox_events::body);
    let query = inbox_events::table.find(id).select(columns);
    Ok(on_engine!(connection, |c| query.first(c)?))
}

/// The history of an event, the oldest line first.
///
/// # Errors
/// When the query fails.
pub fn attempts(connection: &mut Connection, id: EventId) -> Result<Vec<Attempt>> {
    let action = operator_actions::table.on(inbox_attempts::action_id.eq(operator_actions::id.nullable()));
    let query = inbox_attempts::table
        .left_join(action)
        .filter(inbox_attempts::event_id.eq(id))
        .order(inbox_attempts::id)
        .select((
            inbox_attempts::at,
            inbox_attempts::attempt,
            inbox_attempts::verdict,
            inbox_attempts::reason,
            inbox_attempts::detail,
            inbox_attempts::next_due_at,
            operator_actions::actor.nullable(),
            operator_actions::why.nullable(),
        ));
    Ok(on_engine!(connection, |c| query.load(c)?))
}

/// Those of `ids` that are events.
///
/// # Errors
/// When the query fails.
pub fn existing(connection: &mut Connection, ids: &[EventId]) -> Result<Vec<EventId>> {
    let query = inbox_events::table.filter(inbox_events::id.eq_any(ids)).select(inbox_events::id);
    Ok(on_engine!(connection, |c| query.load(c)?))
}

/// The highest number of an event, 0 when there is none.
///
/// # Errors
/// When the query fails.
pub fn last_id(connection: &mut Connection) -> Result<EventId> {
    let query = inbox_events::table.select(diesel::dsl::max(inbox_events::id));
    let last: Option<EventId> = on_engine!(connection, |c| query.first(c)?);
    Ok(last.unwrap_or(0))
}

/// Number and state of the next chosen events after `after`, up to `last`.
///
/// # Errors
/// When the query fails.
pub fn choose(
    connection: &mut Connection,
    selection: &Selection,
    after: EventId,
    last: EventId,
    limit: i64,
) -> Result<Vec<(EventId, String)>> {
    Ok(on_engine!(connection, |c| {
        let numbers = inbox_events::table.select((inbox_events::id, inbox_events::state)).into_boxed();
        // What a person entered is posted once and undone by a reversal; no worker can read it.
        let numbers = numbers.filter(inbox_events::method.ne("IMPORT"));
        let query = chosen!(numbers, selection).filter(inbox_events::id.gt(after)).filter(inbox_events::id.le(last));
        query.order(inbox_events::id).limit(limit).load(c)?
    }))
}

/// An event that no worker is at.
#[derive(Queryable)]
pub struct Free {
    pub id: EventId,
    pub source: String,
    /// Its kind, `unknown` if it was not understood.
    pub kind: String,
    /// What it is about, as far as it was understood.
    pub entity: Option<String>,
    state: String,
    has_body: bool,
}

impl Free {
    /// Whether it can be worked on as it is.
    pub fn was_understood(&self) -> bool {
        self.entity.is_some() && self.kind != "unknown"
    }

    /// Whether it came to its end and lost its body since: nothing can be worked on again.
    pub fn is_pruned(&self) -> bool {
        !self.has_body && self.state != State::Pending.as_str()
    }
}

/// Locks those of the chosen events that are still as they were chosen and that no worker is at.
///
/// # Errors
/// When the query fails.
pub fn lock_free(connection: &mut Connection, chosen: &[(EventId, String)], now: Timestamp) -> Result<Vec<Free>> {
    let states: BTreeMap<EventId, &str> = chosen.iter().map(|(id, state)| (*id, state.as_str())).collect();
    let query = inbox_events::table
        .filter(inbox_events::id.eq_any(states.keys().copied()))
        .filter(inbox_events::lease_token.is_null().or(inbox_events::due_at.le(now)))
        .order(inbox_events::id)
        .select((
            inbox_events::id,
            inbox_events::source,
            inbox_events::kind,
            inbox_events::entity,
            inbox_events::state,
            inbox_events::body.is_not_null(),
        ));
    let mut free: Vec<Free> = match connection {
        // A row that another transaction holds is being claimed or finished.
        Connection::Postgres(c) => query.for_update().skip_locked().load(&mut **c)?,
        Connection::Sqlite(c) => query.load(&mut **c)?,
    };
    // Between choosing and locking a worker may have finished one.
    free.retain(|event| states.get(&event.id).is_some_and(|state| *state == event.state));
    Ok(free)
}

/// Writes down what an event that was not understood turns out to be.
///
/// # Errors
/// When the statement fails.
pub fn understand(connection: &mut Connection, id: EventId, kind: &str, entity: &str) -> Result<()> {
    let changes = (inbox_events::kind.eq(kind), inbox_events::entity.eq(Some(entity)));
    let update = diesel::update(inbox_events::table.find(id)).set(changes);
    on_engine!(connection, |c| update.execute(c))?;
    Ok(())
}

/// Parks an event with the reason of today.
///
/// # Errors
/// When the statement fails.
pub fn park_again(
    connection: &mut Connection,
    id: EventId,
    kind: &str,
    entity: Option<&str>,
    reason: &str,
    detail: &str,
) -> Result<()> {
    let changes = (
        inbox_events::kind.eq(kind),
        inbox_events::entity.eq(entity),
        inbox_events::state.eq(State::Parked.as_str()),
        inbox_events::lease_token.eq(None::<String>),
        inbox_events::reason.eq(Some(reason)),
        inbox_events::detail.eq(Some(detail)),
    );
    let update = diesel::update(inbox_events::table.find(id)).set(changes);
    on_engine!(connection, |c| update.execute(c))?;
    Ok(())
}

/// Writes into the history of events what an operator does to them, and what they were parked for until then.
///
/// # Errors
/// When the statement fails.
pub(super) fn write_history(
    connection: &mut Connection,
    ids: &[EventId],
    now: Timestamp,
    kind: ActionKind,
    action: i64,
) -> Result<()> {
    // What is set back is due at once; what is set aside is due never.
    let due_at = (kind == ActionKind::Replay).then_some(now);
    let history = || {
        inbox_events::table.filter(inbox_events::id.eq_any(ids)).select((
            inbox_events::id,
            now.into_sql::<SqlTimestamp>(),
            inbox_events::attempts,
            kind.as_str().into_sql::<Text>(),
            sql::<Text>("COALESCE(reason, state)"),
            inbox_events::detail,
            due_at.into_sql::<Nullable<SqlTimestamp>>(),
            Some(action).into_sql::<Nullable<BigInt>>(),
        ))
    };
    let columns = (
        inbox_attempts::event_id,
        inbox_attempts::at,
        inbox_attempts::attempt,
        inbox_attempts::verdict,
        inbox_attempts::reason,
        inbox_attempts::detail,
        inbox_attempts::next_due_at,
        inbox_attempts::action_id,
    );
    on_engine!(connection, |c| {
        diesel::insert_into(inbox_attempts::table).values(history()).into_columns(columns).execute(c)
    })?;
    Ok(())
}

/// Sets events back to pending, due now, with a fresh budget; their history keeps what they were parked for.
///
/// # Errors
/// When a statement fails.
pub fn set_back(connection: &mut Connection, ids: &[EventId], now: Timestamp, action: i64) -> Result<()> {
    write_history(connection, ids, now, ActionKind::Replay, action)?;
    let changes = (
        inbox_events::state.eq(State::Pending.as_str()),
        inbox_events::attempts.eq(0.into_sql::<Integer>()),
        inbox_events::due_at.eq(now),
        inbox_events::lease_token.eq(None::<String>),
        inbox_events::reason.eq(None::<String>),
        inbox_events::detail.eq(None::<String>),
        inbox_events::finished_at.eq(None::<Timestamp>),
    );
    on_engine!(connection, |c| {
        diesel::update(inbox_events::table.filter(inbox_events::id.eq_any(ids))).set(changes).execute(c)
    })?;
    Ok(())
}

/// Stores an action and answers its id.
///
/// # Errors
/// When the statement fails.
pub(super) fn insert_action(connection: &mut Connection, action: &Action<'_>) -> Result<i64> {
    let values = (
        operator_actions::action.eq(action.kind.as_str()),
        operator_actions::actor.eq(&action.reason.actor),
        operator_actions::at.eq(action.at),
        operator_actions::why.eq(&action.reason.why),
        operator_actions::filter.eq(action.selection),
        operator_actions::events.eq(i64::try_from(action.changed).unwrap_or(i64::MAX)),
    );
    Ok(on_engine!(connection, |c| {
        diesel::insert_into(operator_actions::table).values(values).returning(operator_actions::id).get_result(c)?
    }))
}

/// Replaces selection and count of a recorded action.
///
/// # Errors
/// When the statement fails.
pub fn update_action(connection: &mut Connection, action: i64, selection: &str, changed: usize) -> Result<()> {
    let changed = i64::try_from(changed).unwrap_or(i64::MAX);
    let changes = (operator_actions::filter.eq(selection), operator_actions::events.eq(changed));
    on_engine!(connection, |c| diesel::update(operator_actions::table.find(action)).set(changes).execute(c))?;
    Ok(())
}

/// Adds to the count of a recorded action.
///
/// # Errors
/// When the statement fails.
pub fn add_to_action(connection: &mut Connection, action: i64, events: i64) -> Result<()> {
    let update = diesel::update(operator_actions::table.find(action))
        .set(operator_actions::events.eq(operator_actions::events + events));
    on_engine!(connection, |c| update.execute(c))?;
    Ok(())
}
