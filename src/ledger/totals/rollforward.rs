//! Opening + movements = closing, for what guests owe and for what we owe on vouchers.
//!
//! The closing balance is that of the trial balance and the movements are those of the month, so the opening balance is
//! what is left: no older line needs to be read again.

use serde::{Deserialize, Serialize};

use super::{AccountBalance, Movement};
use crate::db::vocabulary::Vocabulary as _;
use crate::db::{Error, Result};
use crate::ledger::book::{Account, ItemKind, Moves};

/// As `v_rollforward_receivable`: each movement has the sign with which it moves the receivable.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::ledger) struct ReceivableRollforward {
    currency: String,
    account: String,
    opening_minor: i64,
    billed_minor: i64,
    paid_minor: i64,
    refunded_minor: i64,
    redeemed_minor: i64,
    refund_vouchers_minor: i64,
    /// Kept, rounded or written off, and what a person entered.
    other_minor: i64,
    closing_minor: i64,
}

/// As `v_rollforward_voucher`: a liability is positive.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::ledger) struct VoucherRollforward {
    currency: String,
    account: String,
    opening_minor: i64,
    issued_minor: i64,
    redeemed_minor: i64,
    /// Kept, rounded or written off, and what a person entered.
    other_minor: i64,
    closing_minor: i64,
}

/// One row for each receivable account of the trial balance at the end of the month.
pub(super) fn receivable(closing: &[AccountBalance], moved: &[Movement]) -> Result<Vec<ReceivableRollforward>> {
    let ours = closing.iter().filter(|balance| balance.account == Account::RECEIVABLE);
    let rows = ours.map(|balance| {
        let moves = AccountMoves::of(balance, moved, 1)?;
        let groups = [
            moves.sum(|kind| kind.moves() == Moves::Billed),
            moves.sum(|kind| kind.moves() == Moves::Paid),
            moves.sum(|kind| kind.moves() == Moves::Refunded),
            moves.sum(|kind| kind.moves() == Moves::Redeemed),
            moves.sum(|kind| kind.moves() == Moves::RefundVoucher),
        ];
        let [billed_minor, paid_minor, refunded_minor, redeemed_minor, refund_vouchers_minor] = moves.minor(groups)?;
        let [opening_minor, other_minor, closing_minor] = moves.rest(&groups)?;
        Ok(ReceivableRollforward {
            currency: balance.currency.clone(),
            account: balance.account.clone(),
            opening_minor,
            billed_minor,
            paid_minor,
            refunded_minor,
            redeemed_minor,
            refund_vouchers_minor,
            other_minor,
            closing_minor,
        })
    });
    rows.collect()
}

/// One row for each account of vouchers and flex tickets.
pub(super) fn vouchers(closing: &[AccountBalance], moved: &[Movement]) -> Result<Vec<VoucherRollforward>> {
    let rows = closing.iter().filter(|balance| Account::is_stored_value(&balance.account)).map(|balance| {
        let moves = AccountMoves::of(balance, moved, -1)?;
        let groups = [moves.sum(ItemKind::is_issue), moves.sum(|kind| kind.moves() == Moves::Redeemed)];
        let [issued_minor, redeemed_minor] = moves.minor(groups)?;
        let [opening_minor, other_minor, closing_minor] = moves.rest(&groups)?;
        Ok(VoucherRollforward {
            currency: balance.currency.clone(),
            account: balance.account.clone(),
            opening_minor,
            issued_minor,
            redeemed_minor,
            other_minor,
            closing_minor,
        })
    });
    rows.collect()
}

/// The kind of a movement that was brought in when the book began.
const BROUGHT_IN: &str = "opening";

/// What moved on one account. Sums of 64-bit numbers cannot leave 128 bits; each is checked when it becomes a field.
struct AccountMoves<'a> {
    balance: &'a AccountBalance,
    /// `-1` shows a credit as positive.
    sign: i128,
    /// Without a kind: brought in when the book began.
    of_account: Vec<(Option<ItemKind>, i64)>,
}

impl<'a> AccountMoves<'a> {
    fn of(balance: &'a AccountBalance, moved: &[Movement], sign: i128) -> Result<Self> {
        let same = |moved: &&Movement| moved.currency == balance.currency && moved.account == balance.account;
        let of_account = moved.iter().filter(same).map(|moved| {
            let known = || ItemKind::stored(&moved.item_kind, format_args!("a line on {}", moved.account));
            let kind = if moved.item_kind == BROUGHT_IN { None } else { Some(known()?) };
            Ok((kind, moved.amount_minor))
        });
        Ok(Self { balance, sign, of_account: of_account.collect::<Result<_>>()? })
    }

    fn sum(&self, chosen: impl Fn(ItemKind) -> bool) -> i128 {
        let chosen = self.of_account.iter().filter(|(kind, _)| kind.is_some_and(&chosen));
        chosen.map(|(_, minor)| i128::from(*minor)).sum()
    }

    /// Opening balance, what no group has, and closing balance.
    fn rest(&self, groups: &[i128]) -> Result<[i64; 3]> {
        let all: i128 = self.of_account.iter().map(|(_, minor)| i128::from(*minor)).sum();
        let closing = i128::from(self.balance.balance_minor);
        self.minor([closing - all, all - groups.iter().sum::<i128>(), closing])
    }

    fn minor<const N: usize>(&self, amounts: [i128; N]) -> Result<[i64; N]> {
        let mut minor = [0; N];
        for (minor, amount) in minor.iter_mut().zip(amounts) {
            *minor = i64::try_from(self.sign * amount).map_err(|_| {
                let account = &self.balance.account;
                Error::Inconsistent(format!("a roll-forward of {account} leaves the range of 64 bits"))
            })?;
        }
        Ok(minor)
    }
}
