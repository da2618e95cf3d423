//! The journal as it is stored, entry after entry.

use std::collections::VecDeque;
use std::sync::mpsc::Receiver;

use super::store::BookRow;
use crate::db::Database;
use crate::ledger::Error;
use crate::ledger::book::EntryWithLines;
use crate::ledger::proof::store;

/// Reads the journal page by page until `take` wants no more.
pub(super) fn read(
    database: &Database,
    book: &BookRow,
    mut take: impl FnMut(Vec<EntryWithLines>) -> bool,
) -> Result<(), Error> {
    let mut connection = database.reader()?;
    let mut after = 0;
    loop {
        let page = store::entries(&mut connection, &book.source, after, book.last_entry_no)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = last.entry_no;
        if !take(page) {
            return Ok(());
        }
    }
}

/// What is left of the journal.
pub(super) struct Journal {
    pages: Receiver<Result<Vec<EntryWithLines>, Error>>,
    page: VecDeque<EntryWithLines>,
}

impl Journal {
    pub(super) fn new(pages: Receiver<Result<Vec<EntryWithLines>, Error>>) -> Self {
        Self { pages, page: VecDeque::new() }
    }

    fn peek(&mut self) -> Result<Option<&EntryWithLines>, Error> {
        while self.page.is_empty() {
            match self.pages.recv() {
                Ok(page) => self.page = page?.into(),
                Err(_) => return Ok(None),
            }
        }
        Ok(self.page.front())
    }

    pub(super) fn next(&mut self) -> Result<Option<EntryWithLines>, Error> {
        self.peek()?;
        Ok(self.page.pop_front())
    }

    /// The next entry, if it is not one of that snapshot or of a later one.
    pub(super) fn next_before(&mut self, snapshot_no: i64) -> Result<Option<EntryWithLines>, Error> {
        let before = self.peek()?.is_some_and(|(entry, _)| entry.snapshot_no.is_none_or(|no| no < snapshot_no));
        if before { self.next() } else { Ok(None) }
    }

    /// The entries of that snapshot, which come next.
    pub(super) fn of_snapshot(&mut self, snapshot_no: i64) -> Result<Vec<EntryWithLines>, Error> {
        let mut entries = Vec::new();
        while self.peek()?.is_some_and(|(entry, _)| entry.snapshot_no == Some(snapshot_no)) {
            entries.extend(self.next()?);
        }
        Ok(entries)
    }
}
