//! The daemons that share one database. Each has a row in `daemons`, whose number is part of its lease tokens, and a
//! heartbeat.
//!
//! ```text
//! register ─> row ─> heartbeat, every few seconds ─> leave: row gone
//!                      └─ killed ─> the row stays ─> another daemon of the host sees that the process is gone,
//!                                                     and makes its work due at once
//!                                   └─ on another host: its leases end by themselves
//! ```
//!
//! The heartbeat also extends the leases in use, so a running daemon keeps its work however long it takes. This module
//! does not decide who may settle: only the lease does, and the settling transaction checks it.

mod mark;
mod process;
mod store;

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

pub use self::mark::unique;
pub use self::process::Process;

use crate::clock::{Clock, Timestamp};
use crate::db::{Database, Result};
use crate::inbox::store as inbox;
use crate::limits;

/// The registration of this daemon. Clones share it.
#[derive(Clone)]
pub struct Presence(Arc<Inner>);

struct Inner {
    database: Database,
    clock: Clock,
    id: i64,
    process: Process,
    started_at: Timestamp,
    in_hand: Mutex<BTreeSet<String>>,
}

/// A lease in use: the heartbeat extends it until the last clone is dropped, however the work ends.
#[derive(Clone)]
pub struct Lease(Arc<Holding>);

struct Holding {
    presence: Presence,
    token: String,
}

impl Presence {
    /// Registers this process, and releases the claims of daemons that are proven to be gone.
    ///
    /// # Errors
    /// When the database fails.
    pub fn register(database: Database, clock: Clock) -> Result<Self> {
        let (process, now) = (Process::own(), clock.now());
        let id = database.transaction("register", |connection| store::insert(connection, &process, now))?;
        let in_hand = Mutex::default();
        let presence = Self(Arc::new(Inner { database, clock, id, process, started_at: now, in_hand }));
        if presence.0.database.is_embedded() {
            // We hold the lock of the file, so no other daemon can be running.
            presence.0.database.transaction("take over", |connection| {
                store::delete_others(connection, id)?;
                told(inbox::release_all_leases(connection, now)?);
                Ok::<_, crate::db::Error>(())
            })?;
        } else {
            presence.take_over()?;
        }
        Ok(presence)
    }

    /// Runs [`Presence::register`] on a blocking thread.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn register_apart(database: Database, clock: Clock) -> Result<Self> {
        database.run(move |database| Self::register(database.clone(), clock)).await
    }

    /// Writes heartbeats until `stop` completes.
    pub async fn keep(&self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                () = tokio::time::sleep(limits::HEARTBEAT) => {}
                () = &mut stop => return,
            }
            let presence = self.clone();
            if let Err(error) = self.0.database.run(move |_| presence.beat()).await
                && !error.is_logged()
            {
                tracing::warn!(%error, "cannot write the heartbeat; trying again in {} s", limits::HEARTBEAT.as_secs());
            }
        }
    }

    /// Runs [`Presence::leave`] on a blocking thread; a failure is only logged.
    pub async fn leave_apart(&self) {
        let presence = self.clone();
        if let Err(error) = self.0.database.run(move |_| presence.leave()).await {
            tracing::warn!(%error, "cannot sign off; other daemons will notice by the missing heartbeat");
        }
    }

    pub fn id(&self) -> i64 {
        self.0.id
    }

    /// Creates a lease with a token that was never used before.
    pub fn lease(&self) -> Lease {
        let token = format!("{}-{}", self.0.id, unique());
        self.hands().insert(token.clone());
        Lease(Arc::new(Holding { presence: self.clone(), token }))
    }

    /// Writes the heartbeat, extends the leases in use, and releases the claims of daemons that are gone.
    ///
    /// # Errors
    /// When the database fails. The leases then expire in time unless a later heartbeat succeeds.
    pub fn beat(&self) -> Result<()> {
        let inner = &*self.0;
        let now = inner.clock.now();
        let half = i64::try_from(limits::LEASE.as_millis() / 2).unwrap_or(i64::MAX);
        let leases: Vec<String> = self.hands().iter().cloned().collect();
        inner.database.transaction("heartbeat", |connection| {
            store::need_not_be_durable(connection)?;
            store::beat(connection, inner.id, &inner.process, inner.started_at, now)?;
            if !leases.is_empty() {
                let (at_risk, until) =
                    (now.plus_milliseconds(half), now.plus_milliseconds(half).plus_milliseconds(half));
                inbox::extend(connection, &leases, at_risk, until)?;
            }
            Ok::<_, crate::db::Error>(())
        })?;
        self.take_over()
    }

    /// Releases the claims of daemons whose process is proven to be gone, and deletes their rows.
    fn take_over(&self) -> Result<()> {
        let inner = &*self.0;
        let now = inner.clock.now();
        let all = store::all(&mut inner.database.reader()?)?;
        for other in all.iter().filter(|other| other.id != inner.id) {
            let silent = now.milliseconds_since(other.heartbeat_at);
            // The row of a daemon on another host is useless long after its last lease expired.
            let forgotten = silent.abs() > limits::FORGET_DAEMON_MILLISECONDS;
            if forgotten || inner.process.proves_gone(&other.process, silent) {
                inner.database.transaction("take over", |connection| {
                    told(inbox::release(connection, other.id, now)?);
                    store::delete(connection, other.id)
                })?;
            }
        }
        Ok(())
    }

    /// Deletes the row of this daemon; the events that it still has claimed are due at once for the others.
    ///
    /// # Errors
    /// When the database fails; the other daemons then find out by themselves.
    pub fn leave(&self) -> Result<()> {
        let inner = &*self.0;
        let now = inner.clock.now();
        inner.database.transaction("leave", |connection| {
            inbox::release(connection, inner.id, now)?;
            store::delete(connection, inner.id)
        })
    }

    fn hands(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.0.in_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn told(released: usize) {
    if released > 0 {
        tracing::info!(events = released, "released the work of a daemon that stopped");
    }
}

impl Lease {
    /// The token that claimed events carry.
    pub fn token(&self) -> &str {
        &self.0.token
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.presence.hands().remove(&self.token);
    }
}
