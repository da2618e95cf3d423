//! What one row books.

use chrono::NaiveDate;

use super::plan::posting_key;
use crate::clock::Timestamp;
use crate::db::Connection;
use crate::ledger::atom::sha256_of_json;
use crate::ledger::book::Draft;
use crate::ledger::store::{self, AccountRow, PostingRow};
use crate::ledger::{Account, Book, Error};
use crate::money::{Currency, Overflow, vat_in_gross};

/// One balanced entry, before it has its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// The line of the file.
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
    /// The voucher that it makes known.
    pub voucher: Option<OpeningVoucher>,
}

/// A voucher or flex ticket that an earlier system sold.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct OpeningVoucher {
    /// `voucher` or `flex`.
    pub class: &'static str,
    /// The provider's id.
    pub voucher_id: String,
    /// `mpv`, `spv`, `prepaid` or `taxed`.
    pub regime: &'static str,
    /// What it was still worth.
    pub value_minor: i64,
    /// ISO 4217 code.
    pub currency: Currency,
    /// Its rate; 0 when it is taxed when used.
    pub vat_bp: i32,
    /// When it was sold.
    pub sold_on: Option<NaiveDate>,
    /// Until when it can be used.
    pub expires_on: Option<NaiveDate>,
    /// Hash of its code.
    pub code_sha256: Option<String>,
    /// Last four characters of its code.
    pub code_last4: Option<String>,
}

impl Booking {
    /// Equal hash, equal content: importing it again posts nothing.
    pub fn hash(&self) -> String {
        let rows: Vec<&PostingRow> = self.lines.iter().map(|(_, row)| row).collect();
        sha256_of_json(&(&self.key, self.event_type, &self.order_id, self.day, rows, &self.voucher))
    }

    /// Adds a line.
    pub(super) fn line(mut self, account: Account, item_kind: &str, amount_minor: i64) -> Self {
        let row = PostingRow {
            source: String::new(),
            entry_no: 0,
            line_no: 0,
            account_code: account.to_string(),
            currency: self.currency.code().to_owned(),
            amount_minor,
            order_id: self.order_id.clone(),
            line_key: self.key.clone(),
            item_kind: item_kind.to_owned(),
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
        item_kind: &str,
        gross_minor: i64,
        vat_bp: Option<i32>,
    ) -> Result<Self, Overflow> {
        let Some(bp) = vat_bp else { return Ok(self.line(net_account, item_kind, -gross_minor)) };
        let vat = vat_in_gross(gross_minor, bp)?;
        let net = gross_minor - vat;
        let mut booking = self;
        for (account, amount, base) in [(net_account, -net, None), (Account::Vat(bp), -vat, Some(-net))] {
            if amount == 0 {
                continue;
            }
            booking = booking.line(account, item_kind, amount);
            if let Some((_, row)) = booking.lines.last_mut() {
                (row.vat_bp, row.tax_base_minor) = (Some(bp), base);
            }
        }
        Ok(booking)
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

/// Seals and writes the entries of these bookings.
pub(super) fn post(
    connection: &mut Connection,
    book: &mut Book,
    bookings: &[Booking],
    opened_on: NaiveDate,
    event_id: i64,
    now: Timestamp,
) -> Result<(), Error> {
    let (mut accounts, mut lines, mut entries): (Vec<AccountRow>, _, _) = (Vec::new(), Vec::new(), Vec::new());
    for booking in bookings {
        let day = booking.day.unwrap_or(opened_on);
        let effective_at = Timestamp::noon_of(day, book.policies.zone()).unwrap_or(now);
        let draft = Draft {
            kind: "manual",
            event_type: booking.event_type,
            order_id: booking.order_id.as_deref(),
            policy_id: book.policies.at(effective_at),
            snapshot_no: None,
            posting_key: Some(posting_key(&book.source, &booking.key)),
            atom_key: &booking.atom_key,
            atom_hash: &booking.hash(),
            reverses_no: None,
            reason: "manual",
            currency: booking.currency.code(),
            effective_at,
            effective_basis: "document",
            recorded_at: now,
            inbox_event_id: event_id,
        };
        let rows = booking.lines.iter().map(|(_, row)| row.clone()).collect();
        let (entry, rows) = book.seal(&draft, rows);
        for (account, row) in &booking.lines {
            if !accounts.iter().any(|known| known.code == row.account_code) {
                let (kind, vat_bp, code) = (account.kind(), account.vat_bp(), row.account_code.clone());
                accounts.push(AccountRow { source: book.source.clone(), code, kind, vat_bp });
            }
        }
        lines.extend(rows);
        entries.push(entry);
    }
    Ok(store::insert_entries(connection, &accounts, &lines, &entries)?)
}
