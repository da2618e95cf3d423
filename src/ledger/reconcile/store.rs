//! The statements of the reconciliation. None opens a transaction.

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::{ReceivableLine, Terms, VoucherMove};
use crate::clock::Timestamp;
use crate::db::schema::{findings, journal_entries, orders, postings, sources};
use crate::db::{Connection, Result};
use crate::ledger::{Finding, store as journal};
use crate::on_engine;

/// A finding as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = findings, treat_none_as_default_value = false, treat_none_as_null = true)]
#[expect(missing_docs, reason = "the columns are explained in the migration")]
pub struct FindingRow {
    pub fingerprint: String,
    pub source: String,
    pub order_id: Option<String>,
    pub reason: String,
    pub severity: String,
    pub currency: Option<String>,
    pub expected_minor: Option<i64>,
    pub actual_minor: Option<i64>,
    pub difference_minor: Option<i64>,
    pub evidence: String,
    pub consequence_of: Option<String>,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub state: String,
    pub acknowledged_by: Option<String>,
    pub note: Option<String>,
}

impl FindingRow {
    pub(super) fn of(source: &str, order_id: &str, finding: &Finding, seen: Timestamp) -> Self {
        let difference = finding.actual_minor.zip(finding.expected_minor);
        Self {
            fingerprint: finding.fingerprint(source, order_id),
            source: source.to_owned(),
            order_id: Some(order_id.to_owned()),
            reason: finding.reason.clone(),
            severity: finding.severity.as_str().to_owned(),
            currency: finding.currency.map(|currency| currency.code().to_owned()),
            expected_minor: finding.expected_minor,
            actual_minor: finding.actual_minor,
            difference_minor: difference.and_then(|(actual, expected)| actual.checked_sub(expected)),
            evidence: finding.evidence.clone(),
            consequence_of: finding.cause_fingerprint(source, order_id),
            first_seen: seen,
            last_seen: seen,
            state: "open".to_owned(),
            acknowledged_by: None,
            note: None,
        }
    }

    /// Neither healed nor resolved.
    pub(super) fn stands(&self) -> bool {
        self.state == "open" || self.state == "acknowledged"
    }

    /// What an acknowledgement is about.
    pub(super) fn amounts(&self) -> (Option<&str>, Option<i64>, Option<i64>) {
        (self.currency.as_deref(), self.expected_minor, self.actual_minor)
    }

    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        self.amounts() == other.amounts()
            && (&self.severity, &self.evidence, &self.consequence_of)
                == (&other.severity, &other.evidence, &other.consequence_of)
    }
}

/// What holds for a source.
pub(in crate::ledger) fn terms(connection: &mut Connection, source: &str) -> Result<Terms> {
    let (provider, country): (String, String) =
        on_engine!(connection, |c| sources::table.find(source).select((sources::provider, sources::country)).first(c))?;
    let closed = journal::closed_periods(connection, source)?;
    Ok(Terms { ticketpark: provider == "ticketpark", country, closed })
}

/// Name and time zone of every source.
pub(in crate::ledger) fn source_zones(connection: &mut Connection) -> Result<Vec<(String, String)>> {
    let query = sources::table.order(sources::source).select((sources::source, sources::timezone));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// Ids of the orders after `order_id`.
pub(in crate::ledger) fn orders_after(
    connection: &mut Connection,
    source: &str,
    order_id: &str,
    limit: i64,
) -> Result<Vec<String>> {
    Ok(on_engine!(connection, |c| orders::table
        .filter(orders::source.eq(source))
        .filter(orders::order_id.gt(order_id))
        .order(orders::order_id)
        .limit(limit)
        .select(orders::order_id)
        .load(c))?)
}

/// `(order, line)` of everything on the receivables of these orders, in the order of the entries.
pub(in crate::ledger) fn receivable_lines(
    connection: &mut Connection,
    source: &str,
    order_ids: &[&str],
) -> Result<Vec<(String, ReceivableLine)>> {
    let line = (
        journal_entries::order_id,
        journal_entries::kind,
        journal_entries::atom_key,
        journal_entries::atom_hash,
        journal_entries::reason_code,
        journal_entries::booking_date,
        postings::currency,
        postings::item_kind,
        postings::payment_id,
        postings::amount_minor,
    );
    Ok(on_engine!(connection, |c| postings::table
        .inner_join(
            journal_entries::table
                .on(journal_entries::source.eq(postings::source).and(journal_entries::entry_no.eq(postings::entry_no)))
        )
        .filter(postings::source.eq(source))
        .filter(postings::order_id.eq_any(order_ids))
        .filter(postings::account_code.eq("assets:receivable"))
        // The sign keeps SQLite from reading the whole ledger in this order instead of sorting the few lines.
        .order((sql::<BigInt>("+postings.entry_no"), postings::line_no))
        .select((postings::order_id.assume_not_null(), line))
        .load(c))?)
}

/// What the entries of each order moved on each account for these vouchers and flex tickets.
pub(super) fn voucher_moves(connection: &mut Connection, source: &str, ids: &[&str]) -> Result<Vec<VoucherMove>> {
    type Row = (String, Option<String>, String, String, String, String, i64);
    let lines: Vec<Row> = on_engine!(connection, |c| postings::table
        .inner_join(
            journal_entries::table
                .on(journal_entries::source.eq(postings::source).and(journal_entries::entry_no.eq(postings::entry_no)))
        )
        .filter(postings::source.eq(source))
        .filter(postings::voucher_id.eq_any(ids))
        .select((
            postings::voucher_id.assume_not_null(),
            journal_entries::order_id,
            postings::currency,
            postings::account_code,
            postings::item_kind,
            journal_entries::kind,
            postings::amount_minor,
        ))
        .load(c))?;
    type Key = (String, Option<String>, String, String, String);
    let mut sums: BTreeMap<Key, (i64, i64)> = BTreeMap::new();
    for (voucher_id, order_id, currency, account, item_kind, kind, amount_minor) in lines {
        let (sum, count) = sums.entry((voucher_id, order_id, currency, account, item_kind)).or_default();
        *sum = sum.saturating_add(amount_minor);
        *count += if kind == "reverse" { -1 } else { 1 };
    }
    let moves = sums.into_iter().map(|((voucher_id, order_id, currency, account, item_kind), (sum, count))| {
        VoucherMove { voucher_id, order_id, currency, account, item_kind, amount_minor: sum, count }
    });
    // What is reversed moves nothing, but it tells which orders have to do with each other.
    Ok(moves.collect())
}
