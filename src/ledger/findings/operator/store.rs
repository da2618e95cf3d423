//! The statements of `findings list` and `findings ack`. None opens a transaction.

use diesel::prelude::*;

use crate::db::schema::{findings, orders};
use crate::db::{Connection, Result};
use crate::ledger::batch::{FindingRow, FindingState};
use crate::ledger::book::store as journal;
use crate::on_engine;

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

/// The chosen findings, each with the code of its order.
///
/// # Errors
/// When the query fails.
pub fn list(connection: &mut Connection, filter: &FindingFilter) -> Result<Vec<(FindingRow, Option<String>)>> {
    Ok(on_engine!(connection, |c| {
        let of_its_order = orders::source.eq(findings::source).and(orders::order_id.nullable().eq(findings::order_id));
        let mut query = findings::table
            .left_join(orders::table.on(of_its_order))
            .select((FindingRow::as_select(), orders::order_code.nullable()))
            .order((findings::source, findings::first_seen, findings::fingerprint))
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
    }))
}

/// Acknowledges open findings and what is open as a consequence of them; answers how many. A worker that settles one of
/// their orders has read its findings and will write them: the second of the two waits, as for the book itself.
///
/// # Errors
/// When a statement fails.
pub fn acknowledge(connection: &mut Connection, fingerprints: &[String], actor: &str, why: &str) -> Result<usize> {
    let query = findings::table.filter(findings::fingerprint.eq_any(fingerprints)).select(findings::source).distinct();
    let sources: Vec<String> = on_engine!(connection, |c| query.order(findings::source).load(c))?;
    sources.iter().try_for_each(|source| journal::lock_source(connection, source))?;
    let changes = (
        findings::state.eq(FindingState::Acknowledged),
        findings::acknowledged_by.eq(Some(actor)),
        findings::note.eq(Some(why)),
    );
    let chosen = findings::fingerprint.eq_any(fingerprints);
    let consequences = findings::consequence_of.eq_any(fingerprints).assume_not_null();
    Ok(on_engine!(connection, |c| {
        let own = diesel::update(findings::table.filter(findings::state.eq(FindingState::Open)).filter(chosen.clone()));
        let own = own.set(changes).execute(c)?;
        let caused =
            diesel::update(findings::table.filter(findings::state.eq(FindingState::Open)).filter(consequences.clone()));
        own + caused.set(changes).execute(c)?
    }))
}
