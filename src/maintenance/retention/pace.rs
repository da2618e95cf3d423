//! The size of a step, small enough that others who wait for the database do not notice.

use std::time::Duration;

use super::store::Candidate;

/// Rows of the largest step.
const MOST_ROWS: usize = 500;
/// Rows of the smallest step.
const LEAST_ROWS: usize = 10;
/// Bytes of the largest step; a single body may be larger.
const MOST_BYTES: i64 = 4 * 1024 * 1024;
/// A step that takes longer is followed by a smaller one.
const LONG: Duration = Duration::from_millis(50);

/// Grows while steps are short, and shrinks after a long one.
pub(super) struct Pace {
    rows: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { rows: 100 }
    }
}

impl Pace {
    /// The number of rows that the next step takes, at least one.
    pub(super) fn step(&self, rows: &[Candidate]) -> usize {
        let mut bytes = 0;
        let fitting = rows.iter().take(self.rows).take_while(|row| {
            bytes += row.bytes;
            bytes <= MOST_BYTES
        });
        fitting.count().max(1)
    }

    pub(super) fn took(&mut self, time: Duration) {
        self.rows = if time > LONG { (self.rows / 2).max(LEAST_ROWS) } else { (self.rows * 2).min(MOST_ROWS) };
    }
}
