//! Which state of the books a report shows: all of it, what was known at some time, or a month as it was closed.

use chrono::NaiveDate;
use clap::Args;

use super::options::instant;
use super::output::Usage;
use crate::clock::Timestamp;
use crate::db::Database;
use crate::report::{self, Cut, Kind, Table};

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
    /// What is inside the cut.
    Cut(Cut),
    /// A month as it was closed.
    AsClosed(String),
}

impl Default for View {
    fn default() -> Self {
        Self::Cut(Cut::default())
    }
}

impl AsOfOptions {
    /// The view that these options ask for, in a report of that month.
    pub(super) fn view(&self, period: Option<&str>) -> anyhow::Result<View> {
        match (self.as_closed, period) {
            (true, Some(period)) => Ok(View::AsClosed(period.to_owned())),
            (true, None) => Err(Usage("--as-closed needs a month; pass --period YYYY-MM".to_owned()).into()),
            (false, _) => {
                Ok(View::Cut(Cut { as_of: self.as_of, booked_until: self.booked_until, entries_until: None }))
            }
        }
    }
}

/// Reads a report in that view.
pub(super) fn read(database: &Database, kind: &Kind, source: Option<&str>, view: &View) -> anyhow::Result<Table> {
    Ok(match view {
        View::Cut(cut) => report::read_cut(database, kind, source, cut)?,
        View::AsClosed(period) => report::read_as_closed(database, kind, source, period)?,
    })
}
