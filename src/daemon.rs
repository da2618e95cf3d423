//! The daemon: database, inbox writer, listeners and workers put together, started, and stopped in that order.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, bail};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Database, Role};
use crate::inbox::writer::Writer;
use crate::ledger;
use crate::limits;
use crate::peers::Presence;
use crate::receive::{self, Console, Intake, Patience};
use crate::worker::{Probe, Worker, sweep};

/// What differs between the daemon of an operator and that of a test.
pub struct Options {
    /// Where the time comes from.
    pub clock: Clock,
    /// Whether workers run by themselves; else [`Daemon::run_until_idle`] is the only worker.
    pub work: bool,
    /// See [`Probe`].
    pub probe: Probe,
    /// How long senders are waited for.
    pub patience: Patience,
}

impl Default for Options {
    fn default() -> Self {
        Self { clock: Clock::System, work: true, probe: Arc::new(|_| {}), patience: Patience::default() }
    }
}

/// A running daemon.
pub struct Daemon {
    public: SocketAddr,
    console: SocketAddr,
    database: Database,
    worker: Worker,
    presence: Presence,
    stop: watch::Sender<bool>,
    tasks: JoinSet<&'static str>,
    writer: JoinHandle<()>,
}

impl Daemon {
    /// Opens the database, brings it up to date, listens and starts to work. When this answers, the daemon is ready.
    ///
    /// # Errors
    /// Whatever hinders it, in words for the operator.
    pub async fn start(config: Config, options: Options) -> anyhow::Result<Self> {
        let config = Arc::new(config);
        let database = open(Arc::clone(&config), options.clock.clone()).await?;
        let (public, console) = listeners(&config).await?;
        let (public_address, console_address) = (public.local_addr()?, console.local_addr()?);
        let wake = Arc::new(Notify::new());
        let (writer, writer_thread) =
            Writer::start(database.clone(), Arc::clone(&wake)).context("cannot start the inbox writer")?;
        let presence = Presence::register_apart(database.clone(), options.clock.clone()).await?;
        let (clock, probe) = (options.clock.clone(), options.probe);
        let worker = Worker::new(database.clone(), clock, &config, wake, probe, presence.clone())?;
        let console_state = Arc::new(Console {
            database: database.clone(),
            clock: options.clock.clone(),
            writer: writer.pulse(),
            workers: worker.alive(),
            metrics: metrics_handle()?,
        });
        let sweep_clock = options.clock.clone();
        let intake = Intake::new(config, options.clock, writer, database.clone()).with_patience(options.patience);
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let shutdown = stopping(stopped.clone());
        tasks.spawn(async move {
            receive::serve_public(public, Arc::new(intake), shutdown).await;
            "the public listener"
        });
        let shutdown = stopping(stopped.clone());
        tasks.spawn(async move {
            receive::serve_console(console, console_state, shutdown).await;
            "the console listener"
        });
        if options.work {
            let sweep = sweep::run(database.clone(), sweep_clock, stopped.clone());
            tasks.spawn(async move {
                sweep.await;
                "the sweep of credits"
            });
            let (worker, stopped_workers) = (worker.clone(), stopped.clone());
            tasks.spawn(async move {
                worker.run(stopped_workers).await;
                "the workers"
            });
            let (presence, stopped) = (presence.clone(), stopping(stopped.clone()));
            tasks.spawn(async move {
                presence.keep(stopped).await;
                "the heartbeat"
            });
        }
        Ok(Self {
            public: public_address,
            console: console_address,
            database,
            worker,
            presence,
            stop,
            tasks,
            writer: writer_thread,
        })
    }

    /// Where deliveries are received.
    pub fn public(&self) -> SocketAddr {
        self.public
    }

    /// Where readiness and metrics are shown.
    pub fn console(&self) -> SocketAddr {
        self.console
    }

    /// Its database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Its place among the daemons of the database.
    pub fn presence(&self) -> &Presence {
        &self.presence
    }

    /// Works on all that is due by the clock.
    pub async fn run_until_idle(&self) {
        self.worker.run_until_idle().await;
    }

    /// Answers the name of the first part that ends although nobody stopped it; stays silent while all is well.
    pub async fn failed(&mut self) -> String {
        match self.tasks.join_next().await {
            Some(Ok(name)) => name.to_owned(),
            Some(Err(error)) => format!("a part of the daemon ({error})"),
            None => "every part of the daemon".to_owned(),
        }
    }

    /// Stops taking requests, answers those in hand, stores what waits, finishes what is being worked on.
    ///
    /// # Errors
    /// When a part ended by a fault.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.stop.send_replace(true);
        let mut fault = None;
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                fault = Some(error);
            }
        }
        // The listener held the last handle of the writer, so its thread ends once the queue is empty.
        let writer = tokio::task::spawn_blocking(move || self.writer.join()).await?;
        self.presence.leave_apart().await;
        match fault {
            None if writer.is_ok() => Ok(()),
            None => bail!("the inbox writer ended by a panic"),
            Some(error) => bail!("a part of the daemon ended by a fault: {error}"),
        }
    }
}

async fn stopping(mut stopped: watch::Receiver<bool>) {
    // A sender that is gone means the same as one that says stop.
    let _ = stopped.wait_for(|stop| *stop).await;
}

async fn open(config: Arc<Config>, clock: Clock) -> anyhow::Result<Database> {
    let opened = tokio::task::spawn_blocking(move || {
        let database = Database::open(config.database_url.expose_secret(), Role::Daemon)?;
        let now = clock.now();
        // One transaction each: it may wait for a source that is being settled, and must not hold another meanwhile.
        for source in &config.sources {
            database.transaction("prepare", |connection| ledger::store::prepare_source(connection, source, now))?;
        }
        Ok::<_, crate::db::Error>(database)
    });
    Ok(opened.await??)
}

/// The sockets that systemd passes, in the order public, console; else those of the settings.
async fn listeners(config: &Config) -> anyhow::Result<(TcpListener, TcpListener)> {
    let mut passed = listenfd::ListenFd::from_env();
    let mut take = |index| match passed.take_tcp_listener(index) {
        Ok(Some(listener)) => {
            listener.set_nonblocking(true)?;
            Ok::<_, std::io::Error>(Some(TcpListener::from_std(listener)?))
        }
        Ok(None) | Err(_) => Ok(None),
    };
    let (public, console) = (take(0)?, take(1)?);
    let bind = async |passed: Option<TcpListener>, address: SocketAddr, key: &str| match passed {
        Some(listener) => Ok(listener),
        None => TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address} ({key}); is another process using the port?")),
    };
    let public = bind(public, config.server.listen, "server.listen").await?;
    let console = bind(console, config.server.console, "server.console").await?;
    Ok((public, console))
}

/// The recorder of the process; several daemons in one process, as in tests, share it.
fn metrics_handle() -> anyhow::Result<PrometheusHandle> {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    static INSTALLING: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _installing = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let builder = PrometheusBuilder::new().set_buckets(&[0.0005, 0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0])?;
    let handle = builder.install_recorder().context("cannot install the metrics recorder")?;
    Ok(HANDLE.get_or_init(|| handle).clone())
}

/// Runs the daemon until it is told to stop: `ticketledger serve`.
///
/// # Errors
/// What hindered the start, or what ended the daemon although nobody stopped it.
pub async fn run(config: Config) -> anyhow::Result<()> {
    let mut signals = Signals::new()?;
    let mut daemon = Daemon::start(config, Options::default()).await?;
    tracing::info!(public = %daemon.public(), console = %daemon.console(), "ready");
    notify(&[sd_notify::NotifyState::Ready]);
    let failed = tokio::select! {
        () = signals.next() => None,
        name = daemon.failed() => Some(name),
    };
    tracing::info!("stopping: requests in hand are answered, work in hand is finished");
    notify(&[sd_notify::NotifyState::Stopping]);
    let limit = limits::DRAIN_TIMEOUT + limits::FETCH_TIMEOUT + Duration::from_secs(5);
    tokio::select! {
        stopped = daemon.stop() => stopped?,
        () = signals.next() => bail!("stopped by a second signal; what was in hand is due again after the restart"),
        () = tokio::time::sleep(limit) => bail!(
            "stopping took longer than {} s; what was in hand is due again after the restart",
            limit.as_secs()
        ),
    }
    match failed {
        None => Ok(()),
        Some(name) => bail!("{name} ended by itself"),
    }
}

/// Tells systemd, where there is one; a failure to tell is no reason to fail.
fn notify(state: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "cannot notify systemd");
    }
}

struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
