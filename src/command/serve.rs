//! `ticketledger serve`.

use super::Outcome;
use crate::config::Config;
use crate::daemon;

/// Runs the daemon until it is told to stop.
pub(super) fn run(config: Config) -> anyhow::Result<Outcome> {
    tokio::runtime::Runtime::new()?.block_on(daemon::run(config))?;
    Ok(Outcome::Fine)
}
