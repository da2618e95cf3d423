//! The journal, page by page.

use diesel::prelude::*;

use crate::db::schema::{journal_entries, postings};
use crate::db::{Connection, Result};
use crate::ledger::book::{EntryRow, EntryWithLines, PostingRow};
use crate::on_engine;

/// Entries read at once.
const PAGE: i64 = 500;

/// The next entries with their lines: after the one with the number `after`, up to `last`.
pub(super) fn entries(connection: &mut Connection, source: &str, after: i64, last: i64) -> Result<Vec<EntryWithLines>> {
    let entries: Vec<EntryRow> = on_engine!(connection, |c| journal_entries::table
        .filter(journal_entries::source.eq(source))
        .filter(journal_entries::entry_no.gt(after))
        .filter(journal_entries::entry_no.le(last))
        .order(journal_entries::entry_no)
        .limit(PAGE)
        .select(EntryRow::as_select())
        .load(c))?;
    let Some(highest) = entries.last().map(|entry| entry.entry_no) else { return Ok(Vec::new()) };
    let lines: Vec<PostingRow> = on_engine!(connection, |c| postings::table
        .filter(postings::source.eq(source))
        .filter(postings::entry_no.gt(after))
        .filter(postings::entry_no.le(highest))
        .order((postings::entry_no, postings::line_no))
        .select(PostingRow::as_select())
        .load(c))?;
    let mut lines = lines.into_iter().peekable();
    let mut full = Vec::with_capacity(entries.len());
    for entry in entries {
        let mut own = Vec::new();
        while let Some(line) = lines.next_if(|line| line.entry_no <= entry.entry_no) {
            own.push(line);
        }
        full.push((entry, own));
    }
    Ok(full)
}
