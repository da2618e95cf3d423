//! What needs an explanation: a difference, or an oddity of what a provider said.

use sha2::{Digest as _, Sha256};

use crate::money::Currency;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Money may be wrong.
    High,
    /// Needs a look.
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
    /// Reason code, such as `vat_unknown`.
    pub reason: String,
    /// What within the order it is about; keeps findings of one reason apart.
    pub subject: String,
    /// How much it matters.
    pub severity: Severity,
    /// Of the amounts.
    pub currency: Option<Currency>,
    /// What should be, in minor units.
    pub expected_minor: Option<i64>,
    /// What is, in minor units.
    pub actual_minor: Option<i64>,
    /// The evidence in words; no personal data, no secrets.
    pub evidence: String,
}

impl Finding {
    /// A finding without amounts.
    pub fn new(reason: &str, subject: impl Into<String>, severity: Severity, evidence: impl Into<String>) -> Self {
        Self {
            reason: reason.to_owned(),
            subject: subject.into(),
            severity,
            currency: None,
            expected_minor: None,
            actual_minor: None,
            evidence: evidence.into(),
        }
    }

    /// The finding with what should be and what is.
    pub fn with_amounts(mut self, currency: Option<Currency>, expected_minor: i64, actual_minor: i64) -> Self {
        self.currency = currency;
        self.expected_minor = Some(expected_minor);
        self.actual_minor = Some(actual_minor);
        self
    }

    /// The same problem has the same fingerprint, so that looking again updates instead of adding.
    pub fn fingerprint(&self, source: &str, order_id: &str) -> String {
        let mut hasher = Sha256::new();
        for part in [self.reason.as_str(), source, order_id, &self.subject] {
            hasher.update(part.as_bytes());
            hasher.update([0]);
        }
        hex::encode(hasher.finalize())
    }
}
