//! What is live in the journal against what should be.

use std::collections::BTreeMap;

use super::Atom;
use crate::ledger::book::EntryReason;

/// An atom that is posted and not reversed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveAtom {
    pub entry_no: i64,
    pub hash: String,
}

/// One entry to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AtomChange {
    /// The exact negation of a live entry.
    Reverse { key: String, entry_no: i64, reason: EntryReason },
    /// A new entry.
    Post {
        /// Leads to the atom.
        key: String,
        reason: EntryReason,
        hash: String,
    },
}

impl AtomChange {
    fn key(&self) -> &str {
        match self {
            Self::Reverse { key, .. } | Self::Post { key, .. } => key,
        }
    }
}

/// The changes that lead from the live atoms to the wanted ones: reversals first, each group by atom key, so that the
/// result does not depend on anything else.
pub fn diff(live: &BTreeMap<String, LiveAtom>, want: &BTreeMap<String, Atom>) -> Vec<AtomChange> {
    let mut reversals = Vec::new();
    let mut posts = Vec::new();
    for (key, atom) in live.iter().filter(|(key, _)| !want.contains_key(*key)) {
        reversals.push(AtomChange::Reverse { key: key.clone(), entry_no: atom.entry_no, reason: EntryReason::Gone });
    }
    for (key, atom) in want {
        let hash = atom.hash();
        let reason = match live.get(key) {
            Some(posted) if posted.hash == hash => continue,
            Some(posted) => {
                let entry_no = posted.entry_no;
                reversals.push(AtomChange::Reverse { key: key.clone(), entry_no, reason: EntryReason::Changed });
                EntryReason::Changed
            }
            None => EntryReason::New,
        };
        posts.push(AtomChange::Post { key: key.clone(), reason, hash });
    }
    reversals.sort_by(|a, b| a.key().cmp(b.key()));
    reversals.append(&mut posts);
    reversals
}
