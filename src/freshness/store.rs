//! The statements about how complete a source is. None opens a transaction, and each is answered from an index.

use chrono::NaiveDate;
use diesel::dsl::min;
use diesel::prelude::*;

use super::{LastSweep, Swept};
use crate::clock::Timestamp;
use crate::db::schema::{inbox_events, sweep_differences, sweep_progress, sweep_runs};
use crate::db::{Connection, Result};
use crate::inbox::{EventId, State};
use crate::on_engine;

/// The runs that look for what changed.
const KINDS: [&str; 2] = ["delta", "nightly"];
/// The last day, in milliseconds.
const DAY: i64 = 86_400_000;

/// Since when the oldest webhook waits that is not booked yet.
pub(super) fn waiting_since(connection: &mut Connection, source: &str) -> Result<Option<Timestamp>> {
    let waiting =
        inbox_events::table.filter(inbox_events::source.eq(source)).filter(inbox_events::state.eq(State::Pending));
    Ok(on_engine!(connection, |c| waiting.select(min(inbox_events::received_at)).first(c))?)
}

/// How many webhooks are parked, whenever they came, and the numbers of the first of them.
pub(super) fn parked(connection: &mut Connection, source: &str, most: i64) -> Result<(i64, Vec<EventId>)> {
    let of_source =
        || inbox_events::table.filter(inbox_events::source.eq(source)).filter(inbox_events::state.eq(State::Parked));
    let ids = of_source().order(inbox_events::id).limit(most).select(inbox_events::id);
    on_engine!(connection, |c| Ok((of_source().count().get_result(c)?, ids.load(c)?)))
}

/// What sweeps say of a source.
///
/// # Errors
/// When a statement fails.
pub fn swept(connection: &mut Connection, source: &str, now: Timestamp) -> Result<Swept> {
    let progress = sweep_progress::table.filter(sweep_progress::source.eq(source));
    let until: Vec<Option<Timestamp>> =
        on_engine!(connection, |c| progress.select(sweep_progress::complete_until).load(c))?;
    // Of several resources the one that is furthest behind; one that was never swept makes it unknown.
    let complete_until = until.into_iter().min().flatten();
    let mut last: Option<(i64, LastSweep)> = None;
    for kind in KINDS {
        let found = last_run(connection, source, kind)?;
        last = last.into_iter().chain(found).max_by_key(|(id, _)| *id);
    }
    let repaired = sweep_runs::table
        .filter(sweep_runs::source.eq(source))
        .filter(sweep_runs::result.eq("repaired"))
        .order(sweep_runs::id.desc())
        .select(sweep_runs::asked_at);
    let succeeded = last_success(connection, source)?;
    let failing_since = match last {
        Some((_, ref last)) if !last.ended_well() => failing_since(connection, source, succeeded.map(|(id, _)| id))?,
        _ => None,
    };
    let held = sweep_progress::table
        .filter(sweep_progress::source.eq(source))
        .filter(sweep_progress::held_until.gt(now))
        .select(sweep_progress::resource);
    Ok(Swept {
        complete_until,
        last: last.map(|(_, last)| last),
        missed_last_day: missed_between(connection, source, now.plus_milliseconds(-DAY), now)?,
        repaired_at: on_engine!(connection, |c| repaired.first(c).optional())?,
        succeeded_at: succeeded.map(|(_, at)| at),
        failing_since,
        is_running: on_engine!(connection, |c| held.first::<String>(c).optional())?.is_some(),
    })
}

/// The last run that came to its end, of those that look for what changed, with when that was.
fn last_success(connection: &mut Connection, source: &str) -> Result<Option<(i64, Timestamp)>> {
    let mut last: Option<(i64, Timestamp)> = None;
    for result in ["clean", "repaired"] {
        let query = sweep_runs::table
            .filter(sweep_runs::source.eq(source))
            .filter(sweep_runs::result.eq(result))
            .filter(sweep_runs::kind.eq_any(KINDS))
            .order(sweep_runs::id.desc())
            .select((sweep_runs::id, sweep_runs::finished_at.assume_not_null()));
        let run: Option<(i64, Timestamp)> = on_engine!(connection, |c| query.first(c).optional())?;
        last = last.max(run);
    }
    Ok(last)
}

/// When the first run after this one began, of those that look for what changed.
fn failing_since(connection: &mut Connection, source: &str, after: Option<i64>) -> Result<Option<Timestamp>> {
    let mut first: Option<(i64, Timestamp)> = None;
    for kind in KINDS {
        let query = sweep_runs::table
            .filter(sweep_runs::source.eq(source))
            .filter(sweep_runs::kind.eq(kind))
            .filter(sweep_runs::id.gt(after.unwrap_or(0)))
            .order(sweep_runs::id)
            .select((sweep_runs::id, sweep_runs::asked_at));
        let run: Option<(i64, Timestamp)> = on_engine!(connection, |c| query.first(c).optional())?;
        first = first.into_iter().chain(run).min();
    }
    Ok(first.map(|(_, at)| at))
}

/// Whether the provider was ever asked for what changed from an instant on, or for all orders of these days.
///
/// # Errors
/// When a statement fails.
pub fn covers(
    connection: &mut Connection,
    source: &str,
    from: Timestamp,
    (first_day, last_day): (NaiveDate, NaiveDate),
) -> Result<bool> {
    type Progress = (Option<Timestamp>, Option<NaiveDate>, Option<NaiveDate>);
    let progress = sweep_progress::table.filter(sweep_progress::source.eq(source)).select((
        sweep_progress::first_since,
        sweep_progress::history_since,
        sweep_progress::history_next,
    ));
    let progress: Vec<Progress> = on_engine!(connection, |c| progress.load(c))?;
    let asked = |(since, begun, next): &Progress| {
        let imported = begun.is_some_and(|begun| begun <= first_day) && next.is_some_and(|next| next > last_day);
        imported || since.is_none_or(|since| since <= from)
    };
    if progress.iter().all(asked) {
        return Ok(true);
    }
    let walked = sweep_runs::table
        .filter(sweep_runs::source.eq(source))
        .filter(sweep_runs::kind.eq("period"))
        .filter(sweep_runs::result.eq_any(["clean", "repaired"]))
        .filter(sweep_runs::from_day.le(first_day))
        .filter(sweep_runs::to_day.ge(last_day))
        .select(sweep_runs::id);
    Ok(on_engine!(connection, |c| walked.first::<i64>(c).optional())?.is_some())
}

/// The last run of a kind that ended.
fn last_run(connection: &mut Connection, source: &str, kind: &str) -> Result<Option<(i64, LastSweep)>> {
    type Run = (i64, Timestamp, Option<Timestamp>, String, Option<String>, i64);
    let query = sweep_runs::table
        .filter(sweep_runs::source.eq(source))
        .filter(sweep_runs::kind.eq(kind))
        .filter(sweep_runs::result.ne("running"))
        .order(sweep_runs::id.desc())
        .select((
            sweep_runs::id,
            sweep_runs::asked_at,
            sweep_runs::finished_at,
            sweep_runs::result,
            sweep_runs::error,
            sweep_runs::found,
        ));
    let run: Option<Run> = on_engine!(connection, |c| query.first(c).optional())?;
    Ok(run.map(|(id, asked_at, finished_at, result, error, differences)| {
        (id, LastSweep { at: finished_at.unwrap_or(asked_at), result, error, differences })
    }))
}

/// Webhooks that never came, found by sweeps in a span of time.
///
/// # Errors
/// When the statement fails.
pub fn missed_between(connection: &mut Connection, source: &str, from: Timestamp, until: Timestamp) -> Result<i64> {
    let missed = sweep_differences::table
        .filter(sweep_differences::source.eq(source))
        .filter(sweep_differences::decided.eq("missed"))
        .filter(sweep_differences::decided_at.ge(from))
        .filter(sweep_differences::decided_at.le(until))
        .count();
    Ok(on_engine!(connection, |c| missed.get_result(c))?)
}
