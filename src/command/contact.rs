//! `ticketledger contact`.
use clap::Subcommand;

use super::Outcome;
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum ContactCommand {
    /// x
    Show,
}
pub(super) fn run(_config: &Config, _command: ContactCommand) -> anyhow::Result<Outcome> {
    Ok(Outcome::Fine)
}
