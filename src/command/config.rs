//! `ticketledger config`.

use std::path::Path;

use anyhow::bail;
use clap::Subcommand;
use secrecy::ExposeSecret as _;

use super::{Outcome, output};
use crate::config::{self, Config};
use crate::db::{self, Database, Role, pending_migrations};
use crate::ledger::book::store::fixed_books_from;

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
    let fixed = match fixed_by_the_books(&config) {
        Ok(fixed) => fixed,
        Err(error) => {
            output::print(format!("warning: not compared with the books: {error}\n"))?;
            Vec::new()
        }
    };
    if !fixed.is_empty() {
        bail!("{}", fixed.join("\n"));
    }
    Ok(Outcome::Fine)
}

/// What the settings say otherwise than the books have fixed it. Before the first start there are no books.
fn fixed_by_the_books(config: &Config) -> db::Result<Vec<String>> {
    if config.database_file().is_some_and(|file| !file.exists()) {
        return Ok(Vec::new());
    }
    let database = Database::open(config.database_url.expose_secret(), Role::Visitor)?;
    if pending_migrations(&database)? > 0 {
        return Ok(Vec::new());
    }
    let mut connection = database.reader()?;
    let mut fixed = Vec::new();
    for source in &config.sources {
        fixed.extend(fixed_books_from(&mut connection, &source.name, source.books_from)?);
    }
    Ok(fixed)
}
