//! What changed when, which delivery said so, and what is open.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::Length;
use super::explained::{ExplainedEntry, ExplainedOrder};
use super::names::Names;
use super::sold::{receivable, voucher_of};
use super::store::UnresolvedFinding;
use super::summary::{self, Line, ROWS};
use super::words::money;
use crate::ledger::batch::FindingState;
use crate::ledger::book::{EntryReason, SnapshotCause};
use crate::ledger::posting::rules::{FLEX_USED, TAKEN_BACK, VOUCHER_USED};
use crate::ledger::reading::trace::SnapshotTraced;

/// One line for each snapshot: what brought it, and what it changed.
pub(super) fn snapshots(order: &ExplainedOrder) -> Vec<Line> {
    let own = order.entries.iter().filter(|booked| booked.entry.order_id.as_deref() == Some(order.order_id.as_str()));
    let mut of_snapshot: BTreeMap<i64, Vec<&ExplainedEntry>> = BTreeMap::new();
    for (no, booked) in own.filter_map(|booked| Some((booked.entry.snapshot_no?, booked))) {
        of_snapshot.entry(no).or_default().push(booked);
    }
    let line = |(snapshot, cause): &(SnapshotTraced, SnapshotCause)| {
        let number = snapshot.inbox_event_id;
        let came = order.came(number);
        let why = match cause {
            SnapshotCause::FirstDelivery => format!("{came} is the first to mention it"),
            SnapshotCause::Delivery => format!("{came} updates it"),
            SnapshotCause::RecognisedCredit => format!("the policy decides about the kept credit (event {number})"),
            SnapshotCause::VoucherOf(seller) => {
                format!("{came} settles it again, because of a voucher of order {seller}")
            }
            SnapshotCause::ImportOfVouchers => format!("import {number} of vouchers settles it again"),
        };
        let entries = of_snapshot.get(&snapshot.snapshot_no).map_or(&[][..], Vec::as_slice);
        let changes = if entries.is_empty() { "no money moves".to_owned() } else { changes(order, entries) };
        let text = format!("{}: {why}: {changes}.", order.moment(snapshot.recorded_at));
        let kind = match entries.is_empty() {
            true => format!("{} that moves no money", order.kind_of(number)),
            false => text.clone(),
        };
        Line { text, ..Line::plain(kind) }
    };
    order.snapshots.iter().map(line).collect()
}

/// What one snapshot changes. In a summary, entries that are alike are counted.
fn changes(order: &ExplainedOrder, entries: &[&ExplainedEntry]) -> String {
    if order.length == Length::Whole || entries.len() <= ROWS {
        return entries.iter().map(|booked| change(order, booked)).collect::<Vec<_>>().join("; ");
    }
    let mut kinds: Vec<(String, &str, i64, Vec<i64>)> = Vec::new();
    for booked in entries {
        let (kind, currency) = (kind(order, booked), booked.entry.currency.as_str());
        match kinds.iter_mut().find(|(known, of, ..)| *known == kind && *of == currency) {
            Some((.., minor, numbers)) => {
                *minor = minor.saturating_add(amount(booked));
                numbers.push(booked.entry.entry_no);
            }
            None => kinds.push((kind, currency, amount(booked), vec![booked.entry.entry_no])),
        }
    }
    let shown = kinds.iter().take(ROWS).map(|(kind, currency, minor, numbers)| {
        let count = if numbers.len() == 1 { String::new() } else { format!("{} × ", numbers.len()) };
        format!("{count}{kind}, {} ({})", money(*minor, currency), summary::entries(numbers))
    });
    let mut told: Vec<String> = shown.collect();
    if kinds.len() > ROWS {
        let more: usize = kinds.iter().skip(ROWS).map(|(.., numbers)| numbers.len()).sum();
        told.push(format!("and {more} entries more"));
    }
    told.join("; ")
}

/// What an entry has in common with others that are alike.
fn kind(order: &ExplainedOrder, booked: &ExplainedEntry) -> String {
    let what = match booked.entry.event_type.as_str() {
        "voucher.issue" => "voucher sold".to_owned(),
        "voucher.refund_issue" => "voucher issued as refund".to_owned(),
        "voucher.redeem" => "voucher used".to_owned(),
        "flex.redeem" => "flex ticket used".to_owned(),
        VOUCHER_USED | FLEX_USED => "what was used of something whose sale was undone".to_owned(),
        "payment" | "refund" => booked.entry.event_type.clone(),
        "flex.sale" => order.names.kind(&format!("flex:{}", voucher_of(booked))),
        _ => order.names.kind(&booked.entry.atom_key),
    };
    match why(booked, order.zone) {
        Some(why) => format!("{what} taken back ({why})"),
        None => format!("{what} booked"),
    }
}

/// What the guest owes more or less by an entry; where the receivable is not moved, all that it moves.
pub(super) fn amount(booked: &ExplainedEntry) -> i64 {
    match receivable(booked) {
        0 => booked.lines.iter().map(|line| line.amount_minor).filter(|minor| *minor > 0).sum(),
        moved => moved.abs(),
    }
}

fn change(order: &ExplainedOrder, booked: &ExplainedEntry) -> String {
    let entry = &booked.entry;
    let (name, amount) = (name(order, booked), money(amount(booked), &entry.currency));
    let late = booked.reason.late_for();
    let late = late.map_or_else(String::new, |month| format!(", booked now because {month} is closed"));
    let Some(reverses_no) = entry.reverses_no else {
        return format!("entry {} books {name}, {amount}{late}", entry.entry_no);
    };
    let why = why(booked, order.zone).unwrap_or_default();
    format!("entry {} takes back entry {reverses_no}, {name}, {amount}: {why}{late}", entry.entry_no)
}

/// Why an entry takes another one back.
pub(super) fn why(booked: &ExplainedEntry, zone: Tz) -> Option<String> {
    booked.entry.reverses_no?;
    Some(match &booked.reason {
        _ if booked.entry.effective_basis == "cancellation_date" => {
            format!("cancelled on {}", booked.entry.effective_at.local_minute(zone))
        }
        EntryReason::Changed => "it changed".to_owned(),
        _ => "it is gone".to_owned(),
    })
}

fn name(order: &ExplainedOrder, booked: &ExplainedEntry) -> String {
    let voucher = voucher_of(booked);
    match booked.entry.event_type.as_str() {
        "retain" => "what is kept after the end of the order".to_owned(),
        "refund" => {
            let id = booked.lines.iter().find_map(|line| line.payment_id.as_deref());
            format!("refund {}", id.unwrap_or("?"))
        }
        "voucher.issue" => format!("voucher {voucher} sold"),
        "voucher.refund_issue" => format!("voucher {voucher} issued as refund"),
        "voucher.redeem" => format!("voucher {voucher} used"),
        "flex.redeem" => format!("flex ticket {voucher} used"),
        VOUCHER_USED => format!("what was used of voucher {voucher}"),
        FLEX_USED => format!("what was used of flex ticket {voucher}"),
        "flex.sale" => order.names.name(&format!("flex:{voucher}")),
        _ if booked.entry.atom_key.starts_with(TAKEN_BACK) => {
            let line_key = booked.lines.first().map_or("?", |line| line.line_key.as_str());
            format!("the cancellation of {}", order.names.name(line_key))
        }
        _ => order.names.name(&booked.entry.atom_key),
    }
}

/// Findings that are open, in words.
pub(super) fn findings(findings: &[UnresolvedFinding], names: &Names) -> Vec<Line> {
    let line = |finding: &UnresolvedFinding| {
        let difference = finding.difference_minor.zip(finding.currency.as_deref()).filter(|(minor, _)| *minor != 0);
        let aside =
            difference.map_or_else(String::new, |(minor, currency)| format!(", difference {}", money(minor, currency)));
        let seen = match (finding.state, &finding.note) {
            (FindingState::Acknowledged, Some(note)) => format!(" Acknowledged: {note}."),
            (FindingState::Acknowledged, None) => " Acknowledged.".to_owned(),
            (FindingState::Open | FindingState::AutoClosed | FindingState::Resolved, _) => String::new(),
        };
        let (reason, severity) = (&finding.reason, &finding.severity);
        let evidence = names.in_words(finding.evidence.trim_end_matches('.'));
        Line {
            text: format!("{reason} ({severity}{aside}): {evidence}.{seen}"),
            kind: format!("{reason} ({severity})"),
            currency: difference.map_or_else(String::new, |(_, currency)| currency.to_owned()),
            amount_minor: difference.map_or(0, |(minor, _)| minor),
            ..Line::default()
        }
    };
    let lines: Vec<Line> = findings.iter().map(line).collect();
    if lines.is_empty() { vec![Line::plain("No finding is open.".to_owned())] } else { lines }
}
