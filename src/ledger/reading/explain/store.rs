//! The statements of the story: reading only.

use std::cmp::Reverse;

use diesel::prelude::*;

use crate::db::schema::{findings, journal_entries, postings, sources};
use crate::db::{Connection, Result};
use crate::ledger::batch::FindingState;
use crate::ledger::posting::Severity;
use crate::on_engine;

/// A finding that is open or acknowledged.
#[derive(Queryable)]
pub(super) struct UnresolvedFinding {
    pub(super) reason: String,
    pub(super) severity: String,
    pub(super) currency: Option<String>,
    pub(super) difference_minor: Option<i64>,
    pub(super) evidence: String,
    pub(super) state: FindingState,
    pub(super) note: Option<String>,
}

/// The worst first, and among equals the most money.
pub(super) fn findings(connection: &mut Connection, source: &str, order_id: &str) -> Result<Vec<UnresolvedFinding>> {
    let query = findings::table
        .filter(findings::source.eq(source))
        .filter(findings::order_id.eq(order_id))
        .filter(findings::state.eq_any(FindingState::UNRESOLVED))
        .order((findings::reason, findings::fingerprint))
        .select((
            findings::reason,
            findings::severity,
            findings::currency,
            findings::difference_minor,
            findings::evidence,
            findings::state,
            findings::note,
        ));
    let mut found: Vec<UnresolvedFinding> = on_engine!(connection, |c| query.load(c))?;
    found.sort_by_key(|finding| {
        (Severity::parse(&finding.severity), Reverse(finding.difference_minor.map(i64::unsigned_abs)))
    });
    Ok(found)
}

/// Time zone of a source.
pub(super) fn timezone(connection: &mut Connection, source: &str) -> Result<String> {
    let query = sources::table.find(source).select(sources::timezone);
    Ok(on_engine!(connection, |c| query.first(c))?)
}

/// Entries of the order, and entries of others with a line about it.
pub(super) fn entry_numbers(connection: &mut Connection, source: &str, order_id: &str) -> Result<Vec<i64>> {
    let own = journal_entries::table
        .filter(journal_entries::source.eq(source))
        .filter(journal_entries::order_id.eq(order_id))
        .select(journal_entries::entry_no);
    let about = postings::table
        .filter(postings::source.eq(source))
        .filter(postings::order_id.eq(order_id))
        .select(postings::entry_no);
    let mut numbers: Vec<i64> = on_engine!(connection, |c| own.load(c))?;
    let others: Vec<i64> = on_engine!(connection, |c| about.load(c))?;
    numbers.extend(others);
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}
