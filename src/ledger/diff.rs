//! What is live in the journal against what should be.

use std::collections::BTreeMap;

use super::Atom;

/// An atom that is posted and not reversed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveAtom {
    /// Its entry.
    pub entry_no: i64,
    /// Hash of its content.
    pub hash: String,
}

/// One entry to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The exact negation of a live entry.
    Reverse {
        /// The atom.
        key: String,
        /// The entry that it undoes.
        entry_no: i64,
        /// `gone` or `changed`.
        reason: &'static str,
    },
    /// A new entry.
    Post {
        /// The atom; its key leads to the rest.
        key: String,
        /// `new` or `changed`.
        reason: &'static str,
    },
}

/// The changes that lead from the live atoms to the wanted ones: reversals first, each group by atom key, so that the
/// result does not depend on anything else.
pub fn diff(live: &BTreeMap<String, LiveAtom>, want: &BTreeMap<String, Atom>) -> Vec<Change> {
    let mut reversals = Vec::new();
    let mut posts = Vec::new();
    for (key, atom) in live {
        let reason = match want.get(key) {
            Some(wanted) if wanted.hash() == atom.hash => continue,
            Some(_) => "changed",
            None => "gone",
        };
        reversals.push(Change::Reverse { key: key.clone(), entry_no: atom.entry_no, reason });
    }
    for (key, atom) in want {
        let reason = match live.get(key) {
            Some(posted) if posted.hash == atom.hash() => continue,
            Some(_) => "changed",
            None => "new",
        };
        posts.push(Change::Post { key: key.clone(), reason });
    }
    reversals.append(&mut posts);
    reversals
}
