//! The orders that one transaction works on: read together, changed in memory, flushed together.
//!
//! Belongs here: reading and writing the state of orders, with the rows of that state. Does not: deciding what the
//! state should be (`posting`, `findings`, `settle`).

pub(in crate::ledger) mod current_state;
mod dates;
mod finding_row;
mod known;
mod order_payment;
mod order_state;
mod orders;
mod posted;
mod receivable;
mod store;
mod write_buffer;

use std::collections::BTreeSet;

use chrono_tz::Tz;

pub use current_state::PaymentState;
pub use dates::EventDate;
pub use dates::store::{known_dates, mark_date, unread_dates};
pub use finding_row::{FindingRow, FindingState};
pub(in crate::ledger) use known::{KnownOrder, load, snapshot_of};
pub use known::{is_cancelled, known_orders};
pub use order_payment::OrderPayment;
pub(in crate::ledger) use order_state::LastSnapshot;
pub(in crate::ledger) use orders::Orders;
pub(in crate::ledger) use posted::Posted;
pub use receivable::ReceivableLine;
pub(in crate::ledger) use store::{posted_of, snapshots};

use super::Error;
use super::book::{Book, SealedEntries, SourceFacts, store as journal};
use super::vat_dates::{self, NewMovements};
use crate::db::Connection;

/// The book of a source and the orders that are being worked on. Valid for one transaction, which holds the lock on
/// the source.
pub struct Batch {
    pub book: Book,
    pub(in crate::ledger) facts: SourceFacts,
    pub(in crate::ledger) orders: Orders,
    /// Orders whose findings depend on one that was settled.
    pub(in crate::ledger) look_again: BTreeSet<String>,
    /// Number of the last entry when the statistics of the tables were last known to be right.
    analysed_no: i64,
}

impl Batch {
    /// Locks the source and reads the head of its book.
    ///
    /// # Errors
    /// When the source was never prepared, or a statement fails.
    pub fn open(connection: &mut Connection, source: &str, zone: Tz) -> Result<Self, Error> {
        let book = Book::open(connection, source, zone)?;
        let facts = journal::source_facts(connection, source)?;
        let (analysed_no, _) = book.head();
        let orders = Orders::of_book(source, facts.closed.last().copied());
        Ok(Self { book, facts, orders, look_again: BTreeSet::new(), analysed_no })
    }

    /// Writes entries that were not settled: what a person entered.
    ///
    /// # Errors
    /// When a statement fails, for example because the database refuses an entry.
    pub(in crate::ledger) fn insert(
        &mut self,
        connection: &mut Connection,
        sealed: &SealedEntries,
    ) -> Result<(), Error> {
        journal::insert_entries(connection, &sealed.accounts, &sealed.lines, &sealed.entries)?;
        let mut movements = NewMovements::default();
        for (entry, lines) in sealed.with_lines() {
            movements.add(entry, lines)?;
        }
        let last_closed = self.facts.closed.last().copied();
        Ok(vat_dates::update(connection, &self.book.source, movements, &BTreeSet::new(), last_closed)?)
    }

    /// Writes what was settled. The caller of settling calls this before the transaction ends, and before it reads
    /// anything that settling writes.
    ///
    /// # Errors
    /// When a statement fails, for example because the database refuses an entry.
    pub fn flush(&mut self, connection: &mut Connection) -> Result<(), Error> {
        self.orders.flush(connection)?;
        // An automatic ANALYZE comes a minute late for a book that grows from nothing.
        let (head_no, _) = self.book.head();
        if grew_tenfold(self.analysed_no, head_no) {
            journal::analyze(connection)?;
            self.analysed_no = head_no;
        }
        Ok(())
    }
}

/// Whether the number of entries has got another digit, after the first two.
fn grew_tenfold(before: i64, now: i64) -> bool {
    let digits = |number: i64| number.checked_ilog10().unwrap_or(0);
    digits(now) >= 2 && digits(now) > digits(before)
}
