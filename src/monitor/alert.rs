//! What needs a person: found by comparing one look at the database with what is usual. Told once when it begins and
//! once when it ends, whichever daemon sees it first.

use std::collections::{BTreeMap, BTreeSet};

use metrics::gauge;
use serde::Serialize;

use super::observation::Observation;
use super::silence;
use super::store::{self, Alert};
use super::sweep::overdue;
use crate::clock::Timestamp;
use crate::config::{Alerts, Source};
use crate::db::{Database, Result};
use crate::inbox::EventId;

/// The alerts there are, by their names in notices, metrics and the table.
pub const NAMES: [&str; 6] = ["parked", "backlog", "provider_down", "finding_high", "silence", "sweep"];
/// Only one daemon sees that its provider is down, so the others wait for this long before they call it over.
const LOCAL_MILLISECONDS: i64 = 180_000;

/// A reason to call a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// One of [`NAMES`].
    pub alert: &'static str,
    pub source: String,
    /// What, in one line.
    pub text: String,
}

/// What people are told. No personal data: names of sources, numbers and times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// One of [`NAMES`].
    pub alert: String,
    /// `began`, `more` or `ended`.
    pub state: &'static str,
    pub source: String,
    pub began_at: Timestamp,
    pub at: Timestamp,
    /// What, in one line.
    pub text: String,
    /// What to do, in one line.
    pub to_do: &'static str,
}

/// What is wrong now.
pub(super) fn causes(
    observation: &Observation,
    down: &[String],
    settings: &Alerts,
    sources: &BTreeMap<String, Source>,
    watched_since: Option<Timestamp>,
    now: Timestamp,
) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (name, source) in sources {
        let mut add = |alert, text| causes.push(Cause { alert, source: name.clone(), text });
        if let Some(parked) = observation.parked.get(name).filter(|parked| **parked > 0) {
            add("parked", format!("{name}: {parked} webhook(s) are parked"));
        }
        let oldest = observation.backlog.get(name).and_then(|backlog| backlog.oldest_received_at);
        let age = oldest.map_or(0, |oldest| now.milliseconds_since(oldest) / 1000);
        if age > settings.backlog_seconds {
            add("backlog", format!("{name}: a webhook has been waiting for {} minutes", age / 60));
        }
        if down.contains(name) {
            add(
                "provider_down",
                format!("{name}: cannot read from the provider, or it requires a login; fetching is paused"),
            );
        }
        if let Some(open) = observation.findings.get(&(name.clone(), "high".to_owned())).filter(|open| **open > 0) {
            add("finding_high", format!("{name}: {open} finding(s) of high severity are open"));
        }
        if let Some(text) = observation.swept.get(name).and_then(|swept| overdue(source, swept, watched_since, now)) {
            add("sweep", format!("{name}: {text}"));
        }
        let unusual = observation.silent.iter().filter(|((of, _), silence)| of == name && silence.is_unusual());
        let unusual: Vec<String> =
            unusual.map(|((_, kind), silence)| silence::in_words(kind, silence, source.timezone)).collect();
        if !unusual.is_empty() && source.silence_hours != Some(0) {
            add("silence", format!("{name}: {}", unusual.join("; ")));
            continue;
        }
        let lately = observation.lately.get(name).copied().unwrap_or_default();
        let (limit, what) = match source.silence_hours {
            Some(hours) => (Some(hours.saturating_mul(3600)).filter(|seconds| *seconds > 0), "allowed"),
            None => (lately.unusual_silence_seconds, "usual"),
        };
        let silent = lately.received_at.map(|received_at| now.milliseconds_since(received_at) / 1000);
        if let (Some(limit), Some(silent)) = (limit, silent)
            && silent > limit
        {
            let hours = |seconds: i64| seconds / 3600;
            let text = format!("no webhook for {} hours ({what}: at most {})", hours(silent), hours(limit));
            add("silence", format!("{name}: {text}"));
        }
    }
    causes
}

/// What a person does about an alert, in one line.
pub fn to_do(alert: &str) -> &'static str {
    match alert {
        "parked" => {
            "`ticketledger inbox list --state parked` shows the reasons; replay the webhooks once the cause is fixed"
        }
        "backlog" => "`ticketledger doctor` looks for the cause; `ticketledger inbox stats` shows how many are waiting",
        "provider_down" => "check whether the provider has an outage; fetching resumes by itself once it answers",
        "finding_high" => "`ticketledger findings list` shows what does not add up",
        "sweep" => {
            "`ticketledger doctor` says why and what to do; until then a webhook that never comes goes unnoticed"
        }
        _ => "check that the provider still sends: its settings, the webhook address, the proxy",
    }
}

/// Compares what is wrong with what was told, and answers what is to be told now. Only the daemon that changes the row
/// of an alert tells about it.
///
/// # Errors
/// When the database fails; the next time makes up for it.
pub(super) fn change(
    database: &Database,
    causes: &[Cause],
    sources: &BTreeMap<String, Source>,
    now: Timestamp,
) -> Result<Vec<Notice>> {
    let on = store::alerts_on(&mut database.reader()?)?;
    let mut notices = Vec::new();
    let told = tell_of_parked(database, sources)?;
    for cause in causes {
        let known = on.iter().find(|alert| alert.alert == cause.alert && alert.source == cause.source);
        match known {
            None => {
                let alert =
                    Alert { alert: cause.alert.to_owned(), source: cause.source.clone(), began_at: now, seen_at: now };
                if database.transaction("alert", |connection| store::begin_alert(connection, &alert))? {
                    let reasons = told.get(&cause.source).filter(|_| cause.alert == "parked").map(in_words);
                    let reasons = reasons.map_or_else(String::new, |reasons| format!(": {reasons}"));
                    notices.push(notice(&alert, "began", now, format!("{}{reasons}", cause.text)));
                }
            }
            Some(alert) if is_local(alert) && now.milliseconds_since(alert.seen_at).abs() > LOCAL_MILLISECONDS / 3 => {
                database.transaction("alert", |connection| store::see_alert(connection, alert, now))?;
            }
            Some(alert) if alert.alert == "parked" => {
                if let Some(reasons) = told.get(&cause.source) {
                    let (count, reasons) = (reasons.values().sum::<i64>(), in_words(reasons));
                    let text = format!("{}: {count} more webhook(s) are parked: {reasons}", cause.source);
                    notices.push(notice(alert, "more", now, text));
                }
            }
            Some(_) => {}
        }
    }
    for alert in on.iter().filter(|alert| sources.contains_key(&alert.source)) {
        let still = causes.iter().any(|cause| cause.alert == alert.alert && cause.source == alert.source);
        // Seen in the future: by a clock that was ahead.
        let elsewhere = is_local(alert) && now.milliseconds_since(alert.seen_at).abs() <= LOCAL_MILLISECONDS;
        if !still && !elsewhere && database.transaction("alert", |connection| store::end_alert(connection, alert))? {
            let text = format!("{}: over: {}", alert.source, over(&alert.alert));
            notices.push(notice(alert, "ended", now, text));
        }
    }
    Ok(notices)
}

/// How many by reason.
type Reasons = BTreeMap<String, i64>;

/// Notes which parked webhooks nobody was told of, and counts by source and reason those that this daemon is to tell.
/// An alert that is on must not hide the next webhook, which may be one with money in it.
fn tell_of_parked(database: &Database, sources: &BTreeMap<String, Source>) -> Result<BTreeMap<String, Reasons>> {
    let mut reader = database.reader()?;
    let (new, gone) = (store::newly_parked(&mut reader)?, store::no_longer_parked(&mut reader)?);
    drop(reader);
    // Of a source that the settings do not have there is no alert.
    let new: Vec<&store::NewlyParked> = new.iter().filter(|event| sources.contains_key(&event.source)).collect();
    if new.is_empty() && gone.is_empty() {
        return Ok(BTreeMap::new());
    }
    let noted = database.transaction("alert", |connection| {
        store::forget_alerted(connection, &gone)?;
        store::note_alerted(connection, &new)
    })?;
    let noted: BTreeSet<EventId> = noted.into_iter().collect();
    let mut told: BTreeMap<String, Reasons> = BTreeMap::new();
    for event in new.into_iter().filter(|event| noted.contains(&event.id)) {
        let reason = event.reason.clone().unwrap_or_else(|| "unknown".to_owned());
        *told.entry(event.source.clone()).or_default().entry(reason).or_default() += 1;
    }
    Ok(told)
}

fn in_words(reasons: &Reasons) -> String {
    let parts: Vec<String> = reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    parts.join(", ")
}

fn is_local(alert: &Alert) -> bool {
    alert.alert == "provider_down"
}

fn over(alert: &str) -> &'static str {
    match alert {
        "parked" => "no webhook is parked",
        "backlog" => "no webhook has been waiting for long",
        "provider_down" => "the provider no longer counts as down",
        "finding_high" => "no finding of high severity is open",
        "sweep" => "a sweep has come to its end again, or is no longer due",
        _ => "webhooks arrive again",
    }
}

fn notice(alert: &Alert, state: &'static str, now: Timestamp, text: String) -> Notice {
    let to_do = if state == "ended" { "nothing" } else { to_do(&alert.alert) };
    let Alert { alert, source, began_at, .. } = alert.clone();
    Notice { alert, state, source, began_at, at: now, text, to_do }
}

/// Sets the gauge of each alert that there may be.
pub(super) fn record(database: &Database, sources: &BTreeMap<String, Source>) -> Result<()> {
    let on = store::alerts_on(&mut database.reader()?)?;
    for source in sources.keys() {
        for name in NAMES {
            let active = on.iter().any(|alert| alert.alert == name && &alert.source == source);
            gauge!("ticketledger_alert_active", "source" => source.clone(), "alert" => name).set(u8::from(active));
        }
    }
    Ok(())
}
