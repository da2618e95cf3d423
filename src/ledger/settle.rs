//! One step of settling: news of an order become a snapshot, entries and current state, in the caller's transaction.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::desk::Desk;
use super::posting::post;
use super::projection::{self, OrderRow};
use super::reconcile;
use super::snapshot::Kept;
use super::store::SnapshotRow;
use super::{Book, Error, Regime, Snapshot, Step, news, regimes, target};
use crate::clock::Timestamp;
use crate::db::Connection;
use crate::order::Versions;

/// Cause of the snapshot that the first usable delivery of an order brings: its sales take the order's date.
pub(super) const FIRST_DELIVERY: &str = "first delivery";
const DELIVERY: &str = "delivery";

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The news were at least as new as what was known; else the event is superseded.
    pub newer: bool,
    /// Entries written.
    pub entries: usize,
}

/// What is known of an order before a step.
pub(super) struct Known {
    row: OrderRow,
    pub(super) versions: Versions,
    pub(super) snapshot: Snapshot,
    /// The snapshot as it was stored; `None` when there is none.
    stored: Option<Snapshot>,
    doc_sha256: Option<String>,
}

/// Reads ahead what settling these steps will ask for: without it the result is the same, with many more statements.
///
/// # Errors
/// When a statement fails.
pub fn read_ahead<'s>(
    connection: &mut Connection,
    book: &mut Book,
    steps: impl Iterator<Item = &'s Step> + Clone,
) -> Result<(), Error> {
    let orders = steps.clone().map(|step| step.order_id.as_str()).collect();
    book.desk.read_ahead(connection, &orders)?;
    book.desk.read_payments(connection, &steps.flat_map(Step::payments).collect())?;
    Ok(())
}

/// Settles one step. What that comes to is written by [`Book::write_out`].
///
/// # Errors
/// When a statement fails, an amount overflows or a stored snapshot cannot be read; the caller then rolls back.
pub fn settle(connection: &mut Connection, book: &mut Book, step: &Step) -> Result<Settled, Error> {
    let mut known = load(connection, &mut book.desk, &step.order_id)?;
    let first = known.row.first_event_id.is_none_or(|first| step.event_id <= first);
    let newer = news::merge(&mut known.snapshot, &mut known.versions, step.news.clone(), step.event_id);
    if first {
        known.row.first_event_id = Some(step.event_id);
    }
    let cause = if first { FIRST_DELIVERY } else { DELIVERY };
    let origin = Origin {
        event_id: step.event_id,
        document_id: step.document_id,
        received_at: step.received_at,
        cause: cause.to_owned(),
    };
    let sold_before = book.desk.sold(connection, &step.order_id)?;
    if known.snapshot.policy_id == 0 {
        let ordered_at = known.snapshot.order.header.as_ref().and_then(|header| header.ordered_at);
        known.snapshot.policy_id = book.policies.at(ordered_at.unwrap_or(step.received_at));
    }
    let sold = known.snapshot.sold_regimes(book.policies.policy(known.snapshot.policy_id));
    regimes::take_back(connection, book, &step.order_id, &sold_before, &sold)?;
    let entries = apply(connection, book, known, &origin)?;
    let entries = entries + settle_redeemers(connection, book, &step.order_id, &sold_before, &sold, &origin)?;
    Ok(Settled { newer, entries })
}

/// Whether the cancellation of a whole booking was announced.
///
/// # Errors
/// When a statement fails, or the stored snapshot cannot be read.
pub fn is_cancelled(connection: &mut Connection, source: &str, order_id: &str) -> Result<bool, Error> {
    Ok(snapshot_of(connection, &mut Desk::empty(source), order_id)?.cancelled)
}

/// All that is known of an order.
pub(super) fn snapshot_of(connection: &mut Connection, desk: &mut Desk, order_id: &str) -> Result<Snapshot, Error> {
    Ok(load(connection, desk, order_id)?.snapshot)
}

/// What caused a snapshot.
pub(super) struct Origin {
    pub(super) event_id: i64,
    pub(super) document_id: Option<i64>,
    pub(super) received_at: Timestamp,
    pub(super) cause: String,
}

pub(super) fn load(connection: &mut Connection, desk: &mut Desk, order_id: &str) -> Result<Known, Error> {
    let unreadable =
        |error: serde_json::Error| Error::Snapshot { order_id: order_id.to_owned(), detail: error.to_string() };
    let (row, last) = desk.order(connection, order_id)?;
    let stored: Option<Snapshot> = match &last {
        None => None,
        Some(last) => Some(serde_json::from_str(&last.doc).map_err(unreadable)?),
    };
    let versions = match &row {
        None => Versions::default(),
        Some(row) => serde_json::from_str(&row.versions).map_err(unreadable)?,
    };
    Ok(Known {
        row: row.unwrap_or_else(|| OrderRow::unknown(desk.source(), order_id)),
        versions,
        snapshot: stored.clone().unwrap_or_else(|| Snapshot::unknown(order_id)),
        stored,
        doc_sha256: last.map(|last| last.doc_sha256),
    })
}

/// Stores what is known now, and posts the difference. Answers the number of entries.
fn apply(connection: &mut Connection, book: &mut Book, mut known: Known, origin: &Origin) -> Result<usize, Error> {
    let order_id = known.row.order_id.clone();
    let overflowed = |overflow| Error::Overflow { order_id: order_id.clone(), overflow };
    let rules = book.policies.rules(known.snapshot.policy_id);
    known.snapshot.regimes = regimes::of_redeemed(connection, &book.source, &known.snapshot, &rules.policy)?;
    let unwritable =
        |error: serde_json::Error| Error::Snapshot { order_id: order_id.clone(), detail: error.to_string() };
    let versions_before =
        std::mem::replace(&mut known.row.versions, serde_json::to_string(&known.versions).map_err(unwritable)?);
    let doc = known.snapshot.to_json().map_err(unwritable)?;
    let doc_sha256 = hex::encode(Sha256::digest(&doc));
    if let Some(version) = known.versions.of("tickets") {
        book.desk.save_titles(connection, &known.snapshot, version)?;
    }
    if known.doc_sha256.as_ref() == Some(&doc_sha256) {
        // Nothing new is said: only how new it is has to be remembered.
        book.desk.save_order(connection, known.row.clone())?;
        reconcile_absent(connection, book, &known, &versions_before, origin)?;
        return Ok(0);
    }
    let snapshot_no = book.next_snapshot_no();
    let row = SnapshotRow {
        source: book.source.clone(),
        snapshot_no,
        order_id: order_id.clone(),
        inbox_event_id: origin.event_id,
        document_id: origin.document_id,
        cause: origin.cause.clone(),
        recorded_at: origin.received_at,
        doc,
        doc_sha256,
    };
    let wanted = target(&known.snapshot, &rules).map_err(overflowed)?;
    let entries = post(connection, book, known.snapshot.policy_id, &wanted, &row)?;
    book.desk.save_snapshot(connection, row)?;
    let first_snapshot_no = known.row.first_snapshot_no;
    known.row.take_over(&known.snapshot, snapshot_no);
    book.desk.save_order(connection, known.row)?;
    book.desk.save_parts(connection, &known.snapshot, known.stored.as_ref(), &rules.policy)?;
    let settling = reconcile::Settling {
        snapshot: &known.snapshot,
        previous: known.stored.as_ref(),
        versions: &known.versions,
        target: &wanted,
        first_snapshot_no,
        now: origin.received_at,
    };
    reconcile::after_settling(connection, book, &settling)?;
    Ok(entries)
}

/// A delivery that says nothing new may still lack a section that an older one had, or have it again.
fn reconcile_absent(
    connection: &mut Connection,
    book: &mut Book,
    known: &Known,
    versions_before: &str,
    origin: &Origin,
) -> Result<(), Error> {
    let absent = |versions: &Versions| reconcile::absent_sections(&book.terms, &known.snapshot, versions);
    let before: Versions = serde_json::from_str(versions_before).unwrap_or_default();
    if absent(&before) == absent(&known.versions) {
        return Ok(());
    }
    let order_id = &known.snapshot.order.order_id;
    reconcile::again(connection, book, order_id, origin.received_at)
}

/// Settles every other order that redeems a voucher whose regime became known, changed or was taken back.
fn settle_redeemers(
    connection: &mut Connection,
    book: &mut Book,
    order_id: &str,
    before: &BTreeMap<String, Regime>,
    sold: &BTreeMap<String, Regime>,
    origin: &Origin,
) -> Result<usize, Error> {
    let redeemers = regimes::redeemers(connection, book, order_id, before, sold)?;
    let mut entries = 0;
    for redeemer in redeemers {
        let known = load(connection, &mut book.desk, &redeemer)?;
        let origin = Origin {
            event_id: origin.event_id,
            document_id: origin.document_id,
            received_at: origin.received_at,
            cause: format!("voucher of {order_id}"),
        };
        entries += apply(connection, book, known, &origin)?;
    }
    Ok(entries)
}

/// Sets what of an order's credit is recognised, and posts the difference. What that comes to is written.
pub(super) fn keep(
    connection: &mut Connection,
    book: &mut Book,
    order_id: &str,
    kept: Option<Kept>,
    origin: &Origin,
) -> Result<usize, Error> {
    let mut known = load(connection, &mut book.desk, order_id)?;
    known.snapshot.kept = kept;
    let entries = apply(connection, book, known, origin)?;
    book.write_out(connection)?;
    Ok(entries)
}

/// Settles again every order that redeems one of these vouchers or flex tickets, given as class and id: how they are
/// taxed has become known, or is known no longer. What that comes to is written.
pub(super) fn settle_again(
    connection: &mut Connection,
    book: &mut Book,
    vouchers: &[(&str, &str)],
    origin: &Origin,
) -> Result<usize, Error> {
    let mut redeemers = BTreeSet::new();
    for (class, id) in vouchers {
        redeemers.extend(projection::redeeming_orders(connection, &book.source, class, id)?);
    }
    let mut entries = 0;
    for redeemer in redeemers {
        let known = load(connection, &mut book.desk, &redeemer)?;
        entries += apply(connection, book, known, origin)?;
    }
    book.write_out(connection)?;
    Ok(entries)
}
