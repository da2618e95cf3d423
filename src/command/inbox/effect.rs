//! The preview of `ticketledger inbox replay` as text and tables.

use std::fmt::Write as _;

use crate::money::{Currency, format_minor};
use crate::report::format::{finish, plain_table, printable};
use crate::worker::effect::{Effect, Entry, FindingChange};

/// Rows of a kind that are listed; `--format json` lists all.
const LISTED: usize = 40;

pub(super) fn in_words(effect: &Effect) -> String {
    if effect.events == 0 {
        return "No webhook matches.\n".to_owned();
    }
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "Effect of processing {} webhooks again; nothing was changed.", effect.events);
    if let Some(until) = effect.looked_at_until {
        let _ = writeln!(
            text,
            "INCOMPLETE: {} more match, after webhook {until}, and were not processed. Select fewer with --source, \
             --kind, --reason, --since or --until, or raise --limit.",
            effect.left_out
        );
    }
    if effect.from_archive > 0 {
        let _ = writeln!(
            text,
            "{} bookings were read from stored documents. A replay fetches them again and may get other data.",
            effect.from_archive
        );
    }
    outcomes(&mut text, effect);
    entries(&mut text, effect);
    findings(&mut text, "Findings that would open", &effect.findings_opened);
    findings(&mut text, "Findings that would close", &effect.findings_closed);
    text
}

fn outcomes(text: &mut String, effect: &Effect) {
    text.push_str("\nResulting states:\n");
    for outcome in &effect.outcomes {
        let reason = outcome.reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
        let _ = writeln!(text, "  {}: {} {}{reason}", outcome.source, outcome.events, outcome.state);
    }
    for event in effect.stuck.iter().take(LISTED) {
        let why = event.detail.as_deref().or(event.reason.as_deref()).unwrap_or("a worker is processing it");
        let _ = writeln!(text, "  webhook {} stays {}: {}", event.event_id, event.state, printable(why));
    }
    more(text, effect.stuck.len());
}

fn entries(text: &mut String, effect: &Effect) {
    let (entries, orders) = (effect.entries.len(), effect.orders.len());
    if entries == 0 {
        let _ = writeln!(text, "\nNo entry would be posted; {orders} orders would be settled again.");
        return;
    }
    let _ = writeln!(text, "\n{entries} entries would be posted, {orders} orders would change.");
    let titles = ["source", "entry", "date", "order", "what", "currency"].map(str::to_owned);
    let mut table = plain_table(titles.to_vec());
    for entry in effect.entries.iter().take(LISTED) {
        table.add_row([
            entry.source.clone(),
            entry.entry_no.to_string(),
            entry.booking_date.to_string(),
            printable(entry.order_id.as_deref().unwrap_or("")),
            what(entry),
            entry.currency.clone(),
        ]);
    }
    text.push_str(&finish(&table));
    more(text, entries);
    text.push_str("\nChange of each account (debit positive):\n");
    let mut table = plain_table(["source", "account", "currency", "amount"].map(str::to_owned).to_vec());
    for movement in &effect.accounts {
        let exponent = Currency::parse(&movement.currency).map_or(0, Currency::exponent);
        table.add_row([
            movement.source.clone(),
            movement.account.clone(),
            movement.currency.clone(),
            format_minor(movement.amount_minor, exponent),
        ]);
    }
    text.push_str(&finish(&table));
}

fn what(entry: &Entry) -> String {
    let undone = entry.reverses_no.map_or_else(String::new, |no| format!(" of entry {no}"));
    format!("{} {}{undone}", entry.kind, entry.event_type)
}

fn findings(text: &mut String, title: &str, findings: &[FindingChange]) {
    if findings.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{title}:");
    for finding in findings.iter().take(LISTED) {
        let order = finding.order_id.as_ref().map_or_else(String::new, |order| format!(" order {}", printable(order)));
        let (severity, reason) = (&finding.severity, &finding.reason);
        let _ = writeln!(text, "  {severity} {reason},{order}: {}", printable(&finding.evidence));
    }
    more(text, findings.len());
}

fn more(text: &mut String, rows: usize) {
    if rows > LISTED {
        let _ = writeln!(text, "  … and {} more (--format json lists all).", rows - LISTED);
    }
}
