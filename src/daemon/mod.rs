//! The daemon: database, inbox writer, listeners and workers put together, started, and stopped in that order.
//!
//! ```text
//! run     signals: start > ready > reload ... > stop      systemd   what is told to the service manager
//! watch   proof of progress, backlog                      reload    other settings while it runs
//! files   how many may be open
//! open    database    listen    sockets                   pools     workers
//! ```

mod files;
mod listen;
mod open;
mod pools;
mod reload;
mod run;
mod store;
mod systemd;
mod watch;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock, PoisonError};

use anyhow::{Context as _, bail};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::{Notify, watch as channel};
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::cluster::Presence;
use crate::config::Config;
use crate::console::{self, Site};
use crate::db::Database;
use crate::inbox::writer::{Pulse, Writer};
use crate::limits;
use crate::maintenance::retention;
use crate::monitor::{Monitor, Notice, ProvidersDown, catalog};
use crate::receive::{self, Console, Intake, Timeouts, Turn};
use crate::sweep::{self, schedule};
use crate::worker::{Probe, Worker, credits};

pub use self::open::prepare;
pub use self::run::{Reread, run};

/// What differs between the daemon of an operator and that of a test.
pub struct Options {
    /// Where the time comes from.
    pub clock: Clock,
    /// Whether workers run by themselves; else [`Daemon::run_until_idle`] is the only worker.
    pub work: bool,
    pub probe: Probe,
    /// How long the daemon waits for senders.
    pub timeouts: Timeouts,
}

impl Default for Options {
    fn default() -> Self {
        Self { clock: Clock::System, work: true, probe: Arc::new(|_| {}), timeouts: Timeouts::default() }
    }
}

pub struct Daemon {
    public: SocketAddr,
    console: SocketAddr,
    config: Arc<Config>,
    clock: Clock,
    database: Database,
    intake: Arc<Intake>,
    pulse: Pulse,
    presence: Presence,
    workers: channel::Sender<Worker>,
    site: Arc<Site>,
    monitor: Monitor,
    stop: channel::Sender<bool>,
    tasks: JoinSet<&'static str>,
}

/// What watches the database, and hears of what the writer and the workers do.
fn monitor(
    database: &Database,
    clock: &Clock,
    config: &Config,
    writer: &Writer,
    worker: &Worker,
    down: &ProvidersDown,
) -> Monitor {
    let (received, settled) = (writer.activity(), worker.settled());
    Monitor::new(database.clone(), clock.clone(), config, received, settled, Arc::clone(down))
}

impl Daemon {
    /// Opens and migrates the database, listens and starts the workers. When this returns, the daemon is ready.
    ///
    /// # Errors
    /// What prevented the start, as a message for the operator.
    pub async fn start(config: Config, options: Options) -> anyhow::Result<Self> {
        let config = Arc::new(config);
        let database = open::open(Arc::clone(&config), options.clock.clone()).await?;
        let (public, console) = listen::listeners(&config.server).await?;
        let (public_address, console_address) = (public.local_addr()?, console.local_addr()?);
        let wake = Arc::new(Notify::new());
        let (writer, writer_thread) =
            Writer::start(database.clone(), Arc::clone(&wake)).context("cannot start the inbox writer")?;
        let pulse = writer.pulse();
        let presence = Presence::register_apart(database.clone(), options.clock.clone()).await?;
        let (clock, probe) = (options.clock.clone(), options.probe);
        let worker = Worker::new(database.clone(), clock, &config, wake, probe, presence.clone())?;
        let metrics = metrics_handle()?;
        let (stop, stopped) = channel::channel(false);
        let asked = worker.clone();
        let providers_down: ProvidersDown = Arc::new(move || asked.providers_down());
        let monitor = monitor(&database, &options.clock, &config, &writer, &worker, &providers_down);
        tell_first(&monitor, &database, &options.clock, &config).await;
        let (kept, shared) = (Arc::clone(&config), options.clock.clone());
        let site = Site::new(database.clone(), shared, kept, stopped.clone(), providers_down);
        let console_state = Arc::new(Console {
            database: database.clone(),
            clock: options.clock.clone(),
            writer: pulse.clone(),
            workers: worker.alive(),
            database_file: config.database_file(),
            names: config.server.console_names.clone(),
            turn: Turn::default(),
            timeout: limits::READY_TIMEOUT,
            statements: monitor.statements(),
            metrics: metrics.clone(),
            pages: Some(console::pages(Arc::clone(&site))),
        });
        let intake = Intake::new(Arc::clone(&config), options.clock.clone(), writer, database.clone());
        let intake = Arc::new(intake.with_timeouts(options.timeouts));
        let (workers, newest_workers) = channel::channel(worker);
        let mut tasks = JoinSet::new();
        let public = receive::serve_public(public, Arc::clone(&intake), stopping(stopped.clone()));
        part(&mut tasks, "the public listener", public);
        let console = receive::serve_console(console, console_state, stopping(stopped.clone()));
        part(&mut tasks, "the console listener", console);
        if options.work {
            hourly(&mut tasks, &config, &database, &options.clock, &stopped);
            let (kept, shutdown) = (presence.clone(), stopping(stopped.clone()));
            part(&mut tasks, "the heartbeat", async move { kept.keep(shutdown).await });
            let (watching, watched) = (monitor.clone(), stopped.clone());
            part(&mut tasks, "the monitor", async move { watching.run(watched, metrics).await });
            work(&mut tasks, &database, &options.clock, newest_workers, stopped);
        }
        tasks.spawn_blocking(move || {
            writer_thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            "the inbox writer"
        });
        Ok(Self {
            public: public_address,
            console: console_address,
            config,
            clock: options.clock,
            database,
            intake,
            pulse,
            presence,
            workers,
            site,
            monitor,
            stop,
            tasks,
        })
    }

    pub fn public(&self) -> SocketAddr {
        self.public
    }

    pub fn console(&self) -> SocketAddr {
        self.console
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Its place among the daemons of the database.
    pub fn presence(&self) -> &Presence {
        &self.presence
    }

    /// Works on all that is due by the clock.
    pub async fn run_until_idle(&self) {
        let worker = self.workers.borrow().clone();
        worker.run_until_idle().await;
    }

    /// Looks at the database as the daemon does every few seconds, and answers what was told.
    pub async fn observe(&self) -> Vec<Notice> {
        self.monitor.observe().await
    }

    /// Waits until a component ends although no stop was asked for, and answers its name.
    pub async fn failed(&mut self) -> String {
        match self.tasks.join_next().await {
            Some(Ok(name)) => name.to_owned(),
            Some(Err(error)) => format!("a component ({error})"),
            None => "every component".to_owned(),
        }
    }

    /// Stops taking requests, answers those in hand, stores what waits, finishes what is being worked on.
    ///
    /// # Errors
    /// When a component failed.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.stop.send_replace(true);
        // With the last handle of the writer its queue ends, and with the queue its thread.
        drop(self.intake);
        let mut fault = None;
        while let Some(ended) = self.tasks.join_next().await {
            fault = fault.or(ended.err());
        }
        self.monitor.remember().await;
        self.presence.leave_apart().await;
        match fault {
            None => Ok(()),
            Some(error) => bail!("a component failed: {error}"),
        }
    }
}

/// Whoever reads the metrics from now on reads what is in the database; but no webhook waits for a slow one.
async fn tell_first(monitor: &Monitor, database: &Database, clock: &Clock, config: &Config) {
    let told = async {
        sweep::tell_all(database, clock, &config.sources).await;
        monitor.begin().await;
    };
    if tokio::time::timeout(limits::READY_TIMEOUT, told).await.is_err() {
        tracing::warn!("the database is slow; the metrics tell later what is in it");
    }
}

/// The workers, and the sweeps beside them.
fn work(
    tasks: &mut JoinSet<&'static str>,
    database: &Database,
    clock: &Clock,
    workers: channel::Receiver<Worker>,
    stopped: channel::Receiver<bool>,
) {
    let sweeps = schedule::run(database.clone(), clock.clone(), workers.clone(), stopped.clone());
    part(tasks, "the sweeps", sweeps);
    part(tasks, "the workers", pools::run(workers, stopped));
}

/// What a daemon does every hour by itself.
fn hourly(
    tasks: &mut JoinSet<&'static str>,
    config: &Config,
    database: &Database,
    clock: &Clock,
    stopped: &channel::Receiver<bool>,
) {
    let credits = credits::run(database.clone(), clock.clone(), stopped.clone());
    part(tasks, "the recognition of credits", credits);
    if config.retention.automatic {
        let retention = retention::run(database.clone(), clock.clone(), config.retention, stopped.clone());
        part(tasks, "retention", retention);
    }
}

/// Starts a component, which answers its name when it ends.
fn part(tasks: &mut JoinSet<&'static str>, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
    tasks.spawn(async move {
        work.await;
        name
    });
}

async fn stopping(mut stopped: channel::Receiver<bool>) {
    // A dropped sender means the same as a stop.
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// The recorder of the process; several daemons in one process, as in tests, share it.
fn metrics_handle() -> anyhow::Result<PrometheusHandle> {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    static INSTALLING: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _installing = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let handle = catalog::recorder()?.install_recorder().context("cannot install the metrics recorder")?;
    Ok(HANDLE.get_or_init(|| handle).clone())
}
