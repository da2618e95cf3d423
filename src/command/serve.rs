//! `ticketledger serve`.

use std::path::Path;
use std::sync::Arc;

use super::Outcome;
use crate::{config, daemon};

/// Runs the daemon until it is told to stop.
pub(super) fn run(path: Option<&Path>) -> anyhow::Result<Outcome> {
    // The text of a panic may quote what was being read, and that may be personal.
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        tracing::error!(location, "a defect of ticketledger: a panic, told by its place alone");
    }));
    let path = path.map(Path::to_owned);
    let reread = move || config::load_and_doubt(path.as_deref(), &config::environment());
    let runtime = tokio::runtime::Runtime::new()?;
    let ended = runtime.block_on(daemon::run(Arc::new(reread)));
    // A thread that still waits for the database must not hold up an operator who said stop twice.
    runtime.shutdown_background();
    ended.map(|()| Outcome::Fine)
}
