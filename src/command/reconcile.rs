//! `ticketledger ledger reconcile`.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

use super::{Outcome, output, settings};
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::ledger::findings::{Reconciled, reconcile_everything};
use crate::report::{Column, Format, Shown, Table, findings, format};

#[derive(Debug, clap::Args)]
pub(super) struct Reconcile {
    /// Only this source, by its name in the settings
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Say what would open and close, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// As if it were this instant, which decides what lies ahead and what is overdue [default: now]
    #[arg(long, value_name = "TIME", value_parser = super::arguments::instant)]
    at: Option<Timestamp>,
    /// How to write it
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

/// Looks at every order anew: [`Outcome::Attention`] while a finding above `info` is open.
pub(super) fn run(config: &Config, options: &Reconcile) -> anyhow::Result<Outcome> {
    let source = options.source.as_deref();
    settings::known_source(config, source)?;
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
        output::print(format!("{verb}; {} orders were looked at.\n", reconciled.orders))?;
    }
    let open = findings(&database, source)?;
    let alarming = super::report::has_findings_above_info(&open);
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
