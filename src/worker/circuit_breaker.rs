//! A circuit breaker for each source: open while the provider limits our rate or is down, so that we do not flood it
//! and no event uses up its attempts for a failure that is not its own.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::clock::Timestamp;

/// Consecutive failures after which a provider counts as down.
const BREAKER_FAILURES: u32 = 3;
/// First pause after a provider went down, in milliseconds; it doubles with each failed probe.
const PAUSE_MILLISECONDS: i64 = 5_000;
/// Longest pause, in milliseconds.
const PAUSE_MAX_MILLISECONDS: i64 = 300_000;
/// Pause when the provider limits our rate without naming a duration, in milliseconds.
const RATE_PAUSE_MILLISECONDS: i64 = 30_000;
/// Shortest such pause in milliseconds, whatever the provider says: an attempt that does not count must not be repeated
/// without end.
const RATE_PAUSE_LEAST_MILLISECONDS: i64 = 1_000;

#[derive(Debug, Default)]
pub(super) struct CircuitBreakers(Mutex<HashMap<String, CircuitBreaker>>);

#[derive(Clone, Copy, Debug, Default)]
struct CircuitBreaker {
    failures: u32,
    /// Our own pause; a response ends it.
    open_until: Option<Timestamp>,
    /// The pause that the provider asked for; a response to a request already under way does not end it.
    asked_until: Option<Timestamp>,
}

/// What a circuit breaker lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BreakerState {
    /// Any number of requests.
    Closed,
    /// One request, to test whether the provider is back.
    HalfOpen,
    /// No request before this instant.
    Open(Timestamp),
}

impl CircuitBreakers {
    pub(super) fn state(&self, source: &str, now: Timestamp) -> BreakerState {
        let breaker = self.with(source, |breaker| *breaker);
        match breaker.open_until.max(breaker.asked_until) {
            Some(until) if until > now => BreakerState::Open(until),
            _ if breaker.failures >= BREAKER_FAILURES => BreakerState::HalfOpen,
            _ => BreakerState::Closed,
        }
    }

    /// The sources whose provider counts as down.
    pub(super) fn down(&self) -> Vec<String> {
        let breakers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let down = breakers.iter().filter(|(_, breaker)| breaker.failures >= BREAKER_FAILURES);
        down.map(|(source, _)| source.clone()).collect()
    }

    /// Records that the provider answered.
    pub(super) fn succeeded(&self, source: &str) {
        let failures = self.with(source, |breaker| {
            breaker.open_until = None;
            std::mem::take(&mut breaker.failures)
        });
        if failures >= BREAKER_FAILURES {
            metrics::gauge!("ticketledger_provider_breaker_open", "source" => source.to_owned()).set(0);
            tracing::info!(source, "the provider answers again");
        }
    }

    /// Records a failure of the provider.
    pub(super) fn failed(&self, source: &str, now: Timestamp, retry_after_milliseconds: Option<i64>, detail: &str) {
        self.with(source, |breaker| {
            breaker.failures = breaker.failures.saturating_add(1);
            if let Some(pause) = retry_after_milliseconds {
                breaker.asked_until = breaker.asked_until.max(Some(now.plus_milliseconds(pause)));
            }
            if breaker.failures >= BREAKER_FAILURES {
                let doublings = breaker.failures.saturating_sub(BREAKER_FAILURES).min(10);
                let pause = (PAUSE_MILLISECONDS << doublings).min(PAUSE_MAX_MILLISECONDS);
                let until = now.plus_milliseconds(pause);
                if breaker.failures == BREAKER_FAILURES {
                    metrics::gauge!("ticketledger_provider_breaker_open", "source" => source.to_owned()).set(1);
                    tracing::warn!(source, %until, detail, "cannot read from the provider; fetching is paused");
                }
                breaker.open_until = Some(until);
            }
        });
    }

    /// Records that the provider limits our rate: the whole source waits.
    pub(super) fn limited(&self, source: &str, now: Timestamp, retry_after_milliseconds: Option<i64>) {
        let pause = retry_after_milliseconds.unwrap_or(RATE_PAUSE_MILLISECONDS);
        let until = now.plus_milliseconds(pause.max(RATE_PAUSE_LEAST_MILLISECONDS));
        self.with(source, |breaker| breaker.asked_until = breaker.asked_until.max(Some(until)));
        tracing::warn!(source, %until, "the provider limits our requests; the source waits");
    }

    fn with<T>(&self, source: &str, change: impl FnOnce(&mut CircuitBreaker) -> T) -> T {
        let mut breakers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(breakers.entry(source.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_that_is_down_is_probed_and_resumes() {
        let breakers = CircuitBreakers::default();
        let now = Timestamp::parse("2026-01-01T00:00:00Z").expect("an instant");
        breakers.failed("theatre", now, None, "no answer");
        breakers.failed("theatre", now, None, "no answer");
        assert_eq!(breakers.state("theatre", now), BreakerState::Closed);
        breakers.failed("theatre", now, None, "no answer");
        let until = open_until(&breakers, now);
        assert_eq!(breakers.state("theatre", until), BreakerState::HalfOpen);
        assert_eq!(breakers.state("museum", now), BreakerState::Closed);
        breakers.failed("theatre", until, None, "no answer");
        let later = open_until(&breakers, until);
        assert!(later.milliseconds_since(until) > until.milliseconds_since(now));
        breakers.succeeded("theatre");
        assert_eq!(breakers.state("theatre", now), BreakerState::Closed);
    }

    #[test]
    fn a_pause_that_the_provider_asked_for_is_neither_shortened_nor_ended() {
        let breakers = CircuitBreakers::default();
        let now = Timestamp::parse("2026-01-01T00:00:00Z").expect("an instant");
        breakers.limited("theatre", now, Some(60_000));
        breakers.limited("theatre", now, Some(0));
        breakers.failed("theatre", now, Some(600_000), "no answer");
        breakers.succeeded("theatre");
        assert_eq!(open_until(&breakers, now), now.plus_milliseconds(600_000));
    }

    fn open_until(breakers: &CircuitBreakers, now: Timestamp) -> Timestamp {
        match breakers.state("theatre", now) {
            BreakerState::Open(until) => until,
            other => panic!("{other:?}"),
        }
    }
}
