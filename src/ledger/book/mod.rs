//! The journal itself: accounts, entries, the hash chain, months and their closings, sources and the history of their
//! policies.
//!
//! Belongs here: what every other room reads or writes of the journal, and the rules that hold for any entry whatever
//! caused it. Does not: what an order is worth (`posting`), or who asks for an entry (`settle`, `entered`, `close`).

mod account;
pub(in crate::ledger) mod chain;
pub mod closings;
mod entry;
mod entry_kind;
mod head;
mod item_kind;
pub(in crate::ledger) mod kept_sums;
mod month;
mod policy_changes;
mod policy_history;
mod snapshot_row;
mod source;
pub mod store;

pub use account::Account;
pub(in crate::ledger) use entry::{AccountRow, EntryWithLines, SealedEntries, negated, with_lines};
pub use entry::{EntryRow, PostingRow};
pub use entry_kind::{EntryKind, EntryReason};
pub use head::Book;
pub(in crate::ledger) use head::EntryDraft;
pub use item_kind::{ItemKind, Moves};
pub(in crate::ledger) use kept_sums::KeptSums;
pub use month::Month;
pub use policy_history::{PolicyHistory, Rules};
pub use snapshot_row::{SnapshotCause, SnapshotRow};
pub use source::{KnownSource, NewSource, SourceFacts};
