//! `ticketledger sweep`.

use std::io::IsTerminal as _;
use std::sync::Arc;

use anyhow::Context as _;
use chrono::NaiveDate;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::options::{DetailFormat, day};
use super::output::{self, Usage};
use super::{Outcome, settings};
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::report::format::printable;
use crate::sweep::{Difference, Run, RunKind, RunResult, Span, SweepError, Sweeper, Swept};

#[derive(Debug, Args)]
pub(super) struct Sweep {
    /// Source to sweep, by its name in the settings
    source: String,
    /// Everything that changed in the last days, as each night
    #[arg(long, conflicts_with_all = ["from", "to", "history", "since"])]
    nightly: bool,
    /// Orders placed from this day on, whenever they changed (bookingkit only)
    #[arg(long, value_name = "DAY", value_parser = day, requires = "to", conflicts_with_all = ["history", "since"])]
    from: Option<NaiveDate>,
    /// Orders placed until this day
    #[arg(long, value_name = "DAY", value_parser = day, requires = "from")]
    to: Option<NaiveDate>,
    /// Import the past, a month at a time, the oldest first; without --since, go on where it was left
    #[arg(long)]
    history: bool,
    /// First day of the past to import
    #[arg(long, value_name = "DAY", value_parser = day, requires = "history")]
    since: Option<NaiveDate>,
    /// Show what differs and store nothing; the requests count all the same
    #[arg(long)]
    dry_run: bool,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: DetailFormat,
}

/// Sweeps one source: [`Outcome::Attention`] when something was found that no webhook told, or when the run did not
/// come to its end for a reason that is not a failure.
pub(super) fn run(config: &Config, options: &Sweep) -> anyhow::Result<Outcome> {
    settings::known_source(config, Some(&options.source))?;
    let source = config.source(&options.source).context("the source is gone")?;
    if let Some((from, to)) = options.from.zip(options.to).filter(|(from, to)| from > to) {
        return Err(Usage(format!("--from {from} is after --to {to}")).into());
    }
    if !source.can_be_swept() {
        return Err(explained(SweepError::NoApi(source.name.clone())));
    }
    let database = settings::open(config)?;
    let sweeper = Sweeper::new(database, Clock::System, source, None).map_err(explained)?;
    let sweeper = if options.dry_run { sweeper.dry_run() } else { sweeper };
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    bar.set_style(ProgressStyle::with_template("{spinner} {msg}")?);
    let shown = |run: &Run| {
        let month = run.from_day.map_or_else(String::new, |day| format!("{} ", day.format("%Y-%m")));
        bar.set_message(format!("{month}{} pages, {} orders, {} found", run.pages, run.listed, run.found));
        bar.tick();
    };
    let swept = tokio::runtime::Runtime::new()?.block_on(async {
        let (stop, stopped) = watch::channel(false);
        let stop = Arc::new(stop);
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let asked = Arc::clone(&stop);
        let listening = tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            asked.send_replace(true);
        });
        let swept = sweeper.sweep(span(options), &stopped, &shown).await;
        listening.abort();
        Ok::<_, anyhow::Error>(swept)
    })?;
    bar.finish_and_clear();
    let swept = swept.map_err(explained)?;
    let told = Told::of(&swept, options.dry_run);
    output::print(match options.format {
        DetailFormat::Table => told.in_words(),
        DetailFormat::Json => serde_json::to_string_pretty(&told)? + "\n",
    })?;
    outcome(&swept)
}

fn span(options: &Sweep) -> Span {
    match options.from.zip(options.to) {
        Some((from, to)) => Span::Period { from, to },
        None if options.history => Span::History { since: options.since },
        None if options.nightly => Span::Nightly,
        None => Span::Delta,
    }
}

/// What the command line could have known is a mistake of it.
fn explained(error: SweepError) -> anyhow::Error {
    match error {
        SweepError::NoPeriods | SweepError::NoHistory(_) | SweepError::NoApi(_) => Usage(error.to_string()).into(),
        error => error.into(),
    }
}

fn outcome(swept: &Swept) -> anyhow::Result<Outcome> {
    let run = &swept.run;
    match run.result {
        RunResult::Clean => Ok(Outcome::Fine),
        // The past is expected to be unknown.
        RunResult::Repaired if run.kind == RunKind::History => Ok(Outcome::Fine),
        RunResult::Failed => {
            let detail = run.detail.as_deref().unwrap_or("no reason was given");
            anyhow::bail!("the sweep of {} failed: {detail}", run.source)
        }
        _ => Ok(Outcome::Attention),
    }
}

/// The result as it is printed.
#[derive(Serialize)]
struct Told<'s> {
    source: &'s str,
    kind: &'static str,
    result: &'static str,
    error: Option<&'s str>,
    detail: Option<&'s str>,
    dry_run: bool,
    since: Option<Timestamp>,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    pages: i64,
    requests: i64,
    listed: i64,
    equal: i64,
    found: i64,
    /// All that changed before is stored.
    complete_until: Option<Timestamp>,
    /// First day of the past that is not imported yet.
    history_next: Option<NaiveDate>,
    differences: &'s [Difference],
}

impl<'s> Told<'s> {
    fn of(swept: &'s Swept, dry_run: bool) -> Self {
        let Swept { run, progress, differences } = swept;
        Self {
            source: &run.source,
            kind: run.kind.as_str(),
            result: run.result.as_str(),
            error: run.error.as_deref(),
            detail: run.detail.as_deref(),
            dry_run,
            since: run.since,
            from: run.from_day,
            to: run.to_day,
            pages: run.pages,
            requests: run.requests,
            listed: run.listed,
            equal: run.equal,
            found: run.found,
            complete_until: progress.complete_until,
            history_next: progress.history_next,
            differences,
        }
    }

    fn in_words(&self) -> String {
        let what = match (self.since, self.from, self.to) {
            (Some(since), ..) => format!("changed since {since}"),
            (None, Some(from), Some(to)) => format!("placed from {from} to {to}"),
            _ => "orders".to_owned(),
        };
        let mut text =
            format!("{}: {what}: {} listed, {} known, {} not known", self.source, self.listed, self.equal, self.found);
        text += &format!(" ({} pages, {} requests).\n", self.pages, self.requests);
        for Difference { order_id, sections } in self.differences {
            text += &format!("  {}: {}\n", printable(order_id), sections.join(", "));
        }
        if self.dry_run {
            text += "Nothing was stored.\n";
        } else if self.found > 0 {
            text += "What was not known is stored in the inbox; a running daemon settles it.\n";
        }
        let detail = self.detail.map_or_else(String::new, |detail| format!(": {}", printable(detail)));
        text += &match self.result {
            "clean" | "repaired" => String::new(),
            "stopped" => "Stopped; the next run goes on from here.\n".to_owned(),
            "over_budget" => format!("No more requests are allowed{detail}.\n"),
            "unstable" => format!("The list changed too much while it was read{detail}.\n"),
            _ => format!("The run failed{detail}.\n"),
        };
        text + &match (self.kind, self.complete_until, self.history_next) {
            ("history", _, Some(next)) => format!("The past is imported up to the day before {next}.\n"),
            ("history", ..) => "The past is not imported yet.\n".to_owned(),
            (_, Some(until), _) => format!("Complete up to {until}.\n"),
            (_, None, _) => "It is not known how far the source is complete.\n".to_owned(),
        }
    }
}
