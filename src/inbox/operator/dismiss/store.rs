//! The statements of a dismissal. None opens a transaction.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::Doubtful;
use crate::clock::Timestamp;
use crate::db::schema::inbox_events;
use crate::db::{Connection, Result};
use crate::inbox::{EventId, State};
use crate::on_engine;

/// Whether something that was stored later and is about the same was applied.
const LATER_APPLIED: &str = "EXISTS (SELECT 1 FROM inbox_events later WHERE later.source = inbox_events.source \
     AND later.entity = inbox_events.entity AND later.id > inbox_events.id \
     AND later.state IN ('done', 'superseded'))";

/// An event that an operator selected.
#[derive(Queryable)]
pub(super) struct Chosen {
    pub(super) id: EventId,
    pub(super) source: String,
    pub(super) kind: String,
    pub(super) entity: Option<String>,
    pub(super) received_at: Timestamp,
    pub(super) state: State,
    pub(super) reason: Option<String>,
    /// A worker holds it.
    pub(super) is_leased: bool,
    pub(super) later_applied: bool,
}

/// The events with these numbers, in their order.
pub(super) fn chosen(connection: &mut Connection, ids: &[EventId], now: Timestamp) -> Result<Vec<Chosen>> {
    let query = inbox_events::table.filter(inbox_events::id.eq_any(ids)).order(inbox_events::id).select((
        inbox_events::id,
        inbox_events::source,
        inbox_events::kind,
        inbox_events::entity,
        inbox_events::received_at,
        inbox_events::state,
        inbox_events::reason,
        inbox_events::lease_token.is_not_null().and(inbox_events::due_at.gt(now)),
        sql::<Bool>(LATER_APPLIED),
    ));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Later webhooks that are looked at.
const LATER: i64 = 20;

/// Bodies of the newest webhooks about the same that were applied after this one.
pub(super) fn later_bodies(connection: &mut Connection, event: &Doubtful) -> Result<Vec<Vec<u8>>> {
    let query = inbox_events::table
        .filter(inbox_events::source.eq(&event.source))
        .filter(inbox_events::entity.eq(&event.entity))
        .filter(inbox_events::id.gt(event.id))
        .filter(inbox_events::state.eq_any([State::Done, State::Superseded]))
        .filter(inbox_events::body.is_not_null())
        .order(inbox_events::id.desc())
        .limit(LATER)
        .select(inbox_events::body.assume_not_null());
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Sets events aside. They keep the reason for which they were parked.
pub(super) fn set_aside(connection: &mut Connection, ids: &[EventId], now: Timestamp) -> Result<()> {
    let changes = (
        inbox_events::state.eq(State::Dismissed),
        inbox_events::lease_token.eq(None::<String>),
        inbox_events::finished_at.eq(Some(now)),
    );
    let update = diesel::update(inbox_events::table.filter(inbox_events::id.eq_any(ids))).set(changes);
    on_engine!(connection, |c| update.execute(c))?;
    Ok(())
}
