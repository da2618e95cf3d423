//! `ticketledger ledger reconcile`.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

use crate::clock::{Clock, Timestamp};
use crate::command::options::{SourceOption, instant};
use crate::command::report::has_findings_above_info;
use crate::command::{Outcome, output, settings};
use crate::config::Config;
use crate::ledger::findings::{Reconciled, reconcile_everything};
use crate::report::{Column, Format, Shown, Table, findings, format};

#[derive(Debug, clap::Args)]
pub(in crate::command) struct Reconcile {
    #[command(flatten)]
    source: SourceOption,
    /// Show which findings would open and close, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Check as of this time, which decides what is overdue [default: now]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Timestamp>,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

/// Checks every order again: [`Outcome::Attention`] while a finding above `info` is open.
pub(super) fn run(config: &Config, options: &Reconcile) -> anyhow::Result<Outcome> {
    let source = options.source.known(config)?;
    let database = settings::open(config)?;
    let progress = if std::io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    progress.set_style(ProgressStyle::with_template("{spinner} {pos} orders, {per_sec}")?);
    let now = options.at.unwrap_or_else(|| Clock::System.now());
    let reconciled = reconcile_everything(&database, source, now, options.dry_run, |orders| {
        progress.set_position(orders.unsigned_abs());
    })?;
    progress.finish_and_clear();
    output::print(format::render(&table_of(&reconciled), options.format)?)?;
    if options.format == Format::Table {
        let verb = if options.dry_run { "Nothing was changed" } else { "Done" };
        output::print(format!("{verb}; {} orders were checked.\n", reconciled.orders))?;
    }
    let open = findings(&database, source)?;
    let alarming = has_findings_above_info(&open);
    Ok(if alarming { Outcome::Attention } else { Outcome::Fine })
}

fn table_of(reconciled: &Reconciled) -> Table {
    let text = |name| Column { name, shown: Shown::Text };
    let rows = reconciled.changes.iter().map(|((source, reason, what), count)| {
        vec![source.clone().into(), reason.clone().into(), (*what).to_owned().into(), (*count).into()]
    });
    Table {
        columns: vec![text("source"), text("reason"), text("change"), Column { name: "findings", shown: Shown::Count }],
        rows: rows.collect(),
    }
}
