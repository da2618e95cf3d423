//! Order by order: what is live in the journal is what the last snapshot asks for, and its VAT is due when the journal
//! says.

use std::collections::BTreeMap;

use super::{Verdict, store};
use crate::db::Connection;
use crate::ledger::Error;
use crate::ledger::batch::{LastSnapshot, Posted, posted_of, snapshots};
use crate::ledger::book::PolicyHistory;
use crate::ledger::posting::rules::wanted_atoms;
use crate::ledger::posting::{Snapshot, diff};
use crate::ledger::vat_dates;

/// Orders read at once.
const PAGE: i64 = 500;

pub(super) fn check(
    connection: &mut Connection,
    source: &str,
    policies: &PolicyHistory,
    verdict: &mut Verdict,
) -> Result<Option<String>, Error> {
    let mut last = String::new();
    loop {
        let page = store::orders_after(connection, source, &last, PAGE)?;
        let Some((highest, _)) = page.last() else { break };
        last.clone_from(highest);
        let ids: Vec<&str> = page.iter().map(|(order_id, _)| order_id.as_str()).collect();
        let numbers: Vec<i64> = page.iter().filter_map(|(_, snapshot_no)| *snapshot_no).collect();
        let posted_of = posted_of(connection, source, &ids)?;
        let last_snapshots = snapshots(connection, source, &numbers)?;
        for (order_id, snapshot_no) in &page {
            verdict.orders += 1;
            let last = snapshot_no.map(|number| (number, last_snapshots.get(&number)));
            if let Some(fault) = order_fault(policies, posted_of.get(order_id), last) {
                return Ok(Some(format!("source {source}, order {order_id}: {fault}")));
            }
        }
        if let Some((order_id, fault)) = vat_dates::first_difference(connection, source, &ids, i64::MAX)? {
            return Ok(Some(format!("source {source}, order {order_id}: {fault}")));
        }
    }
    let stray = store::first_stray_shift(connection, source)?;
    Ok(stray.map(|order_id| format!("source {source}, order {order_id}: it has dates of VAT and is not known")))
}

/// What is wrong with an order that has this in the journal, and whose last snapshot has this number and text.
fn order_fault(
    policies: &PolicyHistory,
    posted: Option<&Posted>,
    last: Option<(i64, Option<&LastSnapshot>)>,
) -> Option<String> {
    let wanted = match last {
        None => BTreeMap::new(),
        Some((snapshot_no, last)) => {
            let snapshot = last.and_then(|last| serde_json::from_str::<Snapshot>(&last.doc).ok());
            let Some(snapshot) = snapshot else { return Some(format!("snapshot {snapshot_no} cannot be read")) };
            match wanted_atoms(&snapshot, &policies.rules(snapshot.policy_id)) {
                Ok(target) => target.atoms,
                Err(overflow) => return Some(overflow.to_string()),
            }
        }
    };
    let nothing = BTreeMap::new();
    let changes = diff(posted.map_or(&nothing, Posted::live), &wanted);
    changes.first().map(|change| format!("the journal and the last snapshot differ: {change:?}"))
}
