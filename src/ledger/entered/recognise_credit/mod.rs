//! Rule 20: the credit of a dead order becomes income, where the policy says after how many days.
//!
//! A sweep with a clock finds what is due and decides; what it decides becomes part of the order's next snapshot and is
//! posted by the code that settles. So a rebuild repeats it from the snapshot, without a clock, and a refund that comes
//! later takes the income back.

mod decide;
mod store;

use serde::Serialize;

use self::decide::Decision;
use crate::clock::Timestamp;
use crate::db::{Connection, Database};
use crate::ledger::Error;
use crate::ledger::batch::Batch;
use crate::ledger::book::{KnownSource, PolicyHistory, SnapshotCause, store as journal};
use crate::ledger::settle::{Origin, recognise_credit};

/// Orders that are read together.
const PAGE: i64 = 200;

/// A change of what is recognised of one order's credit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CreditChange {
    pub source: String,
    pub order_id: String,
    pub currency: String,
    /// What was recognised before, in minor units.
    pub before_minor: i64,
    /// What is recognised from now on.
    pub after_minor: i64,
    /// Since when the rest of the credit is income.
    pub due_at: Timestamp,
}

/// What a sweep did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// What changed, order by order.
    pub changes: Vec<CreditChange>,
    /// Entries written.
    pub entries: usize,
    /// Orders that could not be read or posted, each with the reason; all others were.
    pub failed: Vec<String>,
}

/// Recognises what is due at `now` in every source, or in one. With `dry_run` nothing is written. `go_on` is asked
/// before each page; what is left out is due again at the next sweep.
///
/// # Errors
/// When the database fails; what was recognised before stays so.
pub fn recognise(
    database: &Database,
    only: Option<&str>,
    now: Timestamp,
    dry_run: bool,
    go_on: impl Fn() -> bool,
) -> Result<Swept, Error> {
    let mut swept = Swept::default();
    for KnownSource { name: source, timezone: zone } in journal::sources(&mut database.reader()?)? {
        if only.is_some_and(|only| only != source) {
            continue;
        }
        let policies = PolicyHistory::load(&mut database.reader()?, &source, zone)?;
        let mut last = String::new();
        while policies.recognise_credits() && go_on() {
            let page = database.read(|connection| {
                let orders = store::dead_orders(connection, &source, &last, PAGE)?;
                let decisions = decide::decide(connection, &source, &policies, &orders, now, &mut swept.failed)?;
                Ok::<_, Error>(orders.last().cloned().map(|last| (last, decisions)))
            })?;
            let Some((reached, decisions)) = page else { break };
            last = reached;
            for decision in decisions {
                match dry_run {
                    true => swept.changes.extend(decision.change()),
                    false => post(database, &source, zone, &decision, now, &mut swept)?,
                }
            }
        }
    }
    Ok(swept)
}

/// Posts one order in a transaction of its own, so that one that cannot be posted holds up no other.
fn post(
    database: &Database,
    source: &str,
    zone: chrono_tz::Tz,
    found: &Decision,
    now: Timestamp,
    swept: &mut Swept,
) -> Result<(), Error> {
    let order_id = found.order_id.clone();
    let body = |connection: &mut Connection| {
        let mut batch = Batch::open(connection, source, zone)?;
        // A worker may have settled the order since; only what is found under the lock counts.
        let orders = [order_id.clone()];
        let decisions = decide::decide(connection, source, &batch.book.policies, &orders, now, &mut Vec::new())?;
        let Some(decision) = decisions.into_iter().next() else { return Ok(None) };
        let origin = Origin {
            event_id: store::insert_event(connection, &decision, now)?,
            document_id: None,
            received_at: now,
            cause: SnapshotCause::RecognisedCredit,
        };
        let entries =
            recognise_credit(connection, &mut batch, &decision.order_id, decision.recognised_credit, &origin)?;
        Ok(Some((decision.change(), entries)))
    };
    match database.transaction("recognise retained", body) {
        Ok(Some((change, entries))) => {
            swept.changes.extend(change);
            swept.entries += entries;
        }
        Ok(None) => {}
        Err(Error::Database(error)) if error.is_transient() => return Err(error.into()),
        Err(error) => swept.failed.push(format!("source {source}, order {order_id}: {error}")),
    }
    Ok(())
}
