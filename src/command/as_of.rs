//! Which state of the books a report shows: all of it, what was known at some time, or a month as it was closed.

use chrono::NaiveDate;
use clap::Args;

use super::arguments::{MonthOptions, ReportScope, instant, month};
use super::output::Usage;
use crate::clock::Timestamp;
use crate::db::Database;
use crate::ledger::book::Month;
use crate::ledger::totals::{AsOf, Selection, Total};
use crate::report::{self, Table};

#[derive(Debug, Default, Args)]
pub(super) struct AsOfOptions {
    /// As it was known then: only what was received by this time, such as 2025-11-30T18:00:00+01:00
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(super) as_of: Option<Timestamp>,
    /// Only what is booked on this day or before, such as 2025-11-30
    #[arg(long, value_name = "DAY")]
    pub(super) booked_until: Option<NaiveDate>,
    /// As the month of --period was closed: the frozen numbers, whatever came later
    #[arg(long, conflicts_with_all = ["as_of", "booked_until"])]
    pub(super) as_closed: bool,
}

/// For reports of balances, which belong to no month.
#[derive(Debug, Args)]
pub(super) struct BalanceOptions {
    /// With --as-closed: the closed month, such as 2025-11
    #[arg(long, value_name = "YYYY-MM", value_parser = month, requires = "as_closed")]
    pub(super) period: Option<Month>,
    #[command(flatten)]
    pub(super) as_of: AsOfOptions,
    #[command(flatten)]
    pub(super) scope: ReportScope,
}

/// What a report shows.
#[derive(Debug)]
pub(super) enum View {
    /// What is booked in a month, or everything, as of some point.
    AsOf(Option<Month>, AsOf),
    /// A month as it was closed.
    AsClosed(Month),
}

impl View {
    pub(super) fn everything() -> Self {
        Self::AsOf(None, AsOf::default())
    }
}

impl BalanceOptions {
    pub(super) fn view(&self) -> anyhow::Result<(View, &ReportScope)> {
        Ok((self.as_of.view(self.period)?, &self.scope))
    }
}

impl MonthOptions {
    pub(super) fn view(&self) -> anyhow::Result<(View, &ReportScope)> {
        Ok((self.as_of.view(self.period)?, &self.scope))
    }
}

impl AsOfOptions {
    /// The view that these options ask for, in a report of that month.
    fn view(&self, month: Option<Month>) -> anyhow::Result<View> {
        match (self.as_closed, month) {
            (true, Some(month)) => Ok(View::AsClosed(month)),
            (true, None) => Err(Usage("--as-closed needs the month: say --period YYYY-MM".to_owned()).into()),
            (false, month) => {
                let as_of = AsOf { recorded_until: self.as_of, booked_until: self.booked_until, entries_until: None };
                Ok(View::AsOf(month, as_of))
            }
        }
    }
}

/// Reads a report in that view.
pub(super) fn read<R: Total>(database: &Database, source: Option<&str>, view: &View) -> anyhow::Result<Table> {
    Ok(match *view {
        View::AsOf(month, as_of) => report::read::<R>(database, &Selection { source, month, as_of })?,
        View::AsClosed(month) => report::read_as_closed::<R>(database, source, month)?,
    })
}
