//! Findings that no order raises by itself, such as a webhook that never came: whoever raises them closes them, and
//! settling leaves them alone.

mod store;

use crate::clock::Timestamp;
use crate::db::{Connection, Result};
use crate::ledger::batch::{FindingRow, FindingState};
use crate::ledger::posting::Finding;

/// Raises a finding of an order, or of the source as a whole. One that was acknowledged with these amounts stays so.
///
/// # Errors
/// When a statement fails.
pub fn raise(
    connection: &mut Connection,
    source: &str,
    order_id: Option<&str>,
    finding: &Finding,
    now: Timestamp,
) -> Result<()> {
    let mut row = FindingRow::of(source, order_id.unwrap_or_default(), finding, now);
    row.order_id = order_id.map(str::to_owned);
    let Some(before) = store::read(connection, &row.fingerprint)? else { return store::insert(connection, &row) };
    row.first_seen = before.first_seen;
    if before.state == FindingState::Acknowledged && before.amounts() == row.amounts() {
        (row.state, row.acknowledged_by, row.note) = (before.state, before.acknowledged_by, before.note);
    }
    store::update(connection, &row)
}

/// Closes a finding that is not there any more. `finding` is as it was raised; only reason and subject matter.
///
/// # Errors
/// When a statement fails.
pub fn close(
    connection: &mut Connection,
    source: &str,
    order_id: Option<&str>,
    finding: &Finding,
    now: Timestamp,
) -> Result<()> {
    let fingerprint = finding.fingerprint(source, order_id.unwrap_or_default());
    let Some(before) = store::read(connection, &fingerprint)?.filter(|row| row.state.is_unresolved()) else {
        return Ok(());
    };
    store::update(connection, &FindingRow { state: FindingState::AutoClosed, last_seen: now, ..before })
}
