//! A span of booking days: what an accountant asks a report for.

use chrono::{Datelike as _, NaiveDate};

use crate::ledger::book::Month;

/// Booking days from one to another, both included. Either end may be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
}

/// The first and the last month of a period; an open end has none.
type Ends = (Option<Month>, Option<Month>);

/// Months that a statement lists one by one: only then do both engines find them through the index by month.
const LISTED: usize = 60;

impl Period {
    /// Reads a month (`2025-11`), a quarter (`2026-Q3`) or a year (`2026`).
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(month) = Month::parse(text) {
            return Some(month.into());
        }
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let year = text.get(..4).filter(|year| digits(year))?;
        let (first, last) = match text.get(4..)? {
            "" => ("01", "12"),
            "-Q1" | "-q1" => ("01", "03"),
            "-Q2" | "-q2" => ("04", "06"),
            "-Q3" | "-q3" => ("07", "09"),
            "-Q4" | "-q4" => ("10", "12"),
            _ => return None,
        };
        let month = |number: &str| Month::parse(&format!("{year}-{number}"));
        Some(Self { from: Some(month(first)?.first_day()), to: Some(month(last)?.last_day()) })
    }

    /// From a day, to a day, or both. `None` when the first day comes after the last.
    pub fn between(from: Option<NaiveDate>, to: Option<NaiveDate>) -> Option<Self> {
        let in_order = from.zip(to).is_none_or(|(from, to)| from <= to);
        in_order.then_some(Self { from, to })
    }

    pub fn first_day(self) -> Option<NaiveDate> {
        self.from
    }

    pub fn last_day(self) -> Option<NaiveDate> {
        self.to
    }

    /// The month, if it is exactly one.
    pub fn month(self) -> Option<Month> {
        match self.whole_months()? {
            (Some(first), Some(last)) if first == last => Some(first),
            _ => None,
        }
    }

    /// Its first and last month, if it has no part of a month.
    pub(super) fn whole_months(self) -> Option<Ends> {
        let (first, last) = self.ends();
        let whole = first.map(Month::first_day) == self.from && last.map(Month::last_day) == self.to;
        whole.then_some((first, last))
    }

    /// The months that it begins and ends in.
    pub(super) fn ends(self) -> Ends {
        (self.from.map(Month::of), self.to.map(Month::of))
    }

    /// Every month that has a day of it, written as in `period`. `None` if it has an open end, or very many.
    pub(super) fn listed_months(self) -> Option<Vec<String>> {
        let (first, last) = (self.from.map(Month::of)?, self.to.map(Month::of)?);
        let months = std::iter::successors(Some(first), |month| (*month < last).then(|| month.next()));
        let listed: Vec<String> = months.take(LISTED + 1).map(|month| month.to_string()).collect();
        (listed.len() <= LISTED).then_some(listed)
    }
}

impl From<Month> for Period {
    fn from(month: Month) -> Self {
        Self { from: Some(month.first_day()), to: Some(month.last_day()) }
    }
}

/// `2025-11`, `2026-Q3`, `2026`; other spans by their days.
impl std::fmt::Display for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some((Some(first), Some(last))) = self.whole_months() {
            let (from, to) = (first.first_day(), last.first_day());
            match (from.year() == to.year(), from.month(), to.month()) {
                (true, a, b) if a == b => return write!(f, "{first}"),
                (true, 1, 12) => return write!(f, "{:04}", from.year()),
                (true, a, b) if b == a + 2 && b.is_multiple_of(3) => {
                    return write!(f, "{:04}-Q{}", from.year(), b / 3);
                }
                _ => {}
            }
        }
        match (self.from, self.to) {
            (Some(from), Some(to)) => write!(f, "{from} to {to}"),
            (Some(from), None) => write!(f, "from {from}"),
            (None, Some(to)) => write!(f, "until {to}"),
            (None, None) => f.write_str("all"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Option<NaiveDate> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn months_quarters_and_years_have_their_days_and_their_names() {
        for (text, from, to) in [
            ("2025-11", "2025-11-01", "2025-11-30"),
            ("2024-02", "2024-02-01", "2024-02-29"),
            ("2026-Q1", "2026-01-01", "2026-03-31"),
            ("2026-Q4", "2026-10-01", "2026-12-31"),
            ("2026", "2026-01-01", "2026-12-31"),
        ] {
            let period = Period::parse(text).unwrap();
            assert_eq!((period.first_day(), period.last_day()), (day(from), day(to)), "{text}");
            assert_eq!(period.to_string(), text);
            assert_eq!(period.month().map(|month| month.to_string()), Month::parse(text).map(|_| text.to_owned()));
            assert_eq!(Period::between(day(from), day(to)), Some(period), "{text} by its days");
        }
        assert_eq!(Period::parse("2026-q3"), Period::parse("2026-Q3"));
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for text in ["", "26", "2025-13", "2025-1", "2026-Q0", "2026-Q5", "2026Q1", "2026-Q11", "20265", "abcd", "-001"]
        {
            assert_eq!(Period::parse(text), None, "{text}");
        }
        assert_eq!(Period::parse("2026\u{e4}"), None);
        assert_eq!(Period::between(day("2026-02-02"), day("2026-02-01")), None);
    }

    #[test]
    fn other_spans_are_named_by_their_days() {
        let name = |from, to| Period::between(from, to).unwrap().to_string();
        assert_eq!(name(day("2026-01-05"), day("2026-01-05")), "2026-01-05 to 2026-01-05");
        assert_eq!(name(day("2026-02-01"), day("2026-04-30")), "2026-02-01 to 2026-04-30", "three months, no quarter");
        assert_eq!(name(day("2026-02-01"), None), "from 2026-02-01");
        assert_eq!(name(None, day("2026-02-01")), "until 2026-02-01");
        let open = Period::between(day("2026-02-01"), None).unwrap();
        assert_eq!(open.whole_months(), Some((Month::parse("2026-02"), None)));
        assert_eq!((open.month(), open.listed_months()), (None, None));
        let listed = |from, to| Period::between(day(from), day(to)).unwrap().listed_months();
        let months = ["2025-11", "2025-12", "2026-01"].map(str::to_owned).to_vec();
        assert_eq!(listed("2025-11-30", "2026-01-01"), Some(months));
        assert_eq!(listed("2025-11-30", "2025-11-30"), Some(vec!["2025-11".to_owned()]));
        assert_eq!(listed("2021-01-01", "2025-12-31").map(|months| months.len()), Some(60));
        assert_eq!(listed("2021-01-01", "2026-01-01"), None);
        assert_eq!(Period::between(day("2026-02-02"), day("2026-02-28")).unwrap().whole_months(), None);
    }
}
