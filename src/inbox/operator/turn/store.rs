//! The statements of turns.

use diesel::prelude::*;

use crate::db::schema::operator_actions;
use crate::db::{Connection, Result};
use crate::inbox::operator::ActionKind;
use crate::on_engine;

/// Taken by whoever replays or dismisses ("oper" in ASCII).
const POSTGRES_LOCK: i64 = 0x6f70_6572;

/// Waits until nobody else replays or dismisses, and holds up others until the transaction ends. On SQLite, where one
/// writes at a time, nobody ever does.
///
/// # Errors
/// When the statement fails.
pub(super) fn await_operators(connection: &mut Connection) -> Result<()> {
    if let Connection::Postgres(c) = connection {
        diesel::sql_query(format!("SELECT pg_advisory_xact_lock({POSTGRES_LOCK})")).execute(&mut **c)?;
    }
    Ok(())
}

/// The number of the last replay or dismissal, 0 when there was none. Their numbers rise in the order in which they are
/// committed, because each waits for the one before.
///
/// # Errors
/// When the query fails.
pub(super) fn last_act(connection: &mut Connection) -> Result<i64> {
    let query = operator_actions::table
        .filter(operator_actions::action.eq_any(ActionKind::ACTS.map(ActionKind::as_str)))
        .order(operator_actions::id.desc())
        .select(operator_actions::id);
    let last: Option<i64> = on_engine!(connection, |c| query.first(c).optional())?;
    Ok(last.unwrap_or(0))
}
