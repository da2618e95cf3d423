//! `ticketledger report freshness`.

use super::Scope;
use crate::clock::Clock;
use crate::command::{Outcome, settings};
use crate::config::Config;
use crate::freshness::{self, Freshness};
use crate::report::{Format, Table, freshness};

/// Prints how complete each source is: [`Outcome::Attention`] when the last sweep of one has not ended well.
pub(super) fn run(config: &Config, scope: &Scope) -> anyhow::Result<Outcome> {
    let chosen = scope.checked(config)?;
    let database = settings::open(config)?;
    let now = Clock::System.now();
    let sources = config.sources.iter().filter(|source| chosen.is_none_or(|name| name == source.name));
    let mut read = Vec::new();
    for source in sources {
        let told = |body: &[u8]| freshness::told(config, &source.name, body);
        let known = database.read(|connection| Freshness::read(connection, &source.name, &told, now))?;
        read.push((source.name.clone(), source.timezone, known));
    }
    let troubled = read.iter().filter_map(|(.., known)| known.last_sweep.as_ref()).any(|sweep| !sweep.ended_well());
    let table = freshness(read);
    let shown = if scope.output.format == Format::Table { for_people(table) } else { table };
    scope.output.print(&shown, &[])?;
    Ok(if troubled { Outcome::Attention } else { Outcome::Fine })
}

/// The source and the statement, which says it all.
fn for_people(table: Table) -> Table {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    names.into_iter().filter(|name| !matches!(*name, "source" | "statement")).fold(table, Table::without)
}
