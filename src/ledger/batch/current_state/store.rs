//! The statements of the current state. None opens a transaction.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::parts::{PartRows, Parts};
use super::{KnownVoucher, OrderRow, PartState, RegimeWord};
use crate::clock::Timestamp;
use crate::db::compiled::{kept, padded};
use crate::db::schema::{order_lines, orders, payments, redemptions, vouchers};
use crate::db::{Connection, Result};
use crate::ledger::posting::{Snapshot, StoredValueClass, StoredValueKey, Use};
use crate::policy::{Policy, Regime};
use crate::{insert_rows, limits, on_engine};

pub(in crate::ledger) fn order_row(
    connection: &mut Connection,
    source: &str,
    order_id: &str,
) -> Result<Option<OrderRow>> {
    Ok(on_engine!(connection, |c| orders::table
        .find((source, order_id))
        .select(OrderRow::as_select())
        .first(c)
        .optional())?)
}

/// Inserts the rows of orders' parts.
pub(in crate::ledger) fn insert_parts(connection: &mut Connection, rows: &PartRows) -> Result<()> {
    let (lines, paid, redeemed) = rows.rows();
    insert_rows!(connection, order_lines::table, lines)?;
    insert_rows!(connection, payments::table, paid)?;
    insert_rows!(connection, redemptions::table, redeemed)?;
    Ok(())
}

/// Deletes lines, payments and redemptions of these orders.
pub(in crate::ledger) fn delete_parts(connection: &mut Connection, source: &str, order_ids: &[String]) -> Result<()> {
    for ids in order_ids.chunks(limits::IN_VALUES) {
        let lines = order_lines::table.filter(order_lines::source.eq(source)).filter(order_lines::order_id.eq_any(ids));
        let paid = payments::table.filter(payments::source.eq(source)).filter(payments::order_id.eq_any(ids));
        let redeemed =
            redemptions::table.filter(redemptions::source.eq(source)).filter(redemptions::order_id.eq_any(ids));
        on_engine!(connection, |c| {
            diesel::delete(lines).execute(c)?;
            diesel::delete(paid).execute(c)?;
            diesel::delete(redeemed).execute(c)
        })?;
    }
    Ok(())
}

/// The first order, by its id, to sell a voucher keeps it, whichever is worked on first. True when the order sells or
/// redeems any.
pub(in crate::ledger) fn save_vouchers(
    connection: &mut Connection,
    source: &str,
    snapshot: &Snapshot,
    policy: &Policy,
) -> Result<bool> {
    let (parts, order_id) = (Parts::of(source, snapshot, policy), snapshot.order.order_id.as_str());
    let (sold, redeemed) = (parts.vouchers_sold(), parts.vouchers_redeemed());
    for row in &sold {
        on_engine!(connection, |c| diesel::insert_into(vouchers::table)
            .values(row)
            .on_conflict((vouchers::source, vouchers::class, vouchers::voucher_id))
            .do_nothing()
            .execute(c))?;
        let same = vouchers::table.find((source, row.class, &row.voucher_id));
        let ours = same.filter(vouchers::purchase_order_id.is_null().or(vouchers::purchase_order_id.ge(order_id)));
        on_engine!(connection, |c| diesel::update(ours).set(row).execute(c))?;
    }
    for row in &redeemed {
        on_engine!(connection, |c| diesel::insert_into(vouchers::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    Ok(!sold.is_empty() || !redeemed.is_empty())
}

/// Forgets how a voucher or flex ticket was sold: the order that said so sells it no longer. Who used it first stays
/// known.
pub(in crate::ledger) fn forget_voucher(
    connection: &mut Connection,
    source: &str,
    voucher: &StoredValueKey,
) -> Result<()> {
    let known = vouchers::table.find((source, voucher.class, &voucher.id));
    let unknown = Parts::unknown_voucher(source, voucher.class, &voucher.id);
    on_engine!(connection, |c| {
        diesel::delete(known.filter(vouchers::first_used_by.is_null())).execute(c)?;
        diesel::update(known).set(&unknown).execute(c)
    })?;
    Ok(())
}

/// Notes that the delivery with this id says that a voucher or flex ticket is used. True when none before it did.
pub(in crate::ledger) fn note_use(
    connection: &mut Connection,
    source: &str,
    voucher: &StoredValueKey,
    event_id: i64,
) -> Result<bool> {
    let unknown = Parts::unknown_voucher(source, voucher.class, &voucher.id);
    let same = vouchers::table.find((source, voucher.class, &voucher.id));
    let later = same.filter(vouchers::first_used_by.is_null().or(vouchers::first_used_by.gt(event_id)));
    let changed = on_engine!(connection, |c| {
        diesel::insert_into(vouchers::table).values(&unknown).on_conflict_do_nothing().execute(c)?;
        diesel::update(later).set(vouchers::first_used_by.eq(event_id)).execute(c)
    })?;
    Ok(changed > 0)
}

/// What is known of a voucher or flex ticket.
pub(in crate::ledger) fn voucher(
    connection: &mut Connection,
    source: &str,
    voucher: &StoredValueKey,
) -> Result<Option<KnownVoucher>> {
    type VoucherColumns = (RegimeWord, Option<i32>, PartState, Option<i64>, Option<String>, Option<i64>);
    let row: Option<VoucherColumns> = on_engine!(connection, |c| vouchers::table
        .find((source, voucher.class, &voucher.id))
        .select((
            vouchers::regime,
            vouchers::vat_bp,
            vouchers::state,
            vouchers::face_minor,
            vouchers::currency,
            vouchers::first_used_by,
        ))
        .first(c)
        .optional())?;
    Ok(row.map(|(word, vat_bp, state, face_minor, currency, first_used_by)| KnownVoucher {
        regime: word.with_rate(vat_bp),
        live: state == PartState::Live,
        face_minor,
        currency,
        first_used_by,
    }))
}

/// The uses of a voucher or flex ticket that count.
pub(in crate::ledger) fn uses(connection: &mut Connection, source: &str, voucher: &StoredValueKey) -> Result<Vec<Use>> {
    let rows: Vec<(Option<Timestamp>, String, i64, String)> = on_engine!(connection, |c| redemptions::table
        .filter(redemptions::source.eq(source))
        .filter(redemptions::class.eq(voucher.class))
        .filter(redemptions::voucher_id.eq(&voucher.id))
        .filter(redemptions::state.eq(PartState::Live))
        .select((redemptions::redeemed_at, redemptions::order_id, redemptions::amount_minor, redemptions::currency))
        .load(c))?;
    let used = |(used_at, order_id, amount_minor, currency)| Use { used_at, order_id, amount_minor, currency };
    Ok(rows.into_iter().map(used).collect())
}

/// The order that sold or issued a voucher or flex ticket, if one of the source did.
pub(in crate::ledger) fn seller(
    connection: &mut Connection,
    source: &str,
    voucher: &StoredValueKey,
) -> Result<Option<String>> {
    let row: Option<Option<String>> = on_engine!(connection, |c| vouchers::table
        .find((source, voucher.class, &voucher.id))
        .select(vouchers::purchase_order_id)
        .first(c)
        .optional())?;
    Ok(row.flatten())
}

/// `(order, voucher or flex ticket, regime)` of what these orders sold, as known so far.
pub(in crate::ledger) fn regimes_sold(
    connection: &mut Connection,
    source: &str,
    order_ids: &[&str],
) -> Result<Vec<(String, StoredValueKey, Regime)>> {
    type SoldColumns = (Option<String>, StoredValueClass, String, RegimeWord, Option<i32>);
    let query = vouchers::table
        .filter(vouchers::source.eq(source))
        .filter(vouchers::purchase_order_id.eq_any(padded(order_ids)))
        .select((
            vouchers::purchase_order_id,
            vouchers::class,
            vouchers::voucher_id,
            vouchers::regime,
            vouchers::vat_bp,
        ));
    let rows: Vec<SoldColumns> = on_engine!(connection, |c| kept(query).load(c))?;
    let known = rows.into_iter().filter_map(|(order_id, class, id, word, vat_bp)| {
        Some((order_id?, StoredValueKey { class, id }, word.with_rate(vat_bp)?))
    });
    Ok(known.collect())
}

/// Orders that redeem a voucher or flex ticket, in a fixed order.
pub(in crate::ledger) fn redeeming_orders(
    connection: &mut Connection,
    source: &str,
    voucher: &StoredValueKey,
) -> Result<Vec<String>> {
    let orders: Vec<String> = on_engine!(connection, |c| redemptions::table
        .filter(redemptions::source.eq(source))
        .filter(redemptions::class.eq(voucher.class))
        .filter(redemptions::voucher_id.eq(&voucher.id))
        .select(redemptions::order_id)
        .load(c))?;
    // Asked for distinct rows in order, SQLite would read all redemptions of the source in that order.
    Ok(orders.into_iter().collect::<BTreeSet<String>>().into_iter().collect())
}
