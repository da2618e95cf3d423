//! How many requests a month may have. The provider's counter begins anew on the first, in a zone that is not known.

use chrono::{Datelike as _, Months, NaiveDate};

use super::store;
use super::words::BudgetKind;
use crate::clock::Timestamp;
use crate::db::{Connection, Result};

/// What is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    pub requests: i64,
    /// How many were made; more than the budget when that was lowered since.
    pub used: i64,
    /// The provider allows none until then.
    pub blocked_until: Option<Timestamp>,
}

/// What is left of a budget. On the first day of a month the requests of the month before count too: for the provider
/// it may not be over. When it allows no more, none are left of the other budget either: it counts both together.
///
/// # Errors
/// When a statement fails.
pub fn left(connection: &mut Connection, source: &str, kind: BudgetKind, budget: i64, now: Timestamp) -> Result<Left> {
    let day = now.utc().date_naive();
    let mut months = vec![month_of(day)];
    months.extend(day.checked_sub_months(Months::new(1)).filter(|_| day.day() == 1).map(month_of));
    let (mut used, mut blocked_until) = (0_i64, None);
    for month in &months {
        for one in [BudgetKind::Sweep, BudgetKind::History] {
            let (spent, blocked) = store::budget(connection, source, one, month)?;
            used = used.saturating_add(if one == kind { spent } else { 0 });
            blocked_until = blocked_until.max(blocked);
        }
    }
    let blocked_until = blocked_until.filter(|until| *until > now);
    let requests = if blocked_until.is_some() { 0 } else { budget.saturating_sub(used).max(0) };
    Ok(Left { requests, used, blocked_until })
}

/// Counts requests.
pub(super) fn spend(
    connection: &mut Connection,
    source: &str,
    kind: BudgetKind,
    requests: i64,
    blocked_until: Option<Timestamp>,
    now: Timestamp,
) -> Result<()> {
    if requests == 0 && blocked_until.is_none() {
        return Ok(());
    }
    store::add(connection, source, "requests", requests)?;
    store::spend(connection, source, kind, &month_of(now.utc().date_naive()), requests, blocked_until)
}

/// When a limit that the provider says is used up may be gone: the first of the next month. One that is used up on the
/// first of a month is that of the month before, in another zone.
pub(super) fn reset_after(now: Timestamp) -> Timestamp {
    let day = now.utc().date_naive();
    let reset = if day.day() == 1 {
        day.succ_opt()
    } else {
        day.with_day(1).and_then(|day| day.checked_add_months(Months::new(1)))
    };
    let midnight = reset.and_then(|day| day.and_hms_opt(0, 0, 0));
    midnight.map_or_else(|| now.plus_milliseconds(24 * 3_600_000), |midnight| Timestamp::new(midnight.and_utc()))
}

fn month_of(day: NaiveDate) -> String {
    day.format("%Y-%m").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_used_up_month_ends_on_the_first_of_the_next() {
        for (now, expected) in [
            ("2026-11-30T12:00:00Z", "2026-12-01T00:00:00Z"),
            ("2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"),
            ("2026-12-01T00:30:00Z", "2026-12-02T00:00:00Z"),
            ("2026-01-31T01:00:00Z", "2026-02-01T00:00:00Z"),
        ] {
            assert_eq!(reset_after(Timestamp::parse(now).unwrap()), Timestamp::parse(expected).unwrap(), "{now}");
        }
    }
}
