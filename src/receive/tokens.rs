//! Access tokens. They are stored in the database, so that they survive a restart and are valid on every daemon that
//! shares it; recently used ones are also in a small cache. Invalid tokens are never cached.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use super::authenticate::{Hash, hash};
use super::store::{self, StoredToken};
use crate::clock::Clock;
use crate::config::Source;
use crate::db::{self, Database};
use crate::limits;

/// Tokens in the cache.
const CACHED: usize = 1024;
/// Expired tokens that are deleted whenever a token is issued.
const DELETED_AT_ONCE: i64 = 100;
/// Concurrent lookups. More would only wait for a connection, each in its own thread.
const LOOKUPS: usize = limits::SQLITE_READERS as usize;
/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;

/// By how much the clocks of daemons that share a database may differ.
const CLOCKS_DIFFER_MILLISECONDS: i64 = 60_000;

/// Why a token could not be checked or issued.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(transparent)]
    Database(#[from] db::Error),
    #[error("the system has no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    #[error("the lookup was aborted: {0}")]
    Task(#[from] tokio::task::JoinError),
}

pub(super) struct Tokens {
    database: Database,
    clock: Clock,
    slots: Arc<Semaphore>,
    cache: Mutex<HashMap<Hash, StoredToken>>,
}

impl Tokens {
    pub(super) fn new(database: Database, clock: Clock) -> Self {
        let slots = Arc::new(Semaphore::new(LOOKUPS));
        Self { database, clock, slots, cache: Mutex::new(HashMap::new()) }
    }

    /// Issues a token to a client for its source. It is valid once it is stored.
    pub(super) async fn issue(&self, source: &str, client_id: &str) -> Result<String, Error> {
        let mut random = [0_u8; TOKEN_BYTES];
        getrandom::fill(&mut random)?;
        let token = hex::encode(random);
        let now = self.clock.now();
        let stored = StoredToken {
            token_sha256: hex::encode(hash(token.as_bytes())),
            source: source.to_owned(),
            client_id: client_id.to_owned(),
            expires_at: now.plus_milliseconds(limits::TOKEN_SECONDS * 1000),
        };
        self.in_database(move |database| {
            database.transaction("token", |connection| {
                store::delete_expired_tokens(connection, now, DELETED_AT_ONCE)?;
                store::insert_token(connection, &stored)
            })
        })
        .await?;
        Ok(token)
    }

    /// Whether the token is valid for the source now.
    pub(super) async fn open(&self, token: &str, source: &Source) -> Result<bool, Error> {
        // Every issued token looks like this, so any other text needs no lookup.
        if token.len() != 2 * TOKEN_BYTES || !token.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(false);
        }
        let key = hash(token.as_bytes());
        let cached = self.cache().get(&key).cloned();
        if let Some(cached) = cached {
            return Ok(self.is_valid(&cached, source));
        }
        let sha256 = hex::encode(key);
        let lookup = move |database: &Database| store::find_token(&mut database.reader()?, &sha256);
        let found = self.in_database(lookup).await?;
        let Some(valid) = found.filter(|token| self.is_valid(token, source)) else { return Ok(false) };
        let mut cache = self.cache();
        if cache.len() >= CACHED {
            // This also drops valid tokens; each costs one lookup more.
            cache.clear();
        }
        cache.insert(key, valid);
        Ok(true)
    }

    fn is_valid(&self, token: &StoredToken, source: &Source) -> bool {
        // A client that was removed from the settings loses access at once, whatever tokens it has.
        let client = source.oauth_clients.iter().any(|client| client.id == token.client_id);
        let left = token.expires_at.milliseconds_since(self.clock.now());
        // One that would be valid for longer than any was issued while the clock was ahead.
        let valid = 1..=(limits::TOKEN_SECONDS * 1000 + CLOCKS_DIFFER_MILLISECONDS);
        client && token.source == source.name && valid.contains(&left)
    }

    fn cache(&self) -> MutexGuard<'_, HashMap<Hash, StoredToken>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn in_database<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database) -> db::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        // The semaphore is never closed; without a permit the work would run all the same.
        let _slot = self.slots.acquire().await;
        Ok(self.database.run(work).await?)
    }
}
