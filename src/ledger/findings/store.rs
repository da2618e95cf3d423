//! The statements of the reconciliation. None opens a transaction.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;

use super::VoucherMove;
use crate::clock::Timestamp;
use crate::db::schema::{journal_entries, orders, postings, redemptions, vouchers};
use crate::db::vocabulary::Vocabulary as _;
use crate::db::{Connection, Result};
use crate::ledger::batch::current_state::{PartState, VoucherOrigin};
use crate::ledger::book::{EntryKind, ItemKind};
use crate::ledger::posting::rules::{FLEX_USED, VOUCHER_USED};
use crate::ledger::posting::{StoredValueClass, StoredValueKey, Use};
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

/// One line about a voucher or flex ticket.
#[derive(Queryable)]
struct MoveLine {
    entry_no: i64,
    line_no: i32,
    voucher_id: String,
    order_id: Option<String>,
    claim_of: Option<String>,
    currency: String,
    account: String,
    item_kind: String,
    kind: EntryKind,
    event_type: String,
    effective_at: Timestamp,
    amount_minor: i64,
}

/// Lines of one kind on one account.
#[derive(Default)]
struct Moved {
    sum: i64,
    count: i64,
    /// Of the sale itself, without what stays issued because it was used.
    sale: i64,
    taken_back: Option<Timestamp>,
    stays: Option<Timestamp>,
}

/// What the entries of each order moved on each account for these vouchers and flex tickets.
pub(in crate::ledger) fn voucher_moves(
    connection: &mut Connection,
    source: &str,
    ids: &[&str],
) -> Result<Vec<VoucherMove>> {
    let lines: Vec<MoveLine> = on_engine!(connection, |c| postings::table
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
            postings::order_id,
            postings::currency,
            postings::account_code,
            postings::item_kind,
            journal_entries::kind,
            journal_entries::event_type,
            journal_entries::effective_at,
            postings::amount_minor,
        ))
        .load(c))?;
    type MoveKey = (String, Option<String>, Option<String>, String, String, ItemKind);
    let mut moves: BTreeMap<MoveKey, Moved> = BTreeMap::new();
    for line in lines {
        let row = format_args!("source {source}, entry {}, line {}", line.entry_no, line.line_no);
        let item_kind = ItemKind::stored(&line.item_kind, row)?;
        let key = (line.voucher_id, line.order_id, line.claim_of, line.currency, line.account, item_kind);
        let moved = moves.entry(key).or_default();
        moved.sum = moved.sum.saturating_add(line.amount_minor);
        moved.count += if line.kind == EntryKind::Reverse { -1 } else { 1 };
        if matches!(line.event_type.as_str(), FLEX_USED | VOUCHER_USED) {
            // What is posted again when more of it is used does not undo the sale once more.
            moved.stays = moved.stays.or(Some(line.effective_at)).min(Some(line.effective_at));
            continue;
        }
        moved.sale = moved.sale.saturating_add(line.amount_minor);
        if line.kind == EntryKind::Reverse {
            moved.taken_back = moved.taken_back.max(Some(line.effective_at));
        }
    }
    // What is reversed moves nothing, but it tells which orders have to do with each other.
    let moves = moves.into_iter().map(|((voucher_id, order_id, claim_of, currency, account, item_kind), moved)| {
        let undone_at = moved.taken_back.or(moved.stays).filter(|_| item_kind.is_issue() && moved.sale == 0);
        let (amount_minor, count) = (moved.sum, moved.count);
        VoucherMove { voucher_id, order_id, claim_of, currency, account, item_kind, amount_minor, count, undone_at }
    });
    Ok(moves.collect())
}

/// The uses that count of these vouchers and flex tickets.
pub(super) fn uses(connection: &mut Connection, source: &str, ids: &[&str]) -> Result<Vec<(StoredValueKey, Use)>> {
    type UseColumns = (StoredValueClass, String, Option<Timestamp>, String, i64, String);
    let rows: Vec<UseColumns> = on_engine!(connection, |c| redemptions::table
        .filter(redemptions::source.eq(source))
        .filter(redemptions::voucher_id.eq_any(ids))
        .filter(redemptions::state.eq(PartState::Live))
        .select((
            redemptions::class,
            redemptions::voucher_id,
            redemptions::redeemed_at,
            redemptions::order_id,
            redemptions::amount_minor,
            redemptions::currency,
        ))
        .load(c))?;
    let used = |(class, id, used_at, order_id, amount_minor, currency)| {
        (StoredValueKey { class, id }, Use { used_at, order_id, amount_minor, currency })
    };
    let mut uses: Vec<_> = rows.into_iter().map(used).collect();
    uses.sort();
    Ok(uses)
}

/// The face values of those of these vouchers and flex tickets that were imported, in minor units, with the currency.
pub(in crate::ledger) fn imported_faces(
    connection: &mut Connection,
    source: &str,
    ids: &[&str],
) -> Result<BTreeMap<StoredValueKey, (String, i64)>> {
    type FaceColumns = (StoredValueClass, String, Option<String>, Option<i64>);
    let rows: Vec<FaceColumns> = on_engine!(connection, |c| vouchers::table
        .filter(vouchers::source.eq(source))
        .filter(vouchers::class.eq_any([StoredValueClass::Voucher, StoredValueClass::Flex]))
        .filter(vouchers::voucher_id.eq_any(ids))
        .filter(vouchers::origin.eq(VoucherOrigin::Import))
        .select((vouchers::class, vouchers::voucher_id, vouchers::currency, vouchers::face_minor))
        .load(c))?;
    let face =
        |(class, id, currency, face_minor): FaceColumns| Some((StoredValueKey { class, id }, (currency?, face_minor?)));
    Ok(rows.into_iter().filter_map(face).collect())
}

/// The codes of these orders.
pub(super) fn order_codes(
    connection: &mut Connection,
    source: &str,
    order_ids: &BTreeSet<&str>,
) -> Result<BTreeMap<String, String>> {
    let rows: Vec<(String, Option<String>)> = on_engine!(connection, |c| orders::table
        .filter(orders::source.eq(source))
        .filter(orders::order_id.eq_any(order_ids.iter().copied()))
        .select((orders::order_id, orders::order_code))
        .load(c))?;
    Ok(rows.into_iter().filter_map(|(order_id, code)| Some((order_id, code?))).collect())
}
