//! What the sums that are kept say of months: whole months are shown without reading a line.

use diesel::prelude::*;

use crate::db::schema::month_sums;
use crate::db::{Connection, Result};
use crate::ledger::book::Month;
use crate::on_engine;

/// The months in which something is booked, the newest first.
///
/// # Errors
/// When the query fails.
pub fn kept_months(connection: &mut Connection, source: Option<&str>) -> Result<Vec<(String, Month)>> {
    let rows: Vec<(String, String)> = on_engine!(connection, |c| {
        let mut query = month_sums::table.select((month_sums::source, month_sums::period)).distinct().into_boxed();
        if let Some(source) = source {
            query = query.filter(month_sums::source.eq(source));
        }
        query.load(c)?
    });
    let read = |(source, period): (String, String)| Some((source, Month::parse(&period)?));
    let mut months: Vec<(String, Month)> = rows.into_iter().filter_map(read).collect();
    months.sort_by(|(a, one), (b, other)| other.cmp(one).then_with(|| a.cmp(b)));
    Ok(months)
}
