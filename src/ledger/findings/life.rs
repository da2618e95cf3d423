//! The life of a finding: open, acknowledged, closed by itself, open again.

use std::collections::{BTreeMap, BTreeSet};

use super::Raised;
use crate::clock::Timestamp;
use crate::ledger::batch::{FindingRow, FindingState};

/// What reconciling an order changes among the stored findings.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Never seen before.
    pub opened: Vec<FindingRow>,
    /// Closed before, or acknowledged with other amounts.
    pub reopened: Vec<FindingRow>,
    /// Open as before, with other amounts or evidence.
    pub changed: Vec<FindingRow>,
    /// Seen again as they are.
    pub unchanged: Vec<FindingRow>,
    /// Not raised any more.
    pub closed: Vec<FindingRow>,
}

impl Changes {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.opened.is_empty() && self.reopened.is_empty() && self.changed.is_empty() && self.closed.is_empty()
    }

    /// Every finding as it is to be stored.
    pub(in crate::ledger) fn into_rows(self) -> Vec<FindingRow> {
        [self.opened, self.reopened, self.changed, self.unchanged, self.closed].concat()
    }
}

/// Compares what is raised with what is stored. An acknowledged finding stays acknowledged as long as its amounts stay
/// the same; a closed one opens again with the day on which it was first seen.
pub(super) fn compare(
    stored: Vec<FindingRow>,
    raised: &Raised,
    source: &str,
    order_id: &str,
    seen: Timestamp,
) -> Changes {
    let mut changes = Changes::default();
    let mut stored: BTreeMap<String, FindingRow> =
        stored.into_iter().map(|row| (row.fingerprint.clone(), row)).collect();
    let mut met = BTreeSet::new();
    for finding in &raised.findings {
        let now = FindingRow::of(source, order_id, finding, seen);
        if !met.insert(now.fingerprint.clone()) {
            continue;
        }
        let Some(before) = stored.remove(&now.fingerprint) else {
            changes.opened.push(now);
            continue;
        };
        let row = FindingRow {
            first_seen: before.first_seen,
            acknowledged_by: before.acknowledged_by.clone(),
            note: before.note.clone(),
            ..now
        };
        let same_amounts = row.amounts() == before.amounts();
        match before.state {
            FindingState::Acknowledged if same_amounts => {
                let row = FindingRow { state: before.state, ..row };
                let kept = if row.says_the_same(&before) { &mut changes.unchanged } else { &mut changes.changed };
                kept.push(row);
            }
            FindingState::Open if row.says_the_same(&before) => changes.unchanged.push(row),
            FindingState::Open => changes.changed.push(row),
            FindingState::Acknowledged | FindingState::AutoClosed | FindingState::Resolved => {
                changes.reopened.push(row);
            }
        }
    }
    let unresolved = stored.into_values().filter(|row| row.state.is_unresolved());
    let healed = unresolved.filter(|row| !raised.keeps(row));
    let closed = healed.map(|row| FindingRow { state: FindingState::AutoClosed, last_seen: seen, ..row });
    changes.closed = closed.collect();
    changes
}
