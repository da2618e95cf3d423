//! Opening + movements = closing, for what guests owe and for what we owe on vouchers.
//!
//! The closing balance is that of the trial balance and the movements are those of the month, so the opening balance is
//! what is left: no older line needs to be read again.

use crate::db::{Error, Result};
use crate::report::{Cell, Column, Shown, Table};

/// Currency, account, kind of item, minor units.
type Moved = (String, String, String, i64);

/// Movements by name: the kinds of items that they sum up.
type Group = (&'static str, &'static [&'static str]);

const RECEIVABLE: [Group; 5] = [
    ("billed_minor", &["ticket", "product", "flex", "voucher", "discount"]),
    ("paid_minor", &["payment"]),
    ("refunded_minor", &["refund"]),
    ("redeemed_minor", &["voucher_redemption", "flex_redemption"]),
    ("refund_vouchers_minor", &["refund_voucher"]),
];

const STORED_VALUE: [Group; 2] = [
    ("issued_minor", &["voucher", "refund_voucher", "flex"]),
    ("redeemed_minor", &["voucher_redemption", "flex_redemption"]),
];

/// As `v_rollforward_receivable`: each movement has the sign with which it moves the receivable.
pub(super) fn receivable(trial_balance: &Table, moved: &[Moved]) -> Result<Table> {
    table(trial_balance, moved, |account| account == "assets:receivable", 1, &RECEIVABLE)
}

/// As `v_rollforward_voucher`: a liability is positive.
pub(super) fn stored_value(trial_balance: &Table, moved: &[Moved]) -> Result<Table> {
    let ours = |account: &str| account == "liabilities:flex" || account.starts_with("liabilities:voucher:");
    table(trial_balance, moved, ours, -1, &STORED_VALUE)
}

fn table(
    trial_balance: &Table,
    moved: &[Moved],
    ours: impl Fn(&str) -> bool,
    sign: i128,
    groups: &[Group],
) -> Result<Table> {
    let text = |name| Column { name, shown: Shown::Text };
    let amount = |name| Column { name, shown: Shown::Amount };
    let mut columns = vec![text("currency"), text("account"), amount("opening_minor")];
    columns.extend(groups.iter().map(|(name, _)| amount(name)));
    columns.extend([amount("other_minor"), amount("closing_minor")]);
    let mut rows = Vec::new();
    for row in &trial_balance.rows {
        let [_, Cell::Text(Some(currency)), Cell::Text(Some(account)), Cell::Number(Some(closing))] = row.as_slice()
        else {
            continue;
        };
        if !ours(account) {
            continue;
        }
        let of_account = || moved.iter().filter(|(c, a, ..)| c == currency && a == account);
        let sum = |wanted: &dyn Fn(&str) -> bool| -> i128 {
            of_account().filter(|(_, _, kind, _)| wanted(kind)).map(|(.., minor)| i128::from(*minor)).sum()
        };
        let named = |kind: &str| groups.iter().any(|(_, kinds)| kinds.contains(&kind));
        let closing = i128::from(*closing);
        let mut amounts = vec![closing - sum(&|_| true)];
        amounts.extend(groups.iter().map(|(_, kinds)| sum(&|kind| kinds.contains(&kind))));
        // Manual entries and imports.
        amounts.extend([sum(&|kind| !named(kind)), closing]);
        let mut cells = vec![Cell::from(currency.clone()), Cell::from(account.clone())];
        for minor in amounts {
            let minor = i64::try_from(sign * minor);
            let too_large = || Error::Inconsistent(format!("a roll-forward of {account} overflows 64 bits"));
            cells.push(Cell::from(minor.map_err(|_| too_large())?));
        }
        rows.push(cells);
    }
    Ok(Table { columns, rows })
}
