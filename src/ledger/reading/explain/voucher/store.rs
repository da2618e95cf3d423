//! The statements of a voucher's story: reading only.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::schema::{findings, orders, postings, vouchers};
use crate::db::{Connection, Result};
use crate::ledger::batch::FindingState;
use crate::ledger::batch::current_state::RegimeWord;
use crate::ledger::book::{Account, ItemKind, store as journal};
use crate::ledger::posting::{StoredValueClass, StoredValueKey};
use crate::ledger::reading::explain::store::UnresolvedFinding;
use crate::{limits, on_engine};

/// What is known of a voucher beside its postings.
#[derive(Queryable)]
pub(super) struct Facts {
    pub(super) regime: RegimeWord,
    pub(super) face_minor: Option<i64>,
    pub(super) currency: Option<String>,
    pub(super) vat_bp: Option<i32>,
    pub(super) purchase_order_id: Option<String>,
    pub(super) code_last4: Option<String>,
    pub(super) units_total: Option<i64>,
    pub(super) units_left: Option<i64>,
    pub(super) issued_on: Option<NaiveDate>,
    pub(super) expires_on: Option<NaiveDate>,
}

/// The sources that know a voucher or flex ticket with this id. Each is asked by itself, which is what the indexes are
/// for.
pub(super) fn sources(connection: &mut Connection, source: Option<&str>, voucher_id: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for known in journal::sources(connection)? {
        if source.is_some_and(|source| source != known.name) {
            continue;
        }
        let class = StoredValueClass::ALL.iter().copied();
        let told = vouchers::table
            .filter(vouchers::source.eq(&known.name))
            .filter(vouchers::class.eq_any(class))
            .filter(vouchers::voucher_id.eq(voucher_id))
            .select(vouchers::source);
        let posted = postings::table
            .filter(postings::source.eq(&known.name))
            .filter(postings::voucher_id.eq(voucher_id))
            .select(postings::source);
        let told: Option<String> = on_engine!(connection, |c| told.first(c).optional())?;
        let posted: Option<String> = on_engine!(connection, |c| posted.first(c).optional())?;
        if told.is_some() || posted.is_some() {
            found.push(known.name);
        }
    }
    Ok(found)
}

pub(super) fn facts(connection: &mut Connection, source: &str, key: &StoredValueKey) -> Result<Option<Facts>> {
    let query = vouchers::table.find((source, key.class, &key.id)).select((
        vouchers::regime,
        vouchers::face_minor,
        vouchers::currency,
        vouchers::vat_bp,
        vouchers::purchase_order_id,
        vouchers::code_last4,
        vouchers::units_total,
        vouchers::units_left,
        vouchers::issued_on,
        vouchers::expires_on,
    ));
    Ok(on_engine!(connection, |c| query.first(c).optional())?)
}

/// The order that sold it.
pub(super) struct Seller {
    pub(super) status: Option<String>,
    /// What moved its receivable, by currency and kind.
    pub(super) sums: Vec<(String, ItemKind, i64)>,
}

pub(super) fn seller(connection: &mut Connection, source: &str, order_id: &str) -> Result<Seller> {
    let status = orders::table.find((source, order_id)).select(orders::status);
    let status: Option<Option<String>> = on_engine!(connection, |c| status.first(c).optional())?;
    let query = postings::table
        .filter(postings::source.eq(source))
        .filter(postings::order_id.eq(order_id))
        .filter(postings::account_code.eq(Account::RECEIVABLE))
        .group_by((postings::currency, postings::item_kind))
        .order((postings::currency, postings::item_kind))
        .select((postings::currency, postings::item_kind, sql::<BigInt>("CAST(SUM(amount_minor) AS bigint)")));
    let sums = on_engine!(connection, |c| query.load(c))?;
    Ok(Seller { status: status.flatten(), sums })
}

/// Entries with a line about it, in their order.
pub(super) fn entry_numbers(connection: &mut Connection, source: &str, voucher_id: &str) -> Result<Vec<i64>> {
    let query = postings::table
        .filter(postings::source.eq(source))
        .filter(postings::voucher_id.eq(voucher_id))
        .select(postings::entry_no);
    // Sorted here: for the order of the numbers SQLite would read the whole source along its key.
    let mut numbers: Vec<i64> = on_engine!(connection, |c| query.load(c))?;
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

/// The codes of these orders, as far as they have one.
pub(super) fn codes(connection: &mut Connection, source: &str, ids: &[&str]) -> Result<BTreeMap<String, String>> {
    let mut codes = BTreeMap::new();
    for part in ids.chunks(limits::IN_VALUES) {
        let query = orders::table
            .filter(orders::source.eq(source))
            .filter(orders::order_id.eq_any(part))
            .filter(orders::order_code.is_not_null())
            .select((orders::order_id, orders::order_code.assume_not_null()));
        let rows: Vec<(String, String)> = on_engine!(connection, |c| query.load(c))?;
        codes.extend(rows);
    }
    Ok(codes)
}

/// Fingerprint, order and content of what is open or acknowledged about these orders.
pub(super) fn findings(
    connection: &mut Connection,
    source: &str,
    ids: &[&str],
) -> Result<Vec<(String, UnresolvedFinding)>> {
    let mut found = Vec::new();
    for part in ids.chunks(limits::IN_VALUES) {
        let query = findings::table
            .filter(findings::source.eq(source))
            .filter(findings::order_id.eq_any(part))
            .filter(findings::state.eq_any(FindingState::UNRESOLVED))
            .order((findings::reason, findings::order_id, findings::fingerprint));
        let rows: Vec<(String, UnresolvedFinding)> =
            on_engine!(connection, |c| query.select((findings::fingerprint, UnresolvedFinding::as_select())).load(c))?;
        found.extend(rows);
    }
    Ok(found)
}
