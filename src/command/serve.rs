//! `ticketledger serve`.

use anyhow::bail;

use super::Outcome;
use crate::config::Config;

/// Runs the daemon until it is told to stop.
pub(super) fn run(_config: Config) -> anyhow::Result<Outcome> {
    bail!("the daemon is not part of this build yet")
}
