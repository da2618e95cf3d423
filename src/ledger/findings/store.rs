//! The statements of the reconciliation. None opens a transaction.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

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

/// Lines of one kind on one account, added up.
#[derive(Queryable)]
struct MoveLines {
    voucher_id: String,
    order_id: Option<String>,
    claim_of: Option<String>,
    currency: String,
    account: String,
    item_kind: String,
    sum_minor: i64,
    count: i64,
    /// Of the sale itself, without what stays issued because it was used.
    sale_minor: i64,
    taken_back: Option<Timestamp>,
    /// Since when only what was used stays. What is posted again when more of it is used does not undo the sale once
    /// more.
    stays: Option<Timestamp>,
}

/// The lines about these vouchers and flex tickets. Of uses, those of all orders are one: a voucher may have very many.
fn move_lines(connection: &mut Connection, source: &str, ids: &[&str]) -> Result<Vec<MoveLines>> {
    let used = format!("'{}', '{}'", ItemKind::VoucherRedemption, ItemKind::FlexRedemption);
    let unless_used = |column: &str| format!("CASE WHEN postings.item_kind IN ({used}) THEN NULL ELSE {column} END");
    let (order, claim) = (unless_used("journal_entries.order_id"), unless_used("postings.order_id"));
    let keys =
        format!("postings.voucher_id, {order}, {claim}, postings.currency, postings.account_code, postings.item_kind");
    let stays = format!("journal_entries.event_type IN ('{FLEX_USED}', '{VOUCHER_USED}')");
    let reversed = format!("journal_entries.kind = '{}'", EntryKind::Reverse);
    let sum = |of: &str| sql::<BigInt>(&format!("CAST(SUM({of}) AS BIGINT)"));
    let instant = |which: &str, of: &str| {
        let text = format!("{which}(CASE WHEN {of} THEN journal_entries.effective_at END)");
        sql::<Nullable<diesel::sql_types::Timestamp>>(&text)
    };
    Ok(on_engine!(connection, |c| postings::table
        .inner_join(
            journal_entries::table
                .on(journal_entries::source.eq(postings::source).and(journal_entries::entry_no.eq(postings::entry_no)))
        )
        .filter(postings::source.eq(source))
        .filter(postings::voucher_id.eq_any(ids))
        .group_by(sql::<Text>(&keys))
        .select((
            sql::<Text>("postings.voucher_id"),
            sql::<Nullable<Text>>(&order),
            sql::<Nullable<Text>>(&claim),
            sql::<Text>("postings.currency"),
            sql::<Text>("postings.account_code"),
            sql::<Text>("postings.item_kind"),
            sum("postings.amount_minor"),
            sum(&format!("CASE WHEN {reversed} THEN -1 ELSE 1 END")),
            sum(&format!("CASE WHEN {stays} THEN 0 ELSE postings.amount_minor END")),
            instant("MAX", &format!("{reversed} AND NOT {stays}")),
            instant("MIN", &stays),
        ))
        .load(c))?)
}

/// What the entries of each order moved on each account for these vouchers and flex tickets, sorted by their ids.
pub(in crate::ledger) fn voucher_moves(
    connection: &mut Connection,
    source: &str,
    ids: &[&str],
) -> Result<Vec<VoucherMove>> {
    let mut moves = Vec::new();
    for lines in move_lines(connection, source, ids)? {
        let row = format_args!("source {source}, voucher {}, on {}", lines.voucher_id, lines.account);
        let item_kind = ItemKind::stored(&lines.item_kind, row)?;
        let undone = item_kind.is_issue() && lines.sale_minor == 0;
        // What is reversed moves nothing, but it tells which orders have to do with each other.
        moves.push(VoucherMove {
            voucher_id: lines.voucher_id,
            order_id: lines.order_id,
            claim_of: lines.claim_of,
            currency: lines.currency,
            account: lines.account,
            item_kind,
            amount_minor: lines.sum_minor,
            count: lines.count,
            undone_at: lines.taken_back.or(lines.stays).filter(|_| undone),
        });
    }
    fn key(of: &VoucherMove) -> impl Ord {
        (&of.voucher_id, &of.order_id, &of.claim_of, &of.currency, &of.account, of.item_kind)
    }
    moves.sort_by(|one, other| key(one).cmp(&key(other)));
    Ok(moves)
}

/// The uses that count of these vouchers and flex tickets, sorted by what was used and when.
pub(super) fn uses(connection: &mut Connection, source: &str, ids: &[&str]) -> Result<Vec<(StoredValueKey, Use)>> {
    type UseColumns = (StoredValueClass, String, Option<Timestamp>, String, i64, String);
    let rows: Vec<UseColumns> = on_engine!(connection, |c| redemptions::table
        .filter(redemptions::source.eq(source))
        // The index names the class before the id.
        .filter(redemptions::class.eq_any([StoredValueClass::Voucher, StoredValueClass::Flex]))
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
