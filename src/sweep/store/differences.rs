//! The rows of `sweep_differences`.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::db::schema::sweep_differences;
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
