//! `ticketledger report balances`.

use std::io::{self, Seek as _, Write as _};

use anyhow::Context as _;
use chrono::Days;
use clap::Args;

use super::{OnePoint, Scope};
use crate::clock::Clock;
use crate::command::as_of::{View, read};
use crate::command::output::Usage;
use crate::command::{Outcome, output, settings};
use crate::config::Config;
use crate::db::Database;
use crate::ledger::book::Account;
use crate::ledger::totals::{OrderBalance, Row as _, Selection};
use crate::report::ageing::{self, Age, Ageing};
use crate::report::{Cell, Column, Format, Stream, balances};

#[derive(Debug, Args)]
pub(super) struct Balances {
    /// Only what guests owe, the oldest first, with the days since it became due
    #[arg(long)]
    open: bool,
    /// Only what is owed to guests, the oldest first, with the days since then; with --open both, one after the other
    #[arg(long)]
    overpaid: bool,
    /// With --open: days that a guest has to pay; without them an item is due on the day on which it is booked
    #[arg(long, value_name = "DAYS", default_value_t = 0, requires = "open")]
    terms: u16,
    /// With --open or --overpaid: only what each age adds up to
    #[arg(long)]
    summary: bool,
    #[command(flatten)]
    at: OnePoint,
    #[command(flatten)]
    scope: Scope,
}

pub(super) fn run(config: &Config, options: &Balances) -> anyhow::Result<Outcome> {
    let (source, view) = (options.scope.checked(config)?, options.at.view()?);
    let aged = options.open || options.overpaid;
    if options.summary && !aged {
        return Err(Usage("--summary sums up ages; add --open or --overpaid".to_owned()).into());
    }
    let database = settings::open(config)?;
    if !aged {
        let is_everything = matches!(view, View::AsOf(None, as_of) if as_of.is_everything());
        if !is_everything || !print_all(options, &database, source)? {
            options.scope.output.print(&read::<OrderBalance>(&database, source, &view)?, &[])?;
        }
        return Ok(Outcome::Fine);
    }
    let terms = Days::new(options.terms.into());
    let ageing = match view {
        View::AsOf(period, as_of) => {
            ageing::read(&database, &Selection { source, period, as_of }, terms, Clock::System.now())?
        }
        View::AsClosed(month) => ageing::read_as_closed(&database, source, month, terms)?,
    };
    print(options, &ageing)?;
    Ok(Outcome::Fine)
}

/// Writes every order as CSV or JSON, a page at a time; answers false for a table, which is as wide as its widest row.
fn print_all(options: &Balances, database: &Database, source: Option<&str>) -> anyhow::Result<bool> {
    let out = &options.scope.output;
    let columns = OrderBalance::COLUMNS.iter().map(Column::from).collect();
    let Some(mut stream) = Stream::new(columns, out.format, out.amounts()?) else { return Ok(false) };
    // A reader that takes its time must not hold a transaction open.
    let mut spool = tempfile::tempfile()?;
    spool.write_all(stream.head()?.as_bytes())?;
    database.read(|connection| {
        balances::read(connection, source, |page| {
            let rows: Vec<Vec<Cell>> = page.into_iter().map(OrderBalance::into_values).collect();
            Ok::<_, anyhow::Error>(spool.write_all(stream.rows(&rows)?.as_bytes())?)
        })
    })?;
    spool.write_all(stream.end().as_bytes())?;
    spool.rewind()?;
    io::copy(&mut spool, &mut io::stdout().lock())?;
    Ok(true)
}

fn print(options: &Balances, ageing: &Ageing) -> anyhow::Result<()> {
    let out = &options.scope.output;
    let summary = ageing.summary().context("the balances add up to more than 64 bits hold")?;
    // The last line is what the account says.
    let mut totals = summary.totals().context("the balances add up to more than 64 bits hold")?;
    for age in totals.iter_mut().filter_map(|total| total.get_mut(2)) {
        *age = Cell::from(Account::RECEIVABLE.to_owned());
    }
    if !options.summary {
        let chosen = |age: Age| if age == Age::Credit { options.overpaid } else { options.open };
        out.print(&ageing.table(|aged| chosen(aged.age)), &[])?;
        if out.format != Format::Table || summary.rows.is_empty() {
            return Ok(());
        }
        output::print("\n")?;
    }
    out.print(&summary, &totals)
}
