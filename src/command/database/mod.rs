//! `ticketledger database`.

mod copy;
mod reader;

use std::path::Path;

use clap::Subcommand;

use super::{Outcome, settings};

#[derive(Debug, Subcommand)]
pub(super) enum DatabaseCommand {
    /// Copy a SQLite database to PostgreSQL and compare the two; an interrupted copy resumes; exit code 3 if they
    /// differ
    Copy(copy::Copy),
    /// Grant a PostgreSQL role read access to the views and nothing else, for BI tools; run it again after every
    /// upgrade
    GrantReader(reader::GrantReader),
}

pub(super) fn run(path: Option<&Path>, command: DatabaseCommand) -> anyhow::Result<Outcome> {
    match command {
        DatabaseCommand::Copy(options) => copy::run(&options),
        DatabaseCommand::GrantReader(options) => reader::run(&settings::load(path)?, &options),
    }
}
