//! The statements of the story: reading only.

use std::cmp::Reverse;

use diesel::prelude::*;

use crate::db::schema::{findings, sources};
use crate::db::{Connection, Result};
use crate::ledger::batch::FindingState;
use crate::ledger::posting::Severity;
use crate::on_engine;

/// A finding that is open or acknowledged.
#[derive(Queryable, Selectable)]
#[diesel(table_name = findings)]
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
        .order((findings::reason, findings::fingerprint));
    let mut found = on_engine!(connection, |c| query.select(UnresolvedFinding::as_select()).load(c))?;
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
