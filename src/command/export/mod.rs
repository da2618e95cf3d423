//! `ticketledger export`.

mod batches;

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::options::{ActorOption, DetailFormat, SourceOption, months};
use super::output::Usage;
use super::{Outcome, output, settings};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::Database;
use crate::export::{self, Exported, Parameters, Request, Target, months_of};
use crate::freshness::{self, Freshness};
use crate::ledger::totals::Period;
use crate::money::{Currency, format_minor};
use crate::report::Amounts;

#[derive(Debug, Subcommand)]
pub(super) enum ExportCommand {
    /// CSV: a line for each posting, or with --shape pairs a row for each two accounts of the accountant's chart
    Csv(Csv),
    /// JSON lines: an object for each posting
    Jsonl(Wanted),
    /// Parquet: a column file for each month and source
    Parquet(Wanted),
    /// A journal for hledger, with balance assertions
    Hledger(Wanted),
    /// A ledger for beancount, with balance assertions
    Beancount(Wanted),
    /// A booking batch for DATEV (EXTF 700)
    Datev(Wanted),
    /// A text file for Banana
    Banana(Wanted),
    /// What was exported
    List(batches::List),
    /// Write the files of a batch again, byte for byte
    Again(batches::Again),
    /// Take back the newest batch of a month that nobody has used: its entries go into the next one
    TakeBack(batches::TakeBack),
}

#[derive(Debug, Args)]
pub(super) struct Csv {
    /// A line for each posting, or a row for each two accounts; each remembers on its own what went out
    #[arg(long, value_enum, default_value = "journal")]
    shape: Shape,
    /// How amounts are written
    #[arg(long, value_enum, default_value = "units")]
    amounts: Amounts,
    #[command(flatten)]
    wanted: Wanted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shape {
    /// A line for each posting, with our accounts
    Journal,
    /// Debit account, credit account and gross, with the accounts of the accountant's chart
    Pairs,
}

/// Of which months, and where to.
#[derive(Debug, Args)]
pub(super) struct Wanted {
    /// Month, quarter or year: 2025-11, 2025-Q4 or 2025; a batch for each month
    #[arg(long, value_name = "PERIOD", value_parser = months)]
    period: Period,
    #[command(flatten)]
    source: SourceOption,
    /// Folder for the files
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// Say what would go out, and remember nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    actor: ActorOption,
    /// Output format of the answer
    #[arg(long, value_enum, default_value = "table")]
    format: DetailFormat,
}

/// Exports, or looks after what was exported.
pub(super) fn run(config: &Config, command: ExportCommand) -> anyhow::Result<Outcome> {
    let (target, wanted, minor_units) = match command {
        ExportCommand::Csv(Csv { shape, amounts, wanted }) => {
            let target = if shape == Shape::Pairs { Target::CsvPairs } else { Target::Csv };
            (target, wanted, amounts == Amounts::Minor)
        }
        ExportCommand::Jsonl(wanted) => (Target::Jsonl, wanted, false),
        ExportCommand::Parquet(wanted) => (Target::Parquet, wanted, false),
        ExportCommand::Hledger(wanted) => (Target::Hledger, wanted, false),
        ExportCommand::Beancount(wanted) => (Target::Beancount, wanted, false),
        ExportCommand::Datev(wanted) => (Target::Datev, wanted, false),
        ExportCommand::Banana(wanted) => (Target::Banana, wanted, false),
        ExportCommand::List(options) => return batches::list(config, &options),
        ExportCommand::Again(options) => return batches::again(config, &options),
        ExportCommand::TakeBack(options) => return batches::take_back(config, &options),
    };
    export_months(config, target, &wanted, minor_units)
}

fn export_months(config: &Config, target: Target, wanted: &Wanted, minor_units: bool) -> anyhow::Result<Outcome> {
    let known = wanted.source.known(config)?;
    let by = wanted.actor.name_or_user()?;
    let database = settings::open(config)?;
    let sources = match known {
        Some(source) => vec![source.to_owned()],
        None => export::sources(&database)?,
    };
    let mut left_out = Vec::new();
    let mut of_sources = Vec::new();
    for source in sources {
        match export::parameters(config, target, &source, minor_units) {
            Ok(parameters) => {
                let freshness = freshness(config, &database, &source)?;
                of_sources.push((source, Parameters { freshness, ..parameters }));
            }
            Err(why) => left_out.push(why),
        }
    }
    if of_sources.is_empty() && !left_out.is_empty() {
        return Err(Usage(left_out.join("\n")).into());
    }
    let mut done = Vec::new();
    let ended = export_all(&database, target, wanted, &of_sources, &by, &mut done);
    // What went out before something failed is remembered, so it is told.
    if ended.is_ok() || !done.is_empty() {
        output::print(match wanted.format {
            DetailFormat::Table => in_words(&done, &left_out, &wanted.period.to_string()),
            DetailFormat::Json => serde_json::to_string_pretty(&done)? + "\n",
        })?;
    }
    ended?;
    let attention = done.iter().any(|done| !done.problems.is_empty() || !done.warnings.is_empty());
    Ok(if attention { Outcome::Attention } else { Outcome::Fine })
}

/// How complete the book of a source is, in words.
fn freshness(config: &Config, database: &Database, source: &str) -> anyhow::Result<Option<String>> {
    let Some(known) = config.source(source) else { return Ok(None) };
    let (told, now) = (|body: &[u8]| freshness::told(config, source, body), Clock::System.now());
    let freshness = database.read(|connection| Freshness::read(connection, source, &told, now))?;
    Ok(Some(freshness.in_words(known.timezone)))
}

/// Exports the months of the period, source by source.
fn export_all(
    database: &Database,
    target: Target,
    wanted: &Wanted,
    of_sources: &[(String, Parameters)],
    by: &str,
    done: &mut Vec<Exported>,
) -> anyhow::Result<()> {
    let progress = Progress::new();
    for (source, parameters) in of_sources {
        for month in months_of(database, source, wanted.period)? {
            let folder = wanted.out.as_path();
            let request = Request { target, source, month, folder, parameters, by, dry_run: wanted.dry_run };
            done.push(progress.export(database, &request)?);
        }
    }
    Ok(())
}

/// Shows on a terminal how far an export is, and nothing in a pipe.
struct Progress(ProgressBar);

impl Progress {
    fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{msg} {spinner} {human_pos} entries read, {per_sec}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        Self(bar)
    }

    fn export(&self, database: &Database, request: &Request<'_>) -> anyhow::Result<Exported> {
        self.0.set_message(format!("{} {} {}", request.target, request.source, request.month));
        Ok(export::export(database, &Clock::System, request, &mut |entries| self.0.inc(entries))?)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn in_words(done: &[Exported], left_out: &[String], period: &str) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for why in left_out {
        let _ = writeln!(text, "left out: {why}");
    }
    if done.is_empty() {
        let _ = writeln!(text, "There are no entries in {period}.");
    }
    for Exported {
        batch, result, entries, postings, rows, debit_minor, files, freshness, problems, warnings, ..
    } in done
    {
        let debits: Vec<String> =
            debit_minor.iter().map(|(currency, minor)| format!("{} {currency}", amount(*minor, currency))).collect();
        let debits = debits.join(", ");
        let _ = match *result {
            "nothing_new" => writeln!(text, "{}: {} has nothing new for {}.", batch.source, batch.month, batch.target),
            "possible" => {
                writeln!(text, "{batch}: {entries} entries would go out in {rows} rows, {debits}. Nothing was written.")
            }
            "stopped" => writeln!(text, "{batch}: STOPPED; nothing was written. {entries} entries wait."),
            _ => writeln!(text, "{batch}: {entries} entries with {postings} postings in {rows} rows, {debits}."),
        };
        for file in files {
            let _ = writeln!(text, "  {}  {} bytes  sha256 {}", file.name, file.bytes, file.sha256);
        }
        if let Some(freshness) = freshness.as_ref().filter(|_| *result == "exported") {
            let _ = writeln!(text, "  {freshness}");
        }
        for problem in problems {
            let _ = writeln!(text, "  {}: {} ({} rows)", problem.code, problem.detail, problem.rows);
        }
        for warning in warnings {
            let _ = writeln!(text, "  warning: {warning}");
        }
    }
    if done.iter().any(|done| !done.problems.is_empty()) {
        text +=
            "Correct sources.exports in the settings and run the command again; docs/exports.md explains each code.\n";
    }
    text
}

fn amount(minor: i64, currency: &str) -> String {
    format_minor(minor, Currency::parse(currency).map_or(0, Currency::exponent))
}
