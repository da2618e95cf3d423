//! What the charts show. Pure.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};

use super::figures::sum;
use super::read::Read;
use super::rows::{Charts, MonthEnd, RevenueBar};
use crate::db::Result;
use crate::ledger::book::{Account, Month};
use crate::ledger::totals::{RevenueByDay, TrialBalance};

pub(super) fn of(read: &Read<'_>, currency: &str, trial: &[TrialBalance]) -> Result<Charts> {
    Ok(Charts { revenue: revenue(read, currency)?, stored_value: stored_value(read, currency, trial)? })
}

/// Each day of a month beside the same day of the year before; of a longer period each month.
fn revenue(read: &Read<'_>, currency: &str) -> Result<Vec<RevenueBar>> {
    let months = read.span.months();
    let by_day = months.len() == 1;
    let slot = |day: NaiveDate| if by_day { day.day() } else { day.month() };
    let slots = |rows: &[RevenueByDay]| -> Result<BTreeMap<u32, i64>> {
        let mut slots = BTreeMap::new();
        for row in rows.iter().filter(|row| row.currency == currency) {
            let minor = slots.entry(slot(row.booking_date)).or_insert(0);
            *minor = sum([*minor, row.net_minor])?;
        }
        Ok(slots)
    };
    let (this, year_before) = (slots(&read.by_day)?, slots(&read.by_day_year_before)?);
    let bar = |on: String, slot: u32| RevenueBar {
        on,
        net_minor: this.get(&slot).copied().unwrap_or_default(),
        year_before_minor: year_before.get(&slot).copied().unwrap_or_default(),
    };
    if !by_day {
        return Ok(months.iter().map(|month| bar(month.to_string(), month.first_day().month())).collect());
    }
    let days = read.span.first.iter_days().take_while(|day| *day <= read.span.last);
    let mut bars: Vec<RevenueBar> = days.map(|day| bar(day.to_string(), day.day())).collect();
    // The 29th of February has no day in the year after; what was sold on it stands with the day before.
    let beyond = sum(year_before.iter().filter(|(day, _)| **day > read.span.last.day()).map(|(_, minor)| *minor))?;
    if let Some(last) = bars.last_mut() {
        last.year_before_minor = sum([last.year_before_minor, beyond])?;
    }
    Ok(bars)
}

/// Backwards from the balance at the end, by what each month added.
fn stored_value(read: &Read<'_>, currency: &str, trial: &[TrialBalance]) -> Result<Vec<MonthEnd>> {
    let ours = trial.iter().filter(|row| Account::is_stored_value(&row.account));
    let mut balance_minor = sum(ours.map(|row| -row.closing_minor))?;
    let grown = |month: Month| {
        let month = month.to_string();
        sum(read.growth.iter().filter(|row| row.currency == currency && row.period == month).map(|row| row.grown_minor))
    };
    let mut ends = Vec::new();
    for month in read.span.month_ends().months().into_iter().rev() {
        ends.push(MonthEnd { month: month.to_string(), balance_minor });
        balance_minor = sum([balance_minor, -grown(month)?])?;
    }
    ends.reverse();
    Ok(ends)
}
