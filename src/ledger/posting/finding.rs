//! What needs an explanation: a difference, or an oddity of what a provider said.

use sha2::{Digest as _, Sha256};

use super::FindingReason;
use crate::money::Currency;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Money may be wrong.
    High,
    /// Should be checked.
    Medium,
    /// Usual, but worth knowing.
    Low,
    /// For the record.
    Info,
}

impl Severity {
    /// The word in tables and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Info => "info",
        }
    }
}

/// One finding of an order. It stays open as long as settling the order raises it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub reason: FindingReason,
    /// What within the order it is about; keeps findings of one reason apart.
    pub subject: String,
    pub severity: Severity,
    pub currency: Option<Currency>,
    /// What should be, in minor units.
    pub expected_minor: Option<i64>,
    /// What is, in minor units.
    pub actual_minor: Option<i64>,
    /// The evidence in words; no personal data, no secrets.
    pub evidence: String,
    /// Reason and subject of the finding of the same order that explains this one: while that one is open, this one is
    /// no second problem.
    pub consequence_of: Option<(FindingReason, String)>,
}

impl Finding {
    /// A finding of the usual severity, without amounts.
    pub fn new(reason: FindingReason, subject: impl Into<String>, evidence: impl Into<String>) -> Self {
        Self {
            reason,
            subject: subject.into(),
            severity: reason.severity(),
            currency: None,
            expected_minor: None,
            actual_minor: None,
            evidence: evidence.into(),
            consequence_of: None,
        }
    }

    /// The finding with what should be and what is.
    pub fn with_amounts(mut self, currency: Option<Currency>, expected_minor: i64, actual_minor: i64) -> Self {
        self.currency = currency;
        self.expected_minor = Some(expected_minor);
        self.actual_minor = Some(actual_minor);
        self
    }

    /// The finding as a consequence of another one of the same order.
    pub fn because_of(self, cause: &Self) -> Self {
        self.because(cause.reason, &cause.subject)
    }

    /// The finding as a consequence of the one with that reason and subject, if there is one.
    pub fn because(mut self, reason: FindingReason, subject: &str) -> Self {
        self.consequence_of = Some((reason, subject.to_owned()));
        self
    }

    /// Fingerprint of the finding that explains this one.
    pub fn cause_fingerprint(&self, source: &str, order_id: &str) -> Option<String> {
        let (reason, subject) = self.consequence_of.as_ref()?;
        Some(fingerprint(*reason, source, order_id, subject))
    }

    /// The same problem has the same fingerprint, so that reconciling again updates instead of adding.
    pub fn fingerprint(&self, source: &str, order_id: &str) -> String {
        fingerprint(self.reason, source, order_id, &self.subject)
    }
}

fn fingerprint(reason: FindingReason, source: &str, order_id: &str, subject: &str) -> String {
    let mut hasher = Sha256::new();
    for part in [reason.as_str(), source, order_id, subject] {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    hex::encode(hasher.finalize())
}
