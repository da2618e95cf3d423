//! What a person reads: typed rows of the ledger as a table, CSV or JSON. Nothing here writes.

pub mod ageing;
pub mod balances;
mod closed;
pub mod format;
mod freshness;
pub mod journal;
pub mod pack;
pub mod sheet;
mod store;
mod stream;
mod table;
pub mod vat;
pub mod vouchers;

use std::cmp::Reverse;

pub use self::closed::{NotClosed, read_as_closed};
pub use self::format::{Amounts, Format};
pub use self::freshness::freshness;
pub use self::stream::Stream;
pub use self::table::{Cell, Column, Shown, Table};

use crate::db::{Database, Result};
use crate::ledger::posting::Severity;
use crate::ledger::totals::{Selection, Total};

/// Reads a report of the selected lines.
///
/// # Errors
/// When the database cannot be read.
pub fn read<R: Total>(database: &Database, selection: &Selection<'_>) -> Result<Table> {
    database.read(|connection| Ok(Table::of(R::read(connection, selection)?)))
}

/// Reads the open findings of the reconciliation, of one source or of all: the worst first, and among equals the most
/// money.
///
/// # Errors
/// When the database cannot be read.
pub fn findings(database: &Database, source: Option<&str>) -> Result<Table> {
    let mut findings = store::ListedFinding::of_view(&mut database.reader()?, source)?;
    // A severity that only another version knows stands first.
    let rank = |row: &store::ListedFinding| {
        (Severity::parse(&row.severity), Reverse(row.difference_minor.map(i64::unsigned_abs)))
    };
    findings.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.cmp(b)));
    Ok(Table::of(findings))
}
