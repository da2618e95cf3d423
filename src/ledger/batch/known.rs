//! Loading an order: its row, its versions and its last snapshot.

use super::Orders;
use super::current_state::OrderRow;
use crate::db::Connection;
use crate::ledger::Error;
use crate::ledger::posting::Snapshot;
use crate::order::Versions;

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
