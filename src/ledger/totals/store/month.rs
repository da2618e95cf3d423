//! What a manifest says of its month beside the totals.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use super::lines::{selected, v_ledger_lines};
use crate::db::schema::{journal_entries, policies};
use crate::db::{Connection, Result};
use crate::ledger::book::{EntryKind, Month};
use crate::ledger::totals::Selection;
use crate::on_engine;

/// Currency, order and balance of each order that owed something or was owed something, in their order.
pub(in crate::ledger) fn open_orders(
    connection: &mut Connection,
    selection: &Selection<'_>,
) -> Result<Vec<(String, Option<String>, i64)>> {
    let mut rows: Vec<(String, Option<String>, i64)> = on_engine!(connection, |c| {
        let lines = v_ledger_lines::table
            .group_by(sql::<Text>("currency, order_id"))
            .select((
                sql::<Text>("currency"),
                sql::<Nullable<Text>>("order_id"),
                sql::<BigInt>("CAST(SUM(amount_minor) AS BIGINT)"),
            ))
            .filter(sql::<Bool>("account = 'assets:receivable'"))
            .having(sql::<Bool>("SUM(amount_minor) <> 0"))
            .into_boxed();
        selected!(lines, selection).load(c)?
    });
    rows.sort();
    Ok(rows)
}

/// How many entries the month has up to `head_entry_no`, and under which policies: number and hash of the switches.
pub(in crate::ledger) fn entries_of(
    connection: &mut Connection,
    source: &str,
    month: Month,
    head_entry_no: i64,
) -> Result<(i64, Vec<(i32, String)>)> {
    let days = (month.first_day(), month.last_day());
    let (entries, used): (i64, Vec<i32>) = on_engine!(connection, |c| {
        let of_month = || {
            journal_entries::table
                .filter(journal_entries::source.eq(source))
                .filter(journal_entries::booking_date.between(days.0, days.1))
                .filter(journal_entries::entry_no.le(head_entry_no))
                .filter(journal_entries::kind.ne(EntryKind::Close))
        };
        let entries = of_month().count().get_result(c)?;
        (entries, of_month().select(journal_entries::policy_id).distinct().load(c)?)
    });
    let policies = on_engine!(connection, |c| policies::table
        .filter(policies::source.eq(source))
        .filter(policies::policy_id.eq_any(used))
        .order(policies::policy_id)
        .select((policies::policy_id, policies::doc_sha256))
        .load(c))?;
    Ok((entries, policies))
}
