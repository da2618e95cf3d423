//! The statements of a batch: each reads or writes for all its orders. None opens a transaction.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::upsert::excluded;

use super::current_state::OrderRow;
use super::order_payment::SHARED_PAYMENTS;
use super::order_state::LastSnapshot;
use super::{FindingRow, OrderPayment, Posted, ReceivableLine};
use crate::clock::Timestamp;
use crate::db::compiled::{Upsert, kept, padded};
use crate::db::schema::{
    accounts, event_titles, findings, journal_entries, order_snapshots, orders, payments, postings,
};
use crate::db::vocabulary::Vocabulary as _;
use crate::db::{Connection, Result};
use crate::ledger::book::{Account, EntryKind, EntryReason, EntryRow, ItemKind, PostingRow, SnapshotRow};
use crate::{insert_rows, limits, on_engine};

/// The orders with these ids, each with its last snapshot.
pub(super) fn orders(
    connection: &mut Connection,
    source: &str,
    order_ids: &[&str],
) -> Result<Vec<(OrderRow, Option<LastSnapshot>)>> {
    let query = orders::table.filter(orders::source.eq(source)).filter(orders::order_id.eq_any(padded(order_ids)));
    let rows: Vec<OrderRow> = on_engine!(connection, |c| kept(query.select(OrderRow::as_select())).load(c))?;
    let numbers: Vec<i64> = rows.iter().filter_map(|row| row.last_snapshot_no).collect();
    let mut docs = snapshots(connection, source, &numbers)?;
    let with_last = |row: OrderRow| {
        let last = row.last_snapshot_no.and_then(|number| docs.remove(&number));
        (row, last)
    };
    Ok(rows.into_iter().map(with_last).collect())
}

/// The snapshots with these numbers.
pub(in crate::ledger) fn snapshots(
    connection: &mut Connection,
    source: &str,
    numbers: &[i64],
) -> Result<HashMap<i64, LastSnapshot>> {
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let query = order_snapshots::table
        .filter(order_snapshots::source.eq(source))
        .filter(order_snapshots::snapshot_no.eq_any(padded(numbers)))
        .select((order_snapshots::snapshot_no, order_snapshots::doc, order_snapshots::doc_sha256));
    let rows: Vec<(i64, String, String)> = on_engine!(connection, |c| kept(query).load(c))?;
    Ok(rows.into_iter().map(|(number, doc, doc_sha256)| (number, LastSnapshot { doc, doc_sha256 })).collect())
}

/// What these orders have in the journal.
pub(in crate::ledger) fn posted_of(
    connection: &mut Connection,
    source: &str,
    order_ids: &[&str],
) -> Result<BTreeMap<String, Posted>> {
    let query = journal_entries::table
        .filter(journal_entries::source.eq(source))
        .filter(journal_entries::order_id.eq_any(padded(order_ids)))
        .filter(journal_entries::kind.eq_any([EntryKind::Post, EntryKind::Opening, EntryKind::Reverse]));
    let entries: Vec<EntryRow> = on_engine!(connection, |c| kept(query.select(EntryRow::as_select())).load(c))?;
    let mut by_order: BTreeMap<String, Vec<EntryRow>> = BTreeMap::new();
    for entry in entries {
        let order_id = entry.order_id.clone().unwrap_or_default();
        by_order.entry(order_id).or_default().push(entry);
    }
    let mut posted_of = BTreeMap::new();
    for (order_id, mut entries) in by_order {
        entries.sort_by_key(|entry| entry.entry_no);
        posted_of.insert(order_id, Posted::of(entries));
    }
    let live: Vec<i64> = posted_of.values().flat_map(Posted::live_entries).collect();
    let mut lines: HashMap<i64, Vec<PostingRow>> = HashMap::new();
    // SQLite takes 32,766 values in one statement.
    for live in live.chunks(limits::IN_VALUES) {
        let query = postings::table.filter(postings::source.eq(source)).filter(postings::entry_no.eq_any(padded(live)));
        let rows: Vec<PostingRow> = on_engine!(connection, |c| kept(query.select(PostingRow::as_select())).load(c))?;
        for row in rows {
            lines.entry(row.entry_no).or_default().push(row);
        }
    }
    for posted in posted_of.values_mut() {
        posted.take_lines(&mut lines);
    }
    Ok(posted_of)
}

/// Every finding of these orders, closed ones included.
pub(super) fn findings(connection: &mut Connection, source: &str, order_ids: &[&str]) -> Result<Vec<FindingRow>> {
    let query =
        findings::table.filter(findings::source.eq(source)).filter(findings::order_id.eq_any(padded(order_ids)));
    Ok(on_engine!(connection, |c| kept(query.select(FindingRow::as_select())).load(c))?)
}

/// These payments in the orders that have or had them: of an id that very many share, in the first ones.
pub(super) fn payments_with(connection: &mut Connection, source: &str, ids: &[&str]) -> Result<Vec<OrderPayment>> {
    let mut found = Vec::new();
    for ids in ids.chunks(limits::IN_VALUES) {
        let enough = ids.len() + SHARED_PAYMENTS;
        let rows = some_payments(connection, source, ids, enough)?;
        if rows.len() < enough {
            found.extend(rows);
            continue;
        }
        for id in ids {
            found.extend(some_payments(connection, source, &[id], SHARED_PAYMENTS)?);
        }
    }
    Ok(found)
}

fn some_payments(connection: &mut Connection, source: &str, ids: &[&str], limit: usize) -> Result<Vec<OrderPayment>> {
    let query = payments::table
        .filter(payments::source.eq(source))
        .filter(payments::payment_id.eq_any(padded(ids)))
        .order((payments::payment_id, payments::order_id))
        .limit(i64::try_from(limit).unwrap_or(i64::MAX));
    Ok(on_engine!(connection, |c| kept(query.select(OrderPayment::as_select())).load(c))?)
}

/// Title of an event, and the version that says it.
pub(super) fn title(connection: &mut Connection, source: &str, key: &str) -> Result<Option<(String, i64)>> {
    Ok(on_engine!(connection, |c| event_titles::table
        .find((source, key))
        .select((event_titles::title, event_titles::version))
        .first(c)
        .optional())?)
}

/// Codes of the accounts of a source.
pub(super) fn accounts(connection: &mut Connection, source: &str) -> Result<HashSet<String>> {
    let query = accounts::table.filter(accounts::source.eq(source)).select(accounts::code);
    let codes: Vec<String> = on_engine!(connection, |c| query.load(c))?;
    Ok(codes.into_iter().collect())
}

pub(super) fn insert_snapshots(connection: &mut Connection, rows: &[SnapshotRow]) -> Result<()> {
    Ok(insert_rows!(connection, order_snapshots::table, rows)?)
}

/// Inserts the orders, or replaces all that settling knows of them.
pub(super) fn upsert_orders(connection: &mut Connection, rows: &[OrderRow]) -> Result<()> {
    match connection {
        Connection::Sqlite(c) => rows.iter().try_for_each(|row| {
            const REPLACE: &str = " ON CONFLICT (source, order_id) DO UPDATE SET order_code = excluded.order_code, \
                status = excluded.status, currency = excluded.currency, ordered_at = excluded.ordered_at, \
                cancelled_at = excluded.cancelled_at, total_minor = excluded.total_minor, \
                external_reference = excluded.external_reference, channel_id = excluded.channel_id, \
                versions = excluded.versions, first_event_id = excluded.first_event_id, \
                first_snapshot_no = excluded.first_snapshot_no, last_snapshot_no = excluded.last_snapshot_no";
            let insert = diesel::insert_into(orders::table).values(row);
            Upsert::new(insert, REPLACE).execute(&mut **c).map(|_| ())
        })?,
        Connection::Postgres(c) => rows.chunks(limits::INSERT_ROWS).try_for_each(|rows| {
            let insert = diesel::insert_into(orders::table).values(rows);
            let changes = (
                orders::order_code.eq(excluded(orders::order_code)),
                orders::status.eq(excluded(orders::status)),
                orders::currency.eq(excluded(orders::currency)),
                orders::ordered_at.eq(excluded(orders::ordered_at)),
                orders::cancelled_at.eq(excluded(orders::cancelled_at)),
                orders::total_minor.eq(excluded(orders::total_minor)),
                orders::external_reference.eq(excluded(orders::external_reference)),
                orders::channel_id.eq(excluded(orders::channel_id)),
                orders::versions.eq(excluded(orders::versions)),
                orders::first_event_id.eq(excluded(orders::first_event_id)),
                orders::first_snapshot_no.eq(excluded(orders::first_snapshot_no)),
                orders::last_snapshot_no.eq(excluded(orders::last_snapshot_no)),
            );
            insert
                .on_conflict((orders::source, orders::order_id))
                .do_update()
                .set(changes)
                .execute(&mut **c)
                .map(|_| ())
        })?,
    }
    Ok(())
}

/// Inserts the titles, or replaces older ones.
pub(super) fn upsert_titles(
    connection: &mut Connection,
    source: &str,
    titles: &BTreeMap<String, (Option<String>, String, i64)>,
) -> Result<()> {
    for (key, (id, title, version)) in titles {
        let row = (
            event_titles::source.eq(source),
            event_titles::event_key.eq(key),
            event_titles::event_id.eq(id),
            event_titles::title.eq(title),
            event_titles::version.eq(version),
        );
        let insert = diesel::insert_into(event_titles::table).values(row);
        match connection {
            Connection::Sqlite(c) => {
                const REPLACE: &str = " ON CONFLICT (source, event_key) DO UPDATE SET title = excluded.title, \
                    version = excluded.version";
                Upsert::new(insert, REPLACE).execute(&mut **c)?
            }
            Connection::Postgres(c) => {
                let changes = (event_titles::title.eq(title), event_titles::version.eq(version));
                let key = (event_titles::source, event_titles::event_key);
                insert.on_conflict(key).do_update().set(changes).execute(&mut **c)?
            }
        };
    }
    Ok(())
}

/// Inserts the findings, or replaces them.
pub(super) fn upsert_findings(connection: &mut Connection, rows: &[FindingRow]) -> Result<()> {
    match connection {
        Connection::Sqlite(c) => rows.iter().try_for_each(|row| {
            let insert = diesel::insert_into(findings::table).values(row);
            insert.on_conflict(findings::fingerprint).do_update().set(row).execute(&mut **c).map(|_| ())
        })?,
        Connection::Postgres(c) => rows.chunks(limits::INSERT_ROWS).try_for_each(|rows| {
            let insert = diesel::insert_into(findings::table).values(rows);
            let changes = (
                findings::severity.eq(excluded(findings::severity)),
                findings::currency.eq(excluded(findings::currency)),
                findings::expected_minor.eq(excluded(findings::expected_minor)),
                findings::actual_minor.eq(excluded(findings::actual_minor)),
                findings::difference_minor.eq(excluded(findings::difference_minor)),
                findings::evidence.eq(excluded(findings::evidence)),
                findings::consequence_of.eq(excluded(findings::consequence_of)),
                findings::first_seen.eq(excluded(findings::first_seen)),
                findings::last_seen.eq(excluded(findings::last_seen)),
                findings::state.eq(excluded(findings::state)),
                findings::acknowledged_by.eq(excluded(findings::acknowledged_by)),
                findings::note.eq(excluded(findings::note)),
            );
            insert.on_conflict(findings::fingerprint).do_update().set(changes).execute(&mut **c).map(|_| ())
        })?,
    }
    Ok(())
}

/// A line on a receivable as it is read, with the numbers that name it.
#[derive(Queryable)]
struct ReceivableColumns {
    order_id: String,
    entry_no: i64,
    line_no: i32,
    reverses_no: Option<i64>,
    entry_order: Option<String>,
    kind: EntryKind,
    atom_key: String,
    atom_hash: String,
    reason_code: String,
    booking_date: chrono::NaiveDate,
    effective_at: Timestamp,
    effective_basis: String,
    currency: String,
    item_kind: String,
    payment_id: Option<String>,
    payment_method: Option<String>,
    voucher_id: Option<String>,
    amount_minor: i64,
}

impl ReceivableColumns {
    fn parse(self, source: &str) -> Result<(String, ReceivableLine)> {
        let row = format!("source {source}, entry {}, line {}", self.entry_no, self.line_no);
        let line = ReceivableLine {
            entry_no: self.entry_no,
            reverses_no: self.reverses_no,
            entry_order: self.entry_order,
            kind: self.kind,
            atom_key: self.atom_key,
            atom_hash: self.atom_hash,
            reason: EntryReason::stored(&self.reason_code, &row)?,
            booking_date: self.booking_date,
            effective_at: self.effective_at,
            effective_basis: self.effective_basis,
            currency: self.currency,
            item_kind: ItemKind::stored(&self.item_kind, &row)?,
            payment_id: self.payment_id,
            payment_method: self.payment_method,
            voucher_id: self.voucher_id,
            amount_minor: self.amount_minor,
        };
        Ok((self.order_id, line))
    }
}

/// `(order, line)` of everything on the receivables of these orders, in the order of the entries.
pub(in crate::ledger) fn receivable_lines(
    connection: &mut Connection,
    source: &str,
    order_ids: &[&str],
) -> Result<Vec<(String, ReceivableLine)>> {
    let columns = (
        postings::order_id.assume_not_null(),
        postings::entry_no,
        postings::line_no,
        journal_entries::reverses_no,
        journal_entries::order_id,
        journal_entries::kind,
        journal_entries::atom_key,
        journal_entries::atom_hash,
        journal_entries::reason_code,
        journal_entries::booking_date,
        journal_entries::effective_at,
        journal_entries::effective_basis,
        postings::currency,
        postings::item_kind,
        postings::payment_id,
        postings::payment_method,
        postings::voucher_id,
        postings::amount_minor,
    );
    let query = postings::table
        .inner_join(
            journal_entries::table
                .on(journal_entries::source.eq(postings::source).and(journal_entries::entry_no.eq(postings::entry_no))),
        )
        .filter(postings::source.eq(source))
        .filter(postings::order_id.eq_any(padded(order_ids)))
        .filter(postings::account_code.eq(Account::RECEIVABLE))
        // The sign keeps SQLite from reading the whole ledger in this order instead of sorting the few lines.
        .order((sql::<BigInt>("+postings.entry_no"), postings::line_no))
        .select(columns);
    let rows: Vec<ReceivableColumns> = on_engine!(connection, |c| kept(query).load(c))?;
    rows.into_iter().map(|row| row.parse(source)).collect()
}
