//! `release.*` of `docs/posting-rules.md`: revenue on the day of the event. Until then the net price is a liability.
//!
//! The release is an atom of its own, dated on the service day even while that lies ahead. So it needs no clock, a
//! rebuild makes it again, and every report by period has the revenue in the month of the event. When the sale goes,
//! its release goes with it.

use super::Builder;
use crate::clock::Timestamp;
use crate::ledger::book::Account;
use crate::ledger::posting::{Atom, Effective, Finding, FindingReason, Line};
use crate::money::Currency;
use crate::order::Ticket;
use crate::policy::RevenueMode;

/// What is released, and when.
pub(super) struct Release {
    pub(super) key: String,
    pub(super) event_type: &'static str,
    pub(super) currency: Currency,
    /// Where the net price belongs.
    pub(super) income: Account,
    /// When it belongs there.
    pub(super) on: Timestamp,
}

impl Builder<'_> {
    /// When the price of a ticket becomes revenue, if that is not at its sale.
    pub(super) fn revenue_on(&mut self, ticket: &Ticket) -> Option<Timestamp> {
        if self.rules.policy.revenue_mode == RevenueMode::OnSale {
            return None;
        }
        if ticket.starts_at.is_none() {
            let evidence = format!("ticket {} has no date, so its revenue is booked at the sale", ticket.id);
            self.find(Finding::new(FindingReason::ServiceDateUnknown, ticket.id.clone(), evidence));
        }
        ticket.starts_at
    }

    /// Makes the net line among `lines` wait, and adds the atom that releases it.
    pub(super) fn defer(&mut self, lines: &mut [Line], release: Release) {
        let Some(net) = lines.iter_mut().find(|line| line.account == release.income) else { return };
        let income = net.clone();
        net.account = Account::DeferredTickets;
        // Counted with the revenue, once.
        net.qty = None;
        // The rate stands on both lines, so that the release is no turnover of its own in the VAT report.
        let deferred = Line { amount_minor: -net.amount_minor, ..net.clone() };
        let header = self.snapshot.order.header.as_ref();
        self.add(Atom {
            key: release.key,
            event_type: release.event_type,
            currency: release.currency,
            effective: Effective::Release { on: release.on, ordered_at: header.and_then(|header| header.ordered_at) },
            category: None,
            lines: vec![deferred, income],
        });
    }
}
