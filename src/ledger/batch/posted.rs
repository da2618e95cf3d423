//! What an order has in a journal: the stored one, or the one that a rebuild makes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::db::{Error, Result};
use crate::ledger::book::{EntryRow, EntryWithLines, PostingRow, SealedEntries};
use crate::ledger::posting::LiveAtom;

/// The atoms of one order, as they stand after all its entries.
#[derive(Default)]
pub(in crate::ledger) struct Posted {
    /// Posted and not reversed, by atom key.
    live: BTreeMap<String, LiveAtom>,
    /// Every key that was ever posted.
    ever: BTreeSet<String>,
    /// The entries of what is live, by number.
    entries: BTreeMap<i64, EntryWithLines>,
}

impl Posted {
    /// From all postings and reversals of an order, in the order of their numbers; the lines come later.
    pub(in crate::ledger) fn of(entries: Vec<EntryRow>) -> Self {
        let mut posted = Self::default();
        for entry in entries {
            posted.add(entry, Vec::new());
        }
        posted
    }

    fn add(&mut self, entry: EntryRow, lines: Vec<PostingRow>) {
        let key = &entry.atom_key;
        if let Some(reversed) = entry.reverses_no {
            // The reversal of a manual entry undoes none of these, whatever its key.
            if self.live.get(key).is_some_and(|live| live.entry_no == reversed) {
                self.live.remove(key);
                self.entries.remove(&reversed);
            }
            return;
        }
        self.ever.insert(key.clone());
        self.live.insert(key.clone(), LiveAtom { entry_no: entry.entry_no, hash: entry.atom_hash.clone() });
        self.entries.insert(entry.entry_no, (entry, lines));
    }

    /// Whether nothing was ever posted.
    pub(in crate::ledger) fn is_empty(&self) -> bool {
        self.ever.is_empty()
    }

    /// Takes over entries that were just sealed.
    pub(in crate::ledger) fn remember(&mut self, sealed: &SealedEntries) {
        for (entry, lines) in sealed.with_lines() {
            self.add(entry.clone(), lines.to_vec());
        }
    }

    /// Numbers of the entries of what is live.
    pub(in crate::ledger) fn live_entries(&self) -> impl Iterator<Item = i64> {
        self.entries.keys().copied()
    }

    /// Takes the lines of these entries.
    pub(in crate::ledger) fn take_lines(&mut self, lines: &mut HashMap<i64, Vec<PostingRow>>) {
        for (entry_no, full) in &mut self.entries {
            full.1 = lines.remove(entry_no).unwrap_or_default();
            full.1.sort_by_key(|line| line.line_no);
        }
    }

    /// What is posted and not reversed, by atom key.
    pub(in crate::ledger) fn live(&self) -> &BTreeMap<String, LiveAtom> {
        &self.live
    }

    /// Whether the atom was ever posted.
    pub(in crate::ledger) fn was_posted(&self, key: &str) -> bool {
        self.ever.contains(key)
    }

    /// The entry that is to be reversed.
    ///
    /// # Errors
    /// When it is not there, which only tampering with the journal can bring about.
    pub(in crate::ledger) fn original(&self, entry_no: i64) -> Result<&EntryWithLines> {
        let lost = || Error::Inconsistent(format!("there is no entry {entry_no} to reverse"));
        self.entries.get(&entry_no).ok_or_else(lost)
    }
}
