//! What is owed for a voucher: entry by entry, and as a sum.

use std::collections::BTreeMap;

use super::life::Life;
use crate::db::Result;
use crate::ledger::batch::current_state::RegimeWord;
use crate::ledger::book::{Account, ItemKind, Moves};
use crate::ledger::reading::explain::balance::{Balance, Term};
use crate::ledger::reading::explain::explained::ExplainedEntry;
use crate::ledger::reading::explain::history::why;
use crate::ledger::reading::explain::summary::Line;
use crate::ledger::reading::explain::words::money;

impl Life {
    /// Every entry in the order of the book, with what is owed after it.
    pub(super) fn steps(&self) -> Vec<Line> {
        let mut left: BTreeMap<&str, i64> = BTreeMap::new();
        let mut lines = Vec::new();
        if self.is_net() && !self.entries.is_empty() {
            lines.push(Line::plain("Amounts are net: the VAT was charged when it was sold.".to_owned()));
        }
        for booked in &self.entries {
            let (entry, moved) = (&booked.entry, self.liability(booked));
            let left = left.entry(&entry.currency).or_default();
            *left += moved;
            let sign = if moved < 0 { "" } else { "+" };
            let (what, no) = (self.step(booked), entry.entry_no);
            let (moved_told, left) = (money(moved, &entry.currency), money(*left, &entry.currency));
            lines.push(Line {
                text: format!("{}: {what}: {sign}{moved_told}, {left} owed (entry {no}).", entry.booking_date),
                kind: format!("step in {}", entry.booking_date.format("%Y-%m")),
                currency: entry.currency.clone(),
                amount_minor: moved,
                vat_minor: None,
                entry_no: Some(no),
            });
        }
        lines
    }

    fn step(&self, booked: &ExplainedEntry) -> String {
        let order = self.order(booked.entry.order_id.as_deref());
        let what = match self.item_kind(booked) {
            Some(ItemKind::RefundVoucher) => format!("issued as a refund by {order}"),
            Some(ItemKind::VoucherOpening) => "taken over from an earlier system".to_owned(),
            Some(kind) if kind.is_issue() => format!("sold by {order}"),
            Some(kind) if kind.moves() == Moves::Redeemed => format!("used by {order}"),
            Some(kind) => kind.as_str().replace('_', " "),
            None => "entered by hand".to_owned(),
        };
        match booked.entry.reverses_no {
            None => what,
            Some(no) => {
                let why = why(booked, self.zone).unwrap_or_default();
                format!("entry {no} taken back, {what} ({why})")
            }
        }
    }

    /// What was taxed when it was sold is owed net.
    fn is_net(&self) -> bool {
        match self.facts.as_ref().map(|facts| facts.regime) {
            Some(RegimeWord::Spv | RegimeWord::Taxed) => true,
            Some(_) => false,
            // Nobody sells or uses it any more; its entries tell.
            None => self.entries.iter().flat_map(|booked| &booked.lines).any(|line| {
                line.voucher_id.as_deref() == Some(&self.key.id)
                    && Account::rate_of_voucher(&line.account_code).is_some()
            }),
        }
    }

    pub(super) fn balances(&self) -> Result<Vec<Balance>> {
        let mut sums: BTreeMap<&str, BTreeMap<ItemKind, i64>> = BTreeMap::new();
        for booked in &self.entries {
            for line in booked.lines.iter().filter(|line| line.voucher_id.as_deref() == Some(&self.key.id)) {
                if Account::is_stored_value(&line.account_code) {
                    let sum = sums.entry(&line.currency).or_default().entry(line.item_kind()?).or_default();
                    *sum = sum.saturating_sub(line.amount_minor);
                }
            }
        }
        Ok(sums.into_iter().map(|(currency, kinds)| self.balance(currency, &kinds)).collect())
    }

    fn balance(&self, currency: &str, kinds: &BTreeMap<ItemKind, i64>) -> Balance {
        let net = if self.is_net() { ", net" } else { "" };
        let word = |kind: ItemKind| match kind {
            ItemKind::RefundVoucher => "issued as a refund".to_owned(),
            ItemKind::VoucherOpening => "taken over from an earlier system".to_owned(),
            kind if kind.is_issue() => "sold".to_owned(),
            kind if kind.moves() == Moves::Redeemed => "used".to_owned(),
            kind => kind.as_str().replace('_', " "),
        };
        let moved = kinds.iter().filter(|(_, minor)| **minor != 0);
        let terms: Vec<Term> =
            moved.map(|(kind, minor)| Term { what: word(*kind) + net, amount_minor: *minor }).collect();
        let balance_minor = terms.iter().fold(0_i64, |sum, term| sum.saturating_add(term.amount_minor));
        let net = if self.is_net() { ", net: its VAT was charged when it was sold" } else { "" };
        let verdict = match balance_minor {
            0 if terms.is_empty() => "nothing is issued".to_owned(),
            0 => "nothing is left on it".to_owned(),
            1.. => format!("is left on it{net}"),
            _ => format!("more was used than was issued{net}"),
        };
        Balance { currency: currency.to_owned(), terms, balance_minor, verdict }
    }
}
