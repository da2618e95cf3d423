//! What a person does with findings: list and acknowledge them.

pub mod store;

use self::store::Listed;
use crate::clock::Timestamp;
use crate::db::{Database, Result};
use crate::inbox::operator::{self, Action, ActionKind, Reason};
use crate::ledger::batch::FindingRow;

/// What follows from the chosen findings, is open, and is not chosen itself.
///
/// # Errors
/// When the database cannot be read.
pub fn consequences_of(database: &Database, chosen: &[Listed]) -> Result<Vec<Listed>> {
    let causes: Vec<String> = chosen.iter().map(|(row, _)| row.fingerprint.clone()).collect();
    let mut consequences = store::consequences(&mut database.reader()?, &causes)?;
    consequences.retain(|(row, _)| !causes.contains(&row.fingerprint));
    Ok(consequences)
}

/// How many of these findings are open.
///
/// # Errors
/// When the database cannot be read.
pub fn still_open(database: &Database, chosen: &[FindingRow]) -> Result<usize> {
    store::still_open(&mut database.reader()?, chosen)
}

/// Acknowledges these findings as far as they are open and still say what was read of them, and writes down who did it,
/// why, and how they were selected. Answers how many; when it is none, nothing is written down.
///
/// # Errors
/// When a statement fails; then nothing is changed.
pub fn acknowledge(
    database: &Database,
    now: Timestamp,
    chosen: &[FindingRow],
    reason: &Reason,
    selection: &str,
) -> Result<usize> {
    database.transaction("acknowledge", |connection| {
        let changed = store::acknowledge(connection, chosen, &reason.actor, &reason.why)?;
        if changed > 0 {
            let kind = ActionKind::AcknowledgeFindings;
            operator::record(connection, &Action { kind, at: now, reason, selection, changed })?;
        }
        Ok(changed)
    })
}
