//! A stand-in for the APIs of both providers on a loopback port. The tests and the demo use it instead of the
//! providers.
//!
//! It behaves as documented (rotating refresh tokens, members embedded only on request, one token an hour) and, when
//! told to, produces everything that goes wrong on a network. It hangs instead of sleeping: whoever asks for a hang
//! also ends it.

mod answer;
mod bookingkit;
mod bookings;
mod example;
mod resources;
mod serve;
mod state;
mod story;
mod token;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use secrecy::SecretString;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use self::bookingkit::{Bookingkit, BookingkitCounts, Count, Move, Readings, Slash};
pub use self::bookings::{BookingMove, Listing, TicketparkReadings};
pub use self::example::{BookingExample, TicketExample, person_example};
pub use self::story::{Step, Story};

use self::state::State;
use crate::clock::{Clock, Timestamp};
use crate::config::Api;

/// A fault of one request; the next request of its kind uses it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No fault: lets one request pass before the next fault.
    None,
    /// A response with this status, and a `Retry-After` header if given.
    Status {
        status: u16,
        /// The value of `Retry-After`, sent unchanged.
        retry_after: Option<String>,
    },
    /// 200 with a body that is not JSON.
    Garbage,
    /// 200 without a body.
    Empty,
    /// 200 with this body.
    Says(&'static str),
    /// 200 and the connection breaks in the middle of the body.
    Truncated,
    /// The usual response, of which only the first half is sent, as if it were all of it.
    Cut,
    /// bookingkit's 42901: the last token is still good, and no other is granted.
    ReuseToken,
    /// bookingkit's 42910: the requests of the month are used up.
    MonthUsedUp,
    /// 200 with one byte more than the limit.
    Oversize,
    /// No response until [`StandIn::release`]; then the usual response.
    Hang,
    /// The connection closes without a response, before the request is processed.
    Drop,
    /// The request is processed, and then the response is lost.
    LoseAnswer,
    /// Invalidates all access tokens, then responds as usual.
    RevokeAccessTokens,
    /// Invalidates all refresh tokens, then responds as usual.
    RevokeRefreshTokens,
}

/// Requests that the stand-in has counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tokens granted for a password.
    pub password_grants: u64,
    /// Tokens granted for a refresh token.
    pub refresh_grants: u64,
    /// Token requests answered 400 or 401.
    pub refused_grants: u64,
    /// Most refresh requests at the same time.
    pub most_concurrent_refreshes: u64,
    /// GET requests by path, as sent: percent-encoded, without the query.
    pub reads: BTreeMap<String, u64>,
    /// Requests that would have changed something at Ticketpark. Must stay 0.
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
    pub const CLIENT_KEY: &str = "stand-in-key";
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

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The `base_url` of a source that uses it.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The `api` settings of a source that uses it, including the login.
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

    /// What bookingkit knows. Its API is at `/v3` of [`StandIn::base_url`], its tokens at `/oauth/token`.
    pub fn bookingkit(&self) -> &Bookingkit {
        &self.state.bookingkit
    }

    /// Adds or replaces a booking now. Its `tickets` and `customer` are returned only on request.
    pub fn put_booking(&self, pid: &str, booking: Value) {
        self.put_booking_at(pid, booking, self.state.clock.now());
    }

    /// The same, as if it had happened at another time.
    pub fn put_booking_at(&self, pid: &str, booking: Value, updated: Timestamp) {
        self.state.lock().put_booking(pid, booking, updated);
    }

    /// Changes what Ticketpark's documentation leaves open.
    pub fn read_as(&self, change: impl FnOnce(&mut TicketparkReadings)) {
        change(&mut self.state.lock().readings);
    }

    /// What changes right before each of the next pages of bookings is read: the first group before the first page.
    pub fn before_pages(&self, moves: impl IntoIterator<Item = Vec<BookingMove>>) {
        self.state.lock().moves.extend(moves);
    }

    /// Removes a booking; reading it then returns 404.
    pub fn remove_booking(&self, pid: &str) {
        self.state.lock().bookings.remove(pid);
    }

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

    pub fn revoke_access_tokens(&self) {
        self.state.lock().access_tokens.clear();
    }

    pub fn revoke_refresh_tokens(&self) {
        self.state.lock().refresh_tokens.clear();
    }

    /// Waits until that many requests hang.
    pub async fn hanging(&self, requests: usize) {
        let mut hanging = self.state.hanging.subscribe();
        // The sender is part of our own state, so it still exists.
        let _ = hanging.wait_for(|count| *count >= requests).await;
    }

    /// Waits until no request hangs.
    pub async fn at_rest(&self) {
        let mut hanging = self.state.hanging.subscribe();
        let _ = hanging.wait_for(|count| *count == 0).await;
    }

    /// Lets all hanging requests be answered.
    pub fn release(&self) {
        self.state.release.notify_waiters();
    }

    pub fn counts(&self) -> Counts {
        self.state.lock().counts.clone()
    }

    /// Stops, and waits until the port is free and the connections are closed.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        // A panic of the serving task is already printed.
        let _ = (&mut self.serving).await;
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}
