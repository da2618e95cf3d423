//! The days of a pack, and the days that it compares them with.

use chrono::{Months, NaiveDate};

use crate::ledger::book::Month;
use crate::ledger::totals::{AsOf, Period, Selection};

/// Months whose ends the chart of vouchers shows.
const MONTH_ENDS: u32 = 13;

/// Whole months from a first to a last day, as a source's book has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span<'a> {
    pub(super) source: &'a str,
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
    /// The last entry that the close of a closed period saw; none when what is known now counts.
    pub(super) entries_until: Option<i64>,
}

impl<'a> Span<'a> {
    /// `None` when the period has an open end or a part of a month.
    pub(super) fn new(source: &'a str, period: Period, entries_until: Option<i64>) -> Option<Self> {
        let (first, last) = period.first_day().zip(period.last_day())?;
        let whole = Month::of(first).first_day() == first && Month::of(last).last_day() == last;
        whole.then_some(Self { source, first, last, entries_until })
    }

    pub(super) fn period(self) -> Option<Period> {
        Period::between(Some(self.first), Some(self.last))
    }

    /// The lines that are booked in it. A closed month gets no entry after its close, so there is nothing to cut off.
    pub(super) fn lines(self) -> Selection<'a> {
        Selection { source: Some(self.source), period: self.period(), as_of: AsOf::default() }
    }

    /// The same, summed from the lines themselves: a view may be read in another way than by its months.
    pub(super) fn lines_themselves(self) -> Selection<'a> {
        Selection { as_of: AsOf { booked_until: Some(self.last), ..AsOf::default() }, ..self.lines() }
    }

    /// All lines that are booked by its end.
    pub(super) fn at_its_end(self) -> Selection<'a> {
        Selection { period: None, ..self.lines_themselves() }
    }

    /// All lines that are booked after it.
    pub(super) fn afterwards(self) -> Selection<'a> {
        let period = Period::between(self.last.succ_opt(), None);
        Selection { period, ..self.lines() }
    }

    pub(super) fn months(self) -> Vec<Month> {
        let last = Month::of(self.last);
        let next = |month: &Month| (*month < last).then(|| month.next());
        std::iter::successors(Some(Month::of(self.first)), next).collect()
    }

    /// Whether a month, as it is written in rows, is one of them.
    pub(super) fn has(self, month: &str) -> bool {
        Month::parse(month).is_some_and(|month| (Month::of(self.first)..=Month::of(self.last)).contains(&month))
    }

    fn length(self) -> u32 {
        u32::try_from(self.months().len()).unwrap_or(1)
    }

    /// As many months earlier; at the beginning of time the same again.
    fn earlier(self, months: u32) -> Self {
        let back = |day: NaiveDate| Month::of(day).first_day().checked_sub_months(Months::new(months));
        match back(self.first).zip(back(self.last)) {
            Some((first, last)) => Self { first, last: Month::of(last).last_day(), ..self },
            None => self,
        }
    }

    /// The same number of months just before.
    pub(super) fn before(self) -> Self {
        self.earlier(self.length())
    }

    pub(super) fn year_before(self) -> Self {
        self.earlier(12)
    }

    /// The months whose ends lead up to its own end.
    pub(super) fn month_ends(self) -> Self {
        let last = Self { first: Month::of(self.last).first_day(), ..self };
        Self { first: last.earlier(MONTH_ENDS - 1).first, ..last }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(span: Span<'_>) -> String {
        format!("{} {}", span.first, span.last)
    }

    #[test]
    fn a_span_knows_what_came_before_it() {
        for (period, before, year_before, ends) in [
            ("2025-11", "2025-10-01 2025-10-31", "2024-11-01 2024-11-30", "2024-11-01 2025-11-30"),
            ("2024-02", "2024-01-01 2024-01-31", "2023-02-01 2023-02-28", "2023-02-01 2024-02-29"),
            ("2026-Q1", "2025-10-01 2025-12-31", "2025-01-01 2025-03-31", "2025-03-01 2026-03-31"),
            ("2025", "2024-01-01 2024-12-31", "2024-01-01 2024-12-31", "2024-12-01 2025-12-31"),
        ] {
            let span = Span::new("museum", Period::parse(period).unwrap(), None).unwrap();
            assert_eq!(days(span.before()), before, "{period}");
            assert_eq!(days(span.year_before()), year_before, "{period}");
            assert_eq!(days(span.month_ends()), ends, "{period}");
            assert_eq!(span.month_ends().months().len(), 13, "{period}");
        }
        let day = |text: &str| text.parse().ok();
        let part = Period::between(day("2025-11-02"), day("2025-11-30")).unwrap();
        assert_eq!(Span::new("museum", part, None), None);
    }
}
