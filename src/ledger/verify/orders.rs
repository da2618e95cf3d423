//! Order by order: what is live in the journal is what the last snapshot asks for.

use std::collections::BTreeMap;

use super::{Verdict, store};
use crate::db::Connection;
use crate::ledger::{Error, Policies, Snapshot, diff, store as journal, target};

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
        for (order_id, snapshot_no) in page {
            verdict.orders += 1;
            if let Some(fault) = order_fault(connection, source, policies, &order_id, snapshot_no)? {
                return Ok(Some(format!("source {source}, order {order_id}: {fault}")));
            }
        }
    }
}

fn order_fault(
    connection: &mut Connection,
    source: &str,
    policies: &Policies,
    order_id: &str,
    snapshot_no: Option<i64>,
) -> Result<Option<String>, Error> {
    let posted = journal::posted(connection, source, order_id)?;
    let wanted = match snapshot_no {
        None => BTreeMap::new(),
        Some(snapshot_no) => {
            let (doc, _) = journal::snapshot_doc(connection, source, snapshot_no)?;
            let Ok(snapshot) = serde_json::from_str::<Snapshot>(&doc) else {
                return Ok(Some(format!("snapshot {snapshot_no} cannot be read")));
            };
            match target(&snapshot, &policies.rules(snapshot.policy_id)) {
                Ok(target) => target.atoms,
                Err(overflow) => return Ok(Some(overflow.to_string())),
            }
        }
    };
    let changes = diff(&posted.live, &wanted);
    Ok(changes.first().map(|change| format!("the journal and the last snapshot differ: {change:?}")))
}
