//! What changed when, which delivery said so, and what is open.

use super::explained::{ExplainedEntry, ExplainedOrder};
use super::words::money;
use crate::ledger::batch::FindingState;
use crate::ledger::book::{EntryReason, PostingRow, SnapshotCause};
use crate::ledger::posting::rules::TAKEN_BACK;

/// One sentence for each snapshot: what brought it, and what it changed.
pub(super) fn snapshots(order: &ExplainedOrder) -> Vec<String> {
    let mut sentences = Vec::new();
    for (snapshot, cause) in &order.snapshots {
        let of_snapshot: Vec<&ExplainedEntry> = order
            .entries
            .iter()
            .filter(|booked| {
                booked.entry.snapshot_no == Some(snapshot.snapshot_no)
                    && booked.entry.order_id.as_deref() == Some(order.order_id.as_str())
            })
            .collect();
        let number = snapshot.inbox_event_id;
        let why = match cause {
            SnapshotCause::FirstDelivery => format!("webhook {number} is the first to mention it"),
            SnapshotCause::Delivery => format!("webhook {number} updates it"),
            SnapshotCause::RecognisedCredit => format!("the policy decides about the kept credit (event {number})"),
            SnapshotCause::VoucherOf(_) | SnapshotCause::ImportOfVouchers => {
                format!("webhook {number} settles it again ({cause})")
            }
        };
        let mut changes: Vec<String> = of_snapshot.iter().map(|booked| change(order, booked)).collect();
        if changes.is_empty() {
            changes.push("no money moves".to_owned());
        }
        sentences.push(format!("{}: {why}: {}.", order.moment(snapshot.recorded_at), changes.join("; ")));
    }
    sentences
}

fn change(order: &ExplainedOrder, booked: &ExplainedEntry) -> String {
    let entry = &booked.entry;
    let amount: i64 = booked.lines.iter().map(|line| line.amount_minor).filter(|minor| *minor > 0).sum();
    let amount = money(amount, &entry.currency);
    let name = name(order, booked);
    let late = booked.reason.late_for();
    let late = late.map_or_else(String::new, |month| format!(", booked now because {month} is closed"));
    let Some(reverses_no) = entry.reverses_no else {
        return format!("entry {} books {name}, {amount}{late}", entry.entry_no);
    };
    let why = match &booked.reason {
        _ if entry.effective_basis == "cancellation_date" => {
            format!("cancelled on {}", order.moment(entry.effective_at))
        }
        EntryReason::Changed => "it changed".to_owned(),
        _ => "it is gone".to_owned(),
    };
    format!("entry {} takes back entry {reverses_no}, {name}, {amount}: {why}{late}", entry.entry_no)
}

fn name(order: &ExplainedOrder, booked: &ExplainedEntry) -> String {
    let of = |id: fn(&PostingRow) -> Option<&String>| booked.lines.iter().find_map(id).map_or("?", String::as_str);
    let voucher = of(|line| line.voucher_id.as_ref());
    match booked.entry.event_type.as_str() {
        "retain" => "what is kept after the end of the order".to_owned(),
        "refund" => format!("refund {}", of(|line| line.payment_id.as_ref())),
        "voucher.issue" => format!("voucher {voucher} sold"),
        "voucher.refund_issue" => format!("voucher {voucher} issued as refund"),
        "voucher.redeem" => format!("voucher {voucher} used"),
        "flex.redeem" => format!("flex ticket {voucher} used"),
        "flex.sale" => order.name(&format!("flex:{voucher}")),
        _ if booked.entry.atom_key.starts_with(TAKEN_BACK) => {
            let line_key = booked.lines.first().map_or("?", |line| line.line_key.as_str());
            format!("the cancellation of {}", order.name(line_key))
        }
        _ => order.name(booked.entry.atom_key.strip_prefix("sale:").unwrap_or(&booked.entry.atom_key)),
    }
}

/// Findings that are open, in words.
pub(super) fn findings(order: &ExplainedOrder) -> Vec<String> {
    let sentence = |finding: &super::store::UnresolvedFinding| {
        let difference = finding.difference_minor.zip(finding.currency.as_deref()).filter(|(minor, _)| *minor != 0);
        let difference =
            difference.map_or_else(String::new, |(minor, currency)| format!(", difference {}", money(minor, currency)));
        let seen = match (finding.state, &finding.note) {
            (FindingState::Acknowledged, Some(note)) => format!(" Acknowledged: {note}."),
            (FindingState::Acknowledged, None) => " Acknowledged.".to_owned(),
            (FindingState::Open | FindingState::AutoClosed | FindingState::Resolved, _) => String::new(),
        };
        format!("{} ({}{difference}): {}.{seen}", finding.reason, finding.severity, finding.evidence)
    };
    let sentences: Vec<String> = order.findings.iter().map(sentence).collect();
    if sentences.is_empty() { vec!["No finding is open.".to_owned()] } else { sentences }
}
