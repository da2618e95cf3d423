//! How complete each source's book is, as a report.

use chrono_tz::Tz;

use super::{Cell, Column, Shown, Table};
use crate::clock::Timestamp;
use crate::freshness::Freshness;

const COLUMNS: [(&str, Shown); 11] = [
    ("source", Shown::Text),
    ("complete_up_to", Shown::Text),
    ("last_sweep", Shown::Text),
    ("last_result", Shown::Text),
    ("last_error", Shown::Text),
    ("differences", Shown::Count),
    ("missed_last_day", Shown::Count),
    ("parked", Shown::Count),
    ("parked_money", Shown::Text),
    ("parked_of_unknown_amount", Shown::Count),
    ("statement", Shown::Text),
];

/// A row for each source. `unknown` is never told as a time: the cell is empty.
pub fn freshness(sources: Vec<(String, Tz, Freshness)>) -> Table {
    let row = |(source, zone, known): (String, Tz, Freshness)| {
        let statement = known.in_words(zone);
        let instant = |at: Option<Timestamp>| Cell::Text(at.map(|at| at.to_string()));
        let Freshness { complete_up_to, last_sweep, missed_last_day, parked } = known;
        let swept_at = last_sweep.as_ref().map(|sweep| sweep.at);
        let differences = last_sweep.as_ref().map(|sweep| sweep.differences);
        let (result, error) = last_sweep.map(|sweep| (sweep.result, sweep.error)).unzip();
        vec![
            source.into(),
            instant(complete_up_to),
            instant(swept_at),
            Cell::Text(result),
            Cell::Text(error.flatten()),
            Cell::Number(differences),
            Cell::Number(Some(missed_last_day)),
            Cell::Number(Some(parked.events)),
            Cell::Text(Some(parked.money()).filter(|money| !money.is_empty())),
            Cell::Number(Some(parked.without_sum)),
            statement.into(),
        ]
    };
    Table {
        columns: COLUMNS.map(|(name, shown)| Column { name, shown }).to_vec(),
        rows: sources.into_iter().map(row).collect(),
    }
}
