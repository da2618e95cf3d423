//! The statements of the journal.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use crate::clock::Timestamp;
use crate::db::schema::{journal_entries, orders, postings};
use crate::db::{Connection, Result};
use crate::ledger::totals::Accounts;
use crate::ledger::totals::store::row;
use crate::limits::IN_VALUES;
use crate::on_engine;

row!(
    /// A line of an entry, with the columns of `v_gl`.
    pub JournalLine {
        source: Text,
        entry_no: Count,
        line_no: Count,
        kind: Text,
        event_type: Text,
        booking_date: Day,
        period: Text,
        effective_at: Instant,
        recorded_at: Instant,
        order_id: MaybeText,
        order_code: MaybeText,
        account: Text,
        currency: Text,
        amount_minor: Amount,
        debit_minor: Amount,
        credit_minor: Amount,
        vat_bp: Rate,
        item_kind: Text,
        event_id: MaybeText,
        event_title: MaybeText,
        service_date: MaybeDay,
        payment_id: MaybeText,
        payment_method: MaybeText,
        voucher_id: MaybeText,
        reverses_no: MaybeCount,
        reason: Text,
        inbox_event_id: MaybeCount,
    }
);

diesel::table! {
    // Diesel wants a key; nothing updates by it.
    v_gl (source, entry_no, line_no) {
        source -> Text,
        entry_no -> BigInt,
        line_no -> Integer,
        kind -> Text,
        event_type -> Text,
        booking_date -> Date,
        period -> Text,
        effective_at -> Timestamp,
        recorded_at -> Timestamp,
        order_id -> Nullable<Text>,
        order_code -> Nullable<Text>,
        account -> Text,
        currency -> Text,
        amount_minor -> BigInt,
        debit_minor -> BigInt,
        credit_minor -> BigInt,
        vat_bp -> Nullable<Integer>,
        item_kind -> Text,
        event_id -> Nullable<Text>,
        event_title -> Nullable<Text>,
        service_date -> Nullable<Date>,
        payment_id -> Nullable<Text>,
        payment_method -> Nullable<Text>,
        voucher_id -> Nullable<Text>,
        reverses_no -> Nullable<BigInt>,
        reason -> Text,
        inbox_event_id -> Nullable<BigInt>,
    }
}

/// Source and id of the orders with that id or code.
pub(super) fn orders(connection: &mut Connection, source: Option<&str>, name: &str) -> Result<Vec<(String, String)>> {
    let mut found: Vec<(String, String)> = on_engine!(connection, |c| {
        let mut query = orders::table
            .filter(orders::order_id.eq(name).or(orders::order_code.eq(name)))
            .order((orders::source, orders::order_id))
            .select((orders::source, orders::order_id))
            .into_boxed();
        if let Some(source) = source {
            query = query.filter(orders::source.eq(source));
        }
        query.load(c)?
    });
    if found.is_empty() {
        // Entered by hand, and no webhook ever told of it.
        let sources: Vec<String> = on_engine!(connection, |c| {
            let query = postings::table.filter(postings::order_id.eq(name)).select(postings::source).distinct();
            query.order(postings::source).load(c)?
        });
        let wanted = sources.into_iter().filter(|of| source.is_none_or(|source| source == of));
        found = wanted.map(|source| (source, name.to_owned())).collect();
    }
    Ok(found)
}

/// The entries of some months, in the order of their numbers.
pub(super) fn numbers_in(connection: &mut Connection, source: &str, months: &[String]) -> Result<Vec<i64>> {
    // As the index by month has it. With a bound on the number, SQLite would read all entries instead.
    let month_of_entry = match connection {
        Connection::Sqlite(_) => "substr(journal_entries.booking_date, 1, 7)",
        Connection::Postgres(_) => "ledger_period(journal_entries.booking_date)",
    };
    // Months are digits and a dash.
    let in_months = format!("{month_of_entry} IN ('{}')", months.join("', '"));
    let mut numbers: Vec<i64> = on_engine!(connection, |c| {
        let query = journal_entries::table.filter(journal_entries::source.eq(source)).filter(sql::<Bool>(&in_months));
        query.select(journal_entries::entry_no).load(c)?
    });
    numbers.sort_unstable();
    Ok(numbers)
}

/// Number, day and time of an entry.
pub(super) type Header = (i64, NaiveDate, Timestamp);

/// The next entries after one and up to another, in the order of their numbers. A close moves no money and has no
/// lines.
pub(super) fn headers(
    connection: &mut Connection,
    source: &str,
    (after, head): (i64, i64),
    page: i64,
) -> Result<Vec<Header>> {
    let query = journal_entries::table
        .filter(journal_entries::source.eq(source))
        .filter(journal_entries::entry_no.gt(after))
        .filter(journal_entries::entry_no.le(head))
        .filter(journal_entries::line_count.gt(0))
        .order(journal_entries::entry_no)
        .limit(page)
        .select((journal_entries::entry_no, journal_entries::booking_date, journal_entries::recorded_at));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Entries by their numbers.
pub(super) fn headers_of(connection: &mut Connection, source: &str, numbers: &[i64]) -> Result<Vec<Header>> {
    debug_assert!(numbers.len() <= IN_VALUES);
    let query = journal_entries::table
        .filter(journal_entries::source.eq(source))
        .filter(journal_entries::entry_no.eq_any(numbers))
        .filter(journal_entries::line_count.gt(0))
        .order(journal_entries::entry_no)
        .select((journal_entries::entry_no, journal_entries::booking_date, journal_entries::recorded_at));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Those of the entries that have a line on one of the accounts.
pub(super) fn touching(
    connection: &mut Connection,
    source: &str,
    numbers: &[i64],
    accounts: &Accounts,
) -> Result<BTreeSet<i64>> {
    debug_assert!(numbers.len() <= IN_VALUES);
    let found: Vec<i64> = on_engine!(connection, |c| {
        let query = postings::table
            .filter(postings::source.eq(source))
            .filter(postings::entry_no.eq_any(numbers))
            .select(postings::entry_no)
            .into_boxed();
        match accounts.bounds() {
            (code, None) => query.filter(postings::account_code.eq(code)).load(c)?,
            (from, Some(before)) => {
                query.filter(postings::account_code.ge(from)).filter(postings::account_code.lt(before)).load(c)?
            }
        }
    });
    Ok(found.into_iter().collect())
}

/// All lines of entries, in their order.
pub(super) fn lines(connection: &mut Connection, source: &str, numbers: &[i64]) -> Result<Vec<JournalLine>> {
    debug_assert!(numbers.len() <= IN_VALUES);
    let query = v_gl::table
        .filter(v_gl::source.eq(source))
        .filter(v_gl::entry_no.eq_any(numbers))
        .order((v_gl::entry_no, v_gl::line_no))
        .select((
            v_gl::source,
            v_gl::entry_no,
            sql::<BigInt>("CAST(v_gl.line_no AS BIGINT)"),
            v_gl::kind,
            v_gl::event_type,
            v_gl::booking_date,
            v_gl::period,
            v_gl::effective_at,
            v_gl::recorded_at,
            v_gl::order_id,
            v_gl::order_code,
            v_gl::account,
            v_gl::currency,
            v_gl::amount_minor,
            v_gl::debit_minor,
            v_gl::credit_minor,
            v_gl::vat_bp,
            v_gl::item_kind,
            v_gl::event_id,
            v_gl::event_title,
            v_gl::service_date,
            v_gl::payment_id,
            v_gl::payment_method,
            v_gl::voucher_id,
            v_gl::reverses_no,
            v_gl::reason,
            v_gl::inbox_event_id,
        ));
    Ok(on_engine!(connection, |c| query.load(c))?)
}
