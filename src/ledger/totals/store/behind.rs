//! What stands behind a figure: the lines that a report has added up, a page at a time.
//!
//! A page is read month by month and within a month in the order of the entries, so that a statement ends with the page
//! and does not sort a month first.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Text};

use super::columns::kinds;
use super::line::{Line, line_columns};
use super::lines::v_ledger_lines;
use super::reports::shared;
use crate::db::schema::journal_entries;
use crate::db::{Connection, Error, Result};
use crate::ledger::book::Month;
use crate::ledger::totals::{Period, Selection};
use crate::on_engine;

/// The report that a figure stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// `report revenue`
    Revenue,
    /// Those lines of `report revenue` that vouchers and flex tickets move between net and VAT: they have no gross
    Redeemed,
    /// `report vat` by the date of booking
    Vat,
    /// `report payments`
    Payments,
    /// Everything, as `report trial-balance` has it
    Everything,
}

impl Counted {
    /// Which lines the report counts.
    const fn condition(self) -> &'static str {
        match self {
            Self::Revenue => shared!(revenue),
            Self::Redeemed => {
                concat!("(item_kind IN ('voucher_redemption', 'flex_redemption') AND ", shared!(revenue), ")")
            }
            Self::Vat => shared!(vat_report),
            Self::Payments => "account LIKE 'assets:clearing:%' AND item_kind IN ('payment', 'refund')",
            Self::Everything => "1 = 1",
        }
    }
}

/// The row of the report: what is given must be so; an inner `None` stands for what the row does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfRow<'a> {
    pub currency: Option<&'a str>,
    pub account: Option<&'a str>,
    pub vat_bp: Option<Option<i32>>,
    pub event_id: Option<Option<&'a str>>,
    pub event_title: Option<Option<&'a str>>,
    pub payment_method: Option<Option<&'a str>>,
}

/// Keeps of a boxed query the lines of a row.
macro_rules! of_row {
    ($query:expr, $row:expr) => {{
        let (mut query, row) = ($query, $row);
        if let Some(currency) = row.currency {
            query = query.filter(sql::<Bool>("currency = ").bind::<Text, _>(currency));
        }
        if let Some(account) = row.account {
            query = query.filter(sql::<Bool>("account = ").bind::<Text, _>(account));
        }
        match row.vat_bp {
            Some(Some(rate)) => query = query.filter(sql::<Bool>("vat_bp = ").bind::<Integer, _>(rate)),
            Some(None) => query = query.filter(sql::<Bool>("vat_bp IS NULL")),
            None => {}
        }
        for (column, value) in
            [("event_id", row.event_id), ("event_title", row.event_title), ("payment_method", row.payment_method)]
        {
            match value {
                Some(Some(text)) => {
                    query = query.filter(sql::<Bool>(&format!("{column} = ")).bind::<Text, _>(text.to_owned()));
                }
                Some(None) => query = query.filter(sql::<Bool>(&format!("{column} IS NULL"))),
                None => {}
            }
        }
        query
    }};
}

/// The last line of a page: its entry and its number there.
pub type LinePlace = (i64, i64);

/// Entries whose lines are looked at together.
const TOGETHER: i64 = 400;

/// The next lines of a month of a source that a row of a report adds up, after a place, and no more than `most`. The
/// entries are walked along the index of the month, so a page ends where it is full.
///
/// # Errors
/// When a query fails.
pub fn lines_behind(
    connection: &mut Connection,
    source: &str,
    selection: &Selection<'_>,
    month: Month,
    (counted, row): (Counted, &OfRow<'_>),
    after: Option<LinePlace>,
    most: usize,
) -> Result<Vec<Line>> {
    let mut found = Vec::new();
    let mut begun = after.map_or(0, |(entry_no, _)| entry_no.saturating_sub(1));
    loop {
        let numbers = entries_in_month(connection, source, selection, (month, begun), TOGETHER)?;
        let Some(last) = numbers.last() else { return Ok(found) };
        begun = *last;
        for line in lines_of(connection, source, &numbers, counted, row)? {
            if after.is_some_and(|after| (line.entry_no, line.line_no) <= after) {
                continue;
            }
            if found.len() == most {
                return Ok(found);
            }
            found.push(line);
        }
        if found.len() == most {
            return Ok(found);
        }
    }
}

/// What lines add up to; debit is positive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SumBehind {
    pub lines: i64,
    pub amount_minor: i64,
    /// No line was left out.
    pub is_whole: bool,
}

/// Adds up the lines of some months that a row of a report adds up. With `most` it gives up after so many entries.
///
/// # Errors
/// When a query fails, or the sum leaves the range of 64 bits.
pub fn sum_behind(
    connection: &mut Connection,
    source: &str,
    selection: &Selection<'_>,
    months: &[Month],
    (counted, row): (Counted, &OfRow<'_>),
    most: Option<usize>,
) -> Result<SumBehind> {
    let (mut sum, mut looked) = (SumBehind::default(), 0_usize);
    for month in months {
        let mut begun = 0;
        loop {
            let numbers = entries_in_month(connection, source, selection, (*month, begun), TOGETHER)?;
            let Some(last) = numbers.last() else { break };
            begun = *last;
            looked = looked.saturating_add(numbers.len());
            if most.is_some_and(|most| looked > most) {
                return Ok(sum);
            }
            let (lines, minor) = sum_of(connection, source, &numbers, counted, row)?;
            let added = sum.amount_minor.checked_add(minor);
            sum.amount_minor = added.ok_or_else(|| {
                Error::Inconsistent("the lines behind a figure add up to more than 64 bits hold".to_owned())
            })?;
            sum.lines = sum.lines.saturating_add(lines);
        }
    }
    Ok(SumBehind { is_whole: true, ..sum })
}

/// The next entries of a month after a number, within the bounds of a selection.
///
/// # Errors
/// When the query fails.
pub fn entries_in_month(
    connection: &mut Connection,
    source: &str,
    selection: &Selection<'_>,
    (month, after): (Month, i64),
    most: i64,
) -> Result<Vec<i64>> {
    // As the index by month has it; with the sign SQLite does not start at the number instead.
    let in_month = match connection {
        Connection::Sqlite(_) => {
            format!("substr(journal_entries.booking_date, 1, 7) = '{month}' AND +journal_entries.entry_no > {after}")
        }
        Connection::Postgres(_) => {
            format!("ledger_period(journal_entries.booking_date) = '{month}' AND journal_entries.entry_no > {after}")
        }
    };
    Ok(on_engine!(connection, |c| {
        let mut query = journal_entries::table
            .filter(sql::<Bool>(&in_month))
            .filter(journal_entries::source.eq(source))
            .filter(journal_entries::line_count.gt(0))
            .order(journal_entries::entry_no)
            .limit(most)
            .select(journal_entries::entry_no)
            .into_boxed();
        if let Some(first) = selection.period.and_then(Period::first_day).filter(|first| *first > month.first_day()) {
            query = query.filter(journal_entries::booking_date.ge(first));
        }
        if let Some(last) = selection.last_day().filter(|last| *last < month.last_day()) {
            query = query.filter(journal_entries::booking_date.le(last));
        }
        if let Some(until) = selection.as_of.recorded_until {
            query = query.filter(journal_entries::recorded_at.le(until));
        }
        if let Some(until) = selection.as_of.entries_until {
            query = query.filter(journal_entries::entry_no.le(until));
        }
        query.load(c)?
    }))
}

/// Those lines of entries that a row adds up.
fn lines_of(
    connection: &mut Connection,
    source: &str,
    numbers: &[i64],
    counted: Counted,
    row: &OfRow<'_>,
) -> Result<Vec<Line>> {
    Ok(on_engine!(connection, |c| {
        let lines = v_ledger_lines::table
            .select(line_columns!(of the view))
            .filter(v_ledger_lines::source.eq(source))
            .filter(v_ledger_lines::entry_no.eq_any(numbers))
            .filter(sql::<Bool>(counted.condition()))
            .order(sql::<Bool>("entry_no, line_no"))
            .into_boxed();
        of_row!(lines, row).load(c)?
    }))
}

/// Number and sum of those lines.
fn sum_of(
    connection: &mut Connection,
    source: &str,
    numbers: &[i64],
    counted: Counted,
    row: &OfRow<'_>,
) -> Result<(i64, i64)> {
    Ok(on_engine!(connection, |c| {
        let lines = v_ledger_lines::table
            .select((sql::<BigInt>("COUNT(*)"), sql::<BigInt>("CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT)")))
            .filter(v_ledger_lines::source.eq(source))
            .filter(v_ledger_lines::entry_no.eq_any(numbers))
            .filter(sql::<Bool>(counted.condition()))
            .into_boxed();
        of_row!(lines, row).get_result(c)?
    }))
}
