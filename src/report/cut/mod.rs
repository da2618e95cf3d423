//! Reports of what was known, or booked, up to some point; and of a month as it was closed.
//!
//! A report without a cut reads its view. With one it aggregates the lines of the ledger by the same rules, but only
//! those inside the cut; a test holds both to one another.

pub mod store;

use chrono::NaiveDate;

use super::{Cell, Kind, Table};
use crate::clock::Timestamp;
use crate::db::{Connection, Result};

/// Which lines count; all that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// Recorded by then: what was known.
    pub as_of: Option<Timestamp>,
    /// Booked on that day or before: what it concerns.
    pub booked_until: Option<NaiveDate>,
    /// Up to that entry: what a close saw.
    pub entries_until: Option<i64>,
}

impl Cut {
    /// Whether every line counts.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}

/// Reads a report of the lines inside the cut.
///
/// The status of an order is that of today, so it stays empty; an order appears with its first posting.
///
/// # Errors
/// When the database cannot be read.
pub fn read(connection: &mut Connection, kind: &Kind, source: Option<&str>, cut: &Cut) -> Result<Table> {
    let mut table = match kind {
        Kind::TrialBalance { period } => store::trial_balance(connection, source, period.as_deref(), cut),
        Kind::Revenue { period } => store::revenue(connection, source, period.as_deref(), cut),
        Kind::Vat { period } => store::vat(connection, source, period.as_deref(), cut),
        Kind::Payments { period } => store::payments(connection, source, period.as_deref(), cut),
        Kind::Balances => store::balances(connection, source, cut),
        Kind::Vouchers => store::vouchers(connection, source, cut),
        Kind::Findings => super::store::findings(connection, source),
    }?;
    table.rows.sort();
    Ok(table)
}

/// A text that is not there.
fn nothing() -> Cell {
    Cell::Text(None)
}
