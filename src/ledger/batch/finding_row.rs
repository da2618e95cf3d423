//! A finding as it is stored.

use diesel::prelude::*;

use crate::clock::Timestamp;
use crate::db::schema::findings;
use crate::ledger::posting::Finding;

/// A finding as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = findings, treat_none_as_default_value = false, treat_none_as_null = true)]
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
    pub(in crate::ledger) fn of(source: &str, order_id: &str, finding: &Finding, seen: Timestamp) -> Self {
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
    pub(in crate::ledger) fn stands(&self) -> bool {
        self.state == "open" || self.state == "acknowledged"
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
