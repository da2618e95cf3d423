//! `ticketledger config`.

use std::path::Path;

use clap::Subcommand;

use super::{Outcome, output};
use crate::config;

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Print a settings file with every key explained
    Example,
    /// Check the settings: print what they mean and what to reconsider, or every mistake with its line
    Check {
        /// Print only warnings and mistakes
        #[arg(long)]
        quiet: bool,
    },
}

pub(super) fn run(path: Option<&Path>, command: &ConfigCommand) -> anyhow::Result<Outcome> {
    match command {
        ConfigCommand::Example => example(),
        ConfigCommand::Check { quiet } => check(path, *quiet),
    }
}

fn example() -> anyhow::Result<Outcome> {
    output::print(config::EXAMPLE)?;
    Ok(Outcome::Fine)
}

fn check(path: Option<&Path>, quiet: bool) -> anyhow::Result<Outcome> {
    let (config, warnings) = config::load_with_warnings(path, &config::environment())?;
    if !quiet {
        output::print(config::summary(&config))?;
    }
    for warning in warnings {
        output::print(format!("warning: {warning}\n"))?;
    }
    Ok(Outcome::Fine)
}
