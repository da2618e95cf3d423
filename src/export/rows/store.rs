//! The statements that read the entries of a batch.

use chrono::NaiveDate;
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::Scope;
use crate::db::schema::{event_titles, export_orders, journal_entries, orders, postings};
use crate::db::{Connection, Result};
use crate::ledger::book::{EntryRow, PostingRow};
use crate::limits::INSERT_ROWS;
use crate::{insert_rows, on_engine};

/// Entries of the scope that have lines, and the number of their lines.
pub(super) fn count(connection: &mut Connection, scope: &Scope) -> Result<(i64, i64)> {
    let month = scope.batch.month;
    let query = journal_entries::table
        .filter(journal_entries::source.eq(&scope.batch.source))
        .filter(journal_entries::booking_date.between(month.first_day(), month.last_day()))
        .filter(journal_entries::entry_no.gt(scope.after_no))
        .filter(journal_entries::entry_no.le(scope.until_no))
        .filter(journal_entries::line_count.gt(0))
        .select((count_star(), sql::<BigInt>("CAST(COALESCE(SUM(line_count), 0) AS BIGINT)")));
    Ok(on_engine!(connection, |c| query.first(c))?)
}

pub(super) fn hash_of(connection: &mut Connection, source: &str, entry_no: i64) -> Result<Option<String>> {
    let query = journal_entries::table.find((source, entry_no)).select(journal_entries::entry_hash);
    Ok(on_engine!(connection, |c| query.first(c).optional())?)
}

/// The numbers of the entries of a day.
pub(super) fn numbers(connection: &mut Connection, scope: &Scope, day: NaiveDate) -> Result<Vec<i64>> {
    let query = journal_entries::table
        .filter(journal_entries::source.eq(&scope.batch.source))
        .filter(journal_entries::booking_date.eq(day))
        .filter(journal_entries::entry_no.gt(scope.after_no))
        .filter(journal_entries::entry_no.le(scope.until_no))
        .filter(journal_entries::line_count.gt(0))
        .select(journal_entries::entry_no);
    let mut numbers: Vec<i64> = on_engine!(connection, |c| query.load(c))?;
    numbers.sort_unstable();
    Ok(numbers)
}

/// Entries with their lines, in the order of their numbers.
pub(super) fn entries(
    connection: &mut Connection,
    source: &str,
    numbers: &[i64],
) -> Result<Vec<(EntryRow, Vec<PostingRow>)>> {
    let heads = journal_entries::table
        .filter(journal_entries::source.eq(source))
        .filter(journal_entries::entry_no.eq_any(numbers))
        .order(journal_entries::entry_no)
        .select(journal_entries::all_columns);
    let lines = postings::table
        .filter(postings::source.eq(source))
        .filter(postings::entry_no.eq_any(numbers))
        .order((postings::entry_no, postings::line_no))
        .select(postings::all_columns);
    let heads: Vec<EntryRow> = on_engine!(connection, |c| heads.load(c))?;
    let lines: Vec<PostingRow> = on_engine!(connection, |c| lines.load(c))?;
    let mut lines = lines.into_iter().peekable();
    let with_lines = |head: EntryRow| {
        let own = std::iter::from_fn(|| lines.next_if(|line| line.entry_no == head.entry_no)).collect();
        (head, own)
    };
    Ok(heads.into_iter().map(with_lines).collect())
}

/// The booking days of entries.
pub(super) fn days(connection: &mut Connection, source: &str, numbers: &[i64]) -> Result<Vec<(i64, NaiveDate)>> {
    let query = journal_entries::table
        .filter(journal_entries::source.eq(source))
        .filter(journal_entries::entry_no.eq_any(numbers))
        .select((journal_entries::entry_no, journal_entries::booking_date));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// The titles of all events of a source, by their keys.
pub(super) fn titles(connection: &mut Connection, source: &str) -> Result<Vec<(String, String)>> {
    let query = event_titles::table
        .filter(event_titles::source.eq(source))
        .select((event_titles::event_key, event_titles::title));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

type Codes = Vec<(String, Option<String>)>;

/// The codes that orders have now.
pub(super) fn codes(connection: &mut Connection, source: &str, ids: &[&str]) -> Result<Codes> {
    let query = orders::table
        .filter(orders::source.eq(source))
        .filter(orders::order_id.eq_any(ids))
        .select((orders::order_id, orders::order_code));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// The codes under which orders were first exported.
pub(super) fn fixed_codes(connection: &mut Connection, source: &str, ids: &[&str]) -> Result<Codes> {
    let query = export_orders::table
        .filter(export_orders::source.eq(source))
        .filter(export_orders::order_id.eq_any(ids))
        .select((export_orders::order_id, export_orders::order_code));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

#[derive(Insertable)]
#[diesel(table_name = export_orders, treat_none_as_default_value = false)]
struct FixedCode {
    source: String,
    order_id: String,
    order_code: Option<String>,
}

/// Fixes codes; one that another export has just fixed stays as it is.
pub(super) fn fix_codes(connection: &mut Connection, source: &str, rows: &[(&str, Option<String>)]) -> Result<()> {
    let ids: Vec<&str> = rows.iter().map(|(id, _)| *id).collect();
    let known = fixed_codes(connection, source, &ids)?;
    let is_known = |id: &str| known.iter().any(|(known, _)| known == id);
    let mut new = Vec::new();
    for (order_id, order_code) in rows.iter().filter(|(id, _)| !is_known(id)) {
        let (source, order_id) = (source.to_owned(), (*order_id).to_owned());
        new.push(FixedCode { source, order_id, order_code: order_code.clone() });
    }
    if let Connection::Postgres(pooled) = connection {
        // Two exports may fix the same code at once; on SQLite one waits for the other before it looks.
        for rows in new.chunks(INSERT_ROWS) {
            let insert = diesel::insert_into(export_orders::table).values(rows).on_conflict_do_nothing();
            insert.execute(&mut **pooled)?;
        }
        return Ok(());
    }
    insert_rows!(connection, export_orders::table, new)?;
    Ok(())
}
