//! `ledger trace`: from an entry back to the bytes that caused it, and from an event to all that it caused.
//!
//! ```text
//! entry ─> snapshot ─> event (sha256 of its bytes), document (sha256 of the answer)
//! event ─> snapshots ─> entries, or why there are none
//! ```

pub(in crate::ledger) mod store;

use serde::Serialize;

use crate::clock::Timestamp;
use crate::db::{Connection, Database, Result};
use crate::hash;
use crate::inbox::{Origin, State};

/// Where to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    Entry(i64),
    Event(i64),
    /// An order, by its id or its code.
    Order(String),
}

/// All that hangs together with the start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Trace {
    pub entries: Vec<EntryTraced>,
    /// The snapshots that they were computed from.
    pub snapshots: Vec<SnapshotTraced>,
    /// The events that caused these.
    pub events: Vec<EventTraced>,
    /// What was fetched for them.
    pub documents: Vec<DocumentTraced>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntryTraced {
    pub source: String,
    pub entry_no: i64,
    /// `post`, `opening`, `reverse`, `manual` or `close`.
    pub kind: String,
    /// What happened, such as `sale.ticket`.
    pub event_type: String,
    /// The fact, such as `payment:ID`.
    pub atom_key: String,
    pub order_id: Option<String>,
    pub booking_date: chrono::NaiveDate,
    pub currency: String,
    /// What it was computed from; none for what was entered by hand.
    pub snapshot_no: Option<i64>,
    /// The event behind it.
    pub inbox_event_id: Option<i64>,
    pub reverses_no: Option<i64>,
    /// Its place in the chain.
    pub entry_hash: String,
    /// Account and amount in minor units, debit positive.
    pub lines: Vec<(String, i64)>,
}

/// A state of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, diesel::Queryable)]
pub struct SnapshotTraced {
    pub source: String,
    pub snapshot_no: i64,
    pub order_id: String,
    /// Why: a delivery, or a voucher of another order.
    pub cause: String,
    /// When what it says was received.
    pub recorded_at: Timestamp,
    /// Hash of its text.
    pub doc_sha256: String,
    pub inbox_event_id: i64,
    /// The answer that said it.
    pub document_id: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventTraced {
    pub id: i64,
    pub source: String,
    pub kind: String,
    /// How it came: not everything is a webhook.
    pub origin: Origin,
    pub entity: Option<String>,
    pub received_at: Timestamp,
    pub state: State,
    /// Why it is parked or waits.
    pub reason: Option<String>,
    /// Hash of its bytes, as noted when they came.
    pub body_sha256: String,
    /// Whether the bytes are there and have this hash.
    pub bytes: Bytes,
    /// Entries that it caused.
    pub entries: i64,
    /// In words, what came of it.
    pub outcome: String,
}

/// An answer of a provider's API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DocumentTraced {
    pub id: i64,
    pub entity: String,
    /// When the fetch began.
    pub started_at: Timestamp,
    /// When the answer was there.
    pub fetched_at: Option<Timestamp>,
    /// Status of the answer.
    pub status: Option<i32>,
    /// Hash of its bytes, as noted when they came.
    pub body_sha256: Option<String>,
    /// Whether the bytes are there and have this hash.
    pub bytes: Bytes,
}

/// Whether stored bytes are those that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bytes {
    /// They are there and have the hash that was noted.
    Intact,
    /// They were pruned or erased; the hash stays.
    Pruned,
    /// They are not those that came.
    Altered,
}

impl Bytes {
    fn of(body: Option<&[u8]>, sha256: Option<&str>) -> Self {
        match body {
            None => Self::Pruned,
            Some(body) if Some(hash::sha256(body).as_str()) == sha256 => Self::Intact,
            Some(_) => Self::Altered,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Intact => "bytes are there and have this hash",
            Self::Pruned => "bytes were pruned",
            Self::Altered => "bytes are NOT those that came",
        }
    }
}

/// Follows all links from the start. Empty when there is no such thing.
///
/// # Errors
/// When the database cannot be read.
pub fn trace(database: &Database, source: Option<&str>, start: &Start) -> Result<Trace> {
    database.read(|connection| follow(connection, source, start))
}

fn follow(connection: &mut Connection, source: Option<&str>, start: &Start) -> Result<Trace> {
    let mut trace = Trace::default();
    match start {
        Start::Entry(entry_no) => {
            trace.entries = store::entries(connection, source, &store::EntriesOf::Number(*entry_no))?;
            for entry in trace.entries.clone() {
                if let Some(snapshot_no) = entry.snapshot_no {
                    trace.snapshots.extend(store::snapshot(connection, &entry.source, snapshot_no)?);
                }
            }
        }
        Start::Event(id) => {
            trace.snapshots = store::snapshots_of_event(connection, source, *id)?;
            for snapshot in &trace.snapshots {
                let of_snapshot = store::EntriesOf::Snapshot {
                    order_id: snapshot.order_id.clone(),
                    snapshot_no: snapshot.snapshot_no,
                };
                trace.entries.extend(store::entries(connection, Some(&snapshot.source), &of_snapshot)?);
            }
        }
        Start::Order(name) => {
            for (source, order_id) in store::orders(connection, source, name)? {
                trace.snapshots.extend(store::snapshots_of_order(connection, &source, &order_id)?);
                let of_order = store::EntriesOf::Order(order_id);
                trace.entries.extend(store::entries(connection, Some(&source), &of_order)?);
            }
        }
    }
    events(connection, source, start, &mut trace)?;
    Ok(trace)
}

/// The events behind the snapshots and entries, and the answers that were fetched for them.
fn events(connection: &mut Connection, source: Option<&str>, start: &Start, trace: &mut Trace) -> Result<()> {
    let mut ids: Vec<i64> = trace.snapshots.iter().map(|snapshot| snapshot.inbox_event_id).collect();
    ids.extend(trace.entries.iter().filter_map(|entry| entry.inbox_event_id));
    let mut documents: Vec<i64> = trace.snapshots.iter().filter_map(|snapshot| snapshot.document_id).collect();
    match start {
        Start::Event(id) => {
            ids.push(*id);
            documents.extend(store::documents_of_event(connection, *id)?);
        }
        Start::Order(name) => ids.extend(store::events_about(connection, source, name)?),
        Start::Entry(_) => {}
    }
    for list in [&mut ids, &mut documents] {
        list.sort_unstable();
        list.dedup();
    }
    for id in ids {
        let Some(event) = store::event(connection, source, id)? else { continue };
        trace.events.push(event);
    }
    for id in documents {
        trace.documents.extend(store::document(connection, id)?);
    }
    Ok(())
}
