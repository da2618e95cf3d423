//! The statements of the reconciliation. None opens a transaction.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::VoucherMove;
use crate::db::schema::{journal_entries, orders, postings};
use crate::db::{Connection, Result};
use crate::on_engine;

/// Ids of the orders after `order_id`.
pub(in crate::ledger) fn orders_after(
    connection: &mut Connection,
    source: &str,
    order_id: &str,
    limit: i64,
) -> Result<Vec<String>> {
    Ok(on_engine!(connection, |c| orders::table
        .filter(orders::source.eq(source))
        .filter(orders::order_id.gt(order_id))
        .order(orders::order_id)
        .limit(limit)
        .select(orders::order_id)
        .load(c))?)
}

/// What the entries of each order moved on each account for these vouchers and flex tickets.
pub(super) fn voucher_moves(connection: &mut Connection, source: &str, ids: &[&str]) -> Result<Vec<VoucherMove>> {
    type Row = (String, Option<String>, String, String, String, String, i64);
    let lines: Vec<Row> = on_engine!(connection, |c| postings::table
        .inner_join(
            journal_entries::table
                .on(journal_entries::source.eq(postings::source).and(journal_entries::entry_no.eq(postings::entry_no)))
        )
        .filter(postings::source.eq(source))
        .filter(postings::voucher_id.eq_any(ids))
        .select((
            postings::voucher_id.assume_not_null(),
            journal_entries::order_id,
            postings::currency,
            postings::account_code,
            postings::item_kind,
            journal_entries::kind,
            postings::amount_minor,
        ))
        .load(c))?;
    type Key = (String, Option<String>, String, String, String);
    let mut sums: BTreeMap<Key, (i64, i64)> = BTreeMap::new();
    for (voucher_id, order_id, currency, account, item_kind, kind, amount_minor) in lines {
        let (sum, count) = sums.entry((voucher_id, order_id, currency, account, item_kind)).or_default();
        *sum = sum.saturating_add(amount_minor);
        *count += if kind == "reverse" { -1 } else { 1 };
    }
    let moves = sums.into_iter().map(|((voucher_id, order_id, currency, account, item_kind), (sum, count))| {
        VoucherMove { voucher_id, order_id, currency, account, item_kind, amount_minor: sum, count }
    });
    // What is reversed moves nothing, but it tells which orders have to do with each other.
    Ok(moves.collect())
}
