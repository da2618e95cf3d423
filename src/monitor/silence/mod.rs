//! Unusual silence: how many webhooks of a kind would usually have come since the last one.
//!
//! What is usual in an hour is the median of the same hour of the week, by the clock of the source, in the last eight
//! weeks. Only whole hours count, so the number is too small rather than too large. When seven or more would have come
//! and none did, chance is no explanation (under one in a thousand, if they come independently). A day without guests
//! is one, and so the time until which a sweep found nothing missing does not count.

mod store;

use std::collections::BTreeMap;

use chrono::{DateTime, Days, TimeZone as _};
use chrono_tz::Tz;
use metrics::gauge;

use crate::clock::Timestamp;
use crate::config::Source;
use crate::db::{Connection, Database, Result};
use crate::freshness::Swept;
use crate::ledger::findings::outside;
use crate::ledger::posting::{Finding, FindingReason};
use crate::provider;

pub use self::store::deliveries_since;

use self::store::Hour;

/// As many webhooks would usually have come before a silence is unusual.
pub const UNUSUAL: i64 = 7;
/// Weeks of which the median is usual.
const WEEKS: u64 = 8;
/// Weeks that must have been seen.
const LEAST_WEEKS: usize = 4;
/// Counts are kept for so many days: eight weeks of history for a silence of two.
const KEPT_DAYS: i64 = 70;
/// A longer silence is as unusual as this one.
const LONGEST_HOURS: i64 = 14 * 24;
/// Events counted at once; the rest comes the next times.
const AT_ONCE: i64 = 5_000;

const HOUR_SECONDS: i64 = 3_600;
const DAY_MILLISECONDS: i64 = 86_400_000;

/// Source and kind.
type Pair = (String, String);

/// For how long nothing of a kind has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silent {
    /// When the last one came.
    pub since: Timestamp,
    /// How many would usually have come since then.
    pub usual: i64,
    /// Of these, since a sweep last found that nothing was missing.
    pub unexplained: i64,
}

impl Silent {
    /// Whether somebody should look.
    pub fn is_unusual(&self) -> bool {
        self.unexplained >= UNUSUAL
    }
}

/// The counts of a source and kind.
#[derive(Clone, Debug, Default)]
struct Counts {
    /// By the number of the hour since 1970.
    hours: BTreeMap<i64, i64>,
    last_at: Option<Timestamp>,
}

/// What is kept between two looks.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The hour in which all counts were read.
    read_in: Option<i64>,
    counts: BTreeMap<Pair, Counts>,
    /// Usual numbers between two hours, which do not change within an hour.
    usual: BTreeMap<(Pair, i64, i64), i64>,
    silent: BTreeMap<Pair, Silent>,
    /// What findings were told; absent for what nobody has looked at since the start.
    told: BTreeMap<Pair, bool>,
}

fn hour_of(at: Timestamp) -> i64 {
    at.utc().timestamp().div_euclid(HOUR_SECONDS)
}

/// Counts what came since the last time, at most a few thousand.
///
/// # Errors
/// When a statement fails; the next time makes up for it.
pub(super) fn count(database: &Database, now: Timestamp) -> Result<()> {
    let counted = store::counted(&mut database.reader()?)?;
    let events = store::events_after(&mut database.reader()?, counted, AT_ONCE)?;
    let Some(last) = events.last().map(|event| event.id) else { return Ok(()) };
    let oldest = now.plus_milliseconds(-KEPT_DAYS * DAY_MILLISECONDS);
    let mut hours: BTreeMap<(Pair, i64), (i64, Timestamp)> = BTreeMap::new();
    for event in events.into_iter().filter(store::Event::is_delivery).filter(|event| event.received_at >= oldest) {
        let key = ((event.source, event.kind), hour_of(event.received_at));
        let (deliveries, last_at) = hours.entry(key).or_insert((0, event.received_at));
        (*deliveries, *last_at) = (deliveries.saturating_add(1), event.received_at.max(*last_at));
    }
    let rows: Vec<Hour> = hours
        .into_iter()
        .filter_map(|(((source, kind), hour), (deliveries, last_at))| {
            let hour = Timestamp::new(DateTime::from_timestamp(hour.checked_mul(HOUR_SECONDS)?, 0)?);
            Some(Hour { source, kind, hour, deliveries, last_at })
        })
        .collect();
    database.transaction("silence", |connection| {
        // Another daemon may have counted them meanwhile.
        if store::count_up_to(connection, counted, last)? {
            rows.iter().try_for_each(|row| store::add(connection, row))?;
            store::forget_before(connection, oldest)?;
        }
        Ok(())
    })
}

impl Memory {
    /// For how long each kind of each source has been silent. While events wait to be counted it is as it was.
    pub(super) fn read(
        &mut self,
        connection: &mut Connection,
        sources: &BTreeMap<String, Source>,
        swept: &BTreeMap<String, Swept>,
        now: Timestamp,
    ) -> Result<BTreeMap<Pair, Silent>> {
        let counted = store::counted(connection)?;
        if !store::events_after(connection, counted, 1)?.is_empty() {
            return Ok(self.silent.clone());
        }
        let hour = hour_of(now);
        // Within an hour only its own rows, and those of the one before, can change.
        let rows = match self.read_in == Some(hour) {
            true => store::hours_since(connection, now.plus_milliseconds(-2 * 1000 * HOUR_SECONDS))?,
            false => {
                (self.counts, self.usual) = (BTreeMap::new(), BTreeMap::new());
                store::hours_since(connection, now.plus_milliseconds(-KEPT_DAYS * DAY_MILLISECONDS))?
            }
        };
        self.read_in = Some(hour);
        for row in rows {
            let counts = self.counts.entry((row.source, row.kind)).or_default();
            counts.hours.insert(hour_of(row.hour), row.deliveries);
            counts.last_at = counts.last_at.max(Some(row.last_at));
        }
        let mut silent = BTreeMap::new();
        for (pair, counts) in &self.counts {
            let (Some(source), Some(since)) = (sources.get(&pair.0), counts.last_at) else { continue };
            let swept = swept.get(&pair.0);
            // Of what only webhooks tell, no sweep knows whether some are missing.
            let swept = swept.filter(|_| !provider::tells_fact(&pair.1));
            let clean = swept.filter(|swept| swept.repaired_at.is_none_or(|repaired| repaired <= since));
            let explained = clean.and_then(|swept| swept.complete_until).unwrap_or(since).max(since);
            let mut usual = |from: Timestamp| {
                let key = (pair.clone(), hour_of(from), hour);
                *self.usual.entry(key).or_insert_with(|| usual_between(counts, source.timezone, hour_of(from), hour))
            };
            silent.insert(pair.clone(), Silent { since, usual: usual(since), unexplained: usual(explained) });
        }
        self.silent.clone_from(&silent);
        Ok(silent)
    }

    /// Raises a finding for each unusual silence, and closes it when it is over.
    pub(super) fn tell(
        &mut self,
        database: &Database,
        sources: &BTreeMap<String, Source>,
        silent: &BTreeMap<Pair, Silent>,
        now: Timestamp,
    ) -> Result<()> {
        for (pair, silence) in silent {
            let unusual = silence.is_unusual();
            let zone = sources.get(&pair.0).map_or(Tz::UTC, |source| source.timezone);
            if self.told.get(pair) == Some(&unusual) {
                continue;
            }
            let (source, kind) = pair;
            let finding = Finding::new(FindingReason::UnusualSilence, kind.as_str(), in_words(kind, silence, zone));
            database.transaction("silence", |connection| match unusual {
                true => outside::raise(connection, source, None, &finding, now),
                false => outside::close(connection, source, None, &finding, now),
            })?;
            self.told.insert(pair.clone(), unusual);
        }
        Ok(())
    }
}

/// The silence of a kind, for people.
pub(super) fn in_words(kind: &str, silence: &Silent, zone: Tz) -> String {
    let since = silence.since.local_minute(zone);
    format!("no `{kind}` webhook since {since}; about {} usually come in that time", silence.unexplained)
}

/// Sets the gauges.
pub(super) fn record(silent: &BTreeMap<Pair, Silent>) {
    for ((source, kind), silence) in silent {
        let labels = [("source", source.clone()), ("kind", kind.clone())];
        gauge!("ticketledger_silence_expected_deliveries", &labels).set(silence.unexplained as f64);
    }
}

/// How many usually come in the whole hours after one hour and before another.
fn usual_between(counts: &Counts, zone: Tz, after: i64, before: i64) -> i64 {
    let first = after.saturating_add(1).max(before.saturating_sub(LONGEST_HOURS));
    (first..before).map(|hour| usual_in(counts, zone, hour)).fold(0, i64::saturating_add)
}

/// The median of the same hour of the week in the weeks before; 0 until enough of them were seen.
fn usual_in(counts: &Counts, zone: Tz, hour: i64) -> i64 {
    let Some(first_seen) = counts.hours.keys().next().copied() else { return 0 };
    let Some(begins) = hour.checked_mul(HOUR_SECONDS).and_then(|seconds| DateTime::from_timestamp(seconds, 0)) else {
        return 0;
    };
    let local = begins.with_timezone(&zone).naive_local();
    let same_hour = |weeks: u64| {
        let local = local.checked_sub_days(Days::new(7 * weeks))?;
        // An hour that the clocks skipped in that week says nothing.
        let instant = zone.from_local_datetime(&local).earliest()?;
        Some(instant.timestamp().div_euclid(HOUR_SECONDS)).filter(|hour| *hour >= first_seen)
    };
    let hours = (1..=WEEKS).filter_map(same_hour);
    let mut seen: Vec<i64> = hours.map(|hour| counts.hours.get(&hour).copied().unwrap_or(0)).collect();
    if seen.len() < LEAST_WEEKS {
        return 0;
    }
    seen.sort_unstable();
    // Of an even number the smaller of the two in the middle.
    seen.get((seen.len() - 1) / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    /// Deliveries in one local hour of each week, oldest first, ending the week before `day`.
    fn weekly(zone: Tz, day: &str, hour: u32, deliveries: &[i64]) -> Counts {
        let day = chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").unwrap();
        let mut counts = Counts::default();
        for (weeks, deliveries) in (1..).zip(deliveries.iter().rev()) {
            let local = (day - Days::new(7 * weeks)).and_hms_opt(hour, 0, 0).unwrap();
            let instant = zone.from_local_datetime(&local).earliest().unwrap();
            counts.hours.insert(instant.timestamp() / HOUR_SECONDS, *deliveries);
        }
        counts
    }

    #[test]
    fn usual_is_the_smaller_median_of_at_least_four_weeks() {
        let zone = chrono_tz::Europe::Berlin;
        let noon = hour_of(at("2025-11-11T11:00:00Z"));
        for (deliveries, usual) in [
            (&[9, 9, 9][..], 0),
            (&[9, 9, 9, 9][..], 9),
            (&[2, 4, 6, 8][..], 4),
            (&[1, 0, 0, 5, 5][..], 1),
            (&[3, 3, 3, 3, 3, 3, 3, 90][..], 3),
            // Only eight count: the ninth is forgotten.
            (&[50, 50, 50, 50, 1, 1, 1, 1, 1][..], 1),
        ] {
            let counts = weekly(zone, "2025-11-11", 12, deliveries);
            assert_eq!(usual_in(&counts, zone, noon), usual, "{deliveries:?}");
        }
    }

    #[test]
    fn the_hour_is_that_of_the_local_clock_over_both_changes() {
        let zone = chrono_tz::Europe::Berlin;
        // Noon in winter time, after eight weeks of which some were summer time: 10:00Z before, 11:00Z since.
        let autumn = weekly(zone, "2025-11-11", 12, &[4; 8]);
        assert_eq!(usual_in(&autumn, zone, hour_of(at("2025-11-11T11:00:00Z"))), 4);
        assert_eq!(usual_in(&autumn, zone, hour_of(at("2025-11-11T10:00:00Z"))), 0);
        let spring = weekly(zone, "2025-04-15", 12, &[4; 8]);
        assert_eq!(usual_in(&spring, zone, hour_of(at("2025-04-15T10:00:00Z"))), 4);
        // 02:30 does not exist on 30 March: that week says nothing, and the others are enough.
        let mut night = weekly(zone, "2025-04-13", 3, &[6; 8]);
        night.hours = night.hours.into_iter().map(|(hour, deliveries)| (hour - 1, deliveries)).collect();
        assert_eq!(usual_in(&night, zone, hour_of(at("2025-04-13T00:00:00Z"))), 6);
        // The hour that comes twice in autumn counts as the one that it is called, both times.
        let twice = weekly(zone, "2025-10-26", 2, &[5; 8]);
        assert_eq!(
            usual_between(&twice, zone, hour_of(at("2025-10-25T23:00:00Z")), hour_of(at("2025-10-26T02:00:00Z"))),
            10
        );
    }

    #[test]
    fn only_whole_hours_count_and_a_long_silence_is_bounded() {
        let zone = chrono_tz::Europe::Zurich;
        let mut counts = Counts::default();
        let now = at("2025-11-11T12:59:59Z");
        for hour in hour_of(now) - 70 * 24..hour_of(now) - 20 * 24 {
            counts.hours.insert(hour, 1);
        }
        let usual = |since: &str| usual_between(&counts, zone, hour_of(at(since)), hour_of(now));
        assert_eq!(usual("2025-11-11T11:59:59Z"), 0, "no whole hour has passed");
        assert_eq!(usual("2025-11-11T10:59:59Z"), 1);
        assert_eq!(usual("2025-11-11T05:00:00Z"), 6);
        assert_eq!(usual("2025-10-22T12:00:00Z"), LONGEST_HOURS);
    }
}
