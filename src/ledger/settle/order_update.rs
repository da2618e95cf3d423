//! What an event says of an order, and how that joins what is known.

use std::borrow::Cow;

use crate::clock::Timestamp;
use crate::db::{Connection, Result};
use crate::inbox::{Origin, origins};
use crate::ledger::book::PolicyHistory;
use crate::ledger::posting::opening::{self, Told};
use crate::ledger::posting::{Snapshot, StoredValueKey, redeemed_by};
use crate::order::{Note, NoteReason, Order, OrderStatus, Payment, Versions};

/// What one event says of an order.
#[derive(Clone)]
pub struct OrderUpdate {
    pub order_id: String,
    pub event_id: i64,
    /// The fetched document that says it, if it is not the event's own body.
    pub document_id: Option<i64>,
    /// When the event was received: the date of what has none.
    pub received_at: Timestamp,
    pub content: UpdateContent,
}

/// What an event says.
#[derive(Clone)]
pub enum UpdateContent {
    /// Sections of the order, as of `version`: the inbox id, or the number of the fetch.
    Sections {
        order: Box<Order>,
        /// How new they are.
        version: i64,
        /// Oddities met while reading them.
        notes: Vec<Note>,
    },
    /// A payment, merged whatever else is known.
    Payment(Payment),
    /// The whole booking is cancelled, for good.
    Cancelled,
}

impl OrderUpdate {
    /// Ids of the payments that it brings or names.
    pub(super) fn payments(&self) -> impl Iterator<Item = &str> {
        let (order, payment) = match &self.content {
            UpdateContent::Sections { order, .. } => (Some(order), None),
            UpdateContent::Payment(payment) => (None, Some(payment.id.as_str())),
            UpdateContent::Cancelled => (None, None),
        };
        order.into_iter().flat_map(|order| order.payment_ids()).chain(payment)
    }
}

impl OrderUpdate {
    /// The vouchers and flex tickets that it says were used.
    pub(super) fn vouchers_used(&self) -> Vec<StoredValueKey> {
        let UpdateContent::Sections { order, .. } = &self.content else { return Vec::new() };
        redeemed_by(order).map(|(class, id)| StoredValueKey::new(class, id)).collect()
    }
}

/// The update as it counts: only what a sweep stored may say that a method is guessed. A webhook tells methods,
/// whatever else stands in it.
pub(super) fn as_it_counts<'u>(connection: &mut Connection, update: &'u OrderUpdate) -> Result<Cow<'u, OrderUpdate>> {
    let UpdateContent::Sections { order, version, notes } = &update.content else { return Ok(Cow::Borrowed(update)) };
    if !order.payments.iter().flatten().any(|payment| payment.method_is_guessed) {
        return Ok(Cow::Borrowed(update));
    }
    let origin = origins(connection, &[update.event_id])?.remove(&update.event_id);
    if matches!(origin, Some(Origin::Sweep { .. } | Origin::Past { .. })) {
        return Ok(Cow::Borrowed(update));
    }
    let order = Box::new((**order).clone().with_told_methods());
    let content = UpdateContent::Sections { order, version: *version, notes: notes.clone() };
    Ok(Cow::Owned(OrderUpdate { content, ..update.clone() }))
}

/// Takes the content over, as far as it is not older than what is known. True when any of it was new enough.
pub(in crate::ledger) fn merge(
    snapshot: &mut Snapshot,
    versions: &mut Versions,
    content: UpdateContent,
    event_id: i64,
) -> bool {
    match content {
        UpdateContent::Sections { order: said, version, notes } => {
            let newest = versions.of("header").is_none_or(|header| header <= version);
            if newest {
                snapshot.notes = notes;
                note_confirmed_after_cancel(snapshot, &said);
            }
            snapshot.merge(*said, version, versions)
        }
        UpdateContent::Payment(payment) => {
            let newer = versions.advance(&format!("payment:{}", payment.id), event_id);
            if newer {
                let payments = snapshot.order.payments.get_or_insert_default();
                payments.retain(|other| other.id != payment.id);
                payments.push(payment);
                payments.sort_by(|a, b| a.id.cmp(&b.id));
            }
            newer
        }
        UpdateContent::Cancelled => {
            snapshot.cancelled = true;
            true
        }
    }
}

/// Keeps what an update tells of the time before the first day of the book, if it has one.
pub(super) fn learn_opening(
    snapshot: &mut Snapshot,
    versions: &mut Versions,
    update: &OrderUpdate,
    policies: &PolicyHistory,
) {
    let Some(begins_at) = policies.begins_at() else { return };
    let early = update.received_at < begins_at;
    match &update.content {
        UpdateContent::Sections { order, version, .. } => {
            let OrderUpdate { event_id, received_at, .. } = *update;
            let told = Told { order, event_id, received_at, version: *version };
            opening::learn(snapshot, versions, told, &policies.rules(snapshot.policy_id));
        }
        UpdateContent::Payment(payment) if early && payment.paid_at.is_none() => {
            opening::learn_undated(snapshot, format!("payment:{}", payment.id));
        }
        UpdateContent::Cancelled if early => opening::learn_cancelled(snapshot),
        UpdateContent::Payment(_) | UpdateContent::Cancelled => {}
    }
}

/// A cancellation is for good; a booking that is confirmed when it is read later is an oddity.
fn note_confirmed_after_cancel(snapshot: &mut Snapshot, said: &Order) {
    if snapshot.cancelled && said.status() == OrderStatus::Accepted {
        let evidence = "announced as cancelled, and confirmed when it was read after that";
        snapshot.notes.push(Note::new(NoteReason::ConfirmedAfterCancel, "order", evidence));
        snapshot.notes.sort();
        snapshot.notes.dedup();
    }
}
