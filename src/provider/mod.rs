//! What the two providers send and answer, read into [`crate::order`]. No database here.

pub mod bookingkit;
pub mod json;
pub mod ticketpark;

use crate::config::Source;
use crate::inbox::Classified;
use crate::order::{Contact, Note, Order, Provider};

/// What a delivery to `source` is about. What cannot be read is parked at once, so that the answer can say why.
pub fn classify(source: &Source, body: &[u8]) -> Classified {
    match source.provider {
        Provider::Bookingkit => bookingkit::classify(source, body),
        Provider::Ticketpark => ticketpark::classify(source, body),
    }
}

/// [`classify`] for any of these sources, by name.
pub fn classify_by_name<'a>(sources: &'a [Source]) -> impl Fn(&str, &[u8]) -> Option<Classified> + 'a {
    |name, body| sources.iter().find(|source| source.name == name).map(|source| classify(source, body))
}

/// What one delivery or one fetch says.
pub struct Said {
    /// The sections that it has.
    pub order: Order,
    /// The customer, where there is one.
    pub contact: Option<Contact>,
    /// Oddities met while reading, which do not hinder: they become findings of the order.
    pub notes: Vec<Note>,
}

/// Why a delivery cannot be read: it parks with this reason, and the previous state of the order stays.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct Unreadable {
    /// Reason code, such as `bad_amount`.
    pub reason: &'static str,
    /// Where and what; no personal data, no secrets.
    pub detail: String,
}

impl Unreadable {
    /// A reason with the place (a path such as `payments[1].value`) and what is wrong there.
    pub fn new(reason: &'static str, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

/// How an attempt failed, and so what happens next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Tried again with exponential backoff.
    #[error("{reason}: {detail}")]
    Transient {
        /// Reason code.
        reason: &'static str,
        /// What happened; no personal data, no secrets.
        detail: String,
        /// The provider's `Retry-After`, in milliseconds.
        retry_after_milliseconds: Option<i64>,
    },
    /// The whole source waits; the attempt does not count.
    #[error("rate limited: {detail}")]
    RateLimited {
        /// What happened.
        detail: String,
        /// The provider's `Retry-After`, in milliseconds.
        retry_after_milliseconds: Option<i64>,
    },
    /// The breaker of the source counts this; the attempt does not.
    #[error("provider down: {detail}")]
    ProviderDown {
        /// What happened.
        detail: String,
        /// The provider's `Retry-After`, in milliseconds.
        retry_after_milliseconds: Option<i64>,
    },
    /// Parked at once.
    #[error("{reason}: {detail}")]
    Permanent {
        /// Reason code.
        reason: &'static str,
        /// What happened; no personal data, no secrets.
        detail: String,
    },
}
