//! What an accountant would call a mistake although it could be booked. It is refused unless somebody says why it is
//! right, and that is stored.

use super::booking::{RESIDUE_MINOR, expiring, owed_to_guest};
use super::books::{Books, OrderBooks, VoucherBooks};
use super::entry::ManualEntry;
use super::request::{Purpose, Request};
use crate::ledger::book::Account;
use crate::money::{Currency, format_minor};
use crate::policy::Regime;

/// Why the entry is refused, in words that begin with the column; nothing when it is fine.
pub(super) fn objections(request: &Request, entry: &ManualEntry, books: &Books) -> Vec<String> {
    let mut objections = Vec::new();
    let order = request.order_id.as_deref().and_then(|order_id| books.order(order_id));
    if let Some(order) = order {
        objections.extend(other_currency(order, request.currency));
        objections.extend(about_order(request, entry, order, books));
    }
    match &request.purpose {
        Purpose::Breakage { voucher } => {
            if let Ok((key, voucher)) = books.voucher(voucher) {
                objections.extend(expires_too_much(&key.to_string(), voucher, request));
            }
        }
        Purpose::VoucherCorrection { voucher, .. } => {
            if let Ok((key, voucher)) = books.voucher(voucher) {
                objections.extend(corrects_too_much(&key.to_string(), voucher, entry));
            }
        }
        Purpose::OpeningBalance { account } => objections.extend(match books.opened(request.currency, account) {
            Some(0) => Some(format!("`account`: another row of the file opens {account} in {}", request.currency)),
            Some(no) => Some(format!("`account`: entry {no} opened {account} in {} already", request.currency)),
            None => None,
        }),
        _ => {}
    }
    objections
}

fn shown(minor: i64, currency: Currency) -> String {
    format!("{} {currency}", format_minor(minor, currency.exponent()))
}

fn other_currency(order: &OrderBooks, currency: Currency) -> Option<String> {
    let own = order.currency.filter(|own| *own != currency && !order.amounts.contains_key(currency.code()))?;
    Some(format!("`currency`: order {} is in {own}", order.name))
}

fn about_order(request: &Request, entry: &ManualEntry, order: &OrderBooks, books: &Books) -> Option<String> {
    let (currency, amount, name) = (request.currency, request.amount_minor, &order.name);
    let amounts = order.amounts_in(currency);
    let open = shown(amounts.open, currency);
    let credit = amounts.open.saturating_neg();
    match &request.purpose {
        Purpose::Payment { reference, .. } | Purpose::Refund { reference, .. }
            if order.payments.contains(reference.as_str()) =>
        {
            Some(format!("`reference`: the provider has told of payment {reference} of order {name}, and it is booked"))
        }
        Purpose::Refund { .. } if amounts.given_back.saturating_add(amount) > amounts.received => {
            let (received, back) = (shown(amounts.received, currency), shown(amounts.given_back, currency));
            Some(format!("`amount`: order {name} received {received}, and {back} of it were given back already"))
        }
        Purpose::Retain { .. } if !order.is_dead && !order.has_cancelled_parts => {
            Some(format!("`order_id`: order {name} is not cancelled, and no part of it is; nothing of it can be kept"))
        }
        Purpose::Retain { .. } if amount > credit => {
            let credit = shown(credit.max(0), currency);
            Some(format!("`amount`: the credit of order {name} is {credit}; no more can be kept"))
        }
        Purpose::WriteOff { .. } if amounts.open == 0 => {
            Some(format!("`amount`: nothing is open of order {name} in {currency}"))
        }
        Purpose::WriteOff { .. } if amount.unsigned_abs() > amounts.open.unsigned_abs() => {
            Some(format!("`amount`: only {open} is open of order {name}"))
        }
        Purpose::WriteOff { account, .. } if is_wrong_side(account, owed_to_guest(request, books)) => {
            let whose = if amounts.open < 0 { "we owe the guest" } else { "the guest owes us" };
            Some(format!("`account`: {whose} the {open} that are open of order {name}; {account} is for the opposite"))
        }
        _ => turned_over(entry, amounts.open, currency, name),
    }
}

/// A claim that is given up is an expense, a debt that is given up is income; rounding can be either.
fn is_wrong_side(account: &Account, owed_to_guest: bool) -> bool {
    match account {
        Account::BadDebt | Account::Fees => owed_to_guest,
        Account::IncomeRetained => !owed_to_guest,
        _ => false,
    }
}

/// What was open has the opposite sign after the entry.
fn turned_over(entry: &ManualEntry, open: i64, currency: Currency, name: &str) -> Option<String> {
    let moved = entry.lines().iter().filter(|(account, _)| *account == Account::Receivable);
    let after = moved.fold(open, |sum, (_, row)| sum.saturating_add(row.amount_minor));
    (open.signum() * after.signum() < 0).then(|| {
        let (open, after) = (shown(open, currency), shown(after, currency));
        format!("`amount`: it turns the open balance of order {name} over, from {open} to {after}")
    })
}

fn expires_too_much(name: &str, voucher: &VoucherBooks, request: &Request) -> Option<String> {
    let currency = request.currency;
    let left = voucher.worth_in(currency);
    let takes = expiring(voucher, request).unwrap_or(i64::MAX);
    if takes > left {
        let (left, net) = (shown(left, currency), net(voucher));
        return Some(format!("`amount`: {name} is worth {left}{net}; no more can expire"));
    }
    let expires_on = voucher.expires_on.zip(request.day).filter(|(expires_on, day)| day <= expires_on);
    expires_on.map(|(expires_on, _)| format!("`date`: {name} can be used until {expires_on}"))
}

fn corrects_too_much(name: &str, voucher: &VoucherBooks, entry: &ManualEntry) -> Option<String> {
    if voucher.regime.is_none() {
        return Some(format!(
            "`voucher_id`: nobody told how {name} was sold, so it counts as taxed when used; `opening-vouchers` \
             opens it"
        ));
    }
    let left = voucher.worth_in(entry.currency);
    let lines = entry.lines().iter().filter(|(_, row)| Account::is_stored_value(&row.account_code));
    let after = lines.fold(left, |sum, (_, row)| sum.saturating_sub(row.amount_minor));
    (after < -RESIDUE_MINOR && after < left).then(|| {
        let (left, after, net) = (shown(left, entry.currency), shown(after, entry.currency), net(voucher));
        format!("`amount`: {name} is worth {left}{net}, and would be worth {after}{net}")
    })
}

/// What was taxed when it was sold is owed net.
fn net(voucher: &VoucherBooks) -> &'static str {
    if voucher.regime.and_then(Regime::rate).is_some() { " net" } else { "" }
}
