//! What one row books: a balanced entry, before it has its number.

use chrono::NaiveDate;

use super::opening::OpeningVoucher;
use super::plan::posting_key;
use super::request::Request;
use crate::clock::Timestamp;
use crate::db::Connection;
use crate::ledger::Error;
use crate::ledger::batch::Batch;
use crate::ledger::book::{Account, EntryDraft, EntryKind, EntryReason, ItemKind, PostingRow, SealedEntries};
use crate::ledger::posting::StoredValueKey;
use crate::money::{Currency, Overflow, vat_in_gross};

/// One balanced entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ManualEntry {
    /// Of the file.
    pub(super) line: u64,
    /// Kind and document reference, such as `fee:ch_123`: posted once, whatever file it comes in.
    key: String,
    /// What it is, such as `manual.fee`.
    event_type: &'static str,
    /// The name of the fact in the journal.
    atom_key: String,
    /// Of the row that asked for it.
    hash: String,
    /// The order whose balance it moves.
    pub(super) order_id: Option<String>,
    /// Of all its lines.
    pub(super) currency: Currency,
    /// When it happened; `None`: when the books opened.
    day: Option<NaiveDate>,
    /// At least two, summing to zero.
    lines: Vec<(Account, PostingRow)>,
    /// The voucher or flex ticket that it is about.
    voucher: Option<StoredValueKey>,
    /// The voucher or flex ticket that it makes known.
    pub(super) opening: Option<OpeningVoucher>,
}

impl ManualEntry {
    /// Without lines.
    pub(super) fn of(request: &Request, event_type: &'static str) -> Self {
        Self {
            line: request.line,
            key: request.posted_as(),
            event_type,
            atom_key: request.key.clone(),
            hash: request.hash(),
            order_id: request.order_id.clone(),
            currency: request.currency,
            day: request.day,
            lines: Vec::new(),
            voucher: None,
            opening: None,
        }
    }

    /// The same fact under another name in the journal.
    pub(super) fn named(self, atom_key: String) -> Self {
        Self { atom_key, ..self }
    }

    /// Makes a voucher or flex ticket known.
    pub(super) fn opening(self, voucher: OpeningVoucher) -> Self {
        Self { opening: Some(voucher), ..self }
    }

    pub(super) fn lines(&self) -> &[(Account, PostingRow)] {
        &self.lines
    }

    /// The rows from the `first`-th on, to say more of them.
    pub(super) fn rows_from(&mut self, first: usize) -> impl Iterator<Item = &mut PostingRow> {
        self.lines.iter_mut().skip(first).map(|(_, row)| row)
    }

    /// The voucher or flex ticket that it is about.
    pub(super) fn voucher(&self) -> Option<&StoredValueKey> {
        self.voucher.as_ref()
    }

    /// The account whose balance it opens.
    pub(super) fn opened_account(&self) -> Option<&Account> {
        let opening = |(account, row): &&(Account, PostingRow)| {
            row.item_kind == ItemKind::OpeningBalance.as_str() && *account != Account::Opening
        };
        self.lines.iter().find(opening).map(|(account, _)| account)
    }

    /// Adds a line, unless it is zero.
    pub(super) fn line(mut self, account: Account, item_kind: ItemKind, amount_minor: i64) -> Self {
        if amount_minor == 0 {
            return self;
        }
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

    /// Adds a line of turnover at a rate: the net, or with its net the tax.
    pub(super) fn line_at(
        self,
        vat_bp: i32,
        tax_base_minor: Option<i64>,
        account: Account,
        item_kind: ItemKind,
        amount_minor: i64,
    ) -> Self {
        let first = self.lines.len();
        let mut entry = self.line(account, item_kind, amount_minor);
        for row in entry.rows_from(first) {
            (row.vat_bp, row.tax_base_minor) = (Some(vat_bp), tax_base_minor);
        }
        entry
    }

    /// Adds the credit of a gross amount: all of it without a rate, else net and output tax.
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
        Ok(self.line_at(bp, None, net_account, item_kind, -net).line_at(
            bp,
            Some(-net),
            Account::Vat(bp),
            item_kind,
            -vat,
        ))
    }

    /// Names the payment on every line.
    pub(super) fn paid_by(mut self, method: &str, payment_id: Option<&str>) -> Self {
        for row in self.rows_from(0) {
            row.payment_method = Some(method.to_owned());
            row.payment_id = payment_id.map(str::to_owned);
        }
        self
    }

    /// Names the voucher on every line.
    pub(super) fn of_voucher(mut self, voucher: StoredValueKey) -> Self {
        for row in self.rows_from(0) {
            row.voucher_id = Some(voucher.id.clone());
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
            atom_hash: &entry.hash,
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
