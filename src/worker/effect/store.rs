//! The statements that read what a dry run changed. None opens a transaction.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::{Entry, FindingChange, OrderTouched, Stuck};
use crate::db::schema::{findings, inbox_events, journal_entries, order_snapshots, postings, sources};
use crate::db::{Connection, Result};
use crate::inbox::EventId;
use crate::ledger::batch::FindingState;
use crate::on_engine;

/// Numbers of the last entry and the last snapshot of every source.
pub(super) fn heads(connection: &mut Connection) -> Result<BTreeMap<String, (i64, i64)>> {
    let names: Vec<String> = on_engine!(connection, |c| sources::table.select(sources::source).load(c))?;
    let mut heads = BTreeMap::new();
    for source in names {
        let entry = journal_entries::table
            .filter(journal_entries::source.eq(&source))
            .select(diesel::dsl::max(journal_entries::entry_no));
        let snapshot = order_snapshots::table
            .filter(order_snapshots::source.eq(&source))
            .select(diesel::dsl::max(order_snapshots::snapshot_no));
        let entry: Option<i64> = on_engine!(connection, |c| entry.first(c))?;
        let snapshot: Option<i64> = on_engine!(connection, |c| snapshot.first(c))?;
        heads.insert(source, (entry.unwrap_or(0), snapshot.unwrap_or(0)));
    }
    Ok(heads)
}

/// State and reason of these events.
pub(super) fn states(connection: &mut Connection, ids: &[EventId]) -> Result<Vec<Stuck>> {
    let query = inbox_events::table.filter(inbox_events::id.eq_any(ids)).order(inbox_events::id).select((
        inbox_events::id,
        inbox_events::source,
        inbox_events::state,
        inbox_events::reason,
        inbox_events::detail,
    ));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Orders of the snapshots after this number.
pub(super) fn orders_after(connection: &mut Connection, source: &str, snapshot_no: i64) -> Result<Vec<OrderTouched>> {
    let query = order_snapshots::table
        .filter(order_snapshots::source.eq(source))
        .filter(order_snapshots::snapshot_no.gt(snapshot_no))
        .select((order_snapshots::source, order_snapshots::order_id))
        .distinct()
        .order(order_snapshots::order_id);
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Entries after this number.
pub(super) fn entries_after(connection: &mut Connection, source: &str, entry_no: i64) -> Result<Vec<Entry>> {
    let query = journal_entries::table
        .filter(journal_entries::source.eq(source))
        .filter(journal_entries::entry_no.gt(entry_no))
        .order(journal_entries::entry_no)
        .select((
            journal_entries::source,
            journal_entries::entry_no,
            journal_entries::kind,
            journal_entries::event_type,
            journal_entries::order_id,
            journal_entries::booking_date,
            journal_entries::currency,
            journal_entries::reverses_no,
            journal_entries::entry_hash,
        ));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

#[derive(Queryable)]
pub(super) struct Moved {
    pub(super) account: String,
    pub(super) currency: String,
    pub(super) amount_minor: i64,
    pub(super) order_id: Option<String>,
}

/// Lines of the entries after this number.
pub(super) fn lines_after(connection: &mut Connection, source: &str, entry_no: i64) -> Result<Vec<Moved>> {
    let query = postings::table.filter(postings::source.eq(source)).filter(postings::entry_no.gt(entry_no)).select((
        postings::account_code,
        postings::currency,
        postings::amount_minor,
        postings::order_id,
    ));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Findings that need a person, by fingerprint.
pub(super) fn open_findings(connection: &mut Connection) -> Result<BTreeMap<String, FindingChange>> {
    let query = findings::table.filter(findings::state.eq_any(FindingState::UNRESOLVED)).select((
        findings::source,
        findings::order_id,
        findings::reason,
        findings::severity,
        findings::evidence,
        findings::fingerprint,
    ));
    let rows: Vec<FindingChange> = on_engine!(connection, |c| query.load(c))?;
    Ok(rows.into_iter().map(|finding| (finding.fingerprint.clone(), finding)).collect())
}
