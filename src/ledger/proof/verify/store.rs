//! The statements of the verification: reading only, page by page.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::schema::{journal_entries, orders, postings, vat_shifts};
use crate::db::{Connection, Result};
use crate::ledger::book::EntryKind;
use crate::on_engine;

/// Number of a line whose entry does not exist. SQLite checks foreign keys per connection, so this must be asked.
pub(super) fn first_orphan(connection: &mut Connection, source: &str) -> Result<Option<(i64, i32)>> {
    let entries = journal_entries::table
        .filter(journal_entries::source.eq(postings::source))
        .filter(journal_entries::entry_no.eq(postings::entry_no));
    let query = postings::table
        .filter(postings::source.eq(source))
        .filter(diesel::dsl::not(diesel::dsl::exists(entries)))
        .order((postings::entry_no, postings::line_no))
        .select((postings::entry_no, postings::line_no));
    Ok(on_engine!(connection, |c| query.first(c).optional())?)
}

/// Id and last snapshot of the orders after `order_id`.
pub(super) fn orders_after(
    connection: &mut Connection,
    source: &str,
    order_id: &str,
    limit: i64,
) -> Result<Vec<(String, Option<i64>)>> {
    Ok(on_engine!(connection, |c| orders::table
        .filter(orders::source.eq(source))
        .filter(orders::order_id.gt(order_id))
        .order(orders::order_id)
        .limit(limit)
        .select((orders::order_id, orders::last_snapshot_no))
        .load(c))?)
}

/// Ids of the vouchers and flex tickets in the journal after `voucher_id`.
pub(super) fn voucher_ids_after(
    connection: &mut Connection,
    source: &str,
    voucher_id: &str,
    limit: i64,
) -> Result<Vec<String>> {
    Ok(on_engine!(connection, |c| postings::table
        .filter(postings::source.eq(source))
        .filter(postings::voucher_id.gt(voucher_id))
        .select(postings::voucher_id.assume_not_null())
        .distinct()
        .order(postings::voucher_id)
        .limit(limit)
        .load(c))?)
}

/// An order with shifts of its VAT that the table of orders does not have.
pub(super) fn first_stray_shift(connection: &mut Connection, source: &str) -> Result<Option<String>> {
    let known =
        orders::table.filter(orders::source.eq(vat_shifts::source)).filter(orders::order_id.eq(vat_shifts::order_id));
    let query = vat_shifts::table
        .filter(vat_shifts::source.eq(source))
        .filter(diesel::dsl::not(diesel::dsl::exists(known)))
        .order(vat_shifts::order_id)
        .select(vat_shifts::order_id);
    Ok(on_engine!(connection, |c| query.first(c).optional())?)
}

/// The first entry that was booked on `until` or before though it came after the close at `closed_at_no`.
pub(super) fn first_intruder(
    connection: &mut Connection,
    source: &str,
    until: NaiveDate,
    closed_at_no: i64,
) -> Result<Option<i64>> {
    Ok(on_engine!(connection, |c| journal_entries::table
        .filter(journal_entries::source.eq(source))
        .filter(journal_entries::booking_date.le(until))
        .filter(journal_entries::entry_no.gt(closed_at_no))
        .filter(journal_entries::kind.ne(EntryKind::Close))
        .order(journal_entries::entry_no)
        .select(journal_entries::entry_no)
        .first(c)
        .optional())?)
}
