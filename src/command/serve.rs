//! `ticketledger serve`.

use std::path::Path;
use std::sync::Arc;

use super::Outcome;
use crate::{config, daemon};

pub(super) fn run(path: Option<&Path>) -> anyhow::Result<Outcome> {
    // The message of a panic may quote what was being read, and that may be personal data.
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        tracing::error!(location, "panic: a bug in ticketledger (the message is withheld, it may hold personal data)");
    }));
    let path = path.map(Path::to_owned);
    let reread = move || config::load_with_warnings(path.as_deref(), &config::environment());
    let runtime = tokio::runtime::Runtime::new()?;
    let ended = runtime.block_on(daemon::run(Arc::new(reread)));
    // A thread that still waits for the database must not delay an operator who has asked twice to stop.
    runtime.shutdown_background();
    ended.map(|()| Outcome::Fine)
}
