//! What the daemon tells about itself: metrics, and alerts for those who watch no metrics.
//!
//! ```text
//! receive, inbox, worker ── count in memory ─────────────────────────────┐
//! activity: who sent and was settled when ──┐                            ├──> /metrics
//! observation: one look at the database ────┴─> gauges ──────────────────┘
//!                                           └─> alert: what needs a person ──> notify: a command, a mail
//! ```
//!
//! Asking for metrics reads memory. The database is looked at every few seconds, by statements that partial indexes
//! answer. What was noted since the last look is lost in a crash: a source then seems silent for some seconds longer.

mod alert;
pub mod catalog;
pub mod disk;
mod money;
mod notify;
mod observation;
pub mod process;
pub mod silence;
pub mod store;
mod sweep;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use metrics::{counter, gauge};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::{mpsc, watch};

pub use self::alert::{Cause, NAMES as ALERTS, Notice, to_do};
pub use self::money::{Money, money_in};
pub use self::observation::{Backlog, Lately, Observation, TOO_LARGE_DAYS, lately};
pub use self::sweep::sweep_patience;

use self::money::Purse;
use self::notify::Teller;
use self::observation::Known;
use crate::clock::{Clock, Timestamp};
use crate::config::{Alerts, Config, Source};
use crate::db::{Connection, Database, Error, Result};
use crate::inbox::{Activity, EventId};
use crate::limits;

/// Answers which sources have a provider that counts as down.
pub type ProvidersDown = Arc<dyn Fn() -> Vec<String> + Send + Sync>;

/// Answers how complete each source is, in words, by the name of the source.
pub type Statements = Arc<dyn Fn() -> BTreeMap<String, String> + Send + Sync>;

/// Notices that may wait for the command; more are only logged.
const NOTICES: usize = 256;

/// How long a stop waits for notices that are not told yet.
const TELL_AT_END: Duration = Duration::from_secs(5);

/// Watches a daemon and its database. Clones share what was seen.
#[derive(Clone)]
pub struct Monitor(Arc<Inner>);

struct Inner {
    database: Database,
    clock: Clock,
    settings: Alerts,
    sources: BTreeMap<String, Source>,
    database_file: Option<PathBuf>,
    /// When this daemon began to watch, and to sweep.
    watched_since: OnceLock<Timestamp>,
    received: Arc<Activity>,
    settled: Arc<Activity>,
    providers_down: ProvidersDown,
    teller: Teller,
    seen: Mutex<Seen>,
    /// How complete each source is, in words; apart, so that nobody waits for a look.
    statements: Arc<Mutex<BTreeMap<String, String>>>,
}

/// Reads the database once, from outside the daemon.
///
/// # Errors
/// When a statement fails.
pub fn observe_once(database: &Database, config: &Config, now: Timestamp) -> Result<Observation> {
    let sources = by_name(config);
    database.read(|connection| observation::observe(connection, &mut Memory::default(), &sources, now))
}

/// The same in a transaction of the caller, who keeps what was read of the bodies from one look to the next.
///
/// # Errors
/// When a statement fails.
pub fn look(connection: &mut Connection, memory: &mut Memory, config: &Config, now: Timestamp) -> Result<Observation> {
    observation::observe(connection, memory, &by_name(config), now)
}

/// What is wrong now. `down` are the sources whose provider counts as down.
pub fn causes(observation: &Observation, down: &[String], config: &Config, now: Timestamp) -> Vec<Cause> {
    alert::causes(observation, down, &config.alerts, &by_name(config), None, now)
}

fn by_name(config: &Config) -> BTreeMap<String, Source> {
    config.sources.iter().map(|source| (source.name.clone(), source.clone())).collect()
}

/// What is kept between two observations.
/// What is kept from one look to the next, so that it is not read again.
#[derive(Default)]
pub struct Memory {
    purse: Purse,
    silence: silence::Memory,
}

impl Memory {
    /// The payments that these webhooks of one source tell of by currency, and how many of them were read.
    pub fn money_of(&self, events: &[EventId]) -> (BTreeMap<&'static str, i64>, i64) {
        self.purse.of(events)
    }
}

#[derive(Default)]
struct Seen {
    memory: Memory,
    known: Known,
    /// Whether the last observation failed, which is logged once.
    failing: bool,
}

impl Monitor {
    /// `received` is filled by the inbox writer.
    pub fn new(
        database: Database,
        clock: Clock,
        config: &Config,
        received: Arc<Activity>,
        settled: Arc<Activity>,
        providers_down: ProvidersDown,
    ) -> Self {
        catalog::describe();
        catalog::begin(config, database.is_embedded(), clock.now());
        database.record_pools();
        let sources = by_name(config);
        // Exported from the start, before the first observation.
        Observation::default().record(&sources, &mut Known::default(), clock.now());
        Self(Arc::new(Inner {
            database,
            clock,
            watched_since: OnceLock::new(),
            settings: config.alerts.clone(),
            sources,
            database_file: config.database_file(),
            received,
            settled,
            providers_down,
            teller: Teller::new(config.alerts.clone()),
            seen: Mutex::default(),
            statements: Arc::default(),
        }))
    }

    /// Reads the numbers once before anybody asks for them; what is to be told of them is told by [`Monitor::run`].
    pub async fn begin(&self) {
        let monitor = self.clone();
        let read = self.0.database.run(move |database| {
            let now = monitor.0.clock.now();
            let mut seen = monitor.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let Seen { memory, known, .. } = &mut *seen;
            let observation =
                database.read(|connection| observation::observe(connection, memory, &monitor.0.sources, now))?;
            observation.record(&monitor.0.sources, known, now);
            Ok::<_, Error>(())
        });
        if let Err(error) = read.await {
            tracing::warn!(%error, "cannot observe the database; metrics show it later");
        }
    }

    /// Observes every few seconds until `stop` says so.
    pub async fn run(&self, mut stop: watch::Receiver<bool>, recorder: PrometheusHandle) {
        self.0.watched_since.get_or_init(|| self.0.clock.now());
        let (sender, mut notices) = mpsc::channel::<Notice>(NOTICES);
        let monitor = self.clone();
        // In a task of its own: a slow command must not delay an observation.
        let telling = tokio::spawn(async move {
            while let Some(notice) = notices.recv().await {
                monitor.0.teller.tell(&notice).await;
            }
        });
        while !*stop.borrow() {
            let observed = tokio::select! {
                notices = self.clone().observe_in_background() => notices,
                // A database that hangs must not hold up the end.
                _ = stop.changed() => break,
            };
            // Without it the histograms grow until somebody reads them.
            recorder.run_upkeep();
            for notice in observed {
                if let Err(refused) = sender.try_send(notice) {
                    let (mpsc::error::TrySendError::Full(notice) | mpsc::error::TrySendError::Closed(notice)) = refused;
                    tracing::error!(
                        alert = notice.alert,
                        "alert dropped, too many are waiting to be sent: {}",
                        notice.text
                    );
                }
            }
            tokio::select! {
                () = tokio::time::sleep(limits::MONITOR_INTERVAL) => {}
                _ = stop.changed() => {}
            }
        }
        drop(sender);
        // Waiting notices are still sent, each within its time limit; but a stop does not wait for all of them.
        if tokio::time::timeout(TELL_AT_END, telling).await.is_err() {
            tracing::warn!("stopped before all alerts were sent");
        }
    }

    /// How complete each source was at the last look. Asks no database, and waits for none.
    pub fn statements(&self) -> Statements {
        let statements = Arc::clone(&self.0.statements);
        Arc::new(move || statements.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Looks once, and tells what is to be told before it answers. For tests.
    pub async fn observe(&self) -> Vec<Notice> {
        let notices = self.clone().observe_in_background().await;
        for notice in &notices {
            self.0.teller.tell(notice).await;
        }
        notices
    }

    /// Stores the activity since the last observation, when a daemon stops.
    pub async fn remember(&self) {
        let monitor = self.clone();
        let stored = self.0.database.run(move |_| monitor.0.store_activity(monitor.0.clock.now())).await;
        if let Err(error) = stored {
            tracing::warn!(%error, "cannot store when the sources were last active");
        }
    }

    async fn observe_in_background(self) -> Vec<Notice> {
        let database = self.0.database.clone();
        database.run(move |_| Ok::<_, Error>(self.0.observe())).await.unwrap_or_else(|error| {
            tracing::error!(%error, "cannot observe the database");
            Vec::new()
        })
    }
}

impl Inner {
    fn observe(&self) -> Vec<Notice> {
        let now = self.clock.now();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        self.database.record_pools();
        if let Some(Ok(free)) = self.database_file.as_deref().map(disk::free_bytes) {
            gauge!("ticketledger_database_disk_free_bytes").set(free as f64);
        }
        match self.database.tend_log() {
            Ok(None) => {}
            Ok(Some(bytes)) => gauge!("ticketledger_database_log_bytes").set(bytes as f64),
            Err(error) => tracing::debug!(%error, "cannot write the SQLite log back"),
        }
        match self.observe_database(&mut seen, now) {
            Ok(notices) => {
                if std::mem::take(&mut seen.failing) {
                    tracing::info!("the database can be observed again");
                }
                gauge!("ticketledger_monitor_refreshed_timestamp_seconds").set(now.utc().timestamp() as f64);
                tracing::debug!("the numbers of the database were read");
                notices
            }
            Err(error) => {
                counter!("ticketledger_monitor_failures_total").increment(1);
                if !std::mem::replace(&mut seen.failing, true) {
                    tracing::warn!(%error, "cannot observe the database; metrics show the last known values");
                }
                Vec::new()
            }
        }
    }

    fn observe_database(&self, seen: &mut Seen, now: Timestamp) -> Result<Vec<Notice>> {
        self.store_activity(now)?;
        silence::count(&self.database, now)?;
        let Seen { memory, known, .. } = seen;
        let observation =
            self.database.read(|connection| observation::observe(connection, memory, &self.sources, now))?;
        observation.record(&self.sources, known, now);
        let in_words =
            |(name, source): (&String, &Source)| (name.clone(), observation.freshness(name).in_words(source.timezone));
        let statements = self.sources.iter().map(in_words).collect();
        *self.statements.lock().unwrap_or_else(PoisonError::into_inner) = statements;
        memory.silence.tell(&self.database, &self.sources, &observation.silent, now)?;
        let down = (self.providers_down)();
        let watched_since = self.watched_since.get().copied();
        let causes = alert::causes(&observation, &down, &self.settings, &self.sources, watched_since, now);
        let notices = alert::change(&self.database, &causes, &self.sources, now);
        alert::record(&self.database, &self.sources)?;
        notices
    }

    /// Stores the activity since the last observation.
    fn store_activity(&self, now: Timestamp) -> Result<()> {
        let (received, settled) = (self.received.take(), self.settled.take());
        let too_large = self.received.take_too_large();
        if received.is_empty() && settled.is_empty() && too_large.is_empty() {
            return Ok(());
        }
        let today = now.utc().date_naive();
        let stored = self.database.transaction("activity", |connection| {
            let known = lately(connection, now)?;
            let sources: std::collections::BTreeSet<&String> =
                received.keys().chain(settled.keys()).chain(too_large.keys()).collect();
            for source in sources {
                let before = known.get(source).and_then(|lately| lately.received_at);
                let received = received.get(source).map(|span| {
                    let silence = before.map_or(0, |before| span.first.milliseconds_since(before) / 1000);
                    (*span, silence.max(0))
                });
                let bodies = too_large.get(source).copied().unwrap_or(0);
                store::add_activity(connection, source, received, settled.get(source).copied(), (today, bodies))?;
            }
            Ok::<_, crate::db::Error>(())
        });
        stored.inspect_err(|_| {
            self.received.give_back(&received);
            self.settled.give_back(&settled);
            too_large.iter().for_each(|(source, bodies)| self.received.note_too_large(source, *bodies));
        })
    }
}
