//! What one event led to in the journal, in short.

use serde::Serialize;

use super::trace::store::{EntriesOf, effective_at, entries, snapshots_of_event};
use crate::clock::Timestamp;
use crate::db::{Connection, Result};

/// An entry that an event led to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Caused {
    pub entry_no: i64,
    /// `post`, `opening` or `reverse`.
    pub kind: String,
    /// What happened, such as `sale.ticket`.
    pub event_type: String,
    /// The fact, such as `payment:ID`.
    pub atom_key: String,
    pub currency: String,
    /// What it moves, in minor units: the sum of its debits.
    pub amount_minor: i64,
    /// When it takes effect.
    #[serde(skip)]
    pub effective_at: Option<Timestamp>,
}

/// The entries of an order that an event led to.
///
/// # Errors
/// When a statement fails.
pub fn caused(connection: &mut Connection, source: &str, order_id: &str, event_id: i64) -> Result<Vec<Caused>> {
    let mut caused = Vec::new();
    for snapshot in snapshots_of_event(connection, Some(source), event_id)? {
        if snapshot.order_id != order_id {
            continue;
        }
        let effective = effective_at(connection, source, order_id, snapshot.snapshot_no)?;
        let of = EntriesOf::Snapshot { order_id: snapshot.order_id, snapshot_no: snapshot.snapshot_no };
        for entry in entries(connection, Some(source), &of)? {
            let debits = entry.lines.iter().map(|(_, amount)| *amount).filter(|amount| *amount > 0);
            caused.push(Caused {
                entry_no: entry.entry_no,
                kind: entry.kind,
                event_type: entry.event_type,
                atom_key: entry.atom_key,
                currency: entry.currency,
                amount_minor: debits.fold(0, i64::saturating_add),
                effective_at: effective.get(&entry.entry_no).copied(),
            });
        }
    }
    Ok(caused)
}
