//! What the database says of itself, read every few seconds: the numbers of gauges and the causes of alerts.

use std::collections::{BTreeMap, BTreeSet};

use metrics::gauge;

use super::Memory;
use super::catalog::SEVERITIES;
use super::money::Money;
use super::silence::{self, Silent};
use super::store::{self, Day};
use crate::clock::Timestamp;
use crate::config::Source;
use crate::db::{Connection, Result};
use crate::freshness::{self, Freshness, Parked, Swept, Told};

/// Days of which a silence counts as usual.
const LEARN_DAYS: i64 = 28;
/// Days that must have been seen before anything counts as usual.
const LEARN_LEAST_DAYS: i64 = 14;
/// No silence below this is worth an alert, in seconds.
const SILENCE_LEAST_SECONDS: i64 = 6 * 3600;

/// What waits at one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    pub events: i64,
    pub oldest_received_at: Option<Timestamp>,
}

/// When something last happened at one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lately {
    /// The last delivery.
    pub received_at: Option<Timestamp>,
    /// The last event that was settled.
    pub settled_at: Option<Timestamp>,
    /// Seconds of silence that are more than usual; `None` until enough was seen.
    pub unusual_silence_seconds: Option<i64>,
    /// Bodies refused in the last days because they are too large.
    pub too_large_bodies: i64,
}

/// Days for which refused bodies are told.
pub const TOO_LARGE_DAYS: i64 = 7;

/// One look at the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    /// What waits, by source.
    pub backlog: BTreeMap<String, Backlog>,
    /// Events parked, by source.
    pub parked: BTreeMap<String, i64>,
    /// The money in them.
    pub money: Money,
    /// Open findings by source and severity.
    pub findings: BTreeMap<(String, String), i64>,
    /// When something last happened, by source.
    pub lately: BTreeMap<String, Lately>,
    /// What comparisons with the providers say, by source.
    pub swept: BTreeMap<String, Swept>,
    /// For how long nothing has come, by source and kind.
    pub silent: BTreeMap<(String, String), Silent>,
}

/// Looks at the database. Nothing here reads what is done.
///
/// # Errors
/// When a statement fails.
pub(super) fn observe(
    connection: &mut Connection,
    memory: &mut Memory,
    sources: &BTreeMap<String, Source>,
    now: Timestamp,
) -> Result<Observation> {
    let backlog = store::backlog(connection)?
        .into_iter()
        .map(|row| (row.source, Backlog { events: row.events, oldest_received_at: row.oldest_received_at }));
    let backlog = backlog.collect();
    let parked = store::parked(connection)?.into_iter().map(|row| (row.source, row.events)).collect();
    let findings = store::findings(connection)?.into_iter().map(|row| ((row.source, row.severity), row.findings));
    let findings = findings.collect();
    let money = memory.purse.count(connection, sources)?;
    let mut swept = BTreeMap::new();
    for source in sources.keys() {
        swept.insert(source.clone(), freshness::swept(connection, source, now)?);
    }
    let silent = memory.silence.read(connection, sources, &swept, now)?;
    Ok(Observation { backlog, parked, money, findings, lately: lately(connection, now)?, swept, silent })
}

/// When something last happened, by source.
///
/// # Errors
/// When the statement fails.
pub fn lately(connection: &mut Connection, now: Timestamp) -> Result<BTreeMap<String, Lately>> {
    let mut days: BTreeMap<String, Vec<Day>> = BTreeMap::new();
    for day in store::days(connection)? {
        days.entry(day.source.clone()).or_default().push(day);
    }
    Ok(days.into_iter().map(|(source, days)| (source, summary(&days, now))).collect())
}

fn summary(days: &[Day], now: Timestamp) -> Lately {
    let today = now.utc().date_naive();
    let age = |day: &Day| (today - day.day).num_days();
    let mut silences: Vec<i64> =
        days.iter().filter(|day| age(day) <= LEARN_DAYS).map(|day| day.longest_silence_seconds).collect();
    silences.sort_unstable_by(|a, b| b.cmp(a));
    let seen_enough = days.iter().any(|day| age(day) >= LEARN_LEAST_DAYS);
    // The second longest: one outage is not usual, a day of rest in each week is.
    let usual = silences.get(1).filter(|_| seen_enough);
    let recent = days.iter().filter(|day| age(day) < TOO_LARGE_DAYS);
    Lately {
        too_large_bodies: recent.map(|day| day.too_large_bodies).sum(),
        received_at: days.iter().filter_map(|day| day.last_received_at).max(),
        settled_at: days.iter().filter_map(|day| day.last_settled_at).max(),
        unusual_silence_seconds: usual.map(|usual| usual.saturating_mul(2).max(SILENCE_LEAST_SECONDS)),
    }
}

impl Observation {
    /// How complete the book of a source is.
    pub fn freshness(&self, source: &str) -> Freshness {
        let events = self.parked.get(source).copied().unwrap_or(0);
        let valued = self.money.valued.get(source).copied().unwrap_or(0);
        let of_source = self.money.amounts.iter().filter(|((of, _), _)| of == source);
        let told = of_source.map(|((_, currency), minor)| Told { currency: currency.clone(), amount_minor: *minor });
        let parked = Parked { events, told: told.collect(), without_sum: events.saturating_sub(valued).max(0) };
        let waiting_since = self.backlog.get(source).and_then(|backlog| backlog.oldest_received_at);
        Freshness::of(self.swept.get(source).cloned().unwrap_or_default(), waiting_since, parked)
    }

    /// Sets the gauges. What is not there any more is set to 0: `known` are the series that were set before.
    pub(super) fn record(&self, sources: &BTreeMap<String, Source>, known: &mut Known, now: Timestamp) {
        known.sources.extend(sources.keys().cloned());
        known.sources.extend(self.backlog.keys().chain(self.parked.keys()).chain(self.lately.keys()).cloned());
        known.sources.extend(self.findings.keys().map(|(source, _)| source.clone()));
        known.amounts.extend(self.money.amounts.keys().cloned());
        for source in &known.sources {
            self.record_source(source, now);
        }
        silence::record(&self.silent);
        for (source, currency) in &known.amounts {
            let labels = [("source", source.clone()), ("currency", currency.clone())];
            let minor = self.money.amounts.get(&(source.clone(), currency.clone())).copied().unwrap_or(0);
            gauge!("ticketledger_parked_amount_minor", &labels).set(minor as f64);
        }
    }

    fn record_source(&self, source: &str, now: Timestamp) {
        let name = || source.to_owned();
        let backlog = self.backlog.get(source).copied().unwrap_or_default();
        let age = backlog.oldest_received_at.map_or(0, |oldest| now.milliseconds_since(oldest).max(0) / 1000);
        gauge!("ticketledger_backlog_events", "source" => name()).set(backlog.events as f64);
        gauge!("ticketledger_backlog_oldest_age_seconds", "source" => name()).set(age as f64);
        let parked = self.parked.get(source).copied().unwrap_or(0);
        let unvalued = parked.saturating_sub(self.money.valued.get(source).copied().unwrap_or(0));
        gauge!("ticketledger_parked_events", "source" => name()).set(parked as f64);
        gauge!("ticketledger_parked_unvalued_events", "source" => name()).set(unvalued.max(0) as f64);
        for severity in SEVERITIES {
            let open = self.findings.get(&(name(), severity.to_owned())).copied().unwrap_or(0);
            gauge!("ticketledger_findings_open", "source" => name(), "severity" => severity).set(open as f64);
        }
        let lately = self.lately.get(source).copied().unwrap_or_default();
        let seconds = |instant: Option<Timestamp>| instant.map_or(0, |instant| instant.utc().timestamp()) as f64;
        gauge!("ticketledger_source_last_received_timestamp_seconds", "source" => name())
            .set(seconds(lately.received_at));
        gauge!("ticketledger_source_last_settled_timestamp_seconds", "source" => name())
            .set(seconds(lately.settled_at));
        gauge!("ticketledger_source_complete_timestamp_seconds", "source" => name())
            .set(seconds(self.freshness(source).complete_up_to));
    }
}

/// The series that were set at least once.
#[derive(Debug, Default)]
pub(super) struct Known {
    sources: BTreeSet<String>,
    amounts: BTreeSet<(String, String)>,
}
