//! The rows of `sweep_runs`.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::db::schema::sweep_runs;
use crate::db::{Connection, Result};
use crate::on_engine;
use crate::sweep::words::{Decision, Resource, RunKind, RunResult};

/// A run as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = sweep_runs, treat_none_as_null = true)]
pub struct Run {
    pub id: i64,
    pub source: String,
    pub resource: Resource,
    pub kind: RunKind,
    /// When it began, by our own clock.
    pub asked_at: Timestamp,
    /// When it began, by the clock of the provider.
    pub started_at: Option<Timestamp>,
    /// What changed since then is asked for.
    pub since: Option<Timestamp>,
    /// First and last day of the orders that are asked for.
    pub from_day: Option<NaiveDate>,
    pub to_day: Option<NaiveDate>,
    /// Where the next page begins: a record, or the number of the page where the provider counts these.
    pub next_offset: i64,
    pub page_size: i64,
    /// The last ids of the page before, JSON.
    pub tail: String,
    pub walk: i64,
    pub walk_sum: i64,
    pub earlier_sum: Option<i64>,
    pub total: Option<i64>,
    pub pages: i64,
    pub requests: i64,
    pub listed: i64,
    pub equal: i64,
    pub found: i64,
    pub found_missed: i64,
    pub found_late: i64,
    pub result: RunResult,
    pub error: Option<String>,
    pub detail: Option<String>,
    pub finished_at: Option<Timestamp>,
}

/// Stores a run that begins, and answers its number.
pub(in crate::sweep) fn insert_run(connection: &mut Connection, run: &Run) -> Result<i64> {
    let new = (
        sweep_runs::source.eq(&run.source),
        sweep_runs::resource.eq(run.resource),
        sweep_runs::kind.eq(run.kind),
        sweep_runs::asked_at.eq(run.asked_at),
        sweep_runs::page_size.eq(run.page_size),
        sweep_runs::result.eq(RunResult::Running),
    );
    let insert = diesel::insert_into(sweep_runs::table).values(new).returning(sweep_runs::id);
    let id: i64 = match connection {
        Connection::Postgres(c) => insert.get_result(&mut **c)?,
        Connection::Sqlite(c) => insert.get_result(&mut **c)?,
    };
    save_run(connection, &Run { id, ..run.clone() })?;
    Ok(id)
}

pub(in crate::sweep) fn save_run(connection: &mut Connection, run: &Run) -> Result<()> {
    on_engine!(connection, |c| diesel::update(sweep_runs::table.find(run.id)).set(run).execute(c))?;
    Ok(())
}

/// The newest run of a kind.
pub(in crate::sweep) fn last_run(connection: &mut Connection, source: &str, kind: RunKind) -> Result<Option<Run>> {
    Ok(on_engine!(connection, |c| sweep_runs::table
        .filter(sweep_runs::source.eq(source))
        .filter(sweep_runs::kind.eq(kind))
        .order(sweep_runs::id.desc())
        .select(Run::as_select())
        .first(c)
        .optional())?)
}

/// The newest run of a kind that has ended.
pub(in crate::sweep) fn last_ended(connection: &mut Connection, source: &str, kind: RunKind) -> Result<Option<Run>> {
    Ok(on_engine!(connection, |c| sweep_runs::table
        .filter(sweep_runs::source.eq(source))
        .filter(sweep_runs::kind.eq(kind))
        .filter(sweep_runs::result.ne(RunResult::Running))
        .order(sweep_runs::id.desc())
        .select(Run::as_select())
        .first(c)
        .optional())?)
}

/// Counts what became of something that a run found.
pub(in crate::sweep) fn note_decided(connection: &mut Connection, run: i64, decision: Decision) -> Result<()> {
    let row = sweep_runs::table.find(run);
    on_engine!(connection, |c| match decision {
        Decision::Missed =>
            diesel::update(row).set(sweep_runs::found_missed.eq(sweep_runs::found_missed + 1)).execute(c),
        Decision::Late => diesel::update(row).set(sweep_runs::found_late.eq(sweep_runs::found_late + 1)).execute(c),
        Decision::Replaced => Ok(0),
    })?;
    Ok(())
}
