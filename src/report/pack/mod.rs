//! The month pack: what an accountant expects at the end of a month, on paper, with everything tied to the trial
//! balance.
//!
//! ```text
//! one read transaction ──> rows of all currencies ──> pages of each currency ──> checks ──> JSON, HTML, PDF
//! ```
//!
//! The rows are those of the reports (`ledger::totals`), read once; pages and checks are pure functions of them. What
//! does not agree is no error: the pack says so on its cover. Time, and what parked webhooks tell, are passed in, so
//! the same book gives the same pack.

mod charts;
mod cover;
mod exports;
mod figures;
mod open_items;
pub mod paper;
mod read;
mod revenue;
mod rows;
mod section;
mod span;
mod store;
mod ties;
mod vat;

pub use self::figures::Moved;
pub use self::rows::*;
pub use self::ties::{Check, Difference, Outcome, Tie};

use chrono_tz::Tz;

use self::read::Read;
use super::NotClosed;
use crate::clock::Timestamp;
use crate::db::{Connection, Database};
use crate::freshness::Tell;
use crate::ledger::book::Month;
use crate::ledger::book::store::sources;
use crate::ledger::proof::verify::verify_in;
use crate::ledger::totals::Period;

/// What is asked for.
pub struct Request<'a> {
    pub source: &'a str,
    /// Whole months.
    pub period: Period,
    /// What the closes of the months saw, instead of what is known now.
    pub as_closed: bool,
    pub now: Timestamp,
    /// The program and its version.
    pub made_by: &'a str,
    /// The accountant's numbers, if the source has a chart.
    pub numbers: Option<Numbers<'a>>,
    /// The payments that the body of a webhook tells of; `None` when it cannot be read.
    pub told: Tell<'a>,
}

/// The chart of the accountant, which exports have.
#[derive(Clone, Copy)]
pub struct Numbers<'a> {
    pub chart: &'a str,
    /// The numbers that stand for an account of ours at these rates.
    pub of: &'a dyn Fn(&str, &[i32]) -> Vec<String>,
}

/// Why there is no pack.
#[derive(Debug, thiserror::Error)]
pub enum Unpackable {
    #[error("source {0} has no book yet; start `ticketledger serve` once to create it")]
    NoBook(String),
    #[error("a pack has whole months, and {0} has not; pass a month, a quarter or a year")]
    NotMonths(String),
    #[error(transparent)]
    NotClosed(#[from] NotClosed),
    #[error(transparent)]
    Ledger(#[from] crate::ledger::Error),
    #[error(transparent)]
    Database(#[from] crate::db::Error),
}

/// Reads the pack of a source in one transaction.
///
/// # Errors
/// When the database cannot be read, a sum leaves 64 bits, or a period is asked for as closed and is not.
pub fn read(database: &Database, request: &Request<'_>) -> Result<Pack, Unpackable> {
    database.read(|connection| of_source(connection, request))
}

/// The end of the period, if it is over: only then can everything of it have come in.
fn intake_ends_at(read: &Read<'_>, request: &Request<'_>, zone: Tz) -> Option<Timestamp> {
    Some(Month::of(read.span.last).ends_at(zone)).filter(|end| *end <= request.now)
}

fn of_source(connection: &mut Connection, request: &Request<'_>) -> Result<Pack, Unpackable> {
    let known = sources(connection)?.into_iter().find(|known| known.name == request.source);
    let zone = known.ok_or_else(|| Unpackable::NoBook(request.source.to_owned()))?.timezone;
    let read = Read::all(connection, request, zone)?;
    let cover = cover::cover(connection, request, &read, zone)?;
    let exceptions = cover::exceptions(connection, request, &read)?;
    let section = |currency: &String| {
        let explained = |account: &str| cover::explained(&exceptions, account, currency);
        section::section(&read, currency, request.numbers, &explained)
    };
    let currencies: Vec<Section> = read.currencies().iter().map(section).collect::<Result<_, _>>()?;
    let broken = verify_in(connection, Some(request.source))?.broken;
    let handed = exports::of_span(connection, read.span)?;
    let mut checks =
        ties::of_state((&cover, &exceptions), intake_ends_at(&read, request, zone), broken.as_deref(), handed.missing);
    checks.extend(ties::as_frozen(&read, &currencies)?);
    for section in &currencies {
        checks.extend(ties::of_section(&read, section)?);
    }
    checks.sort_by_key(|check| check.page);
    Ok(Pack {
        form: rows::FORM,
        source: request.source.to_owned(),
        timezone: zone.name().to_owned(),
        period: request.period.to_string(),
        first_day: read.span.first,
        last_day: read.span.last,
        view: if request.as_closed { View::AsClosed } else { View::AsKnown },
        made_at: request.now,
        made_by: request.made_by.to_owned(),
        chart: request.numbers.map(|numbers| numbers.chart.to_owned()),
        cover,
        checks,
        currencies,
        exceptions,
        exports: handed.exports,
    })
}
