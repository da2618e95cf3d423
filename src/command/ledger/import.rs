//! `ticketledger ledger import`.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use super::effect;
use crate::clock::Clock;
use crate::command::options::{DetailFormat, ReasonOptions};
use crate::command::output::{self, Usage};
use crate::command::{Outcome, settings};
use crate::config::Config;
use crate::ledger::book::KnownSource;
use crate::ledger::entered::import::{self, File, FileKind, Imported, Sum};
use crate::report::{Cell, Column, Format, Shown, Table, format};

#[derive(Debug, Args)]
pub(in crate::command) struct Import {
    /// CSV file; docs/imports.md describes the columns
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
    /// Source to post to, by its name in the settings
    #[arg(long, value_name = "NAME")]
    source: String,
    /// What the file contains
    #[arg(long, value_enum, default_value = "manual")]
    kind: KindArgument,
    /// Booking date of opening vouchers [default: today]
    #[arg(long, value_name = "DAY")]
    opened_on: Option<NaiveDate>,
    /// Show what would be posted, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
    /// Post rows that contradict the books as well, for this reason, which is stored; name no customer
    #[arg(long, value_name = "REASON")]
    force: Option<String>,
    #[command(flatten)]
    reason: ReasonOptions,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: DetailFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum KindArgument {
    /// One entry per row, whatever its purpose
    Manual,
    /// Vouchers and flex tickets that an earlier system sold, with their codes and days
    OpeningVouchers,
    /// What a payment provider paid out: gross, fee and net
    Settlement,
}

impl From<KindArgument> for FileKind {
    fn from(kind: KindArgument) -> Self {
        match kind {
            KindArgument::Manual => Self::Manual,
            KindArgument::OpeningVouchers => Self::OpeningVouchers,
            KindArgument::Settlement => Self::Settlement,
        }
    }
}

/// Shows what a file would post, asks, and posts it.
pub(super) fn run(config: &Config, options: Import) -> anyhow::Result<Outcome> {
    let source = source(config, Some(&options.source))?;
    let bytes = std::fs::read(&options.file).with_context(|| format!("cannot read {}", options.file.display()))?;
    let file = File { kind: options.kind.into(), bytes, opened_on: options.opened_on };
    let reason = options.reason.reason(options.dry_run)?;
    let force = options.force.as_deref().map(str::trim);
    if force.is_some_and(str::is_empty) {
        return Err(Usage("--force is empty; write why the rows are right".to_owned()).into());
    }
    let database = settings::open(config)?;
    let now = Clock::System.now();
    let of_file = || options.file.display().to_string();
    let preview = import::preview(&database, &source, &file, force, now).with_context(of_file)?;
    if options.dry_run {
        output::print(in_words(&preview, options.format, "To post", "Nothing was changed.")?)?;
        return Ok(Outcome::Fine);
    }
    if preview.posted > 0 && !options.yes {
        let details = details(&preview)?;
        if !output::confirm(&details, &format!("post {} entries", preview.posted))? {
            output::print("Nothing was changed.\n")?;
            return Ok(Outcome::Fine);
        }
    }
    let imported = import::import(&database, &source, &file, &reason, force, now).with_context(of_file)?;
    let stored = imported.event_id.map(|id| format!("The file is stored as event {id} of the inbox."));
    let closing = stored.unwrap_or_else(|| "Every row was imported before; nothing was changed.".to_owned());
    output::print(in_words(&imported, options.format, "Posted", &closing)?)?;
    Ok(Outcome::Fine)
}

/// The named source, or the only one.
pub(super) fn source(config: &Config, name: Option<&str>) -> anyhow::Result<KnownSource> {
    settings::known_source(config, name)?;
    let source = match (name, config.sources.as_slice()) {
        (None, [only]) => only,
        (None, _) => return Err(Usage("there are several sources; name one with --source".to_owned()).into()),
        (Some(name), _) => config.source(name).context("the source was just there")?,
    };
    Ok(KnownSource { name: source.name.clone(), timezone: source.timezone })
}

fn in_words(imported: &Imported, format: DetailFormat, verb: &str, closing: &str) -> anyhow::Result<String> {
    if format == DetailFormat::Json {
        return Ok(serde_json::to_string_pretty(imported)? + "\n");
    }
    let mut text = details(imported)?;
    let _ = writeln!(text, "{verb}: {} entries.", imported.posted);
    if imported.already > 0 {
        let _ = writeln!(text, "Skipped, because imported before: {}.", imported.already);
    }
    if imported.settled_again > 0 {
        let _ = writeln!(text, "Entries posted in orders that redeem these vouchers: {}.", imported.settled_again);
    }
    let _ = writeln!(text, "{closing}");
    Ok(text)
}

/// What is moved on accounts, orders, vouchers and findings.
fn details(imported: &Imported) -> anyhow::Result<String> {
    let mut text = String::new();
    if !imported.sums.is_empty() {
        text += &format::render(&table_of(&imported.sums), Format::Table)?;
    }
    text += &effect::in_words(&imported.effect);
    if !imported.forced.is_empty() {
        let _ = writeln!(text, "Only by --force:");
    }
    for forced in &imported.forced {
        let _ = writeln!(text, "  {forced}");
    }
    Ok(text)
}

pub(super) fn table_of(sums: &[Sum]) -> Table {
    let text = |name| Column { name, shown: Shown::Text };
    let columns = vec![text("currency"), text("account"), Column { name: "amount_minor", shown: Shown::Amount }];
    let row = |sum: &Sum| {
        let text = |text: &String| Cell::Text(Some(text.clone()));
        vec![text(&sum.currency), text(&sum.account), Cell::Number(Some(sum.amount_minor))]
    };
    Table { columns, rows: sums.iter().map(row).collect() }
}
