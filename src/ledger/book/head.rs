//! One source's book while its lock is held: the next numbers, the last hash, the closed months.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::{EntryKind, EntryReason, EntryRow, Month, PolicyHistory, PostingRow, chain, store};
use crate::clock::Timestamp;
use crate::db::Connection;
use crate::ledger::Error;

/// The head of a book. Valid for one transaction, which holds the lock on its source.
pub struct Book {
    pub source: String,
    pub policies: PolicyHistory,
    head_no: i64,
    head_hash: String,
    snapshot_no: i64,
    /// A closed month closes every month before it.
    last_closed: Option<Month>,
}

/// The header of an entry before it has its number.
pub(in crate::ledger) struct EntryDraft<'a> {
    pub(in crate::ledger) kind: EntryKind,
    pub(in crate::ledger) event_type: &'a str,
    /// The order; `None` when the entry is about none.
    pub(in crate::ledger) order_id: Option<&'a str>,
    pub(in crate::ledger) policy_id: i32,
    /// What it was computed from; `None` for what a person entered.
    pub(in crate::ledger) snapshot_no: Option<i64>,
    /// What may be posted only once; `None`: this atom from this snapshot.
    pub(in crate::ledger) posting_key: Option<String>,
    pub(in crate::ledger) atom_key: &'a str,
    pub(in crate::ledger) atom_hash: &'a str,
    pub(in crate::ledger) reverses_no: Option<i64>,
    pub(in crate::ledger) reason: EntryReason,
    pub(in crate::ledger) currency: &'a str,
    pub(in crate::ledger) effective_at: Timestamp,
    pub(in crate::ledger) effective_basis: &'a str,
    pub(in crate::ledger) recorded_at: Timestamp,
    pub(in crate::ledger) inbox_event_id: i64,
}

impl Book {
    /// Locks the source and reads its head. The lock is taken before any number is computed.
    ///
    /// # Errors
    /// When the source was never prepared, or a statement fails.
    pub fn open(connection: &mut Connection, source: &str, zone: Tz) -> Result<Self, Error> {
        store::lock_source(connection, source)?;
        let (head_no, head_hash) = store::head(connection, source)?.unwrap_or((0, chain::GENESIS.to_owned()));
        Ok(Self {
            source: source.to_owned(),
            policies: PolicyHistory::load(connection, source, zone)?,
            head_no,
            head_hash,
            snapshot_no: store::last_snapshot_no(connection, source)?,
            last_closed: store::closed_months(connection, source)?.last().copied(),
        })
    }

    /// A book without entries, to be filled without a database.
    pub(in crate::ledger) fn empty(source: &str, policies: PolicyHistory) -> Self {
        Self {
            source: source.to_owned(),
            policies,
            head_no: 0,
            head_hash: chain::GENESIS.to_owned(),
            snapshot_no: 0,
            last_closed: None,
        }
    }

    pub(in crate::ledger) fn next_snapshot_no(&mut self) -> i64 {
        self.snapshot_no += 1;
        self.snapshot_no
    }

    /// Gives the entry its number, its booking date and its place in the chain.
    pub(in crate::ledger) fn seal(
        &mut self,
        draft: &EntryDraft<'_>,
        mut lines: Vec<PostingRow>,
    ) -> (EntryRow, Vec<PostingRow>) {
        let entry_no = self.head_no + 1;
        let (booking_date, late_for) = self.booking_date(draft.effective_at);
        for (line, line_no) in lines.iter_mut().zip(1..) {
            line.source.clone_from(&self.source);
            line.entry_no = entry_no;
            line.line_no = line_no;
        }
        let mut entry = EntryRow {
            source: self.source.clone(),
            entry_no,
            kind: draft.kind.as_str().to_owned(),
            event_type: draft.event_type.to_owned(),
            order_id: draft.order_id.map(str::to_owned),
            snapshot_no: draft.snapshot_no,
            atom_key: draft.atom_key.to_owned(),
            atom_hash: draft.atom_hash.to_owned(),
            reverses_no: draft.reverses_no,
            reason_code: late_for.as_ref().unwrap_or(&draft.reason).to_string(),
            currency: draft.currency.to_owned(),
            effective_at: draft.effective_at,
            effective_basis: draft.effective_basis.to_owned(),
            booking_date,
            recorded_at: draft.recorded_at,
            inbox_event_id: Some(draft.inbox_event_id),
            policy_id: draft.policy_id,
            line_count: i32::try_from(lines.len()).unwrap_or(i32::MAX),
            posting_key: draft.posting_key.clone().unwrap_or_else(|| {
                let (order_id, snapshot_no) = (draft.order_id.unwrap_or_default(), draft.snapshot_no.unwrap_or(0));
                chain::posting_key(&self.source, order_id, snapshot_no, draft.atom_key, draft.kind)
            }),
            hash_version: chain::HASH_VERSION,
            prev_hash: self.head_hash.clone(),
            entry_hash: String::new(),
        };
        entry.entry_hash = chain::entry_hash(&entry, &lines);
        self.head_no = entry_no;
        self.head_hash.clone_from(&entry.entry_hash);
        (entry, lines)
    }

    /// Puts a header that brings its own dates at the head of the chain: the close of a month, and what a rebuild
    /// repeats as it is stored. It gets its number and its hashes here. A close entry closes its month: what follows is
    /// booked later.
    pub fn append(&mut self, mut entry: EntryRow, lines: &[PostingRow]) -> EntryRow {
        entry.source.clone_from(&self.source);
        entry.entry_no = self.head_no + 1;
        entry.prev_hash.clone_from(&self.head_hash);
        entry.entry_hash = chain::entry_hash(&entry, lines);
        self.head_no = entry.entry_no;
        self.head_hash.clone_from(&entry.entry_hash);
        self.last_closed = self.last_closed.max(entry.closes().and_then(Month::parse));
        entry
    }

    /// Number and hash of the last entry; zero and zeros before the first.
    pub fn head(&self) -> (i64, &str) {
        (self.head_no, &self.head_hash)
    }

    /// The local day, or the first day of the earliest open month when that day's month is closed, with the reason.
    /// An older fact in a closed month would change the opening balances of those after it.
    fn booking_date(&self, effective_at: Timestamp) -> (NaiveDate, Option<EntryReason>) {
        let day = effective_at.local_date(self.policies.zone());
        let month = Month::of(day);
        match self.last_closed.filter(|last| month <= *last) {
            Some(last) => (last.next().first_day(), Some(EntryReason::LateFor(month))),
            None => (day, None),
        }
    }
}
