//! The page of the open items: balances of orders by their age. Pure.

use std::collections::BTreeMap;

use super::figures::sum;
use super::read::Read;
use super::rows::{AgeSum, Listed, OpenItem, OpenItems};
use crate::db::Result;
use crate::report::ageing::{Age, Aged};

/// Orders that are listed one by one: those with the most money.
const LISTED_ORDERS: usize = 20;

pub(super) fn page(read: &Read<'_>, currency: &str) -> Result<OpenItems> {
    let of_currency = |aged: &&Aged| aged.balance.currency.as_deref() == Some(currency);
    let aged: Vec<&Aged> = read.aged.iter().filter(of_currency).collect();
    let mut sums: BTreeMap<Age, (i64, i64)> = BTreeMap::new();
    for row in &aged {
        let (orders, minor) = sums.entry(row.age).or_default();
        *orders += 1;
        *minor = sum([*minor, row.balance.balance_minor])?;
    }
    let ages = Age::ALL.iter().map(|age| {
        let (orders, balance_minor) = sums.get(age).copied().unwrap_or_default();
        AgeSum { age: age.as_str(), orders, balance_minor }
    });
    let (credits, debts): (Vec<&Aged>, Vec<&Aged>) = aged.iter().partition(|row| row.age == Age::Credit);
    Ok(OpenItems {
        ages: ages.collect(),
        total_minor: sum(aged.iter().map(|row| row.balance.balance_minor))?,
        debts: listed(debts)?,
        credits: listed(credits)?,
    })
}

/// The largest first, and among equals the oldest.
fn listed(mut rows: Vec<&Aged>) -> Result<Listed> {
    rows.sort_by_key(|row| {
        let balance = &row.balance;
        (std::cmp::Reverse(balance.balance_minor.unsigned_abs()), row.due_on, balance.order_id.clone())
    });
    let (largest, rest) = rows.split_at(rows.len().min(LISTED_ORDERS));
    let item = |row: &&Aged| OpenItem {
        order_id: row.balance.order_id.clone(),
        order_code: row.balance.order_code.clone(),
        due_on: row.due_on,
        days: row.days,
        age: row.age.as_str(),
        balance_minor: row.balance.balance_minor,
    };
    Ok(Listed {
        largest: largest.iter().map(item).collect(),
        more: i64::try_from(rest.len()).unwrap_or(i64::MAX),
        more_minor: sum(rest.iter().map(|row| row.balance.balance_minor))?,
    })
}
