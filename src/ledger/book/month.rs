//! A month of a book: local days, and the instants between which deliveries belong to it.

use chrono::{Datelike as _, Months, NaiveDate, NaiveTime};
use chrono_tz::Tz;

use crate::clock::Timestamp;

/// A calendar month, written `YYYY-MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(NaiveDate);

impl Month {
    /// Reads `YYYY-MM`.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 7 {
            return None;
        }
        format!("{text}-01").parse().ok().map(Self)
    }

    /// The month of a day.
    pub fn of(day: NaiveDate) -> Self {
        // Every month has a first day.
        Self(day.with_day(1).unwrap_or(day))
    }

    pub fn first_day(self) -> NaiveDate {
        self.0
    }

    pub fn last_day(self) -> NaiveDate {
        self.next().0.pred_opt().unwrap_or(self.0)
    }

    /// When it begins in a time zone.
    pub fn starts_at(self, zone: Tz) -> Timestamp {
        midnight(self.0, zone)
    }

    /// When the next month begins in a time zone.
    pub fn ends_at(self, zone: Tz) -> Timestamp {
        midnight(self.next().0, zone)
    }

    pub fn next(self) -> Self {
        Self(self.0.checked_add_months(Months::new(1)).unwrap_or(self.0))
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m"))
    }
}

/// The first instant of a day; where the clocks jump over midnight, the UTC midnight stands in for it. A policy begins
/// at the first instant that such a day has (`policy_changes`). The two rules stay apart: policies are stored by
/// theirs, and months were closed by this one.
fn midnight(day: NaiveDate, zone: Tz) -> Timestamp {
    let naive = day.and_time(NaiveTime::MIN);
    let local = naive.and_local_timezone(zone).earliest();
    Timestamp::new(local.map_or_else(|| naive.and_utc(), |instant| instant.to_utc()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_at_local_midnight_on_both_sides_of_a_clock_change() {
        let october = Month::parse("2025-10");
        let zone = chrono_tz::Europe::Berlin;
        let bounds = october.map(|month| (month.starts_at(zone).to_string(), month.ends_at(zone).to_string()));
        assert_eq!(bounds, Some(("2025-09-30T22:00:00Z".to_owned(), "2025-10-31T23:00:00Z".to_owned())));
        assert_eq!(october.map(|month| month.last_day().to_string()).as_deref(), Some("2025-10-31"));
        let day = |text: &str| text.parse::<NaiveDate>().ok();
        assert_eq!(day("2025-10-31").map(Month::of), october);
        assert_eq!(day("2025-12-01").map(|day| Month::of(day).next().to_string()).as_deref(), Some("2026-01"));
        assert_eq!(Month::parse("2025-13"), None);
        assert_eq!(Month::parse("25-1-01"), None);
    }
}
