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
        /// Hash of its content.
        hash: String,
    },
}

impl Change {
    fn key(&self) -> &str {
        match self {
            Self::Reverse { key, .. } | Self::Post { key, .. } => key,
        }
    }
}

/// The changes that lead from the live atoms to the wanted ones: reversals first, each group by atom key, so that the
/// result does not depend on anything else.
pub fn diff(live: &BTreeMap<String, LiveAtom>, want: &BTreeMap<String, Atom>) -> Vec<Change> {
    let mut reversals = Vec::new();
    let mut posts = Vec::new();
    for (key, atom) in live.iter().filter(|(key, _)| !want.contains_key(*key)) {
        reversals.push(Change::Reverse { key: key.clone(), entry_no: atom.entry_no, reason: "gone" });
    }
    for (key, atom) in want {
        let hash = atom.hash();
        let reason = match live.get(key) {
            Some(posted) if posted.hash == hash => continue,
            Some(posted) => {
                let entry_no = posted.entry_no;
                reversals.push(Change::Reverse { key: key.clone(), entry_no, reason: "changed" });
                "changed"
            }
            None => "new",
        };
        posts.push(Change::Post { key: key.clone(), reason, hash });
    }
    reversals.sort_by(|a, b| a.key().cmp(b.key()));
    reversals.append(&mut posts);
    reversals
}
