//! What the inbox has of the entities of a page.

use std::collections::BTreeMap;

use diesel::dsl::{max, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::clock::Timestamp;
use crate::db::schema::{inbox_events, orders, sources};
use crate::db::{Connection, Result};
use crate::inbox::{EventId, State};
use crate::on_engine;
use crate::sweep::words::{HISTORY_EVENT, SWEEP_EVENT};

/// The newest event of an entity.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub(in crate::sweep) struct Newest {
    pub(in crate::sweep) id: EventId,
    entity: Option<String>,
    pub(in crate::sweep) kind: String,
    pub(in crate::sweep) state: State,
    /// JSON.
    pub(in crate::sweep) headers: String,
    pub(in crate::sweep) received_at: Timestamp,
}

/// An event of an entity among others.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub(in crate::sweep) struct Neighbour {
    pub(in crate::sweep) id: EventId,
    pub(in crate::sweep) kind: String,
    /// JSON.
    pub(in crate::sweep) headers: String,
    pub(in crate::sweep) received_at: Timestamp,
    pub(in crate::sweep) body: Option<Vec<u8>>,
}

impl Neighbour {
    /// Whether the provider sent it, and no sweep stored it.
    pub(in crate::sweep) fn is_webhook(&self) -> bool {
        !is_ours(&self.kind)
    }
}

/// Whether a sweep stored an event of this kind.
pub(in crate::sweep) fn is_ours(kind: &str) -> bool {
    [SWEEP_EVENT, HISTORY_EVENT].contains(&kind)
}

const NEIGHBOUR: (
    inbox_events::id,
    inbox_events::kind,
    inbox_events::headers,
    inbox_events::received_at,
    inbox_events::body,
) = (inbox_events::id, inbox_events::kind, inbox_events::headers, inbox_events::received_at, inbox_events::body);

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
    let columns = (
        inbox_events::id,
        inbox_events::entity,
        inbox_events::kind,
        inbox_events::state,
        inbox_events::headers,
        inbox_events::received_at,
    );
    let rows = inbox_events::table.filter(inbox_events::id.eq_any(ids)).select(columns);
    let rows: Vec<Newest> = on_engine!(connection, |c| rows.load(c))?;
    Ok(rows.into_iter().filter_map(|row| Some((row.entity.clone()?, row))).collect())
}

/// Entity, number, kind and body of an event that waits.
type Pending = (String, EventId, String, Option<Vec<u8>>);

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
        .select((inbox_events::entity.assume_not_null(), inbox_events::id, inbox_events::kind, inbox_events::body));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Which events of an entity, seen from one of them.
#[derive(Clone, Copy, Debug)]
pub(in crate::sweep) enum Beside {
    /// The first ones after it, in their order.
    After(EventId),
    /// The last ones before it, the newest first.
    Before(EventId),
}

/// Some events of an entity.
pub(in crate::sweep) fn events(
    connection: &mut Connection,
    source: &str,
    entity: &str,
    beside: Beside,
    limit: i64,
) -> Result<Vec<Neighbour>> {
    Ok(on_engine!(connection, |c| {
        let query = inbox_events::table
            .filter(inbox_events::source.eq(source))
            .filter(inbox_events::entity.eq(entity))
            .limit(limit)
            .select(NEIGHBOUR)
            .into_boxed();
        let query = match beside {
            Beside::After(id) => query.filter(inbox_events::id.gt(id)).order(inbox_events::id.asc()),
            Beside::Before(id) => query.filter(inbox_events::id.lt(id)).order(inbox_events::id.desc()),
        };
        query.load(c)?
    }))
}

/// When the first webhook of a source came, looked for after `after`, and how far was looked now.
pub(in crate::sweep) fn first_webhook(
    connection: &mut Connection,
    source: &str,
    after: EventId,
    limit: i64,
) -> Result<(Option<Timestamp>, Option<EventId>)> {
    type Row = (EventId, String, String, Timestamp);
    let query = inbox_events::table.filter(inbox_events::id.gt(after)).order(inbox_events::id).limit(limit).select((
        inbox_events::id,
        inbox_events::source,
        inbox_events::method,
        inbox_events::received_at,
    ));
    let rows: Vec<Row> = on_engine!(connection, |c| query.load(c))?;
    let sent = |row: &&Row| row.1 == source && ["POST", "PATCH", "PUT"].contains(&row.2.as_str());
    Ok((rows.iter().find(sent).map(|row| row.3), rows.last().map(|row| row.0)))
}

/// State and body of an event.
pub(in crate::sweep) fn settled(connection: &mut Connection, id: EventId) -> Result<Option<(State, Option<Vec<u8>>)>> {
    let query = inbox_events::table.find(id).select((inbox_events::state, inbox_events::body));
    Ok(on_engine!(connection, |c| query.first(c).optional())?)
}

/// Whether anything is known of what the source sells.
pub(in crate::sweep) fn has_orders(connection: &mut Connection, source: &str) -> Result<bool> {
    let query = orders::table.filter(orders::source.eq(source)).select(orders::order_id);
    let first: Option<String> = on_engine!(connection, |c| query.first(c).optional())?;
    Ok(first.is_some())
}

/// When the source was first known here: what happened before cannot have been delivered.
pub(in crate::sweep) fn created_at(connection: &mut Connection, source: &str) -> Result<Option<Timestamp>> {
    let query = sources::table.find(source).select(sources::created_at);
    Ok(on_engine!(connection, |c| query.first(c).optional())?)
}
