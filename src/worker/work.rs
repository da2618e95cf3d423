//! What one claim leads to, before anything is written.

use crate::clock::Timestamp;
use crate::inbox::{Claimed, Entity, EventId, Finish, ParkReason};
use crate::ledger::settle::{OrderUpdate, UpdateContent};
use crate::order::{Contact, Note};
use crate::provider::Failure;

/// The result of reading the events of one entity, ready to be settled in one transaction.
pub(super) struct Work {
    /// The source.
    pub(super) source: String,
    pub(super) entity: Entity,
    /// Proof of the claim.
    pub(super) lease: String,
    /// The events that go on, in the order of their numbers.
    pub(super) events: Vec<EventWork>,
    /// Events that end here, each with its reason.
    pub(super) ended: Vec<(EventId, Finish)>,
    /// What was fetched, with its number.
    pub(super) document: Option<Document>,
    /// What the webhooks say was changed or deleted: compared with what is read.
    pub(super) announced: Vec<Note>,
    /// Why the events cannot be completed, although the facts that they bring themselves are settled.
    pub(super) failure: Option<Failure>,
}

/// One event on its way into the books.
pub(super) struct EventWork {
    pub(super) id: EventId,
    pub(super) attempts: i32,
    pub(super) received_at: Timestamp,
    /// What it changes.
    pub(super) steps: Vec<OrderUpdate>,
    /// The customer, with how new the news of it are.
    pub(super) contact: Option<(Contact, i64)>,
}

/// A fetched document on its way into the archive.
#[derive(Clone)]
pub(super) struct Document {
    pub(super) id: i64,
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl EventWork {
    /// Whether the event brings a fact of its own, whatever the fetch brings.
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

/// Runs a computation on a provider's data; a panic in it becomes an answer instead of the end of a worker.
pub(super) fn caught<T>(compute: impl FnOnce() -> T) -> Result<T, String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(compute)).map_err(|panic| {
        let message = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        message.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
    })
}
