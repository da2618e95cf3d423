//! A finding as it is stored.

use std::cmp::Reverse;

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::db::schema::findings;
use crate::ledger::posting::{Finding, Severity};
use crate::vocabulary;

vocabulary! {
    /// Where a finding is in its life.
    pub enum FindingState in "findings.state" {
        Open = "open",
        /// Somebody has said that it is known: it stays so as long as its amounts stay the same.
        Acknowledged = "acknowledged",
        /// It was not raised any more.
        AutoClosed = "auto_closed",
        Resolved = "resolved",
    }
}

impl FindingState {
    /// Still there, whether or not somebody knows.
    pub const UNRESOLVED: [Self; 2] = [Self::Open, Self::Acknowledged];

    pub fn is_unresolved(self) -> bool {
        Self::UNRESOLVED.contains(&self)
    }
}

/// A finding as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = findings, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct FindingRow {
    pub fingerprint: String,
    pub source: String,
    pub order_id: Option<String>,
    /// A word of `FindingReason`, or one that only an older version raised: then it closes by itself.
    pub reason: String,
    pub severity: Severity,
    pub currency: Option<String>,
    pub expected_minor: Option<i64>,
    pub actual_minor: Option<i64>,
    pub difference_minor: Option<i64>,
    /// What happened, and what to do about it or what it follows from.
    pub evidence: String,
    /// Fingerprint of the finding of the same order that explains this one.
    pub consequence_of: Option<String>,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub state: FindingState,
    pub acknowledged_by: Option<String>,
    pub note: Option<String>,
}

impl FindingRow {
    pub(in crate::ledger) fn of(source: &str, order_id: &str, finding: &Finding, seen: Timestamp) -> Self {
        Self {
            fingerprint: finding.fingerprint(source, order_id),
            source: source.to_owned(),
            order_id: Some(order_id.to_owned()),
            reason: finding.reason.as_str().to_owned(),
            severity: finding.severity,
            currency: finding.currency.map(|currency| currency.code().to_owned()),
            expected_minor: finding.expected_minor,
            actual_minor: finding.actual_minor,
            difference_minor: finding.difference_minor(),
            evidence: finding.in_words(),
            consequence_of: finding.cause_fingerprint(source, order_id),
            first_seen: seen,
            last_seen: seen,
            state: FindingState::Open,
            acknowledged_by: None,
            note: None,
        }
    }

    /// The place in a list: the worst first, and among equals the most money.
    pub fn rank(&self) -> impl Ord + use<> {
        let money = self.difference_minor.map(i64::unsigned_abs);
        (self.severity, Reverse(money), self.source.clone(), self.first_seen, self.fingerprint.clone())
    }

    /// What an acknowledgement is about.
    pub(in crate::ledger) fn amounts(&self) -> (Option<&str>, Option<i64>, Option<i64>) {
        (self.currency.as_deref(), self.expected_minor, self.actual_minor)
    }

    pub(in crate::ledger) fn says_the_same(&self, other: &Self) -> bool {
        self.amounts() == other.amounts()
            && (&self.severity, &self.evidence, &self.consequence_of)
                == (&other.severity, &other.evidence, &other.consequence_of)
    }
}
