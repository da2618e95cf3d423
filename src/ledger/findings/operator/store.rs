//! The statements of `findings list` and `findings ack`. None opens a transaction.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;

use crate::db::schema::{findings, orders};
use crate::db::{Connection, Result};
use crate::ledger::batch::{FindingRow, FindingState};
use crate::ledger::book::store as journal;
use crate::{limits, on_engine};

/// Which findings; all that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct FindingFilter {
    pub source: Option<String>,
    /// Only of this order, by id or code.
    pub order: Option<String>,
    /// Only with one of these reasons.
    pub reasons: Vec<String>,
    /// Only with one of these severities.
    pub severities: Vec<String>,
    /// Only in one of these states; empty = any.
    pub states: Vec<FindingState>,
    /// Only with a fingerprint that begins so.
    pub fingerprint: Option<String>,
}

/// A finding with the code of its order.
pub type Listed = (FindingRow, Option<String>);

/// The order of a finding.
macro_rules! its_order {
    () => {
        orders::source.eq(findings::source).and(orders::order_id.nullable().eq(findings::order_id))
    };
}

/// The chosen findings: the worst first, and among equals the most money.
///
/// # Errors
/// When the query fails.
pub fn list(connection: &mut Connection, filter: &FindingFilter) -> Result<Vec<Listed>> {
    let mut found: Vec<Listed> = on_engine!(connection, |c| {
        let mut query = findings::table
            .left_join(orders::table.on(its_order!()))
            .select((FindingRow::as_select(), orders::order_code.nullable()))
            .into_boxed();
        if let Some(source) = &filter.source {
            query = query.filter(findings::source.eq(source));
        }
        if let Some(order) = &filter.order {
            query = query.filter(findings::order_id.eq(order).or(orders::order_code.eq(order)));
        }
        if !filter.reasons.is_empty() {
            query = query.filter(findings::reason.eq_any(&filter.reasons));
        }
        if !filter.severities.is_empty() {
            query = query.filter(findings::severity.eq_any(&filter.severities));
        }
        if !filter.states.is_empty() {
            query = query.filter(findings::state.eq_any(&filter.states));
        }
        if let Some(prefix) = &filter.fingerprint {
            // A prefix of hexadecimal digits, as a range: `LIKE` ignores case on one engine only.
            query =
                query.filter(findings::fingerprint.ge(prefix)).filter(findings::fingerprint.lt(format!("{prefix}g")));
        }
        query.load(c)?
    });
    found.sort_by_cached_key(|(row, _)| row.rank());
    Ok(found)
}

/// The open findings that follow from one of these, in the order of [`list`].
///
/// # Errors
/// When the query fails.
pub fn consequences(connection: &mut Connection, causes: &[String]) -> Result<Vec<Listed>> {
    let mut found = Vec::new();
    for causes in causes.chunks(limits::IN_VALUES) {
        let rows: Vec<Listed> = on_engine!(connection, |c| findings::table
            .left_join(orders::table.on(its_order!()))
            .select((FindingRow::as_select(), orders::order_code.nullable()))
            .filter(findings::state.eq(FindingState::Open))
            .filter(findings::consequence_of.eq_any(causes).assume_not_null())
            .load(c))?;
        found.extend(rows);
    }
    found.sort_by_cached_key(|(row, _)| row.rank());
    Ok(found)
}

/// Acknowledges these findings and no others, as far as they are open and still say what was read of them; answers how
/// many. A worker that settles one of their orders has read its findings and will write them: the second of the two
/// waits, as for the book itself.
///
/// # Errors
/// When a statement fails.
pub fn acknowledge(connection: &mut Connection, chosen: &[FindingRow], actor: &str, why: &str) -> Result<usize> {
    let sources: BTreeSet<&str> = chosen.iter().map(|row| row.source.as_str()).collect();
    sources.iter().try_for_each(|source| journal::lock_source(connection, source))?;
    let read: HashMap<&str, &FindingRow> = chosen.iter().map(|row| (row.fingerprint.as_str(), row)).collect();
    let fingerprints: Vec<&str> = read.keys().copied().collect();
    let mut count = 0;
    for fingerprints in fingerprints.chunks(limits::IN_VALUES) {
        let now: Vec<FindingRow> = on_engine!(connection, |c| findings::table
            .filter(findings::fingerprint.eq_any(fingerprints))
            .filter(findings::state.eq(FindingState::Open))
            .select(FindingRow::as_select())
            .load(c))?;
        let same =
            now.iter().filter(|row| read.get(row.fingerprint.as_str()).is_some_and(|read| row.says_the_same(read)));
        let same: Vec<&str> = same.map(|row| row.fingerprint.as_str()).collect();
        let changes = (
            findings::state.eq(FindingState::Acknowledged),
            findings::acknowledged_by.eq(Some(actor)),
            findings::note.eq(Some(why)),
        );
        let update = diesel::update(findings::table.filter(findings::fingerprint.eq_any(same)));
        count += on_engine!(connection, |c| update.set(changes).execute(c))?;
    }
    Ok(count)
}
