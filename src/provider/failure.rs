//! Why something could not be read or fetched, and so what happens next.

use crate::inbox::ParkReason;

/// Why a delivery cannot be read: it parks with this reason, and the previous state of the order stays.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct Unreadable {
    pub reason: ParkReason,
    /// Where and what; no personal data, no secrets.
    pub detail: String,
}

impl Unreadable {
    /// A reason with the place (a path such as `payments[1].value`) and what is wrong there.
    pub fn new(reason: ParkReason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

/// How an attempt failed, and so what happens next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Tried again with exponential backoff.
    #[error("{reason}: {detail}")]
    Transient {
        reason: ParkReason,
        /// What happened; no personal data, no secrets.
        detail: String,
        /// The provider's `Retry-After`, in milliseconds.
        retry_after_milliseconds: Option<i64>,
    },
    /// The whole source waits; the attempt does not count.
    #[error("rate limited: {detail}")]
    RateLimited {
        detail: String,
        /// The provider's `Retry-After`, in milliseconds.
        retry_after_milliseconds: Option<i64>,
    },
    /// The breaker of the source counts this; the attempt does not.
    #[error("provider down: {detail}")]
    ProviderDown {
        detail: String,
        /// The provider's `Retry-After`, in milliseconds.
        retry_after_milliseconds: Option<i64>,
    },
    /// Parked at once.
    #[error("{reason}: {detail}")]
    Permanent {
        reason: ParkReason,
        /// What happened; no personal data, no secrets.
        detail: String,
    },
}
