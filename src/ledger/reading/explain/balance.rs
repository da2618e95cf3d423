//! What is open, as a sum.

use std::collections::BTreeMap;

use serde::Serialize;

use super::facts::Facts;
use super::words::money;

/// The balance of the order in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// The currency.
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
    /// In words.
    pub what: String,
    /// Minor units: positive, the guest owes more.
    pub amount_minor: i64,
}

/// The order of reading: what was billed, then what settled it.
const TERMS: [(&str, &str); 11] = [
    ("ticket", "tickets"),
    ("product", "products"),
    ("flex", "flex tickets sold"),
    ("voucher", "vouchers sold"),
    ("discount", "taken off"),
    ("voucher_redemption", "paid by vouchers"),
    ("flex_redemption", "paid by flex tickets"),
    ("payment", "payments"),
    ("refund", "refunds"),
    ("refund_voucher", "vouchers issued as refund"),
    ("retained", "kept after the end of the order"),
];

pub(super) fn balances(facts: &Facts) -> Vec<Balance> {
    let mut sums: BTreeMap<&str, BTreeMap<&str, i64>> = BTreeMap::new();
    let lines = facts.all.iter().flat_map(|fact| &fact.lines).filter(|line| {
        line.account_code == "assets:receivable" && line.order_id.as_deref() == Some(facts.order_id.as_str())
    });
    for line in lines {
        let sum = sums.entry(&line.currency).or_default().entry(&line.item_kind).or_default();
        // The verification holds every balance to its range; a story need not fail for it.
        *sum = sum.saturating_add(line.amount_minor);
    }
    sums.into_iter().map(|(currency, kinds)| balance(currency, &kinds)).collect()
}

fn balance(currency: &str, kinds: &BTreeMap<&str, i64>) -> Balance {
    let known = TERMS.iter().filter_map(|(kind, what)| Some((*what, *kinds.get(kind)?)));
    let others = kinds.iter().filter(|(kind, _)| TERMS.iter().all(|(known, _)| known != *kind));
    let terms: Vec<Term> = known
        .chain(others.map(|(kind, minor)| (if kind.is_empty() { "other" } else { *kind }, *minor)))
        .filter(|(_, minor)| *minor != 0)
        .map(|(what, amount_minor)| Term { what: what.to_owned(), amount_minor })
        .collect();
    let balance_minor = terms.iter().fold(0_i64, |sum, term| sum.saturating_add(term.amount_minor));
    let verdict = match balance_minor {
        0 => "nothing is open".to_owned(),
        1.. => format!("the guest still owes {}", money(balance_minor, currency)),
        _ => format!("we owe the guest {}", money(balance_minor.saturating_neg(), currency)),
    };
    Balance { currency: currency.to_owned(), terms, balance_minor, verdict }
}
