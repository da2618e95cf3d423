//! How balances came to be: movements by what they are, from the lines of the accounts. Pure.

use serde::Serialize;

use super::rows::{MoveSum, RollForward, VatSum};
use crate::db::{Error, Result};
use crate::ledger::book::{Account, ItemKind};
use crate::ledger::totals::{AccountMove, LateMove, TrialBalance};
use crate::money;

/// Adds amounts; a sum that leaves 64 bits is an error and no number.
pub(super) fn sum(amounts: impl IntoIterator<Item = i64>) -> Result<i64> {
    money::sum(amounts).map_err(|_| Error::Inconsistent("a sum of the pack leaves the range of 64 bits".to_owned()))
}

/// What moved a balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Moved {
    Billed,
    Discounts,
    Issued,
    Redeemed,
    Paid,
    Refunded,
    RefundVouchers,
    Retained,
    WrittenOff,
    CashRounding,
    Expired,
    Corrected,
    PaidOut,
    Fees,
    /// When the book began, and what was taken back of it.
    BroughtIn,
    Other,
}

impl Moved {
    /// What moves a receivable, in the order of reading.
    pub(super) const RECEIVABLE: [Self; 11] = [
        Self::Billed,
        Self::Discounts,
        Self::Redeemed,
        Self::Paid,
        Self::Refunded,
        Self::RefundVouchers,
        Self::Retained,
        Self::WrittenOff,
        Self::CashRounding,
        Self::BroughtIn,
        Self::Other,
    ];
    /// What moves the liability of vouchers and flex tickets.
    pub(super) const STORED_VALUE: [Self; 7] = [
        Self::Issued,
        Self::RefundVouchers,
        Self::Redeemed,
        Self::Expired,
        Self::Corrected,
        Self::BroughtIn,
        Self::Other,
    ];

    fn of_any(kind: ItemKind) -> Self {
        match kind {
            ItemKind::Ticket | ItemKind::Product | ItemKind::Flex | ItemKind::Voucher => Self::Billed,
            ItemKind::Discount | ItemKind::PriceReduction => Self::Discounts,
            ItemKind::VoucherRedemption | ItemKind::FlexRedemption => Self::Redeemed,
            ItemKind::Payment => Self::Paid,
            ItemKind::Refund => Self::Refunded,
            ItemKind::RefundVoucher => Self::RefundVouchers,
            ItemKind::Retained => Self::Retained,
            ItemKind::WriteOff => Self::WrittenOff,
            ItemKind::CashRounding => Self::CashRounding,
            ItemKind::Fee => Self::Fees,
            ItemKind::Payout => Self::PaidOut,
            ItemKind::Breakage => Self::Expired,
            ItemKind::VoucherCorrection => Self::Corrected,
            ItemKind::VoucherOpening | ItemKind::OpeningBalance => Self::BroughtIn,
        }
    }

    /// Of a line by its kind; on an account of vouchers, what is billed is what is issued.
    fn of(line: &Line<'_>) -> Self {
        match ItemKind::parse(line.item_kind).map(Self::of_any) {
            _ if line.brought_in => Self::BroughtIn,
            Some(Self::Billed) if Account::is_stored_value(line.account) => Self::Issued,
            Some(moved) => moved,
            None => Self::Other,
        }
    }
}

/// Lines of one kind on an account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub(super) account: &'a str,
    pub(super) item_kind: &'a str,
    brought_in: bool,
    pub(super) in_vat: bool,
    pub(super) in_revenue: bool,
    pub(super) minor: i64,
}

/// Both rows say the same of a line.
macro_rules! line_of {
    ($($row:ident),+) => {$(
        impl<'a> From<&'a $row> for Line<'a> {
            fn from(row: &'a $row) -> Self {
                Self {
                    account: &row.account,
                    item_kind: &row.item_kind,
                    brought_in: row.moved == "opening",
                    in_vat: row.in_vat == "yes",
                    in_revenue: row.in_revenue == "yes",
                    minor: row.amount_minor,
                }
            }
        }
    )+};
}
line_of!(AccountMove, LateMove);

/// What moved an account, by what it is; `sign` -1 shows a liability as positive. Kinds that the list lacks are
/// `other`.
pub(super) fn roll_forward(
    account: Option<&str>,
    (opening, closing): (i64, i64),
    lines: &[Line<'_>],
    kinds: &[Moved],
    sign: i64,
) -> Result<RollForward> {
    let listed = |line: &Line<'_>| Some(Moved::of(line)).filter(|moved| kinds.contains(moved)).unwrap_or(Moved::Other);
    let of = |what: Moved| {
        let chosen = lines.iter().filter(|line| listed(line) == what).map(|line| line.minor);
        Ok(MoveSum { what, minor: signed(sum(chosen)?, sign)? })
    };
    Ok(RollForward {
        account: account.map(str::to_owned),
        opening_minor: signed(opening, sign)?,
        moves: kinds.iter().map(|kind| of(*kind)).collect::<Result<_>>()?,
        closing_minor: signed(closing, sign)?,
    })
}

fn signed(minor: i64, sign: i64) -> Result<i64> {
    minor.checked_mul(sign).ok_or_else(|| Error::Inconsistent("an amount leaves the range of 64 bits".to_owned()))
}

/// What lines of one kind moved on some accounts.
pub(super) fn moved(lines: &[Line<'_>], on: impl Fn(&str) -> bool, what: Moved) -> Result<i64> {
    sum(lines.iter().filter(|line| on(line.account) && Moved::of(line) == what).map(|line| line.minor))
}

pub(super) fn is_receivable(account: &str) -> bool {
    account == Account::RECEIVABLE
}

pub(super) fn is_clearing(account: &str) -> bool {
    account.starts_with("assets:clearing:")
}

pub(super) fn is_vat(account: &str) -> bool {
    account.starts_with("liabilities:vat:")
}

pub(super) fn is_deferred(account: &str) -> bool {
    account.starts_with("liabilities:deferred:")
}

/// The figures of the summary, of one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) billed: i64,
    pub(super) discounts: i64,
    pub(super) vat: VatSum,
    pub(super) paid: i64,
    pub(super) refunded: i64,
    /// Balances at the end.
    pub(super) receivable: i64,
    pub(super) stored_value: i64,
    pub(super) deferred: i64,
}

impl Figures {
    /// From what moved, and the balances at the end.
    pub(super) fn of(lines: &[Line<'_>], balances: &[(&str, i64)]) -> Result<Self> {
        let balance =
            |on: fn(&str) -> bool| sum(balances.iter().filter(|(account, _)| on(account)).map(|(_, minor)| *minor));
        let taxed = |on: fn(&str) -> bool| {
            let chosen = lines.iter().filter(|line| line.in_vat && on(line.account));
            signed(sum(chosen.map(|line| line.minor))?, -1)
        };
        let (net_minor, vat_minor) = (taxed(|account| !is_vat(account))?, taxed(is_vat)?);
        // The report of payments has the kinds of the lines, whatever the kind of their entry.
        let of_kind = |kind: ItemKind| {
            let chosen = lines.iter().filter(|line| is_clearing(line.account) && line.item_kind == kind.as_str());
            sum(chosen.map(|line| line.minor))
        };
        Ok(Self {
            billed: moved(lines, is_receivable, Moved::Billed)?,
            discounts: moved(lines, is_receivable, Moved::Discounts)?,
            vat: VatSum { net_minor, vat_minor, gross_minor: sum([net_minor, vat_minor])? },
            paid: of_kind(ItemKind::Payment)?,
            refunded: of_kind(ItemKind::Refund)?,
            receivable: balance(is_receivable)?,
            stored_value: signed(balance(Account::is_stored_value)?, -1)?,
            deferred: signed(balance(is_deferred)?, -1)?,
        })
    }

    /// The same with what came later.
    pub(super) fn plus(&self, later: &Self) -> Result<Self> {
        Ok(Self {
            billed: sum([self.billed, later.billed])?,
            discounts: sum([self.discounts, later.discounts])?,
            vat: self.vat.plus(&later.vat)?,
            paid: sum([self.paid, later.paid])?,
            refunded: sum([self.refunded, later.refunded])?,
            receivable: sum([self.receivable, later.receivable])?,
            stored_value: sum([self.stored_value, later.stored_value])?,
            deferred: sum([self.deferred, later.deferred])?,
        })
    }
}

impl VatSum {
    pub(super) fn plus(&self, other: &Self) -> Result<Self> {
        Ok(Self {
            net_minor: sum([self.net_minor, other.net_minor])?,
            vat_minor: sum([self.vat_minor, other.vat_minor])?,
            gross_minor: sum([self.gross_minor, other.gross_minor])?,
        })
    }

    pub(super) fn total<'a>(sums: impl IntoIterator<Item = &'a Self>) -> Result<Self> {
        sums.into_iter().try_fold(Self::default(), |total, sum| total.plus(sum))
    }
}

/// What moved, as balances: for facts that came later.
pub(super) fn as_balances<'a>(lines: &[Line<'a>]) -> Vec<(&'a str, i64)> {
    lines.iter().map(|line| (line.account, line.minor)).collect()
}

/// The closing balances of one currency.
pub(super) fn balances_in<'a>(rows: &'a [TrialBalance], currency: &str) -> Vec<(&'a str, i64)> {
    let of_currency = rows.iter().filter(|row| row.currency == currency);
    of_currency.map(|row| (row.account.as_str(), row.closing_minor)).collect()
}
