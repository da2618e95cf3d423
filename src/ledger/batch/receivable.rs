//! What stands on the receivable of an order.

use chrono::NaiveDate;

use crate::clock::Timestamp;
use crate::db::Result;
use crate::ledger::book::{EntryKind, EntryReason, EntryRow, ItemKind, PostingRow};

/// A line on the receivable of an order, from any order's entry.
#[derive(Clone, Debug)]
pub struct ReceivableLine {
    pub entry_no: i64,
    /// The entry that it takes back.
    pub reverses_no: Option<i64>,
    /// The order whose entry it is: a refund voucher of another order moves this one's receivable.
    pub entry_order: Option<String>,
    pub kind: EntryKind,
    pub atom_key: String,
    pub atom_hash: String,
    pub reason: EntryReason,
    /// The accounting day.
    pub booking_date: NaiveDate,
    /// When it happened.
    pub effective_at: Timestamp,
    /// What says so, such as `payment_date`.
    pub effective_basis: String,
    /// ISO 4217 code.
    pub currency: String,
    pub item_kind: ItemKind,
    pub payment_id: Option<String>,
    /// As the provider writes it.
    pub payment_method: Option<String>,
    pub voucher_id: Option<String>,
    /// Debit positive.
    pub amount_minor: i64,
}

impl ReceivableLine {
    /// The line as it will be read once it is written.
    pub(in crate::ledger) fn of(entry: &EntryRow, line: &PostingRow) -> Result<Self> {
        Ok(Self {
            entry_no: entry.entry_no,
            reverses_no: entry.reverses_no,
            entry_order: entry.order_id.clone(),
            kind: entry.kind()?,
            atom_key: entry.atom_key.clone(),
            atom_hash: entry.atom_hash.clone(),
            reason: entry.reason()?,
            booking_date: entry.booking_date,
            effective_at: entry.effective_at,
            effective_basis: entry.effective_basis.clone(),
            currency: line.currency.clone(),
            item_kind: line.item_kind()?,
            payment_id: line.payment_id.clone(),
            payment_method: line.payment_method.clone(),
            voucher_id: line.voucher_id.clone(),
            amount_minor: line.amount_minor,
        })
    }
}
