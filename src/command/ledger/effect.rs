//! What an import or a reversal does to orders, vouchers and findings, as text.

use std::fmt::Write as _;

use crate::ledger::entered::import::{Effect, FindingChange, OrderEffect};
use crate::money::{Currency, format_minor};
use crate::report::format::{finish, plain_table, printable};

/// Rows of a kind that are listed; `--format json` lists all.
const LISTED: usize = 40;

pub(super) fn in_words(effect: &Effect) -> String {
    let mut text = String::new();
    if !effect.orders.is_empty() {
        let titles = ["order", "currency", "", "billed", "settled", "balance"].map(str::to_owned);
        let mut table = plain_table(titles.to_vec());
        for order in effect.orders.iter().take(LISTED) {
            table.add_rows(rows_of(order));
        }
        text.push_str(&finish(&table));
        more(&mut text, effect.orders.len());
    }
    if !effect.vouchers.is_empty() {
        let titles = ["voucher", "currency", "owed before", "owed after"].map(str::to_owned);
        let mut table = plain_table(titles.to_vec());
        for voucher in effect.vouchers.iter().take(LISTED) {
            let net = if voucher.net { " net" } else { "" };
            let amount = |minor| number(minor, &voucher.currency) + net;
            table.add_row([
                printable(&voucher.voucher.to_string()),
                voucher.currency.clone(),
                amount(voucher.before_minor),
                amount(voucher.after_minor),
            ]);
        }
        text.push_str(&finish(&table));
        more(&mut text, effect.vouchers.len());
    }
    findings(&mut text, "Findings that open", FindingChange::Opens, effect);
    findings(&mut text, "Findings whose amount changes", FindingChange::Changes, effect);
    findings(&mut text, "Findings that close", FindingChange::Closes, effect);
    text
}

fn rows_of(order: &OrderEffect) -> [[String; 6]; 2] {
    let name = order.order_code.as_ref().unwrap_or(&order.order_id);
    [("before", order.before), ("after", order.after)].map(|(when, balance)| {
        let amount = |minor| number(minor, &order.currency);
        [
            printable(name),
            order.currency.clone(),
            when.to_owned(),
            amount(balance.billed_minor),
            amount(balance.settled_minor),
            amount(balance.balance_minor),
        ]
    })
}

fn findings(text: &mut String, title: &str, change: FindingChange, effect: &Effect) {
    let all: Vec<_> = effect.findings.iter().filter(|finding| finding.change == change).collect();
    if all.is_empty() {
        return;
    }
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{title}:");
    for finding in all.iter().take(LISTED) {
        let order = finding.order_id.as_ref().map_or_else(String::new, |order| format!(" order {},", printable(order)));
        let amount = finding.difference_minor.zip(finding.currency.as_ref());
        let amount = amount.map_or_else(String::new, |(minor, code)| format!(" {} {code},", number(minor, code)));
        let (severity, reason) = (&finding.severity, &finding.reason);
        let _ = writeln!(text, "  {severity} {reason},{order}{amount} {}", printable(&finding.evidence));
    }
    more(text, all.len());
}

fn number(minor: i64, currency: &str) -> String {
    format_minor(minor, Currency::parse(currency).map_or(0, Currency::exponent))
}

fn more(text: &mut String, rows: usize) {
    if rows > LISTED {
        let _ = writeln!(text, "  … and {} more (--format json lists all).", rows - LISTED);
    }
}
