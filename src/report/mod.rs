//! What a person reads: the views as tables, CSV or JSON. Nothing here writes.

mod closed;
pub mod cut;
pub mod format;
pub mod store;
pub mod vouchers;

use crate::db::{Database, Result};

pub use self::closed::{NotClosed, read_as_closed};
pub use self::cut::Cut;
pub use self::format::Format;

/// The reports, each over one view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Balance of each account; of one month: its movements.
    TrialBalance {
        /// `YYYY-MM`
        period: Option<String>,
    },
    /// Revenue by event and rate.
    Revenue {
        /// `YYYY-MM`
        period: Option<String>,
    },
    /// Value added tax by rate.
    Vat {
        /// `YYYY-MM`
        period: Option<String>,
    },
    /// Payments and refunds by method.
    Payments {
        /// `YYYY-MM`
        period: Option<String>,
    },
    /// What each order still owes, or is owed.
    Balances,
    /// What each voucher and flex ticket is still worth.
    Vouchers,
    /// Open findings of the reconciliation.
    Findings,
}

/// A report that has been read: rows of cells under columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The columns of the view, in its order.
    pub columns: Vec<Column>,
    /// Each row has one cell for each column.
    pub rows: Vec<Vec<Cell>>,
}

/// A column, by its name in the view: the stable field name of CSV and JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name in the view.
    pub name: &'static str,
    /// How a person wants to see it.
    pub shown: Shown,
}

/// How a table shows a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// As it is.
    Text,
    /// A whole number.
    Count,
    /// With the decimals of the currency of the row.
    Amount,
    /// In percent; nothing stored means undetermined.
    Rate,
}

/// One value. The order is that of reports: by their columns, what is absent first, the same on both engines
/// (which disagree on where NULL sorts).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// A text.
    Text(Option<String>),
    /// A count, an amount in minor units, or a rate in basis points.
    Number(Option<i64>),
}

/// Reads a report, of one source or of all.
///
/// # Errors
/// When the database cannot be read.
pub fn read(database: &Database, kind: &Kind, source: Option<&str>) -> Result<Table> {
    let mut connection = database.reader()?;
    let mut table = match kind {
        Kind::TrialBalance { period: None } => store::trial_balance(&mut connection, source),
        Kind::TrialBalance { period: Some(period) } => store::movements(&mut connection, source, period),
        Kind::Revenue { period } => store::revenue(&mut connection, source, period.as_deref()),
        Kind::Vat { period } => store::vat(&mut connection, source, period.as_deref()),
        Kind::Payments { period } => store::payments(&mut connection, source, period.as_deref()),
        Kind::Balances => store::balances(&mut connection, source),
        Kind::Vouchers => store::vouchers(&mut connection, source),
        Kind::Findings => store::findings(&mut connection, source),
    }?;
    table.rows.sort();
    Ok(table)
}

/// Reads a report of what is inside a cut. The cut that leaves nothing out reads as [`read`] does.
///
/// # Errors
/// When the database cannot be read.
pub fn read_cut(database: &Database, kind: &Kind, source: Option<&str>, cut: &Cut) -> Result<Table> {
    if cut.is_everything() {
        return read(database, kind, source);
    }
    cut::read(&mut database.reader()?, kind, source, cut)
}

impl Table {
    /// The cells of one column, from the first row to the last.
    pub fn column<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Cell> {
        let index = self.columns.iter().position(|column| column.name == name);
        self.rows.iter().filter_map(move |row| row.get(index?))
    }
}
