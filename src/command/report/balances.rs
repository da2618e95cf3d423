//! `ticketledger report balances`.

use anyhow::Context as _;
use chrono::Days;
use clap::Args;

use super::{OnePoint, Scope};
use crate::clock::Clock;
use crate::command::as_of::{View, read};
use crate::command::output::Usage;
use crate::command::{Outcome, output, settings};
use crate::config::Config;
use crate::ledger::book::Account;
use crate::ledger::totals::{OrderBalance, Selection};
use crate::report::ageing::{self, Age, Ageing};
use crate::report::{Cell, Format};

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
        options.scope.output.print(&read::<OrderBalance>(&database, source, &view)?, &[])?;
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
