//! `ticketledger inbox stats`.

use clap::Args;

use crate::clock::Clock;
use crate::command::options::SourceOption;
use crate::command::{Outcome, output, settings};
use crate::config::Config;
use crate::db::Database;
use crate::inbox::State;
use crate::inbox::operator::{self, Count};
use crate::monitor;
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
    let database = settings::open(config)?;
    let mut counts = operator::stats(&database, source)?;
    counts.extend(refused(&database, source)?);
    counts.sort();
    output::print(format::render(&table_of(&counts), options.format)?)?;
    let parked = counts.iter().any(|count| count.state == State::Parked.as_str());
    Ok(if parked { Outcome::Attention } else { Outcome::Fine })
}

/// Bodies of the last days that were too large to be stored, so that there is nothing of them but their number.
fn refused(database: &Database, source: Option<&str>) -> anyhow::Result<Vec<Count>> {
    let lately = monitor::lately(&mut database.reader()?, Clock::System.now())?;
    let refused = lately
        .into_iter()
        .filter(|(name, lately)| lately.too_large_bodies > 0 && source.is_none_or(|source| source == name));
    Ok(refused
        .map(|(source, lately)| Count {
            source,
            state: "refused".to_owned(),
            reason: Some("body_too_large".to_owned()),
            events: lately.too_large_bodies,
            oldest_received_at: None,
        })
        .collect())
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
