//! What metrics tell of the sweep.

use metrics::counter;

use super::budget;
use super::store;
use super::words::{BudgetKind, Resource, RunKind};
use crate::clock::{Clock, Timestamp};
use crate::config::Source;
use crate::db::{Connection, Database, Result};

/// Tells of all sources before anybody asks. What cannot be read is not told until it can be.
pub async fn begin(database: &Database, clock: &Clock, sources: &[Source]) {
    let swept: Vec<Source> = sources.iter().filter(|source| source.can_be_swept()).cloned().collect();
    let now = clock.now();
    let told = database.run(move |database| {
        let mut connection = database.reader()?;
        swept.iter().try_for_each(|source| tell(&mut connection, source, now))
    });
    if let Err(error) = told.await {
        tracing::warn!(%error, "cannot read how far the sweeps are; the metrics tell it later");
    }
}

/// Sets the gauges of a source, and the counters, which are those of all daemons and commands.
///
/// # Errors
/// When a statement fails.
pub fn tell(connection: &mut Connection, source: &Source, now: Timestamp) -> Result<()> {
    let of = store::Of { source: &source.name, resource: Resource::of(source.provider) };
    let progress = store::progress(connection, of)?;
    let mut last_success = None;
    for kind in [RunKind::Delta, RunKind::Nightly] {
        let run = store::last_run(connection, &source.name, kind)?;
        last_success = last_success.max(run.filter(|run| run.result.is_complete()).and_then(|run| run.finished_at));
    }
    // Without a run since, the last success is not younger than what is complete.
    let last_success = last_success.or(progress.complete_until);
    let name = source.name.clone();
    let seconds = |instant: Option<Timestamp>| instant.map_or(0.0, |instant| instant.utc().timestamp() as f64);
    metrics::gauge!("ticketledger_sweep_complete_until_timestamp_seconds", "source" => name.clone())
        .set(seconds(progress.complete_until));
    metrics::gauge!("ticketledger_sweep_last_success_timestamp_seconds", "source" => name.clone())
        .set(seconds(last_success));
    for (total, count) in store::totals(connection, &source.name)? {
        let count = u64::try_from(count).unwrap_or(0);
        let source = name.clone();
        match total.strip_prefix("run:").map(str::to_owned) {
            Some(result) => counter!("ticketledger_sweep_runs_total", "source" => source, "result" => result),
            None if total == "requests" => counter!("ticketledger_sweep_requests_total", "source" => source),
            None => counter!("ticketledger_sweep_found_total", "source" => source, "kind" => total),
        }
        .absolute(count);
    }
    for (kind, most) in [(BudgetKind::Sweep, source.sweep.budget), (BudgetKind::History, source.sweep.history_budget)] {
        let left = budget::left(connection, &source.name, kind, most, now)?;
        let labels = [("source", name.clone()), ("kind", kind.as_str().to_owned())];
        metrics::gauge!("ticketledger_sweep_budget_left", &labels).set(left.requests as f64);
    }
    Ok(())
}
