//! `ticketledger inbox list`.

use clap::Args;

use super::due_at;
use super::selection::WebhookFilter;
use crate::command::{Outcome, output, settings};
use crate::config::Config;
use crate::inbox::operator::store;
use crate::inbox::origins;
use crate::report::{Column, Format, Shown, Table, format};

#[derive(Debug, Args)]
pub(in crate::command) struct List {
    #[command(flatten)]
    filter: WebhookFilter,
    /// List at most this many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..))]
    limit: i64,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

pub(super) fn run(config: &Config, options: &List) -> anyhow::Result<Outcome> {
    let filter = options.filter.checked(config)?;
    let database = settings::open(config)?;
    let mut connection = database.reader()?;
    let events = store::list(&mut connection, &filter, options.limit)?;
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    let mut origins = origins(&mut connection, &ids)?;
    let text = |name| Column { name, shown: Shown::Text };
    let count = |name| Column { name, shown: Shown::Count };
    let table = Table {
        columns: vec![
            count("id"),
            text("source"),
            text("kind"),
            text("entity"),
            text("received_at"),
            text("state"),
            text("reason"),
            count("attempts"),
            text("due_at"),
            text("origin"),
        ],
        rows: events
            .into_iter()
            .map(|event| {
                let origin = origins.remove(&event.id).unwrap_or_default().in_short(|at| at.to_string());
                let due_at = due_at(&event.state, event.due_at);
                vec![
                    event.id.into(),
                    event.source.into(),
                    event.kind.into(),
                    event.entity.into(),
                    event.received_at.into(),
                    event.state.into(),
                    event.reason.into(),
                    i64::from(event.attempts).into(),
                    due_at.into(),
                    origin.into(),
                ]
            })
            .collect(),
    };
    output::print(format::render(&table, options.format)?)?;
    Ok(Outcome::Fine)
}
