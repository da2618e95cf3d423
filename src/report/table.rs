//! A report that has been read: cells under columns, whatever the rows were.

use crate::clock::Timestamp;
use crate::ledger::totals::{self, Holds, Row};

/// Rows of cells under columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub columns: Vec<Column>,
    /// Each row has one cell for each column.
    pub rows: Vec<Vec<Cell>>,
}

/// A column, by its name in the view: the stable field name of CSV and JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
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
    Text(Option<String>),
    /// A count, an amount in minor units, or a rate in basis points.
    Number(Option<i64>),
}

impl Table {
    /// Typed rows in their order.
    pub fn of<R: Row>(rows: Vec<R>) -> Self {
        Self {
            columns: R::COLUMNS.iter().map(Column::from).collect(),
            rows: rows.into_iter().map(Row::into_values).collect(),
        }
    }

    /// The cells of one column, from the first row to the last.
    pub fn column<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Cell> {
        let index = self.columns.iter().position(|column| column.name == name);
        self.rows.iter().filter_map(move |row| row.get(index?))
    }
}

impl From<&totals::Column> for Column {
    fn from(column: &totals::Column) -> Self {
        let shown = match column.holds {
            Holds::Text => Shown::Text,
            Holds::Count => Shown::Count,
            Holds::Amount => Shown::Amount,
            Holds::Rate => Shown::Rate,
        };
        Self { name: column.name, shown }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<String>> for Cell {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<Timestamp> for Cell {
    fn from(instant: Timestamp) -> Self {
        Self::Text(Some(instant.to_string()))
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Cell {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

impl From<Option<i32>> for Cell {
    fn from(number: Option<i32>) -> Self {
        Self::Number(number.map(i64::from))
    }
}
