//! What a line of the journal means for the dates of VAT.

use chrono::NaiveDate;

use crate::db::Result;
use crate::ledger::book::{Account, EntryKind, EntryRow, ItemKind, PostingRow};

/// A line on the receivable of an order, or one that the VAT report counts.
#[derive(Clone, Debug)]
pub(in crate::ledger) struct Movement {
    pub(in crate::ledger) entry_no: i64,
    /// The snapshot that caused it; `None` for what a person entered.
    pub(super) snapshot_no: Option<i64>,
    pub(super) booking_date: NaiveDate,
    pub(super) currency: String,
    pub(super) kind: ItemKind,
    pub(super) leg: Leg,
    /// Debit positive.
    pub(super) amount_minor: i64,
    pub(super) vat_bp: Option<i32>,
    /// Of a tax line: the net, with the sign of the line.
    pub(super) tax_base_minor: Option<i64>,
    pub(super) service_date: Option<NaiveDate>,
    /// It happened before the book began.
    pub(super) opening: bool,
}

/// On which side of an entry a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leg {
    Receivable,
    /// Income, or what stands for it until there is income.
    Net,
    Vat,
    /// Of an item that was sold before the book began: what its cancellation takes back.
    BroughtIn,
}

impl Leg {
    /// As `v_vat_by_rate` counts them; `None` for a line that neither moves the receivable nor is taxed. What is
    /// brought in from before the book has a rate, and is turnover of the earlier one.
    pub(super) fn of(account_code: &str, vat_bp: Option<i32>) -> Option<Self> {
        if account_code == Account::RECEIVABLE {
            return Some(Self::Receivable);
        }
        if account_code == "equity:opening" {
            return vat_bp.map(|_| Self::BroughtIn);
        }
        if account_code.starts_with("liabilities:vat:") {
            return Some(Self::Vat);
        }
        let net =
            vat_bp.is_some() || account_code.starts_with("income:") || account_code == "suspense:vat_undetermined";
        net.then_some(Self::Net)
    }
}

impl Movement {
    /// `None` for a line that has no meaning for the dates of VAT.
    ///
    /// # Errors
    /// When the stored word of its kind is not known.
    pub(in crate::ledger) fn of(entry: &EntryRow, line: &PostingRow) -> Result<Option<Self>> {
        let Some(leg) = Leg::of(&line.account_code, line.vat_bp) else { return Ok(None) };
        Ok(Some(Self {
            entry_no: entry.entry_no,
            snapshot_no: entry.snapshot_no,
            booking_date: entry.booking_date,
            currency: line.currency.clone(),
            kind: line.item_kind()?,
            leg,
            amount_minor: line.amount_minor,
            vat_bp: line.vat_bp,
            tax_base_minor: line.tax_base_minor,
            service_date: line.service_date,
            opening: entry.kind()? == EntryKind::Opening,
        }))
    }

    /// Whether both became known with one snapshot, or with one entry that has none.
    pub(super) fn is_of_one_step(&self, other: &Self) -> bool {
        match (self.snapshot_no, other.snapshot_no) {
            (Some(one), Some(other)) => one == other,
            (None, None) => self.entry_no == other.entry_no,
            _ => false,
        }
    }
}
