//! What all pages share: the database, the settings, and what is known between two requests.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::{OnceCell, Semaphore, watch};

use super::access::{self, Refusals, Throttle, Vouched};
use super::fault::Fault;
use super::live::Live;
use super::visit::Visit;
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::db::{Connection, Database};
use crate::limits;
use crate::monitor::ProvidersDown;

/// The console of a daemon.
pub struct Site {
    pub(super) database: Database,
    pub(super) clock: Clock,
    /// Who may sign in. Like the listener, it stays as it was at the start.
    pub(super) settings: config::Console,
    pub(super) throttle: Throttle,
    /// The key of forms of the database, once it was read.
    pub(super) csrf: OnceCell<String>,
    pub(super) refusals: Refusals,
    pub(super) vouched: Vouched,
    pub(super) live: Live,
    /// Passwords that are being checked.
    pub(super) checks: Semaphore,
    readers: Semaphore,
    config: RwLock<Arc<Config>>,
    pub(super) stop: watch::Receiver<bool>,
}

impl Site {
    /// `stop` ends the streams; `providers_down` are the sources whose provider counts as down.
    pub fn new(
        database: Database,
        clock: Clock,
        config: Arc<Config>,
        stop: watch::Receiver<bool>,
        providers_down: ProvidersDown,
    ) -> Arc<Self> {
        Arc::new(Self {
            settings: config.console.clone(),
            throttle: Throttle::default(),
            csrf: OnceCell::new(),
            refusals: Refusals::default(),
            vouched: Vouched::default(),
            live: Live::new(providers_down),
            checks: Semaphore::new(limits::PASSWORD_CHECKS),
            readers: Semaphore::new(limits::CONSOLE_READERS),
            config: RwLock::new(config),
            database,
            clock,
            stop,
        })
    }

    /// Uses other sources from now on.
    pub fn reload(&self, config: Arc<Config>) {
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
    }

    pub(super) fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The zone of times that are about no source in particular: that of the first.
    pub(super) fn zone(&self) -> chrono_tz::Tz {
        self.config().sources.first().map_or(chrono_tz::UTC, |source| source.timezone)
    }

    /// Reads from one state of the database. Few pages read at the same time, the others wait.
    ///
    /// # Errors
    /// Those of `body`; [`Fault::Busy`] when too many wait.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        body: impl FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let Ok(Ok(_turn)) = tokio::time::timeout(limits::READY_TIMEOUT, self.readers.acquire()).await else {
            return Err(Fault::Busy);
        };
        self.database.run(move |database| database.read(body)).await
    }

    /// Works on the database outside the asynchronous threads, with transactions of its own.
    ///
    /// # Errors
    /// Those of `work`; [`Fault::Busy`] when too many wait.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let Ok(Ok(_turn)) = tokio::time::timeout(limits::READY_TIMEOUT, self.readers.acquire()).await else {
            return Err(Fault::Busy);
        };
        self.database.run(work).await
    }

    /// Writes in one transaction.
    ///
    /// # Errors
    /// Those of `body`.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        name: &'static str,
        body: impl FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        self.database.run(move |database| database.transaction(name, body)).await
    }

    /// Records something that somebody did and that needs no confirmation.
    ///
    /// # Errors
    /// When it cannot be written: then it must not be done.
    pub(super) async fn note(&self, visit: &Visit, action: &'static str, subject: &str) -> Result<(), Fault> {
        let (at, address, subject) = (visit.now, visit.address(), subject.to_owned());
        let viewer = visit.viewer.as_ref();
        let (actor, role) = viewer.map_or((String::new(), None), |viewer| (viewer.name.clone(), Some(viewer.role)));
        self.write("audit", move |connection| {
            access::store::record(
                connection,
                &access::store::NewRecord {
                    at,
                    actor: &actor,
                    role,
                    action,
                    subject: &subject,
                    address: &address,
                    action_key: None,
                    outcome: "done",
                    result: "[]",
                },
            )?;
            Ok(())
        })
        .await
    }
}
