//! Rules 3, 4, 5, 8 and 9: vouchers and flex tickets, sold, issued as a refund, and redeemed.

use super::{Builder, plain_lines, taxed_lines};
use crate::clock::Timestamp;
use crate::ledger::book::{Account, ItemKind};
use crate::ledger::posting::{Atom, Dimensions, Effective, Finding, FindingReason, Line, StoredValueKey, part_key};
use crate::money::{Overflow, vat_in_gross};
use crate::order::{FlexTicket, RedeemedFlexTicket, Voucher, VoucherOrder};
use crate::policy::Regime;

impl Builder<'_> {
    pub(super) fn stored_value(&mut self) -> Result<(), Overflow> {
        let snapshot = self.snapshot;
        for flex in snapshot.order.flex_tickets.iter().flatten() {
            self.flex_sold(flex)?;
        }
        for order in snapshot.order.voucher_orders.iter().flatten() {
            for voucher in &order.vouchers {
                match order.refunded_orders.as_slice() {
                    [] => self.voucher_sold(order, voucher)?,
                    _ => self.voucher_issued_as_refund(order, voucher)?,
                }
            }
        }
        self.vouchers_redeemed()?;
        for ticket in snapshot.order.tickets.iter().flatten() {
            for who in &ticket.participants {
                let live = self.live && self.counts(ticket.status) && self.counts(who.status);
                for flex in &who.redeemed_flex_tickets {
                    self.flex_redeemed(&who.id, flex, live, self.cancelled_at(ticket, who))?;
                }
            }
        }
        Ok(())
    }

    fn flex_sold(&mut self, flex: &FlexTicket) -> Result<(), Overflow> {
        if !(self.live && self.counts(flex.status)) {
            return Ok(());
        }
        let mut dimensions = self.dimensions(ItemKind::Flex, part_key::flex(&flex.id));
        dimensions.voucher_id = Some(flex.id.clone());
        dimensions.channel_id = self.channel_id();
        let regime = self.rules.policy.flex_regime(flex);
        let lines = match regime {
            Regime::Untaxed => plain_lines(&dimensions, Account::Receivable, Account::Flex, flex.price_minor)?,
            Regime::Taxed(bp) => taxed_lines(&dimensions, Account::Flex, flex.price_minor, Some(bp), 1)?,
            Regime::Recognised(bp) => taxed_lines(&dimensions, Account::IncomeFlex, flex.price_minor, Some(bp), 1)?,
        };
        if flex.unlimited && !matches!(regime, Regime::Recognised(_)) {
            let evidence =
                format!("flex ticket {} has no limit of admissions and is treated like a limited one", flex.id);
            self.find(Finding::new(FindingReason::FlexUnlimited, flex.id.clone(), evidence));
        }
        self.add(Atom {
            key: format!("flex.sale:{}", flex.id),
            event_type: "flex.sale",
            currency: flex.currency,
            effective: self.sale,
            category: None,
            lines,
        });
        Ok(())
    }

    fn voucher_sold(&mut self, order: &VoucherOrder, voucher: &Voucher) -> Result<(), Overflow> {
        if !(self.live && self.counts(order.status)) {
            return Ok(());
        }
        let mut dimensions = self.dimensions(ItemKind::Voucher, part_key::voucher(&voucher.id));
        dimensions.voucher_id = Some(voucher.id.clone());
        dimensions.channel_id = self.channel_id();
        let value = voucher.value_minor;
        let lines = match self.rules.policy.voucher_regime(order).rate() {
            None => plain_lines(&dimensions, Account::Receivable, Account::VoucherMultiPurpose, value)?,
            Some(bp) => taxed_lines(&dimensions, Account::VoucherSinglePurpose(bp), value, Some(bp), 1)?,
        };
        self.add(voucher_atom("voucher.issue", voucher, self.sale, lines));
        Ok(())
    }

    /// The voucher takes the place of money given back, so it is owed to the order that it refunds. It lives as long
    /// as its entry in the document does, also on a cancelled order: the refunded order may be the one that carries it.
    fn voucher_issued_as_refund(&mut self, order: &VoucherOrder, voucher: &Voucher) -> Result<(), Overflow> {
        if !(self.snapshot.issues_refunds(&self.rules.policy) && self.counts(order.status)) {
            return Ok(());
        }
        let mut dimensions = self.dimensions(ItemKind::RefundVoucher, part_key::voucher(&voucher.id));
        dimensions.voucher_id = Some(voucher.id.clone());
        let debit = match order.refunded_orders.as_slice() {
            [refunded] => {
                dimensions.order_id.clone_from(&refunded.order_id);
                Account::Receivable
            }
            _ => {
                let evidence = format!("voucher {} refunds several orders without saying how much of each", voucher.id);
                let finding = Finding::new(FindingReason::RefundVoucherUnallocated, voucher.id.clone(), evidence);
                self.find(finding.with_amounts(Some(voucher.currency), 0, voucher.value_minor));
                Account::VoucherRefundUnallocated
            }
        };
        let lines = plain_lines(&dimensions, debit, Account::VoucherMultiPurpose, voucher.value_minor)?;
        self.add(voucher_atom("voucher.refund_issue", voucher, self.sale, lines));
        Ok(())
    }

    fn vouchers_redeemed(&mut self) -> Result<(), Overflow> {
        if !self.live {
            return Ok(());
        }
        let snapshot = self.snapshot;
        let mut redeemed: Vec<_> = snapshot.order.redeemed_vouchers.iter().flatten().collect();
        // Which of two at one time is the second must not depend on their place in the document.
        redeemed.sort_by_key(|redeemed| redeemed.value_minor);
        for redeemed in redeemed {
            let used_at = redeemed.used_at.map_or_else(String::new, |at| at.to_string());
            let key = format!("voucher.redeem:{}:{used_at}", redeemed.id);
            let mut dimensions = self.dimensions(ItemKind::VoucherRedemption, key.clone());
            dimensions.voucher_id = Some(redeemed.id.clone());
            let regime = self.regime(&StoredValueKey::voucher(&redeemed.id));
            let liability = match regime.rate() {
                None => Account::VoucherMultiPurpose,
                Some(bp) => Account::VoucherSinglePurpose(bp),
            };
            let lines = redemption_lines(&dimensions, liability, regime, redeemed.value_minor)?;
            self.add(Atom {
                key,
                event_type: "voucher.redeem",
                currency: redeemed.currency,
                effective: Effective::Said { at: redeemed.used_at, basis: "usage_date" },
                category: None,
                lines,
            });
        }
        Ok(())
    }

    fn flex_redeemed(
        &mut self,
        participant_id: &str,
        redeemed: &RedeemedFlexTicket,
        live: bool,
        cancelled_at: Option<Timestamp>,
    ) -> Result<(), Overflow> {
        let key = format!("flex.redeem:{}:{participant_id}", redeemed.id);
        if !live {
            if let Some(at) = cancelled_at {
                self.wanted.cancelled_at.insert(key, at);
            }
            return Ok(());
        }
        let mut dimensions = self.dimensions(ItemKind::FlexRedemption, key.clone());
        dimensions.voucher_id = Some(redeemed.id.clone());
        let regime = self.regime(&StoredValueKey::flex(&redeemed.id));
        // What was revenue when it was sold cannot be revenue again with the ticket that it pays for.
        let account = if matches!(regime, Regime::Recognised(_)) { Account::IncomeFlex } else { Account::Flex };
        let lines = redemption_lines(&dimensions, account, regime, redeemed.value_minor)?;
        self.add(Atom {
            key,
            event_type: "flex.redeem",
            currency: redeemed.currency,
            effective: Effective::Said { at: redeemed.redeemed_at, basis: "creation_date" },
            category: None,
            lines,
        });
        Ok(())
    }

    /// While it is unknown how it was sold, it counts as taxed when used.
    fn regime(&self, key: &StoredValueKey) -> Regime {
        self.snapshot.regimes.get(key).copied().unwrap_or(Regime::Untaxed)
    }
}

fn voucher_atom(event_type: &'static str, voucher: &Voucher, effective: Effective, lines: Vec<Line>) -> Atom {
    let key = format!("voucher.issue:{}", voucher.id);
    Atom { key, event_type, currency: voucher.currency, effective, category: None, lines }
}

/// What was taxed when sold is relieved of its tax when used, for the ticket it pays is taxed in full.
fn redemption_lines(
    dimensions: &Dimensions,
    liability: Account,
    regime: Regime,
    value_minor: i64,
) -> Result<Vec<Line>, Overflow> {
    let mut lines = plain_lines(dimensions, liability, Account::Receivable, value_minor)?;
    if let (Some(bp), Some(net_line)) = (regime.rate(), lines.first_mut()) {
        let vat = vat_in_gross(value_minor, bp)?;
        let net = value_minor - vat;
        net_line.amount_minor = net;
        net_line.vat_bp = Some(bp);
        let vat_line =
            Line { account: Account::Vat(bp), amount_minor: vat, tax_base_minor: Some(net), ..net_line.clone() };
        lines.insert(1, vat_line);
    }
    Ok(lines)
}
