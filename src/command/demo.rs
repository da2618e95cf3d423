//! `ticketledger demo`.

use anyhow::bail;

use super::Outcome;

/// Shows the whole thing on this machine.
pub(super) fn run() -> anyhow::Result<Outcome> {
    bail!("the demo is not part of this build yet")
}
