//! What the inbox has of the entities of a page.

use std::collections::BTreeMap;

use diesel::dsl::{max, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::clock::Timestamp;
use crate::db::schema::{inbox_events, sources};
use crate::db::{Connection, Result};
use crate::inbox::{EventId, State};
use crate::on_engine;

/// The newest event of an entity.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub(in crate::sweep) struct Newest {
    pub(in crate::sweep) id: EventId,
    entity: Option<String>,
    pub(in crate::sweep) kind: String,
    pub(in crate::sweep) state: State,
    /// JSON.
    pub(in crate::sweep) headers: String,
}

/// Number of the newest event of all.
pub(in crate::sweep) fn last_id(connection: &mut Connection) -> Result<EventId> {
    let query = inbox_events::table.select(max(inbox_events::id));
    let last: Option<EventId> = on_engine!(connection, |c| query.first(c))?;
    Ok(last.unwrap_or(0))
}

/// The newest event of each of these entities.
pub(in crate::sweep) fn newest(
    connection: &mut Connection,
    source: &str,
    entities: &[String],
) -> Result<BTreeMap<String, Newest>> {
    let ids = inbox_events::table
        .filter(inbox_events::source.eq(source))
        .filter(inbox_events::entity.eq_any(entities))
        .group_by(inbox_events::entity)
        .select(max(inbox_events::id));
    let ids: Vec<Option<EventId>> = on_engine!(connection, |c| ids.load(c))?;
    let ids: Vec<EventId> = ids.into_iter().flatten().collect();
    let columns =
        (inbox_events::id, inbox_events::entity, inbox_events::kind, inbox_events::state, inbox_events::headers);
    let rows = inbox_events::table.filter(inbox_events::id.eq_any(ids)).select(columns);
    let rows: Vec<Newest> = on_engine!(connection, |c| rows.load(c))?;
    Ok(rows.into_iter().filter_map(|row| Some((row.entity.clone()?, row))).collect())
}

/// Entity, number and body of an event that waits.
type Pending = (String, EventId, Option<Vec<u8>>);

/// What of these entities waits to be settled, in its order.
pub(in crate::sweep) fn pending(
    connection: &mut Connection,
    source: &str,
    entities: &[String],
) -> Result<Vec<Pending>> {
    let query = inbox_events::table
        .filter(sql::<Bool>("inbox_events.state = 'pending'"))
        .filter(inbox_events::source.eq(source))
        .filter(inbox_events::entity.eq_any(entities))
        .order(inbox_events::id)
        .select((inbox_events::entity.assume_not_null(), inbox_events::id, inbox_events::body));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Kind and body of the first events of an entity after `id`.
pub(in crate::sweep) fn events_after(
    connection: &mut Connection,
    source: &str,
    entity: &str,
    id: EventId,
    limit: i64,
) -> Result<Vec<(String, Option<Vec<u8>>)>> {
    let query = inbox_events::table
        .filter(inbox_events::source.eq(source))
        .filter(inbox_events::entity.eq(entity))
        .filter(inbox_events::id.gt(id))
        .order(inbox_events::id)
        .limit(limit)
        .select((inbox_events::kind, inbox_events::body));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// State and body of an event.
pub(in crate::sweep) fn settled(connection: &mut Connection, id: EventId) -> Result<Option<(State, Option<Vec<u8>>)>> {
    let query = inbox_events::table.find(id).select((inbox_events::state, inbox_events::body));
    Ok(on_engine!(connection, |c| query.first(c).optional())?)
}

/// When the source was first known here: what happened before cannot have been delivered.
pub(in crate::sweep) fn created_at(connection: &mut Connection, source: &str) -> Result<Option<Timestamp>> {
    let query = sources::table.find(source).select(sources::created_at);
    Ok(on_engine!(connection, |c| query.first(c).optional())?)
}
