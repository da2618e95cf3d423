//! What the sums that are kept say of months: whole months are shown without reading a line.

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::db::{Connection, Result};
use crate::ledger::book::Month;
use crate::on_engine;

/// From one month of a source to the next along the index, for there are many sums of each.
const MONTHS: &str = "WITH RECURSIVE found(period, source) AS ( \
    SELECT * FROM (SELECT period, source FROM month_sums ORDER BY period, source LIMIT 1) AS first \
    UNION ALL SELECT \
        (SELECT m.period FROM month_sums m WHERE (m.period, m.source) > (found.period, found.source) \
         ORDER BY m.period, m.source LIMIT 1), \
        (SELECT m.source FROM month_sums m WHERE (m.period, m.source) > (found.period, found.source) \
         ORDER BY m.period, m.source LIMIT 1) \
    FROM found WHERE found.period IS NOT NULL) \
    SELECT source, period FROM found WHERE period IS NOT NULL";

#[derive(QueryableByName)]
struct KeptMonth {
    #[diesel(sql_type = Text)]
    source: String,
    #[diesel(sql_type = Text)]
    period: String,
}

/// The months in which something is booked, the newest first.
///
/// # Errors
/// When the query fails.
pub fn kept_months(connection: &mut Connection, source: Option<&str>) -> Result<Vec<(String, Month)>> {
    let rows: Vec<KeptMonth> = on_engine!(connection, |c| diesel::sql_query(MONTHS).load(c))?;
    let rows = rows.into_iter().filter(|row| source.is_none_or(|wanted| wanted == row.source));
    let read = |row: KeptMonth| Some((row.source, Month::parse(&row.period)?));
    let mut months: Vec<(String, Month)> = rows.filter_map(read).collect();
    months.sort_by(|(a, one), (b, other)| other.cmp(one).then_with(|| a.cmp(b)));
    Ok(months)
}
