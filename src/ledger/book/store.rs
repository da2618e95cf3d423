//! The statements of the journal. None opens a transaction.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::entry::AccountRow;
use super::{
    EntryRow, ItemKind, KeptSums, KnownSource, Month, NewSource, PostingRow, SourceFacts, kept_sums, policy_changes,
};
use crate::clock::Timestamp;
use crate::db::schema::{accounts, journal_entries, order_snapshots, periods, policies, postings, sources};
use crate::db::{Connection, Error, Result};
use crate::hash;
use crate::order::Provider;
use crate::{insert_rows, on_engine};

/// Makes sure that a source and its policies are known to the book. What is known already adds nothing.
///
/// # Errors
/// When a statement fails, or the settings give the book another first day than its entries were posted with.
pub fn prepare_source(connection: &mut Connection, source: &NewSource<'_>, now: Timestamp) -> Result<()> {
    let row = (
        sources::source.eq(source.name),
        sources::provider.eq(source.provider.as_str()),
        sources::timezone.eq(source.timezone.name()),
        sources::country.eq(source.country),
        sources::created_at.eq(now),
        sources::books_from.eq(source.books_from),
    );
    on_engine!(connection, |c| diesel::insert_into(sources::table).values(row).on_conflict_do_nothing().execute(c))?;
    lock_source(connection, source.name)?;
    if let Some(fixed) = fixed_books_from(connection, source.name, source.books_from)? {
        return Err(Error::Fixed(fixed));
    }
    if books_from(connection, source.name)? != source.books_from {
        let (row, day) = (sources::table.find(source.name), sources::books_from.eq(source.books_from));
        on_engine!(connection, |c| diesel::update(row).set(day).execute(c))?;
    }
    let known = policies(connection, source.name)?;
    let mut policy_id = known.last().map_or(0, |(policy_id, ..)| *policy_id);
    for (valid_from, policy) in policy_changes::missing(source.policies, source.timezone, &known)? {
        policy_id += 1;
        let row = (
            policies::source.eq(source.name),
            policies::policy_id.eq(policy_id),
            policies::valid_from.eq(valid_from),
            policies::doc_sha256.eq(hash::sha256(&policy)),
            policies::doc.eq(policy),
            policies::created_at.eq(now),
        );
        on_engine!(connection, |c| diesel::insert_into(policies::table).values(row).execute(c))?;
    }
    Ok(())
}

/// First day of the book of a source, if another system kept the books before.
pub(in crate::ledger) fn books_from(connection: &mut Connection, source: &str) -> Result<Option<NaiveDate>> {
    let row = sources::table.find(source).select(sources::books_from);
    Ok(on_engine!(connection, |c| row.first::<Option<NaiveDate>>(c).optional())?.flatten())
}

/// What is wrong when the settings give the book this first day, and what to do about it: the day is fixed once the
/// book has entries. `None` when nothing is.
///
/// # Errors
/// When a query fails.
pub fn fixed_books_from(
    connection: &mut Connection,
    source: &str,
    wanted: Option<NaiveDate>,
) -> Result<Option<String>> {
    let known = books_from(connection, source)?;
    if known == wanted || head(connection, source)?.is_none() {
        return Ok(None);
    }
    let said = wanted.map_or_else(|| "none".to_owned(), |day| day.to_string());
    let (is, to_do) = match known {
        Some(day) => (format!("begins on {day}"), format!("write books_from = \"{day}\" again")),
        None => ("has no first day".to_owned(), "remove books_from again".to_owned()),
    };
    Ok(Some(format!(
        "sources.{source}.books_from: the settings say {said}, but the book {is} and has entries, which fix it; \
         {to_do}, or begin anew with an empty database"
    )))
}

/// Waits for the lock under which the book of a source grows. SQLite has one writer, so its transaction is the lock.
pub(in crate::ledger) fn lock_source(connection: &mut Connection, source: &str) -> Result<()> {
    if let Connection::Postgres(c) = connection {
        let query = sources::table.find(source).select(sources::source).for_update();
        query.first::<String>(&mut **c)?;
    }
    Ok(())
}

/// Lets PostgreSQL measure the tables. It plans a statement once for each session; a plan made while the
/// tables were nearly empty reads them from end to end, and is only made anew after this. SQLite needs none.
pub(in crate::ledger) fn analyze(connection: &mut Connection) -> Result<()> {
    if let Connection::Postgres(c) = connection {
        diesel::sql_query(
            "ANALYZE inbox_events, journal_entries, postings, order_snapshots, orders, order_lines, payments, \
             vouchers, redemptions, findings, vat_shifts, contacts, contact_orders",
        )
        .execute(&mut **c)?;
    }
    Ok(())
}

/// Number and hash of the last entry.
pub(in crate::ledger) fn head(connection: &mut Connection, source: &str) -> Result<Option<(i64, String)>> {
    Ok(on_engine!(connection, |c| journal_entries::table
        .filter(journal_entries::source.eq(source))
        .order(journal_entries::entry_no.desc())
        .select((journal_entries::entry_no, journal_entries::entry_hash))
        .first(c)
        .optional())?)
}

/// Number and hash of the last entry of a book.
pub type Head = (i64, String);

/// Every source, in the order of names, with its head.
///
/// # Errors
/// When a query fails.
pub fn heads(connection: &mut Connection) -> Result<Vec<(String, Option<Head>)>> {
    let query = sources::table.order(sources::source).select(sources::source);
    let names: Vec<String> = on_engine!(connection, |c| query.load(c))?;
    names.into_iter().map(|name| head(connection, &name).map(|head| (name, head))).collect()
}

/// Number, first instant and JSON of every policy of a source, in the order of their numbers.
pub(in crate::ledger) fn policies(connection: &mut Connection, source: &str) -> Result<Vec<(i32, Timestamp, String)>> {
    Ok(on_engine!(connection, |c| policies::table
        .filter(policies::source.eq(source))
        .order(policies::policy_id)
        .select((policies::policy_id, policies::valid_from, policies::doc))
        .load(c))?)
}

pub(in crate::ledger) fn last_snapshot_no(connection: &mut Connection, source: &str) -> Result<i64> {
    let last: Option<i64> = on_engine!(connection, |c| order_snapshots::table
        .filter(order_snapshots::source.eq(source))
        .order(order_snapshots::snapshot_no.desc())
        .select(order_snapshots::snapshot_no)
        .first(c)
        .optional())?;
    Ok(last.unwrap_or(0))
}

/// Months that are closed for good; a soft close only warns.
pub(in crate::ledger) fn closed_months(connection: &mut Connection, source: &str) -> Result<BTreeSet<Month>> {
    let closed: Vec<String> = on_engine!(connection, |c| periods::table
        .filter(periods::source.eq(source))
        .filter(periods::status.eq("closed"))
        .select(periods::period)
        .load(c))?;
    let month = |period: String| {
        let no_month = || Error::Inconsistent(format!("source {source}: `{period}` is closed and is not a month"));
        Month::parse(&period).ok_or_else(no_month)
    };
    closed.into_iter().map(month).collect()
}

/// The text of a stored snapshot and its hash.
pub(in crate::ledger) fn snapshot_doc(
    connection: &mut Connection,
    source: &str,
    snapshot_no: i64,
) -> Result<(String, String)> {
    Ok(on_engine!(connection, |c| order_snapshots::table
        .find((source, snapshot_no))
        .select((order_snapshots::doc, order_snapshots::doc_sha256))
        .first(c))?)
}

/// Orders that ever sold or issued a voucher or flex ticket, in a fixed order.
pub(in crate::ledger) fn sellers(connection: &mut Connection, source: &str, voucher_id: &str) -> Result<Vec<String>> {
    let sellers: Vec<String> = on_engine!(connection, |c| postings::table
        .inner_join(
            journal_entries::table
                .on(journal_entries::source.eq(postings::source).and(journal_entries::entry_no.eq(postings::entry_no)))
        )
        .filter(postings::source.eq(source))
        .filter(postings::voucher_id.eq(voucher_id))
        .filter(postings::item_kind.eq_any([ItemKind::Voucher, ItemKind::Flex, ItemKind::RefundVoucher]))
        .filter(journal_entries::order_id.is_not_null())
        .select(journal_entries::order_id.assume_not_null())
        .load(c))?;
    // Asked for distinct rows in order, SQLite would read all entries of the source in that order.
    Ok(sellers.into_iter().collect::<BTreeSet<String>>().into_iter().collect())
}

/// What people entered that uses up a voucher or flex ticket, or takes off its worth: currency, account, and what it
/// took off what is owed there, in minor units.
pub(in crate::ledger) fn entered_uses(
    connection: &mut Connection,
    source: &str,
    voucher_id: &str,
) -> Result<Vec<(String, String, i64)>> {
    Ok(on_engine!(connection, |c| postings::table
        .filter(postings::source.eq(source))
        .filter(postings::voucher_id.eq(voucher_id))
        .filter(postings::item_kind.eq_any([ItemKind::Breakage, ItemKind::VoucherCorrection]))
        .select((postings::currency, postings::account_code, postings::amount_minor))
        .load(c))?)
}

/// An entry with its lines, in their order.
pub(in crate::ledger) fn entry(
    connection: &mut Connection,
    source: &str,
    entry_no: i64,
) -> Result<(EntryRow, Vec<PostingRow>)> {
    let entry = on_engine!(connection, |c| journal_entries::table
        .find((source, entry_no))
        .select(EntryRow::as_select())
        .first(c))?;
    let lines = on_engine!(connection, |c| postings::table
        .filter(postings::source.eq(source))
        .filter(postings::entry_no.eq(entry_no))
        .order(postings::line_no)
        .select(PostingRow::as_select())
        .load(c))?;
    Ok((entry, lines))
}

/// Writes sealed entries: accounts that are new, then all lines, then the headers, which seal them, and what they add
/// to the kept sums.
pub(in crate::ledger) fn insert_entries(
    connection: &mut Connection,
    accounts_used: &[AccountRow],
    lines: &[PostingRow],
    entries: &[EntryRow],
) -> Result<()> {
    for account in accounts_used {
        on_engine!(connection, |c| diesel::insert_into(accounts::table)
            .values(account)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    insert_rows!(connection, postings::table, lines)?;
    insert_rows!(connection, journal_entries::table, entries)?;
    kept_sums::store::add(connection, KeptSums::of(entries, lines)?)
}

/// Every source that has a book, in the order of names.
///
/// # Errors
/// When the query fails, or a stored time zone is not valid.
pub fn sources(connection: &mut Connection) -> Result<Vec<KnownSource>> {
    let query = sources::table.order(sources::source).select((sources::source, sources::timezone));
    let rows: Vec<(String, String)> = on_engine!(connection, |c| query.load(c))?;
    let known = rows.into_iter().map(|(name, zone)| match zone.parse() {
        Ok(timezone) => Ok(KnownSource { name, timezone }),
        Err(_) => Err(Error::Inconsistent(format!("source {name}: `{zone}` is not a valid time zone"))),
    });
    known.collect()
}

/// What the findings of a source depend on.
pub(in crate::ledger) fn source_facts(connection: &mut Connection, source: &str) -> Result<SourceFacts> {
    let (provider, country): (String, String) =
        on_engine!(connection, |c| sources::table.find(source).select((sources::provider, sources::country)).first(c))?;
    let unknown = || Error::Inconsistent(format!("source {source}: `{provider}` is not a known provider"));
    let provider = Provider::parse(&provider).ok_or_else(unknown)?;
    Ok(SourceFacts { provider, country, closed: closed_months(connection, source)? })
}

/// The entries of orders, and entries of others with a line about them, in the order of their numbers.
///
/// # Errors
/// When a statement fails.
pub fn numbers_of(connection: &mut Connection, source: &str, order_ids: &[&str]) -> Result<Vec<i64>> {
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
