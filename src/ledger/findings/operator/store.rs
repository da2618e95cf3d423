//! The statements of `findings list` and `findings ack`. None opens a transaction.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::db::schema::{findings, orders};
use crate::db::{Connection, Result};
use crate::ledger::batch::{FindingRow, FindingState};
use crate::ledger::book::store as journal;
use crate::ledger::posting::Severity;
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

/// The ids that the order of a filter can mean: itself, and those of the orders with that code. Looked up first: both
/// in one statement would read every finding.
fn order_ids(connection: &mut Connection, filter: &FindingFilter) -> Result<Option<Vec<String>>> {
    let Some(order) = &filter.order else { return Ok(None) };
    let query = orders::table.filter(orders::order_code.eq(order)).select(orders::order_id);
    let mut ids: Vec<String> = on_engine!(connection, |c| query.load(c))?;
    ids.push(order.clone());
    Ok(Some(ids))
}

/// The chosen findings: the worst first, and among equals the most money.
///
/// # Errors
/// When the query fails.
pub fn list(connection: &mut Connection, filter: &FindingFilter) -> Result<Vec<Listed>> {
    let ids = order_ids(connection, filter)?;
    let mut found: Vec<Listed> = on_engine!(connection, |c| {
        let mut query = findings::table
            .left_join(orders::table.on(its_order!()))
            .select((FindingRow::as_select(), orders::order_code.nullable()))
            .into_boxed();
        if let Some(source) = &filter.source {
            query = query.filter(findings::source.eq(source));
        }
        if let Some(ids) = &ids {
            query = query.filter(findings::order_id.eq_any(ids));
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

/// How many of these findings are open.
///
/// # Errors
/// When the query fails.
pub(super) fn still_open(connection: &mut Connection, chosen: &[FindingRow]) -> Result<usize> {
    let fingerprints: Vec<&str> = chosen.iter().map(|row| row.fingerprint.as_str()).collect();
    let mut open = 0_i64;
    for fingerprints in fingerprints.chunks(limits::IN_VALUES) {
        open += on_engine!(connection, |c| findings::table
            .filter(findings::fingerprint.eq_any(fingerprints))
            .filter(findings::state.eq(FindingState::Open))
            .count()
            .get_result::<i64>(c))?;
    }
    Ok(usize::try_from(open).unwrap_or(0))
}

/// A page of findings in one state: the worst first, among equals the oldest. Each severity is read along its index, so
/// a page costs the same in every book. `after` is the fingerprint of the last finding of the page before; `None` when
/// there is no such finding.
///
/// # Errors
/// When the query fails.
pub fn page(
    connection: &mut Connection,
    filter: &FindingFilter,
    state: FindingState,
    after: Option<&str>,
    most: i64,
) -> Result<Option<Vec<Listed>>> {
    let begin = match after {
        Some(fingerprint) => {
            let row = findings::table.find(fingerprint).select((findings::severity, findings::first_seen));
            let place: Option<(Severity, Timestamp)> = on_engine!(connection, |c| row.first(c).optional())?;
            let Some((severity, seen)) = place else { return Ok(None) };
            Some((severity, seen, fingerprint))
        }
        None => None,
    };
    let mut found: Vec<Listed> = Vec::new();
    for severity in Severity::ALL.iter().copied() {
        let wanted = filter.severities.is_empty() || filter.severities.iter().any(|word| *word == severity.as_str());
        let left = most - i64::try_from(found.len()).unwrap_or(most);
        if !wanted || left <= 0 || begin.is_some_and(|(first, ..)| severity < first) {
            continue;
        }
        let begin = begin.filter(|(first, ..)| *first == severity).map(|(_, seen, fingerprint)| (seen, fingerprint));
        found.append(&mut of_severity(connection, filter, (state, severity), begin, left)?);
    }
    Ok(Some(found))
}

fn of_severity(
    connection: &mut Connection,
    filter: &FindingFilter,
    (state, severity): (FindingState, Severity),
    begin: Option<(Timestamp, &str)>,
    most: i64,
) -> Result<Vec<Listed>> {
    let ids = order_ids(connection, filter)?;
    Ok(on_engine!(connection, |c| {
        let mut query = findings::table
            .left_join(orders::table.on(its_order!()))
            .select((FindingRow::as_select(), orders::order_code.nullable()))
            .filter(findings::state.eq(state))
            .filter(findings::severity.eq(severity))
            .order((findings::first_seen, findings::fingerprint))
            .limit(most)
            .into_boxed();
        if let Some((seen, fingerprint)) = begin {
            query = query
                .filter(findings::first_seen.ge(seen))
                .filter(findings::first_seen.gt(seen).or(findings::fingerprint.gt(fingerprint)));
        }
        if let Some(source) = &filter.source {
            query = query.filter(findings::source.eq(source));
        }
        if let Some(ids) = &ids {
            query = query.filter(findings::order_id.eq_any(ids));
        }
        if !filter.reasons.is_empty() {
            query = query.filter(findings::reason.eq_any(&filter.reasons));
        }
        query.load(c)?
    }))
}

/// A number that may be more than was counted.
pub type AtLeast = (usize, bool);

/// Rows that are looked at for a number.
const LOOKED: usize = 2_000;

/// How many findings of a state a filter chooses, by severity, whatever severities it names: each number up to `most`,
/// and whether that is all. No more than some rows are looked at, however many findings there are.
///
/// # Errors
/// When a query fails.
pub fn by_severity(
    connection: &mut Connection,
    filter: &FindingFilter,
    state: FindingState,
    most: usize,
) -> Result<Vec<(Severity, AtLeast)>> {
    let ids = order_ids(connection, filter)?;
    let limit = LOOKED.max(most).saturating_add(1);
    let mut counts = Vec::new();
    for severity in Severity::ALL.iter().copied() {
        let looked: Vec<(String, String)> = on_engine!(connection, |c| {
            let mut query = findings::table
                .filter(findings::state.eq(state))
                .filter(findings::severity.eq(severity))
                .select((findings::source, findings::reason))
                .limit(i64::try_from(limit).unwrap_or(i64::MAX))
                .into_boxed();
            query = match &ids {
                // Those of an order are few, and have an index of their own.
                Some(ids) => query.filter(findings::order_id.eq_any(ids)),
                // The oldest, along the index by severity.
                None => query.order((findings::first_seen, findings::fingerprint)),
            };
            query.load(c)?
        });
        let is_all = looked.len() < limit;
        let chosen = looked.iter().filter(|(source, reason)| {
            filter.source.as_ref().is_none_or(|wanted| wanted == source)
                && (filter.reasons.is_empty() || filter.reasons.contains(reason))
        });
        let number = chosen.count();
        counts.push((severity, (number.min(most), is_all && number <= most)));
    }
    Ok(counts)
}
