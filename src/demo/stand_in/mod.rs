//! A stand-in for Ticketpark's API on a loopback port: what the tests and the demo talk to instead of the provider.
//!
//! It does what the documentation says (rotating refresh tokens, members embedded on request only) and, when told so,
//! everything that goes wrong on a network. It hangs instead of sleeping: whoever asks for a hang also ends it.

mod answer;
mod example;
mod resources;
mod serve;
mod state;
mod token;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use secrecy::SecretString;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use self::example::{BookingExample, TicketExample, person_example};

use self::state::State;
use crate::clock::Clock;
use crate::config::Api;

/// What goes wrong with one request; each is used up by the next request of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: lets one request pass before the next fault.
    None,
    /// This status, with a `Retry-After` header if given.
    Status {
        status: u16,
        /// `Retry-After`, as it is written into the header.
        retry_after: Option<String>,
    },
    /// 200 with a body that is not JSON.
    Garbage,
    /// 200 without a body.
    Empty,
    /// 200 and the connection breaks in the middle of the body.
    Truncated,
    /// 200 with one byte more than anyone should read.
    Oversize,
    /// No answer until [`StandIn::release`]; then the answer as usual.
    Hang,
    /// The connection closes without an answer, before anything was done.
    Drop,
    /// Everything is done, and then the answer is lost.
    LoseAnswer,
    /// All access tokens are invalid from here on; the request is then answered as usual.
    RevokeAccessTokens,
    /// All refresh tokens are invalid from here on; the request is then answered as usual.
    RevokeRefreshTokens,
}

/// What the stand-in has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tokens given for a password.
    pub password_grants: u64,
    /// Tokens given for a refresh token.
    pub refresh_grants: u64,
    /// Token requests answered 400 or 401.
    pub refused_grants: u64,
    /// The most refresh requests that were ever in hand at once.
    pub most_concurrent_refreshes: u64,
    /// GET requests by path, as sent: percent-encoded, without the query.
    pub reads: BTreeMap<String, u64>,
    /// Requests that would have changed something at Ticketpark. Anything but 0 is an alarm.
    pub writes: u64,
}

/// A running stand-in. It stops when it is dropped.
pub struct StandIn {
    address: SocketAddr,
    state: Arc<State>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl StandIn {
    /// The client key that it knows.
    pub const CLIENT_KEY: &str = "stand-in-key";
    /// The client secret that it knows.
    pub const CLIENT_SECRET: &str = "stand-in-secret";
    pub const USERNAME: &str = "box-office";
    pub const PASSWORD: &str = "stand-in-password";

    /// Starts on a free loopback port.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start(clock: Clock) -> std::io::Result<Self> {
        Self::start_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), clock).await
    }

    /// Starts on the given address.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start_on(address: SocketAddr, clock: Clock) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State::new(clock));
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(serve::serve(listener, Arc::clone(&state), stopped));
        Ok(Self { address, state, stop, serving })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The `base_url` of a source that talks to it.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The `api` of a source that talks to it, with the login.
    pub fn api(&self) -> Api {
        Api {
            base_url: self.base_url(),
            client_key: SecretString::from(Self::CLIENT_KEY),
            client_secret: SecretString::from(Self::CLIENT_SECRET),
            earlier_client_secrets: Vec::new(),
            username: Some(SecretString::from(Self::USERNAME)),
            password: Some(SecretString::from(Self::PASSWORD)),
        }
    }

    /// Adds or replaces a booking. Its `tickets` and `customer` are answered only to who asks for them.
    pub fn put_booking(&self, pid: &str, booking: Value) {
        self.state.lock().bookings.insert(pid.to_owned(), booking);
    }

    /// From now on the booking is answered 404.
    pub fn remove_booking(&self, pid: &str) {
        self.state.lock().bookings.remove(pid);
    }

    /// Adds or replaces a person.
    pub fn put_person(&self, pid: &str, person: Value) {
        self.state.lock().persons.insert(pid.to_owned(), person);
    }

    /// Adds faults for the next reads of bookings and persons, in this order.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state.lock().faults.extend(faults);
    }

    /// Adds faults for the next token requests, in this order.
    pub fn script_tokens(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state.lock().token_faults.extend(faults);
    }

    /// Makes every access token invalid.
    pub fn revoke_access_tokens(&self) {
        self.state.lock().access_tokens.clear();
    }

    /// Makes every refresh token invalid.
    pub fn revoke_refresh_tokens(&self) {
        self.state.lock().refresh_tokens.clear();
    }

    /// Waits until that many requests hang.
    pub async fn hanging(&self, requests: usize) {
        let mut hanging = self.state.hanging.subscribe();
        // The sender lives in our own state, so that it cannot be gone.
        let _ = hanging.wait_for(|count| *count >= requests).await;
    }

    /// Answers all requests that hang.
    pub fn release(&self) {
        self.state.release.notify_waiters();
    }

    /// What it has seen so far.
    pub fn counts(&self) -> Counts {
        self.state.lock().counts.clone()
    }

    /// Stops, and waits until the port is free and the connections are closed.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        // A panic of the serving task has been printed already.
        let _ = (&mut self.serving).await;
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}
