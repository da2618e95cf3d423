//! All that is known of an order, read for many orders at once.

use std::collections::{BTreeMap, HashMap};

use super::current_state::{self, OrderRow};
use super::store::{self, receivable_lines};
use super::{FindingRow, Posted, ReceivableLine};
use crate::db::{Connection, Result};
use crate::ledger::posting::StoredValueKey;
use crate::policy::Regime;

/// The text of the last snapshot, and its hash.
#[derive(Clone)]
pub(in crate::ledger) struct LastSnapshot {
    pub(in crate::ledger) doc: String,
    pub(in crate::ledger) doc_sha256: String,
}

/// One order.
#[derive(Default)]
pub(super) struct OrderState {
    pub(super) row: Option<OrderRow>,
    pub(super) last: Option<LastSnapshot>,
    /// Regimes of what it sold; `None` when they have to be read again.
    pub(super) sold: Option<BTreeMap<StoredValueKey, Regime>>,
    /// What it has in the journal.
    pub(super) posted: Posted,
    pub(super) receivable: Vec<ReceivableLine>,
    /// Nothing in the journal is about it.
    pub(super) fresh: bool,
    /// By fingerprint.
    pub(super) findings: BTreeMap<String, FindingRow>,
}

/// Reads these orders.
pub(super) fn read(
    connection: &mut Connection,
    source: &str,
    order_ids: &[&str],
) -> Result<HashMap<String, OrderState>> {
    let new = |id: &&str| ((*id).to_owned(), OrderState { sold: Some(BTreeMap::new()), ..OrderState::default() });
    let mut states: HashMap<String, OrderState> = order_ids.iter().map(new).collect();
    let known = store::orders(connection, source, order_ids)?;
    let settled = known.iter().filter(|(_, last)| last.is_some());
    let settled: Vec<&str> = settled.map(|(row, _)| row.order_id.as_str()).collect();
    if !settled.is_empty() {
        for (order_id, posted) in store::posted_of(connection, source, &settled)? {
            if let Some(state) = states.get_mut(&order_id) {
                state.posted = posted;
            }
        }
    }
    for (row, last) in known {
        if let Some(state) = states.get_mut(&row.order_id) {
            (state.row, state.last) = (Some(row), last);
        }
    }
    for (order_id, line) in receivable_lines(connection, source, order_ids)? {
        if let Some(state) = states.get_mut(&order_id) {
            state.receivable.push(line);
        }
    }
    for state in states.values_mut() {
        state.fresh = state.posted.is_empty() && state.receivable.is_empty();
    }
    for (order_id, key, regime) in current_state::regimes_sold(connection, source, order_ids)? {
        if let Some(sold) = states.get_mut(&order_id).and_then(|state| state.sold.as_mut()) {
            sold.insert(key, regime);
        }
    }
    for row in store::findings(connection, source, order_ids)? {
        if let Some(state) = row.order_id.as_ref().and_then(|order_id| states.get_mut(order_id)) {
            state.findings.insert(row.fingerprint.clone(), row);
        }
    }
    Ok(states)
}
