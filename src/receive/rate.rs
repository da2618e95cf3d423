//! The rate limit of a source, in deliveries per second.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use governor::clock::{Clock as _, Reference as _};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::clock::{Clock, Moment};

pub(super) struct Rate {
    limiter: RateLimiter<NotKeyed, InMemoryState, Elapsed, NoOpMiddleware<Nanos>>,
    elapsed: Elapsed,
}

impl Rate {
    pub(super) fn new(per_second: u32, clock: &Clock) -> Self {
        let elapsed = Elapsed::since_now(clock);
        Self::of(Quota::per_second(NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN)), elapsed)
    }

    /// One a minute, for what is logged.
    pub(super) fn once_a_minute(clock: &Clock) -> Self {
        Self::of(Quota::per_minute(NonZeroU32::MIN), Elapsed::since_now(clock))
    }

    fn of(quota: Quota, elapsed: Elapsed) -> Self {
        Self { limiter: RateLimiter::direct_with_clock(quota, elapsed.clone()), elapsed }
    }

    /// Takes one permit, or returns how long to wait for the next.
    pub(super) fn take(&self) -> Result<(), Duration> {
        self.limiter.check().map_err(|refused| {
            let wait = refused.earliest_possible().duration_since(self.elapsed.now());
            wait.into()
        })
    }
}

/// Time since the start. The wall clock may be set back, and then nobody could deliver until it has caught up; so this
/// uses the monotonic clock, or the manual one in tests.
#[derive(Clone, Debug)]
enum Elapsed {
    Steady(Instant),
    Manual(Clock, Moment),
}

impl Elapsed {
    fn since_now(clock: &Clock) -> Self {
        match clock {
            Clock::System => Self::Steady(Instant::now()),
            Clock::Manual(_) => Self::Manual(clock.clone(), clock.moment()),
        }
    }
}

impl governor::clock::Clock for Elapsed {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let elapsed = match self {
            Self::Steady(start) => start.elapsed(),
            Self::Manual(clock, start) => {
                Duration::from_millis(u64::try_from(clock.moment().milliseconds_since(*start)).unwrap_or(0))
            }
        };
        elapsed.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    #[test]
    fn more_than_the_rate_must_wait() {
        let clock = Clock::manual(Timestamp::parse("2026-01-01T00:00:00Z").expect("an instant"));
        let rate = Rate::new(2, &clock);
        assert_eq!(rate.take(), Ok(()));
        assert_eq!(rate.take(), Ok(()));
        assert_eq!(rate.take(), Err(Duration::from_millis(500)));
        clock.advance_milliseconds(500);
        assert_eq!(rate.take(), Ok(()));
    }
}
