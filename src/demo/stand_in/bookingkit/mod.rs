//! bookingkit's API v3: tokens, orders, payments and vendors.
//!
//! What bookingkit documents is always so. What it leaves open is a [`Readings`] that a test or the demo chooses.

mod orders;
mod query;
mod readings;
mod records;
mod token;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::body::Incoming;
use hyper::{Method, Request};
use serde_json::Value;

pub use self::readings::{Count, Readings, Slash};

use self::records::Records;
use super::Fault;
use super::answer::{self, Answer};
use super::serve::apply;
use super::state::State;
use crate::clock::{Clock, Timestamp};

/// A change that happens right before a list is read, as changes do while somebody walks through the pages.
#[derive(Clone, Debug)]
pub enum Move {
    /// An order is placed or changed.
    Put(Value),
    /// An order is deleted.
    Remove(String),
}

/// Requests that were counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BookingkitCounts {
    /// Tokens granted.
    pub tokens: u64,
    /// Token requests answered 42901, because the last token is still good.
    pub refused_tokens: u64,
    /// GET requests by path, without the query and without a slash at the end.
    pub reads: BTreeMap<String, u64>,
    /// All GET requests.
    pub requests: u64,
    /// The last thousand of them with their query, percent-encoded.
    pub queries: Vec<String>,
    /// Requests that would have changed something. Must stay 0.
    pub writes: u64,
}

/// What is known at bookingkit.
pub struct Bookingkit {
    clock: Clock,
    records: Mutex<Records>,
}

impl Bookingkit {
    pub const CLIENT_ID: &str = "stand-in-client";
    pub const CLIENT_SECRET: &str = "stand-in-client-secret";
    /// The only vendor, as in the documentation's orders.
    pub const VENDOR: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, records: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds or changes an order now. It is given as a webhook sends it; the API leaves out what it leaves out.
    /// Returns the body of the webhook.
    pub fn put_order(&self, order: Value) -> String {
        self.put_order_at(order, self.clock.now())
    }

    /// The same, as if it had happened at another time.
    pub fn put_order_at(&self, order: Value, changed_at: Timestamp) -> String {
        let body = order.to_string();
        self.lock().put(order, changed_at);
        body
    }

    /// Deletes an order; reading it then returns 404.
    pub fn remove_order(&self, id: &str) {
        self.lock().remove(id);
    }

    /// Every order as it is now, by id.
    pub fn orders(&self) -> BTreeMap<String, Value> {
        self.lock().newest()
    }

    /// Changes what the documentation leaves open.
    pub fn read_as(&self, change: impl FnOnce(&mut Readings)) {
        let mut records = self.lock();
        change(&mut records.readings);
        records.sorted = None;
    }

    /// Adds faults for the next requests for data, in this order.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.lock().faults.extend(faults);
    }

    /// Adds faults for the next token requests, in this order.
    pub fn script_tokens(&self, faults: impl IntoIterator<Item = Fault>) {
        self.lock().token_faults.extend(faults);
    }

    /// What changes right before each of the next pages of a list is read: the first group before the first page.
    pub fn before_pages(&self, moves: impl IntoIterator<Item = Vec<Move>>) {
        self.lock().moves.extend(moves);
    }

    /// The token stops working, and a new one is granted at once when asked for.
    pub fn revoke_token(&self) {
        self.lock().token = None;
    }

    /// The token stops working, but bookingkit goes on to call it active: the next token comes when its hour is over.
    pub fn spoil_token(&self) {
        self.lock().token_works = false;
    }

    pub fn counts(&self) -> BookingkitCounts {
        self.lock().counts.clone()
    }
}

/// Whether a request is for bookingkit's API.
pub(super) fn serves(path: &str) -> bool {
    path == token::PATH || path.starts_with("/v3/")
}

pub(super) async fn handle(state: &State, request: Request<Incoming>) -> io::Result<Answer> {
    let bookingkit = &state.bookingkit;
    if request.uri().path() == token::PATH {
        return token::handle(state, request).await;
    }
    if request.method() != Method::GET {
        bookingkit.lock().counts.writes += 1;
        return Ok(answer::method_not_allowed());
    }
    let (fault, readings) = {
        let mut records = bookingkit.lock();
        records.count(request.uri());
        (records.faults.pop_front(), records.readings.clone())
    };
    let mut answer = apply(state, fault, || orders::answer(bookingkit, &request)).await?;
    readings.date(&bookingkit.clock, &mut answer);
    Ok(answer)
}
