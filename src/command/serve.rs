//! `ticketledger serve`.

use std::path::Path;
use std::sync::Arc;

use super::Outcome;
use crate::{config, daemon};

/// Runs the daemon until it is told to stop.
pub(super) fn run(path: Option<&Path>) -> anyhow::Result<Outcome> {
    let path = path.map(Path::to_owned);
    let reread = move || config::load_and_doubt(path.as_deref(), &config::environment());
    let runtime = tokio::runtime::Runtime::new()?;
    let ended = runtime.block_on(daemon::run(Arc::new(reread)));
    // A thread that still waits for the database must not hold up an operator who said stop twice.
    runtime.shutdown_background();
    ended.map(|()| Outcome::Fine)
}
