//! `release.*` of `docs/posting-rules.md`: revenue on the day of the event. Until then the net price is a liability.
//!
//! The release is an atom of its own, dated on the service day even while that lies ahead. So it needs no clock, a
//! rebuild makes it again, and every report by period has the revenue in the month of the event. When the sale goes,
//! its release goes with it. A ticket whose day nobody has told waits without one: revenue is never early.

use super::Builder;
use crate::clock::Timestamp;
use crate::ledger::book::Account;
use crate::ledger::posting::{Atom, Effective, Finding, FindingReason, Line};
use crate::money::Currency;
use crate::order::Ticket;
use crate::policy::RevenueMode;

/// When the price of a ticket becomes revenue, if that is not at its sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RevenueDay {
    On(Timestamp),
    /// Not told yet; it waits until it is.
    Unknown,
}

/// What is released, and when.
pub(super) struct Release {
    pub(super) key: String,
    pub(super) event_type: &'static str,
    pub(super) currency: Currency,
    /// Where the net price belongs.
    pub(super) income: Account,
    /// When it belongs there.
    pub(super) on: RevenueDay,
}

impl Builder<'_> {
    /// When the price of a ticket becomes revenue, if that is not at its sale.
    pub(super) fn revenue_on(&self, ticket: &Ticket) -> Option<RevenueDay> {
        if self.rules.policy.revenue_mode == RevenueMode::OnSale {
            return None;
        }
        Some(ticket.starts_at.map_or(RevenueDay::Unknown, RevenueDay::On))
    }

    /// Says of a ticket without a day what waits because of it.
    pub(super) fn note_waiting(&mut self, ticket: &Ticket, currency: Currency, waits_minor: i64) {
        let evidence =
            format!("nobody has told the date of ticket {}, so its revenue waits as deferred revenue", ticket.id);
        let other = Some(currency) != self.currency;
        let subject = if other { format!("{}:{}", ticket.id, currency.code()) } else { ticket.id.clone() };
        let finding = Finding::new(FindingReason::ServiceDateUnknown, subject, evidence);
        self.find(finding.with_amounts(Some(currency), waits_minor, 0));
    }

    /// Makes the net line among `lines` wait, and adds the atom that releases it once its day is known.
    pub(super) fn defer(&mut self, lines: &mut [Line], release: Release) {
        let Some(net) = lines.iter_mut().find(|line| line.account == release.income) else { return };
        let income = net.clone();
        net.account = Account::DeferredTickets;
        // Counted with the revenue, once.
        net.qty = None;
        let RevenueDay::On(on) = release.on else { return };
        // The rate stands on both lines, so that the release is not counted as turnover in the VAT report.
        let deferred = Line { amount_minor: -net.amount_minor, ..net.clone() };
        let header = self.snapshot.order.header.as_ref();
        self.add(Atom {
            key: release.key,
            event_type: release.event_type,
            currency: release.currency,
            effective: Effective::Release { on, ordered_at: header.and_then(|header| header.ordered_at) },
            category: None,
            lines: vec![deferred, income],
        });
    }
}
