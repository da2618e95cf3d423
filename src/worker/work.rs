//! The work of one claim, before anything is written.

use crate::clock::Timestamp;
use crate::inbox::{Claimed, Entity, EventId, Finish, ParkReason};
use crate::ledger::settle::{OrderUpdate, UpdateContent};
use crate::order::{Contact, Note};
use crate::provider::Failure;

/// The result of reading the events of one entity, ready to be settled in one transaction.
pub(super) struct Work {
    pub(super) source: String,
    pub(super) entity: Entity,
    /// Token that proves the claim.
    pub(super) lease: String,
    /// Events to settle, in the order of their numbers.
    pub(super) events: Vec<EventWork>,
    /// Events that end here, each with its outcome.
    pub(super) ended: Vec<(EventId, Finish)>,
    pub(super) document: Option<Document>,
    /// Tickets that webhooks announce as changed or deleted; they are compared with the fetched booking.
    pub(super) announced: Vec<Note>,
    /// Why the events cannot be completed, although the facts in the webhooks themselves are settled.
    pub(super) failure: Option<Failure>,
}

/// One event to settle.
pub(super) struct EventWork {
    pub(super) id: EventId,
    pub(super) attempts: i32,
    pub(super) received_at: Timestamp,
    pub(super) steps: Vec<OrderUpdate>,
    /// The customer, and the version of this information.
    pub(super) contact: Option<(Contact, i64)>,
}

/// A fetched document to archive.
#[derive(Clone)]
pub(super) struct Document {
    pub(super) id: i64,
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl EventWork {
    /// Whether the event brings a fact of its own, independent of the fetch.
    pub(super) fn has_fact(&self) -> bool {
        self.steps.iter().any(|step| !matches!(step.content, UpdateContent::Sections { .. }))
    }
}

impl Work {
    pub(super) fn of(claimed: &Claimed) -> Self {
        Self {
            source: claimed.source.clone(),
            entity: claimed.entity.clone(),
            lease: claimed.lease.clone(),
            events: Vec::new(),
            ended: Vec::new(),
            document: None,
            announced: Vec::new(),
            failure: None,
        }
    }

    pub(super) fn park(&mut self, id: EventId, verdict: &'static str, reason: ParkReason, detail: impl Into<String>) {
        self.ended.push((id, Finish::Parked { verdict, reason, detail: detail.into() }));
    }
}

/// Runs a computation on a provider's data; returns a panic as an error instead of ending the worker.
pub(super) fn caught<T>(compute: impl FnOnce() -> T) -> Result<T, String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(compute)).map_err(|panic| {
        let message = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        message.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
    })
}
