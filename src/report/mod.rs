//! What a person reads: typed rows of the ledger as a table, CSV or JSON. Nothing here writes.

mod closed;
pub mod format;
mod store;
mod table;
pub mod vat;
pub mod vouchers;

pub use self::closed::{NotClosed, read_as_closed};
pub use self::format::Format;
pub use self::table::{Cell, Column, Shown, Table};

use crate::db::{Database, Result};
use crate::ledger::totals::{Selection, Total};

/// Reads a report of the selected lines.
///
/// # Errors
/// When the database cannot be read.
pub fn read<R: Total>(database: &Database, selection: &Selection<'_>) -> Result<Table> {
    Ok(Table::of(R::read(&mut database.reader()?, selection)?))
}

/// Reads the open findings of the reconciliation, of one source or of all.
///
/// # Errors
/// When the database cannot be read.
pub fn findings(database: &Database, source: Option<&str>) -> Result<Table> {
    let mut table = Table::of(store::ListedFinding::of_view(&mut database.reader()?, source)?);
    table.rows.sort();
    Ok(table)
}
