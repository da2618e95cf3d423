//! Rules 1 and 2: participants and products.

use std::collections::BTreeMap;

use super::release::{Release, RevenueDay};
use super::{Builder, SoldLine, taxed_lines};
use crate::hash;
use crate::ledger::book::{Account, ItemKind};
use crate::ledger::posting::{Atom, Finding, FindingReason, part_key};
use crate::money::{Currency, Overflow};
use crate::order::{Participant, Product, Ticket};

impl Builder<'_> {
    /// Sells what is live, and answers all lines in document order for the discounts.
    pub(super) fn sales(&mut self) -> Result<Vec<SoldLine>, Overflow> {
        let mut sold = Vec::new();
        let snapshot = self.snapshot;
        for ticket in snapshot.order.tickets.iter().flatten() {
            let mut waits = BTreeMap::new();
            for participant in &ticket.participants {
                self.participant(ticket, participant, &mut sold, &mut waits)?;
            }
            for (currency, minor) in waits.into_iter().filter(|(_, minor)| *minor != 0) {
                self.note_waiting(ticket, currency, minor);
            }
        }
        self.products(&mut sold)?;
        Ok(sold)
    }

    /// `waits` sums up what waits for a day that is not known.
    fn participant(
        &mut self,
        ticket: &Ticket,
        who: &Participant,
        sold: &mut Vec<SoldLine>,
        waits: &mut BTreeMap<Currency, i64>,
    ) -> Result<(), Overflow> {
        let part = part_key::participant(&who.id);
        let key = format!("sale:{part}");
        let release = format!("release:{part}");
        let live = self.live && self.counts(ticket.status) && self.counts(who.status);
        let cancelled_at = self.cancelled_at(ticket, who).filter(|_| !live);
        if let Some(at) = cancelled_at {
            self.wanted.cancelled_at.insert(key.clone(), at);
            self.wanted.cancelled_at.insert(release.clone(), at);
        }
        let (Some(gross_minor), Some(currency)) = (who.price_minor, who.currency.or(self.currency)) else {
            return Ok(());
        };
        let vat_bp = who.vat_bp.or(ticket.vat_bp);
        let income = Account::IncomeTickets;
        let mut dimensions = self.dimensions(ItemKind::Ticket, part);
        dimensions.event_id.clone_from(&ticket.event_id);
        dimensions.event_key = event_key(ticket);
        dimensions.event_date_id.clone_from(&ticket.event_date_id);
        dimensions.service_date = ticket.starts_at.map(|at| at.local_date(self.rules.zone));
        dimensions.channel_id = self.channel_id();
        let mut line =
            SoldLine { live, cancelled_at, dimensions: dimensions.clone(), gross_minor, vat_bp, income, on: None };
        let own = Some(currency) == self.currency;
        if !live {
            sold.extend(own.then_some(line));
            return Ok(());
        }
        if vat_bp.is_none() && gross_minor != 0 {
            let evidence = format!("no VAT rate is known for participant {}", who.id);
            let subject = part_key::participant(&who.id);
            let finding = Finding::new(FindingReason::VatUnknown, subject, evidence);
            self.find(finding.with_amounts(Some(currency), 0, gross_minor));
        }
        let income = Account::IncomeTickets;
        let mut lines = taxed_lines(&dimensions, income.clone(), gross_minor, vat_bp, 1)?;
        line.on = self.revenue_on(ticket);
        if let Some(on) = line.on {
            if on == RevenueDay::Unknown {
                let net = lines.iter().find(|line| line.account == income).map_or(0, |line| line.amount_minor);
                let waiting = waits.entry(currency).or_default();
                *waiting = waiting.checked_sub(net).ok_or(Overflow)?;
            }
            self.defer(&mut lines, Release { key: release, event_type: "release.ticket", currency, income, on });
        }
        let category = who.price_id.clone().or_else(|| who.price_title.clone());
        self.add(Atom { key, event_type: "sale.ticket", currency, effective: self.sale, category, lines });
        sold.extend(own.then_some(line));
        Ok(())
    }

    fn products(&mut self, sold: &mut Vec<SoldLine>) -> Result<(), Overflow> {
        let snapshot = self.snapshot;
        let products = snapshot.order.products.as_deref().unwrap_or_default();
        let (order_lives, policy) = (self.live, &self.rules.policy);
        let counts = |line: &Product| order_lives && policy.counts_part(line.status);
        let keys = part_key::products(products, counts);
        for (product, line_key) in products.iter().zip(keys) {
            let live = counts(product);
            let gross_minor = product.price_minor.checked_mul(product.quantity).ok_or(Overflow)?;
            let mut dimensions = self.dimensions(ItemKind::Product, line_key.clone());
            dimensions.channel_id = self.channel_id();
            let (vat_bp, income) = (product.vat_bp, Account::IncomeProducts);
            if Some(product.currency) == self.currency {
                let dimensions = dimensions.clone();
                sold.push(SoldLine { live, cancelled_at: None, dimensions, gross_minor, vat_bp, income, on: None });
            }
            if !live {
                continue;
            }
            if product.vat_bp.is_none() && gross_minor != 0 {
                let evidence = format!("no VAT rate is known for product {}", product.product_id);
                let finding = Finding::new(FindingReason::VatUnknown, line_key.clone(), evidence);
                self.find(finding.with_amounts(Some(product.currency), 0, gross_minor));
            }
            let lines =
                taxed_lines(&dimensions, Account::IncomeProducts, gross_minor, product.vat_bp, product.quantity)?;
            self.add(Atom {
                key: format!("sale:{line_key}"),
                event_type: "sale.product",
                currency: product.currency,
                effective: self.sale,
                category: None,
                lines,
            });
        }
        Ok(())
    }
}

/// By which the lines of one event belong together: its id, else a hash of its title, for the ledger holds no texts.
pub(in crate::ledger) fn event_key(ticket: &Ticket) -> Option<String> {
    ticket.event_id.clone().or_else(|| {
        let title = ticket.title.as_ref()?;
        let mut hash = hash::sha256(title.as_bytes());
        hash.truncate(32);
        Some(format!("title:{hash}"))
    })
}
