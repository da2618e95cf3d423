//! The statements of the journal. None opens a transaction.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::dated;
use crate::clock::Timestamp;
use crate::config::Source;
use crate::db::schema::{accounts, journal_entries, order_snapshots, periods, policies, postings, sources};
use crate::db::{Connection, Result};
use crate::{insert_rows, on_engine};

/// The header of an entry, as stored and as hashed.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = journal_entries, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns are explained in the migration")]
pub struct EntryRow {
    pub source: String,
    pub entry_no: i64,
    pub kind: String,
    pub event_type: String,
    pub order_id: Option<String>,
    pub snapshot_no: Option<i64>,
    pub atom_key: String,
    pub atom_hash: String,
    pub reverses_no: Option<i64>,
    pub reason_code: String,
    pub currency: String,
    pub effective_at: Timestamp,
    pub effective_basis: String,
    pub booking_date: NaiveDate,
    pub recorded_at: Timestamp,
    pub inbox_event_id: Option<i64>,
    pub policy_id: i32,
    pub line_count: i32,
    pub posting_key: String,
    pub hash_version: i16,
    pub prev_hash: String,
    #[serde(skip)]
    pub entry_hash: String,
}

/// A line of an entry, as stored and as hashed.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = postings, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns are explained in the migration")]
pub struct PostingRow {
    pub source: String,
    pub entry_no: i64,
    pub line_no: i32,
    pub account_code: String,
    pub currency: String,
    pub amount_minor: i64,
    pub order_id: Option<String>,
    pub line_key: String,
    pub item_kind: String,
    pub event_id: Option<String>,
    pub event_key: Option<String>,
    pub event_date_id: Option<String>,
    pub service_date: Option<NaiveDate>,
    pub vat_bp: Option<i32>,
    pub tax_base_minor: Option<i64>,
    pub qty: Option<i64>,
    pub payment_id: Option<String>,
    pub payment_method: Option<String>,
    pub voucher_id: Option<String>,
    pub channel_id: Option<String>,
}

/// A step of settling, as stored.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = order_snapshots, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns are explained in the migration")]
pub struct SnapshotRow {
    pub source: String,
    pub snapshot_no: i64,
    pub order_id: String,
    pub inbox_event_id: i64,
    pub document_id: Option<i64>,
    pub cause: String,
    pub recorded_at: Timestamp,
    pub doc: String,
    pub doc_sha256: String,
}

/// An account of the chart, as stored.
#[derive(Insertable)]
#[diesel(table_name = accounts, treat_none_as_default_value = false)]
pub(super) struct AccountRow {
    pub(super) source: String,
    pub(super) code: String,
    pub(super) kind: &'static str,
    pub(super) vat_bp: Option<i32>,
}

/// Makes sure that a source and its policies are known to the book. What is known already adds nothing.
///
/// # Errors
/// When a statement fails.
pub fn prepare_source(connection: &mut Connection, source: &Source, now: Timestamp) -> Result<()> {
    let row = (
        sources::source.eq(&source.name),
        sources::provider.eq(source.provider.as_str()),
        sources::timezone.eq(source.timezone.name()),
        sources::country.eq(&source.country),
        sources::created_at.eq(now),
    );
    on_engine!(connection, |c| diesel::insert_into(sources::table).values(row).on_conflict_do_nothing().execute(c))?;
    lock_source(connection, &source.name)?;
    let known = policies(connection, &source.name)?;
    let mut policy_id = known.last().map_or(0, |(policy_id, ..)| *policy_id);
    for (valid_from, policy) in dated::missing(source, &known)? {
        policy_id += 1;
        let row = (
            policies::source.eq(&source.name),
            policies::policy_id.eq(policy_id),
            policies::valid_from.eq(valid_from),
            policies::doc_sha256.eq(hex::encode(Sha256::digest(&policy))),
            policies::doc.eq(policy),
            policies::created_at.eq(now),
        );
        on_engine!(connection, |c| diesel::insert_into(policies::table).values(row).execute(c))?;
    }
    Ok(())
}

/// Waits for the lock under which the book of a source grows. SQLite has one writer, so its transaction is the lock.
pub(super) fn lock_source(connection: &mut Connection, source: &str) -> Result<()> {
    if let Connection::Postgres(c) = connection {
        let query = sources::table.find(source).select(sources::source).for_update();
        query.first::<String>(&mut **c)?;
    }
    Ok(())
}

/// Lets PostgreSQL look at how large the tables are. It plans a statement once for each session; a plan made while the
/// tables were nearly empty reads them from end to end, and is only made anew after this. SQLite needs none.
pub(super) fn analyze(connection: &mut Connection) -> Result<()> {
    if let Connection::Postgres(c) = connection {
        diesel::sql_query(
            "ANALYZE inbox_events, journal_entries, postings, order_snapshots, orders, order_lines, payments, \
             vouchers, redemptions, findings, contacts, contact_orders",
        )
        .execute(&mut **c)?;
    }
    Ok(())
}

/// Number and hash of the last entry.
pub(super) fn head(connection: &mut Connection, source: &str) -> Result<Option<(i64, String)>> {
    Ok(on_engine!(connection, |c| journal_entries::table
        .filter(journal_entries::source.eq(source))
        .order(journal_entries::entry_no.desc())
        .select((journal_entries::entry_no, journal_entries::entry_hash))
        .first(c)
        .optional())?)
}

/// Number and hash of the last entry of a book.
pub type Head = (i64, String);

/// Every source, in the order of names, with its head.
///
/// # Errors
/// When a query fails.
pub fn heads(connection: &mut Connection) -> Result<Vec<(String, Option<Head>)>> {
    let query = sources::table.order(sources::source).select(sources::source);
    let names: Vec<String> = on_engine!(connection, |c| query.load(c))?;
    names.into_iter().map(|name| head(connection, &name).map(|head| (name, head))).collect()
}

/// Number, first instant and JSON of every policy of a source, in the order of their numbers.
pub(super) fn policies(connection: &mut Connection, source: &str) -> Result<Vec<(i32, Timestamp, String)>> {
    Ok(on_engine!(connection, |c| policies::table
        .filter(policies::source.eq(source))
        .order(policies::policy_id)
        .select((policies::policy_id, policies::valid_from, policies::doc))
        .load(c))?)
}

pub(super) fn last_snapshot_no(connection: &mut Connection, source: &str) -> Result<i64> {
    let last: Option<i64> = on_engine!(connection, |c| order_snapshots::table
        .filter(order_snapshots::source.eq(source))
        .order(order_snapshots::snapshot_no.desc())
        .select(order_snapshots::snapshot_no)
        .first(c)
        .optional())?;
    Ok(last.unwrap_or(0))
}

/// Months that are closed for good; a soft close only warns.
pub(super) fn closed_periods(connection: &mut Connection, source: &str) -> Result<BTreeSet<String>> {
    let closed: Vec<String> = on_engine!(connection, |c| periods::table
        .filter(periods::source.eq(source))
        .filter(periods::status.eq("closed"))
        .select(periods::period)
        .load(c))?;
    Ok(closed.into_iter().collect())
}

/// The text of a stored snapshot and its hash.
pub(super) fn snapshot_doc(connection: &mut Connection, source: &str, snapshot_no: i64) -> Result<(String, String)> {
    Ok(on_engine!(connection, |c| order_snapshots::table
        .find((source, snapshot_no))
        .select((order_snapshots::doc, order_snapshots::doc_sha256))
        .first(c))?)
}

/// Orders that ever sold a voucher or flex ticket for money, in a fixed order.
pub(super) fn sellers(connection: &mut Connection, source: &str, voucher_id: &str) -> Result<Vec<String>> {
    Ok(on_engine!(connection, |c| postings::table
        .filter(postings::source.eq(source))
        .filter(postings::voucher_id.eq(voucher_id))
        .filter(postings::item_kind.eq_any(["voucher", "flex"]))
        .select(postings::order_id.assume_not_null())
        .distinct()
        .order(postings::order_id)
        .load(c))?)
}

/// An entry with its lines, in their order.
pub(super) fn entry(connection: &mut Connection, source: &str, entry_no: i64) -> Result<(EntryRow, Vec<PostingRow>)> {
    let entry = on_engine!(connection, |c| journal_entries::table
        .find((source, entry_no))
        .select(EntryRow::as_select())
        .first(c))?;
    let lines = on_engine!(connection, |c| postings::table
        .filter(postings::source.eq(source))
        .filter(postings::entry_no.eq(entry_no))
        .order(postings::line_no)
        .select(PostingRow::as_select())
        .load(c))?;
    Ok((entry, lines))
}

/// Writes sealed entries: accounts that are new, then all lines, then the headers, which seal them.
pub(super) fn insert_entries(
    connection: &mut Connection,
    accounts_used: &[AccountRow],
    lines: &[PostingRow],
    entries: &[EntryRow],
) -> Result<()> {
    for account in accounts_used {
        on_engine!(connection, |c| diesel::insert_into(accounts::table)
            .values(account)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    insert_rows!(connection, postings::table, lines)?;
    insert_rows!(connection, journal_entries::table, entries)?;
    Ok(())
}
