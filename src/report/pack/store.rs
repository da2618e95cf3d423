//! The statements of the pack that no report has. None opens a transaction.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::dsl::{count_star, max, min, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::span::Span;
use crate::clock::Timestamp;
use crate::db::schema::{inbox_events, journal_entries, orders, periods, policies, postings, vouchers};
use crate::db::{Connection, Result};
use crate::ledger::book::{EntryKind, Month};
use crate::on_engine;

/// The entry of each line of `postings`.
macro_rules! its_entry {
    () => {
        journal_entries::source.eq(postings::source).and(journal_entries::entry_no.eq(postings::entry_no))
    };
}

/// The last entry that a span may see.
fn cut(span: Span<'_>) -> i64 {
    span.entries_until.unwrap_or(i64::MAX)
}

/// Number and hash of the last entry that counts.
pub(super) fn head(connection: &mut Connection, span: Span<'_>) -> Result<Option<(i64, String)>> {
    let query = journal_entries::table
        .filter(journal_entries::source.eq(span.source))
        .filter(journal_entries::entry_no.le(cut(span)))
        .order(journal_entries::entry_no.desc())
        .select((journal_entries::entry_no, journal_entries::entry_hash));
    Ok(on_engine!(connection, |c| query.first(c).optional())?)
}

/// How many entries are booked in the span, and the numbers of the first and the last of them.
pub(super) fn entries(connection: &mut Connection, span: Span<'_>) -> Result<(i64, Option<i64>, Option<i64>)> {
    let query = journal_entries::table
        .filter(journal_entries::source.eq(span.source))
        .filter(journal_entries::booking_date.between(span.first, span.last))
        .filter(journal_entries::entry_no.le(cut(span)))
        .filter(journal_entries::kind.ne(EntryKind::Close))
        .select((count_star(), min(journal_entries::entry_no), max(journal_entries::entry_no)));
    Ok(on_engine!(connection, |c| query.first(c))?)
}

/// Number and hash of the policies of these entries.
pub(super) fn policies_of(connection: &mut Connection, span: Span<'_>) -> Result<Vec<(i32, String)>> {
    let query = journal_entries::table
        .filter(journal_entries::source.eq(span.source))
        .filter(journal_entries::booking_date.between(span.first, span.last))
        .filter(journal_entries::entry_no.le(cut(span)))
        .filter(journal_entries::kind.ne(EntryKind::Close))
        .select(journal_entries::policy_id)
        .distinct();
    let used: Vec<i32> = on_engine!(connection, |c| query.load(c))?;
    Ok(on_engine!(connection, |c| policies::table
        .filter(policies::source.eq(span.source))
        .filter(policies::policy_id.eq_any(used))
        .order(policies::policy_id)
        .select((policies::policy_id, policies::doc_sha256))
        .load(c))?)
}

/// The months of the span that somebody closed, softly or for good.
pub(super) fn months(
    connection: &mut Connection,
    span: Span<'_>,
) -> Result<BTreeMap<String, (String, Option<Timestamp>)>> {
    let months: Vec<String> = span.months().iter().map(ToString::to_string).collect();
    let rows: Vec<(String, String, Option<Timestamp>)> = on_engine!(connection, |c| periods::table
        .filter(periods::source.eq(span.source))
        .filter(periods::period.eq_any(months))
        .select((periods::period, periods::status, periods::closed_at))
        .load(c))?;
    Ok(rows.into_iter().map(|(month, status, at)| (month, (status, at))).collect())
}

/// The last month that is closed for good.
pub(super) fn last_closed(connection: &mut Connection, source: &str) -> Result<Option<Month>> {
    let query = periods::table.filter(periods::source.eq(source)).filter(periods::status.eq("closed"));
    let last: Option<String> = on_engine!(connection, |c| query.select(max(periods::period)).first(c))?;
    Ok(last.as_deref().and_then(Month::parse))
}

/// Why an entry was booked late begins so, and ends with the month.
const LATE: &str = "late_for_";

/// Entries that belong to months of the span and are booked in later ones, by the month.
pub(super) fn late_entries(connection: &mut Connection, span: Span<'_>) -> Result<BTreeMap<String, i64>> {
    let reasons: Vec<String> = span.months().iter().map(|month| format!("{LATE}{month}")).collect();
    let query = journal_entries::table
        .filter(journal_entries::source.eq(span.source))
        .filter(journal_entries::booking_date.gt(span.first))
        .filter(journal_entries::entry_no.le(cut(span)))
        .filter(journal_entries::reason_code.eq_any(reasons))
        .group_by(journal_entries::reason_code)
        .select((journal_entries::reason_code, count_star()));
    let rows: Vec<(String, i64)> = on_engine!(connection, |c| query.load(c))?;
    Ok(rows.into_iter().map(|(reason, entries)| (reason.replacen(LATE, "", 1), entries)).collect())
}

/// First and last day of each event that lines of the span are about, by the key of the event.
pub(super) fn event_days(
    connection: &mut Connection,
    span: Span<'_>,
) -> Result<BTreeMap<String, (NaiveDate, NaiveDate)>> {
    // By their numbers: SQLite would else read all lines up to the last entry.
    let entries = journal_entries::table
        .filter(journal_entries::source.eq(span.source))
        .filter(journal_entries::booking_date.between(span.first, span.last))
        .filter(journal_entries::entry_no.le(cut(span)))
        .select(journal_entries::entry_no);
    let query = postings::table
        .filter(postings::source.eq(span.source))
        .filter(postings::entry_no.eq_any(entries))
        .filter(postings::event_key.is_not_null())
        .filter(postings::service_date.is_not_null())
        .group_by(postings::event_key)
        .select((
            postings::event_key.assume_not_null(),
            min(postings::service_date).assume_not_null(),
            max(postings::service_date).assume_not_null(),
        ));
    let rows: Vec<(String, NaiveDate, NaiveDate)> = on_engine!(connection, |c| query.load(c))?;
    Ok(rows.into_iter().map(|(key, first, last)| (key, (first, last))).collect())
}

/// The codes of the accounts of deferred revenue: from the one, before the other.
const DEFERRED: (&str, &str) = ("liabilities:deferred:", "liabilities:deferred;");

/// Currency, day of the event and what is still to become revenue on it, at the end of the span.
pub(super) fn deferred(connection: &mut Connection, span: Span<'_>) -> Result<Vec<(String, Option<NaiveDate>, i64)>> {
    let query = postings::table
        .inner_join(journal_entries::table.on(its_entry!()))
        .filter(postings::source.eq(span.source))
        .filter(postings::account_code.ge(DEFERRED.0))
        .filter(postings::account_code.lt(DEFERRED.1))
        .filter(journal_entries::booking_date.le(span.last))
        .filter(journal_entries::entry_no.le(cut(span)))
        .group_by((postings::currency, postings::service_date))
        .select((postings::currency, postings::service_date, sql::<BigInt>("CAST(-SUM(amount_minor) AS BIGINT)")));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// An entry that belongs to a closed month.
#[derive(Queryable)]
pub(super) struct Late {
    pub(super) entry_no: i64,
    pub(super) booking_date: NaiveDate,
    pub(super) effective_at: Timestamp,
    pub(super) reason_code: String,
    pub(super) event_type: String,
    pub(super) order_code: Option<String>,
    pub(super) reverses_no: Option<i64>,
    pub(super) currency: String,
    pub(super) amount_minor: i64,
}

impl Late {
    pub(super) fn late_for(&self) -> &str {
        self.reason_code.strip_prefix(LATE).unwrap_or(&self.reason_code)
    }
}

/// The entries of the span that belong to closed months, in the order of their numbers.
pub(super) fn late(connection: &mut Connection, span: Span<'_>) -> Result<Vec<Late>> {
    const DEBITS: &str = "COALESCE((SELECT CAST(SUM(p.amount_minor) AS BIGINT) FROM postings p \
        WHERE p.source = journal_entries.source AND p.entry_no = journal_entries.entry_no AND p.amount_minor > 0), 0)";
    let its_order =
        orders::source.eq(journal_entries::source).and(orders::order_id.nullable().eq(journal_entries::order_id));
    let query = journal_entries::table
        .left_join(orders::table.on(its_order))
        .filter(journal_entries::source.eq(span.source))
        .filter(journal_entries::booking_date.between(span.first, span.last))
        .filter(journal_entries::entry_no.le(cut(span)))
        .filter(journal_entries::reason_code.like(format!("{LATE}%")))
        .order(journal_entries::entry_no)
        .select((
            journal_entries::entry_no,
            journal_entries::booking_date,
            journal_entries::effective_at,
            journal_entries::reason_code,
            journal_entries::event_type,
            orders::order_code.nullable(),
            journal_entries::reverses_no,
            journal_entries::currency,
            sql::<BigInt>(DEBITS),
        ));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// The day on which vouchers and flex tickets were issued, as far as somebody told it, by class and id.
pub(super) fn told_issued(connection: &mut Connection, source: &str) -> Result<BTreeMap<(String, String), NaiveDate>> {
    let query = vouchers::table.filter(vouchers::source.eq(source)).filter(vouchers::issued_on.is_not_null()).select((
        vouchers::class,
        vouchers::voucher_id,
        vouchers::issued_on.assume_not_null(),
    ));
    let rows: Vec<(String, String, NaiveDate)> = on_engine!(connection, |c| query.load(c))?;
    Ok(rows.into_iter().map(|(class, id, day)| ((class, id), day)).collect())
}

/// Webhooks that were received in a span of time, by their state, and when the last one came.
pub(super) fn received(
    connection: &mut Connection,
    source: &str,
    (from, until): (Timestamp, Timestamp),
) -> Result<(BTreeMap<String, i64>, Option<Timestamp>)> {
    let query = inbox_events::table
        .filter(inbox_events::source.eq(source))
        .filter(inbox_events::received_at.ge(from))
        .filter(inbox_events::received_at.lt(until))
        .group_by(inbox_events::state)
        .select((inbox_events::state, count_star(), max(inbox_events::received_at)));
    let rows: Vec<(String, i64, Option<Timestamp>)> = on_engine!(connection, |c| query.load(c))?;
    let last = rows.iter().filter_map(|(.., last)| *last).max();
    Ok((rows.into_iter().map(|(state, events, _)| (state, events)).collect(), last))
}
