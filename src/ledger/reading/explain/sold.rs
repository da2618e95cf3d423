//! What holds now: items, reductions, vouchers, money.

use std::collections::BTreeMap;

use super::facts::{Fact, Facts};
use super::words::{contained_vat, money, number};
use crate::ledger::book::PostingRow;

/// The line that makes the guest owe.
fn receivable(fact: &Fact) -> i64 {
    fact.lines.iter().filter(|line| line.account_code == "assets:receivable").map(|line| line.amount_minor).sum()
}

fn line_key(fact: &Fact) -> &str {
    fact.lines.first().map_or("", |line| line.line_key.as_str())
}

fn vat_of(fact: &Fact) -> Option<&PostingRow> {
    fact.lines.iter().find(|line| line.account_code.starts_with("liabilities:vat:"))
}

fn rate_of(fact: &Fact) -> Option<i32> {
    fact.lines.iter().find_map(|line| line.vat_bp)
}

/// Tickets and products, each with its VAT.
pub(super) fn items(facts: &Facts) -> Vec<String> {
    let mut sentences = Vec::new();
    for fact in facts.live(&["sale.ticket", "sale.product"]) {
        let (gross, currency) = (receivable(fact), fact.entry.currency.as_str());
        let name = capitalised(&facts.name(line_key(fact)));
        let tax = match rate_of(fact) {
            None => {
                "Its VAT rate is unknown, so all of it stays on suspense:vat_undetermined and none of it is revenue yet"
                    .to_owned()
            }
            Some(rate) => {
                let vat = vat_of(fact).map_or(0, |line| -line.amount_minor);
                let net = number(gross - vat, currency);
                format!("{}, so {net} is revenue", contained_vat(gross, vat, rate, currency))
            }
        };
        let entry_no = fact.entry.entry_no;
        sentences.push(format!("{name}: {}. {tax} (entry {entry_no}).", money(gross, currency)));
    }
    sentences
}

/// Coupons and discounts, and how they were shared.
pub(super) fn reductions(facts: &Facts) -> Vec<String> {
    let mut gross: BTreeMap<&str, i64> = BTreeMap::new();
    for fact in facts.live(&["sale.ticket", "sale.product"]) {
        gross.insert(line_key(fact), receivable(fact));
    }
    let base: i64 = gross.values().filter(|gross| **gross > 0).sum();
    let mut sentences = Vec::new();
    for fact in facts.live(&["coupon", "discount"]) {
        let (value, currency) = (-receivable(fact), fact.entry.currency.as_str());
        let name = capitalised(&facts.name(&fact.entry.atom_key));
        let mut parts = Vec::new();
        for line in fact.lines.iter().filter(|line| line.account_code == "assets:receivable") {
            let part = line.line_key.split_once('@').map_or("", |(_, part)| part);
            let share = number(-line.amount_minor, currency);
            let vat = fact
                .lines
                .iter()
                .find(|other| other.line_key == line.line_key && other.account_code.starts_with("liabilities:vat:"));
            let vat =
                vat.map_or_else(String::new, |vat| format!(", of which VAT {}", number(vat.amount_minor, currency)));
            let whole = gross.get(part).copied().unwrap_or(0);
            let (value, whole, base) = (number(value, currency), number(whole, currency), number(base, currency));
            parts.push(format!("{share} on {} ({value} × {whole} / {base}{vat})", facts.name(part)));
        }
        let shared = if parts.len() > 1 {
            "It is shared in proportion to the prices; cents that are left go to the largest remainders: "
        } else {
            "It takes "
        };
        sentences.push(format!(
            "{name}: {} off. {shared}{} (entry {}).",
            money(value, currency),
            parts.join("; "),
            fact.entry.entry_no
        ));
    }
    sentences
}

/// What was sold for later use, and what of that was used.
pub(super) fn stored_value(facts: &Facts) -> Vec<String> {
    let types = ["flex.sale", "voucher.issue", "voucher.refund_issue", "voucher.redeem", "flex.redeem"];
    facts.live(&types).map(|fact| stored_value_sentence(facts, fact)).collect()
}

fn stored_value_sentence(facts: &Facts, fact: &Fact) -> String {
    let (entry, currency) = (&fact.entry, fact.entry.currency.as_str());
    let id = fact.lines.iter().find_map(|line| line.voucher_id.as_deref()).unwrap_or("?");
    let moved = receivable(fact);
    let amount = money(moved.abs(), currency);
    let tax = match (rate_of(fact), vat_of(fact)) {
        (Some(rate), Some(vat)) if moved > 0 => {
            format!(" It is taxed now: {}.", contained_vat(moved, -vat.amount_minor, rate, currency))
        }
        (Some(rate), Some(vat)) => format!(
            " It was taxed when it was sold, so that VAT comes off here: {}.",
            contained_vat(-moved, vat.amount_minor, rate, currency)
        ),
        _ if moved > 0 => " It is taxed when it is used; until then we owe it.".to_owned(),
        _ => String::new(),
    };
    let what = match entry.event_type.as_str() {
        "flex.sale" => format!("{} was sold for {amount}.", capitalised(&facts.name(line_key(fact)))),
        "voucher.issue" => format!("Voucher {id} was sold for {amount}."),
        "voucher.refund_issue" => {
            let value = fact.lines.iter().map(|line| line.amount_minor).filter(|minor| *minor > 0).sum();
            let refunded = fact.lines.iter().find(|line| line.amount_minor > 0).and_then(|line| line.order_id.clone());
            let from = entry.order_id.as_deref().unwrap_or("?");
            let refunded = refunded.unwrap_or_else(|| "several orders".to_owned());
            return format!(
                "Voucher {id} of {} was issued by order {from} instead of a refund for order {refunded}; it \
                 stands for a refund there (entry {}).",
                money(value, currency),
                entry.entry_no
            );
        }
        "voucher.redeem" => format!("Voucher {id} paid {amount}, on {}.", facts.moment(entry.effective_at)),
        _ => format!("Flex ticket {id} paid {amount}, on {}.", facts.moment(entry.effective_at)),
    };
    format!("{what}{tax} (Entry {}.)", entry.entry_no)
}

/// Payments and refunds with their dates.
pub(super) fn money_sentence(facts: &Facts, fact: &Fact) -> String {
    let (entry, currency) = (&fact.entry, fact.entry.currency.as_str());
    let paid = -receivable(fact);
    let verb = if paid < 0 { "given back" } else { "received" };
    let method = fact.lines.iter().find_map(|line| line.payment_method.as_deref()).unwrap_or("unknown");
    let id = fact.lines.iter().find_map(|line| line.payment_id.as_deref()).unwrap_or("?");
    let receipt = if entry.effective_basis == "receipt" { " (the day we heard of it)" } else { "" };
    format!(
        "{}{receipt}: {} {verb} by {method}, payment {id} (entry {}).",
        facts.moment(entry.effective_at),
        money(paid.abs(), currency),
        entry.entry_no
    )
}

pub(super) fn money_chapter(facts: &Facts) -> Vec<String> {
    facts.live(&["payment", "refund"]).map(|fact| money_sentence(facts, fact)).collect()
}

/// What no webhook said.
pub(super) fn by_hand(facts: &Facts) -> Vec<String> {
    let manual = facts.all.iter().filter(|fact| fact.entry.snapshot_no.is_none());
    let sentence = |fact: &Fact| {
        let (entry, currency) = (&fact.entry, fact.entry.currency.as_str());
        let lines: Vec<String> = fact
            .lines
            .iter()
            .map(|line| format!("{} {}", number(line.amount_minor, currency), line.account_code))
            .collect();
        format!("Entry {} of {}, {}: {}.", entry.entry_no, entry.booking_date, entry.event_type, lines.join(", "))
    };
    manual.map(sentence).collect()
}

pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
