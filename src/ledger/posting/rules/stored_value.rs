//! Rules 3, 4 and 5: vouchers and flex tickets, sold and issued as a refund.

use super::{Builder, plain_lines, taxed_lines};
use crate::ledger::book::{Account, ItemKind};
use crate::ledger::posting::{Atom, Dimensions, Effective, Finding, FindingReason, Line, StoredValueKey, part_key};
use crate::money::{Currency, Overflow};
use crate::order::{FlexTicket, Voucher, VoucherOrder};
use crate::policy::Regime;

/// What stays issued of a flex ticket that is not sold any more.
pub(in crate::ledger) const FLEX_USED: &str = "flex.used";
/// What stays issued of a voucher that is not sold, or not issued as a refund, any more.
pub(in crate::ledger) const VOUCHER_USED: &str = "voucher.used";

/// A voucher or flex ticket as it is issued.
struct Issue<'a> {
    /// Of the atom.
    key: String,
    event_type: &'static str,
    /// Its event type once it does not count any more.
    used: &'static str,
    stored_value: StoredValueKey,
    dimensions: Dimensions,
    /// Who owes its price.
    debit: Account,
    /// Where an untaxed one is owed, and a taxed one.
    liability: &'a dyn Fn(Regime) -> Account,
    regime: Regime,
    face_minor: i64,
    currency: Currency,
}

impl Builder<'_> {
    pub(super) fn stored_value(&mut self) -> Result<(), Overflow> {
        let snapshot = self.snapshot;
        for flex in snapshot.order.flex_tickets.iter().flatten() {
            self.flex_sold(flex, self.live && self.counts(flex.status))?;
        }
        for order in snapshot.order.voucher_orders.iter().flatten() {
            for voucher in &order.vouchers {
                self.voucher_issued(order, voucher, snapshot.issues(&self.rules.policy, order))?;
            }
        }
        Ok(())
    }

    fn flex_sold(&mut self, flex: &FlexTicket, live: bool) -> Result<(), Overflow> {
        let mut dimensions = self.dimensions(ItemKind::Flex, part_key::flex(&flex.id));
        dimensions.voucher_id = Some(flex.id.clone());
        dimensions.channel_id = self.channel_id();
        let regime = self.snapshot.flex_regime(&self.rules.policy, flex);
        if live && flex.unlimited && !matches!(regime, Regime::Recognised(_)) {
            let evidence =
                format!("flex ticket {} has no limit of admissions and is treated like a limited one", flex.id);
            self.find(Finding::new(FindingReason::FlexUnlimited, flex.id.clone(), evidence));
        }
        let issue = Issue {
            key: format!("flex.sale:{}", flex.id),
            event_type: "flex.sale",
            used: FLEX_USED,
            stored_value: StoredValueKey::flex(&flex.id),
            dimensions,
            debit: Account::Receivable,
            liability: &flex_account,
            regime,
            face_minor: flex.price_minor,
            currency: flex.currency,
        };
        self.issue(issue, live)
    }

    /// A voucher that is sold, or takes the place of money given back: then it is owed to the order that it refunds. A
    /// refund lives as long as the voucher's entry in the document does, also on a cancelled order: the refunded order
    /// may be the one that carries it.
    fn voucher_issued(&mut self, order: &VoucherOrder, voucher: &Voucher, live: bool) -> Result<(), Overflow> {
        let refund = !order.refunded_orders.is_empty();
        let kind = if refund { ItemKind::RefundVoucher } else { ItemKind::Voucher };
        let mut dimensions = self.dimensions(kind, part_key::voucher(&voucher.id));
        dimensions.voucher_id = Some(voucher.id.clone());
        let debit = match order.refunded_orders.as_slice() {
            [] => {
                dimensions.channel_id = self.channel_id();
                Account::Receivable
            }
            [refunded] => {
                dimensions.order_id.clone_from(&refunded.order_id);
                Account::Receivable
            }
            _ => {
                if live {
                    let evidence =
                        format!("voucher {} refunds several orders without saying how much of each", voucher.id);
                    let finding = Finding::new(FindingReason::RefundVoucherUnallocated, voucher.id.clone(), evidence);
                    self.find(finding.with_amounts(Some(voucher.currency), 0, voucher.value_minor));
                }
                Account::VoucherRefundUnallocated
            }
        };
        let issue = Issue {
            key: format!("voucher.issue:{}", voucher.id),
            event_type: if refund { "voucher.refund_issue" } else { "voucher.issue" },
            used: VOUCHER_USED,
            stored_value: StoredValueKey::voucher(&voucher.id),
            dimensions,
            debit,
            liability: &voucher_account,
            regime: self.snapshot.voucher_regime(&self.rules.policy, order, voucher),
            face_minor: voucher.value_minor,
            currency: voucher.currency,
        };
        self.issue(issue, live)
    }

    /// Issues its face value while it counts, and what was used of it afterwards: what the guest has had stays sold.
    fn issue(&mut self, issue: Issue<'_>, live: bool) -> Result<(), Overflow> {
        let used_minor = self.snapshot.used.get(&issue.stored_value).copied().filter(|_| !live);
        let (event_type, effective, value_minor) = match used_minor {
            None if live => (issue.event_type, self.sale, issue.face_minor),
            None => return Ok(()),
            Some(used_minor) => {
                let basis = "cancellation_date";
                (issue.used, Effective::Said { at: self.wanted.order_cancelled_at, basis }, used_minor)
            }
        };
        let account = (issue.liability)(issue.regime);
        let mut lines = match issue.regime.rate() {
            None => plain_lines(&issue.dimensions, Account::Receivable, account, value_minor)?,
            rate => taxed_lines(&issue.dimensions, account, value_minor, rate, 1)?,
        };
        debit(&mut lines, issue.debit);
        let (key, currency) = (issue.key, issue.currency);
        self.add(Atom { key, event_type, currency, effective, category: None, lines });
        Ok(())
    }
}

/// Makes another account owe the gross.
fn debit(lines: &mut [Line], account: Account) {
    if let Some(gross) = lines.first_mut() {
        gross.account = account;
    }
}

/// Where a voucher is owed until it is used.
pub(super) fn voucher_account(regime: Regime) -> Account {
    regime.rate().map_or(Account::VoucherMultiPurpose, Account::VoucherSinglePurpose)
}

/// Where a flex ticket is owed until it is used. What was revenue when it was sold cannot be revenue again with the
/// ticket that it pays for.
pub(super) fn flex_account(regime: Regime) -> Account {
    if matches!(regime, Regime::Recognised(_)) { Account::IncomeFlex } else { Account::Flex }
}
