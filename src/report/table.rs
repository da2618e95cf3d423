//! A report that has been read: cells under columns, whatever the rows were.

use std::collections::BTreeMap;

use chrono::NaiveDate;

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

    /// The same without a column.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        if let Some(index) = self.columns.iter().position(|column| column.name == name) {
            self.columns.remove(index);
            self.rows.iter_mut().for_each(|row| drop(row.remove(index)));
        }
        self
    }

    /// Rows that differ only in their month become one, under the name of a longer period. `None` when a sum leaves
    /// the range of 64 bits.
    pub fn in_one_period(self, period: &str) -> Option<Self> {
        let named = self.columns.iter().position(|column| column.name == "period");
        let rows = self.rows.into_iter().map(|mut row| {
            if let Some(cell) = named.and_then(|index| row.get_mut(index)) {
                *cell = Cell::Text(Some(period.to_owned()));
            }
            row
        });
        let rows = sums_by(&self.columns, rows, |_| true)?;
        Some(Self { columns: self.columns, rows })
    }

    /// The sums of each source and currency, as rows in which every other column is empty. `None` when a sum leaves
    /// the range of 64 bits.
    pub fn totals(&self) -> Option<Vec<Vec<Cell>>> {
        self.sums_by(&["source", "currency"])
    }

    /// The sums of the rows that agree in some columns, as rows in which every other column is empty.
    pub fn sums_by(&self, keys: &[&str]) -> Option<Vec<Vec<Cell>>> {
        sums_by(&self.columns, self.rows.iter().cloned(), |name| keys.contains(&name))
    }

    /// The cells of one column, from the first row to the last.
    pub fn column<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Cell> {
        let index = self.columns.iter().position(|column| column.name == name);
        self.rows.iter().filter_map(move |row| row.get(index?))
    }
}

impl Column {
    /// Whether the numbers of several rows can be added.
    fn is_summed(&self) -> bool {
        self.shown == Shown::Amount || matches!(self.name, "qty" | "orders")
    }
}

/// One row for each value of the key columns, in order: amounts and quantities are added, and what is no key is empty.
fn sums_by(
    columns: &[Column],
    rows: impl Iterator<Item = Vec<Cell>>,
    is_key: impl Fn(&str) -> bool,
) -> Option<Vec<Vec<Cell>>> {
    let mut sums: BTreeMap<Vec<Cell>, Vec<Option<i64>>> = BTreeMap::new();
    for row in rows {
        let key = columns.iter().zip(&row).map(|(column, cell)| match column.is_summed() {
            false if is_key(column.name) => cell.clone(),
            _ => Cell::Text(None),
        });
        let sum = sums.entry(key.collect()).or_insert_with(|| vec![None; columns.len()]);
        for ((column, cell), sum) in columns.iter().zip(&row).zip(sum) {
            if let (true, Cell::Number(Some(number))) = (column.is_summed(), cell) {
                *sum = Some(sum.unwrap_or(0).checked_add(*number)?);
            }
        }
    }
    let rows = sums.into_iter().map(|(key, sum)| {
        let cells = columns.iter().zip(key).zip(sum);
        cells.map(|((column, key), sum)| if column.is_summed() { Cell::Number(sum) } else { key }).collect()
    });
    Some(rows.collect())
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

impl From<NaiveDate> for Cell {
    fn from(day: NaiveDate) -> Self {
        Self::Text(Some(day.to_string()))
    }
}

impl From<Option<NaiveDate>> for Cell {
    fn from(day: Option<NaiveDate>) -> Self {
        Self::Text(day.map(|day| day.to_string()))
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
