//! All that is known of an order, read for many orders at once.

use std::collections::{BTreeMap, HashMap};

use super::store;
use crate::db::{Connection, Result};
use crate::ledger::projection::OrderRow;
use crate::ledger::reconcile::ReceivableLine;
use crate::ledger::reconcile::store::{FindingRow, receivable_lines};
use crate::ledger::standing::Standing;
use crate::ledger::{Regime, projection};

/// The text of the last snapshot, and its hash.
#[derive(Clone)]
pub(in crate::ledger) struct Last {
    pub(in crate::ledger) doc: String,
    pub(in crate::ledger) doc_sha256: String,
}

/// One order.
#[derive(Default)]
pub(super) struct OrderFile {
    pub(super) row: Option<OrderRow>,
    pub(super) last: Option<Last>,
    /// Regimes of what it sold; `None` when they have to be read again.
    pub(super) sold: Option<BTreeMap<String, Regime>>,
    /// What it has in the journal.
    pub(super) standing: Standing,
    pub(super) receivable: Vec<ReceivableLine>,
    /// By fingerprint.
    pub(super) findings: BTreeMap<String, FindingRow>,
}

/// Reads these orders.
pub(super) fn read(
    connection: &mut Connection,
    source: &str,
    order_ids: &[&str],
) -> Result<HashMap<String, OrderFile>> {
    let new = |id: &&str| ((*id).to_owned(), OrderFile { sold: Some(BTreeMap::new()), ..OrderFile::default() });
    let mut files: HashMap<String, OrderFile> = order_ids.iter().map(new).collect();
    let known = store::orders(connection, source, order_ids)?;
    let settled = known.iter().filter(|(_, last)| last.is_some());
    let settled: Vec<&str> = settled.map(|(row, _)| row.order_id.as_str()).collect();
    if !settled.is_empty() {
        for (order_id, standing) in store::standings(connection, source, &settled)? {
            if let Some(file) = files.get_mut(&order_id) {
                file.standing = standing;
            }
        }
    }
    for (row, last) in known {
        if let Some(file) = files.get_mut(&row.order_id) {
            (file.row, file.last) = (Some(row), last);
        }
    }
    for (order_id, line) in receivable_lines(connection, source, order_ids)? {
        if let Some(file) = files.get_mut(&order_id) {
            file.receivable.push(line);
        }
    }
    for (order_id, key, regime) in projection::regimes_sold(connection, source, order_ids)? {
        if let Some(sold) = files.get_mut(&order_id).and_then(|file| file.sold.as_mut()) {
            sold.insert(key, regime);
        }
    }
    for row in store::findings(connection, source, order_ids)? {
        if let Some(file) = row.order_id.as_ref().and_then(|order_id| files.get_mut(order_id)) {
            file.findings.insert(row.fingerprint.clone(), row);
        }
    }
    Ok(files)
}
