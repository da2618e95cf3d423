//! Order by order: what is live in the journal is what the last snapshot asks for.

use std::collections::BTreeMap;

use super::{Verdict, store};
use crate::db::Connection;
use crate::ledger::desk::{self, Last};
use crate::ledger::standing::Standing;
use crate::ledger::{Error, Policies, Snapshot, diff, target};

/// Orders read at once.
const PAGE: i64 = 500;

pub(super) fn check(
    connection: &mut Connection,
    source: &str,
    policies: &Policies,
    verdict: &mut Verdict,
) -> Result<Option<String>, Error> {
    let mut last = String::new();
    loop {
        let page = store::orders_after(connection, source, &last, PAGE)?;
        let Some((highest, _)) = page.last() else { return Ok(None) };
        last.clone_from(highest);
        let ids: Vec<&str> = page.iter().map(|(order_id, _)| order_id.as_str()).collect();
        let numbers: Vec<i64> = page.iter().filter_map(|(_, snapshot_no)| *snapshot_no).collect();
        let standings = desk::standings(connection, source, &ids)?;
        let snapshots = desk::snapshots(connection, source, &numbers)?;
        for (order_id, snapshot_no) in &page {
            verdict.orders += 1;
            let last = snapshot_no.map(|number| (number, snapshots.get(&number)));
            if let Some(fault) = order_fault(policies, standings.get(order_id), last) {
                return Ok(Some(format!("source {source}, order {order_id}: {fault}")));
            }
        }
    }
}

/// What is wrong with an order that has this in the journal, and whose last snapshot has this number and text.
fn order_fault(policies: &Policies, standing: Option<&Standing>, last: Option<(i64, Option<&Last>)>) -> Option<String> {
    let wanted = match last {
        None => BTreeMap::new(),
        Some((snapshot_no, last)) => {
            let snapshot = last.and_then(|last| serde_json::from_str::<Snapshot>(&last.doc).ok());
            let Some(snapshot) = snapshot else { return Some(format!("snapshot {snapshot_no} cannot be read")) };
            match target(&snapshot, &policies.rules(snapshot.policy_id)) {
                Ok(target) => target.atoms,
                Err(overflow) => return Some(overflow.to_string()),
            }
        }
    };
    let nothing = BTreeMap::new();
    let changes = diff(standing.map_or(&nothing, Standing::live), &wanted);
    changes.first().map(|change| format!("the journal and the last snapshot differ: {change:?}"))
}
