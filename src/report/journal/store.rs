//! The statements of the journal.

use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use super::Wanted;
use crate::db::schema::{journal_entries, orders, postings};
use crate::db::{Connection, Result};
use crate::ledger::totals::store::row;
use crate::ledger::totals::{Accounts, Period};
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

/// The entries of orders, and entries of others with a line about them, in the order of their numbers.
pub(super) fn numbers_of(connection: &mut Connection, source: &str, order_ids: &[&str]) -> Result<Vec<i64>> {
    let own = journal_entries::table
        .filter(journal_entries::source.eq(source))
        .filter(journal_entries::order_id.eq_any(order_ids))
        .select(journal_entries::entry_no);
    let about = postings::table
        .filter(postings::source.eq(source))
        .filter(postings::order_id.eq_any(order_ids))
        .select(postings::entry_no);
    let mut numbers: Vec<i64> = on_engine!(connection, |c| own.load(c))?;
    let others: Vec<i64> = on_engine!(connection, |c| about.load(c))?;
    numbers.extend(others);
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

/// Where a page begins and ends.
pub(super) struct Bounds<'a> {
    pub(super) after: i64,
    pub(super) head: i64,
    /// Only these; not more than a page of them.
    pub(super) among: Option<&'a [i64]>,
    pub(super) page: i64,
}

/// The numbers of a page of entries.
pub(super) fn numbers(
    connection: &mut Connection,
    wanted: &Wanted<'_>,
    source: &str,
    bounds: &Bounds<'_>,
) -> Result<Vec<i64>> {
    // As the index by month has it, which finds the entries of a month in the order of their numbers.
    let month_of_entry = match connection {
        Connection::Sqlite(_) => "substr(journal_entries.booking_date, 1, 7)",
        Connection::Postgres(_) => "ledger_period(journal_entries.booking_date)",
    };
    let selection = &wanted.selection;
    Ok(on_engine!(connection, |c| {
        let mut query = journal_entries::table
            .filter(journal_entries::source.eq(source))
            .filter(journal_entries::entry_no.gt(bounds.after))
            .filter(journal_entries::entry_no.le(bounds.head))
            // A close moves no money and has no lines.
            .filter(journal_entries::line_count.gt(0))
            .order(journal_entries::entry_no)
            .limit(bounds.page)
            .select(journal_entries::entry_no)
            .into_boxed();
        match selection.period.and_then(Period::month) {
            Some(month) => query = query.filter(sql::<Bool>(&format!("{month_of_entry} = '{month}'"))),
            None => {
                if let Some(from) = selection.period.and_then(Period::first_day) {
                    query = query.filter(journal_entries::booking_date.ge(from));
                }
            }
        }
        if let Some(last) = selection.last_day() {
            query = query.filter(journal_entries::booking_date.le(last));
        }
        if let Some(recorded_until) = selection.as_of.recorded_until {
            query = query.filter(journal_entries::recorded_at.le(recorded_until));
        }
        if let Some(entries_until) = selection.as_of.entries_until {
            query = query.filter(journal_entries::entry_no.le(entries_until));
        }
        if let Some(among) = bounds.among {
            query = query.filter(journal_entries::entry_no.eq_any(among));
        }
        let lines = || {
            postings::table
                .filter(postings::source.eq(journal_entries::source))
                .filter(postings::entry_no.eq(journal_entries::entry_no))
        };
        match wanted.accounts.as_ref().map(Accounts::bounds) {
            Some((code, None)) => query = query.filter(exists(lines().filter(postings::account_code.eq(code)))),
            Some((from, Some(before))) => {
                let among = lines().filter(postings::account_code.ge(from));
                query = query.filter(exists(among.filter(postings::account_code.lt(before))));
            }
            None => {}
        }
        query.load(c)?
    }))
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
