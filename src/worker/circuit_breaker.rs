//! The gate of each source: shut while the provider limits us or is down, so that nobody hammers it and no event uses
//! up its attempts for a fault that is not its own.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::clock::Timestamp;

/// Consecutive failures after which a provider counts as down.
const BREAKER_FAILURES: u32 = 3;
/// First pause of a provider that is down, in milliseconds; doubles with each failed probe.
const PAUSE_MILLISECONDS: i64 = 5_000;
/// Longest pause, in milliseconds.
const PAUSE_MAX_MILLISECONDS: i64 = 300_000;
/// Pause when the provider limits our rate without saying for how long, in milliseconds.
const RATE_PAUSE_MILLISECONDS: i64 = 30_000;
/// Shortest such pause, whatever it says: an attempt that does not count must not be repeated without end.
const RATE_PAUSE_LEAST_MILLISECONDS: i64 = 1_000;

/// The gates of all sources.
#[derive(Debug, Default)]
pub(super) struct CircuitBreakers(Mutex<HashMap<String, Gate>>);

#[derive(Clone, Copy, Debug, Default)]
struct Gate {
    failures: u32,
    /// Our own pause, which an answer ends.
    shut_until: Option<Timestamp>,
    /// The pause that the provider asked for; an answer that was under way does not end it.
    asked_until: Option<Timestamp>,
}

/// How far a gate is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// As many as there is room for.
    Open,
    /// One, to see whether the provider is back.
    Probe,
    /// None before this instant.
    Shut(Timestamp),
}

impl CircuitBreakers {
    /// How far the gate of `source` is open at `now`.
    pub(super) fn opening(&self, source: &str, now: Timestamp) -> Opening {
        let gate = self.with(source, |gate| *gate);
        match gate.shut_until.max(gate.asked_until) {
            Some(until) if until > now => Opening::Shut(until),
            _ if gate.failures >= BREAKER_FAILURES => Opening::Probe,
            _ => Opening::Open,
        }
    }

    /// The sources whose provider counts as down.
    pub(super) fn down(&self) -> Vec<String> {
        let gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let down = gates.iter().filter(|(_, gate)| gate.failures >= BREAKER_FAILURES);
        down.map(|(source, _)| source.clone()).collect()
    }

    /// The provider answered.
    pub(super) fn succeeded(&self, source: &str) {
        let failures = self.with(source, |gate| {
            gate.shut_until = None;
            std::mem::take(&mut gate.failures)
        });
        if failures >= BREAKER_FAILURES {
            metrics::gauge!("ticketledger_provider_breaker_open", "source" => source.to_owned()).set(0);
            tracing::info!(source, "the provider answers again");
        }
    }

    /// The provider failed us.
    pub(super) fn failed(&self, source: &str, now: Timestamp, retry_after_milliseconds: Option<i64>, detail: &str) {
        self.with(source, |gate| {
            gate.failures = gate.failures.saturating_add(1);
            if let Some(pause) = retry_after_milliseconds {
                gate.asked_until = gate.asked_until.max(Some(now.plus_milliseconds(pause)));
            }
            if gate.failures >= BREAKER_FAILURES {
                let doublings = gate.failures.saturating_sub(BREAKER_FAILURES).min(10);
                let pause = (PAUSE_MILLISECONDS << doublings).min(PAUSE_MAX_MILLISECONDS);
                let until = now.plus_milliseconds(pause);
                if gate.failures == BREAKER_FAILURES {
                    metrics::gauge!("ticketledger_provider_breaker_open", "source" => source.to_owned()).set(1);
                    tracing::warn!(source, %until, detail, "cannot read from the provider; fetching is paused");
                }
                gate.shut_until = Some(until);
            }
        });
    }

    /// The provider limits our rate: the whole source waits.
    pub(super) fn limited(&self, source: &str, now: Timestamp, retry_after_milliseconds: Option<i64>) {
        let pause = retry_after_milliseconds.unwrap_or(RATE_PAUSE_MILLISECONDS);
        let until = now.plus_milliseconds(pause.max(RATE_PAUSE_LEAST_MILLISECONDS));
        self.with(source, |gate| gate.asked_until = gate.asked_until.max(Some(until)));
        tracing::warn!(source, %until, "the provider limits our requests; the source waits");
    }

    fn with<T>(&self, source: &str, change: impl FnOnce(&mut Gate) -> T) -> T {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(gates.entry(source.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_that_is_down_is_probed_and_resumes() {
        let gates = CircuitBreakers::default();
        let now = Timestamp::parse("2026-01-01T00:00:00Z").expect("an instant");
        gates.failed("theatre", now, None, "no answer");
        gates.failed("theatre", now, None, "no answer");
        assert_eq!(gates.opening("theatre", now), Opening::Open);
        gates.failed("theatre", now, None, "no answer");
        let until = shut_until(&gates, now);
        assert_eq!(gates.opening("theatre", until), Opening::Probe);
        assert_eq!(gates.opening("museum", now), Opening::Open);
        gates.failed("theatre", until, None, "no answer");
        let later = shut_until(&gates, until);
        assert!(later.milliseconds_since(until) > until.milliseconds_since(now));
        gates.succeeded("theatre");
        assert_eq!(gates.opening("theatre", now), Opening::Open);
    }

    #[test]
    fn a_pause_that_the_provider_asked_for_is_neither_shortened_nor_ended() {
        let gates = CircuitBreakers::default();
        let now = Timestamp::parse("2026-01-01T00:00:00Z").expect("an instant");
        gates.limited("theatre", now, Some(60_000));
        gates.limited("theatre", now, Some(0));
        gates.failed("theatre", now, Some(600_000), "no answer");
        gates.succeeded("theatre");
        assert_eq!(shut_until(&gates, now), now.plus_milliseconds(600_000));
    }

    fn shut_until(gates: &CircuitBreakers, now: Timestamp) -> Timestamp {
        match gates.opening("theatre", now) {
            Opening::Shut(until) => until,
            open => panic!("{open:?}"),
        }
    }
}
