//! Every metric by name, with its kind and its HELP. Nothing is exported that is not described here, and what is
//! described is exported from the start, so that a rate is known before the first event.
//!
//! Labels have bounded values: names of sources, currencies, and words that stand in this program. Never anything that
//! a sender wrote.

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder};

use crate::clock::Timestamp;
use crate::config::{Config, Source};
use crate::order::Provider;

/// Why a delivery is not stored: the values of the label `reason`.
pub const REFUSALS: [&str; 13] = [
    "unreadable_request",
    "unknown_path",
    "wrong_method",
    "wrong_secret",
    "unknown_source",
    "no_token",
    "invalid_token",
    "token_check_failed",
    "rate_limited",
    "body_too_large",
    "body_too_slow",
    "body_incomplete",
    "not_stored",
];
/// How an attempt ends: the values of the label `verdict`.
pub const VERDICTS: [&str; 6] = ["done", "superseded", "transient", "rate_limited", "provider_down", "permanent"];
/// How bad a finding is, the worst first.
pub const SEVERITIES: [&str; 4] = ["high", "medium", "low", "info"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, from the start of the process.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts by size.
    Histogram,
}

/// Whose number it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Of one daemon: sum over those that share a database.
    Daemon,
    /// Of the database: every daemon on it tells the same; take the maximum.
    Database,
}

/// Name, kind, scope and HELP of a metric.
pub type Described = (&'static str, Kind, Scope, &'static str);

use Kind::{Counter, Gauge, Histogram};
use Scope::{Daemon, Database};

pub const ALL: &[Described] = &[
    ("ticketledger_build_info", Gauge, Daemon, "Always 1; the labels say which version runs on which database engine."),
    (
        "ticketledger_deliveries_accepted_total",
        Counter,
        Daemon,
        "Webhooks stored and answered 2xx, by source; state `parked` counts those that could not be read.",
    ),
    (
        "ticketledger_deliveries_refused_total",
        Counter,
        Daemon,
        "Webhooks not stored, by source (empty when unknown) and reason.",
    ),
    ("ticketledger_token_requests_total", Counter, Daemon, "Requests for an OAuth token, by result."),
    ("ticketledger_inbox_commit_seconds", Histogram, Daemon, "Time to store a batch of webhooks durably."),
    ("ticketledger_inbox_batch_events", Histogram, Daemon, "Webhooks stored in one transaction."),
    ("ticketledger_inbox_commit_failures_total", Counter, Daemon, "Transactions of the inbox writer that failed."),
    ("ticketledger_attempts_total", Counter, Daemon, "Finished attempts to settle an event, by source and verdict."),
    (
        "ticketledger_events_settled_total",
        Counter,
        Daemon,
        "Events settled, by source; state `superseded` counts those older than what was known.",
    ),
    ("ticketledger_events_parked_total", Counter, Daemon, "Events parked by the workers, by source."),
    (
        "ticketledger_ledger_entries_written_total",
        Counter,
        Daemon,
        "Entries written to the ledger by the workers, by source.",
    ),
    (
        "ticketledger_provider_request_seconds",
        Histogram,
        Daemon,
        "Time to read one record from the provider, tokens included, by source and outcome.",
    ),
    (
        "ticketledger_provider_breaker_open",
        Gauge,
        Daemon,
        "1 while the provider of a source counts as down and fetching is paused or probing, else 0.",
    ),
    (
        "ticketledger_database_connections",
        Gauge,
        Daemon,
        "Connections of the pools to the database, by pool and state.",
    ),
    ("ticketledger_database_wait_seconds", Histogram, Daemon, "Time spent waiting for a connection of a pool."),
    ("ticketledger_database_timeouts_total", Counter, Daemon, "Waits for a connection that timed out, by pool."),
    ("ticketledger_database_disk_free_bytes", Gauge, Daemon, "Free space on the disk of a SQLite database, in bytes."),
    (
        "ticketledger_database_log_bytes",
        Gauge,
        Daemon,
        "Size of the write-ahead log of a SQLite database, in bytes; a reader that stays makes it grow.",
    ),
    ("ticketledger_backlog_events", Gauge, Database, "Events waiting to be settled, by source."),
    (
        "ticketledger_backlog_oldest_age_seconds",
        Gauge,
        Database,
        "Age of the oldest waiting event, by source; 0 if none is waiting.",
    ),
    ("ticketledger_parked_events", Gauge, Database, "Parked events, by source."),
    (
        "ticketledger_parked_amount_minor",
        Gauge,
        Database,
        "Payments reported by parked webhooks, in minor units of the currency, by source.",
    ),
    ("ticketledger_parked_unvalued_events", Gauge, Database, "Parked events whose payments are unknown, by source."),
    ("ticketledger_findings_open", Gauge, Database, "Findings that nobody has acknowledged, by source and severity."),
    (
        "ticketledger_source_last_received_timestamp_seconds",
        Gauge,
        Database,
        "When the last webhook of a source was stored; 0 if there was none.",
    ),
    (
        "ticketledger_source_last_settled_timestamp_seconds",
        Gauge,
        Database,
        "When the last event of a source was settled; 0 if there was none.",
    ),
    (
        "ticketledger_source_complete_timestamp_seconds",
        Gauge,
        Database,
        "Until when the book of a source is known to be complete, by comparison with the provider; 0 if unknown.",
    ),
    (
        "ticketledger_silence_expected_deliveries",
        Gauge,
        Database,
        "Webhooks that usually come in the time since the last one that no sweep explains, by source and kind.",
    ),
    ("ticketledger_alert_active", Gauge, Database, "1 while an alert of a source is active, else 0, by alert."),
    (
        "ticketledger_alert_notices_total",
        Counter,
        Daemon,
        "Notices of alerts handed to the command or to mail, by result.",
    ),
    (
        "ticketledger_monitor_refreshed_timestamp_seconds",
        Gauge,
        Daemon,
        "When the daemon last read these values from the database.",
    ),
    ("ticketledger_monitor_failures_total", Counter, Daemon, "Failed attempts to read these values from the database."),
    (
        "ticketledger_sweep_complete_until_timestamp_seconds",
        Gauge,
        Database,
        "All that changed at the provider of a source before is stored; 0 if it was never swept.",
    ),
    (
        "ticketledger_sweep_last_success_timestamp_seconds",
        Gauge,
        Database,
        "When the last sweep of a source came to its end; 0 if none did.",
    ),
    ("ticketledger_sweep_budget_left", Gauge, Database, "Requests left of the month, by source and kind."),
    (
        "ticketledger_sweep_found_total",
        Counter,
        Database,
        "Changes that a sweep found, by source; kind `missed` had no webhook, kind `late` had one afterwards.",
    ),
    ("ticketledger_sweep_runs_total", Counter, Database, "Runs of the sweep, by source and result."),
    ("ticketledger_sweep_requests_total", Counter, Database, "Requests of the sweep to the provider, by source."),
    ("process_start_time_seconds", Gauge, Daemon, "When the process started, in seconds since 1970."),
    ("process_cpu_seconds_total", Counter, Daemon, "CPU time used, in seconds."),
    ("process_resident_memory_bytes", Gauge, Daemon, "Memory in use, in bytes."),
    ("process_open_fds", Gauge, Daemon, "Open file descriptors."),
    ("process_max_fds", Gauge, Daemon, "Maximum number of open file descriptors."),
];

/// The recorder with the buckets that fit each histogram.
///
/// # Errors
/// None with the buckets written here.
pub fn recorder() -> Result<PrometheusBuilder, BuildError> {
    let seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
    let events = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];
    PrometheusBuilder::new()
        .set_buckets(&seconds)?
        .set_buckets_for_metric(Matcher::Full("ticketledger_inbox_batch_events".to_owned()), &events)
}

/// Tells the recorder of this process what each metric is.
pub fn describe() {
    for (name, kind, _, help) in ALL {
        match kind {
            Counter => describe_counter!(*name, *help),
            Gauge => describe_gauge!(*name, *help),
            Histogram => describe_histogram!(*name, *help),
        }
    }
}

/// Begins every series that the settings make possible, the counters at nothing.
pub fn begin(config: &Config, embedded: bool, now: Timestamp) {
    // The start of the daemon; that of the process is a moment earlier, and hidden from a service in a cage.
    gauge!("process_start_time_seconds").set(now.utc().timestamp() as f64);
    let engine = if embedded { "sqlite" } else { "postgres" };
    gauge!("ticketledger_build_info", "version" => env!("CARGO_PKG_VERSION"), "engine" => engine).set(1);
    for result in ["issued", "invalid_client", "invalid_request", "unsupported_grant_type"] {
        counter!("ticketledger_token_requests_total", "result" => result).increment(0);
    }
    for result in ["sent", "failed"] {
        counter!("ticketledger_alert_notices_total", "result" => result).increment(0);
    }
    counter!("ticketledger_inbox_commit_failures_total").increment(0);
    counter!("ticketledger_monitor_failures_total").increment(0);
    // Asking for a histogram makes the recorder show it, empty.
    let _ = (histogram!("ticketledger_inbox_commit_seconds"), histogram!("ticketledger_inbox_batch_events"));
    for reason in REFUSALS {
        counter!("ticketledger_deliveries_refused_total", "source" => "", "reason" => reason).increment(0);
    }
    for source in &config.sources {
        let kind = match source.provider {
            Provider::Bookingkit => "order",
            Provider::Ticketpark => "new-booking",
        };
        gauge!("ticketledger_silence_expected_deliveries", "source" => source.name.clone(), "kind" => kind).set(0);
        begin_source(&source.name, source.api.is_some());
        if source.can_be_swept() {
            begin_sweep(source);
        }
    }
}

fn begin_sweep(swept: &Source) {
    let source = swept.name.clone();
    for result in ["clean", "repaired", "failed", "stopped", "over_budget", "unstable"] {
        counter!("ticketledger_sweep_runs_total", "source" => source.clone(), "result" => result).increment(0);
    }
    for kind in ["missed", "late"] {
        counter!("ticketledger_sweep_found_total", "source" => source.clone(), "kind" => kind).increment(0);
    }
    counter!("ticketledger_sweep_requests_total", "source" => source).increment(0);
    // How far it is and what is left of its budget stands in the database: until that is read, nothing is said of it.
}

fn begin_source(source: &str, fetches: bool) {
    let source = source.to_owned();
    for state in ["pending", "parked"] {
        counter!("ticketledger_deliveries_accepted_total", "source" => source.clone(), "state" => state).increment(0);
    }
    for reason in REFUSALS {
        counter!("ticketledger_deliveries_refused_total", "source" => source.clone(), "reason" => reason).increment(0);
    }
    for verdict in VERDICTS {
        counter!("ticketledger_attempts_total", "source" => source.clone(), "verdict" => verdict).increment(0);
    }
    for state in ["done", "superseded"] {
        counter!("ticketledger_events_settled_total", "source" => source.clone(), "state" => state).increment(0);
    }
    counter!("ticketledger_events_parked_total", "source" => source.clone()).increment(0);
    counter!("ticketledger_ledger_entries_written_total", "source" => source.clone()).increment(0);
    if fetches {
        gauge!("ticketledger_provider_breaker_open", "source" => source.clone()).set(0);
        for outcome in ["answered", "failed"] {
            let labels = [("source", source.clone()), ("outcome", outcome.to_owned())];
            let _ = histogram!("ticketledger_provider_request_seconds", &labels);
        }
    }
}
