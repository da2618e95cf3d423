//! What changed when, which delivery said so, and what is open.

use super::facts::{Fact, Facts};
use super::words::money;
use crate::ledger::book::PostingRow;

/// One sentence for each step of settling.
pub(super) fn steps(facts: &Facts) -> Vec<String> {
    let mut sentences = Vec::new();
    for snapshot in &facts.snapshots {
        let of_step: Vec<&Fact> = facts
            .all
            .iter()
            .filter(|fact| {
                fact.entry.snapshot_no == Some(snapshot.snapshot_no)
                    && fact.entry.order_id.as_deref() == Some(facts.order_id.as_str())
            })
            .collect();
        let number = snapshot.inbox_event_id;
        let why = match snapshot.cause.as_str() {
            "first delivery" => format!("webhook {number} is the first to mention it"),
            "delivery" => format!("webhook {number} updates it"),
            "retained" => format!("the policy decides about the kept credit (event {number})"),
            cause => format!("webhook {number} settles it again ({cause})"),
        };
        let mut changes: Vec<String> = of_step.iter().map(|fact| change(facts, fact)).collect();
        if changes.is_empty() {
            changes.push("no money moves".to_owned());
        }
        sentences.push(format!("{}: {why}: {}.", facts.moment(snapshot.recorded_at), changes.join("; ")));
    }
    sentences
}

fn change(facts: &Facts, fact: &Fact) -> String {
    let entry = &fact.entry;
    let amount: i64 = fact.lines.iter().map(|line| line.amount_minor).filter(|minor| *minor > 0).sum();
    let amount = money(amount, &entry.currency);
    let name = name(facts, fact);
    let late = entry.reason_code.strip_prefix("late_for_");
    let late = late.map_or_else(String::new, |month| format!(", booked now because {month} is closed"));
    let Some(reverses_no) = entry.reverses_no else {
        return format!("entry {} books {name}, {amount}{late}", entry.entry_no);
    };
    let why = match (entry.effective_basis.as_str(), entry.reason_code.as_str()) {
        ("cancellation_date", _) => format!("cancelled on {}", facts.moment(entry.effective_at)),
        (_, "changed") => "it changed".to_owned(),
        _ => "it is gone".to_owned(),
    };
    format!("entry {} takes back entry {reverses_no}, {name}, {amount}: {why}{late}", entry.entry_no)
}

fn name(facts: &Facts, fact: &Fact) -> String {
    let of = |id: fn(&PostingRow) -> Option<&String>| fact.lines.iter().find_map(id).map_or("?", String::as_str);
    let voucher = of(|line| line.voucher_id.as_ref());
    match fact.entry.event_type.as_str() {
        "retain" => "what is kept after the end of the order".to_owned(),
        "refund" => format!("refund {}", of(|line| line.payment_id.as_ref())),
        "voucher.issue" => format!("voucher {voucher} sold"),
        "voucher.refund_issue" => format!("voucher {voucher} issued as refund"),
        "voucher.redeem" => format!("voucher {voucher} used"),
        "flex.redeem" => format!("flex ticket {voucher} used"),
        "flex.sale" => facts.name(&format!("flex:{voucher}")),
        _ => facts.name(fact.entry.atom_key.strip_prefix("sale:").unwrap_or(&fact.entry.atom_key)),
    }
}

/// Findings that are open, in words.
pub(super) fn findings(facts: &Facts) -> Vec<String> {
    let sentence = |finding: &super::store::FindingRow| {
        let difference = finding.difference_minor.zip(finding.currency.as_deref()).filter(|(minor, _)| *minor != 0);
        let difference =
            difference.map_or_else(String::new, |(minor, currency)| format!(", difference {}", money(minor, currency)));
        let seen = match (&*finding.state, &finding.note) {
            ("acknowledged", Some(note)) => format!(" Acknowledged: {note}."),
            ("acknowledged", None) => " Acknowledged.".to_owned(),
            _ => String::new(),
        };
        format!("{} ({}{difference}): {}.{seen}", finding.reason, finding.severity, finding.evidence)
    };
    let sentences: Vec<String> = facts.findings.iter().map(sentence).collect();
    if sentences.is_empty() { vec!["No finding is open.".to_owned()] } else { sentences }
}
