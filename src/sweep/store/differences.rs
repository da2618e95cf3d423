//! The rows of `sweep_differences`.

use diesel::prelude::*;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::db::schema::{orders, sweep_differences};
use crate::db::{Connection, Result};
use crate::inbox::EventId;
use crate::on_engine;
use crate::sweep::words::Decision;

/// Something that was found, and may still turn out to be late.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = sweep_differences, treat_none_as_default_value = false)]
pub(in crate::sweep) struct Undecided {
    pub(in crate::sweep) event_id: EventId,
    pub(in crate::sweep) source: String,
    pub(in crate::sweep) order_id: String,
    pub(in crate::sweep) run_id: i64,
    pub(in crate::sweep) since: Option<Timestamp>,
    pub(in crate::sweep) found_at: Timestamp,
    pub(in crate::sweep) decide_at: Timestamp,
}

pub(in crate::sweep) fn insert_difference(connection: &mut Connection, row: &Undecided) -> Result<()> {
    on_engine!(connection, |c| diesel::insert_into(sweep_differences::table).values(row).execute(c))?;
    Ok(())
}

/// What is not decided, the oldest first, after this event.
pub(in crate::sweep) fn undecided(
    connection: &mut Connection,
    source: &str,
    after: EventId,
    limit: i64,
) -> Result<Vec<Undecided>> {
    Ok(on_engine!(connection, |c| sweep_differences::table
        .filter(sweep_differences::source.eq(source))
        .filter(sweep_differences::decided.is_null())
        .filter(sweep_differences::event_id.gt(after))
        .order(sweep_differences::event_id)
        .limit(limit)
        .select(Undecided::as_select())
        .load(c))?)
}

/// What was decided of an event that a sweep stored: `None` when it is not to be decided, and none inside when it is
/// not decided yet.
pub(in crate::sweep) fn decision_of(connection: &mut Connection, event_id: EventId) -> Result<Option<Option<String>>> {
    let query = sweep_differences::table.find(event_id).select(sweep_differences::decided);
    Ok(on_engine!(connection, |c| query.first(c).optional())?)
}

/// False when it was decided already.
pub(in crate::sweep) fn decide(
    connection: &mut Connection,
    event_id: EventId,
    decision: Decision,
    atoms: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    let open = sweep_differences::table.find(event_id).filter(sweep_differences::decided.is_null());
    let values = (
        sweep_differences::decided.eq(Some(decision.as_str())),
        sweep_differences::decided_at.eq(Some(now)),
        sweep_differences::atoms.eq(atoms),
    );
    Ok(on_engine!(connection, |c| diesel::update(open).set(values).execute(c))? == 1)
}

/// What became of something that a sweep found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Queryable)]
pub struct Decided {
    /// The event of the inbox that tells it.
    pub event_id: EventId,
    pub order_id: String,
    pub order_code: Option<String>,
    pub found_at: Timestamp,
    /// `late`, `missed` or `replaced`.
    pub decided: String,
}

/// What was decided since an instant, the oldest find first.
pub(in crate::sweep) fn decided_since(
    connection: &mut Connection,
    source: &str,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<Decided>> {
    let mut found = Vec::new();
    // One by one, as the index has them.
    for word in [Decision::Late, Decision::Missed, Decision::Replaced] {
        let query =
            sweep_differences::table
                .left_join(orders::table.on(
                    orders::source.eq(sweep_differences::source).and(orders::order_id.eq(sweep_differences::order_id)),
                ))
                .filter(sweep_differences::source.eq(source))
                .filter(sweep_differences::decided.eq(word.as_str()))
                .filter(sweep_differences::decided_at.ge(since))
                .order((sweep_differences::decided_at, sweep_differences::event_id))
                .limit(limit)
                .select((
                    sweep_differences::event_id,
                    sweep_differences::order_id,
                    orders::order_code.nullable(),
                    sweep_differences::found_at,
                    sweep_differences::decided.assume_not_null(),
                ));
        let rows: Vec<Decided> = on_engine!(connection, |c| query.load(c))?;
        found.extend(rows);
    }
    found.sort_by_key(|row| row.event_id);
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

/// What became of what these events tell, as far as it is decided.
pub(in crate::sweep) fn decided_of(
    connection: &mut Connection,
    events: &[EventId],
) -> Result<Vec<(EventId, Option<String>)>> {
    let query = sweep_differences::table
        .filter(sweep_differences::event_id.eq_any(events))
        .select((sweep_differences::event_id, sweep_differences::decided));
    Ok(on_engine!(connection, |c| query.load(c))?)
}
