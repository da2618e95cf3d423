//! Which state of the books a report shows: all of it, what was known at some time, or a month as it was closed.

use chrono::NaiveDate;
use clap::Args;

use super::options::{day, instant, period};
use super::output::Usage;
use crate::clock::Timestamp;
use crate::db::Database;
use crate::ledger::book::Month;
use crate::ledger::totals::{AsOf, Period, Selection, Total};
use crate::report::{self, Table};

/// Where the books are cut.
#[derive(Debug, Default, Args)]
pub(super) struct CutOptions {
    /// Only what was received by this time, such as 2025-11-30T18:00:00+01:00
    #[arg(long, value_name = "TIME", value_parser = instant)]
    as_of: Option<Timestamp>,
    /// Only what is booked on or before this day, such as 2025-11-30
    #[arg(long, value_name = "DAY", value_parser = day)]
    booked_until: Option<NaiveDate>,
}

impl CutOptions {
    pub(super) fn as_of(&self) -> AsOf {
        AsOf { recorded_until: self.as_of, booked_until: self.booked_until, entries_until: None }
    }
}

#[derive(Debug, Default, Args)]
pub(super) struct AsOfOptions {
    #[command(flatten)]
    cut: CutOptions,
    /// The numbers frozen when the month of --period was closed, whatever came later
    #[arg(long, conflicts_with_all = ["as_of", "booked_until"])]
    pub(super) as_closed: bool,
}

/// For reports whose rows belong to a period.
#[derive(Debug, Default, Args)]
pub(super) struct PeriodOptions {
    /// Only what is booked in this month, quarter or year: 2025-11, 2026-Q3 or 2026
    #[arg(long, value_name = "PERIOD", value_parser = period, conflicts_with_all = ["from", "to"])]
    pub(super) period: Option<Period>,
    /// Only what is booked on this day or later, such as 2025-11-15
    #[arg(long, value_name = "DAY", value_parser = day)]
    from: Option<NaiveDate>,
    /// Only what is booked on this day or before
    #[arg(long, value_name = "DAY", value_parser = day)]
    to: Option<NaiveDate>,
}

impl PeriodOptions {
    /// The period that was asked for, if one was.
    pub(super) fn period(&self) -> Result<Option<Period>, Usage> {
        match (self.period, self.from, self.to) {
            (period, None, None) => Ok(period),
            (_, from, to) => match Period::between(from, to) {
                Some(period) => Ok(Some(period)),
                None => Err(Usage("--from is later than --to; no day lies between them".to_owned())),
            },
        }
    }
}

/// What a report shows.
#[derive(Clone, Copy, Debug)]
pub(super) enum View {
    /// What is booked in a period, or everything, as of some point.
    AsOf(Option<Period>, AsOf),
    /// A month as it was closed.
    AsClosed(Month),
}

impl AsOfOptions {
    /// The view that these options ask for, in a report of that period.
    pub(super) fn view(&self, period: Option<Period>) -> Result<View, Usage> {
        match (self.as_closed, period) {
            (false, period) => Ok(View::AsOf(period, self.cut.as_of())),
            (true, None) => Err(Usage("--as-closed needs a month; pass --period YYYY-MM".to_owned())),
            (true, Some(period)) => match period.month() {
                Some(month) => Ok(View::AsClosed(month)),
                None => Err(Usage(format!(
                    "a month is closed as a whole, so --as-closed shows whole months one by one; pass --period YYYY-MM \
                     instead of {period}"
                ))),
            },
        }
    }
}

/// Reads a report in that view.
pub(super) fn read<R: Total>(database: &Database, source: Option<&str>, view: &View) -> anyhow::Result<Table> {
    Ok(match *view {
        View::AsOf(period, as_of) => report::read::<R>(database, &Selection { source, period, as_of })?,
        View::AsClosed(month) => report::read_as_closed::<R>(database, source, month)?,
    })
}
