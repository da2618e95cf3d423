//! What was there when the book began, and what of it was taken back since.

use super::explained::{ExplainedEntry, ExplainedOrder};
use super::summary::Line;
use super::words::{capitalised, money, number};
use crate::ledger::book::{Account, EntryKind};
use crate::ledger::posting::rules::TAKEN_BACK;

fn receivable(booked: &ExplainedEntry) -> i64 {
    booked.lines.iter().filter(|line| line.account_code == Account::RECEIVABLE).map(|line| line.amount_minor).sum()
}

/// One line for each entry.
pub(super) fn lines(order: &ExplainedOrder) -> Vec<Line> {
    let live = order.entries.iter().filter(|booked| booked.undone_by.is_none());
    let ours = live.filter(|booked| booked.entry.order_id.as_deref() == Some(order.order_id.as_str()));
    let line = |booked: &ExplainedEntry| {
        let (text, kind) = match booked.kind {
            EntryKind::Opening => (brought_in(order, booked), "brought in when the book began"),
            EntryKind::Post => (taken_back(order, booked)?, "cancelled since the book began"),
            EntryKind::Reverse | EntryKind::Manual | EntryKind::Close => return None,
        };
        Some(Line {
            text,
            kind: kind.to_owned(),
            currency: booked.entry.currency.clone(),
            amount_minor: receivable(booked),
            entry_no: Some(booked.entry.entry_no),
            ..Line::default()
        })
    };
    ours.filter_map(line).collect()
}

fn brought_in(order: &ExplainedOrder, booked: &ExplainedEntry) -> String {
    let entry = &booked.entry;
    let moved = receivable(booked);
    let amount = money(moved.abs(), &entry.currency);
    let line_key = booked.lines.first().map_or("", |line| line.line_key.as_str());
    let name = capitalised(&order.names.name(line_key));
    let what = match entry.event_type.as_str() {
        "opening.payment" => format!("{name}: {amount} had been received"),
        "opening.refund" => format!("{name}: {amount} had been given back"),
        _ if moved < 0 => format!("{name}: {amount} off what was owed"),
        _ => format!("{name}: {amount} had been sold"),
    };
    format!("{what} before the book began, so it is on equity:opening (entry {}).", entry.entry_no)
}

fn taken_back(order: &ExplainedOrder, booked: &ExplainedEntry) -> Option<String> {
    let entry = &booked.entry;
    entry.atom_key.strip_prefix(TAKEN_BACK)?;
    let vat = booked.lines.iter().filter(|line| line.account_code.starts_with("liabilities:vat:"));
    let vat: i64 = vat.map(|line| line.amount_minor).sum();
    let line_key = booked.lines.first().map_or("", |line| line.line_key.as_str());
    Some(format!(
        "{}: cancelled since, on {}; {} is taken back, of which VAT {} (entry {}).",
        capitalised(&order.names.name(line_key)),
        booked.happened_at.local_minute(order.zone),
        money(receivable(booked).abs(), &entry.currency),
        number(vat, &entry.currency),
        entry.entry_no
    ))
}
