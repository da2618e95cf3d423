//! `ledger reconcile`: every order, page by page, each page in a transaction of its own.

use std::collections::BTreeMap;

use super::one_order::{counted, reconcile_order};
use super::store;
use crate::clock::Timestamp;
use crate::db::{Connection, Database};
use crate::ledger::Error;
use crate::ledger::batch::Orders;
use crate::ledger::book::{KnownSource, PolicyHistory, store as journal};

/// Orders in one transaction: on SQLite all writers wait for it.
const PAGE: i64 = 200;

/// What a reconciliation of everything came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    pub orders: i64,
    /// Source, reason and `opened`, `reopened`, `changed` or `closed`, with the number of findings.
    pub changes: BTreeMap<(String, String, &'static str), i64>,
}

/// Reconciles every order of every source, or of one. `now` is the instant it is made for: it decides what lies ahead
/// and what is overdue. With `dry_run` nothing is written.
///
/// # Errors
/// When the database fails, or a stored snapshot cannot be read; the pages before it stay done.
pub fn reconcile_everything(
    database: &Database,
    only: Option<&str>,
    now: Timestamp,
    dry_run: bool,
    mut progress: impl FnMut(i64),
) -> Result<Reconciled, Error> {
    let mut total = Reconciled::default();
    for source in journal::sources(&mut database.reader()?)? {
        if only.is_some_and(|only| only != source.name) {
            continue;
        }
        let mut last = String::new();
        loop {
            let body = |connection: &mut Connection| page(connection, &source, &last, now, dry_run, &mut total);
            let reached = if dry_run { database.read(body) } else { database.transaction("reconcile", body) }?;
            let Some(reached) = reached else { break };
            last = reached;
            progress(total.orders);
        }
    }
    Ok(total)
}

/// Reconciles the orders after `last`, and returns the last one of them.
fn page(
    connection: &mut Connection,
    source: &KnownSource,
    last: &str,
    now: Timestamp,
    dry_run: bool,
    total: &mut Reconciled,
) -> Result<Option<String>, Error> {
    let KnownSource { name, timezone } = source;
    if !dry_run {
        // A worker that settles one of these orders waits, or has finished.
        journal::lock_source(connection, name)?;
    }
    let facts = journal::source_facts(connection, name)?;
    let policies = PolicyHistory::load(connection, name, *timezone)?;
    let page = store::orders_after(connection, name, last, PAGE)?;
    let mut orders = Orders::empty(name);
    orders.prefetch(connection, &page.iter().map(String::as_str).collect())?;
    for order_id in &page {
        let changes = reconcile_order(connection, &mut orders, &facts, &policies, order_id, now)?;
        for ((reason, what), count) in counted(&changes) {
            *total.changes.entry((name.clone(), reason, what)).or_default() += count;
        }
        if !dry_run {
            orders.save_findings(connection, order_id, changes.into_rows())?;
        }
        total.orders += 1;
    }
    orders.flush(connection)?;
    Ok(page.last().cloned())
}
