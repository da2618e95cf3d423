//! What the rows of all reports have in common, so that one printer serves them.

use chrono::NaiveDate;

use super::{ClosedMonth, Selection};
use crate::clock::Timestamp;
use crate::db::{Connection, Result};

/// A column of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name in the view, and of the field in CSV and JSON.
    pub name: &'static str,
    pub holds: Holds,
}

/// What the values of a column mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    Text,
    /// A whole number of things.
    Count,
    /// Minor units of the row's currency.
    Amount,
    /// Basis points; nothing stored means undetermined.
    Rate,
}

/// What a value of any column can be made into.
pub trait Value:
    From<String>
    + From<Option<String>>
    + From<i64>
    + From<Option<i64>>
    + From<Option<i32>>
    + From<Timestamp>
    + From<NaiveDate>
    + From<Option<NaiveDate>>
{
}

impl<V> Value for V where
    V: From<String>
        + From<Option<String>>
        + From<i64>
        + From<Option<i64>>
        + From<Option<i32>>
        + From<Timestamp>
        + From<NaiveDate>
        + From<Option<NaiveDate>>
{
}

/// A typed row under named columns. Rows are in order by their columns, what is absent first, on both engines alike
/// (which disagree on where NULL sorts).
pub trait Row: Ord + Sized {
    const COLUMNS: &'static [Column];

    /// The values, in the order of the columns.
    fn into_values<V: Value>(self) -> Vec<V>;
}

/// A report over lines of the journal.
pub trait Total: Row {
    /// The rows of the selected lines, in their order. Of everything, this reads the view, if the report has one.
    ///
    /// # Errors
    /// When a query fails, or a sum leaves the range of 64 bits.
    fn read(connection: &mut Connection, selection: &Selection<'_>) -> Result<Vec<Self>>;

    /// The rows that the manifest of a closed month lists. `None` when manifests do not list them: they are then
    /// computed from the entries that the close saw.
    fn frozen(_closed: &ClosedMonth) -> Option<Vec<Self>> {
        None
    }

    /// The rows of a closed month, in their order: those of the manifest, or what they were at the end of the month
    /// as the close saw it.
    ///
    /// # Errors
    /// When a query fails, or the journal contradicts the manifest.
    fn as_closed(closed: &ClosedMonth, connection: &mut Connection) -> Result<Vec<Self>> {
        let Some(mut rows) = Self::frozen(closed) else { return Self::read(connection, &closed.at_its_end()) };
        rows.sort();
        Ok(rows)
    }
}
