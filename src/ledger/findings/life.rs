//! The life of a finding: open, acknowledged, closed by itself, open again.

use std::collections::{BTreeMap, BTreeSet};

use super::Raised;
use crate::clock::Timestamp;
use crate::ledger::batch::FindingRow;

/// What reconciling an order changes among the stored findings.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Never seen before.
    pub opened: Vec<FindingRow>,
    /// Closed before, or acknowledged with other amounts.
    pub reopened: Vec<FindingRow>,
    /// Open as before, with news.
    pub changed: Vec<FindingRow>,
    /// Seen again as they are.
    pub unchanged: Vec<FindingRow>,
    /// Not raised any more.
    pub closed: Vec<FindingRow>,
}

impl Changes {
    /// Whether there is nothing to tell.
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
    // A cause about which nothing is said now is still the cause.
    let standing_causes: BTreeSet<String> = stored
        .values()
        .filter(|row| raised.kept.contains(row.reason.as_str()) && row.stands())
        .map(|row| row.fingerprint.clone())
        .collect();
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
        let cause = before.consequence_of.clone().filter(|cause| standing_causes.contains(cause));
        let row = FindingRow {
            consequence_of: cause.or(now.consequence_of),
            first_seen: before.first_seen,
            acknowledged_by: before.acknowledged_by.clone(),
            note: before.note.clone(),
            ..now
        };
        let same_amounts = row.amounts() == before.amounts();
        match before.state.as_str() {
            "acknowledged" if same_amounts => {
                let row = FindingRow { state: before.state.clone(), ..row };
                let kept = if row.says_the_same(&before) { &mut changes.unchanged } else { &mut changes.changed };
                kept.push(row);
            }
            "open" if row.says_the_same(&before) => changes.unchanged.push(row),
            "open" => changes.changed.push(row),
            _ => changes.reopened.push(row),
        }
    }
    let posted = stored.into_values().filter(FindingRow::stands);
    let healed = posted.filter(|row| !raised.kept.contains(row.reason.as_str()));
    let closed = healed.map(|row| FindingRow { state: "auto_closed".to_owned(), last_seen: seen, ..row });
    changes.closed = closed.collect();
    changes
}
