//! `ticketledger sweep`.

use std::io::IsTerminal as _;
use std::sync::Arc;

use anyhow::Context as _;
use chrono::NaiveDate;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::options::{DetailFormat, day};
use super::output::{self, Usage};
use super::{Outcome, settings, swept};
use crate::clock::Clock;
use crate::config::Config;
use crate::report::format::printable;
use crate::sweep::{Run, RunKind, RunResult, Span, SweepError, Sweeper, Swept};

/// What `--help` says at its end.
const HELP: &str = "\
Without a span it asks for what changed since the last sweep that came to its end, and a bit before. A running daemon \
does this by itself every few minutes, and books what is found.

Exit codes: 0 everything was known (of --history: done); 1 it failed, and nothing is taken for complete; 2 wrong \
usage, or no [sources.api]; 3 something was not known, or the run was stopped, over its budget or unstable.

Examples:
  ticketledger sweep museum --dry-run                              only show what differs
  ticketledger sweep museum                                        store what differs
  ticketledger sweep museum --from 2026-10-01 --to 2026-10-31      orders placed in October
  ticketledger sweep museum --history --since 2019-01-01           import the past";

#[derive(Debug, Args)]
#[command(after_help = HELP)]
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
    output::print(match options.format {
        DetailFormat::Table => swept::in_words(&swept, options.dry_run, source.timezone),
        DetailFormat::Json => swept::as_json(&swept, options.dry_run)?,
    })?;
    outcome(&swept, options.format)
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
        SweepError::NoPeriods | SweepError::NoHistory(_) | SweepError::NoApi(_) | SweepError::Days(_) => {
            Usage(error.to_string()).into()
        }
        error => error.into(),
    }
}

/// How the command ends. Why a run failed is said once: here, or in the JSON.
fn outcome(swept: &Swept, format: DetailFormat) -> anyhow::Result<Outcome> {
    let run = &swept.run;
    match run.result {
        RunResult::Clean => Ok(Outcome::Fine),
        // The past is expected to be unknown.
        RunResult::Repaired if run.kind == RunKind::History => Ok(Outcome::Fine),
        RunResult::Failed => {
            let detail = run.detail.as_deref().filter(|_| format == DetailFormat::Table);
            let detail = detail.map_or_else(String::new, |detail| format!(": {}", printable(detail)));
            anyhow::bail!("the sweep of {} failed{detail}", run.source)
        }
        _ => Ok(Outcome::Attention),
    }
}
