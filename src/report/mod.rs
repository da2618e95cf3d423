//! What a person reads: typed rows of the ledger as a table, CSV or JSON. Nothing here writes.

pub mod ageing;
mod closed;
pub mod format;
pub mod journal;
pub mod sheet;
mod store;
mod stream;
mod table;
pub mod vat;
pub mod vouchers;

pub use self::closed::{NotClosed, read_as_closed};
pub use self::format::{Amounts, Format};
pub use self::stream::Stream;
pub use self::table::{Cell, Column, Shown, Table};

use crate::db::{Database, Result};
use crate::ledger::totals::{Selection, Total};

/// Reads a report of the selected lines.
///
/// # Errors
/// When the database cannot be read.
pub fn read<R: Total>(database: &Database, selection: &Selection<'_>) -> Result<Table> {
    database.read(|connection| Ok(Table::of(R::read(connection, selection)?)))
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
