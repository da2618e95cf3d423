//! The statements of the page of exports. None opens a transaction.

use diesel::prelude::*;

use super::Span;
use crate::db::schema::{export_batches, journal_entries};
use crate::db::{Connection, Result};
use crate::ledger::book::EntryKind;
use crate::on_engine;

/// A batch, as far as the page tells of it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = export_batches)]
pub(super) struct BatchRow {
    pub(super) target: String,
    pub(super) period: String,
    pub(super) number: i32,
    pub(super) until_no: i64,
    pub(super) file_rows: i64,
    pub(super) files: String,
}

/// The batches of a source that were not taken back.
pub(super) fn batches(connection: &mut Connection, source: &str) -> Result<Vec<BatchRow>> {
    Ok(on_engine!(connection, |c| export_batches::table
        .filter(export_batches::source.eq(source))
        .filter(export_batches::taken_back_at.is_null())
        .order((export_batches::target, export_batches::period, export_batches::number))
        .select(BatchRow::as_select())
        .load(c))?)
}

/// How many entries of a span have a higher number.
pub(super) fn entries_after(connection: &mut Connection, span: Span<'_>, entry_no: i64) -> Result<i64> {
    let query = journal_entries::table
        .filter(journal_entries::source.eq(span.source))
        .filter(journal_entries::booking_date.between(span.first, span.last))
        .filter(journal_entries::entry_no.gt(entry_no))
        .filter(journal_entries::kind.ne(EntryKind::Close))
        .count();
    Ok(on_engine!(connection, |c| query.get_result(c))?)
}
