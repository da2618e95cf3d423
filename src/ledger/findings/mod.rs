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
pub(in crate::ledger) use self::one_order::{Settling, absent_sections, after_settling, again};

use std::collections::BTreeSet;

use super::batch::FindingRow;
use super::posting::{Finding, FindingReason};

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

    /// Whether a reason holds so far: it is raised, or nothing is said about it now and it was open before.
    fn is_open(&self, facts: &OrderFacts<'_>, reason: FindingReason) -> bool {
        self.findings.iter().any(|finding| finding.reason == reason)
            || (self.kept.contains(&reason) && facts.open_before.contains(&reason))
    }
}

/// The findings of an order.
pub fn reconcile(facts: &OrderFacts<'_>) -> Raised {
    let mut raised = Raised::default();
    said::check(facts, &mut raised);
    totals::check(facts, &mut raised);
    identity::check(facts, &mut raised);
    announced_tickets::check(facts, &mut raised);
    stored_value::check(facts, &mut raised);
    payments::check(facts, &mut raised);
    money::check(facts, &mut raised);
    dates::check(facts, &mut raised);
    raised
}
