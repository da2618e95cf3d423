//! The statements of the reconciliation. None opens a transaction.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::VoucherMove;
use crate::db::schema::{journal_entries, orders, postings};
use crate::db::vocabulary::Vocabulary as _;
use crate::db::{Connection, Result};
use crate::ledger::book::{EntryKind, ItemKind};
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
    type MoveColumns = (i64, i32, String, Option<String>, String, String, String, EntryKind, i64);
    let lines: Vec<MoveColumns> = on_engine!(connection, |c| postings::table
        .inner_join(
            journal_entries::table
                .on(journal_entries::source.eq(postings::source).and(journal_entries::entry_no.eq(postings::entry_no)))
        )
        .filter(postings::source.eq(source))
        .filter(postings::voucher_id.eq_any(ids))
        .select((
            postings::entry_no,
            postings::line_no,
            postings::voucher_id.assume_not_null(),
            journal_entries::order_id,
            postings::currency,
            postings::account_code,
            postings::item_kind,
            journal_entries::kind,
            postings::amount_minor,
        ))
        .load(c))?;
    type MoveKey = (String, Option<String>, String, String, ItemKind);
    let mut sums: BTreeMap<MoveKey, (i64, i64)> = BTreeMap::new();
    for (entry_no, line_no, voucher_id, order_id, currency, account, item_kind, kind, amount_minor) in lines {
        let row = format_args!("source {source}, entry {entry_no}, line {line_no}");
        let item_kind = ItemKind::stored(&item_kind, row)?;
        let (sum, count) = sums.entry((voucher_id, order_id, currency, account, item_kind)).or_default();
        *sum = sum.saturating_add(amount_minor);
        *count += if kind == EntryKind::Reverse { -1 } else { 1 };
    }
    let moves = sums.into_iter().map(|((voucher_id, order_id, currency, account, item_kind), (sum, count))| {
        VoucherMove { voucher_id, order_id, currency, account, item_kind, amount_minor: sum, count }
    });
    // What is reversed moves nothing, but it tells which orders have to do with each other.
    Ok(moves.collect())
}
