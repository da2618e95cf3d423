//! The ledger that the snapshots give, as far as it is needed for what comes.

use std::collections::{BTreeMap, HashMap};

use super::store::{self, BookRow};
use crate::db::Database;
use crate::hash;
use crate::ledger::Error;
use crate::ledger::batch::Posted;
use crate::ledger::book::{Book, EntryKind, EntryWithLines, PolicyHistory, SnapshotRow};
use crate::ledger::posting::Snapshot;
use crate::ledger::posting::rules::{WantedAtoms, wanted_atoms};
use crate::ledger::settle::post::entries_of;

/// A snapshot with what it asks for.
pub(super) struct Prepared {
    pub(super) row: SnapshotRow,
    pub(super) snapshot: Snapshot,
    pub(super) wanted: WantedAtoms,
    /// No later snapshot of the order follows.
    pub(super) last: bool,
    /// The text is not the one that was hashed when it was stored.
    pub(super) tampered: bool,
}

/// Reads the snapshots page by page, with what they ask for, until `take` wants no more.
pub(super) fn prepare(
    database: &Database,
    book: &BookRow,
    policies: &PolicyHistory,
    mut take: impl FnMut(Vec<Prepared>) -> bool,
) -> Result<(), Error> {
    let mut connection = database.reader()?;
    let mut after = 0;
    loop {
        let page = store::snapshots(&mut connection, &book.source, after, book.last_snapshot_no)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = last.snapshot_no;
        let page = page.into_iter().map(|(row, followed)| prepared(row, !followed, policies));
        if !take(page.collect::<Result<_, _>>()?) {
            return Ok(());
        }
    }
}

fn prepared(mut row: SnapshotRow, last: bool, policies: &PolicyHistory) -> Result<Prepared, Error> {
    let order_id = || row.order_id.clone();
    let snapshot: Snapshot = serde_json::from_str(&row.doc).map_err(|error| Error::Snapshot {
        order_id: order_id(),
        detail: format!("snapshot {}: {error}", row.snapshot_no),
    })?;
    let wanted = wanted_atoms(&snapshot, &policies.rules(snapshot.policy_id))
        .map_err(|overflow| Error::Overflow { order_id: order_id(), overflow })?;
    let tampered = hash::sha256(&row.doc) != row.doc_sha256;
    // The text has served; a page of them need not wait in memory.
    row.doc = String::new();
    Ok(Prepared { row, snapshot, wanted, last, tampered })
}

/// The head of the rebuilt book, and the orders that will change again.
pub(super) struct Shadow {
    book: Book,
    orders: HashMap<String, Posted>,
    /// Numbers of entries that were taken over: theirs and ours.
    taken: BTreeMap<i64, i64>,
    pub(super) entries: i64,
    pub(super) taken_over: i64,
}

impl Shadow {
    pub(super) fn new(book: &BookRow, policies: PolicyHistory) -> Self {
        Self {
            book: Book::empty(&book.source, policies),
            orders: HashMap::new(),
            taken: BTreeMap::new(),
            entries: 0,
            taken_over: 0,
        }
    }

    /// Hash of the last entry.
    pub(super) fn head(&self) -> Option<String> {
        let (entry_no, hash) = self.book.head();
        (entry_no > 0).then(|| hash.to_owned())
    }

    /// The entries of one snapshot.
    pub(super) fn settle(&mut self, prepared: Prepared) -> Result<Vec<EntryWithLines>, Error> {
        let Prepared { row, snapshot, wanted, last, .. } = prepared;
        let mut posted = self.orders.remove(&row.order_id).unwrap_or_default();
        let written = entries_of(&mut self.book, snapshot.policy_id, &wanted, &row, &posted)?;
        if !last {
            posted.remember(&written);
            self.orders.insert(row.order_id, posted);
        }
        let rebuilt = written.into_entries();
        self.entries += i64::try_from(rebuilt.len()).unwrap_or(0);
        Ok(rebuilt)
    }

    /// Takes an entry over that no snapshot causes. False when it is none of that kind.
    pub(super) fn take_over(&mut self, (entry, lines): &mut EntryWithLines) -> bool {
        let stored_no = entry.entry_no;
        let reversed = entry.reverses_no.and_then(|no| self.taken.get(&no).copied());
        let known = match EntryKind::parse(&entry.kind) {
            Some(EntryKind::Manual | EntryKind::Close) => true,
            Some(EntryKind::Reverse) => reversed.is_some(),
            Some(EntryKind::Post | EntryKind::Opening) | None => false,
        };
        if !known || entry.snapshot_no.is_some() {
            return false;
        }
        entry.reverses_no = reversed;
        for line in lines.iter_mut() {
            line.entry_no = self.book.head().0 + 1;
        }
        *entry = self.book.append(entry.clone(), lines);
        self.taken.insert(stored_no, entry.entry_no);
        self.entries += 1;
        self.taken_over += 1;
        true
    }
}
