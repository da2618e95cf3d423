//! How a run begins: where the last one was left, or anew.

use chrono::{Datelike as _, Months, NaiveDate};

use super::store::{self, Progress, Run};
use super::words::{RunKind, RunResult};
use super::{Resource, Span, Sweeper};
use crate::clock::Timestamp;
use crate::db;

/// A run that was left is gone on with for so long: until then its window is as good as a new one.
const RESUMED_MILLISECONDS: i64 = 3_600_000;
/// How far the first run of a source goes back.
const FIRST_MILLISECONDS: i64 = 3 * 24 * 3_600_000;

impl Sweeper {
    /// Begins a run, and stores that unless it is a dry one.
    pub(super) fn begin(&self, span: Span, now: Timestamp) -> db::Result<Run> {
        self.database.transaction("sweep", |connection| {
            let progress = store::progress(connection, self.of())?;
            let fresh = self.fresh(span, &progress, now);
            if self.dry {
                return Ok(fresh);
            }
            let last = store::last_run(connection, &self.source.name, fresh.kind)?;
            let run = match last {
                Some(last) if can_go_on(&last, &fresh, now) => going_on(last.clone(), fresh),
                _ => fresh,
            };
            if let Some(last) = store::last_run(connection, &self.source.name, run.kind)?
                && last.result == RunResult::Running
            {
                let detail = Some("it was interrupted".to_owned());
                let ended = Run { result: RunResult::Stopped, detail, finished_at: Some(now), ..last };
                store::save_run(connection, &ended)?;
            }
            let id = store::insert_run(connection, &run)?;
            Ok(Run { id, ..run })
        })
    }

    fn fresh(&self, span: Span, progress: &Progress, now: Timestamp) -> Run {
        let sweep = &self.source.sweep;
        let back = |from: Timestamp, milliseconds: i64| Some(from.plus_milliseconds(-milliseconds));
        let (kind, since, days) = match span {
            Span::Delta => {
                let since = match progress.complete_until {
                    Some(until) => back(until, sweep.overlap_milliseconds),
                    None => back(now, FIRST_MILLISECONDS),
                };
                (RunKind::Delta, since, None)
            }
            Span::Nightly => {
                let far = if sweep.nightly_milliseconds > 0 { sweep.nightly_milliseconds } else { FIRST_MILLISECONDS };
                (RunKind::Nightly, back(now, far), None)
            }
            Span::Period { from, to } => (RunKind::Period, None, Some((from, to))),
            Span::History { since } => {
                // A dry run moves nothing, so it is told where it is.
                let begun = progress.history_next.filter(|_| !(self.dry && since.is_some()));
                let from = begun.or(since).unwrap_or_else(|| now.utc().date_naive());
                match Resource::of(self.source.provider) {
                    Resource::Orders => (RunKind::History, None, Some((from, end_of_month(from)))),
                    // Its bookings can only be asked for by their change.
                    Resource::Bookings => {
                        let midnight = from.and_hms_opt(0, 0, 0).map(|midnight| Timestamp::new(midnight.and_utc()));
                        (RunKind::History, midnight, None)
                    }
                }
            }
        };
        Run {
            id: 0,
            source: self.source.name.clone(),
            resource: Resource::of(self.source.provider),
            kind,
            asked_at: now,
            started_at: None,
            since,
            from_day: days.map(|(from, _)| from),
            to_day: days.map(|(_, to)| to),
            next_offset: 0,
            page_size: sweep.page_size,
            tail: "[]".to_owned(),
            walk: 1,
            walk_sum: 0,
            earlier_sum: None,
            total: None,
            pages: 0,
            requests: 0,
            listed: 0,
            equal: 0,
            found: 0,
            found_missed: 0,
            found_late: 0,
            result: RunResult::Running,
            error: None,
            detail: None,
            finished_at: None,
        }
    }
}

/// Whether a run may go on where the last one of its kind was left.
fn can_go_on(last: &Run, fresh: &Run, now: Timestamp) -> bool {
    let left =
        matches!(last.result, RunResult::Running | RunResult::Stopped | RunResult::Failed | RunResult::OverBudget);
    let same_days = (last.from_day, last.to_day) == (fresh.from_day, fresh.to_day);
    let begun = last.started_at.is_some() && last.pages > 0;
    let young = last.asked_at.plus_milliseconds(RESUMED_MILLISECONDS) > now;
    // The days of the past change little, and a position in them is worth much.
    left && same_days && begun && (young || last.kind == RunKind::History)
}

/// The same window and position, and what was listed and found up to there. When it was asked for stays that of the
/// first, so that it ends some time.
fn going_on(last: Run, fresh: Run) -> Run {
    Run {
        asked_at: if last.kind == RunKind::History { fresh.asked_at } else { last.asked_at },
        started_at: last.started_at,
        since: last.since,
        next_offset: last.next_offset,
        page_size: last.page_size,
        tail: last.tail,
        walk: last.walk,
        walk_sum: last.walk_sum,
        earlier_sum: last.earlier_sum,
        total: last.total,
        pages: last.pages,
        listed: last.listed,
        equal: last.equal,
        found: last.found,
        ..fresh
    }
}

pub(super) fn end_of_month(day: NaiveDate) -> NaiveDate {
    let next = day.with_day(1).and_then(|day| day.checked_add_months(Months::new(1)));
    next.and_then(|day| day.pred_opt()).unwrap_or(day)
}
