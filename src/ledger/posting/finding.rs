//! What needs an explanation: a difference, or an oddity of what a provider said.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use super::FindingReason;
use crate::hash;
use crate::money::Currency;
use crate::vocabulary;

vocabulary! {
    /// How much a finding matters, the worst first.
    pub enum Severity in "findings.severity" {
        /// Money may be wrong.
        High = "high",
        /// Should be checked.
        Medium = "medium",
        /// Usual, but worth knowing.
        Low = "low",
        /// For the record.
        Info = "info",
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
    /// What happened, in words: what, how much and since when. No personal data, no secrets.
    pub evidence: String,
    /// What to do about it, in this case.
    remedy: Option<Cow<'static, str>>,
    /// Reason and subject of the finding of the same order that explains this one.
    consequence_of: Option<(FindingReason, String)>,
}

impl Finding {
    /// A finding of the usual severity with the usual remedy, without amounts.
    pub fn new(reason: FindingReason, subject: impl Into<String>, evidence: impl Into<String>) -> Self {
        Self {
            reason,
            subject: subject.into(),
            severity: reason.severity(),
            currency: None,
            expected_minor: None,
            actual_minor: None,
            evidence: evidence.into(),
            remedy: reason.remedy().map(Cow::Borrowed),
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

    /// The finding with a remedy that fits its case better than the usual one.
    pub fn to_be_done(mut self, remedy: impl Into<Cow<'static, str>>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// The finding with another severity than the usual one.
    pub fn of_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The finding as a consequence of another one of the same order, if that one explains it; else as it is. What to
    /// do is then said by the cause. It comes last: what is changed afterwards is not compared.
    pub fn because_of(self, cause: &Self) -> Self {
        if !cause.explains(&self) {
            return self;
        }
        Self { consequence_of: Some((cause.reason, cause.subject.clone())), remedy: None, ..self }
    }

    /// Whether another finding may be called its consequence: a guess never hides money. So it matters at least as
    /// much, and it has at least as much money in it, in the same currency, if the other one has any.
    pub fn explains(&self, other: &Self) -> bool {
        let covers = match (self.difference_minor(), other.difference_minor()) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(cause), Some(effect)) => {
                self.currency == other.currency && cause.unsigned_abs() >= effect.unsigned_abs()
            }
        };
        self.consequence_of.is_none() && self.severity <= other.severity && covers
    }

    /// What is less what should be; `None` without amounts.
    pub fn difference_minor(&self) -> Option<i64> {
        let (actual, expected) = self.actual_minor.zip(self.expected_minor)?;
        Some(actual.saturating_sub(expected))
    }

    /// What happened, and what to do about it or what it follows from.
    pub fn in_words(&self) -> String {
        let evidence = &self.evidence;
        match (&self.consequence_of, &self.remedy) {
            (Some((cause, _)), _) => format!("{evidence}; follows from {cause}"),
            (None, Some(remedy)) => format!("{evidence}; {remedy}"),
            (None, None) => evidence.clone(),
        }
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
    hash::finished(hasher)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(reason: FindingReason, code: &str, difference: Option<i64>) -> Finding {
        let finding = Finding::new(reason, "order", "something happened");
        match difference {
            None => finding,
            Some(difference) => finding.with_amounts(Currency::parse(code), 0, difference),
        }
    }

    #[test]
    fn a_finding_follows_only_from_one_that_matters_as_much_and_has_its_money() {
        use FindingReason::{OrderCodeChanged, PaymentVanished, StaleSnapshotSuspected, Underpaid, Unpaid};
        let vanished = finding(PaymentVanished, "EUR", Some(-11_900));
        for (cause, effect, explained) in [
            (&vanished, finding(Unpaid, "EUR", Some(-11_900)), true),
            (&vanished, finding(Underpaid, "EUR", Some(5_000)), true),
            (&vanished, finding(StaleSnapshotSuspected, "EUR", None), true),
            (&vanished, finding(Unpaid, "EUR", Some(-11_901)), false),
            (&vanished, finding(Unpaid, "CHF", Some(-11_900)), false),
            (&finding(StaleSnapshotSuspected, "EUR", None), finding(Unpaid, "EUR", Some(-1)), false),
            (&finding(OrderCodeChanged, "EUR", None), vanished.clone(), false),
            (&finding(Underpaid, "EUR", Some(-11_900)), vanished.clone(), false),
            (&finding(Underpaid, "EUR", Some(i64::MIN)), finding(Unpaid, "EUR", Some(i64::MAX)), true),
        ] {
            let effect = effect.because_of(cause);
            assert_eq!(
                effect.cause_fingerprint("museum", "A").is_some(),
                explained,
                "{} of {}",
                effect.reason,
                cause.reason
            );
            assert_eq!(effect.in_words().ends_with(&format!("; follows from {}", cause.reason)), explained);
        }
        let effect = finding(Unpaid, "EUR", Some(-1)).because_of(&vanished);
        assert!(!effect.explains(&finding(Unpaid, "EUR", Some(-1))), "no chains");
    }

    #[test]
    fn a_finding_says_what_to_do_in_its_case() {
        let usual = finding(FindingReason::PaymentMutated, "EUR", None);
        assert_eq!(usual.in_words(), "something happened; ask the provider why");
        assert_eq!(usual.to_be_done("wait").in_words(), "something happened; wait");
    }
}
