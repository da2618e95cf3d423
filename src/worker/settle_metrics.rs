//! Metrics of a settling transaction, published only after its commit.

use std::collections::BTreeMap;

use metrics::counter;

use crate::clock::Timestamp;
use crate::inbox::{Activity, Finish};

#[derive(Debug, Default)]
pub(super) struct SettleMetrics {
    /// Events by source and verdict.
    attempts: BTreeMap<(String, &'static str), u64>,
    /// Events by source that were parked.
    parked: BTreeMap<String, u64>,
    /// Entries by source.
    entries: BTreeMap<String, u64>,
}

impl SettleMetrics {
    /// Counts the end of an attempt at one event.
    pub(super) fn finished(&mut self, source: &str, finish: &Finish) {
        let verdict = match finish {
            Finish::Applied { newer: true } => "done",
            Finish::Applied { newer: false } => "superseded",
            Finish::Parked { verdict, .. } | Finish::Retry { verdict, .. } => verdict,
        };
        *self.attempts.entry((source.to_owned(), verdict)).or_default() += 1;
        if matches!(finish, Finish::Parked { .. }) {
            *self.parked.entry(source.to_owned()).or_default() += 1;
        }
    }

    /// Counts entries that were written.
    pub(super) fn wrote(&mut self, source: &str, entries: usize) {
        *self.entries.entry(source.to_owned()).or_default() += u64::try_from(entries).unwrap_or(0);
    }

    /// Publishes the counts after the commit.
    pub(super) fn commit(self, settled: &Activity, now: Timestamp) {
        let attempts: u64 = self.attempts.values().sum();
        for ((source, verdict), events) in self.attempts {
            if matches!(verdict, "done" | "superseded") {
                settled.note(&source, now);
                let source = source.clone();
                counter!("ticketledger_events_settled_total", "source" => source, "state" => verdict).increment(events);
            }
            counter!("ticketledger_attempts_total", "source" => source, "verdict" => verdict).increment(events);
        }
        for (source, events) in self.parked {
            counter!("ticketledger_events_parked_total", "source" => source).increment(events);
        }
        for (source, entries) in self.entries {
            counter!("ticketledger_ledger_entries_written_total", "source" => source).increment(entries);
        }
        tracing::debug!(attempts, "attempts ended");
    }
}
