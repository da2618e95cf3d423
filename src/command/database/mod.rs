//! `ticketledger database`.

mod copy;
mod reader;

use std::path::Path;

use clap::Subcommand;

use super::{Outcome, settings};

#[derive(Debug, Subcommand)]
pub(super) enum DatabaseCommand {
    /// Move an embedded installation to PostgreSQL, and compare; run again, it goes on where it stood; exit code 3 when
    /// the two are not the same
    Copy(copy::Copy),
    /// Let a role of PostgreSQL read the views and nothing else, for BI tools; run it again after every upgrade
    GrantReader(reader::GrantReader),
}

/// Copies, or grants.
pub(super) fn run(path: Option<&Path>, command: DatabaseCommand) -> anyhow::Result<Outcome> {
    match command {
        DatabaseCommand::Copy(options) => copy::run(&options),
        DatabaseCommand::GrantReader(options) => reader::run(&settings::load(path)?, &options),
    }
}
