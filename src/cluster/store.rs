//! The statements on `daemons`. None opens a transaction.

use diesel::prelude::*;

use super::process::Process;
use crate::clock::Timestamp;
use crate::db::schema::daemons;
use crate::db::{Connection, Result};
use crate::on_engine;

/// A daemon that is running, or that ended without deleting its row.
pub(super) struct Daemon {
    pub(super) id: i64,
    pub(super) process: Process,
    pub(super) heartbeat_at: Timestamp,
}

/// Inserts a process and returns the number of its daemon.
pub(super) fn insert(connection: &mut Connection, process: &Process, now: Timestamp) -> Result<i64> {
    let insert = diesel::insert_into(daemons::table).values(row(process, now, now)).returning(daemons::id);
    Ok(match connection {
        Connection::Postgres(c) => insert.get_result(&mut **c)?,
        Connection::Sqlite(c) => insert.get_result(&mut **c)?,
    })
}

/// The columns of a row except its number.
type Row<'a> = (
    diesel::dsl::Eq<daemons::host, &'a str>,
    diesel::dsl::Eq<daemons::boot_id, &'a str>,
    diesel::dsl::Eq<daemons::process_space, &'a str>,
    diesel::dsl::Eq<daemons::process_id, i64>,
    diesel::dsl::Eq<daemons::process_started, i64>,
    diesel::dsl::Eq<daemons::started_at, Timestamp>,
    diesel::dsl::Eq<daemons::heartbeat_at, Timestamp>,
);

fn row(process: &Process, started_at: Timestamp, now: Timestamp) -> Row<'_> {
    (
        daemons::host.eq(process.host.as_str()),
        daemons::boot_id.eq(process.boot_id.as_str()),
        daemons::process_space.eq(process.space.as_str()),
        daemons::process_id.eq(process.id),
        daemons::process_started.eq(process.started),
        daemons::started_at.eq(started_at),
        daemons::heartbeat_at.eq(now),
    )
}

/// Losing a heartbeat in a power failure does no harm, so on PostgreSQL its commit does not wait for the disk.
pub(super) fn need_not_be_durable(connection: &mut Connection) -> Result<()> {
    if let Connection::Postgres(c) = connection {
        diesel::sql_query("SET LOCAL synchronous_commit TO off").execute(&mut **c)?;
    }
    Ok(())
}

/// Writes the heartbeat; if the row was deleted meanwhile, inserts it again under the same number.
pub(super) fn beat(
    connection: &mut Connection,
    id: i64,
    process: &Process,
    started_at: Timestamp,
    now: Timestamp,
) -> Result<()> {
    let update = diesel::update(daemons::table.find(id)).set(daemons::heartbeat_at.eq(now));
    let insert = diesel::insert_into(daemons::table).values((daemons::id.eq(id), row(process, started_at, now)));
    on_engine!(connection, |c| match update.execute(c)? {
        0 => insert.execute(c),
        rows => Ok(rows),
    })?;
    Ok(())
}

pub(super) fn all(connection: &mut Connection) -> Result<Vec<Daemon>> {
    type Columns = (i64, String, String, String, i64, i64, Timestamp);
    let query = daemons::table.order(daemons::id).select((
        daemons::id,
        daemons::host,
        daemons::boot_id,
        daemons::process_space,
        daemons::process_id,
        daemons::process_started,
        daemons::heartbeat_at,
    ));
    let rows: Vec<Columns> = on_engine!(connection, |c| query.load(c))?;
    let daemon = |(id, host, boot_id, space, process_id, started, heartbeat_at)| Daemon {
        id,
        process: Process { host, boot_id, space, id: process_id, started },
        heartbeat_at,
    };
    Ok(rows.into_iter().map(daemon).collect())
}

pub(super) fn delete(connection: &mut Connection, id: i64) -> Result<()> {
    on_engine!(connection, |c| diesel::delete(daemons::table.find(id)).execute(c))?;
    Ok(())
}

pub(super) fn delete_others(connection: &mut Connection, id: i64) -> Result<()> {
    on_engine!(connection, |c| diesel::delete(daemons::table.filter(daemons::id.ne(id))).execute(c))?;
    Ok(())
}
