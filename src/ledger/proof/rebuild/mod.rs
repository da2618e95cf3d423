//! `ledger rebuild`: the ledger anew from what is stored, compared entry by entry with the one that is there.
//!
//! ```text
//! order_snapshots ──target──> changes ──the code that settles──> entries ─┐
//!                                                                         ├─> the same, or what differs
//! journal_entries, postings ──────────────────────────────────────────────┘
//! ```
//!
//! The snapshots hold no personal data and are never pruned, so it needs neither bodies nor contacts nor the network.
//! Nothing is written. Both tables only grow, so all up to the numbers read at the start is one unchanging view, and a
//! daemon may go on beside it. In memory are only orders of which a later snapshot follows.

mod changes;
mod compare;
mod journal;
mod shadow;
mod state;
mod store;

use std::sync::mpsc::sync_channel;

use serde::Serialize;

pub use self::compare::{AccountDifference, Difference, OrderDifference};

use self::compare::Comparison;
use self::journal::Journal;
use self::shadow::{Prepared, Shadow};
use crate::db::Database;
use crate::ledger::Error;
use crate::ledger::book::PolicyHistory;

/// Switches of a policy with their values.
pub type Switches = serde_json::Map<String, serde_json::Value>;

/// Batches that wait for the thread that compares.
const AHEAD: usize = 4;

/// What the rebuild of one source came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rebuilt {
    pub source: String,
    pub snapshots: i64,
    /// Entries in the journal.
    pub entries: i64,
    /// Entries that the snapshots give, those that were taken over included.
    pub rebuilt_entries: i64,
    /// Of these: manual and closing entries, taken over as stored because no snapshot causes them.
    pub taken_over: i64,
    /// Hash of the last entry of the journal.
    pub head: Option<String>,
    /// Hash of the last entry of the rebuilt one.
    pub rebuilt_head: Option<String>,
    /// The first differences, in the order of the journal.
    pub differences: Vec<Difference>,
    pub differences_total: i64,
    /// Accounts whose balance differs.
    pub accounts: Vec<AccountDifference>,
    /// The first orders whose accounts differ.
    pub orders: Vec<OrderDifference>,
    pub orders_total: i64,
}

impl Rebuilt {
    /// Whether the rebuilt ledger is the one that is there, to the last hash.
    pub fn is_identical(&self) -> bool {
        self.differences_total == 0 && self.head == self.rebuilt_head
    }
}

/// Rebuilds every source, or one, and compares. With `switches` set otherwise this shows what they would change.
/// `listed` bounds what is listed of each kind; `progress` is told the snapshots done, and of how many.
///
/// # Errors
/// When the database cannot be read, a snapshot cannot be read, or a switch is not known.
pub fn rebuild(
    database: &Database,
    only: Option<&str>,
    switches: Option<&Switches>,
    listed: usize,
    mut progress: impl FnMut(i64, i64),
) -> Result<Vec<Rebuilt>, Error> {
    let books = database.read(|connection| store::books(connection, only))?;
    let total = books.iter().map(|book| book.last_snapshot_no).sum();
    let mut done = 0;
    let mut rebuilt = Vec::with_capacity(books.len());
    for book in &books {
        let mut policies = PolicyHistory::load(&mut database.reader()?, &book.source, book.zone)?;
        if let Some(switches) = switches {
            policies = policies.with_switches(switches).map_err(Error::Policy)?;
        }
        rebuilt.push(rebuild_book(database, book, &policies, listed, |snapshots| progress(done + snapshots, total))?);
        done += book.last_snapshot_no;
    }
    Ok(rebuilt)
}

/// One thread reads snapshots and computes what they ask for, one reads the journal, this one posts and compares.
fn rebuild_book(
    database: &Database,
    book: &store::BookRow,
    policies: &PolicyHistory,
    listed: usize,
    mut progress: impl FnMut(i64),
) -> Result<Rebuilt, Error> {
    std::thread::scope(|scope| {
        let (send_snapshots, snapshots) = sync_channel(AHEAD);
        let (send_entries, entries) = sync_channel(AHEAD);
        // A send fails when the comparison has ended by an error, which is told below.
        scope.spawn(move || {
            let ended = shadow::prepare(database, book, policies, |page| send_snapshots.send(Ok(page)).is_ok());
            if let Err(error) = ended {
                let _ = send_snapshots.send(Err(error));
            }
        });
        scope.spawn(move || {
            let ended = journal::read(database, book, |page| send_entries.send(Ok(page)).is_ok());
            if let Err(error) = ended {
                let _ = send_entries.send(Err(error));
            }
        });
        let mut journal = Journal::new(entries);
        let mut shadow = Shadow::new(book, policies.clone());
        let mut comparison = Comparison::new(listed);
        for page in snapshots {
            let page: Vec<Prepared> = page?;
            let Some(reached) = page.last().map(|prepared| prepared.row.snapshot_no) else { continue };
            state::compare(&mut database.reader()?, book, &page, &mut comparison)?;
            for prepared in page {
                step(&mut journal, &mut shadow, &mut comparison, prepared)?;
            }
            progress(reached);
        }
        // What was entered after the last snapshot.
        while let Some(stored) = journal.next()? {
            comparison.take(&mut shadow, stored)?;
        }
        Ok(comparison.into_rebuilt(book, &shadow))
    })
}

/// One snapshot: what stands before its entries in the journal, then its entries against the rebuilt ones.
fn step(
    journal: &mut Journal,
    shadow: &mut Shadow,
    comparison: &mut Comparison,
    prepared: Prepared,
) -> Result<(), Error> {
    let snapshot_no = prepared.row.snapshot_no;
    while let Some(stored) = journal.next_before(snapshot_no)? {
        comparison.take(shadow, stored)?;
    }
    let rebuilt = shadow.settle(prepared)?;
    let stored = journal.of_snapshot(snapshot_no)?;
    comparison.compare(rebuilt, stored)
}
