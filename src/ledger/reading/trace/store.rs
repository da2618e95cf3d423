//! The statements of the trace: reading only.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::{Bytes, DocumentTraced, EntryTraced, EventTraced, SnapshotTraced};
use crate::clock::Timestamp;
use crate::db::schema::{documents, inbox_events, journal_entries, order_snapshots, orders, postings};
use crate::db::{Connection, Result};
use crate::inbox::{Entity, State, origins};
use crate::on_engine;

/// Which entries.
pub(in crate::ledger) enum EntriesOf {
    Number(i64),
    Snapshot { order_id: String, snapshot_no: i64 },
    Order(String),
}

type EntryColumns = (
    String,
    i64,
    String,
    String,
    String,
    Option<String>,
    chrono::NaiveDate,
    String,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    String,
);

/// When the entries of a snapshot take effect, by their number.
pub(in crate::ledger) fn effective_at(
    connection: &mut Connection,
    source: &str,
    order_id: &str,
    snapshot_no: i64,
) -> Result<BTreeMap<i64, Timestamp>> {
    let query = journal_entries::table
        .filter(journal_entries::source.eq(source))
        .filter(journal_entries::order_id.eq(order_id))
        .filter(journal_entries::snapshot_no.eq(snapshot_no))
        .select((journal_entries::entry_no, journal_entries::effective_at));
    let rows: Vec<(i64, Timestamp)> = on_engine!(connection, |c| query.load(c))?;
    Ok(rows.into_iter().collect())
}

/// The entries with their lines, in their order.
pub(in crate::ledger) fn entries(
    connection: &mut Connection,
    source: Option<&str>,
    of: &EntriesOf,
) -> Result<Vec<EntryTraced>> {
    let columns = (
        journal_entries::source,
        journal_entries::entry_no,
        journal_entries::kind,
        journal_entries::event_type,
        journal_entries::atom_key,
        journal_entries::order_id,
        journal_entries::booking_date,
        journal_entries::currency,
        journal_entries::snapshot_no,
        journal_entries::inbox_event_id,
        journal_entries::reverses_no,
        journal_entries::entry_hash,
    );
    let mut rows: Vec<EntryColumns> = on_engine!(connection, |c| {
        let mut query = journal_entries::table.select(columns).into_boxed();
        if let Some(source) = source {
            query = query.filter(journal_entries::source.eq(source));
        }
        query = match of {
            EntriesOf::Number(entry_no) => query.filter(journal_entries::entry_no.eq(entry_no)),
            // The order is what the index goes by.
            EntriesOf::Snapshot { order_id, snapshot_no } => query
                .filter(journal_entries::order_id.eq(order_id))
                .filter(journal_entries::snapshot_no.eq(snapshot_no)),
            EntriesOf::Order(order_id) => query.filter(journal_entries::order_id.eq(order_id)),
        };
        query.load(c)?
    });
    // With an order in the statement SQLite would read all entries of the source in that order.
    rows.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        let (source, entry_no, kind, event_type, atom_key, order_id, booking_date, currency, ..) = row.clone();
        let (.., snapshot_no, inbox_event_id, reverses_no, entry_hash) = row;
        let lines = postings::table
            .filter(postings::source.eq(&source))
            .filter(postings::entry_no.eq(entry_no))
            .order(postings::line_no)
            .select((postings::account_code, postings::amount_minor));
        let lines: Vec<(String, i64)> = on_engine!(connection, |c| lines.load(c))?;
        entries.push(EntryTraced {
            source,
            entry_no,
            kind,
            event_type,
            atom_key,
            order_id,
            booking_date,
            currency,
            snapshot_no,
            inbox_event_id,
            reverses_no,
            entry_hash,
            lines,
        });
    }
    Ok(entries)
}

macro_rules! snapshot_columns {
    () => {
        (
            order_snapshots::source,
            order_snapshots::snapshot_no,
            order_snapshots::order_id,
            order_snapshots::cause,
            order_snapshots::recorded_at,
            order_snapshots::doc_sha256,
            order_snapshots::inbox_event_id,
            order_snapshots::document_id,
        )
    };
}

pub(super) fn snapshot(connection: &mut Connection, source: &str, snapshot_no: i64) -> Result<Option<SnapshotTraced>> {
    let query = order_snapshots::table.find((source, snapshot_no)).select(snapshot_columns!());
    Ok(on_engine!(connection, |c| query.first(c).optional())?)
}

pub(in crate::ledger) fn snapshots_of_event(
    connection: &mut Connection,
    source: Option<&str>,
    event_id: i64,
) -> Result<Vec<SnapshotTraced>> {
    let query = order_snapshots::table
        .filter(order_snapshots::inbox_event_id.eq(event_id))
        .order((order_snapshots::source, order_snapshots::snapshot_no))
        .select(snapshot_columns!());
    let mut snapshots: Vec<SnapshotTraced> = on_engine!(connection, |c| query.load(c))?;
    snapshots.retain(|snapshot| source.is_none_or(|source| source == snapshot.source));
    Ok(snapshots)
}

pub(in crate::ledger) fn snapshots_of_order(
    connection: &mut Connection,
    source: &str,
    order_id: &str,
) -> Result<Vec<SnapshotTraced>> {
    let query = order_snapshots::table
        .filter(order_snapshots::source.eq(source))
        .filter(order_snapshots::order_id.eq(order_id))
        .order(order_snapshots::snapshot_no)
        .select(snapshot_columns!());
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Source and id of the orders with that id or, if there are none, that code.
pub(in crate::ledger) fn orders(
    connection: &mut Connection,
    source: Option<&str>,
    name: &str,
) -> Result<Vec<(String, String)>> {
    for by_code in [false, true] {
        let found: Vec<(String, String)> = on_engine!(connection, |c| {
            let mut query = orders::table.select((orders::source, orders::order_id)).into_boxed();
            if let Some(source) = source {
                query = query.filter(orders::source.eq(source));
            }
            query = if by_code {
                query.filter(orders::order_code.eq(name))
            } else {
                query.filter(orders::order_id.eq(name))
            };
            query.order((orders::source, orders::order_id)).load(c)?
        });
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// Events about an order, those that changed nothing included.
pub(super) fn events_about(connection: &mut Connection, source: Option<&str>, name: &str) -> Result<Vec<i64>> {
    let mut ids = Vec::new();
    for (source, order_id) in orders(connection, source, name)? {
        let entities = Entity::of_order(&order_id).map(|entity| entity.to_string());
        let query = inbox_events::table
            .filter(inbox_events::source.eq(source))
            .filter(inbox_events::entity.eq_any(entities))
            .select(inbox_events::id);
        let found: Vec<i64> = on_engine!(connection, |c| query.load(c))?;
        ids.extend(found);
    }
    Ok(ids)
}

type EventColumns = (i64, String, String, Option<String>, Timestamp, State, Option<String>, String, Option<Vec<u8>>);

pub(super) fn event(connection: &mut Connection, source: Option<&str>, id: i64) -> Result<Option<EventTraced>> {
    let query = inbox_events::table.find(id).select((
        inbox_events::id,
        inbox_events::source,
        inbox_events::kind,
        inbox_events::entity,
        inbox_events::received_at,
        inbox_events::state,
        inbox_events::reason,
        inbox_events::body_sha256,
        inbox_events::body,
    ));
    let row: Option<EventColumns> = on_engine!(connection, |c| query.first(c).optional())?;
    let Some((id, of, kind, entity, received_at, state, reason, body_sha256, body)) = row else { return Ok(None) };
    if source.is_some_and(|source| source != of) {
        return Ok(None);
    }
    let snapshots = snapshots_of_event(connection, Some(&of), id)?;
    let mut entries = 0;
    for snapshot in &snapshots {
        let caused = journal_entries::table
            .filter(journal_entries::source.eq(&of))
            .filter(journal_entries::order_id.eq(&snapshot.order_id))
            .filter(journal_entries::snapshot_no.eq(snapshot.snapshot_no))
            .count();
        let count: i64 = on_engine!(connection, |c| caused.get_result(c))?;
        entries += count;
    }
    let outcome = match (state, entries, snapshots.len()) {
        (_, 1.., _) => format!("{entries} entries"),
        (State::Done, _, 0) => "nothing changed: everything in it was already known".to_owned(),
        (_, _, 1..) => "no entry: the change moves no money".to_owned(),
        (State::Superseded, ..) => "nothing changed: newer data had already been applied".to_owned(),
        (State::Parked, ..) => "nothing changed: it is parked".to_owned(),
        (State::Dismissed, ..) => "nothing changed: it was dismissed".to_owned(),
        (State::Pending, ..) => "nothing changed yet: it is pending".to_owned(),
    };
    let bytes = Bytes::of(body.as_deref(), Some(&body_sha256));
    let origin = origins(connection, &[id])?.remove(&id).unwrap_or_default();
    Ok(Some(EventTraced {
        id,
        source: of,
        kind,
        origin,
        entity,
        received_at,
        state,
        reason,
        body_sha256,
        bytes,
        entries,
        outcome,
    }))
}

pub(super) fn documents_of_event(connection: &mut Connection, event_id: i64) -> Result<Vec<i64>> {
    let query = documents::table.filter(documents::event_id.eq(event_id)).select(documents::id);
    Ok(on_engine!(connection, |c| query.load(c))?)
}

type DocumentColumns = (i64, String, Timestamp, Option<Timestamp>, Option<i32>, Option<String>, Option<Vec<u8>>);

pub(super) fn document(connection: &mut Connection, id: i64) -> Result<Option<DocumentTraced>> {
    let query = documents::table.find(id).select((
        documents::id,
        documents::entity,
        documents::started_at,
        documents::fetched_at,
        documents::status,
        documents::body_sha256,
        documents::body,
    ));
    let row: Option<DocumentColumns> = on_engine!(connection, |c| query.first(c).optional())?;
    Ok(row.map(|(id, entity, started_at, fetched_at, status, body_sha256, body)| DocumentTraced {
        id,
        entity,
        started_at,
        fetched_at,
        status,
        bytes: Bytes::of(body.as_deref(), body_sha256.as_deref()),
        body_sha256,
    }))
}
