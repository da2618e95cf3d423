//! Access to the providers' APIs: keeps tokens valid, and repeats a request once when its token is refused.
//! [`OrdersAccess`] is that to bookingkit's, [`Access`] that to a Ticketpark account:
//!
//! ```text
//! get_booking ──> token in memory, valid ─────────────────────────────┐
//!                     └─ no ─> take lock ───> newer one stored? ──────┤
//!                                  └─ no ─> refresh ──> store ────────┴──> GET ── 401, 403 ──> once more
//!                                              └─ refused ─> password, or a login is required
//! ```
//!
//! A refresh token works only once, so a new one is stored before its access token is used: a crash in between costs
//! nothing, a crash before it costs a login.

mod login;
mod orders;
mod renew;
mod seal;
mod store;

use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::Mutex;

pub use self::orders::{OrdersAccess, Refusal};

use self::renew::{Held, Tokens};
use self::seal::Seal;
use crate::clock::{Clock, Moment, Timestamp};
use crate::config::Source;
use crate::db::Database;
use crate::provider::ticketpark::client::{self, Answer, BookingsPage, Client, Fetched};
use crate::provider::{Failure, ParkReason};

/// Access to the account of one source. Cheap to clone; all clones share the tokens.
#[derive(Clone)]
pub struct Access(Arc<Account>);

struct Account {
    source: String,
    database: Database,
    clock: Clock,
    client: Client,
    seal: Seal,
    login: Option<Login>,
    /// The token version for which a login is required, and until when to assume so.
    refused: std::sync::Mutex<Option<(Option<i64>, Moment)>>,
    tokens: Arc<Mutex<Tokens>>,
}

struct Login {
    username: SecretString,
    password: SecretString,
}

#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("source {0} has no [sources.api]; add it to the settings")]
    NoApi(String),
    #[error(transparent)]
    Client(#[from] client::SetupError),
}

#[derive(Clone, Copy)]
enum Record<'p> {
    Booking(&'p str),
    Person(&'p str),
    Changed(BookingsPage<'p>),
    Path(&'p str),
}

impl Access {
    /// Access to `source`; does not contact the provider yet.
    ///
    /// # Errors
    /// See [`SetupError`].
    pub fn new(database: Database, clock: Clock, source: &Source) -> Result<Self, SetupError> {
        Self::with_tokens(database, clock, source, Arc::default())
    }

    /// Access with the settings of `source`, where this one has those of `earlier`. Tokens that are held or wait to be
    /// stored are taken over; a refusal of the earlier login is not.
    pub(super) fn successor(&self, earlier: &Source, source: &Source) -> Result<Self, SetupError> {
        match (&earlier.api, &source.api) {
            (Some(earlier), Some(api)) if earlier.is_same(api) => Ok(self.clone()),
            _ => {
                let account = &self.0;
                Self::with_tokens(account.database.clone(), account.clock.clone(), source, Arc::clone(&account.tokens))
            }
        }
    }

    fn with_tokens(
        database: Database,
        clock: Clock,
        source: &Source,
        tokens: Arc<Mutex<Tokens>>,
    ) -> Result<Self, SetupError> {
        let api = source.api.as_ref().ok_or_else(|| SetupError::NoApi(source.name.clone()))?;
        let login = match (api.username.clone(), api.password.clone()) {
            (Some(username), Some(password)) => Some(Login { username, password }),
            _ => None,
        };
        Ok(Self(Arc::new(Account {
            source: source.name.clone(),
            database,
            client: Client::new(api, clock.clone())?,
            clock,
            seal: Seal::new(&source.name, std::iter::once(&api.client_secret).chain(&api.earlier_client_secrets)),
            login,
            refused: std::sync::Mutex::default(),
            tokens,
        })))
    }

    /// Reads a booking with its tickets and its customer.
    ///
    /// # Errors
    /// Any response other than 200 or 404, and failures of the request.
    pub async fn get_booking(&self, pid: &str) -> Result<Fetched, Failure> {
        self.get(Record::Booking(pid)).await
    }

    /// Reads a person.
    ///
    /// # Errors
    /// Any response other than 200 or 404, and failures of the request.
    pub async fn get_person(&self, pid: &str) -> Result<Fetched, Failure> {
        self.get(Record::Person(pid)).await
    }

    /// Reads a page of the bookings that changed.
    ///
    /// # Errors
    /// Any response other than 200 or 404, and failures of the request.
    pub async fn list_bookings(&self, page: BookingsPage<'_>) -> Result<Fetched, Failure> {
        self.get(Record::Changed(page)).await
    }

    /// Reads any path with its query, to find out how the API behaves.
    ///
    /// # Errors
    /// Any response other than 200 or 404, and failures of the request.
    pub async fn get_path(&self, path: &str) -> Result<Fetched, Failure> {
        self.get(Record::Path(path)).await
    }

    /// Exchanges a login for tokens, which a running daemon picks up. The password is not stored.
    ///
    /// # Errors
    /// `login_refused`, and failures of the request.
    pub async fn login(&self, username: &SecretString, password: &SecretString) -> Result<(), Failure> {
        self.0.log_in(username, password).await
    }

    async fn get(&self, record: Record<'_>) -> Result<Fetched, Failure> {
        let token = self.token(None).await?;
        let status = match self.read(record, &token).await? {
            Answer::Fetched(fetched) => return Ok(fetched),
            Answer::Refused(status) => status,
        };
        tracing::info!(source = %self.0.source, status, "the provider rejected a token; retrying with a new one");
        let token = self.token(Some(token.version)).await?;
        match self.read(record, &token).await? {
            Answer::Fetched(fetched) => Ok(fetched),
            // It is not the fault of this event if a new token does not work.
            Answer::Refused(401) => Err(Failure::ProviderDown {
                detail: "the provider answered 401 to a new token".to_owned(),
                retry_after_milliseconds: None,
            }),
            Answer::Refused(status) => Err(Failure::Transient {
                reason: ParkReason::Forbidden,
                detail: format!("the provider answered {status}, even to a new token"),
                retry_after_milliseconds: None,
            }),
        }
    }

    async fn read(&self, record: Record<'_>, token: &Held) -> Result<Answer, Failure> {
        match record {
            Record::Booking(pid) => self.0.client.get_booking(pid, &token.access_token).await,
            Record::Person(pid) => self.0.client.get_person(pid, &token.access_token).await,
            Record::Path(path) => self.0.client.get_path(path, &token.access_token).await,
            Record::Changed(page) => self.0.client.list_bookings(page, &token.access_token).await,
        }
    }

    /// Returns a token other than the one of version `rejected`.
    async fn token(&self, rejected: Option<i64>) -> Result<Held, Failure> {
        // Everyone who needs a token waits here for the one who renews it.
        let tokens = Arc::clone(&self.0.tokens).lock_owned().await;
        if let Some(held) = tokens.held().filter(|held| held.is_usable(self.0.clock.now(), rejected)) {
            return Ok(held.clone());
        }
        // Runs in its own task: a caller that gives up must not lose a new refresh token.
        let renewal = tokio::spawn(Arc::clone(&self.0).renew(tokens, rejected));
        renewal.await.unwrap_or_else(|error| Err(renew::interrupted(&error)))
    }
}

impl Held {
    fn is_usable(&self, now: Timestamp, rejected: Option<i64>) -> bool {
        self.expires_at > now && Some(self.version) != rejected
    }
}
