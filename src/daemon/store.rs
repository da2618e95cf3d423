//! The backlog for the status line: counted to a bound, so that a look costs the same however long the backlog is.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Timestamp as SqlTimestamp};

use crate::clock::Timestamp;
use crate::db::{Connection, Result};
use crate::on_engine;

/// Counted up to here.
pub(super) const COUNTED: i64 = 10_000;

/// What is not done. Counts end at [`COUNTED`].
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub(super) struct Backlog {
    /// To be worked on, being worked on, or waiting for the next attempt.
    #[diesel(sql_type = BigInt)]
    pub(super) waiting: i64,
    /// Needs a person.
    #[diesel(sql_type = BigInt)]
    pub(super) parked: i64,
    /// When the first of those that wait became due, or will.
    #[diesel(sql_type = Nullable<SqlTimestamp>)]
    pub(super) first_due_at: Option<Timestamp>,
}

/// Counts what is not done. Each part is answered from an index of what is pending or parked alone.
pub(super) fn backlog(connection: &mut Connection) -> Result<Backlog> {
    let sql = format!(
        "SELECT \
         (SELECT COUNT(*) FROM (SELECT 1 FROM inbox_events WHERE state = 'pending' LIMIT {COUNTED}) w) AS waiting, \
         (SELECT COUNT(*) FROM (SELECT 1 FROM inbox_events WHERE state = 'parked' LIMIT {COUNTED}) p) AS parked, \
         (SELECT due_at FROM inbox_events WHERE state = 'pending' ORDER BY due_at, id LIMIT 1) AS first_due_at"
    );
    let backlog = on_engine!(connection, |c| diesel::sql_query(sql).get_result(c))?;
    Ok(backlog)
}
