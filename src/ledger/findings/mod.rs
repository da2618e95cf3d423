//! Findings: every open cent and every oddity of an order gets a reason.
//!
//! Belongs here: judging what is booked and what was said. Does not: booking anything.
//!
//! ```text
//! snapshot, wanted atoms, journal ──gather──> facts ──reconcile──> findings ──compare with the stored ones──> changes
//! ```
//!
//! [`reconcile`] is pure: it knows no clock and no database, so the same facts give the same findings. It runs for each
//! order that settling touches, and over everything by `ticketledger ledger reconcile`. A finding that is not raised
//! any more closes by itself; findings about a *change* from one state to the next (a changed order code) stay until a
//! later delivery takes them back.

mod all_orders;
mod announced_tickets;
pub mod calibrate;
mod dates;
mod facts;
mod identity;
mod life;
mod money;
mod one_order;
pub mod operator;
pub mod outside;
mod payments;
mod related;
mod said;
pub mod store;
mod stored_value;
mod totals;
mod vat_rates;
mod words;

pub use self::all_orders::{Reconciled, reconcile_everything};
pub use self::facts::{Compared, OrderFacts, VoucherMove};
pub use self::life::Changes;
pub(in crate::ledger) use self::one_order::{Settling, absent_sections, after_settling, again, look_again};

use std::collections::{BTreeMap, BTreeSet};

use super::batch::FindingRow;
use super::posting::{Finding, FindingReason};
use crate::limits;
use crate::money::Currency;
use crate::order::MORE;

/// What reconciling an order comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raised {
    /// What holds now.
    pub findings: Vec<Finding>,
    /// Reasons about which these facts say nothing: what is stored stays as it is.
    pub kept: BTreeSet<FindingReason>,
}

impl Raised {
    fn raise(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn keep(&mut self, reason: FindingReason) {
        self.kept.insert(reason);
    }

    /// Whether a stored finding stays because nothing is said about its reason now.
    fn keeps(&self, row: &FindingRow) -> bool {
        FindingReason::parse(&row.reason).is_some_and(|reason| self.kept.contains(&reason))
    }

    /// Raises a finding, as the consequence of the first one with one of these reasons that explains it, in the order
    /// of the reasons. There is no other way to be a consequence: a guess never hides money.
    fn raise_because_of(&mut self, finding: Finding, causes: &[FindingReason]) {
        let of = |reason: &FindingReason| {
            self.findings.iter().find(|known| known.reason == *reason && known.explains(&finding))
        };
        let finding = match causes.iter().find_map(of) {
            Some(cause) => finding.because_of(cause),
            None => finding,
        };
        self.raise(finding);
    }

    /// Of more findings for one reason than a reader notes the first ones, and one for the others with their sum: an
    /// order must not be able to flood the list.
    fn bounded(mut self) -> Self {
        let mut alike: BTreeMap<FindingReason, usize> = BTreeMap::new();
        for finding in &self.findings {
            *alike.entry(finding.reason).or_default() += 1;
        }
        for (reason, _) in alike.into_iter().filter(|(_, count)| *count > limits::ALIKE + 1) {
            let (mut of_reason, others): (Vec<Finding>, Vec<Finding>) =
                self.findings.into_iter().partition(|finding| finding.reason == reason);
            of_reason.sort_by(|a, b| a.subject.cmp(&b.subject));
            let more = of_reason.split_off(limits::ALIKE + 1);
            self.findings = others;
            self.findings.append(&mut of_reason);
            self.findings.extend(sums_of(reason, &more));
        }
        self
    }

    /// Whether a reason holds so far: it is raised, or nothing is said about it now and it was open before.
    fn is_open(&self, facts: &OrderFacts<'_>, reason: FindingReason) -> bool {
        self.findings.iter().any(|finding| finding.reason == reason)
            || (self.kept.contains(&reason) && facts.open_before.contains(&reason))
    }
}

/// One finding by currency for many.
fn sums_of(reason: FindingReason, more: &[Finding]) -> Vec<Finding> {
    let mut sums: BTreeMap<Option<Currency>, (usize, i64, i64)> = BTreeMap::new();
    for finding in more {
        let (count, expected, actual) = sums.entry(finding.currency).or_default();
        *count += 1;
        *expected = expected.saturating_add(finding.expected_minor.unwrap_or(0));
        *actual = actual.saturating_add(finding.actual_minor.unwrap_or(0));
    }
    let one = |(currency, (count, expected, actual)): (Option<Currency>, (usize, i64, i64))| {
        let subject = currency.map_or_else(|| MORE.to_owned(), |currency| format!("{MORE}:{currency}"));
        let finding = Finding::new(reason, subject, format!("{count} more of this kind"));
        if currency.is_some() { finding.with_amounts(currency, expected, actual) } else { finding }
    };
    sums.into_iter().map(one).collect()
}

/// The findings of an order.
pub fn reconcile(facts: &OrderFacts<'_>) -> Raised {
    let mut raised = Raised::default();
    // Not about what the order is, but about how it became known.
    raised.keep(FindingReason::MissedWebhook);
    said::check(facts, &mut raised);
    totals::check(facts, &mut raised);
    identity::check(facts, &mut raised);
    announced_tickets::check(facts, &mut raised);
    stored_value::check(facts, &mut raised);
    payments::check(facts, &mut raised);
    money::check(facts, &mut raised);
    dates::check(facts, &mut raised);
    raised.bounded()
}
