//! How complete a source's book is: until when nothing is missing, what is parked, and what the last comparison with
//! the provider found. Said in one way wherever it is said: reports, metrics, `/readyz`, the month pack, exports, the
//! manifest of a close.
//!
//! Nobody compared yet is "unknown". It is never taken for "now".

mod parked;
mod store;
mod words;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

pub use self::parked::{Parked, Tell, Told, ToldPayment, parked, told};
pub use self::store::{covers, missed_between, swept};
pub use self::words::{cause_in_words, ended_in_words};

use crate::clock::Timestamp;
use crate::db::{Connection, Result};

/// How complete the book of a source is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshness {
    /// All that changed at the provider before this instant is booked, but for what is parked. Absent: unknown.
    pub complete_up_to: Option<Timestamp>,
    /// The last comparison with the provider that ended. Absent: there was none.
    pub last_sweep: Option<LastSweep>,
    /// Webhooks that never came, found by sweeps within the last day.
    pub missed_last_day: i64,
    pub parked: Parked,
}

/// A comparison with the provider, as it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastSweep {
    pub at: Timestamp,
    /// `clean`, `repaired`, `failed`, `stopped`, `over_budget` or `unstable`.
    pub result: String,
    /// Why it failed, in a word.
    pub error: Option<String>,
    /// Orders that were not as they were known.
    pub differences: i64,
}

impl LastSweep {
    /// Whether it went through everything that it was to compare.
    pub fn ended_well(&self) -> bool {
        matches!(self.result.as_str(), "clean" | "repaired")
    }
}

/// What sweeps say of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// All that changed before this instant is received.
    pub complete_until: Option<Timestamp>,
    pub last: Option<LastSweep>,
    pub missed_last_day: i64,
    /// When the last sweep that found a difference began.
    pub repaired_at: Option<Timestamp>,
    /// When the last one that came to its end ended.
    pub succeeded_at: Option<Timestamp>,
    /// When the first one since then began that did not come to its end.
    pub failing_since: Option<Timestamp>,
    /// Somebody sweeps it now.
    pub is_running: bool,
}

impl Freshness {
    /// Of what is known already: what sweeps say, since when the oldest webhook waits, and what is parked.
    pub fn of(swept: Swept, waiting_since: Option<Timestamp>, parked: Parked) -> Self {
        // What is received and not booked yet is not complete.
        let booked_until = |until: Timestamp| waiting_since.map_or(until, |since| since.min(until));
        Self {
            complete_up_to: swept.complete_until.map(booked_until),
            last_sweep: swept.last,
            missed_last_day: swept.missed_last_day,
            parked,
        }
    }

    /// Reads how complete a source is. `tell` reads the payments in the body of a parked webhook.
    ///
    /// # Errors
    /// When a statement fails, or the parked payments add up to more than 64 bits.
    pub fn read(connection: &mut Connection, source: &str, tell: Tell<'_>, now: Timestamp) -> Result<Self> {
        let waiting_since = store::waiting_since(connection, source)?;
        let (swept, parked) = (swept(connection, source, now)?, parked(connection, source, tell)?);
        Ok(Self::of(swept, waiting_since, parked))
    }

    /// The statement, with times of a zone: `complete up to 2025-11-30 14:03 CET; 2 parked (135.00 EUR); last sweep
    /// 2025-11-30 13:50 CET, 0 differences`.
    pub fn in_words(&self, zone: Tz) -> String {
        let time = |at: Timestamp| at.local_minute_named(zone);
        let complete = match self.complete_up_to {
            Some(at) => format!("complete up to {}", time(at)),
            None => "complete up to: unknown".to_owned(),
        };
        let sweep = match &self.last_sweep {
            None => "never swept for changes".to_owned(),
            Some(sweep) if sweep.ended_well() => {
                let s = if sweep.differences == 1 { "" } else { "s" };
                format!("last sweep {}, {} difference{s}", time(sweep.at), sweep.differences)
            }
            Some(sweep) => {
                let ended = sweep.ended_in_words();
                format!("the last sweep, {}, {ended}", time(sweep.at))
            }
        };
        format!("{complete}; {}; {sweep}", self.parked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn words(freshness: &Freshness) -> String {
        freshness.in_words(chrono_tz::Europe::Berlin)
    }

    #[test]
    fn never_swept_is_unknown_and_never_now() {
        assert_eq!(words(&Freshness::default()), "complete up to: unknown; nothing parked; never swept for changes");
        let waiting = Freshness::of(Swept::default(), Some(at("2025-11-30T13:00:00Z")), Parked::default());
        assert_eq!(waiting.complete_up_to, None);
    }

    #[test]
    fn the_statement_says_until_when_what_is_parked_and_what_was_found() {
        let told = vec![Told { currency: "EUR".to_owned(), amount_minor: 13_500 }];
        let sweep =
            LastSweep { at: at("2025-11-30T12:50:00Z"), result: "clean".to_owned(), error: None, differences: 0 };
        let mut freshness = Freshness {
            complete_up_to: Some(at("2025-11-30T13:03:00Z")),
            last_sweep: Some(sweep),
            missed_last_day: 0,
            parked: Parked { events: 2, told, without_sum: 0 },
        };
        assert_eq!(
            words(&freshness),
            "complete up to 2025-11-30 14:03 CET; 2 parked (135.00 EUR); last sweep 2025-11-30 13:50 CET, 0 differences"
        );
        freshness.parked.without_sum = 1;
        let last = freshness.last_sweep.as_mut().unwrap();
        (last.result, last.error) = ("failed".to_owned(), Some("provider_down".to_owned()));
        assert_eq!(
            words(&freshness),
            "complete up to 2025-11-30 14:03 CET; 2 parked (135.00 EUR, 1 of unknown amount); the last sweep, \
             2025-11-30 13:50 CET, failed: the provider is down"
        );
    }

    #[test]
    fn what_waits_is_not_complete() {
        let swept = Swept { complete_until: Some(at("2025-11-30T13:00:00Z")), ..Swept::default() };
        let of = |since| Freshness::of(swept.clone(), Some(at(since)), Parked::default()).complete_up_to;
        assert_eq!(of("2025-11-30T12:00:00Z"), Some(at("2025-11-30T12:00:00Z")));
        assert_eq!(of("2025-11-30T13:30:00Z"), Some(at("2025-11-30T13:00:00Z")));
    }
}
