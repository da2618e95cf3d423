//! What stands on the receivable of an order.

use chrono::NaiveDate;

use crate::ledger::book::{EntryRow, PostingRow};

/// A line on the receivable of an order, from any order's entry.
#[derive(Clone, Debug, diesel::Queryable)]
pub struct ReceivableLine {
    /// The order whose entry it is: a refund voucher of another order moves this one's receivable.
    pub entry_order: Option<String>,
    /// `post`, `reverse` or `manual`.
    pub kind: String,
    /// The atom.
    pub atom_key: String,
    /// Its content.
    pub atom_hash: String,
    /// `new`, `gone`, `changed` or `late_for_MONTH`.
    pub reason: String,
    /// The accounting day.
    pub booking_date: NaiveDate,
    /// The currency's code.
    pub currency: String,
    /// What it is about.
    pub item_kind: String,
    /// The payment.
    pub payment_id: Option<String>,
    /// Debit positive.
    pub amount_minor: i64,
}

impl ReceivableLine {
    /// The line as it will be read once it is written.
    pub(in crate::ledger) fn of(entry: &EntryRow, line: &PostingRow) -> Self {
        Self {
            entry_order: entry.order_id.clone(),
            kind: entry.kind.clone(),
            atom_key: entry.atom_key.clone(),
            atom_hash: entry.atom_hash.clone(),
            reason: entry.reason_code.clone(),
            booking_date: entry.booking_date,
            currency: line.currency.clone(),
            item_kind: line.item_kind.clone(),
            payment_id: line.payment_id.clone(),
            amount_minor: line.amount_minor,
        }
    }
}
