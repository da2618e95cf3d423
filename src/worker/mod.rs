//! The workers: claim, fetch, settle, retry, park.
//!
//! A fetch holds no database connection; settling is one transaction that also completes the events. bookingkit's
//! orders are settled in batches. Each Ticketpark entity is fetched by its own task and settled when its answer
//! arrives, so that a slow answer delays nothing else.

mod circuit_breaker;
mod claim;
pub mod credits;
mod dry_run;
pub mod effect;
mod fitting;
mod read;
mod retry;
mod settle;
mod settle_metrics;
mod work;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use self::circuit_breaker::{Began, BreakerState, CircuitBreakers};
use self::fitting::Fitting;
use crate::clock::Clock;
use crate::cluster::{Lease, Presence};
use crate::config::{self, Source};
use crate::db::{Database, Error};
use crate::inbox::{Activity, Claimed, EventId};
use crate::limits;
use crate::provider::Failure;
use crate::session::{self, Access};

/// Called before each update of settling with the number of the event. Does nothing in the daemon; tests make it panic.
pub type Probe = Arc<dyn Fn(EventId) + Send + Sync>;

/// The worker pool of a daemon. Clones share it.
#[derive(Clone)]
pub struct Worker(Arc<Inner>);

struct Inner {
    database: Database,
    clock: Clock,
    settings: config::Worker,
    sources: BTreeMap<String, Source>,
    access: BTreeMap<String, Access>,
    breakers: Arc<CircuitBreakers>,
    /// Permits for fetches, separate for each source, so that a slow provider does not delay the others.
    fetches: BTreeMap<String, Arc<Semaphore>>,
    /// Largest number of concurrent fetches of one source.
    fetches_at_most: u32,
    wake: Arc<Notify>,
    alive: Arc<AtomicBool>,
    /// Completed rounds of each worker; a worker whose number stands still is stuck.
    turns: Vec<AtomicU64>,
    /// When events of each source were settled.
    settled: Arc<Activity>,
    probe: Probe,
    /// The daemon that owns the claims; without it nothing is claimed.
    presence: Option<Presence>,
    /// Rounds of all workers together; each round starts with another source.
    rounds: AtomicUsize,
    /// How many entities were settled in the time of one transaction.
    fitting: Fitting,
    /// Whether the last look for work failed.
    blind: AtomicBool,
    /// Who works at each source.
    turns_of_sources: BTreeMap<String, Turns>,
}

/// At a source one worker settles, and one claims and reads ahead of it: more would only hold more orders in memory.
#[derive(Default)]
struct Turns {
    reading: Mutex<()>,
    /// The lock that matters is in the database; this one keeps waiting workers from holding a connection each.
    settling: Mutex<()>,
}

impl Worker {
    /// Creates a pool that is not running yet. `wake` is notified whenever the inbox grows.
    ///
    /// # Errors
    /// When the access to a Ticketpark source cannot be set up.
    pub fn new(
        database: Database,
        clock: Clock,
        config: &config::Config,
        wake: Arc<Notify>,
        probe: Probe,
        presence: Presence,
    ) -> Result<Self, session::SetupError> {
        let mut access = BTreeMap::new();
        for source in config.sources.iter().filter(|source| source.provider.is_fetched()) {
            access.insert(source.name.clone(), Access::new(database.clone(), clock.clone(), source)?);
        }
        Ok(Self::with_access(database, clock, config, access, wake, probe, Some(presence)))
    }

    fn with_access(
        database: Database,
        clock: Clock,
        config: &config::Config,
        access: BTreeMap<String, Access>,
        wake: Arc<Notify>,
        probe: Probe,
        presence: Option<Presence>,
    ) -> Self {
        let fetches_at_most = u32::try_from(config.worker.workers).unwrap_or(u32::MAX).saturating_mul(4).clamp(1, 64);
        Self(Arc::new(Inner {
            database,
            settings: config.worker.clone(),
            sources: config.sources.iter().map(|source| (source.name.clone(), source.clone())).collect(),
            fetches: access
                .keys()
                .map(|source| (source.clone(), Arc::new(Semaphore::new(fetches_at_most as usize))))
                .collect(),
            access,
            breakers: Arc::new(CircuitBreakers::new(clock.clone())),
            clock,
            fetches_at_most,
            wake,
            alive: Arc::default(),
            turns: (0..config.worker.workers.max(1)).map(|_| AtomicU64::new(0)).collect(),
            settled: Arc::default(),
            probe,
            presence,
            rounds: AtomicUsize::new(0),
            fitting: Fitting::new(),
            blind: AtomicBool::new(false),
            turns_of_sources: config.sources.iter().map(|source| (source.name.clone(), Turns::default())).collect(),
        }))
    }

    /// Creates a pool with other settings to replace this one. It keeps the circuit breakers and the tokens of this
    /// one.
    ///
    /// # Errors
    /// When the access to a Ticketpark source cannot be set up.
    pub fn successor(&self, config: &config::Config) -> Result<Self, session::SetupError> {
        let earlier = &self.0;
        let mut access = BTreeMap::new();
        for source in config.sources.iter().filter(|source| source.provider.is_fetched()) {
            let known = earlier.access.get(&source.name).zip(earlier.sources.get(&source.name));
            let next = match known {
                Some((access, known)) => access.successor(known, source)?,
                None => Access::new(earlier.database.clone(), earlier.clock.clone(), source)?,
            };
            access.insert(source.name.clone(), next);
        }
        let wake = Arc::clone(&earlier.wake);
        let probe = Arc::clone(&earlier.probe);
        let (database, clock, presence) = (earlier.database.clone(), earlier.clock.clone(), earlier.presence.clone());
        let mut next = Self::with_access(database, clock, config, access, wake, probe, presence);
        if let Some(inner) = Arc::get_mut(&mut next.0) {
            inner.breakers = Arc::clone(&earlier.breakers);
            inner.settled = Arc::clone(&earlier.settled);
            inner.alive = Arc::clone(&earlier.alive);
        }
        Ok(next)
    }

    /// Completed rounds of each worker. While a pool runs, every number grows at least once a second.
    pub fn turns(&self) -> Vec<u64> {
        self.0.turns.iter().map(|turns| turns.load(Ordering::Relaxed)).collect()
    }

    /// True while all workers run.
    pub fn alive(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0.alive)
    }

    pub fn settled(&self) -> Arc<Activity> {
        Arc::clone(&self.0.settled)
    }

    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.0.sources.values()
    }

    /// The access to a Ticketpark account, to be shared: of a token that is renewed only one is valid.
    pub fn access(&self, source: &str) -> Option<Access> {
        self.0.access.get(source).cloned()
    }

    /// The sources whose provider counts as down.
    pub fn providers_down(&self) -> Vec<String> {
        self.0.breakers.down()
    }

    /// Works until `stop` is true, then finishes the current work. Returns early if a worker panics.
    pub async fn run(&self, stop: tokio::sync::watch::Receiver<bool>) {
        let mut workers = JoinSet::new();
        for number in 0..self.0.turns.len() {
            workers.spawn(Self::work_until(self.clone(), number, stop.clone()));
        }
        self.0.alive.store(true, Ordering::Relaxed);
        while let Some(ended) = workers.join_next().await {
            if let Err(error) = ended {
                self.0.alive.store(false, Ordering::Relaxed);
                tracing::error!(%error, "a worker stopped unexpectedly");
                return;
            }
        }
        self.fetches_done().await;
    }

    async fn work_until(self, number: usize, mut stop: tokio::sync::watch::Receiver<bool>) {
        let inner = &self.0;
        while !*stop.borrow() {
            let worked = self.turn().await;
            if let Some(turns) = inner.turns.get(number) {
                turns.fetch_add(1, Ordering::Relaxed);
            }
            if worked {
                // There may be more work, and another worker can take it.
                inner.wake.notify_one();
                continue;
            }
            tokio::select! {
                () = inner.wake.notified() => {}
                // Retries become due, leases expire, and other processes store and replay: look once a second.
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Processes everything that is due by the clock, and returns when nothing is left. For tests and replays: never
    /// sleeps.
    pub async fn run_until_idle(&self) {
        loop {
            let worked = self.turn().await;
            self.fetches_done().await;
            if !worked {
                return;
            }
        }
    }

    async fn fetches_done(&self) {
        let mut all = Vec::with_capacity(self.0.fetches.len());
        for fetches in self.0.fetches.values() {
            // Taking every permit means that no fetch holds one; the semaphore is never closed.
            all.push(fetches.acquire_many(self.0.fetches_at_most).await);
        }
    }

    /// One round: settles batches of orders, and starts as many fetches as permits allow. Returns whether there was
    /// work.
    async fn turn(&self) -> bool {
        let orders = self.turn_orders().await;
        let fetches = self.turn_fetches().await;
        orders || fetches
    }

    async fn turn_orders(&self) -> bool {
        let worker = self.clone();
        let turn = self.0.database.run(move |_| {
            let inner = &worker.0;
            let mut worked = false;
            for source in inner.sources_in_turn(false) {
                worked |= inner.turn_orders(source);
            }
            Ok::<_, Error>(worked)
        });
        turn.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a batch panicked; its events are due again when their lease ends");
            true
        })
    }

    async fn turn_fetches(&self) -> bool {
        let mut worked = false;
        for (source, fetches) in &self.0.fetches {
            let idle = fetches.available_permits();
            let room = match self.0.breakers.state(source) {
                BreakerState::Closed => idle,
                // One at a time, because a provider that is down often does not answer.
                BreakerState::HalfOpen if idle == self.0.fetches_at_most as usize => 1,
                BreakerState::HalfOpen | BreakerState::Open(_) => 0,
            };
            let permits = permits(fetches, room);
            let wanted = i64::try_from(permits.len()).unwrap_or(0);
            if wanted == 0 {
                continue;
            }
            let (worker, name) = (self.clone(), source.clone());
            let claim = self.0.database.run(move |_| Ok::<_, Error>(worker.0.claim(&name, wanted)));
            let Some(claims) = claim.await.ok().flatten() else { continue };
            worked = true;
            let began = self.0.breakers.begin(source);
            for ((claimed, document_id), permit) in claims.entities.into_iter().zip(permits) {
                let hand = (claims.lease.clone(), permit);
                tokio::spawn(self.clone().fetch_and_settle(claimed, document_id.unwrap_or(0), began, hand));
            }
        }
        worked
    }

    /// `hand` is held until the end: the lease, and the permit of the fetch.
    async fn fetch_and_settle(
        self,
        claimed: Claimed,
        document_id: i64,
        began: Began,
        hand: (Lease, OwnedSemaphorePermit),
    ) {
        let inner = Arc::clone(&self.0);
        let (Some(source), Some(access)) = (inner.sources.get(&claimed.source), inner.access.get(&claimed.source))
        else {
            return;
        };
        let work = read::webhooks_and_answer(source, access, &claimed, document_id, inner.settings.attempts).await;
        match &work.failure {
            Some(Failure::RateLimited { retry_after_milliseconds, .. }) => {
                inner.breakers.limited(&work.source, *retry_after_milliseconds);
            }
            Some(Failure::ProviderDown { retry_after_milliseconds, detail, .. }) => {
                inner.breakers.failed(&work.source, began, *retry_after_milliseconds, detail);
            }
            _ if work.document.is_some() => inner.breakers.succeeded(&work.source),
            _ => {}
        }
        let settling = Arc::clone(&inner);
        let settled = inner.database.run(move |_| {
            settling.settle_in_turn(work);
            Ok::<_, Error>(())
        });
        if let Err(error) = settled.await {
            tracing::error!(%error, "settling panicked; the events are due again when their lease ends");
        }
        drop(hand);
        inner.wake.notify_one();
    }
}

impl Inner {
    /// Settles one batch of orders of a source. Returns whether there was one that nobody else is at.
    fn turn_orders(&self, name: &str) -> bool {
        let Some((source, turns)) = self.sources.get(name).zip(self.turns_of_sources.get(name)) else { return false };
        let ahead = match turns.reading.try_lock() {
            Ok(ahead) => ahead,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return false,
        };
        // A claim takes its part of the writer's time too, so it takes what two transactions settle.
        let wanted = i64::try_from(self.fitting.get().saturating_mul(2)).unwrap_or(limits::CLAIM_ENTITIES);
        let Some(claims) = self.claim(name, wanted.min(limits::CLAIM_ENTITIES)) else { return false };
        let attempts = self.settings.attempts;
        let read = claims.entities.iter().map(|(claimed, _)| read::webhooks(source, claimed, attempts)).collect();
        let _settling = turns.settling.lock().unwrap_or_else(PoisonError::into_inner);
        drop(ahead);
        self.settle_all(read);
        true
    }

    /// Settles what was fetched from one source, in turn with others.
    fn settle_in_turn(&self, work: work::Work) {
        let turns = self.turns_of_sources.get(&work.source);
        let _settling = turns.map(|turns| turns.settling.lock().unwrap_or_else(PoisonError::into_inner));
        self.settle_all(vec![work]);
    }
}

fn permits(fetches: &Arc<Semaphore>, room: usize) -> Vec<OwnedSemaphorePermit> {
    (0..room).map_while(|_| Arc::clone(fetches).try_acquire_owned().ok()).collect()
}
