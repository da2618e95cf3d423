//! `ticketledger serve`.

use super::Outcome;
use crate::config::Config;
use crate::daemon;

/// Runs the daemon until it is told to stop.
pub(super) fn run(config: Config) -> anyhow::Result<Outcome> {
    let runtime = tokio::runtime::Runtime::new()?;
    let ended = runtime.block_on(daemon::run(config));
    // A thread that still waits for the database must not hold up an operator who said stop twice.
    runtime.shutdown_background();
    ended.map(|()| Outcome::Fine)
}
