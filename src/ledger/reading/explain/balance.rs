//! What is open, as a sum.

use std::collections::BTreeMap;

use serde::Serialize;

use super::explained::ExplainedOrder;
use super::words::money;
use crate::db::Result;
use crate::ledger::book::{Account, ItemKind};

/// The balance of the order in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Balance {
    pub currency: String,
    /// What it is made of.
    pub terms: Vec<Term>,
    /// The sum: positive, the guest owes; negative, we owe.
    pub balance_minor: i64,
    /// The sum in words.
    pub verdict: String,
}

/// One kind of what was billed or settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Term {
    pub what: String,
    /// Minor units: positive, the guest owes more.
    pub amount_minor: i64,
}

fn in_words(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Ticket => "tickets",
        ItemKind::Product => "products",
        ItemKind::Flex => "flex tickets sold",
        ItemKind::Voucher => "vouchers sold",
        ItemKind::Discount => "taken off",
        ItemKind::PriceReduction => "price reduced by hand",
        ItemKind::VoucherRedemption => "paid by vouchers",
        ItemKind::FlexRedemption => "paid by flex tickets",
        ItemKind::Payment => "payments",
        ItemKind::Refund => "refunds",
        ItemKind::RefundVoucher => "vouchers issued as refund",
        ItemKind::Retained => "kept after the end of the order",
        ItemKind::WriteOff => "written off",
        ItemKind::VoucherCorrection => "paid by a voucher, as corrected by hand",
        ItemKind::CashRounding
        | ItemKind::Fee
        | ItemKind::Payout
        | ItemKind::VoucherOpening
        | ItemKind::Breakage
        | ItemKind::OpeningBalance => kind.as_str(),
    }
}

pub(super) fn balances(order: &ExplainedOrder) -> Result<Vec<Balance>> {
    let mut sums: BTreeMap<&str, BTreeMap<ItemKind, i64>> = BTreeMap::new();
    let lines = order.entries.iter().flat_map(|booked| &booked.lines).filter(|line| {
        line.account_code == Account::RECEIVABLE && line.order_id.as_deref() == Some(order.order_id.as_str())
    });
    for line in lines {
        let sum = sums.entry(&line.currency).or_default().entry(line.item_kind()?).or_default();
        // The verification holds every balance to its range; a story need not fail for it.
        *sum = sum.saturating_add(line.amount_minor);
    }
    Ok(sums.into_iter().map(|(currency, kinds)| balance(currency, &kinds)).collect())
}

/// The kinds are sorted as they are read: what was billed, then what settled it.
fn balance(currency: &str, kinds: &BTreeMap<ItemKind, i64>) -> Balance {
    let moved = kinds.iter().filter(|(_, minor)| **minor != 0);
    let term = |(kind, minor): (&ItemKind, &i64)| Term { what: in_words(*kind).to_owned(), amount_minor: *minor };
    let terms: Vec<Term> = moved.map(term).collect();
    let balance_minor = terms.iter().fold(0_i64, |sum, term| sum.saturating_add(term.amount_minor));
    let verdict = match balance_minor {
        0 => "nothing is open".to_owned(),
        1.. => format!("the guest still owes {}", money(balance_minor, currency)),
        _ => format!("we owe the guest {}", money(balance_minor.saturating_neg(), currency)),
    };
    Balance { currency: currency.to_owned(), terms, balance_minor, verdict }
}
