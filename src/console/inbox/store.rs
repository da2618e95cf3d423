//! The statements of the pages of the inbox. None opens a transaction.
//!
//! A list is read state by state from the index of source, state and time of receipt, so it costs the same however many
//! webhooks there are.

use diesel::prelude::*;
use diesel::sql_types;

use crate::clock::Timestamp;
use crate::db::schema::{inbox_attempts, inbox_causes, inbox_events, operator_actions};
use crate::db::{Connection, Result};
use crate::inbox::operator::{ActionKind, Summary};
use crate::inbox::{EventId, ParkReason, State};
use crate::on_engine;

/// Parked webhooks that are grouped; the bound is written into the statement.
pub(super) const GROUPED: i64 = 5_000;

/// Where a page ends: the next one has what was received before.
pub(super) type Key = (Timestamp, EventId);

/// From when to when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) since: Option<Timestamp>,
    /// Exclusive.
    pub(super) until: Option<Timestamp>,
}

/// The newest webhooks of a source in a state, received in a range, with these columns; on whichever engine the query
/// is for. A list and the numbers above it choose by this alone.
macro_rules! newest_of {
    ($columns:expr, ($source:expr, $state:expr, $range:expr), $limit:expr) => {{
        let range: Range = $range;
        let mut query = inbox_events::table
            .filter(inbox_events::source.eq($source))
            .filter(inbox_events::state.eq($state))
            .order(inbox_events::received_at.desc())
            .limit($limit)
            .select($columns)
            .into_boxed();
        if let Some(since) = range.since {
            query = query.filter(inbox_events::received_at.ge(since));
        }
        if let Some(until) = range.until {
            query = query.filter(inbox_events::received_at.lt(until));
        }
        query
    }};
}

/// The newest webhooks of a source in a state before a key, the newest first.
pub(super) fn newest(
    connection: &mut Connection,
    source: &str,
    state: State,
    range: Range,
    before: Option<Key>,
    limit: i64,
) -> Result<Vec<Summary>> {
    Ok(on_engine!(connection, |c| {
        let mut query =
            newest_of!(Summary::as_select(), (source, state, range), limit).then_order_by(inbox_events::id.desc());
        if let Some((at, id)) = before {
            query = query.filter(inbox_events::received_at.le(at));
            query = query.filter(inbox_events::received_at.lt(at).or(inbox_events::id.lt(id)));
        }
        query.load(c)?
    }))
}

/// What decides whether a webhook is counted: its kind and its reason.
pub(super) type Cause = (String, Option<String>);

/// Kinds and reasons of the newest webhooks of a source in a state, to be counted. Without `causes` the index alone
/// is read, and both are empty.
pub(super) fn counted(
    connection: &mut Connection,
    source: &str,
    state: State,
    range: Range,
    causes: bool,
    limit: i64,
) -> Result<Vec<Cause>> {
    Ok(on_engine!(connection, |c| {
        if causes {
            newest_of!((inbox_events::kind, inbox_events::reason), (source, state, range), limit).load(c)?
        } else {
            let instants: Vec<Timestamp> =
                newest_of!(inbox_events::received_at, (source, state, range), limit).load(c)?;
            instants.into_iter().map(|_| Cause::default()).collect()
        }
    }))
}

/// The newest webhooks about something, the newest first.
pub(super) fn about(connection: &mut Connection, source: &str, entity: &str, limit: i64) -> Result<Vec<Summary>> {
    let query = inbox_events::table
        .filter(inbox_events::source.eq(source))
        .filter(inbox_events::entity.eq(entity))
        .order(inbox_events::id.desc())
        .limit(limit);
    Ok(on_engine!(connection, |c| query.select(Summary::as_select()).load(c))?)
}

/// What is parked for one cause at one source.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub(super) struct Parked {
    #[diesel(sql_type = sql_types::Text)]
    pub(super) source: String,
    #[diesel(sql_type = sql_types::Text)]
    pub(super) reason: String,
    #[diesel(sql_type = sql_types::BigInt)]
    pub(super) id: EventId,
    #[diesel(sql_type = sql_types::Timestamp)]
    pub(super) received_at: Timestamp,
}

/// The first that are parked, source by source; with a source or a reason, only those.
pub(super) fn parked(
    connection: &mut Connection,
    source: Option<&str>,
    reason: Option<ParkReason>,
) -> Result<Vec<Parked>> {
    let reason = reason.map(|reason| format!(" AND reason = '{}'", reason.as_str())).unwrap_or_default();
    let only = if source.is_some() { " AND source = $1" } else { "" };
    let sql = format!(
        "SELECT source, reason, id, received_at FROM inbox_events WHERE state = 'parked'{only}{reason} \
         ORDER BY source, id LIMIT {GROUPED}"
    );
    Ok(on_engine!(connection, |c| match source {
        Some(source) => diesel::sql_query(sql).bind::<sql_types::Text, _>(source).load(c)?,
        None => diesel::sql_query(sql).load(c)?,
    }))
}

/// What somebody noted about a cause.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = inbox_causes)]
pub(super) struct Noted {
    pub(super) source: String,
    pub(super) reason: String,
    pub(super) note: String,
    pub(super) actor: String,
    pub(super) seen_at: Timestamp,
}

pub(super) fn noted(connection: &mut Connection) -> Result<Vec<Noted>> {
    let query = inbox_causes::table.order((inbox_causes::source, inbox_causes::reason)).limit(1_000);
    Ok(on_engine!(connection, |c| query.load(c))?)
}

pub(super) fn note(connection: &mut Connection, noted: &Noted) -> Result<()> {
    on_engine!(connection, |c| {
        diesel::insert_into(inbox_causes::table)
            .values(noted)
            .on_conflict((inbox_causes::source, inbox_causes::reason))
            .do_update()
            .set(noted)
            .execute(c)
    })?;
    Ok(())
}

pub(super) fn forget_note(connection: &mut Connection, source: &str, reason: &str) -> Result<()> {
    on_engine!(connection, |c| diesel::delete(inbox_causes::table.find((source, reason))).execute(c))?;
    Ok(())
}

/// The last line of the history of some webhooks, or the last that somebody did to any.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub(super) struct Touched {
    pub(super) id: i64,
    pub(super) at: Timestamp,
    /// How an attempt failed, or what an operator did.
    pub(super) verdict: String,
    pub(super) actor: Option<String>,
}

/// The last replay or dismissal.
pub(super) fn last_act(connection: &mut Connection) -> Result<Option<Touched>> {
    let query = operator_actions::table
        .filter(operator_actions::action.eq_any(ActionKind::ACTS.map(ActionKind::as_str)))
        .order(operator_actions::id.desc())
        .select((
            operator_actions::id,
            operator_actions::at,
            operator_actions::action,
            operator_actions::actor.nullable(),
        ));
    Ok(on_engine!(connection, |c| query.first(c).optional())?)
}

pub(super) fn last_touched(connection: &mut Connection, ids: &[EventId]) -> Result<Option<Touched>> {
    let action = operator_actions::table.on(inbox_attempts::action_id.eq(operator_actions::id.nullable()));
    let query = inbox_attempts::table
        .left_join(action)
        .filter(inbox_attempts::event_id.eq_any(ids))
        .order(inbox_attempts::id.desc())
        .select((inbox_attempts::id, inbox_attempts::at, inbox_attempts::verdict, operator_actions::actor.nullable()));
    Ok(on_engine!(connection, |c| query.first(c).optional())?)
}
