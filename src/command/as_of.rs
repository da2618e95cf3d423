//! Which state of the books a report shows: all of it, what was known at some time, or a month as it was closed.

use chrono::NaiveDate;
use clap::Args;

use super::options::instant;
use super::output::Usage;
use crate::clock::Timestamp;
use crate::db::Database;
use crate::ledger::book::Month;
use crate::ledger::totals::{AsOf, Selection, Total};
use crate::report::{self, Table};

#[derive(Debug, Default, Args)]
pub(super) struct AsOfOptions {
    /// Only what was received by this time, such as 2025-11-30T18:00:00+01:00
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(super) as_of: Option<Timestamp>,
    /// Only what is booked on or before this day, such as 2025-11-30
    #[arg(long, value_name = "DAY")]
    pub(super) booked_until: Option<NaiveDate>,
    /// The numbers frozen when the month of --period was closed, whatever came later
    #[arg(long, conflicts_with_all = ["as_of", "booked_until"])]
    pub(super) as_closed: bool,
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

impl AsOfOptions {
    /// The view that these options ask for, in a report of that month.
    pub(super) fn view(&self, month: Option<Month>) -> anyhow::Result<View> {
        match (self.as_closed, month) {
            (true, Some(month)) => Ok(View::AsClosed(month)),
            (true, None) => Err(Usage("--as-closed needs a month; pass --period YYYY-MM".to_owned()).into()),
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
