//! What is due when, and the loop that does it beside the workers of a daemon.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{Datelike as _, Months, NaiveDate, Timelike as _};
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::store::{self, Of, Progress, Run};
use super::words::{Resource, RunKind, RunResult};
use super::{Span, SweepError, Sweeper, Swept, end_of_month, told};
use crate::clock::{Clock, Timestamp};
use crate::config::Source;
use crate::db::{Connection, Database, Result};
use crate::session::Access;
use crate::worker::Worker;

/// Time between two looks at what is due.
const TICK: Duration = Duration::from_secs(15);
/// A walk that failed is tried again after this.
const AGAIN_MILLISECONDS: i64 = 3_600_000;
/// Day of the month from which on the month before is walked.
const MONTHLY_DAY: u32 = 2;

/// What is due for a source, if anything.
///
/// # Errors
/// When a statement fails.
pub fn due(connection: &mut Connection, source: &Source, now: Timestamp) -> Result<Option<Span>> {
    let sweep = &source.sweep;
    if !source.can_be_swept() || sweep.every_milliseconds == 0 {
        return Ok(None);
    }
    let progress = store::progress(connection, Of { source: &source.name, resource: Resource::of(source.provider) })?;
    if progress.not_before.max(progress.held_until).is_some_and(|until| until > now) {
        return Ok(None);
    }
    let last = |connection: &mut Connection, kind| store::last_run(connection, &source.name, kind);
    let local = now.utc().with_timezone(&source.timezone);
    let is_night_over = local.hour() >= sweep.nightly_hour;
    if is_night_over && let Some(span) = month_before(source, &progress, local.date_naive()) {
        let run = last(connection, RunKind::Period)?;
        let same = run.as_ref().is_some_and(|run| Span::of_days(run) == Some(span));
        if !(same && is_done(run.as_ref(), now)) {
            return Ok(Some(span));
        }
    }
    if is_night_over && sweep.nightly_milliseconds > 0 {
        let run = last(connection, RunKind::Nightly)?;
        let tonight = run.as_ref().is_some_and(|run| {
            let asked = run.asked_at.utc().with_timezone(&source.timezone);
            asked.date_naive() == local.date_naive() && asked.hour() >= sweep.nightly_hour
        });
        if !(tonight && is_done(run.as_ref(), now)) {
            return Ok(Some(Span::Nightly));
        }
    }
    let Some(run) = last(connection, RunKind::Delta)? else { return Ok(Some(Span::Delta)) };
    let ended = run.finished_at.unwrap_or(run.asked_at);
    let due_at = ended.plus_milliseconds(jittered(sweep.every_milliseconds, &run));
    // A clock that was set back must not stop it.
    let waits = due_at > now && ended <= now.plus_milliseconds(sweep.every_milliseconds);
    Ok((!waits).then_some(Span::Delta))
}

/// Whether a walk came to its end, or was tried a short time ago.
fn is_done(run: Option<&Run>, now: Timestamp) -> bool {
    run.is_some_and(|run| {
        let ended = run.finished_at.unwrap_or(run.asked_at);
        run.result.is_complete()
            || run.result != RunResult::Running && ended.plus_milliseconds(AGAIN_MILLISECONDS) > now
    })
}

/// The month before, once it is over and its last orders have had a day to arrive.
fn month_before(source: &Source, progress: &Progress, today: NaiveDate) -> Option<Span> {
    let is_due = source.sweep.monthly && source.orders_api.is_some() && today.day() >= MONTHLY_DAY;
    // What is older than the first sweep is a matter of `--history`.
    let first = progress.first_since?.local_date(source.timezone);
    let from = today.with_day(1)?.checked_sub_months(Months::new(1))?;
    let to = end_of_month(from);
    (is_due && first <= to).then_some(Span::Period { from, to })
}

impl Span {
    fn of_days(run: &Run) -> Option<Self> {
        let (from, to) = run.from_day.zip(run.to_day)?;
        Some(Self::Period { from, to })
    }
}

/// The time between two runs, up to a tenth more or less: not all sources and daemons ask at once.
fn jittered(every_milliseconds: i64, run: &Run) -> i64 {
    let digest = Sha256::new().chain_update(&run.source).chain_update(run.id.to_be_bytes()).finalize();
    let seed = digest.iter().take(2).fold(0, |seed: i64, byte| (seed << 8) | i64::from(*byte));
    every_milliseconds.saturating_mul(900 + seed % 201) / 1000
}

/// Sweeps what is due of one source, decides what was found before, and tells the metrics.
///
/// # Errors
/// When the database fails, or the source cannot be swept at all.
pub async fn sweep_due(
    database: &Database,
    clock: &Clock,
    source: &Source,
    access: Option<Access>,
    stop: &watch::Receiver<bool>,
) -> std::result::Result<Option<Swept>, SweepError> {
    let (name, now) = (source.clone(), clock.now());
    let span = database.run(move |database| due(&mut database.reader()?, &name, now)).await?;
    let sweeper = Sweeper::new(database.clone(), clock.clone(), source, access)?.of_daemon();
    let swept = match span {
        Some(span) => match sweeper.sweep(span, stop, &|_| {}).await {
            // Another daemon was faster.
            Err(SweepError::Busy(_)) => None,
            swept => Some(swept?),
        },
        None => {
            sweeper.decide().await?;
            None
        }
    };
    let (source, now) = (source.clone(), clock.now());
    database.run(move |database| told::tell(&mut database.reader()?, &source, now)).await?;
    Ok(swept)
}

/// Sweeps all sources as they are due, each for itself, until it is stopped. The sources are those of the newest
/// workers.
pub async fn run(
    database: Database,
    clock: Clock,
    workers: watch::Receiver<Worker>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut tasks = JoinSet::new();
    let mut busy = BTreeSet::new();
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => break,
            ended = tasks.join_next(), if !tasks.is_empty() => {
                match ended {
                    Some(Ok(name)) => drop(busy.remove(&name)),
                    Some(Err(error)) => {
                        tracing::error!(%error, "a sweep ended unexpectedly");
                        // Which one is not told; each that runs still holds its source.
                        busy.clear();
                    }
                    None => {}
                }
                continue;
            }
            () = tokio::time::sleep(TICK) => {}
        }
        let worker = workers.borrow().clone();
        for source in worker.sources().filter(|source| source.can_be_swept()) {
            if !busy.insert(source.name.clone()) {
                continue;
            }
            let (database, clock, source) = (database.clone(), clock.clone(), source.clone());
            let (access, stop) = (worker.access(&source.name), stopped.clone());
            tasks.spawn(async move {
                match sweep_due(&database, &clock, &source, access, &stop).await {
                    Ok(Some(swept)) => report(&swept.run),
                    Ok(None) => {}
                    Err(error) => tracing::warn!(source = source.name, %error, "cannot sweep; trying again"),
                }
                source.name
            });
        }
    }
    while tasks.join_next().await.is_some() {}
}

fn report(run: &Run) {
    let (source, kind, found) = (&run.source, run.kind.as_str(), run.found);
    match run.result {
        RunResult::Repaired => {
            tracing::warn!(source, kind, found, "a sweep found changes of which no webhook has come; they are stored");
        }
        RunResult::Failed | RunResult::Unstable | RunResult::OverBudget => {
            let (result, detail) = (run.result.as_str(), run.detail.as_deref().unwrap_or_default());
            tracing::warn!(source, kind, result, detail, "a sweep did not come to its end");
        }
        RunResult::Clean | RunResult::Stopped | RunResult::Running => {
            tracing::debug!(source, kind, result = run.result.as_str(), "swept");
        }
    }
}

#[cfg(test)]
mod tests;
