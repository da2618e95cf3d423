//! `ticketledger ledger reverse`.

use std::fmt::Write as _;

use clap::Args;

use super::effect;
use super::import::{source, table_of};
use crate::clock::Clock;
use crate::command::options::{DetailFormat, ReasonOptions};
use crate::command::{Outcome, output, settings};
use crate::config::Config;
use crate::ledger::entered::import::{Reversed, reverse};
use crate::report::{Format, format};

#[derive(Debug, Args)]
pub(in crate::command) struct Reverse {
    /// Number of the entry
    #[arg(value_name = "ENTRY")]
    entry_no: i64,
    /// Source that the entry belongs to, by its name in the settings; required if there are several
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Show what would be posted, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    reason: ReasonOptions,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: DetailFormat,
}

pub(super) fn run(config: &Config, options: &Reverse) -> anyhow::Result<Outcome> {
    let source = source(config, options.source.as_deref())?;
    let database = settings::open(config)?;
    let (dry_run, reason) = (options.dry_run, options.reason.reason(options.dry_run)?);
    let reversed = reverse(&database, &source, options.entry_no, &reason, Clock::System.now(), dry_run)?;
    output::print(match options.format {
        DetailFormat::Json => serde_json::to_string_pretty(&reversed)? + "\n",
        DetailFormat::Table => in_words(&reversed)?,
    })?;
    Ok(Outcome::Fine)
}

fn in_words(reversed: &Reversed) -> anyhow::Result<String> {
    let mut text = format::render(&table_of(&reversed.sums), Format::Table)?;
    text += &effect::in_words(&reversed.effect);
    let number = reversed.reverses_no;
    // Writing to a string cannot fail.
    let _ = match reversed.entry_no {
        Some(by) => writeln!(text, "Entry {number} is reversed by entry {by}."),
        None => writeln!(text, "This would reverse entry {number}. Nothing was changed."),
    };
    if reversed.settled_again > 0 {
        let _ = writeln!(text, "Entries posted in orders that redeem the voucher: {}.", reversed.settled_again);
    }
    Ok(text)
}
