//! The statements of the current state. None opens a transaction.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::OrderRow;
use super::parts::{Parts, titles};
use crate::db::schema::{event_titles, order_lines, orders, payments, redemptions, vouchers};
use crate::db::{Connection, Result};
use crate::ledger::snapshot::stored_value_key;
use crate::ledger::{Policy, Regime, Snapshot};
use crate::{insert_rows, on_engine};

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
    policy: &Policy,
) -> Result<()> {
    let order_id = snapshot.order.order_id.as_str();
    let parts = Parts::of(source, snapshot, policy);
    let (lines, paid, redeemed) = (parts.lines(), parts.payments(), parts.redemptions());
    let old_lines =
        order_lines::table.filter(order_lines::source.eq(source)).filter(order_lines::order_id.eq(order_id));
    let old_payments = payments::table.filter(payments::source.eq(source)).filter(payments::order_id.eq(order_id));
    let old_redemptions =
        redemptions::table.filter(redemptions::source.eq(source)).filter(redemptions::order_id.eq(order_id));
    on_engine!(connection, |c| {
        diesel::delete(old_lines).execute(c)?;
        diesel::delete(old_payments).execute(c)?;
        diesel::delete(old_redemptions).execute(c)
    })?;
    insert_rows!(connection, order_lines::table, lines)?;
    insert_rows!(connection, payments::table, paid)?;
    insert_rows!(connection, redemptions::table, redeemed)?;
    save_vouchers(connection, source, snapshot, policy)?;
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

/// The first order, by its id, to sell a voucher keeps it, whichever is worked on first.
pub(in crate::ledger) fn save_vouchers(
    connection: &mut Connection,
    source: &str,
    snapshot: &Snapshot,
    policy: &Policy,
) -> Result<()> {
    let (parts, order_id) = (Parts::of(source, snapshot, policy), snapshot.order.order_id.as_str());
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

/// Forgets how a voucher or flex ticket was sold: the order that said so sells it no longer.
pub(in crate::ledger) fn forget_voucher(
    connection: &mut Connection,
    source: &str,
    class: &str,
    voucher_id: &str,
) -> Result<()> {
    on_engine!(connection, |c| diesel::delete(vouchers::table.find((source, class, voucher_id))).execute(c))?;
    Ok(())
}

/// Keeps the newest title of every event that the tickets name. `version` is that of the tickets: an order also gets a
/// snapshot when nothing is said of its tickets, and then it must not bring an old title back.
pub(in crate::ledger) fn save_titles(
    connection: &mut Connection,
    source: &str,
    snapshot: &Snapshot,
    version: i64,
) -> Result<()> {
    for (key, id, title) in titles(snapshot) {
        let row = (
            event_titles::source.eq(source),
            event_titles::event_key.eq(&key),
            event_titles::event_id.eq(&id),
            event_titles::title.eq(&title),
            event_titles::version.eq(version),
        );
        let older = event_titles::table.find((source, &key)).filter(event_titles::version.le(version));
        let news = (event_titles::title.eq(&title), event_titles::version.eq(version));
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
        "recognised" => vat_bp.map(Regime::Recognised),
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
