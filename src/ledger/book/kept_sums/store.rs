//! The statements of the kept sums. None opens a transaction.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::upsert::excluded;

use super::KeptSums;
use super::month::MonthSum;
use super::order::OrderSum;
use crate::db::compiled::Upsert;
use crate::db::schema::{month_sums, order_sums};
use crate::db::{Connection, Result};
use crate::ledger::book::{Account, ItemKind};
use crate::{limits, on_engine};

/// Adds to the sums that are kept.
pub(in crate::ledger) fn add(connection: &mut Connection, sums: KeptSums) -> Result<()> {
    let months: Vec<MonthSum> = sums.months.into_values().collect();
    let orders: Vec<OrderSum> = sums.orders.into_values().collect();
    add_months(connection, &months)?;
    add_orders(connection, &orders)
}

fn add_months(connection: &mut Connection, rows: &[MonthSum]) -> Result<()> {
    match connection {
        Connection::Sqlite(c) => rows.iter().try_for_each(|row| {
            const SUM: &str = " ON CONFLICT (source, sum_key) DO UPDATE SET \
                               debit_minor = debit_minor + excluded.debit_minor, \
                               amount_minor = amount_minor + excluded.amount_minor, qty = qty + excluded.qty";
            Upsert::new(diesel::insert_into(month_sums::table).values(row), SUM).execute(&mut **c).map(|_| ())
        })?,
        Connection::Postgres(c) => rows.chunks(limits::INSERT_ROWS).try_for_each(|rows| {
            let added = (
                month_sums::debit_minor.eq(month_sums::debit_minor + excluded(month_sums::debit_minor)),
                month_sums::amount_minor.eq(month_sums::amount_minor + excluded(month_sums::amount_minor)),
                month_sums::qty.eq(month_sums::qty + excluded(month_sums::qty)),
            );
            let insert = diesel::insert_into(month_sums::table).values(rows);
            let key = (month_sums::source, month_sums::sum_key);
            insert.on_conflict(key).do_update().set(added).execute(&mut **c).map(|_| ())
        })?,
    }
    Ok(())
}

fn add_orders(connection: &mut Connection, rows: &[OrderSum]) -> Result<()> {
    match connection {
        Connection::Sqlite(c) => rows.iter().try_for_each(|row| {
            const SUM: &str = " ON CONFLICT (source, order_id, currency) DO UPDATE SET \
                               billed_minor = billed_minor + excluded.billed_minor, \
                               settled_minor = settled_minor + excluded.settled_minor";
            Upsert::new(diesel::insert_into(order_sums::table).values(row), SUM).execute(&mut **c).map(|_| ())
        })?,
        Connection::Postgres(c) => rows.chunks(limits::INSERT_ROWS).try_for_each(|rows| {
            let added = (
                order_sums::billed_minor.eq(order_sums::billed_minor + excluded(order_sums::billed_minor)),
                order_sums::settled_minor.eq(order_sums::settled_minor + excluded(order_sums::settled_minor)),
            );
            let insert = diesel::insert_into(order_sums::table).values(rows);
            let key = (order_sums::source, order_sums::order_id, order_sums::currency);
            insert.on_conflict(key).do_update().set(added).execute(&mut **c).map(|_| ())
        })?,
    }
    Ok(())
}

/// The sums of the months of a source, by their keys.
pub(super) fn months(connection: &mut Connection, source: &str) -> Result<BTreeMap<String, MonthSum>> {
    let rows: Vec<MonthSum> = on_engine!(connection, |c| month_sums::table
        .filter(month_sums::source.eq(source))
        .select(MonthSum::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(|sum| (sum.key().to_owned(), sum)).collect())
}

/// What the lines of the orders of a source come to, in the columns of the table; the one parameter is the source.
fn orders_of_lines(parameter: &str) -> String {
    let billed = ItemKind::ALL.iter().filter(|kind| kind.is_billed()).map(|kind| format!("'{kind}'"));
    let billed = billed.collect::<Vec<_>>().join(", ");
    let sum = |sign: &str, billed_is: &str, other_is: &str| {
        format!("CAST({sign}SUM(CASE WHEN item_kind IN ({billed}) THEN {billed_is} ELSE {other_is} END) AS BIGINT)")
    };
    format!(
        "SELECT source, COALESCE(order_id, '') AS order_id, currency, {}, {} FROM postings \
         WHERE source = {parameter} AND account_code = '{}' GROUP BY source, COALESCE(order_id, ''), currency",
        sum("", "amount_minor", "0"),
        sum("-", "0", "amount_minor"),
        Account::RECEIVABLE
    )
}

#[derive(QueryableByName)]
struct OrderId {
    #[diesel(sql_type = Text)]
    order_id: String,
}

/// An order whose sum is kept otherwise than its lines come to.
pub(super) fn differing_order(connection: &mut Connection, source: &str) -> Result<Option<String>> {
    let found: Vec<OrderId> = match connection {
        Connection::Sqlite(c) => diesel::sql_query(differing("?1")).bind::<Text, _>(source).load(&mut **c)?,
        Connection::Postgres(c) => diesel::sql_query(differing("$1")).bind::<Text, _>(source).load(&mut **c)?,
    };
    Ok(found.into_iter().next().map(|found| found.order_id))
}

fn differing(parameter: &str) -> String {
    let (lines, kept) = (orders_of_lines(parameter), format!("SELECT * FROM order_sums WHERE source = {parameter}"));
    format!(
        "SELECT order_id FROM (SELECT * FROM ({lines}) a EXCEPT {kept}) more \
         UNION ALL SELECT order_id FROM (SELECT * FROM ({kept}) b EXCEPT {lines}) less LIMIT 1"
    )
}

/// Replaces all sums of a source. Of `computed` only the months are taken.
pub(in crate::ledger) fn replace(connection: &mut Connection, source: &str, computed: KeptSums) -> Result<()> {
    let months = month_sums::table.filter(month_sums::source.eq(source));
    let orders = order_sums::table.filter(order_sums::source.eq(source));
    on_engine!(connection, |c| {
        diesel::delete(months).execute(c)?;
        diesel::delete(orders).execute(c)
    })?;
    match connection {
        Connection::Sqlite(c) => {
            let insert = format!("INSERT INTO order_sums {}", orders_of_lines("?1"));
            diesel::sql_query(insert).bind::<Text, _>(source).execute(&mut **c)?
        }
        Connection::Postgres(c) => {
            let insert = format!("INSERT INTO order_sums {}", orders_of_lines("$1"));
            diesel::sql_query(insert).bind::<Text, _>(source).execute(&mut **c)?
        }
    };
    let months: Vec<MonthSum> = computed.months.into_values().collect();
    add_months(connection, &months)
}
