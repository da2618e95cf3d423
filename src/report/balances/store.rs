//! The statements of the balances: the rows of `v_order_balance`, each part of it along its key.

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use crate::db::schema::{order_sums, orders, sources};
use crate::db::{Connection, Result};
use crate::ledger::totals::OrderBalance;
use crate::on_engine;

/// The sources by name; one of them when it is given.
pub(super) fn sources(connection: &mut Connection, source: Option<&str>) -> Result<Vec<String>> {
    Ok(match source {
        Some(source) => vec![source.to_owned()],
        None => on_engine!(connection, |c| sources::table.select(sources::source).order(sources::source).load(c))?,
    })
}

/// The last order of a page of so many after another; none when it is the last page.
pub(super) fn end_of_page(
    connection: &mut Connection,
    source: &str,
    after: Option<&str>,
    most: i64,
) -> Result<Option<String>> {
    let (with_money, known): (Vec<String>, Vec<String>) = on_engine!(connection, |c| {
        let sums = order_sums::table
            .filter(order_sums::source.eq(source))
            .filter(order_sums::order_id.gt(after.unwrap_or_default()))
            .order(order_sums::order_id)
            .limit(most)
            .select(order_sums::order_id);
        let orders = orders::table
            .filter(orders::source.eq(source))
            .filter(orders::order_id.gt(after.unwrap_or_default()))
            .order(orders::order_id)
            .limit(most)
            .select(orders::order_id);
        (sums.load(&mut *c)?, orders.load(c)?)
    });
    let full = |ids: Vec<String>| if i64::try_from(ids.len()) == Ok(most) { ids.into_iter().next_back() } else { None };
    // What comes first ends the page: the other list is complete until there.
    Ok([full(with_money), full(known)].into_iter().flatten().min())
}

/// Orders with money and those without, after one and up to another. What belongs to no order has an empty id.
pub(super) fn balances(
    connection: &mut Connection,
    source: &str,
    (after, until): (Option<&str>, Option<&str>),
) -> Result<Vec<OrderBalance>> {
    type Row = (String, Option<String>, Option<String>, Option<String>, i64, i64, i64);
    let (with_money, without): (Vec<Row>, Vec<Row>) = on_engine!(connection, |c| {
        let its_order = orders::source.eq(order_sums::source).and(orders::order_id.eq(order_sums::order_id));
        let mut sums = order_sums::table
            .left_join(orders::table.on(its_order))
            .filter(order_sums::source.eq(source))
            .select((
                order_sums::order_id,
                orders::order_code.nullable(),
                orders::status.nullable(),
                order_sums::currency.nullable(),
                order_sums::billed_minor,
                order_sums::settled_minor,
                order_sums::billed_minor - order_sums::settled_minor,
            ))
            .into_boxed();
        let its_sums = order_sums::source.eq(orders::source).and(order_sums::order_id.eq(orders::order_id));
        let zero = || 0_i64.into_sql::<diesel::sql_types::BigInt>();
        let mut free = orders::table
            .filter(orders::source.eq(source))
            .filter(not(exists(order_sums::table.filter(its_sums))))
            .select((
                orders::order_id,
                orders::order_code,
                orders::status.nullable(),
                orders::currency,
                zero(),
                zero(),
                zero(),
            ))
            .into_boxed();
        if let Some(after) = after {
            (sums, free) = (sums.filter(order_sums::order_id.gt(after)), free.filter(orders::order_id.gt(after)));
        }
        if let Some(until) = until {
            (sums, free) = (sums.filter(order_sums::order_id.le(until)), free.filter(orders::order_id.le(until)));
        }
        (sums.load(&mut *c)?, free.load(c)?)
    });
    let row =
        |(order_id, order_code, status, currency, billed_minor, settled_minor, balance_minor): Row| OrderBalance {
            source: source.to_owned(),
            order_id: Some(order_id).filter(|id| !id.is_empty()),
            order_code,
            status,
            currency,
            billed_minor,
            settled_minor,
            balance_minor,
        };
    Ok(with_money.into_iter().chain(without).map(row).collect())
}
