//! The statements of the pages about the books that no report has.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::clock::Timestamp;
use crate::db::schema::{journal_entries, order_sums, orders, period_manifests, periods, vat_shifts};
use crate::db::{Connection, Result};
use crate::ledger::book::Month;
use crate::on_engine;

/// What closing did to a month.
#[derive(Clone, Debug, Queryable)]
pub(super) struct MonthState {
    pub(super) source: String,
    pub(super) period: String,
    /// `open`, `soft` or `closed`.
    pub(super) status: String,
    pub(super) closed_at: Option<Timestamp>,
    pub(super) closed_by: Option<String>,
}

pub(super) fn month_states(connection: &mut Connection, source: Option<&str>) -> Result<Vec<MonthState>> {
    Ok(on_engine!(connection, |c| {
        let mut query = periods::table
            .select((periods::source, periods::period, periods::status, periods::closed_at, periods::closed_by))
            .into_boxed();
        if let Some(source) = source {
            query = query.filter(periods::source.eq(source));
        }
        query.load(c)?
    }))
}

/// The manifest of a closed month.
#[derive(Clone, Debug, Queryable)]
pub(super) struct Manifest {
    pub(super) entry_no: i64,
    pub(super) doc: String,
    pub(super) doc_sha256: String,
    pub(super) closed_at: Timestamp,
    pub(super) closed_by: String,
    /// Hash of the numbers alone.
    pub(super) totals_sha256: Option<String>,
}

pub(super) fn manifest(connection: &mut Connection, source: &str, month: Month) -> Result<Option<Manifest>> {
    let its_period = periods::source.eq(period_manifests::source).and(periods::period.eq(period_manifests::period));
    let query = period_manifests::table
        .left_join(periods::table.on(its_period))
        .filter(period_manifests::source.eq(source).and(period_manifests::period.eq(month.to_string())))
        .select((
            period_manifests::entry_no,
            period_manifests::doc,
            period_manifests::doc_sha256,
            period_manifests::closed_at,
            period_manifests::closed_by,
            periods::totals_sha256.nullable(),
        ));
    Ok(on_engine!(connection, |c| query.first(c).optional())?)
}

/// What an entry says of itself besides its lines.
#[derive(Clone, Debug, Queryable)]
pub(super) struct EntryFacts {
    pub(super) effective_at: Timestamp,
    pub(super) recorded_at: Timestamp,
    pub(super) reason_code: String,
    pub(super) prev_hash: String,
}

pub(super) fn entry_facts(connection: &mut Connection, source: &str, entry_no: i64) -> Result<Option<EntryFacts>> {
    let query = journal_entries::table.find((source, entry_no)).select((
        journal_entries::effective_at,
        journal_entries::recorded_at,
        journal_entries::reason_code,
        journal_entries::prev_hash,
    ));
    Ok(on_engine!(connection, |c| query.first(c).optional())?)
}

/// The entry that takes an entry back.
pub(super) fn taken_back_by(connection: &mut Connection, source: &str, entry_no: i64) -> Result<Option<i64>> {
    let query = journal_entries::table
        .filter(journal_entries::source.eq(source))
        .filter(journal_entries::reverses_no.eq(entry_no))
        .select(journal_entries::entry_no);
    Ok(on_engine!(connection, |c| query.first(c).optional())?)
}

/// An order that owes something or is owed something.
#[derive(Clone, Debug, Queryable)]
pub(super) struct OpenOrder {
    pub(super) source: String,
    pub(super) order_id: String,
    pub(super) order_code: Option<String>,
    pub(super) status: Option<String>,
    pub(super) currency: String,
    pub(super) billed_minor: i64,
    pub(super) settled_minor: i64,
}

/// Open orders of a source after an order, by their ids.
pub(super) fn open_orders(
    connection: &mut Connection,
    source: &str,
    after: Option<&str>,
    most: i64,
) -> Result<Vec<OpenOrder>> {
    let query = order_sums::table
        .left_join(
            orders::table.on(orders::source.eq(order_sums::source).and(orders::order_id.eq(order_sums::order_id))),
        )
        .filter(order_sums::source.eq(source))
        .filter(order_sums::billed_minor.ne(order_sums::settled_minor))
        .filter(order_sums::order_id.gt(after.unwrap_or_default()))
        .order((order_sums::order_id, order_sums::currency))
        .limit(most)
        .select((
            order_sums::source,
            order_sums::order_id,
            orders::order_code.nullable(),
            orders::status.nullable(),
            order_sums::currency,
            order_sums::billed_minor,
            order_sums::settled_minor,
        ));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// What moves VAT of a rate to another month: order, entry, day, net and VAT.
pub(super) type Shift = (String, i64, chrono::NaiveDate, i64, i64);

/// Shifts of a basis to days of a month, by order.
pub(super) fn shifts(
    connection: &mut Connection,
    (source, currency, basis): (&str, &str, &str),
    month: Month,
    rate: Option<i32>,
    most: i64,
) -> Result<Vec<Shift>> {
    // As the index by month has it.
    let in_month = match connection {
        Connection::Sqlite(_) => format!("substr(vat_shifts.booking_date, 1, 7) = '{month}'"),
        Connection::Postgres(_) => format!("ledger_period(vat_shifts.booking_date) = '{month}'"),
    };
    Ok(on_engine!(connection, |c| {
        let mut query = vat_shifts::table
            .filter(vat_shifts::source.eq(source))
            .filter(vat_shifts::currency.eq(currency))
            .filter(vat_shifts::basis.eq(basis))
            .filter(sql::<Bool>(&in_month))
            .order((vat_shifts::order_id, vat_shifts::entry_no, vat_shifts::row_no))
            .limit(most)
            .select((
                vat_shifts::order_id,
                vat_shifts::entry_no,
                vat_shifts::booking_date,
                vat_shifts::net_minor,
                vat_shifts::vat_minor,
            ))
            .into_boxed();
        query = match rate {
            Some(rate) => query.filter(vat_shifts::vat_bp.eq(rate)),
            None => query.filter(vat_shifts::vat_bp.is_null()),
        };
        query.load(c)?
    }))
}
