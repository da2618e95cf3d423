//! Loading an order: its row, its versions and its last snapshot.

use std::collections::BTreeMap;

use super::current_state::OrderRow;
use super::{Orders, store};
use crate::db::Connection;
use crate::ledger::Error;
use crate::ledger::posting::Snapshot;
use crate::order::{Order, Versions};

/// What is known of an order before an update.
pub(in crate::ledger) struct KnownOrder {
    pub(in crate::ledger) row: OrderRow,
    pub(in crate::ledger) versions: Versions,
    pub(in crate::ledger) snapshot: Snapshot,
    /// The snapshot as it was stored; `None` when there is none.
    pub(in crate::ledger) stored: Option<Snapshot>,
    pub(in crate::ledger) doc_sha256: Option<String>,
}

/// Whether the cancellation of a whole booking was announced.
///
/// # Errors
/// When a statement fails, or the stored snapshot cannot be read.
pub fn is_cancelled(connection: &mut Connection, source: &str, order_id: &str) -> Result<bool, Error> {
    Ok(snapshot_of(connection, &mut Orders::empty(source), order_id)?.cancelled)
}

/// All that is known of an order.
pub(in crate::ledger) fn snapshot_of(
    connection: &mut Connection,
    orders: &mut Orders,
    order_id: &str,
) -> Result<Snapshot, Error> {
    Ok(load(connection, orders, order_id)?.snapshot)
}

/// What is known of orders: the order as it was last said, and how new each section of it is.
///
/// # Errors
/// When a statement fails, or a stored snapshot cannot be read.
pub fn known_orders(
    connection: &mut Connection,
    source: &str,
    order_ids: &[&str],
) -> Result<BTreeMap<String, (Order, Versions)>, Error> {
    let mut known = BTreeMap::new();
    for (row, last) in store::orders(connection, source, order_ids)? {
        let Some(last) = last else { continue };
        let unreadable =
            |error: serde_json::Error| Error::Snapshot { order_id: row.order_id.clone(), detail: error.to_string() };
        let snapshot: Snapshot = serde_json::from_str(&last.doc).map_err(unreadable)?;
        let versions = serde_json::from_str(&row.versions).map_err(unreadable)?;
        known.insert(row.order_id, (snapshot.order, versions));
    }
    Ok(known)
}

pub(in crate::ledger) fn load(
    connection: &mut Connection,
    orders: &mut Orders,
    order_id: &str,
) -> Result<KnownOrder, Error> {
    let unreadable =
        |error: serde_json::Error| Error::Snapshot { order_id: order_id.to_owned(), detail: error.to_string() };
    let (row, last) = orders.order(connection, order_id)?;
    let stored: Option<Snapshot> = match &last {
        None => None,
        Some(last) => Some(serde_json::from_str(&last.doc).map_err(unreadable)?),
    };
    let versions = match &row {
        None => Versions::default(),
        Some(row) => serde_json::from_str(&row.versions).map_err(unreadable)?,
    };
    Ok(KnownOrder {
        row: row.unwrap_or_else(|| OrderRow::unknown(orders.source(), order_id)),
        versions,
        snapshot: stored.clone().unwrap_or_else(|| Snapshot::unknown(order_id)),
        stored,
        doc_sha256: last.map(|last| last.doc_sha256),
    })
}
