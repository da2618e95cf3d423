//! The statements of the current state. None opens a transaction.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::OrderRow;
use super::parts::Parts;
use crate::db::schema::{event_titles, order_lines, orders, payments, redemptions, vouchers};
use crate::db::{Connection, Result};
use crate::ledger::snapshot::stored_value_key;
use crate::ledger::{Regime, Snapshot};
use crate::on_engine;

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

pub(in crate::ledger) fn save_order(connection: &mut Connection, row: &OrderRow) -> Result<()> {
    on_engine!(connection, |c| diesel::insert_into(orders::table)
        .values(row)
        .on_conflict((orders::source, orders::order_id))
        .do_update()
        .set(row)
        .execute(c))?;
    Ok(())
}

/// Replaces the rows of an order's parts by those of its snapshot.
pub(in crate::ledger) fn save_parts(
    connection: &mut Connection,
    source: &str,
    snapshot: &Snapshot,
    event_id: i64,
) -> Result<()> {
    let order_id = snapshot.order.order_id.as_str();
    let parts = Parts::of(source, snapshot);
    let (lines, paid, redeemed) = (parts.lines(), parts.payments(), parts.redemptions());
    on_engine!(connection, |c| {
        diesel::delete(
            order_lines::table.filter(order_lines::source.eq(source)).filter(order_lines::order_id.eq(order_id)),
        )
        .execute(c)?;
        diesel::insert_into(order_lines::table).values(&lines).on_conflict_do_nothing().execute(c)?;
        diesel::delete(payments::table.filter(payments::source.eq(source)).filter(payments::order_id.eq(order_id)))
            .execute(c)?;
        diesel::insert_into(payments::table).values(&paid).on_conflict_do_nothing().execute(c)?;
        diesel::delete(
            redemptions::table.filter(redemptions::source.eq(source)).filter(redemptions::order_id.eq(order_id)),
        )
        .execute(c)?;
        diesel::insert_into(redemptions::table).values(&redeemed).execute(c)
    })?;
    save_vouchers(connection, source, order_id, &parts)?;
    save_titles(connection, source, &parts, event_id)?;
    // An order that is known only because a voucher refunds it has a balance, so it has a row.
    for (refunded, code) in parts.refunded_orders() {
        let stub = OrderRow { order_code: code, ..OrderRow::unknown(source, &refunded) };
        on_engine!(connection, |c| diesel::insert_into(orders::table)
            .values(&stub)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    Ok(())
}

/// What the order no longer sells is dead; the first order to sell an id keeps it, whichever is worked on first.
fn save_vouchers(connection: &mut Connection, source: &str, order_id: &str, parts: &Parts<'_>) -> Result<()> {
    on_engine!(connection, |c| diesel::update(
        vouchers::table.filter(vouchers::source.eq(source)).filter(vouchers::purchase_order_id.eq(order_id))
    )
    .set(vouchers::state.eq("dead"))
    .execute(c))?;
    for row in parts.vouchers_sold() {
        on_engine!(connection, |c| diesel::insert_into(vouchers::table)
            .values(&row)
            .on_conflict((vouchers::source, vouchers::class, vouchers::voucher_id))
            .do_nothing()
            .execute(c))?;
        let same = vouchers::table.find((source, row.class, &row.voucher_id));
        let ours = same.filter(vouchers::purchase_order_id.is_null().or(vouchers::purchase_order_id.ge(order_id)));
        on_engine!(connection, |c| diesel::update(ours).set(&row).execute(c))?;
    }
    for row in parts.vouchers_redeemed() {
        on_engine!(connection, |c| diesel::insert_into(vouchers::table)
            .values(&row)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    Ok(())
}

fn save_titles(connection: &mut Connection, source: &str, parts: &Parts<'_>, event_id: i64) -> Result<()> {
    for (key, id, title) in parts.titles() {
        let row = (
            event_titles::source.eq(source),
            event_titles::event_key.eq(&key),
            event_titles::event_id.eq(&id),
            event_titles::title.eq(&title),
            event_titles::version.eq(event_id),
        );
        let older = event_titles::table.find((source, &key)).filter(event_titles::version.le(event_id));
        let news = (event_titles::title.eq(&title), event_titles::version.eq(event_id));
        on_engine!(connection, |c| {
            diesel::insert_into(event_titles::table).values(row).on_conflict_do_nothing().execute(c)?;
            diesel::update(older).set(news).execute(c)
        })?;
    }
    Ok(())
}

fn regime(word: &str, vat_bp: Option<i32>) -> Option<Regime> {
    match word {
        "mpv" | "prepaid" => Some(Regime::Untaxed),
        "spv" | "taxed" => vat_bp.map(Regime::Taxed),
        _ => None,
    }
}

/// How a voucher or flex ticket was sold, if any order of the source told.
pub(in crate::ledger) fn regime_of(
    connection: &mut Connection,
    source: &str,
    class: &str,
    voucher_id: &str,
) -> Result<Option<Regime>> {
    let row: Option<(String, Option<i32>)> = on_engine!(connection, |c| vouchers::table
        .find((source, class, voucher_id))
        .select((vouchers::regime, vouchers::vat_bp))
        .first(c)
        .optional())?;
    Ok(row.and_then(|(word, vat_bp)| regime(&word, vat_bp)))
}

/// Regimes of what an order sold, as known so far.
pub(in crate::ledger) fn known_regimes(
    connection: &mut Connection,
    source: &str,
    order_id: &str,
) -> Result<BTreeMap<String, Regime>> {
    let rows: Vec<(String, String, String, Option<i32>)> = on_engine!(connection, |c| vouchers::table
        .filter(vouchers::source.eq(source))
        .filter(vouchers::purchase_order_id.eq(order_id))
        .select((vouchers::class, vouchers::voucher_id, vouchers::regime, vouchers::vat_bp))
        .load(c))?;
    let known = rows
        .into_iter()
        .filter_map(|(class, id, word, vat_bp)| Some((stored_value_key(&class, &id), regime(&word, vat_bp)?)));
    Ok(known.collect())
}

/// Orders that redeem a voucher or flex ticket, in a fixed order.
pub(in crate::ledger) fn redeeming_orders(
    connection: &mut Connection,
    source: &str,
    class: &str,
    voucher_id: &str,
) -> Result<Vec<String>> {
    Ok(on_engine!(connection, |c| redemptions::table
        .filter(redemptions::source.eq(source))
        .filter(redemptions::class.eq(class))
        .filter(redemptions::voucher_id.eq(voucher_id))
        .select(redemptions::order_id)
        .distinct()
        .order(redemptions::order_id)
        .load(c))?)
}
