//! A run from its beginning to its end, and what the end means for the source.

use std::borrow::Cow;
use std::time::Instant;

use tokio::sync::watch;

use super::ask::Ask;
use super::begin::end_of_month;
use super::ended::{Ended, subject};
use super::halt::{Failed, Halt, NOT_BEFORE};
use super::listed::LISTED;
use super::names::Methods;
use super::page::Walk;
use super::store::{self, Progress, Run};
use super::walk::with_smaller_pages;
use super::words::{RunKind, RunResult};
use super::{Span, SweepError, Sweeper, Swept, budget};
use crate::clock::Timestamp;
use crate::db::{self, Connection};
use crate::ledger::findings::outside;
use crate::ledger::posting::{Finding, FindingReason};

impl Sweeper {
    /// One run, to its end or until something ends it.
    pub(super) async fn run(
        &self,
        span: Span,
        stop: &watch::Receiver<bool>,
        progress: &(dyn Fn(&Run) + Sync),
    ) -> Result<Swept, SweepError> {
        Ok(self.walk(span, stop, progress).await?.0)
    }

    async fn walk(
        &self,
        span: Span,
        stop: &watch::Receiver<bool>,
        progress: &(dyn Fn(&Run) + Sync),
    ) -> Result<(Swept, Vec<(String, Timestamp)>), SweepError> {
        if !self.dry {
            self.decide().await?;
        }
        let (run, known, left, known_since, methods) = self
            .blocking(move |sweeper, now| {
                sweeper.look_for_first_webhook()?;
                let run = sweeper.begin(span, now)?;
                let mut connection = sweeper.database.reader()?;
                let known = store::progress(&mut connection, sweeper.of())?;
                let name = &sweeper.source.name;
                let (kind, sweep) = (run.kind.budget(), &sweeper.source.sweep);
                let most = if run.kind == RunKind::History { sweep.history_budget } else { sweep.budget };
                let left = budget::left(&mut connection, name, kind, most, now)?;
                let known_since = store::created_at(&mut connection, name)?;
                let methods = Methods::read(&mut connection, &sweeper.source)?;
                Ok::<_, db::Error>((run, known, left, known_since, methods))
            })
            .await?;
        let (clock, source) = (self.clock.clone(), self.source.clone());
        let ask = Ask::new(self.account.clone(), source, clock, stop.clone(), left);
        let mut walk = Walk {
            run,
            ask,
            differences: Vec::new(),
            behind: 0,
            dated: Vec::new(),
            complete_until: known.complete_until,
            known_since,
            live_since: known.live_since,
            methods,
            held: Instant::now(),
        };
        let now = self.clock.now();
        let outcome = match known.not_before.filter(|until| *until > now) {
            Some(until) => {
                let asked = || "the provider asked us to wait".to_owned();
                let until_words = until.local_minute_named(self.source.timezone);
                let why = known.wait_detail.unwrap_or_else(asked);
                let why = why.split(NOT_BEFORE).next().unwrap_or_default();
                let detail = format!("{why}{NOT_BEFORE}{until_words}");
                let error = known.wait_error.map_or("rate_limited".into(), Cow::Owned);
                Err(Halt::of(Failed { error, waits: true, not_before: Some(until), ..Failed::new("", detail) }))
            }
            None => self.pages(&mut walk, progress).await,
        };
        walk.ask.idle().await;
        let dated = std::mem::take(&mut walk.dated);
        Ok((self.end(walk, outcome).await?, dated))
    }

    async fn pages(&self, walk: &mut Walk, progress: &(dyn Fn(&Run) + Sync)) -> Result<(), Halt> {
        loop {
            match self.page(walk).await {
                Ok(last) => {
                    progress(&walk.run);
                    if last {
                        return Ok(());
                    }
                }
                Err(Halt::Failed(failed)) if failed.too_large => match with_smaller_pages(&walk.run) {
                    Some(smaller) => walk.run = smaller,
                    None => return Err(Halt::Failed(failed)),
                },
                Err(halt) => return Err(halt),
            }
        }
    }

    /// Stores how a run ended.
    async fn end(&self, walk: Walk, outcome: Result<(), Halt>) -> Result<Swept, SweepError> {
        let Walk { mut run, ask, differences, behind, .. } = walk;
        run.requests += ask.spent;
        let ended = Ended::of(&run, outcome, self.source.timezone)?;
        (run.result, run.error, run.detail) =
            (ended.result, ended.error.as_ref().map(ToString::to_string), ended.detail.clone());
        let (spent, dry) = (ask.spent, self.dry);
        let (run, progress) = self
            .blocking(move |sweeper, now| {
                sweeper.database.transaction("sweep", |connection| {
                    run.finished_at = Some(now);
                    budget::spend(connection, &run.source, run.kind.budget(), spent, ended.blocked_until, now)?;
                    store::add(connection, &run.source, &format!("run:{}", run.result.as_str()), 1)?;
                    let progress = if dry {
                        store::progress(connection, sweeper.of())?
                    } else {
                        store::save_run(connection, &run)?;
                        sweeper.conclude(connection, &run, &ended, now)?
                    };
                    Ok::<_, db::Error>((run, progress))
                })
            })
            .await?;
        let differing = run.found;
        Ok(Swept { run, progress, differences, differing, behind, decided: Vec::new() })
    }

    /// What the end of a run means for the source.
    fn conclude(&self, connection: &mut Connection, run: &Run, ended: &Ended, now: Timestamp) -> db::Result<Progress> {
        let mut progress = store::progress(connection, self.of())?;
        if !ended.waits {
            progress.not_before = ended.not_before;
            let waits = ended.not_before.is_some();
            progress.wait_error = ended.error.as_ref().filter(|_| waits).map(ToString::to_string);
            progress.wait_detail = ended.detail.clone().filter(|_| waits);
        }
        if run.result.is_complete() {
            let reaches = match (run.since, progress.complete_until) {
                (Some(since), Some(until)) => since <= until,
                (Some(_), None) => true,
                (None, _) => false,
            };
            if reaches && matches!(run.kind, RunKind::Delta | RunKind::Nightly) {
                progress.complete_until = progress.complete_until.max(run.started_at);
                progress.first_since = progress.first_since.or(run.since);
            }
            if run.kind == RunKind::History {
                let from = run.from_day.or_else(|| run.since.map(|since| since.utc().date_naive()));
                progress.history_since = progress.history_since.or(from);
                // A month that is not over is not imported to its end.
                let today = now.local_date(self.source.timezone);
                let next = run.to_day.and_then(|last| last.succ_opt());
                progress.history_next = Some(next.map_or(today, |next| next.min(today)));
            }
        }
        store::save_progress(connection, self.of(), &progress)?;
        let heals = run.result.is_complete();
        for reason in [FindingReason::SweepUnstable, FindingReason::BudgetExhausted, FindingReason::TokenHeldElsewhere]
        {
            match ended.finding.iter().find(|finding| finding.reason == reason) {
                Some(finding) => outside::raise(connection, &run.source, None, finding, now)?,
                None if heals => {
                    let healed = Finding::new(reason, subject(reason, run.kind), "");
                    outside::close(connection, &run.source, None, &healed, now)?;
                }
                None => {}
            }
        }
        Ok(progress)
    }

    /// What changed since the last run, and then what changed in the last days. What only the second finds although
    /// the first should have been told of it shows that the provider's changes cannot be relied on.
    pub(super) async fn sweep_twice(
        &self,
        stop: &watch::Receiver<bool>,
        progress: &(dyn Fn(&Run) + Sync),
    ) -> Result<Swept, SweepError> {
        let delta = self.run(Span::Delta, stop, progress).await?;
        if !delta.run.result.is_complete() {
            return Ok(delta);
        }
        let (mut nightly, dated) = self.walk(Span::Nightly, stop, progress).await?;
        let (since, first) = (delta.run.since, delta.progress.first_since);
        self.note_unreliable(dated, since, first).await?;
        // What the first run found is told with the second.
        nightly.differing += delta.differing;
        nightly.behind = nightly.behind.max(delta.behind);
        let mut differences = delta.differences;
        differences.append(&mut nightly.differences);
        differences.truncate(LISTED);
        Ok(Swept { differences, ..nightly })
    }

    /// Raises what a walk found of the time that was asked for long ago.
    async fn note_unreliable(
        &self,
        dated: Vec<(String, Timestamp)>,
        since: Option<Timestamp>,
        first: Option<Timestamp>,
    ) -> Result<(), SweepError> {
        let Some((since, first)) = since.zip(first) else { return Ok(()) };
        let late: Vec<_> = dated.into_iter().filter(|(_, latest)| *latest < since && *latest >= first).collect();
        let Some((order_id, latest)) = late.first() else { return Ok(()) };
        let evidence = format!(
            "a sweep found {} of which no sweep before was told, the first on order {order_id}, of {}",
            match late.len() {
                1 => "a change".to_owned(),
                count => format!("{count} changes"),
            },
            latest.local_minute_named(self.source.timezone)
        );
        let finding = Finding::new(FindingReason::DeltaUnreliable, "sweep", evidence);
        self.blocking(move |sweeper, now| {
            let name = &sweeper.source.name;
            sweeper.database.transaction("sweep", |connection| outside::raise(connection, name, None, &finding, now))
        })
        .await?;
        Ok(())
    }

    /// The past, a month at a time, the oldest first, until today or until something ends it.
    pub(super) async fn sweep_history(
        &self,
        since: Option<chrono::NaiveDate>,
        stop: &watch::Receiver<bool>,
        progress: &(dyn Fn(&Run) + Sync),
    ) -> Result<Swept, SweepError> {
        let (known, is_done) = self.blocking(|sweeper, _| sweeper.history()).await?;
        // With another day it begins anew, and with the same one once all of it was walked.
        let anew = since.is_some() && (since != known.history_since || is_done);
        if since.is_none() && known.history_since.is_none() {
            return Err(SweepError::NoHistory(self.source.name.clone()));
        }
        // A dry run begins where it was told to, and forgets nothing.
        let mut since = since.filter(|_| anew || !self.dry);
        if anew && !self.dry {
            self.blocking(|sweeper, _| sweeper.forget_history()).await?;
        }
        let mut whole: Option<Run> = None;
        let mut differences = Vec::new();
        loop {
            let before = whole.clone();
            let shown = |run: &Run| progress(&with_earlier(run.clone(), before.as_ref()));
            let mut swept = self.run(Span::History { since }, stop, &shown).await?;
            differences.append(&mut swept.differences);
            differences.truncate(LISTED);
            let today = self.clock.now().local_date(self.source.timezone);
            let reached = swept.run.to_day.is_none_or(|to| to >= end_of_month(today));
            let run = with_earlier(swept.run.clone(), whole.as_ref());
            if !run.result.is_complete() || reached {
                return Ok(Swept { differing: run.found, run, differences, ..swept });
            }
            if self.dry {
                since = swept.run.to_day.and_then(|last| last.succ_opt());
            }
            whole = Some(run);
        }
    }

    /// Notes when the first webhook came. Each event is looked at once.
    fn look_for_first_webhook(&self) -> db::Result<()> {
        loop {
            let is_over = self.database.transaction("sweep", |connection| {
                let progress = store::progress(connection, self.of())?;
                if self.dry || progress.live_since.is_some() {
                    return Ok(true);
                }
                let (live_since, looked) =
                    store::first_webhook(connection, &self.source.name, progress.live_looked, LOOKED_AT)?;
                let Some(live_looked) = looked else { return Ok(true) };
                store::save_progress(connection, self.of(), &Progress { live_since, live_looked, ..progress })?;
                Ok::<_, db::Error>(live_since.is_some())
            })?;
            if is_over {
                return Ok(());
            }
        }
    }

    /// How far the source is, and whether its past was imported up to the day on which the import ended.
    fn history(&self) -> db::Result<(Progress, bool)> {
        let mut connection = self.database.reader()?;
        let progress = store::progress(&mut connection, self.of())?;
        let run = store::last_run(&mut connection, &self.source.name, RunKind::History)?;
        let is_done = run.is_some_and(|run| {
            let ended = run.finished_at.unwrap_or(run.asked_at).local_date(self.source.timezone);
            run.result.is_complete() && run.to_day.is_none_or(|last| last >= ended)
        });
        Ok((progress, is_done))
    }

    fn forget_history(&self) -> db::Result<()> {
        self.database.transaction("sweep", |connection| {
            let progress = store::progress(connection, self.of())?;
            let anew = Progress { history_since: None, history_next: None, ..progress };
            store::save_progress(connection, self.of(), &anew)
        })
    }
}

/// Events that are looked at in one transaction.
const LOOKED_AT: i64 = 5_000;

/// A run with what those before it came to.
fn with_earlier(run: Run, earlier: Option<&Run>) -> Run {
    let Some(earlier) = earlier else { return run };
    let result = match (run.result, earlier.found) {
        (RunResult::Clean, 1..) => RunResult::Repaired,
        (result, _) => result,
    };
    Run {
        since: earlier.since,
        from_day: earlier.from_day,
        result,
        pages: run.pages + earlier.pages,
        requests: run.requests + earlier.requests,
        listed: run.listed + earlier.listed,
        equal: run.equal + earlier.equal,
        found: run.found + earlier.found,
        ..run
    }
}
