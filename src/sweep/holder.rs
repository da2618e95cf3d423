//! Who sweeps a source now: told to whoever finds it busy, and succeeded at once when its process is proven to be gone.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::clock::{Clock, Timestamp};
use crate::cluster::{Process, unique};

/// Whoever sweeps a source, as it is stored with the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Part of a daemon, else a command.
    pub is_daemon: bool,
    pub process: Process,
    /// When it took the source.
    pub since: Timestamp,
    /// Two sweeps of one process differ by this.
    unique: String,
}

/// A source that somebody else sweeps now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Busy {
    pub source: String,
    /// `None` when whoever it is cannot be read.
    pub holder: Option<Holder>,
    /// When the source is free, unless its holder extends that.
    pub until: Timestamp,
    /// In which zone times are told.
    pub zone: Tz,
}

impl Holder {
    /// This process from now on.
    pub(super) fn own(is_daemon: bool, clock: &Clock) -> Self {
        Self { is_daemon, process: Process::own(), since: clock.now(), unique: unique() }
    }

    /// As it is stored.
    pub(super) fn stored(&self) -> String {
        // Writing our own type cannot fail; the unique part alone still tells us from others.
        serde_json::to_string(self).unwrap_or_else(|_| self.unique.clone())
    }

    /// What was stored; `None` of an earlier form.
    pub(super) fn read(stored: &str) -> Option<Self> {
        serde_json::from_str(stored).ok()
    }

    /// Whether `other`, of which nothing was heard for so long, cannot sweep any more. Of a SQLite file there is one
    /// daemon, and it is us: an earlier one has ended, wherever it ran.
    pub(super) fn succeeds(&self, other: &Self, silent_milliseconds: i64, is_embedded: bool) -> bool {
        let earlier_daemon = is_embedded && self.is_daemon && other.is_daemon && self.process != other.process;
        earlier_daemon || self.process.proves_gone(&other.process, silent_milliseconds)
    }

    /// `process 4711 on books-1 (a daemon)`
    pub fn in_words(&self) -> String {
        let what = if self.is_daemon { "a daemon" } else { "`ticketledger sweep`" };
        format!("process {} on {} ({what})", self.process.id, self.process.host)
    }
}

impl std::fmt::Display for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { source, holder, until, zone } = self;
        let until = until.local_minute_named(*zone);
        match holder {
            Some(holder) => {
                let since = holder.since.local_minute_named(*zone);
                write!(f, "{} has been sweeping {source} since {since}", holder.in_words())?;
            }
            None => write!(f, "another process is sweeping {source}")?,
        }
        write!(
            f,
            "; try again when it has ended. If that process is gone, {source} is free at {until}: nothing of what it \
             stored is lost, and the next sweep goes on where it was"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_holder_is_read_as_it_was_stored_and_an_earlier_form_is_nobody_we_know() {
        let own = Holder::own(true, &Clock::System);
        assert_eq!(Holder::read(&own.stored()), Some(own));
        assert_eq!(Holder::read("4711-0123456789abcdef"), None);
    }

    #[test]
    fn only_a_process_that_is_gone_is_succeeded() {
        let own = Holder::own(false, &Clock::System);
        assert!(!own.succeeds(&own, i64::MAX, true), "another sweep of this process may run");
        let mut ended = own.clone();
        ended.process.id = i64::from(u32::MAX);
        assert!(own.succeeds(&ended, 0, false));
        let mut elsewhere = Holder { is_daemon: true, ..ended };
        elsewhere.process.host = "elsewhere".to_owned();
        let daemon = Holder { is_daemon: true, ..own.clone() };
        assert!(!own.succeeds(&elsewhere, i64::MAX, true), "a command does not know whether the daemon runs");
        assert!(!daemon.succeeds(&elsewhere, i64::MAX, false), "daemons share PostgreSQL");
        assert!(daemon.succeeds(&elsewhere, 0, true), "a SQLite file has one daemon");
        assert!(!daemon.succeeds(&Holder { is_daemon: false, ..elsewhere }, i64::MAX, true), "a command may still run");
    }

    #[test]
    fn who_when_and_what_to_do_are_said() {
        let mut holder = Holder { since: at("2025-11-11T12:00:00Z"), ..Holder::own(true, &Clock::System) };
        (holder.process.id, holder.process.host) = (4711, "books-1".to_owned());
        let zone = chrono_tz::Europe::Berlin;
        let mut busy =
            Busy { source: "museum".to_owned(), holder: Some(holder), until: at("2025-11-11T12:03:00Z"), zone };
        assert_eq!(
            busy.to_string(),
            "process 4711 on books-1 (a daemon) has been sweeping museum since 2025-11-11 13:00 CET; try again when it \
             has ended. If that process is gone, museum is free at 2025-11-11 13:03 CET: nothing of what it stored is \
             lost, and the next sweep goes on where it was"
        );
        busy.holder = None;
        assert!(busy.to_string().starts_with("another process is sweeping museum; try again"), "{busy}");
    }
}
