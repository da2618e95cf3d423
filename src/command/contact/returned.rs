//! `ticketledger contact returned`.

use clap::Args;

use crate::command::options::SourceOption;
use crate::command::{Outcome, output, settings};
use crate::config::Config;
use crate::contacts;
use crate::report::{Cell, Column, Format, Shown, Table, format};

#[derive(Debug, Args)]
pub(in crate::command) struct Returned {
    #[command(flatten)]
    source: SourceOption,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

/// Lists the contacts: [`Outcome::Attention`] while there is one.
pub(super) fn run(config: &Config, options: &Returned) -> anyhow::Result<Outcome> {
    let source = options.source.known(config)?;
    let rows = contacts::returned(&settings::open(config)?, source)?;
    let columns = vec![
        Column { name: "source", shown: Shown::Text },
        Column { name: "contact_id", shown: Shown::Count },
        Column { name: "erased_contact_id", shown: Shown::Count },
    ];
    let row = |(source, id, erased): (String, i64, i64)| {
        vec![Cell::Text(Some(source)), Cell::Number(Some(id)), Cell::Number(Some(erased))]
    };
    let table = Table { columns, rows: rows.into_iter().map(row).collect() };
    output::print(format::render(&table, options.format)?)?;
    Ok(if table.rows.is_empty() { Outcome::Fine } else { Outcome::Attention })
}
