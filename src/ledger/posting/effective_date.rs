//! When an entry happened, and which date says so.

use super::rules::WantedAtoms;
use super::{Atom, Effective};
use crate::clock::Timestamp;
use crate::ledger::book::{EntryReason, EntryRow, SnapshotRow};

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

/// What was cancelled takes the date of its cancellation; what is simply gone, or changed, takes the receipt. Money,
/// refund vouchers and what was kept stay when their order is cancelled, so they are never gone because of it. A
/// release that lies ahead is taken back on its own day, so that its month shows nothing.
pub(in crate::ledger) fn reversal(
    wanted: &WantedAtoms,
    entry: &EntryRow,
    reason: &EntryReason,
    receipt: Timestamp,
) -> (Timestamp, &'static str) {
    let event_type = entry.event_type.strip_prefix("opening.").unwrap_or(&entry.event_type);
    let by_itself = matches!(event_type, "payment" | "refund" | "voucher.refund_issue" | "retain");
    let said = wanted.cancelled_at.get(&entry.atom_key).copied().or(wanted.order_cancelled_at);
    let undone = match said {
        Some(at) if *reason == EntryReason::Gone && !by_itself => (at, "cancellation_date"),
        _ => (receipt, "receipt"),
    };
    let ahead = entry.event_type.starts_with("release.") && entry.effective_at > undone.0;
    if ahead { (entry.effective_at, "service_date") } else { undone }
}
