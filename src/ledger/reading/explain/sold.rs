//! What holds now: items, reductions, vouchers, money.

use std::collections::BTreeMap;

use super::explained::{ExplainedEntry, ExplainedOrder};
use super::words::{contained_vat, money, number};
use crate::ledger::book::{Account, PostingRow};

/// The line that makes the guest owe.
fn receivable(booked: &ExplainedEntry) -> i64 {
    booked.lines.iter().filter(|line| line.account_code == Account::RECEIVABLE).map(|line| line.amount_minor).sum()
}

fn line_key(booked: &ExplainedEntry) -> &str {
    booked.lines.first().map_or("", |line| line.line_key.as_str())
}

fn vat_of(booked: &ExplainedEntry) -> Option<&PostingRow> {
    booked.lines.iter().find(|line| line.account_code.starts_with("liabilities:vat:"))
}

fn rate_of(booked: &ExplainedEntry) -> Option<i32> {
    booked.lines.iter().find_map(|line| line.vat_bp)
}

/// Tickets and products, each with its VAT.
pub(super) fn items(order: &ExplainedOrder) -> Vec<String> {
    let mut sentences = Vec::new();
    for booked in order.live(&["sale.ticket", "sale.product"]) {
        let (gross, currency) = (receivable(booked), booked.entry.currency.as_str());
        let name = capitalised(&order.name(line_key(booked)));
        let tax = match rate_of(booked) {
            None => {
                "Its VAT rate is unknown, so all of it stays on suspense:vat_undetermined and none of it is revenue yet"
                    .to_owned()
            }
            Some(rate) => {
                let vat = vat_of(booked).map_or(0, |line| -line.amount_minor);
                let net = number(gross - vat, currency);
                format!("{}, so {net} is revenue", contained_vat(gross, vat, rate, currency))
            }
        };
        let entry_no = booked.entry.entry_no;
        sentences.push(format!("{name}: {}. {tax} (entry {entry_no}).", money(gross, currency)));
    }
    sentences
}

/// Coupons and discounts, and how they were shared.
pub(super) fn reductions(order: &ExplainedOrder) -> Vec<String> {
    let mut gross: BTreeMap<&str, i64> = BTreeMap::new();
    for booked in order.live(&["sale.ticket", "sale.product"]) {
        gross.insert(line_key(booked), receivable(booked));
    }
    let base: i64 = gross.values().filter(|gross| **gross > 0).sum();
    let mut sentences = Vec::new();
    for booked in order.live(&["coupon", "discount"]) {
        let (value, currency) = (-receivable(booked), booked.entry.currency.as_str());
        let name = capitalised(&order.name(&booked.entry.atom_key));
        let mut parts = Vec::new();
        for line in booked.lines.iter().filter(|line| line.account_code == Account::RECEIVABLE) {
            let part = line.line_key.split_once('@').map_or("", |(_, part)| part);
            let share = number(-line.amount_minor, currency);
            let vat = booked
                .lines
                .iter()
                .find(|other| other.line_key == line.line_key && other.account_code.starts_with("liabilities:vat:"));
            let vat =
                vat.map_or_else(String::new, |vat| format!(", of which VAT {}", number(vat.amount_minor, currency)));
            let whole = gross.get(part).copied().unwrap_or(0);
            let (value, whole, base) = (number(value, currency), number(whole, currency), number(base, currency));
            parts.push(format!("{share} on {} ({value} × {whole} / {base}{vat})", order.name(part)));
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
            booked.entry.entry_no
        ));
    }
    sentences
}

/// What was sold for later use, and what of that was used.
pub(super) fn stored_value(order: &ExplainedOrder) -> Vec<String> {
    let types = ["flex.sale", "voucher.issue", "voucher.refund_issue", "voucher.redeem", "flex.redeem"];
    order.live(&types).map(|booked| stored_value_sentence(order, booked)).collect()
}

fn stored_value_sentence(order: &ExplainedOrder, booked: &ExplainedEntry) -> String {
    let (entry, currency) = (&booked.entry, booked.entry.currency.as_str());
    let id = booked.lines.iter().find_map(|line| line.voucher_id.as_deref()).unwrap_or("?");
    let moved = receivable(booked);
    let amount = money(moved.abs(), currency);
    let tax = match (rate_of(booked), vat_of(booked)) {
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
        "flex.sale" => format!("{} was sold for {amount}.", capitalised(&order.name(line_key(booked)))),
        "voucher.issue" => format!("Voucher {id} was sold for {amount}."),
        "voucher.refund_issue" => {
            let value = booked.lines.iter().map(|line| line.amount_minor).filter(|minor| *minor > 0).sum();
            let refunded =
                booked.lines.iter().find(|line| line.amount_minor > 0).and_then(|line| line.order_id.clone());
            let from = entry.order_id.as_deref().unwrap_or("?");
            let refunded = refunded.unwrap_or_else(|| "several orders".to_owned());
            return format!(
                "Voucher {id} of {} was issued by order {from} instead of a refund for order {refunded}; it \
                 stands for a refund there (entry {}).",
                money(value, currency),
                entry.entry_no
            );
        }
        "voucher.redeem" => format!("Voucher {id} paid {amount}, on {}.", order.moment(entry.effective_at)),
        _ => format!("Flex ticket {id} paid {amount}, on {}.", order.moment(entry.effective_at)),
    };
    format!("{what}{tax} (Entry {}.)", entry.entry_no)
}

/// Payments and refunds with their dates.
pub(super) fn money_sentence(order: &ExplainedOrder, booked: &ExplainedEntry) -> String {
    let (entry, currency) = (&booked.entry, booked.entry.currency.as_str());
    let paid = -receivable(booked);
    let verb = if paid < 0 { "given back" } else { "received" };
    let method = booked.lines.iter().find_map(|line| line.payment_method.as_deref()).unwrap_or("unknown");
    let id = booked.lines.iter().find_map(|line| line.payment_id.as_deref()).unwrap_or("?");
    let receipt = if entry.effective_basis == "receipt" { " (the day we heard of it)" } else { "" };
    format!(
        "{}{receipt}: {} {verb} by {method}, payment {id} (entry {}).",
        order.moment(entry.effective_at),
        money(paid.abs(), currency),
        entry.entry_no
    )
}

pub(super) fn money_chapter(order: &ExplainedOrder) -> Vec<String> {
    order.live(&["payment", "refund"]).map(|booked| money_sentence(order, booked)).collect()
}

/// What no webhook said.
pub(super) fn by_hand(order: &ExplainedOrder) -> Vec<String> {
    let manual = order.entries.iter().filter(|booked| booked.entry.snapshot_no.is_none());
    let sentence = |booked: &ExplainedEntry| {
        let (entry, currency) = (&booked.entry, booked.entry.currency.as_str());
        let lines: Vec<String> = booked
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
