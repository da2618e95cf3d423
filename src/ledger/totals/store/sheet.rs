//! The lines of one account, in the order of their days.

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use super::columns::kinds;
use super::line::{Line, line_columns};
use super::lines::{selected, v_ledger_lines};
use crate::db::schema::{accounts, journal_entries};
use crate::db::{Connection, Result};
use crate::ledger::book::Month;
use crate::ledger::totals::{Period, Selection};
use crate::on_engine;

/// The place of a line: lines are read by day, entry and number.
pub type Place = (NaiveDate, i64, i64);

/// A page of the selected lines of an account in a currency, from the first one after a place.
///
/// # Errors
/// When the query fails.
pub fn lines_of_account(
    connection: &mut Connection,
    selection: &Selection<'_>,
    (account, currency): (&str, &str),
    after: Option<Place>,
    page: i64,
) -> Result<Vec<Line>> {
    Ok(on_engine!(connection, |c| {
        let mut lines = v_ledger_lines::table
            .select(line_columns!(of the view))
            .filter(sql::<Bool>("account = ").bind::<Text, _>(account))
            .filter(sql::<Bool>("currency = ").bind::<Text, _>(currency))
            .order(sql::<Bool>("booking_date, entry_no, line_no"))
            .limit(page)
            .into_boxed();
        if let Some((day, entry_no, line_no)) = after {
            lines = lines.filter(v_ledger_lines::booking_date.ge(day)).filter(sql::<Bool>(&format!(
                "(booking_date > '{day}' OR entry_no > {entry_no} OR (entry_no = {entry_no} AND line_no > {line_no}))"
            )));
        }
        selected!(lines, selection).load(c)?
    }))
}

/// The months in which a source has entries, from first to last.
///
/// # Errors
/// When the query fails.
pub fn booked_months(connection: &mut Connection, selection: &Selection<'_>) -> Result<Vec<Month>> {
    let days: Vec<NaiveDate> = on_engine!(connection, |c| {
        let mut query = journal_entries::table.select(journal_entries::booking_date).distinct().into_boxed();
        if let Some(source) = selection.source {
            query = query.filter(journal_entries::source.eq(source));
        }
        if let Some(from) = selection.period.and_then(Period::first_day) {
            query = query.filter(journal_entries::booking_date.ge(from));
        }
        if let Some(last) = selection.last_day() {
            query = query.filter(journal_entries::booking_date.le(last));
        }
        query.load(c)?
    });
    let mut months: Vec<Month> = days.into_iter().map(Month::of).collect();
    months.sort_unstable();
    months.dedup();
    Ok(months)
}

/// The codes of all accounts that were ever posted to, each once.
///
/// # Errors
/// When the query fails.
pub fn account_codes(connection: &mut Connection, source: Option<&str>) -> Result<Vec<String>> {
    Ok(on_engine!(connection, |c| {
        let mut query = accounts::table.select(accounts::code).distinct().order(accounts::code).into_boxed();
        if let Some(source) = source {
            query = query.filter(accounts::source.eq(source));
        }
        query.load(c)?
    }))
}
