//! What one row of a file asks for, before the books are asked.

use chrono::NaiveDate;
use serde::Serialize;

use super::opening::OpeningVoucher;
use crate::ledger::book::Account;
use crate::ledger::book::chain::sha256_of_json;
use crate::ledger::posting::{StoredValueClass, StoredValueKey};
use crate::money::Currency;

/// One entry that a row asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Request {
    /// Of the file.
    #[serde(skip)]
    pub line: u64,
    /// Kind and document reference, such as `fee:ch_123`: posted once, whatever file it comes in.
    pub key: String,
    /// How often the key was posted and reversed before: only an opening is ever above 0, for its reference is the
    /// voucher.
    #[serde(skip)]
    pub(super) reversed: u32,
    /// When it happened; `None`: when the books opened.
    pub day: Option<NaiveDate>,
    pub currency: Currency,
    /// Minor units, in the direction of the purpose: a refund of 500 gives 500 back.
    pub amount_minor: i64,
    /// The order that it is about.
    pub order_id: Option<String>,
    pub purpose: Purpose,
}

/// What it is for, with what that needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Purpose {
    /// What a payment provider keeps; with the rate of the input tax in it.
    Fee { method: String, input_vat_bp: Option<i32> },
    /// What a payment provider pays out.
    Payout { method: String },
    /// Money of a guest that no webhook told of.
    Payment { method: String, reference: String },
    /// Money given back to a guest that no webhook told of.
    Refund { method: String, reference: String },
    /// What is kept of a cancelled order becomes income; with a rate it is taxed.
    Retain { vat_bp: Option<i32> },
    /// What is open is given up.
    WriteOff { account: Account, vat_bp: Option<i32> },
    /// The price of an order's lines is lowered.
    PriceReduction,
    /// A voucher or flex ticket expires.
    Breakage { voucher: VoucherName },
    /// A voucher or flex ticket is worth more (positive) or less (negative) than was told.
    VoucherCorrection { voucher: VoucherName, account: Account },
    /// A voucher or flex ticket of an earlier system.
    OpeningVoucher(OpeningVoucher),
    /// Balance of an account when the books began, positive on the normal side of the account.
    OpeningBalance { account: Account },
}

/// A voucher or flex ticket as a file names it: `ID`, or `voucher:ID` or `flex:ID` where both have that id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VoucherName {
    pub class: Option<StoredValueClass>,
    pub id: String,
}

impl VoucherName {
    pub(super) fn parse(text: &str) -> Self {
        match StoredValueKey::parse(text) {
            Some(StoredValueKey { class, id }) => Self { class: Some(class), id },
            None => Self { class: None, id: text.to_owned() },
        }
    }
}

impl Request {
    /// Equal hash, equal content: importing it again posts nothing.
    pub fn hash(&self) -> String {
        sha256_of_json(self)
    }

    /// The column that makes it one of its kind.
    pub(super) fn reference_column(&self) -> &'static str {
        match self.purpose {
            Purpose::OpeningVoucher(_) => "voucher_id",
            _ => "reference",
        }
    }

    /// The key under which it is posted once.
    pub(super) fn posted_as(&self) -> String {
        match self.reversed {
            0 => self.key.clone(),
            times => format!("{}#{times}", self.key),
        }
    }

    /// The voucher or flex ticket that has to be known already.
    pub(super) fn voucher(&self) -> Option<&VoucherName> {
        match &self.purpose {
            Purpose::Breakage { voucher } | Purpose::VoucherCorrection { voucher, .. } => Some(voucher),
            _ => None,
        }
    }
}
