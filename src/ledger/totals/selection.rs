//! Which lines of the journal a total sums up.

use chrono::NaiveDate;

use crate::clock::Timestamp;
use crate::ledger::book::Month;

/// Bounds of the lines that count; all that are given must hold. The default leaves nothing out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AsOf {
    /// Recorded by then: what was known.
    pub recorded_until: Option<Timestamp>,
    /// Booked on that day or before: what it concerns.
    pub booked_until: Option<NaiveDate>,
    /// Up to the entry with this number: what a close saw.
    pub entries_until: Option<i64>,
}

impl AsOf {
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}

/// The lines of a report. The default takes every line of every source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection<'a> {
    pub source: Option<&'a str>,
    /// Only what is booked in this month.
    pub month: Option<Month>,
    pub as_of: AsOf,
}
