//! What one row books.

use chrono::NaiveDate;

use super::plan::posting_key;
use crate::clock::Timestamp;
use crate::db::Connection;
use crate::ledger::Error;
use crate::ledger::batch::Batch;
use crate::ledger::batch::current_state::RegimeWord;
use crate::ledger::book::chain::sha256_of_json;
use crate::ledger::book::{Account, EntryDraft, EntryKind, EntryReason, ItemKind, PostingRow, SealedEntries};
use crate::ledger::posting::{StoredValueClass, StoredValueKey};
use crate::money::{Currency, Overflow, vat_in_gross};

/// One balanced entry, before it has its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManualEntry {
    /// Of the file.
    pub line: u64,
    /// Kind and document reference, such as `fee:ch_123`: posted once, whatever file it comes in.
    pub key: String,
    /// What it is, such as `manual.fee`.
    pub event_type: &'static str,
    /// The name of the fact in the journal.
    pub atom_key: String,
    /// The order whose balance it moves.
    pub order_id: Option<String>,
    /// Of all its lines.
    pub currency: Currency,
    /// When it happened; `None`: when the books opened.
    pub day: Option<NaiveDate>,
    /// At least two, summing to zero.
    pub(super) lines: Vec<(Account, PostingRow)>,
    pub voucher: Option<OpeningVoucher>,
}

/// A voucher or flex ticket that an earlier system sold.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct OpeningVoucher {
    pub class: StoredValueClass,
    pub voucher_id: String,
    pub regime: RegimeWord,
    /// What it was still worth.
    pub value_minor: i64,
    pub currency: Currency,
    /// Its rate; 0 when it is taxed when used.
    pub vat_bp: i32,
    pub sold_on: Option<NaiveDate>,
    /// Until when it can be used.
    pub expires_on: Option<NaiveDate>,
    pub code_sha256: Option<String>,
    pub code_last4: Option<String>,
}

impl OpeningVoucher {
    pub(super) fn key(&self) -> StoredValueKey {
        StoredValueKey::new(self.class, &self.voucher_id)
    }
}

impl ManualEntry {
    /// Equal hash, equal content: importing it again posts nothing.
    pub fn hash(&self) -> String {
        let rows: Vec<&PostingRow> = self.lines.iter().map(|(_, row)| row).collect();
        sha256_of_json(&(&self.key, self.event_type, &self.order_id, self.day, rows, &self.voucher))
    }

    pub(super) fn line(mut self, account: Account, item_kind: ItemKind, amount_minor: i64) -> Self {
        let row = PostingRow {
            source: String::new(),
            entry_no: 0,
            line_no: 0,
            account_code: account.to_string(),
            currency: self.currency.code().to_owned(),
            amount_minor,
            order_id: self.order_id.clone(),
            line_key: self.key.clone(),
            item_kind: item_kind.as_str().to_owned(),
            event_id: None,
            event_key: None,
            event_date_id: None,
            service_date: None,
            vat_bp: None,
            tax_base_minor: None,
            qty: None,
            payment_id: None,
            payment_method: None,
            voucher_id: None,
            channel_id: None,
        };
        self.lines.push((account, row));
        self
    }

    /// Adds the credit of a gross amount: all of it without a rate, else net and tax. A part that is zero is left out.
    pub(super) fn taxed(
        self,
        net_account: Account,
        item_kind: ItemKind,
        gross_minor: i64,
        vat_bp: Option<i32>,
    ) -> Result<Self, Overflow> {
        let Some(bp) = vat_bp else { return Ok(self.line(net_account, item_kind, -gross_minor)) };
        let vat = vat_in_gross(gross_minor, bp)?;
        let net = gross_minor - vat;
        let mut entry = self;
        for (account, amount, base) in [(net_account, -net, None), (Account::Vat(bp), -vat, Some(-net))] {
            if amount == 0 {
                continue;
            }
            entry = entry.line(account, item_kind, amount);
            if let Some((_, row)) = entry.lines.last_mut() {
                (row.vat_bp, row.tax_base_minor) = (Some(bp), base);
            }
        }
        Ok(entry)
    }

    /// Names the payment on every line.
    pub(super) fn paid_by(mut self, method: &str, payment_id: Option<&str>) -> Self {
        for (_, row) in &mut self.lines {
            row.payment_method = Some(method.to_owned());
            row.payment_id = payment_id.map(str::to_owned);
        }
        self
    }

    /// Names the voucher on every line.
    pub(super) fn of_voucher(mut self, voucher: OpeningVoucher) -> Self {
        for (_, row) in &mut self.lines {
            row.voucher_id = Some(voucher.voucher_id.clone());
        }
        self.voucher = Some(voucher);
        self
    }
}

/// Seals these entries and writes them.
pub(super) fn post(
    connection: &mut Connection,
    batch: &mut Batch,
    entries: &[ManualEntry],
    opened_on: NaiveDate,
    event_id: i64,
    now: Timestamp,
) -> Result<(), Error> {
    let mut sealed = SealedEntries::default();
    for entry in entries {
        let day = entry.day.unwrap_or(opened_on);
        let effective_at = Timestamp::noon_of(day, batch.book.policies.zone()).unwrap_or(now);
        let draft = EntryDraft {
            kind: EntryKind::Manual,
            event_type: entry.event_type,
            order_id: entry.order_id.as_deref(),
            policy_id: batch.book.policies.at(effective_at),
            snapshot_no: None,
            posting_key: Some(posting_key(&batch.book.source, &entry.key)),
            atom_key: &entry.atom_key,
            atom_hash: &entry.hash(),
            reverses_no: None,
            reason: EntryReason::Manual,
            currency: entry.currency.code(),
            effective_at,
            effective_basis: "document",
            recorded_at: now,
            inbox_event_id: event_id,
        };
        let rows = entry.lines.iter().map(|(_, row)| row.clone()).collect();
        sealed.push(batch.book.seal(&draft, rows));
        sealed.use_accounts(&batch.book.source, entry.lines.iter().map(|(account, _)| account));
    }
    batch.insert(connection, &sealed)
}
