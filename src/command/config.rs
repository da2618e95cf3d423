//! `ticketledger config`.

use std::path::Path;

use super::{Outcome, output};
use crate::config;

/// Prints the commented example file.
pub(super) fn example() -> anyhow::Result<Outcome> {
    output::print(config::EXAMPLE)?;
    Ok(Outcome::Fine)
}

/// Says what the settings amount to, unless it is to be quiet, and what is doubtful in them.
pub(super) fn check(path: Option<&Path>, quiet: bool) -> anyhow::Result<Outcome> {
    let (config, doubts) = config::load_and_doubt(path, &config::environment())?;
    if !quiet {
        output::print(config::summary(&config))?;
    }
    for doubt in doubts {
        output::print(format!("warning: {doubt}\n"))?;
    }
    Ok(Outcome::Fine)
}
