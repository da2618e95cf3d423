//! The settings and the database that a command works with.

use std::path::Path;

use anyhow::bail;
use secrecy::ExposeSecret as _;

use super::output::Usage;
use crate::config::{self, Config};
use crate::db::{Database, Role};

/// Reads the settings of `--config`, or of the default file.
pub(super) fn load(path: Option<&Path>) -> anyhow::Result<Config> {
    Ok(config::load(path, &config::environment())?)
}

/// Opens the database of the settings; a daemon may be running on it.
pub(super) fn open(config: &Config) -> anyhow::Result<Database> {
    let url = config.database_url.expose_secret();
    existing(url)?;
    Ok(Database::open(url, Role::Command)?)
}

/// SQLite would create an empty file, and an empty report would look like an answer.
pub(super) fn existing(url: &str) -> anyhow::Result<()> {
    if let Some(path) = url.strip_prefix("sqlite:").map(|path| path.trim_start_matches("//"))
        && !Path::new(path).exists()
    {
        bail!(
            "there is no database {path} yet; start `ticketledger serve` once to create it, or correct database.url \
             (a relative path starts at the current folder)"
        );
    }
    Ok(())
}

/// A misspelt source would give an empty answer that looks like good news.
pub(super) fn known_source(config: &Config, source: Option<&str>) -> anyhow::Result<()> {
    let Some(source) = source else { return Ok(()) };
    if config.sources.iter().any(|known| known.name == source) {
        return Ok(());
    }
    let names: Vec<&str> = config.sources.iter().map(|known| known.name.as_str()).collect();
    Err(Usage(format!("there is no source `{source}` in the settings; choose one of {}", names.join(", "))).into())
}
