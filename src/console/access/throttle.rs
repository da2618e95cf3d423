//! Slows down who guesses passwords: with each failure the next try of the same name, and of the same address, has to
//! wait longer. Nobody is locked out for ever.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::clock::Timestamp;

/// Failures of a name that cost nothing: people mistype.
const FREE_OF_NAME: u32 = 4;
/// The same of an address, behind which there may be an office.
const FREE_OF_ADDRESS: u32 = 20;
/// The first wait; each failure doubles it.
const FIRST_MILLISECONDS: i64 = 1_000;
const LONGEST_MILLISECONDS: i64 = 15 * 60_000;
/// After this long without a failure all is forgotten.
const FORGET_MILLISECONDS: i64 = 60 * 60_000;
/// Names and addresses that are remembered.
const MOST: usize = 20_000;

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Timestamp,
}

/// The failures of the last hour.
#[derive(Debug, Default)]
pub(in crate::console) struct Throttle(Mutex<HashMap<String, Failures>>);

impl Throttle {
    /// How many seconds the next try has to wait, if it has to. A try that may be made counts as failed until
    /// [`Throttle::succeeded`] says otherwise, so that many at once are not one.
    pub(in crate::console) fn try_now(&self, name: &str, address: &str, now: Timestamp) -> Result<(), i64> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = keys(name, address);
        let wait = keys.iter().filter_map(|(key, free)| Some(wait(known.get(key)?, *free, now))).max().unwrap_or(0);
        if wait > 0 {
            return Err(wait.saturating_add(999) / 1000);
        }
        if known.len() >= MOST {
            known.retain(|_, failures| now.milliseconds_since(failures.last) < FORGET_MILLISECONDS / 4);
            if known.len() >= MOST {
                known.clear();
            }
        }
        for (key, _) in keys {
            let failures = known.entry(key).or_insert(Failures { count: 0, last: now });
            if now.milliseconds_since(failures.last) > FORGET_MILLISECONDS {
                failures.count = 0;
            }
            *failures = Failures { count: failures.count.saturating_add(1), last: now };
        }
        Ok(())
    }

    /// The password was right: the name begins anew, and the address is where it was before the try.
    pub(in crate::console) fn succeeded(&self, name: &str, address: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [(name, _), (address, _)] = keys(name, address);
        known.remove(&name);
        if let Some(failures) = known.get_mut(&address) {
            failures.count = failures.count.saturating_sub(1);
        }
    }
}

fn keys(name: &str, address: &str) -> [(String, u32); 2] {
    let name: String = super::names::folded(name).chars().take(64).collect();
    [(format!("name {name}"), FREE_OF_NAME), (format!("address {address}"), FREE_OF_ADDRESS)]
}

fn wait(failures: &Failures, free: u32, now: Timestamp) -> i64 {
    let Some(beyond) = failures.count.checked_sub(free) else { return 0 };
    let delay = FIRST_MILLISECONDS.saturating_mul(1_i64 << beyond.min(20)).min(LONGEST_MILLISECONDS);
    (delay - now.milliseconds_since(failures.last)).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_with_each_failure_and_ends() {
        let throttle = Throttle::default();
        let mut now = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
        for _ in 0..FREE_OF_NAME {
            assert_eq!(throttle.try_now("anna", "10.0.0.1", now), Ok(()));
        }
        let mut waits = Vec::new();
        for _ in 0..12 {
            let wait = throttle.try_now("anna", "10.0.0.1", now).unwrap_err();
            // Another address does not help.
            assert_eq!(throttle.try_now("anna", "10.9.9.9", now), Err(wait));
            waits.push(wait);
            now = now.plus_milliseconds(wait * 1000);
            assert_eq!(throttle.try_now("anna", "10.0.0.1", now), Ok(()));
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        assert_eq!(throttle.try_now("bert", "10.0.0.1", now), Ok(()));
        throttle.succeeded("anna", "10.0.0.1");
        assert_eq!(throttle.try_now("anna", "10.0.0.1", now), Ok(()));
    }

    #[test]
    fn an_address_that_tries_many_names_waits_too() {
        let throttle = Throttle::default();
        let now = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
        for number in 0..FREE_OF_ADDRESS {
            assert_eq!(throttle.try_now(&number.to_string(), "10.0.0.1", now), Ok(()));
        }
        assert_eq!(throttle.try_now("one more", "10.0.0.1", now), Err(1));
        assert_eq!(throttle.try_now("one more", "10.0.0.2", now), Ok(()));
    }
}
