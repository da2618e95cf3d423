//! `ticketledger ledger import` and `ticketledger ledger reverse`.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use super::arguments::DetailFormat;
use super::output::{self, Usage};
use super::{Outcome, settings};
use crate::clock::Clock;
use crate::config::Config;
use crate::inbox::operator::Reason;
use crate::ledger::book::KnownSource;
use crate::ledger::entered::import::{self, File, FileKind, Imported, Reversed, Sum};
use crate::report::{Cell, Column, Format, Shown, Table, format};

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The CSV file; docs/imports.md has the columns
    #[arg(value_name = "FILE.csv")]
    pub(super) file: PathBuf,
    /// The source into whose book it goes, by its name in the settings
    #[arg(long, value_name = "NAME")]
    pub(super) source: String,
    /// What the file holds
    #[arg(long, value_enum, default_value = "manual")]
    pub(super) kind: KindArgument,
    /// Booking day of opening vouchers [default: today]
    #[arg(long, value_name = "DAY")]
    pub(super) opened_on: Option<NaiveDate>,
    /// Say what would be posted, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    pub(super) yes: bool,
    #[command(flatten)]
    pub(super) who: Who,
    /// How to write the result
    #[arg(long, value_enum, default_value = "table")]
    pub(super) format: DetailFormat,
}

#[derive(Debug, Args)]
pub(super) struct Reverse {
    /// Number of the entry
    #[arg(value_name = "ENTRY")]
    pub(super) entry_no: i64,
    /// The source in whose book it is, by its name in the settings; needed when there are several
    #[arg(long, value_name = "NAME")]
    pub(super) source: Option<String>,
    /// Say what it would move, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) who: Who,
    /// How to write the result
    #[arg(long, value_enum, default_value = "table")]
    pub(super) format: DetailFormat,
}

/// Who does something, and why.
#[derive(Debug, Args)]
pub(super) struct Who {
    /// Who does this, for the record [default: $SUDO_USER or $USER]
    #[arg(long, value_name = "NAME")]
    pub(super) actor: Option<String>,
    /// Why, for the record; name no customer
    #[arg(long, value_name = "TEXT", required_unless_present = "dry_run")]
    pub(super) why: Option<String>,
}

impl Who {
    /// For the record.
    pub(super) fn reason(self) -> Reason {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let actor = self.actor.or_else(|| variable("SUDO_USER")).or_else(|| variable("USER"));
        Reason { actor: actor.unwrap_or_else(|| "unknown".to_owned()), why: self.why.unwrap_or_default() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum KindArgument {
    /// One entry for each row: fee, payout, payment, refund, retain, write-off
    Manual,
    /// Vouchers and flex tickets that an earlier system sold
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

/// Says what a file would post, asks, and posts it.
pub(super) fn run(config: &Config, options: Import) -> anyhow::Result<Outcome> {
    let source = source(config, Some(&options.source))?;
    let bytes = std::fs::read(&options.file).with_context(|| format!("cannot read {}", options.file.display()))?;
    let file = File { kind: options.kind.into(), bytes, opened_on: options.opened_on };
    let database = settings::open(config)?;
    let now = Clock::System.now();
    let preview = import::preview(&database, &source, &file, now)?;
    if options.dry_run {
        output::print(written(&preview, options.format, "Would be posted", "Nothing was changed.")?)?;
        return Ok(Outcome::Fine);
    }
    if preview.posted > 0 && !options.yes && !confirmed(&preview)? {
        output::print("Nothing was changed.\n")?;
        return Ok(Outcome::Fine);
    }
    let imported = import::import(&database, &source, &file, &options.who.reason(), now)?;
    let stored = imported.event_id.map(|id| format!("The file is event {id} of the inbox."));
    let closing = stored.unwrap_or_else(|| "There was nothing new; nothing was changed.".to_owned());
    output::print(written(&imported, options.format, "Posted", &closing)?)?;
    Ok(Outcome::Fine)
}

/// Reverses an imported entry.
pub(super) fn reverse(config: &Config, options: Reverse) -> anyhow::Result<Outcome> {
    let source = source(config, options.source.as_deref())?;
    let database = settings::open(config)?;
    let (dry_run, reason) = (options.dry_run, options.who.reason());
    let reversed = import::reverse(&database, &source, options.entry_no, &reason, Clock::System.now(), dry_run)?;
    output::print(match options.format {
        DetailFormat::Json => serde_json::to_string_pretty(&reversed)? + "\n",
        DetailFormat::Table => in_words(&reversed)?,
    })?;
    Ok(Outcome::Fine)
}

fn in_words(reversed: &Reversed) -> anyhow::Result<String> {
    let mut text = format::render(&table_of(&reversed.sums), Format::Table)?;
    let number = reversed.reverses_no;
    // Writing into a text cannot fail.
    let _ = match reversed.entry_no {
        Some(by) => writeln!(text, "Entry {number} is undone by entry {by}."),
        None => writeln!(text, "Entry {number} would be undone so. Nothing was changed."),
    };
    if reversed.settled_again > 0 {
        let _ = writeln!(text, "Entries in orders that redeem the voucher: {}.", reversed.settled_again);
    }
    Ok(text)
}

/// The named source, or the only one.
fn source(config: &Config, name: Option<&str>) -> anyhow::Result<KnownSource> {
    settings::known_source(config, name)?;
    let source = match (name, config.sources.as_slice()) {
        (None, [only]) => only,
        (None, _) => return Err(Usage("there are several sources; say which with --source".to_owned()).into()),
        (Some(name), _) => config.source(name).context("the source was just there")?,
    };
    Ok(KnownSource { name: source.name.clone(), timezone: source.timezone })
}

fn written(imported: &Imported, format: DetailFormat, verb: &str, closing: &str) -> anyhow::Result<String> {
    if format == DetailFormat::Json {
        return Ok(serde_json::to_string_pretty(imported)? + "\n");
    }
    let mut text = String::new();
    if !imported.sums.is_empty() {
        text += &format::render(&table_of(&imported.sums), Format::Table)?;
    }
    let _ = writeln!(text, "{verb}: {} entries.", imported.posted);
    if imported.already > 0 {
        let _ = writeln!(text, "Imported before, so left out: {}.", imported.already);
    }
    if imported.settled_again > 0 {
        let _ = writeln!(text, "Entries in orders that redeem these vouchers: {}.", imported.settled_again);
    }
    let _ = writeln!(text, "{closing}");
    Ok(text)
}

fn table_of(sums: &[Sum]) -> Table {
    let text = |name| Column { name, shown: Shown::Text };
    let columns = vec![text("currency"), text("account"), Column { name: "amount_minor", shown: Shown::Amount }];
    let row = |sum: &Sum| {
        let text = |text: &String| Cell::Text(Some(text.clone()));
        vec![text(&sum.currency), text(&sum.account), Cell::Number(Some(sum.amount_minor))]
    };
    Table { columns, rows: sums.iter().map(row).collect() }
}

fn confirmed(preview: &Imported) -> anyhow::Result<bool> {
    let table = format::render(&table_of(&preview.sums), Format::Table)?;
    ask(&table, &format!("post these {} entries", preview.posted))
}

/// Asks on a terminal; elsewhere `--yes` has to be said. The question goes to stderr, so that it is seen when stdout
/// is a file.
pub(super) fn ask(text: &str, deed: &str) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        return Err(Usage(format!("this would {deed}; say --yes, as there is nobody to ask here")).into());
    }
    let mut stderr = io::stderr().lock();
    write!(stderr, "{text}This would {deed}. Go on? [y/N] ")?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
