//! What kind of entry it is, and why it was written.

use std::fmt;

use super::Month;
use crate::db::vocabulary::Vocabulary;
use crate::vocabulary;

vocabulary! {
    /// What kind of entry it is. The words are stored and hashed.
    pub enum EntryKind in "journal_entries.kind" {
        /// Computed from the snapshot of an order.
        Post = "post",
        /// Computed from the snapshot of an order as well, and there before the first day of the book.
        Opening = "opening",
        /// The exact opposite of an earlier entry.
        Reverse = "reverse",
        /// Entered by a person.
        Manual = "manual",
        /// The close of a month; it has no lines.
        Close = "close",
    }
}

/// Why an entry was written. The words are stored and hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryReason {
    /// A fact that was not live in the journal.
    New,
    /// The fact is no longer said.
    Gone,
    /// The fact has another content now.
    Changed,
    /// A person wants it.
    Manual,
    /// Any of these, for a month that is closed: the entry is in the first open month.
    LateFor(Month),
    /// The close of a month.
    Closed,
    /// The close of a month although a check failed.
    ClosedByForce,
}

impl EntryReason {
    const LATE_FOR: &str = "late_for_";

    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "new" => Self::New,
            "gone" => Self::Gone,
            "changed" => Self::Changed,
            "manual" => Self::Manual,
            "closed" => Self::Closed,
            "closed_by_force" => Self::ClosedByForce,
            _ => Self::LateFor(Month::parse(word.strip_prefix(Self::LATE_FOR)?)?),
        })
    }

    /// The closed month that the entry belongs to.
    pub fn late_for(&self) -> Option<Month> {
        match self {
            Self::LateFor(month) => Some(*month),
            Self::New | Self::Gone | Self::Changed | Self::Manual | Self::Closed | Self::ClosedByForce => None,
        }
    }
}

impl Vocabulary for EntryReason {
    const COLUMN: &'static str = "journal_entries.reason_code";

    fn of_word(word: &str) -> Option<Self> {
        Self::parse(word)
    }
}

impl fmt::Display for EntryReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.write_str("new"),
            Self::Gone => f.write_str("gone"),
            Self::Changed => f.write_str("changed"),
            Self::Manual => f.write_str("manual"),
            Self::LateFor(month) => write!(f, "{}{month}", Self::LATE_FOR),
            Self::Closed => f.write_str("closed"),
            Self::ClosedByForce => f.write_str("closed_by_force"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_read_back() {
        for word in ["new", "gone", "changed", "manual", "late_for_2025-11", "closed", "closed_by_force"] {
            assert_eq!(EntryReason::parse(word).map(|reason| reason.to_string()).as_deref(), Some(word));
        }
        let error = EntryReason::stored("other", "source museum, entry 3").unwrap_err().to_string();
        assert!(error.contains("`other` in journal_entries.reason_code of source museum, entry 3"), "{error}");
    }
}
