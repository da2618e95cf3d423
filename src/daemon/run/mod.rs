//! `ticketledger serve`: from the first signal handler to the exit code.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch as channel;

use super::watch::Watch;
use super::{Daemon, Options, files, systemd};
use crate::config::{Config, Problem, Problems};
use crate::limits;

/// Reads the settings: at the start, and whenever SIGHUP asks for it. Answers them with their warnings.
pub type Reread = Arc<dyn Fn() -> Result<(Config, Vec<Problem>), Problems> + Send + Sync>;

/// How long a stop may take: requests in hand, a fetch in hand, and the settling of what it brings.
const STOP_LIMIT: Duration = Duration::from_secs(limits::DRAIN_TIMEOUT.as_secs() + limits::FETCH_TIMEOUT.as_secs() + 5);

/// Runs the daemon until it is told to stop.
///
/// # Errors
/// What prevented the start, or what ended the daemon although no stop was asked for.
pub async fn run(reread: Reread) -> anyhow::Result<()> {
    let mut signals = Signals::new()?;
    let (config, warnings) = reread()?;
    log(&warnings);
    let options = Options { timeouts: files::within(files::raise_limit()), ..Options::default() };
    systemd::status("opening the database");
    let mut daemon = tokio::select! {
        daemon = Daemon::start(config, options) => daemon?,
        // A migration that is interrupted is rolled back.
        () = signals.stop() => return Ok(()),
    };
    tracing::info!(public = %daemon.public(), console = %daemon.console(), "ready");
    systemd::ready("ready");
    let (trouble, told) = channel::channel(None);
    let watching = tokio::spawn(daemon.watch(told).run());
    let failed = loop {
        tokio::select! {
            asked = signals.next() => match asked {
                Asked::Stop => break None,
                Asked::Reload => {
                    systemd::reloading();
                    let refused = reload(&mut daemon, &reread).await;
                    systemd::ready(refused.as_deref().unwrap_or("ready; settings reloaded"));
                    trouble.send_replace(refused);
                }
            },
            name = daemon.failed() => break Some(name),
        }
    };
    watching.abort();
    tracing::info!("stopping: finishing open requests and work in progress");
    systemd::stopping("stopping");
    stop(daemon, signals.stop(), STOP_LIMIT).await?;
    match failed {
        None => Ok(()),
        Some(name) => bail!("{name} stopped unexpectedly"),
    }
}

/// Stops the daemon in two stages: work in progress is finished; `again`, or the limit, ends what is not.
async fn stop(daemon: Daemon, again: impl Future<Output = ()>, limit: Duration) -> anyhow::Result<()> {
    tokio::select! {
        stopped = daemon.stop() => stopped,
        () = again => bail!("stopped by a second signal; unfinished work is due again after the restart"),
        () = tokio::time::sleep(limit) => bail!(
            "stopping took longer than {} s; unfinished work is due again after the restart",
            limit.as_secs()
        ),
    }
}

/// Reads the settings again. Answers what the operator must know: why they were refused, or what wants a restart.
async fn reload(daemon: &mut Daemon, reread: &Reread) -> Option<String> {
    match try_reload(daemon, reread).await {
        Ok(restart) if restart.is_empty() => {
            tracing::info!("settings reloaded");
            None
        }
        Ok(restart) => {
            let keys = restart.join(", ");
            tracing::warn!(keys, "settings reloaded, except for these keys; restart to change them");
            Some(format!("restart to change {keys}"))
        }
        Err(error) => {
            let error = format!("{error:#}");
            tracing::error!(error, "settings rejected; the previous ones stay in force");
            Some(format!("settings rejected, the previous ones stay in force: {error}"))
        }
    }
}

async fn try_reload(daemon: &mut Daemon, reread: &Reread) -> anyhow::Result<Vec<&'static str>> {
    let reread = Arc::clone(reread);
    let (config, warnings) = tokio::task::spawn_blocking(move || reread()).await??;
    log(&warnings);
    daemon.reload(config).await
}

fn log(warnings: &[Problem]) {
    for warning in warnings {
        tracing::warn!(%warning, "check this setting");
    }
}

impl Daemon {
    fn watch(&self, trouble: channel::Receiver<Option<String>>) -> Watch {
        Watch {
            database: self.database.clone(),
            clock: self.clock.clone(),
            pulse: self.pulse.clone(),
            workers: self.workers.subscribe(),
            trouble,
        }
    }
}

/// What a signal asks for.
enum Asked {
    Stop,
    Reload,
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        let on = |kind| signal(kind).context("cannot handle signals");
        Ok(Self {
            terminate: on(SignalKind::terminate())?,
            interrupt: on(SignalKind::interrupt())?,
            hangup: on(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.hangup.recv() => Asked::Reload,
        }
    }

    /// Waits until a stop is asked for; what is stopping reads no settings.
    async fn stop(&mut self) {
        while let Asked::Reload = self.next().await {}
    }
}

#[cfg(test)]
mod tests;
