//! When an entry happened, and which date says so.

use super::rules::{FLEX_USED, VOUCHER_USED, WantedAtoms};
use super::{Atom, Effective, part_key};
use crate::clock::Timestamp;
use crate::ledger::book::{EntryReason, EntryRow, EntryWithLines, PostingRow, SnapshotRow};

/// A fact that was posted before takes the receipt: dating it back would move a month that was already reported.
pub(in crate::ledger) fn post(atom: &Atom, again: bool, snapshot: &SnapshotRow) -> (Timestamp, &'static str) {
    let receipt = (snapshot.recorded_at, "receipt");
    let sale = |ordered_at: Option<Timestamp>| match ordered_at {
        Some(at) if !again && snapshot.is_first_delivery() => (at, "order_date"),
        _ => receipt,
    };
    match atom.effective {
        Effective::Said { at: Some(at), basis } if !again => (at, basis),
        Effective::Said { .. } => receipt,
        Effective::Sale { ordered_at } => sale(ordered_at),
        Effective::Opening(at) if !again => (at, "books_from"),
        Effective::Opening(_) => receipt,
        // What is released was sold before.
        Effective::Release { on, ordered_at } => {
            let sold = sale(ordered_at);
            if on >= sold.0 { (on, "service_date") } else { sold }
        }
    }
}

/// What a line took along when it was cancelled takes the date of that: the share of a voucher in it, and what was not
/// used of a voucher whose sale was undone. `None` for every other change.
pub(in crate::ledger) fn change(
    wanted: &WantedAtoms,
    (entry, lines): &EntryWithLines,
    atom: &Atom,
) -> Option<(Timestamp, &'static str)> {
    let undone = matches!(atom.event_type, FLEX_USED | VOUCHER_USED)
        && matches!(entry.event_type.as_str(), "flex.sale" | "voucher.issue");
    let said = if undone {
        wanted.order_cancelled_at
    } else if matches!(atom.event_type, "flex.redeem" | "voucher.redeem") {
        let stays = |line: &PostingRow| atom.lines.iter().any(|other| other.dimensions.line_key == line.line_key);
        let gone = lines.iter().filter(|line| !stays(line)).filter_map(|line| part_key::line_of_share(&line.line_key));
        gone.filter_map(|line_key| wanted.line_cancelled_at(line_key)).max()
    } else {
        None
    };
    said.map(|at| (at, "cancellation_date"))
}

/// What was cancelled takes the date of its cancellation; what is simply gone, or changed, takes the receipt. Money,
/// vouchers used and given as a refund, and what was kept stay when their order is cancelled, so they are never gone
/// because of it. A
/// release that lies ahead is taken back on its own day, so that its month shows nothing.
pub(in crate::ledger) fn reversal(
    wanted: &WantedAtoms,
    entry: &EntryRow,
    reason: &EntryReason,
    receipt: Timestamp,
) -> (Timestamp, &'static str) {
    let event_type = entry.event_type.strip_prefix("opening.").unwrap_or(&entry.event_type);
    let by_itself = matches!(
        event_type,
        "payment" | "refund" | "voucher.redeem" | "voucher.refund_issue" | VOUCHER_USED | FLEX_USED | "retain"
    );
    let of_line = part_key::line_of_share(&entry.atom_key).and_then(|line_key| wanted.line_cancelled_at(line_key));
    let said = wanted.cancelled_at.get(&entry.atom_key).copied().or(of_line).or(wanted.order_cancelled_at);
    let undone = match said {
        Some(at) if *reason == EntryReason::Gone && !by_itself => (at, "cancellation_date"),
        _ => (receipt, "receipt"),
    };
    let ahead = entry.event_type.starts_with("release.") && entry.effective_at > undone.0;
    if ahead { (entry.effective_at, "service_date") } else { undone }
}
