//! What the overview shows, read once for all who look at it.

use std::collections::BTreeMap;

use chrono::{Datelike as _, Timelike as _};
use chrono_tz::Tz;

use super::store::{self, MonthSum};
use crate::clock::Timestamp;
use crate::config::Config;
use crate::db::{Connection, Result};
use crate::freshness::Freshness;
use crate::monitor::{self, Memory};

/// Hours that the chart of deliveries shows.
const HOURS: i64 = 24;
/// Months that the charts of money show.
const MONTHS: i32 = 12;

/// One source, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::console) struct SourceState {
    pub(in crate::console) name: String,
    pub(in crate::console) zone: Tz,
    pub(in crate::console) backlog: i64,
    pub(in crate::console) oldest: Option<Timestamp>,
    pub(in crate::console) parked: i64,
    /// Currency and minor units of the payments in what is parked.
    pub(in crate::console) money: Vec<(String, i64)>,
    /// Parked webhooks that tell no amount.
    pub(in crate::console) unvalued: i64,
    /// Whether its API counts as down; `None` = nothing is fetched.
    pub(in crate::console) is_down: Option<bool>,
    /// Open findings by severity.
    pub(in crate::console) findings: BTreeMap<String, i64>,
    pub(in crate::console) received: Option<Timestamp>,
    pub(in crate::console) freshness: Freshness,
}

/// What the charts are drawn from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::console) struct Charts {
    /// The beginning of each hour, and what was received in it.
    pub(in crate::console) deliveries: Vec<(Timestamp, i64)>,
    pub(in crate::console) months: Vec<String>,
    pub(in crate::console) revenue: BTreeMap<String, Vec<i64>>,
    pub(in crate::console) payments: BTreeMap<String, Vec<i64>>,
}

/// Reads what changes by the second: from partial indexes, never from what is done.
pub(in crate::console) fn sources(
    connection: &mut Connection,
    memory: &mut Memory,
    config: &Config,
    down: &[String],
    now: Timestamp,
) -> Result<Vec<SourceState>> {
    let seen = monitor::look(connection, memory, config, now)?;
    let state = |source: &crate::config::Source| {
        let name = &source.name;
        let backlog = seen.backlog.get(name).copied().unwrap_or_default();
        let parked = seen.parked.get(name).copied().unwrap_or(0);
        let money = seen.money.amounts.iter().filter(|((of, _), _)| of == name);
        let findings = seen.findings.iter().filter(|((of, _), _)| of == name);
        SourceState {
            name: name.clone(),
            zone: source.timezone,
            backlog: backlog.events,
            oldest: backlog.oldest_received_at,
            parked,
            money: money.map(|((_, currency), minor)| (currency.clone(), *minor)).collect(),
            unvalued: parked.saturating_sub(seen.money.valued.get(name).copied().unwrap_or(0)).max(0),
            is_down: (source.api.is_some() || source.orders_api.is_some()).then(|| down.contains(name)),
            findings: findings.map(|((_, severity), number)| (severity.clone(), *number)).collect(),
            received: seen.lately.get(name).and_then(|lately| lately.received_at),
            freshness: seen.freshness(name),
        }
    };
    Ok(config.sources.iter().map(state).collect())
}

/// Reads what the charts show, from counts and sums that are kept.
pub(in crate::console) fn charts(connection: &mut Connection, config: &Config, now: Timestamp) -> Result<Charts> {
    let hour = hour_of(now);
    let first = hour.plus_milliseconds(-(HOURS - 1) * 3_600_000);
    let mut hours: BTreeMap<Timestamp, i64> =
        (0..HOURS).map(|number| (first.plus_milliseconds(number * 3_600_000), 0)).collect();
    for counted in store::deliveries(connection, first)? {
        if let Some(count) = hours.get_mut(&counted.hour) {
            *count = counted.deliveries;
        }
    }
    let months = months(config, now);
    let revenue = by_currency(&store::revenue(connection, &months)?, &months);
    let payments = by_currency(&store::payments(connection, &months)?, &months);
    Ok(Charts { deliveries: hours.into_iter().collect(), months, revenue, payments })
}

fn hour_of(at: Timestamp) -> Timestamp {
    let utc = at.utc();
    let past = i64::from(utc.minute()) * 60_000 + i64::from(utc.second()) * 1_000;
    let whole = at.plus_milliseconds(-past - i64::from(utc.timestamp_subsec_millis()));
    // What is below a millisecond goes, too.
    Timestamp::new(chrono::SubsecRound::trunc_subsecs(whole.utc(), 0))
}

/// The last months up to today's, as periods are written.
fn months(config: &Config, now: Timestamp) -> Vec<String> {
    let zone = config.sources.first().map_or(Tz::UTC, |source| source.timezone);
    let today = now.local_date(zone);
    let last = today.year() * 12 + i32::try_from(today.month0()).unwrap_or(0);
    let month = |number: i32| format!("{:04}-{:02}", number.div_euclid(12), number.rem_euclid(12) + 1);
    (last - MONTHS + 1..=last).map(month).collect()
}

fn by_currency(sums: &[MonthSum], months: &[String]) -> BTreeMap<String, Vec<i64>> {
    let mut currencies: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for sum in sums {
        let values = currencies.entry(sum.currency.clone()).or_insert_with(|| vec![0; months.len()]);
        let place = months.iter().position(|month| *month == sum.period);
        if let Some(value) = place.and_then(|place| values.get_mut(place)) {
            *value = sum.minor;
        }
    }
    currencies
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_begin_at_their_first_instant() {
        let at = Timestamp::parse("2025-11-11T10:59:59.999999Z").unwrap();
        assert_eq!(hour_of(at).to_string(), "2025-11-11T10:00:00Z");
        assert_eq!(hour_of(hour_of(at)), hour_of(at));
    }
}
