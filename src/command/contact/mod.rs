//! `ticketledger contact`. Personal data goes to stdout when it is asked for, and nowhere else.

mod erase;
mod returned;
mod show;

use clap::Subcommand;

use super::Outcome;
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum ContactCommand {
    /// Show the contact data of a customer
    Show(show::Show),
    /// Erase a customer: the contact data, and the contents of all webhooks and documents about their orders; the
    /// ledger stays complete
    Erase(erase::Erase),
    /// List contacts that a webhook brought back after an erasure, by number; exit code 3 while there is one
    Returned(returned::Returned),
}

pub(super) fn run(config: &Config, command: &ContactCommand) -> anyhow::Result<Outcome> {
    match command {
        ContactCommand::Show(options) => show::run(config, options),
        ContactCommand::Erase(options) => erase::run(config, options),
        ContactCommand::Returned(options) => returned::run(config, options),
    }
}
