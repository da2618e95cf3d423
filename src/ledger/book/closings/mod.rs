//! What closing a month leaves in the book: its entry in the chain, the state of the month, its manifest, its anchor.
//!
//! Closing writes them, verification reads them, and every other entry is dated by them.

pub mod store;

use diesel::prelude::*;

use super::{EntryKind, EntryRow};
use crate::clock::Timestamp;
use crate::db::schema::{chain_anchors, period_manifests, periods};

impl EntryRow {
    /// The month that a close entry closes, as `YYYY-MM`; `None` for every other entry.
    pub(in crate::ledger) fn closes(&self) -> Option<&str> {
        self.atom_key.strip_prefix("close:").filter(|_| self.kind == EntryKind::Close.as_str())
    }
}

/// The state of a month, as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = periods, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(in crate::ledger) struct PeriodRow {
    pub(in crate::ledger) source: String,
    pub(in crate::ledger) period: String,
    pub(in crate::ledger) status: String,
    pub(in crate::ledger) closed_at: Option<Timestamp>,
    pub(in crate::ledger) closed_by: Option<String>,
    /// Hash of the month's numbers alone.
    pub(in crate::ledger) totals_sha256: Option<String>,
    /// The last entry that the close saw.
    pub(in crate::ledger) head_entry_no: Option<i64>,
}

/// The manifest of a closed month, as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = period_manifests)]
pub(in crate::ledger) struct ManifestRow {
    pub(in crate::ledger) source: String,
    pub(in crate::ledger) period: String,
    /// The close entry, whose atom hash is the hash of the text.
    pub(in crate::ledger) entry_no: i64,
    pub(in crate::ledger) doc: String,
    pub(in crate::ledger) doc_sha256: String,
    pub(in crate::ledger) closed_at: Timestamp,
    pub(in crate::ledger) closed_by: String,
}

/// A hash of the chain that was written outside, as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = chain_anchors)]
pub(in crate::ledger) struct AnchorRow {
    pub(in crate::ledger) source: String,
    pub(in crate::ledger) anchor_no: i64,
    pub(in crate::ledger) entry_no: i64,
    pub(in crate::ledger) entry_hash: String,
    pub(in crate::ledger) made_at: Timestamp,
    pub(in crate::ledger) medium: String,
    /// What was written: a line of the anchor file.
    pub(in crate::ledger) proof: String,
}
