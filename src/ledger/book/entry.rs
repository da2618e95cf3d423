//! Entries with their lines, as they are stored and hashed.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;

use super::{Account, EntryKind, EntryReason, ItemKind};
use crate::clock::Timestamp;
use crate::db::Result;
use crate::db::schema::{accounts, journal_entries, postings};
use crate::db::vocabulary::Vocabulary as _;

/// The header of an entry, as stored and as hashed. Its words stay text, so that a proof can read an entry that was
/// tampered with; code that interprets them calls [`EntryRow::kind`] and [`EntryRow::reason`].
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = journal_entries, treat_none_as_default_value = false)]
pub struct EntryRow {
    pub source: String,
    pub entry_no: i64,
    pub kind: String,
    pub event_type: String,
    pub order_id: Option<String>,
    pub snapshot_no: Option<i64>,
    pub atom_key: String,
    pub atom_hash: String,
    pub reverses_no: Option<i64>,
    pub reason_code: String,
    pub currency: String,
    pub effective_at: Timestamp,
    pub effective_basis: String,
    pub booking_date: NaiveDate,
    pub recorded_at: Timestamp,
    pub inbox_event_id: Option<i64>,
    pub policy_id: i32,
    pub line_count: i32,
    pub posting_key: String,
    pub hash_version: i16,
    pub prev_hash: String,
    #[serde(skip)]
    pub entry_hash: String,
}

/// A line of an entry, as stored and as hashed. Code that interprets its kind calls [`PostingRow::item_kind`].
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = postings, treat_none_as_default_value = false)]
pub struct PostingRow {
    pub source: String,
    pub entry_no: i64,
    pub line_no: i32,
    pub account_code: String,
    pub currency: String,
    pub amount_minor: i64,
    pub order_id: Option<String>,
    pub line_key: String,
    pub item_kind: String,
    pub event_id: Option<String>,
    pub event_key: Option<String>,
    pub event_date_id: Option<String>,
    pub service_date: Option<NaiveDate>,
    pub vat_bp: Option<i32>,
    pub tax_base_minor: Option<i64>,
    pub qty: Option<i64>,
    pub payment_id: Option<String>,
    pub payment_method: Option<String>,
    pub voucher_id: Option<String>,
    pub channel_id: Option<String>,
}

impl EntryRow {
    /// # Errors
    /// When the stored word is not known.
    pub fn kind(&self) -> Result<EntryKind> {
        EntryKind::stored(&self.kind, self.in_words())
    }

    /// # Errors
    /// When the stored word is not known.
    pub fn reason(&self) -> Result<EntryReason> {
        EntryReason::stored(&self.reason_code, self.in_words())
    }

    fn in_words(&self) -> String {
        format!("source {}, entry {}", self.source, self.entry_no)
    }
}

impl PostingRow {
    /// # Errors
    /// When the stored word is not known.
    pub fn item_kind(&self) -> Result<ItemKind> {
        let row = format_args!("source {}, entry {}, line {}", self.source, self.entry_no, self.line_no);
        ItemKind::stored(&self.item_kind, row)
    }
}

/// An account of the chart, as stored.
#[derive(Insertable)]
#[diesel(table_name = accounts, treat_none_as_default_value = false)]
pub(in crate::ledger) struct AccountRow {
    pub(in crate::ledger) source: String,
    pub(in crate::ledger) code: String,
    pub(in crate::ledger) kind: &'static str,
    pub(in crate::ledger) vat_bp: Option<i32>,
}

/// An entry with its lines.
pub(in crate::ledger) type EntryWithLines = (EntryRow, Vec<PostingRow>);

/// Entries that have their numbers and hashes and are not written yet.
#[derive(Default)]
pub(in crate::ledger) struct SealedEntries {
    pub(in crate::ledger) accounts: Vec<AccountRow>,
    /// Of all entries, in their order.
    pub(in crate::ledger) lines: Vec<PostingRow>,
    pub(in crate::ledger) entries: Vec<EntryRow>,
}

impl SealedEntries {
    pub(in crate::ledger) fn push(&mut self, (entry, lines): (EntryRow, Vec<PostingRow>)) {
        self.entries.push(entry);
        self.lines.extend(lines);
    }

    /// Notes an account that the entries use.
    pub(in crate::ledger) fn use_accounts<'a>(&mut self, source: &str, accounts: impl Iterator<Item = &'a Account>) {
        for account in accounts {
            let code = account.to_string();
            if !self.accounts.iter().any(|known| known.code == code) {
                let (kind, vat_bp) = (account.kind(), account.vat_bp());
                self.accounts.push(AccountRow { source: source.to_owned(), code, kind, vat_bp });
            }
        }
    }

    /// The entries, each with its lines.
    pub(in crate::ledger) fn into_entries(self) -> Vec<EntryWithLines> {
        let mut lines = self.lines.into_iter().peekable();
        let with_lines = |entry: EntryRow| {
            let mut own = Vec::new();
            while let Some(line) = lines.next_if(|line| line.entry_no == entry.entry_no) {
                own.push(line);
            }
            (entry, own)
        };
        self.entries.into_iter().map(with_lines).collect()
    }

    /// Each entry with its lines.
    pub(in crate::ledger) fn with_lines(&self) -> impl Iterator<Item = (&EntryRow, &[PostingRow])> {
        with_lines(&self.entries, &self.lines)
    }

    /// Every line on a receivable, with its entry.
    pub(in crate::ledger) fn receivable_lines(&self) -> impl Iterator<Item = (&EntryRow, &PostingRow)> {
        let receivable = Account::Receivable.to_string();
        self.with_lines()
            .flat_map(|(entry, lines)| lines.iter().map(move |line| (entry, line)))
            .filter(move |(_, line)| line.account_code == receivable)
    }
}

/// Each entry with its lines, of entries and lines that are both in the order of the entries.
pub(in crate::ledger) fn with_lines<'a>(
    entries: &'a [EntryRow],
    mut rest: &'a [PostingRow],
) -> impl Iterator<Item = (&'a EntryRow, &'a [PostingRow])> {
    entries.iter().map(move |entry| {
        let own = rest.iter().take_while(|line| line.entry_no == entry.entry_no).count();
        let (lines, others) = rest.split_at(own);
        rest = others;
        (entry, lines)
    })
}

/// The exact opposite: every measure is negated, every dimension kept.
pub(in crate::ledger) fn negated(line: PostingRow) -> PostingRow {
    PostingRow {
        amount_minor: -line.amount_minor,
        tax_base_minor: line.tax_base_minor.map(|base| -base),
        qty: line.qty.map(|qty| -qty),
        ..line
    }
}
