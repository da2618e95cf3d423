//! The queries of the list of vouchers.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp as SqlTimestamp};

use super::{Facts, Posted};
use crate::db::schema::{journal_entries, postings, vouchers};
use crate::db::{Connection, Result};
use crate::ledger::book::Account;
use crate::on_engine;

pub(super) fn facts(connection: &mut Connection, source: Option<&str>) -> Result<Vec<Facts>> {
    let columns = (
        vouchers::source,
        vouchers::class,
        vouchers::voucher_id,
        vouchers::regime,
        vouchers::origin,
        vouchers::state,
        vouchers::face_minor,
        vouchers::vat_bp,
        vouchers::purchase_order_id,
        vouchers::code_last4,
        vouchers::issued_on,
        vouchers::expires_on,
    );
    Ok(on_engine!(connection, |c| {
        let mut query = vouchers::table.select(columns).into_boxed();
        if let Some(source) = source {
            query = query.filter(vouchers::source.eq(source));
        }
        query.load(c)
    })?)
}

/// The order that a voucher refunds, by source and voucher.
pub(super) fn refunds(connection: &mut Connection, source: Option<&str>) -> Result<BTreeMap<(String, String), String>> {
    let rows: Vec<(String, String, String)> = on_engine!(connection, |c| {
        let mut query = postings::table
            .filter(postings::item_kind.eq("refund_voucher"))
            .filter(postings::account_code.eq(Account::RECEIVABLE))
            .order((postings::source, postings::entry_no, postings::line_no))
            .select((postings::source, postings::voucher_id.assume_not_null(), postings::order_id.assume_not_null()))
            .into_boxed();
        if let Some(source) = source {
            query = query.filter(postings::source.eq(source));
        }
        query.load(c)
    })?;
    Ok(rows.into_iter().map(|(source, voucher, order)| ((source, voucher), order)).collect())
}

/// Sums of every voucher and flex ticket on the liability accounts, as booked up to `as_of`.
pub(super) fn posted(connection: &mut Connection, source: Option<&str>, as_of: NaiveDate) -> Result<Vec<Posted>> {
    const CLASS: &str = "CASE WHEN postings.account_code = 'liabilities:flex' THEN 'flex' ELSE 'voucher' END";
    const REDEEMED: &str = "postings.item_kind IN ('voucher_redemption', 'flex_redemption', 'breakage')";
    let issued = format!("CAST(-SUM(CASE WHEN {REDEEMED} THEN 0 ELSE postings.amount_minor END) AS BIGINT)");
    let redeemed = format!("CAST(SUM(CASE WHEN {REDEEMED} THEN postings.amount_minor ELSE 0 END) AS BIGINT)");
    let issued_at = format!("MIN(CASE WHEN {REDEEMED} THEN NULL ELSE journal_entries.effective_at END)");
    Ok(on_engine!(connection, |c| {
        let lines = postings::table
            .on(postings::source.eq(journal_entries::source).and(postings::entry_no.eq(journal_entries::entry_no)));
        let mut query = journal_entries::table
            .inner_join(lines)
            .group_by(sql::<Text>(&format!("postings.source, {CLASS}, postings.voucher_id, postings.currency")))
            .select((
                sql::<Text>("postings.source"),
                sql::<Text>(CLASS),
                sql::<Text>("postings.voucher_id"),
                sql::<Text>("postings.currency"),
                sql::<BigInt>(&issued),
                sql::<BigInt>(&redeemed),
                sql::<Nullable<SqlTimestamp>>(&issued_at),
            ))
            .filter(postings::voucher_id.is_not_null())
            .filter(
                postings::account_code.eq("liabilities:flex").or(postings::account_code.like("liabilities:voucher:%")),
            )
            .filter(journal_entries::booking_date.le(as_of))
            .into_boxed();
        if let Some(source) = source {
            query = query.filter(postings::source.eq(source));
        }
        query.load(c)
    })?)
}
