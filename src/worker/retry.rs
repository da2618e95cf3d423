//! When a failed attempt is repeated, as a pure function. The only user of the `backoff` crate, and only of its
//! formula.

use std::time::Duration;

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff as _;
use sha2::{Digest as _, Sha256};

use crate::config;
use crate::inbox::EventId;

/// Milliseconds between attempt number `attempt` and the next: 5, 10, 20, 40 … seconds with the default settings, at
/// most the maximum delay, plus or minus up to a quarter. An event always waits the same time after the same attempt,
/// but events that failed together do not return together.
pub(super) fn delay_milliseconds(settings: &config::Worker, attempt: i32, event: EventId) -> i64 {
    let positive = |milliseconds: i64| Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0));
    let mut formula = ExponentialBackoff {
        initial_interval: positive(settings.retry_initial_milliseconds),
        max_interval: positive(settings.retry_max_milliseconds),
        multiplier: 2.0,
        randomization_factor: 0.0,
        max_elapsed_time: None,
        ..ExponentialBackoff::default()
    };
    formula.reset();
    let mut delay = Duration::ZERO;
    for _ in 0..attempt.clamp(1, 64) {
        delay = formula.next_backoff().unwrap_or(delay);
    }
    let milliseconds = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX / 2000);
    // 750 to 1250 thousandths.
    let thousandths = 750 + i64::from(seed(attempt, event) % 501);
    milliseconds.saturating_mul(thousandths) / 1000
}

fn seed(attempt: i32, event: EventId) -> u16 {
    let digest = Sha256::digest(format!("{event}:{attempt}"));
    digest.iter().take(2).fold(0, |seed, byte| seed << 8 | u16::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> config::Worker {
        config::Worker {
            workers: 1,
            attempts: 12,
            retry_initial_milliseconds: 5_000,
            retry_max_milliseconds: 3_600_000,
        }
    }

    #[test]
    fn delays_double_up_to_the_longest() {
        for (attempt, seconds) in [(1, 5), (2, 10), (3, 20), (4, 40), (10, 2560), (11, 3600), (40, 3600)] {
            for event in 1..50 {
                let delay = delay_milliseconds(&settings(), attempt, event);
                assert!(delay >= seconds * 750 && delay <= seconds * 1250, "attempt {attempt}: {delay}");
            }
        }
    }

    #[test]
    fn the_jitter_is_the_same_each_time_and_differs_between_events() {
        let delays: Vec<i64> = (1..20).map(|event| delay_milliseconds(&settings(), 3, event)).collect();
        let again: Vec<i64> = (1..20).map(|event| delay_milliseconds(&settings(), 3, event)).collect();
        assert_eq!(delays, again);
        assert!(delays.iter().any(|delay| *delay != delays[0]));
    }
}
