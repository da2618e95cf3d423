//! Access to bookingkit's API, which gives one token an hour to each client, whoever asks.
//!
//! ```text
//! get ──> token in the row, valid ─────────────────────────────────────────────┐
//!            └─ no ─> claim the row ──> ask ──> store ──> (others read the row) ┴──> GET ── 401 ──> once more, with
//!                        │                                          a new one, or with ours if that is the one out
//!                        └─ claimed by another daemon ─> wait for its token
//! ```
//!
//! To look first is not enough: two daemons can both look, and both ask, and the second one is refused for up to an
//! hour. So whoever asks has claimed the row before, and stores what it got before anybody uses it.

mod store;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use tokio::sync::OwnedMutexGuard;

use self::store::Row;
use super::renew::{blocking, interrupted};
use super::seal::{Column, Seal};
use crate::clock::{Clock, Timestamp};
use crate::cluster;
use crate::config::{OrdersApi, Source};
use crate::db::Database;
use crate::hash;
use crate::provider::bookingkit::api::{ApiError, Client, Request};
use crate::provider::{Answer, Failure, Fetched, ParkReason, SetupError};

/// A token counts as expired this much early, so that it is still valid when the request arrives.
const MARGIN_MILLISECONDS: i64 = 60_000;
/// How long a claim holds: longer than a request may take. Who claimed it and died is waited for no longer.
const CLAIM_MILLISECONDS: i64 = 60_000;
/// How long a token lives that somebody else has, if nothing is known of it.
const LIFE_MILLISECONDS: i64 = 3_600_000;
/// How often the row is read while another daemon asks.
const LOOK: Duration = Duration::from_millis(200);

/// Access to the account of one source. Cheap to clone; all clones share the token.
#[derive(Clone)]
pub struct OrdersAccess(Arc<Account>);

struct Account {
    source: String,
    database: Database,
    clock: Clock,
    client: Client,
    client_sha256: String,
    seal: Seal,
    /// Who we are in a claim.
    name: String,
    held: Mutex<Option<Held>>,
    /// Requests for data so far.
    read: AtomicI64,
    renewing: Arc<tokio::sync::Mutex<()>>,
}

/// A token that is stored and may therefore be used.
#[derive(Clone)]
struct Held {
    access_token: SecretString,
    expires_at: Timestamp,
    version: i64,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The one token of this hour is out, and we do not have it.
    #[error("another program uses the token of this client until about {until}; give ticketledger a client of its own")]
    TokenElsewhere { until: Timestamp },
    /// Client id or secret are not accepted.
    #[error("the provider rejected client_id and client_secret with {0}; check both")]
    ClientRefused(u16),
    /// A token that should be valid is not accepted.
    #[error("{}; check the scope of the client", token_refused(*.0))]
    TokenRefused(u16),
    #[error("the requests of this month are used up at the provider")]
    MonthUsedUp,
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl OrdersAccess {
    /// Access to the account of `source`; does not contact the provider yet. `None` without settings for it.
    ///
    /// # Errors
    /// When the machine has no certificates to trust.
    pub fn new(database: Database, clock: Clock, source: &Source) -> Result<Option<Self>, SetupError> {
        let Some(api) = &source.orders_api else { return Ok(None) };
        let client_sha256 = client_hash(api);
        Ok(Some(Self(Arc::new(Account {
            source: source.name.clone(),
            database,
            client: Client::new(api, source.sweep.slash, clock.clone())?,
            clock,
            seal: Seal::new(&client_sha256, std::iter::once(&api.client_secret).chain(&api.earlier_client_secrets)),
            client_sha256,
            name: cluster::unique(),
            held: Mutex::default(),
            read: AtomicI64::default(),
            renewing: Arc::default(),
        }))))
    }

    /// Reads. A request whose token is refused is repeated once with another one.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub async fn get(&self, request: Request<'_>) -> Result<Fetched, Refusal> {
        let token = self.token(None).await?;
        match self.read(request, &token).await? {
            Answer::Fetched(fetched) => return Ok(fetched),
            // No other token changes what the client may see.
            Answer::Refused(403) => return Err(Refusal::TokenRefused(403)),
            Answer::Refused(status) => {
                tracing::info!(source = %self.0.source, status, "the provider rejected a token before its end");
            }
        }
        let (token, elsewhere) = match self.token(Some(token.version)).await {
            // The one that is out may be ours: it is tried once more before anybody is blamed.
            Err(Refusal::TokenElsewhere { until }) if token.is_usable(self.0.clock.now(), None) => (token, Some(until)),
            another => (another?, None),
        };
        match self.read(request, &token).await? {
            Answer::Fetched(fetched) => {
                if elsewhere.is_some() {
                    self.0.forget_wait(token.version).await?;
                }
                Ok(fetched)
            }
            Answer::Refused(status) => {
                Err(elsewhere.map_or(Refusal::TokenRefused(status), |until| Refusal::TokenElsewhere { until }))
            }
        }
    }

    async fn read(&self, request: Request<'_>, token: &Held) -> Result<Answer, Refusal> {
        self.0.read.fetch_add(1, Ordering::Relaxed);
        self.0.client.get(request, &token.access_token).await.map_err(refused)
    }

    /// How many requests for data were made so far, repeated ones included and those for tokens not.
    pub fn requests(&self) -> i64 {
        self.0.read.load(Ordering::Relaxed)
    }

    /// Waits until a token that is being asked for is stored: one that is lost is missed for an hour.
    pub async fn idle(&self) {
        drop(self.0.renewing.lock().await);
    }

    /// Returns a token other than the one of version `rejected`.
    async fn token(&self, rejected: Option<i64>) -> Result<Held, Refusal> {
        if let Some(held) = self.held().filter(|held| held.is_usable(self.0.clock.now(), rejected)) {
            return Ok(held);
        }
        let turn = Arc::clone(&self.0.renewing).lock_owned().await;
        // Runs in its own task: a caller that gives up must not lose the token of an hour.
        let renewal = tokio::spawn(Arc::clone(&self.0).renew(turn, rejected));
        renewal.await.unwrap_or_else(|error| Err(interrupted(&error).into()))
    }

    fn held(&self) -> Option<Held> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Held {
    fn is_usable(&self, now: Timestamp, rejected: Option<i64>) -> bool {
        self.expires_at > now && Some(self.version) != rejected
    }
}

impl Account {
    async fn renew(self: Arc<Self>, _turn: OwnedMutexGuard<()>, rejected: Option<i64>) -> Result<Held, Refusal> {
        let base = loop {
            let row = self.load().await?;
            let now = self.clock.now();
            if let Some(held) = row.as_ref().and_then(|row| self.open(row)).filter(|held| held.is_usable(now, rejected))
            {
                return Ok(self.keep(held));
            }
            let row = row.unwrap_or_default();
            if let Some(until) = row.wait_until.filter(|until| *until > now) {
                return Err(Refusal::TokenElsewhere { until });
            }
            if self.claim(row.version, now).await? {
                break row;
            }
            tokio::time::sleep(LOOK).await;
        };
        let asked_at = self.clock.now();
        match self.client.token().await {
            Ok(granted) => {
                let early = MARGIN_MILLISECONDS.min(granted.lifetime_seconds * 1000 / 2);
                let expires_at = asked_at.plus_milliseconds(granted.lifetime_seconds * 1000 - early);
                let version = base.version.saturating_add(1);
                let sealed = self.seal.close(Column::Access, &granted.access_token).ok_or_else(unsealed)?;
                self.store(sealed, expires_at, version).await?;
                Ok(self.keep(Held { access_token: granted.access_token, expires_at, version }))
            }
            Err(ApiError::TokenIsOut { retry_after_milliseconds }) => {
                // If it is ours and cannot be opened, or is not accepted any more, its end is known.
                let known = base.expires_at.map(|end| end.plus_milliseconds(MARGIN_MILLISECONDS));
                let named = retry_after_milliseconds.map(|pause| asked_at.plus_milliseconds(pause));
                let until = named.or(known).filter(|until| *until > asked_at);
                let until = until.unwrap_or_else(|| asked_at.plus_milliseconds(LIFE_MILLISECONDS));
                self.release(Some(until)).await?;
                Err(Refusal::TokenElsewhere { until })
            }
            Err(error) => {
                self.release(None).await?;
                Err(refused(error))
            }
        }
    }

    fn keep(&self, held: Held) -> Held {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(held.clone());
        held
    }

    fn open(&self, row: &Row) -> Option<Held> {
        let access_token = self.seal.open(Column::Access, row.token_sealed.as_ref()?)?;
        Some(Held { access_token, expires_at: row.expires_at?, version: row.version })
    }

    async fn load(&self) -> Result<Option<Row>, Failure> {
        let (database, client) = (self.database.clone(), self.client_sha256.clone());
        blocking(move || store::load(&mut database.reader()?, &client)).await
    }

    /// Claims the right to ask, if nobody else has it and the token is still the one of `version`.
    async fn claim(&self, version: i64, now: Timestamp) -> Result<bool, Failure> {
        let (database, client, name) = (self.database.clone(), self.client_sha256.clone(), self.name.clone());
        let until = now.plus_milliseconds(CLAIM_MILLISECONDS);
        blocking(move || {
            database
                .transaction("api token", |connection| store::claim(connection, &client, &name, version, now, until))
        })
        .await
    }

    async fn store(&self, sealed: Vec<u8>, expires_at: Timestamp, version: i64) -> Result<(), Failure> {
        let (database, client) = (self.database.clone(), self.client_sha256.clone());
        blocking(move || {
            database
                .transaction("api token", |connection| store::save(connection, &client, &sealed, expires_at, version))
        })
        .await
    }

    /// The token of `version` is good after all.
    async fn forget_wait(&self, version: i64) -> Result<(), Failure> {
        let (database, client) = (self.database.clone(), self.client_sha256.clone());
        blocking(move || {
            database.transaction("api token", |connection| store::forget_wait(connection, &client, version))
        })
        .await
    }

    async fn release(&self, wait_until: Option<Timestamp>) -> Result<(), Failure> {
        let (database, client, name) = (self.database.clone(), self.client_sha256.clone(), self.name.clone());
        blocking(move || {
            database.transaction("api token", |connection| store::release(connection, &client, &name, wait_until))
        })
        .await
    }
}

/// What the provider said: of 403 no other token was tried, because none changes what the client may see.
fn token_refused(status: u16) -> &'static str {
    match status {
        403 => "the provider does not let this client read the orders",
        _ => "the provider rejected even a new token",
    }
}

fn refused(error: ApiError) -> Refusal {
    match error {
        // Told of a request that had a token.
        ApiError::TokenIsOut { retry_after_milliseconds } => {
            let detail = "it asks to use the token of the hour again, which was done".to_owned();
            Failure::RateLimited { detail, retry_after_milliseconds }.into()
        }
        ApiError::ClientRefused(status) => Refusal::ClientRefused(status),
        ApiError::MonthUsedUp => Refusal::MonthUsedUp,
        ApiError::Failed(failure) => Refusal::Failed(failure),
    }
}

fn unsealed() -> Failure {
    Failure::Transient {
        reason: ParkReason::TokenUnsealed,
        detail: "the system has no random numbers to encrypt a token with".to_owned(),
        retry_after_milliseconds: None,
    }
}

/// The token belongs to the client, whichever sources use it.
fn client_hash(api: &OrdersApi) -> String {
    let hasher = Sha256::new().chain_update(b"ticketledger client of bookingkit\0").chain_update(&api.base_url);
    hash::finished(hasher.chain_update([0]).chain_update(&api.client_id))
}
