//! Rules 1 and 2: participants and products.

use sha2::{Digest as _, Sha256};

use super::release::Release;
use super::{Builder, SoldLine, taxed_lines};
use crate::ledger::book::{Account, ItemKind};
use crate::ledger::posting::{Atom, Finding, FindingReason, part_key};
use crate::money::Overflow;
use crate::order::{Participant, Product, Ticket};

impl Builder<'_> {
    /// Sells what is live, and answers the sold lines in document order for the discounts.
    pub(super) fn sales(&mut self) -> Result<Vec<SoldLine>, Overflow> {
        let mut sold = Vec::new();
        let snapshot = self.snapshot;
        for ticket in snapshot.order.tickets.iter().flatten() {
            for participant in &ticket.participants {
                self.participant(ticket, participant, &mut sold)?;
            }
        }
        self.products(&mut sold)?;
        Ok(sold)
    }

    fn participant(&mut self, ticket: &Ticket, who: &Participant, sold: &mut Vec<SoldLine>) -> Result<(), Overflow> {
        let part = part_key::participant(&who.id);
        let key = format!("sale:{part}");
        let release = format!("release:{part}");
        if !(self.live && self.counts(ticket.status) && self.counts(who.status)) {
            if let Some(at) = self.cancelled_at(ticket, who) {
                self.wanted.cancelled_at.insert(key, at);
                self.wanted.cancelled_at.insert(release, at);
            }
            return Ok(());
        }
        let (Some(gross_minor), Some(currency)) = (who.price_minor, who.currency.or(self.currency)) else {
            return Ok(());
        };
        let mut dimensions = self.dimensions(ItemKind::Ticket, part);
        dimensions.event_id.clone_from(&ticket.event_id);
        dimensions.event_key = event_key(ticket);
        dimensions.event_date_id.clone_from(&ticket.event_date_id);
        dimensions.service_date = ticket.starts_at.map(|at| at.local_date(self.rules.zone));
        dimensions.channel_id = self.channel_id();
        let vat_bp = who.vat_bp.or(ticket.vat_bp);
        if vat_bp.is_none() && gross_minor != 0 {
            let evidence = format!("no VAT rate is known for participant {}", who.id);
            let finding = Finding::new(FindingReason::VatUnknown, who.id.clone(), evidence);
            self.find(finding.with_amounts(Some(currency), 0, gross_minor));
        }
        let income = Account::IncomeTickets;
        let mut lines = taxed_lines(&dimensions, income.clone(), gross_minor, vat_bp, 1)?;
        let on = self.revenue_on(ticket);
        if let Some(on) = on {
            let income = income.clone();
            self.defer(&mut lines, Release { key: release, event_type: "release.ticket", currency, income, on });
        }
        let category = who.price_id.clone().or_else(|| who.price_title.clone());
        self.add(Atom { key, event_type: "sale.ticket", currency, effective: self.sale, category, lines });
        if Some(currency) == self.currency {
            sold.push(SoldLine { dimensions, gross_minor, vat_bp, income, on });
        }
        Ok(())
    }

    fn products(&mut self, sold: &mut Vec<SoldLine>) -> Result<(), Overflow> {
        let snapshot = self.snapshot;
        let products = snapshot.order.products.as_deref().unwrap_or_default();
        let counts = |line: &Product| self.live && self.rules.policy.counts_part(line.status);
        let keys = part_key::products(products, counts);
        let live: Vec<(&Product, String)> = products.iter().zip(keys).filter(|(line, _)| counts(line)).collect();
        for (product, line_key) in live {
            let gross_minor = product.price_minor.checked_mul(product.quantity).ok_or(Overflow)?;
            let mut dimensions = self.dimensions(ItemKind::Product, line_key.clone());
            dimensions.channel_id = self.channel_id();
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
            if Some(product.currency) == self.currency {
                let income = Account::IncomeProducts;
                sold.push(SoldLine { dimensions, gross_minor, vat_bp: product.vat_bp, income, on: None });
            }
        }
        Ok(())
    }
}

/// By which the lines of one event belong together: its id, else a hash of its title, for the ledger holds no texts.
pub(in crate::ledger) fn event_key(ticket: &Ticket) -> Option<String> {
    ticket.event_id.clone().or_else(|| {
        let title = ticket.title.as_ref()?;
        let mut hash = hex::encode(Sha256::digest(title.as_bytes()));
        hash.truncate(32);
        Some(format!("title:{hash}"))
    })
}
