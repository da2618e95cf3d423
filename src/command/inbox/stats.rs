//! `ticketledger inbox stats`.

use clap::Args;

use crate::command::options::SourceOption;
use crate::command::{Outcome, output, settings};
use crate::config::Config;
use crate::inbox::State;
use crate::inbox::operator::{self, Count};
use crate::report::{Column, Format, Shown, Table, format};

#[derive(Debug, Args)]
pub(in crate::command) struct Stats {
    #[command(flatten)]
    source: SourceOption,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

/// Counts webhooks: [`Outcome::Attention`] while one is parked.
pub(super) fn run(config: &Config, options: &Stats) -> anyhow::Result<Outcome> {
    let source = options.source.known(config)?;
    let counts = operator::stats(&settings::open(config)?, source)?;
    output::print(format::render(&table_of(&counts), options.format)?)?;
    let parked = counts.iter().any(|count| count.state == State::Parked.as_str());
    Ok(if parked { Outcome::Attention } else { Outcome::Fine })
}

pub(super) fn table_of(counts: &[Count]) -> Table {
    let text = |name| Column { name, shown: Shown::Text };
    Table {
        columns: vec![
            text("source"),
            text("state"),
            text("reason"),
            Column { name: "events", shown: Shown::Count },
            text("oldest_received_at"),
        ],
        rows: counts
            .iter()
            .cloned()
            .map(|count| {
                let oldest = count.oldest_received_at.map(|instant| instant.to_string());
                vec![count.source.into(), count.state.into(), count.reason.into(), count.events.into(), oldest.into()]
            })
            .collect(),
    }
}
