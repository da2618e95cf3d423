//! The rows of `sweep_totals`.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::db::schema::sweep_totals;
use crate::db::{Connection, Result};
use crate::on_engine;

/// Adds to a total of a source.
pub(in crate::sweep) fn add(connection: &mut Connection, source: &str, name: &str, more: i64) -> Result<()> {
    if more == 0 {
        return Ok(());
    }
    let new = (sweep_totals::source.eq(source), sweep_totals::name.eq(name), sweep_totals::total.eq(more));
    on_engine!(connection, |c| diesel::insert_into(sweep_totals::table)
        .values(new)
        .on_conflict((sweep_totals::source, sweep_totals::name))
        .do_update()
        .set(sweep_totals::total.eq(sweep_totals::total + more))
        .execute(c))?;
    Ok(())
}

/// All totals of a source, by their name.
pub(in crate::sweep) fn totals(connection: &mut Connection, source: &str) -> Result<BTreeMap<String, i64>> {
    let query =
        sweep_totals::table.filter(sweep_totals::source.eq(source)).select((sweep_totals::name, sweep_totals::total));
    let rows: Vec<(String, i64)> = on_engine!(connection, |c| query.load(c))?;
    Ok(rows.into_iter().collect())
}
