//! The durable inbox: every authenticated delivery, byte for byte, from the moment it is answered.
//!
//! ```text
//!            ┌──────────── replay ────────────┐
//!            ▼                                │
//! stored ─> pending ──> done                  │
//!            │  │ └───> superseded  (a newer event had been applied)
//!            │  └─────> parked ───────────────┤
//!            │             └───> dismissed ───┘  (a person decided that it does not count)
//!            └── retry: still pending, due later
//! ```
//!
//! A claimed event is `pending` with a lease: its `due_at` is the end of the lease, so that work abandoned by a crash
//! becomes due again by itself.

mod activity;
mod entity;
pub mod operator;
mod origin;
mod park_reason;
pub mod store;
pub mod writer;

pub use self::activity::{Activity, Span};
pub use self::entity::Entity;
pub use self::origin::{Origin, RUN_HEADER, origins, run_in};
pub use self::park_reason::ParkReason;

use crate::clock::Timestamp;
use crate::vocabulary;

/// The kinds of events, as they are stored: of webhooks, of what a sweep found, and of what people entered.
pub const KINDS: [&str; 14] = [
    "order",
    "new-booking",
    "booking-tickets-updated",
    "booking-tickets-deleted",
    "booking-cancelled",
    "new-payment",
    "new-person",
    "person-updated",
    "unknown",
    "sweep",
    "history",
    "import",
    "reverse",
    "retain",
];

/// Number of an inbox event, ascending in the order of storing.
pub type EventId = i64;

/// A delivery on its way into the inbox. The body may hold personal data, so there is no `Debug`.
#[derive(Clone)]
pub struct Delivery {
    pub source: String,
    /// What it is, as far as it was understood.
    pub class: Classified,
    pub received_at: Timestamp,
    /// `POST`, `PATCH` or `PUT`.
    pub method: String,
    pub content_type: Option<String>,
    /// JSON object of the headers worth keeping; never one with a credential.
    pub headers: String,
    /// The bytes as received.
    pub body: Vec<u8>,
}

impl Delivery {
    /// What it takes of the bytes that may wait.
    pub fn bytes(&self) -> usize {
        let named = self.content_type.as_ref().map_or(0, String::len);
        self.body.len().saturating_add(self.headers.len()).saturating_add(named)
    }
}

/// What a delivery is about: found out from as little of the body as possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Classified {
    /// To be worked on.
    Understood {
        /// `order` for bookingkit; for Ticketpark the normal form of the webhook type.
        kind: String,
        entity: Entity,
    },
    /// Stored and parked at once.
    Parked {
        /// Kind as far as known, else `unknown`.
        kind: String,
        /// Entity as far as known.
        entity: Option<Entity>,
        reason: ParkReason,
        /// The reason in words; no personal data, no secrets.
        detail: String,
    },
}

vocabulary! {
    /// State of an inbox event, in the order of its life.
    pub enum State in "inbox_events.state" {
        /// To be worked on, being worked on, or waiting for its next attempt.
        Pending = "pending",
        /// Applied.
        Done = "done",
        /// Older than what is applied; kept and counted all the same.
        Superseded = "superseded",
        /// Needs a person; can be replayed.
        Parked = "parked",
        /// Set aside by a person: it counts for nothing; can be replayed.
        Dismissed = "dismissed",
    }
}

/// The waiting events of one entity, claimed together.
pub struct Claimed {
    pub source: String,
    pub entity: Entity,
    /// Proof of the claim: only its holder may finish the events.
    pub lease: String,
    /// In the order of their numbers.
    pub events: Vec<ClaimedEvent>,
}

/// A claimed event. The body may hold personal data, so there is no `Debug`.
#[derive(diesel::Queryable)]
pub struct ClaimedEvent {
    pub id: EventId,
    pub kind: String,
    pub received_at: Timestamp,
    /// Attempts so far, this one included.
    pub attempts: i32,
    /// The bytes as received; `None` once pruned.
    pub body: Option<Vec<u8>>,
}

/// How a claim ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finish {
    /// Settled.
    Applied {
        /// What it says is at least as new as what was known; else the event is superseded.
        newer: bool,
    },
    /// Needs a person.
    Parked {
        /// `transient` when out of attempts, else `permanent`.
        verdict: &'static str,
        reason: ParkReason,
        detail: String,
    },
    /// Tried again.
    Retry {
        /// `transient`, `rate_limited` or `provider_down`.
        verdict: &'static str,
        /// A word of [`ParkReason`], or `rate_limited`.
        reason: &'static str,
        detail: String,
        due_at: Timestamp,
        /// Whether the attempt is used up.
        counts: bool,
    },
}
