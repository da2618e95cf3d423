//! One update of an order becomes a snapshot, entries, current state and findings, in the caller's transaction.
//!
//! Belongs here: the sequence in which an order is merged, posted and reconciled, and who else is settled by it.
//! Does not: what is booked (`posting`), or what is odd about it (`findings`).

mod order_update;
pub(in crate::ledger) mod post;
mod stored_value;

use std::collections::BTreeSet;

pub use self::order_update::{OrderUpdate, UpdateContent};
use self::post::post;
use super::batch::{Batch, KnownOrder, current_state, load};
use super::book::{SnapshotCause, SnapshotRow};
use super::posting::rules::wanted_atoms;
use super::posting::{RecognisedCredit, Snapshot, StoredValueKey};
use super::{Error, findings};
use crate::clock::Timestamp;
use crate::db::Connection;
use crate::hash;
use crate::order::Versions;

/// What became of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// It is at least as new as what was known; else its event is superseded.
    pub newer: bool,
    /// Entries written.
    pub entries: usize,
}

/// Prefetches what settling these updates will ask for: without it the result is the same, with many more statements.
///
/// # Errors
/// When a statement fails.
pub fn prefetch<'s>(
    connection: &mut Connection,
    batch: &mut Batch,
    updates: impl Iterator<Item = &'s OrderUpdate> + Clone,
) -> Result<(), Error> {
    let orders = updates.clone().map(|update| update.order_id.as_str()).collect();
    batch.orders.prefetch(connection, &orders)?;
    batch.orders.read_payments(connection, &updates.flat_map(OrderUpdate::payments).collect())?;
    Ok(())
}

/// Settles one update. The result is written by [`Batch::flush`].
///
/// # Errors
/// When a statement fails, an amount overflows or a stored snapshot cannot be read; the caller then rolls back.
pub fn settle(connection: &mut Connection, batch: &mut Batch, update: &OrderUpdate) -> Result<Settled, Error> {
    let update = &*order_update::as_it_counts(connection, update)?;
    let mut known = load(connection, &mut batch.orders, &update.order_id)?;
    let first = known.row.first_event_id.is_none_or(|first| update.event_id <= first);
    let mut again = BTreeSet::new();
    for voucher in update.vouchers_used() {
        if current_state::note_use(connection, &batch.book.source, &voucher, update.event_id)? {
            again.extend(current_state::seller(connection, &batch.book.source, &voucher)?);
        }
    }
    let newer = order_update::merge(&mut known.snapshot, &mut known.versions, update.content.clone(), update.event_id);
    if first {
        known.row.first_event_id = Some(update.event_id);
    }
    let cause = if first { SnapshotCause::FirstDelivery } else { SnapshotCause::Delivery };
    let origin =
        Origin { event_id: update.event_id, document_id: update.document_id, received_at: update.received_at, cause };
    if known.snapshot.policy_id == 0 {
        let ordered_at = known.snapshot.order.header.as_ref().and_then(|header| header.ordered_at);
        known.snapshot.policy_id = batch.book.policies.at(ordered_at.unwrap_or(update.received_at));
    }
    order_update::learn_opening(&mut known.snapshot, &mut known.versions, update, &batch.book.policies);
    let entries = step(connection, batch, known, &origin, &mut again)?;
    let cause = SnapshotCause::VoucherOf(update.order_id.clone());
    let entries = entries + settle_orders(connection, batch, again, &Origin { cause, ..origin })?;
    findings::look_again(connection, batch, update.received_at)?;
    Ok(Settled { newer, entries })
}

/// Settles these orders, and those that have to be settled because of them. It ends: what is sold decides how uses are
/// posted, and how much was used decides what stays sold, but how a use is posted decides nothing.
fn settle_orders(
    connection: &mut Connection,
    batch: &mut Batch,
    mut orders: BTreeSet<String>,
    origin: &Origin,
) -> Result<usize, Error> {
    let mut entries = 0;
    while !orders.is_empty() {
        // Round by round: the one that sold what many used is settled once after all of them, and not after each.
        for order_id in std::mem::take(&mut orders) {
            let known = load(connection, &mut batch.orders, &order_id)?;
            entries += step(connection, batch, known, origin, &mut orders)?;
        }
    }
    Ok(entries)
}

/// Learns what other orders say of an order, posts the difference, and adds the orders that have to be settled again
/// because of it. Answers the number of entries.
fn step(
    connection: &mut Connection,
    batch: &mut Batch,
    mut known: KnownOrder,
    origin: &Origin,
    again: &mut BTreeSet<String>,
) -> Result<usize, Error> {
    let order_id = known.row.order_id.clone();
    let policy = batch.book.policies.policy(known.snapshot.policy_id).clone();
    let sold_before = batch.orders.sold(connection, &order_id)?;
    stored_value::learn_of_sales(connection, batch, &mut known, &policy)?;
    let sold = known.snapshot.sold_regimes(&policy);
    stored_value::take_back(connection, batch, &order_id, &sold_before, &sold)?;
    stored_value::learn_of_uses(connection, batch, &mut known.snapshot, &policy)?;
    let (before, now) = (known.stored.clone(), known.snapshot.clone());
    let entries = apply(connection, batch, known, origin)?;
    let changed = before.as_ref() != Some(&now);
    if changed && (now.has_stored_value() || before.as_ref().is_some_and(Snapshot::has_stored_value)) {
        again.extend(stored_value::dependents(connection, batch, &sold_before, before.as_ref(), &now)?);
    }
    Ok(entries)
}

/// What caused a snapshot.
#[derive(Clone)]
pub(in crate::ledger) struct Origin {
    pub(in crate::ledger) event_id: i64,
    pub(in crate::ledger) document_id: Option<i64>,
    pub(in crate::ledger) received_at: Timestamp,
    pub(in crate::ledger) cause: SnapshotCause,
}

/// Stores what is known now, and posts the difference. Answers the number of entries.
fn apply(
    connection: &mut Connection,
    batch: &mut Batch,
    mut known: KnownOrder,
    origin: &Origin,
) -> Result<usize, Error> {
    let order_id = known.row.order_id.clone();
    let overflowed = |overflow| Error::Overflow { order_id: order_id.clone(), overflow };
    let rules = batch.book.policies.rules(known.snapshot.policy_id);
    let unwritable =
        |error: serde_json::Error| Error::Snapshot { order_id: order_id.clone(), detail: error.to_string() };
    let versions_before =
        std::mem::replace(&mut known.row.versions, serde_json::to_string(&known.versions).map_err(unwritable)?);
    let doc = known.snapshot.to_json().map_err(unwritable)?;
    let doc_sha256 = hash::sha256(&doc);
    if let Some(version) = known.versions.of("tickets") {
        batch.orders.save_titles(connection, &known.snapshot, version)?;
        batch.orders.save_dates(&known.snapshot, version, origin.received_at);
    }
    if known.doc_sha256.as_ref() == Some(&doc_sha256) {
        // Nothing new is said: only how new it is has to be remembered.
        batch.orders.save_order(connection, known.row.clone())?;
        reconcile_absent(connection, batch, &known, &versions_before, origin)?;
        return Ok(0);
    }
    let snapshot_no = batch.book.next_snapshot_no();
    let row = SnapshotRow {
        source: batch.book.source.clone(),
        snapshot_no,
        order_id: order_id.clone(),
        inbox_event_id: origin.event_id,
        document_id: origin.document_id,
        cause: origin.cause.to_string(),
        recorded_at: origin.received_at,
        doc,
        doc_sha256,
    };
    let wanted = wanted_atoms(&known.snapshot, &rules).map_err(overflowed)?;
    let entries = post(connection, batch, known.snapshot.policy_id, &wanted, &row)?;
    batch.orders.save_snapshot(connection, row)?;
    let first_snapshot_no = known.row.first_snapshot_no;
    known.row.take_over(&known.snapshot, snapshot_no);
    batch.orders.save_order(connection, known.row)?;
    batch.orders.save_parts(connection, &known.snapshot, known.stored.as_ref(), &rules.policy)?;
    let settling = findings::Settling {
        snapshot: &known.snapshot,
        previous: known.stored.as_ref(),
        versions: &known.versions,
        wanted: &wanted,
        first_snapshot_no,
        now: origin.received_at,
    };
    findings::after_settling(connection, batch, &settling)?;
    Ok(entries)
}

/// A delivery that says nothing new may still lack a section that an older one had, or have it again.
fn reconcile_absent(
    connection: &mut Connection,
    batch: &mut Batch,
    known: &KnownOrder,
    versions_before: &str,
    origin: &Origin,
) -> Result<(), Error> {
    let absent = |versions: &Versions| findings::absent_sections(&batch.facts, &known.snapshot, versions);
    let before: Versions = serde_json::from_str(versions_before).unwrap_or_default();
    if absent(&before) == absent(&known.versions) {
        return Ok(());
    }
    let order_id = &known.snapshot.order.order_id;
    findings::again(connection, batch, order_id, origin.received_at)
}

/// Sets what of an order's credit is recognised, and posts the difference. The result is written.
pub(in crate::ledger) fn recognise_credit(
    connection: &mut Connection,
    batch: &mut Batch,
    order_id: &str,
    credit: Option<RecognisedCredit>,
    origin: &Origin,
) -> Result<usize, Error> {
    let mut known = load(connection, &mut batch.orders, order_id)?;
    known.snapshot.recognised_credit = credit;
    let mut again = BTreeSet::new();
    let entries = step(connection, batch, known, origin, &mut again)?;
    let entries = entries + settle_orders(connection, batch, again, origin)?;
    findings::look_again(connection, batch, origin.received_at)?;
    batch.flush(connection)?;
    Ok(entries)
}

/// Settles again every order that sells or redeems one of these vouchers or flex tickets: what is known of them beyond
/// orders has changed. The result is written.
pub(in crate::ledger) fn settle_again(
    connection: &mut Connection,
    batch: &mut Batch,
    vouchers: &[StoredValueKey],
    origin: &Origin,
) -> Result<usize, Error> {
    let mut orders = BTreeSet::new();
    for voucher in vouchers {
        orders.extend(current_state::redeeming_orders(connection, &batch.book.source, voucher)?);
        orders.extend(current_state::seller(connection, &batch.book.source, voucher)?);
    }
    let entries = settle_orders(connection, batch, orders, origin)?;
    findings::look_again(connection, batch, origin.received_at)?;
    batch.flush(connection)?;
    Ok(entries)
}
