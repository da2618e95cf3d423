//! `ticketledger config`.

use std::path::Path;

use super::{Outcome, output};
use crate::config;

/// Prints the commented example file.
pub(super) fn example() -> anyhow::Result<Outcome> {
    output::print(config::EXAMPLE)?;
    Ok(Outcome::Fine)
}

/// Says what the settings amount to.
pub(super) fn check(path: Option<&Path>) -> anyhow::Result<Outcome> {
    output::print(config::check(path, &config::environment())?)?;
    Ok(Outcome::Fine)
}
