//! The statements of the charts. None opens a transaction.

use diesel::prelude::*;
use diesel::sql_types;

use crate::clock::Timestamp;
use crate::db::{Connection, Result};
use crate::on_engine;

/// What came in an hour.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub(super) struct Hour {
    #[diesel(sql_type = sql_types::Timestamp)]
    pub(super) hour: Timestamp,
    #[diesel(sql_type = sql_types::BigInt)]
    pub(super) deliveries: i64,
}

/// How many webhooks came in each hour, as they are counted behind the inbox.
pub(super) fn deliveries(connection: &mut Connection, since: Timestamp) -> Result<Vec<Hour>> {
    let sql = "SELECT hour, CAST(SUM(deliveries) AS BIGINT) AS deliveries FROM delivery_hours \
         WHERE hour >= $1 GROUP BY hour";
    Ok(on_engine!(connection, |c| diesel::sql_query(sql).bind::<sql_types::Timestamp, _>(since).load(c))?)
}

/// A month in one currency.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub(super) struct MonthSum {
    #[diesel(sql_type = sql_types::Text)]
    pub(super) period: String,
    #[diesel(sql_type = sql_types::Text)]
    pub(super) currency: String,
    #[diesel(sql_type = sql_types::BigInt)]
    pub(super) minor: i64,
}

/// What the months come to; they are computed here, never typed. Read from the sums that are kept.
fn by_month(connection: &mut Connection, view: &str, column: &str, months: &[String]) -> Result<Vec<MonthSum>> {
    let listed: Vec<String> = months.iter().map(|month| format!("'{month}'")).collect();
    let sql = format!(
        "SELECT period, currency, CAST(SUM({column}) AS BIGINT) AS minor FROM {view} WHERE period IN ({}) \
         GROUP BY period, currency ORDER BY currency, period",
        listed.join(", ")
    );
    Ok(on_engine!(connection, |c| diesel::sql_query(sql).load(c))?)
}

/// Net revenue.
pub(super) fn revenue(connection: &mut Connection, months: &[String]) -> Result<Vec<MonthSum>> {
    by_month(connection, "v_revenue_by_event", "net_minor", months)
}

/// Payments less refunds.
pub(super) fn payments(connection: &mut Connection, months: &[String]) -> Result<Vec<MonthSum>> {
    by_month(connection, "v_payments_by_method", "net_minor", months)
}
