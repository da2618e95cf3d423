//! The parts of the bridge from the sums that are kept, so that whole months are read without a line.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use super::columns::kinds;
use super::reports::{BridgePart, shared};
use crate::db::schema::month_sums;
use crate::db::{Connection, Result};
use crate::ledger::totals::{Selection, Total as _};
use crate::on_engine;

/// Accounts whose lines are told apart by what happened, which no kept sum says.
const DEFERRED: &str = "account_code >= 'liabilities:deferred:' AND account_code < 'liabilities:deferred;'";

/// The parts of the selected lines, in no order.
///
/// # Errors
/// When a query fails, or a sum leaves the range of 64 bits.
pub(in crate::ledger::totals) fn bridge_parts(
    connection: &mut Connection,
    selection: &Selection<'_>,
) -> Result<Vec<BridgePart>> {
    let Some(months) = selection.in_view(true) else { return BridgePart::read(connection, selection) };
    let mut parts = kept(connection, selection.source, months.as_deref())?;
    if has_deferred(connection, selection.source, months.as_deref())? {
        let deferred = "account LIKE 'liabilities:deferred:%'";
        parts.extend(BridgePart::of_lines(connection, selection, Some(deferred))?);
    }
    Ok(parts)
}

/// Keeps of a boxed query the sums of a source and of some months.
macro_rules! of_months {
    ($query:expr, $source:expr, $months:expr) => {{
        let mut query = $query;
        if let Some(source) = $source {
            query = query.filter(month_sums::source.eq(source));
        }
        if let Some(months) = $months {
            query = query.filter(month_sums::period.eq_any(months));
        }
        query
    }};
}

/// A condition or a sum over lines, over the columns of the kept sums.
fn over_sums(sql: &str) -> String {
    sql.replace("account", "account_code").replace("event_type LIKE 'release.%'", "1 = 0")
}

fn kept(connection: &mut Connection, source: Option<&str>, months: Option<&[String]>) -> Result<Vec<BridgePart>> {
    let part = over_sums(shared!(part));
    let amounts = [shared!(net), shared!(vat), shared!(gross)];
    let [net, vat, gross] = amounts.map(|sum| format!("CAST({} AS BIGINT)", over_sums(sum)));
    let condition = format!("{} AND NOT ({DEFERRED})", over_sums(shared!(in a report)));
    Ok(on_engine!(connection, |c| {
        let sums = month_sums::table
            .group_by(sql::<Text>("source, currency, period, vat_bp, part"))
            .select((
                sql::<kinds::Text>("source"),
                sql::<kinds::Text>("currency"),
                sql::<kinds::Text>("period"),
                sql::<kinds::Rate>("vat_bp"),
                sql::<kinds::Text>(&part),
                sql::<kinds::Amount>(&net),
                sql::<kinds::Amount>(&vat),
                sql::<kinds::Amount>(&gross),
            ))
            .filter(sql::<Bool>(&condition))
            .into_boxed();
        of_months!(sums, source, months).load(c)?
    }))
}

fn has_deferred(connection: &mut Connection, source: Option<&str>, months: Option<&[String]>) -> Result<bool> {
    let found: Option<i64> = on_engine!(connection, |c| {
        let sums = month_sums::table
            .select(sql::<BigInt>("CAST(1 AS BIGINT)"))
            .filter(sql::<Bool>(DEFERRED))
            .limit(1)
            .into_boxed();
        of_months!(sums, source, months).first(c).optional()?
    });
    Ok(found.is_some())
}
