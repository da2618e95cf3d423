//! The rows of `sweep_methods` and `sweep_waiting`.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::db::schema::{sweep_methods, sweep_waiting};
use crate::db::{Connection, Result};
use crate::on_engine;
use crate::sweep::words::WaitsFor;

/// The method by its name in the API; `None` where webhooks say several.
pub(in crate::sweep) fn methods(connection: &mut Connection, source: &str) -> Result<BTreeMap<String, Option<String>>> {
    let query = sweep_methods::table
        .filter(sweep_methods::source.eq(source))
        .select((sweep_methods::api_name, sweep_methods::method));
    let rows: Vec<(String, Option<String>)> = on_engine!(connection, |c| query.load(c))?;
    Ok(rows.into_iter().collect())
}

pub(in crate::sweep) fn save_method(
    connection: &mut Connection,
    source: &str,
    api_name: &str,
    method: Option<&str>,
) -> Result<()> {
    let row =
        (sweep_methods::source.eq(source), sweep_methods::api_name.eq(api_name), sweep_methods::method.eq(method));
    on_engine!(connection, |c| diesel::insert_into(sweep_methods::table)
        .values(row)
        .on_conflict((sweep_methods::source, sweep_methods::api_name))
        .do_update()
        .set(sweep_methods::method.eq(method))
        .execute(c))?;
    Ok(())
}

/// Notes that an order was stored without something.
pub(in crate::sweep) fn wait(
    connection: &mut Connection,
    source: &str,
    kind: WaitsFor,
    name: &str,
    order_id: &str,
) -> Result<()> {
    let row = (
        sweep_waiting::source.eq(source),
        sweep_waiting::kind.eq(kind),
        sweep_waiting::name.eq(name),
        sweep_waiting::order_id.eq(order_id),
    );
    on_engine!(connection, |c| diesel::insert_into(sweep_waiting::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// The first orders after `after` that wait for it.
pub(in crate::sweep) fn waiting(
    connection: &mut Connection,
    source: &str,
    kind: WaitsFor,
    name: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<String>> {
    let query = sweep_waiting::table
        .filter(sweep_waiting::source.eq(source))
        .filter(sweep_waiting::kind.eq(kind))
        .filter(sweep_waiting::name.eq(name))
        .filter(sweep_waiting::order_id.gt(after))
        .order(sweep_waiting::order_id)
        .limit(limit)
        .select(sweep_waiting::order_id);
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Whether this date of an event was left out of the order.
pub(in crate::sweep) fn waits_for_date(
    connection: &mut Connection,
    source: &str,
    id: &str,
    order_id: &str,
) -> Result<bool> {
    let query = sweep_waiting::table.find((source, WaitsFor::Date.as_str(), id, order_id));
    let found: Option<String> = on_engine!(connection, |c| query.select(sweep_waiting::order_id).first(c).optional())?;
    Ok(found.is_some())
}

/// Whether this order was stored without it, or with a guess.
pub(in crate::sweep) fn waits(connection: &mut Connection, source: &str, name: &str, order_id: &str) -> Result<bool> {
    let query = sweep_waiting::table
        .filter(sweep_waiting::source.eq(source))
        .filter(sweep_waiting::kind.eq_any([WaitsFor::Method, WaitsFor::Guess]))
        .filter(sweep_waiting::name.eq(name))
        .filter(sweep_waiting::order_id.eq(order_id))
        .select(sweep_waiting::order_id);
    let found: Option<String> = on_engine!(connection, |c| query.first(c).optional())?;
    Ok(found.is_some())
}

pub(in crate::sweep) fn waits_no_more(
    connection: &mut Connection,
    source: &str,
    kind: WaitsFor,
    name: &str,
    order_id: &str,
) -> Result<()> {
    let row = sweep_waiting::table.find((source, kind.as_str(), name, order_id));
    on_engine!(connection, |c| diesel::delete(row).execute(c))?;
    Ok(())
}
