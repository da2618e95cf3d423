//! `ticketledger ledger recognise-retained`.

use anyhow::bail;

use crate::clock::{Clock, Timestamp};
use crate::command::options::{OutputOptions, SourceOption, instant};
use crate::command::{Outcome, output, settings};
use crate::config::Config;
use crate::ledger::entered::recognise_credit::{Swept, recognise};
use crate::report::{Column, Format, Shown, Table};

#[derive(Debug, clap::Args)]
pub(in crate::command) struct RecogniseRetained {
    #[command(flatten)]
    source: SourceOption,
    /// Show what would be recognised, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: what would be due at this time if nothing changed until then [default: now]
    #[arg(long, value_name = "TIME", requires = "dry_run", value_parser = instant)]
    at: Option<Timestamp>,
    #[command(flatten)]
    output: OutputOptions,
}

/// Does once what the daemon does every hour.
pub(super) fn run(config: &Config, options: &RecogniseRetained) -> anyhow::Result<Outcome> {
    let source = options.source.known(config)?;
    let database = settings::open(config)?;
    let now = options.at.unwrap_or_else(|| Clock::System.now());
    let swept = recognise(&database, source, now, options.dry_run, || true)?;
    options.output.print(&table_of(&swept), &[])?;
    if options.output.format == Format::Table {
        output::print(format!("{}\n", in_words(&swept, options.dry_run)))?;
    }
    if !swept.failed.is_empty() {
        bail!("cannot recognise the credits of some orders:\n  {}", swept.failed.join("\n  "));
    }
    Ok(Outcome::Fine)
}

fn in_words(swept: &Swept, dry_run: bool) -> String {
    match (swept.changes.is_empty(), dry_run) {
        (true, _) => "No credit of a cancelled or declined order is due.".to_owned(),
        (false, true) => "Nothing was changed.".to_owned(),
        (false, false) => format!("Done; {} entries were posted.", swept.entries),
    }
}

fn table_of(swept: &Swept) -> Table {
    let text = |name| Column { name, shown: Shown::Text };
    let amount = |name| Column { name, shown: Shown::Amount };
    let rows = swept.changes.iter().map(|change| {
        vec![
            change.source.clone().into(),
            change.order_id.clone().into(),
            change.currency.clone().into(),
            change.before_minor.into(),
            change.after_minor.into(),
            change.due_at.to_string().into(),
        ]
    });
    Table {
        columns: vec![
            text("source"),
            text("order_id"),
            text("currency"),
            amount("recognised_before_minor"),
            amount("recognised_minor"),
            text("due_at"),
        ],
        rows: rows.collect(),
    }
}
