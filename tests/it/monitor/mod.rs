//! What the daemon tells about itself: metrics, alerts, and what is shipped to watch them.

mod alerts;
mod hooks;
mod metrics;
mod plans;
mod shipped;
mod silence;

use ticketledger::clock::Timestamp;
use ticketledger::monitor::{Notice, Observation, observe_once};

use crate::support::daemon::TestDaemon;

/// One look at the daemon's database.
fn observed(daemon: &TestDaemon) -> Observation {
    observed_at(daemon, daemon.clock.now())
}

fn observed_at(daemon: &TestDaemon, now: Timestamp) -> Observation {
    observe_once(daemon.database(), daemon.config(), now).unwrap()
}

const NONE: [&str; 0] = [];

/// Notices as `alert source state`.
fn said(notices: &[Notice]) -> Vec<String> {
    notices.iter().map(|notice| format!("{} {} {}", notice.alert, notice.source, notice.state)).collect()
}
