//! A circuit breaker for each source: open while the provider limits our rate or is down, so that we do not flood it
//! and no event uses up its attempts for a failure that is not its own.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::clock::{Clock, Moment};

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

#[derive(Debug)]
pub(super) struct CircuitBreakers {
    clock: Clock,
    breakers: Mutex<HashMap<String, CircuitBreaker>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct CircuitBreaker {
    failures: u32,
    /// Failures that were ever counted: what a request compares with the number when it began.
    counted: u64,
    /// Our own pause; a response ends it.
    open_until: Option<Moment>,
    /// The pause that the provider asked for; a response to a request already under way does not end it.
    asked_until: Option<Moment>,
}

/// What a circuit breaker lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BreakerState {
    /// Any number of requests.
    Closed,
    /// One request, to test whether the provider is back.
    HalfOpen,
    /// No request for this many milliseconds.
    Open(i64),
}

/// Tells requests that were under way when a failure was counted from those that began after it. The former say nothing
/// new: a burst is one failure, however many requests were in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Began(u64);

impl CircuitBreakers {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, breakers: Mutex::default() }
    }

    pub(super) fn state(&self, source: &str) -> BreakerState {
        let (breaker, now) = (self.with(source, |breaker| *breaker), self.clock.moment());
        match breaker.open_until.max(breaker.asked_until) {
            Some(until) if until > now => BreakerState::Open(until.milliseconds_since(now)),
            _ if breaker.failures >= BREAKER_FAILURES => BreakerState::HalfOpen,
            _ => BreakerState::Closed,
        }
    }

    /// The sources whose provider counts as down.
    pub(super) fn down(&self) -> Vec<String> {
        let breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        let down = breakers.iter().filter(|(_, breaker)| breaker.failures >= BREAKER_FAILURES);
        down.map(|(source, _)| source.clone()).collect()
    }

    /// To be asked before a request is made, and handed to [`CircuitBreakers::failed`].
    pub(super) fn begin(&self, source: &str) -> Began {
        Began(self.with(source, |breaker| breaker.counted))
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
    pub(super) fn failed(&self, source: &str, began: Began, retry_after_milliseconds: Option<i64>, detail: &str) {
        let now = self.clock.moment();
        let paused = self.with(source, |breaker| {
            if let Some(pause) = retry_after_milliseconds {
                breaker.asked_until = breaker.asked_until.max(Some(now.plus_milliseconds(pause)));
            }
            if began.0 < breaker.counted {
                return None;
            }
            breaker.counted = breaker.counted.saturating_add(1);
            breaker.failures = breaker.failures.saturating_add(1);
            if breaker.failures < BREAKER_FAILURES {
                return None;
            }
            let doublings = breaker.failures.saturating_sub(BREAKER_FAILURES).min(10);
            let pause = (PAUSE_MILLISECONDS << doublings).min(PAUSE_MAX_MILLISECONDS);
            breaker.open_until = Some(now.plus_milliseconds(pause));
            let until = breaker.open_until.max(breaker.asked_until)?;
            Some((breaker.failures == BREAKER_FAILURES, until.milliseconds_since(now)))
        });
        let Some((first, pause)) = paused else { return };
        let until = self.clock.now().plus_milliseconds(pause);
        if first {
            metrics::gauge!("ticketledger_provider_breaker_open", "source" => source.to_owned()).set(1);
            tracing::warn!(source, %until, detail, "cannot read from the provider; fetching is paused");
        } else {
            tracing::info!(source, %until, detail, "the provider still cannot be read; fetching stays paused");
        }
    }

    /// Records that the provider limits our rate: the whole source waits.
    pub(super) fn limited(&self, source: &str, retry_after_milliseconds: Option<i64>) {
        let pause = retry_after_milliseconds.unwrap_or(RATE_PAUSE_MILLISECONDS).max(RATE_PAUSE_LEAST_MILLISECONDS);
        let now = self.clock.moment();
        let until = self.with(source, |breaker| {
            breaker.asked_until = breaker.asked_until.max(Some(now.plus_milliseconds(pause)));
            breaker.asked_until.max(breaker.open_until)
        });
        let pause = until.map_or(pause, |until| until.milliseconds_since(now));
        let until = self.clock.now().plus_milliseconds(pause);
        tracing::warn!(source, %until, "the provider limits our requests; the source waits");
    }

    fn with<T>(&self, source: &str, change: impl FnOnce(&mut CircuitBreaker) -> T) -> T {
        let mut breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        change(breakers.entry(source.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    fn breakers() -> CircuitBreakers {
        CircuitBreakers::new(Clock::manual(Timestamp::parse("2026-01-01T00:00:00Z").expect("an instant")))
    }

    fn fail(breakers: &CircuitBreakers) {
        breakers.failed("theatre", breakers.begin("theatre"), None, "no answer");
    }

    #[test]
    fn a_provider_that_is_down_is_probed_and_resumes() {
        let breakers = breakers();
        fail(&breakers);
        fail(&breakers);
        assert_eq!(breakers.state("theatre"), BreakerState::Closed);
        fail(&breakers);
        let pause = pause(&breakers);
        breakers.clock.advance_milliseconds(pause);
        assert_eq!(breakers.state("theatre"), BreakerState::HalfOpen);
        assert_eq!(breakers.state("museum"), BreakerState::Closed);
        fail(&breakers);
        assert!(self::pause(&breakers) > pause);
        breakers.succeeded("theatre");
        assert_eq!(breakers.state("theatre"), BreakerState::Closed);
    }

    #[test]
    fn a_burst_is_one_failure() {
        let breakers = breakers();
        let burst = [breakers.begin("theatre"); 16];
        burst.iter().for_each(|began| breakers.failed("theatre", *began, None, "no answer"));
        assert_eq!(breakers.state("theatre"), BreakerState::Closed);
        fail(&breakers);
        // The third is a burst again: the pause is the first one, and the requests of the burst do not prolong it.
        let burst = [breakers.begin("theatre"); 16];
        burst.iter().for_each(|began| breakers.failed("theatre", *began, None, "no answer"));
        assert_eq!(pause(&breakers), PAUSE_MILLISECONDS);
        breakers.clock.advance_milliseconds(PAUSE_MILLISECONDS);
        burst.iter().for_each(|began| breakers.failed("theatre", *began, None, "no answer"));
        assert_eq!(breakers.state("theatre"), BreakerState::HalfOpen, "only a probe that fails counts");
    }

    #[test]
    fn a_pause_that_the_provider_asked_for_is_neither_shortened_nor_ended() {
        let breakers = breakers();
        breakers.limited("theatre", Some(60_000));
        breakers.limited("theatre", Some(0));
        breakers.failed("theatre", breakers.begin("theatre"), Some(600_000), "no answer");
        breakers.succeeded("theatre");
        assert_eq!(pause(&breakers), 600_000);
    }

    #[test]
    fn a_clock_that_is_set_back_prolongs_no_pause() {
        let breakers = breakers();
        breakers.limited("theatre", Some(60_000));
        breakers.clock.set_milliseconds_ahead(-7_200_000);
        assert_eq!(pause(&breakers), 60_000);
        breakers.clock.advance_milliseconds(60_000);
        assert_eq!(breakers.state("theatre"), BreakerState::Closed);
    }

    fn pause(breakers: &CircuitBreakers) -> i64 {
        match breakers.state("theatre") {
            BreakerState::Open(pause) => pause,
            other => panic!("{other:?}"),
        }
    }
}
