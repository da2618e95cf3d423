//! A page of the lines of one account, by day, entry and number, with the balance before it: both cost the same however
//! large the book is.

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use super::line::{Line, line_columns};
use super::sheet::Place;
use super::turnover::TrialBalance;
use crate::db::schema::{journal_entries, orders, postings};
use crate::db::{Connection, Error, Result};
use crate::ledger::book::Month;
use crate::ledger::totals::{Accounts, AsOf, Period, Selection};
use crate::on_engine;

/// Lines that are sorted for a page; of an account with more the entries are read day by day.
const SORTED: i64 = 20_000;

/// An account of a source in a currency, within the bounds of a selection.
#[derive(Clone, Copy, Debug)]
pub struct SheetOf<'a> {
    pub source: &'a str,
    pub account: &'a str,
    pub currency: &'a str,
    pub selection: Selection<'a>,
}

macro_rules! lines_of {
    ($sheet:expr, $columns:expr, $code:expr) => {{
        let (sheet, selection) = ($sheet, &$sheet.selection);
        let lines = postings::table
            .on(postings::source.eq(journal_entries::source).and(postings::entry_no.eq(journal_entries::entry_no)));
        let mut query = journal_entries::table
            .inner_join(lines)
            .left_join(
                orders::table
                    .on(orders::source.eq(postings::source).and(orders::order_id.nullable().eq(postings::order_id))),
            )
            .select($columns)
            .filter(journal_entries::source.eq(sheet.source))
            .filter(sql::<Bool>($code).bind::<Text, _>(sheet.account))
            .filter(postings::currency.eq(sheet.currency))
            .into_boxed();
        if let Some(until) = selection.as_of.recorded_until {
            query = query.filter(journal_entries::recorded_at.le(until));
        }
        if let Some(until) = selection.as_of.entries_until {
            query = query.filter(journal_entries::entry_no.le(until));
        }
        query
    }};
}

/// The next lines of the account after a place.
///
/// # Errors
/// When a query fails.
pub fn sheet_page(
    connection: &mut Connection,
    sheet: &SheetOf<'_>,
    after: Option<Place>,
    most: i64,
) -> Result<Vec<Line>> {
    let code = if matches!(connection, Connection::Sqlite(_)) && has_many(connection, sheet)? {
        // With the sign SQLite reads the entries in the order of their days, and stops with the page.
        "+postings.account_code = "
    } else {
        "postings.account_code = "
    };
    let columns = line_columns!(of the tables);
    Ok(on_engine!(connection, |c| {
        let mut query = lines_of!(sheet, columns, code)
            .order((journal_entries::booking_date, journal_entries::entry_no, postings::line_no))
            .limit(most);
        if let Some(first) = sheet.selection.period.and_then(Period::first_day) {
            query = query.filter(journal_entries::booking_date.ge(first));
        }
        if let Some(last) = sheet.selection.last_day() {
            query = query.filter(journal_entries::booking_date.le(last));
        }
        if let Some((day, entry_no, line_no)) = after {
            query = query.filter(journal_entries::booking_date.ge(day)).filter(sql::<Bool>(&format!(
                "(journal_entries.booking_date > '{day}' OR journal_entries.entry_no > {entry_no} \
                 OR (journal_entries.entry_no = {entry_no} AND postings.line_no > {line_no}))"
            )));
        }
        query.load(c)?
    }))
}

/// Whether the account has more lines than are sorted for a page.
fn has_many(connection: &mut Connection, sheet: &SheetOf<'_>) -> Result<bool> {
    let query = postings::table
        .filter(postings::source.eq(sheet.source))
        .filter(postings::account_code.eq(sheet.account))
        .select(postings::entry_no)
        .offset(SORTED)
        .limit(1);
    let beyond: Option<i64> = on_engine!(connection, |c| query.first(c).optional())?;
    Ok(beyond.is_some())
}

/// The balance of the account up to a place, or before the first day of the selection.
///
/// # Errors
/// When a query fails, or the balance leaves the range of 64 bits.
pub fn sheet_balance(connection: &mut Connection, sheet: &SheetOf<'_>, after: Option<Place>) -> Result<i64> {
    let first_day = sheet.selection.period.and_then(Period::first_day);
    let day = match (after, first_day) {
        (Some((day, ..)), _) => day,
        (None, Some(day)) => day,
        (None, None) => return Ok(0),
    };
    let month = Month::of(day);
    let cut = sheet.selection.as_of;
    // What is known of whole months is known of all their lines, and not of those up to a cut.
    let by_months = cut.recorded_until.is_none() && cut.entries_until.is_none();
    let before = if by_months {
        let selection = Selection { source: Some(sheet.source), period: Some(month.into()), as_of: AsOf::default() };
        let rows = TrialBalance::of_accounts(connection, &selection, Some(&Accounts::new(sheet.account)))?;
        let own = rows.iter().find(|row| row.currency == sheet.currency);
        own.map_or(0, |row| row.opening_minor)
    } else {
        0
    };
    let from = by_months.then(|| month.first_day());
    let within = sum_up_to(connection, sheet, from, after.ok_or(day))?;
    before.checked_add(within).ok_or_else(|| {
        let account = sheet.account;
        Error::Inconsistent(format!("the balance of {account} leaves the range of 64 bits"))
    })
}

/// The lines from a day on, up to a place or before a day.
fn sum_up_to(
    connection: &mut Connection,
    sheet: &SheetOf<'_>,
    from: Option<NaiveDate>,
    end: std::result::Result<Place, NaiveDate>,
) -> Result<i64> {
    let sum = sql::<BigInt>("CAST(COALESCE(SUM(postings.amount_minor), 0) AS BIGINT)");
    Ok(on_engine!(connection, |c| {
        let mut query = lines_of!(sheet, sum, "postings.account_code = ");
        if let Some(from) = from {
            query = query.filter(journal_entries::booking_date.ge(from));
        }
        query = match end {
            Err(day) => query.filter(journal_entries::booking_date.lt(day)),
            Ok((day, entry_no, line_no)) => {
                query.filter(journal_entries::booking_date.le(day)).filter(sql::<Bool>(&format!(
                    "(journal_entries.booking_date < '{day}' OR journal_entries.entry_no < {entry_no} \
                     OR (journal_entries.entry_no = {entry_no} AND postings.line_no <= {line_no}))"
                )))
            }
        };
        query.get_result(c)?
    }))
}
