//! The statements of the sweep. None opens a transaction.

mod differences;
mod inbox;
mod names;
mod runs;
mod totals;

use chrono::NaiveDate;
use diesel::prelude::*;

pub use self::differences::Decided;
pub(super) use self::differences::{
    Undecided, decide, decided_of, decided_since, decision_of, insert_difference, undecided,
};
pub(super) use self::inbox::{
    Beside, Neighbour, Newest, created_at, events, first_webhook, has_orders, is_ours, last_id, newest, pending,
    settled,
};
pub(super) use self::names::{methods, save_method, wait, waiting, waits, waits_for_date, waits_no_more};
pub use self::runs::Run;
pub(super) use self::runs::{insert_run, last_ended, last_run, note_decided, save_run};
pub(super) use self::totals::{add, totals};

use super::words::{BudgetKind, Resource};
use crate::clock::Timestamp;
use crate::db::schema::{sweep_budgets, sweep_progress};
use crate::db::{Connection, Result};
use crate::on_engine;

/// How far a source is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = sweep_progress)]
pub struct Progress {
    /// All that changed before is stored; `None` = never swept.
    pub complete_until: Option<Timestamp>,
    /// From when on changes were ever asked for.
    pub first_since: Option<Timestamp>,
    pub history_since: Option<NaiveDate>,
    /// First day of the past that is not imported yet.
    pub history_next: Option<NaiveDate>,
    /// No run begins before.
    pub not_before: Option<Timestamp>,
    pub held_until: Option<Timestamp>,
    /// Why no run begins before, in a word.
    pub wait_error: Option<String>,
    /// The same in words.
    pub wait_detail: Option<String>,
    /// When the first webhook came, as far as it was looked for.
    pub live_since: Option<Timestamp>,
    /// Events up to this one were looked at for it.
    pub live_looked: i64,
}

/// Whose row.
#[derive(Clone, Copy)]
pub(super) struct Of<'s> {
    pub(super) source: &'s str,
    pub(super) resource: Resource,
}

macro_rules! row {
    ($of:expr) => {
        sweep_progress::table.find(($of.source, $of.resource.as_str()))
    };
}

pub(super) fn progress(connection: &mut Connection, of: Of<'_>) -> Result<Progress> {
    let row: Option<Progress> = on_engine!(connection, |c| row!(of).select(Progress::as_select()).first(c).optional())?;
    Ok(row.unwrap_or_default())
}

/// Takes the source, unless somebody else has it.
pub(super) fn take(
    connection: &mut Connection,
    of: Of<'_>,
    holder: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool> {
    let new = (sweep_progress::source.eq(of.source), sweep_progress::resource.eq(of.resource));
    on_engine!(connection, |c| diesel::insert_into(sweep_progress::table)
        .values(new)
        .on_conflict_do_nothing()
        .execute(c))?;
    let free = row!(of).filter(sweep_progress::held_until.is_null().or(sweep_progress::held_until.le(now)));
    let held = (sweep_progress::held_by.eq(Some(holder)), sweep_progress::held_until.eq(Some(until)));
    Ok(on_engine!(connection, |c| diesel::update(free).set(held).execute(c))? == 1)
}

/// Who has the source, and until when.
pub(super) fn held(connection: &mut Connection, of: Of<'_>) -> Result<Option<(String, Timestamp)>> {
    let columns = (sweep_progress::held_by, sweep_progress::held_until);
    let held: Option<(Option<String>, Option<Timestamp>)> =
        on_engine!(connection, |c| row!(of).select(columns).first(c).optional())?;
    Ok(held.and_then(|(by, until)| by.zip(until)))
}

/// Takes the source over from `gone`; false when somebody else was faster.
pub(super) fn take_over(
    connection: &mut Connection,
    of: Of<'_>,
    gone: &str,
    holder: &str,
    until: Timestamp,
) -> Result<bool> {
    let left = row!(of).filter(sweep_progress::held_by.eq(gone));
    let held = (sweep_progress::held_by.eq(Some(holder)), sweep_progress::held_until.eq(Some(until)));
    Ok(on_engine!(connection, |c| diesel::update(left).set(held).execute(c))? == 1)
}

/// Holds the source for longer; false when somebody else has it by now.
pub(super) fn hold(connection: &mut Connection, of: Of<'_>, holder: &str, until: Timestamp) -> Result<bool> {
    let own = row!(of).filter(sweep_progress::held_by.eq(holder));
    let held = sweep_progress::held_until.eq(Some(until));
    Ok(on_engine!(connection, |c| diesel::update(own).set(held).execute(c))? == 1)
}

pub(super) fn give_back(connection: &mut Connection, of: Of<'_>, holder: &str) -> Result<()> {
    let own = row!(of).filter(sweep_progress::held_by.eq(holder));
    let free = (sweep_progress::held_by.eq(None::<String>), sweep_progress::held_until.eq(None::<Timestamp>));
    on_engine!(connection, |c| diesel::update(own).set(free).execute(c))?;
    Ok(())
}

/// What a run came to for the source.
pub(super) fn save_progress(connection: &mut Connection, of: Of<'_>, progress: &Progress) -> Result<()> {
    let values = (
        sweep_progress::complete_until.eq(progress.complete_until),
        sweep_progress::first_since.eq(progress.first_since),
        sweep_progress::history_since.eq(progress.history_since),
        sweep_progress::history_next.eq(progress.history_next),
        sweep_progress::not_before.eq(progress.not_before),
        sweep_progress::wait_error.eq(&progress.wait_error),
        sweep_progress::wait_detail.eq(&progress.wait_detail),
        sweep_progress::live_since.eq(progress.live_since),
        sweep_progress::live_looked.eq(progress.live_looked),
    );
    on_engine!(connection, |c| diesel::update(row!(of)).set(values).execute(c))?;
    Ok(())
}

/// Requests used in a month, and until when no more are allowed.
pub(super) fn budget(
    connection: &mut Connection,
    source: &str,
    kind: BudgetKind,
    month: &str,
) -> Result<(i64, Option<Timestamp>)> {
    let columns = (sweep_budgets::used, sweep_budgets::blocked_until);
    let query = sweep_budgets::table.find((source, kind.as_str(), month)).select(columns);
    Ok(on_engine!(connection, |c| query.first(c).optional())?.unwrap_or_default())
}

/// Adds requests, and notes until when no more are allowed if that is known.
pub(super) fn spend(
    connection: &mut Connection,
    source: &str,
    kind: BudgetKind,
    month: &str,
    requests: i64,
    blocked_until: Option<Timestamp>,
) -> Result<()> {
    let new = (
        sweep_budgets::source.eq(source),
        sweep_budgets::kind.eq(kind),
        sweep_budgets::month.eq(month),
        sweep_budgets::used.eq(0),
    );
    let row = sweep_budgets::table.find((source, kind.as_str(), month));
    let used = sweep_budgets::used.eq(sweep_budgets::used + requests);
    on_engine!(connection, |c| {
        diesel::insert_into(sweep_budgets::table).values(new).on_conflict_do_nothing().execute(c)?;
        match blocked_until {
            None => diesel::update(row).set(used).execute(c),
            Some(_) => diesel::update(row).set((used, sweep_budgets::blocked_until.eq(blocked_until))).execute(c),
        }
    })?;
    Ok(())
}
