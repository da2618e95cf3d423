//! `ticketledger findings`.

mod acknowledge;
mod list;
mod selection;

use clap::Subcommand;

use super::Outcome;
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum FindingsCommand {
    /// List findings: the open ones, unless you select other states
    List(list::List),
    /// Acknowledge findings: they are known, and stay quiet as long as their amounts stay the same
    Ack(acknowledge::Ack),
}

pub(super) fn run(config: &Config, command: &FindingsCommand) -> anyhow::Result<Outcome> {
    match command {
        FindingsCommand::List(options) => list::run(config, options),
        FindingsCommand::Ack(options) => acknowledge::run(config, options),
    }
}
