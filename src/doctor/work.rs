//! What the daemon works on: what is parked, waits, does not add up, or does not come.

use super::Check;
use crate::clock::Clock;
use crate::config::{Config, Source};
use crate::db::Database;
use crate::monitor;

/// The same as the alerts of the daemon, looked at now.
pub(super) fn checks(database: &Database, config: &Config, clock: &Clock) -> Vec<Check> {
    let now = clock.now();
    let observation = match monitor::observe_once(database, config, now) {
        Ok(observation) => observation,
        Err(error) => return vec![Check::failed("inbox", error.to_string(), "check the database's log")],
    };
    let causes = monitor::causes(&observation, &[], config, now);
    let mut checks = Vec::new();
    for source in &config.sources {
        // Of providers and sweeps there are checks that say more.
        let alerts = monitor::ALERTS.into_iter().filter(|alert| !["provider_down", "sweep"].contains(alert));
        for alert in alerts {
            let cause = causes.iter().find(|cause| cause.alert == alert && cause.source == source.name);
            let check = match cause {
                Some(cause) => Check::warning(alert, cause.text.clone(), monitor::to_do(alert)),
                None => Check::ok(alert, well(alert, &observation, source)),
            };
            checks.push(check.of(&source.name));
        }
        checks.push(too_large(&observation, &source.name).of(&source.name));
    }
    checks
}

/// Whether every body was small enough to be stored.
fn too_large(observation: &monitor::Observation, source: &str) -> Check {
    let days = monitor::TOO_LARGE_DAYS;
    match observation.lately.get(source).map_or(0, |lately| lately.too_large_bodies) {
        0 => Check::ok("body_size", format!("no body was too large in the last {days} days")),
        bodies => Check::warning(
            "body_size",
            format!("{bodies} webhook(s) were refused in the last {days} days because they are too large"),
            "raise limits.body_bytes (and the limit of the proxy in front), then ask the provider to send them again",
        ),
    }
}

fn well(alert: &str, observation: &monitor::Observation, source: &Source) -> String {
    match alert {
        "parked" => "no webhook is parked".to_owned(),
        "backlog" => {
            let waiting = observation.backlog.get(&source.name).map_or(0, |backlog| backlog.events);
            format!("{waiting} webhook(s) waiting, none for long")
        }
        "finding_high" => "no finding of high severity is open".to_owned(),
        _ => match observation.lately.get(&source.name).and_then(|lately| lately.received_at) {
            Some(received_at) => {
                format!("last webhook received at {}", received_at.local_minute_named(source.timezone))
            }
            None => "no webhook received yet".to_owned(),
        },
    }
}
