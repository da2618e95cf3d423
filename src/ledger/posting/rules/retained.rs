//! Rule 20: money that stays on a dead order is income, once the policy's time is over.

use super::{Builder, plain_lines, taxed_lines};
use crate::ledger::book::{Account, ItemKind};
use crate::ledger::posting::{Atom, Effective, Finding, FindingReason};
use crate::money::{Overflow, format_minor};
use crate::policy::RetainedVat;

impl Builder<'_> {
    /// Books what the sweep recognised, as far as the credit is still there. Comes last: it needs the balance that the
    /// other atoms leave.
    pub(super) fn retained(&mut self) -> Result<(), Overflow> {
        let (Some(after), Some(credit)) = (self.rules.policy.retained_after(), self.snapshot.recognised_credit) else {
            return Ok(());
        };
        let Some(currency) = self.currency else { return Ok(()) };
        let open = self.open(currency)?.checked_add(credit.elsewhere_minor).ok_or(Overflow)?;
        let amount = credit.amount_minor.min(open.checked_neg().ok_or(Overflow)?);
        if amount <= 0 || !self.snapshot.is_dead() {
            return Ok(());
        }
        let key = format!("retain:{}", self.snapshot.order.order_id);
        let dimensions = self.dimensions(ItemKind::Retained, key.clone());
        let lines = match after.vat {
            RetainedVat::Taxed(bp) => taxed_lines(&dimensions, Account::IncomeRetained, amount, Some(bp), 0)?,
            RetainedVat::Untaxed => plain_lines(&dimensions, Account::Receivable, Account::IncomeRetained, amount)?,
            RetainedVat::Undecided => {
                let kept = format_minor(amount, currency.exponent());
                let evidence = format!("{kept} {currency} that was kept became income without VAT");
                self.find(Finding::new(FindingReason::RetainedVatUndecided, key.clone(), evidence));
                plain_lines(&dimensions, Account::Receivable, Account::IncomeRetained, amount)?
            }
        };
        self.add(Atom {
            key,
            event_type: "retain",
            currency,
            effective: Effective::Said { at: Some(credit.due_at), basis: "retained_due" },
            category: None,
            lines,
        });
        Ok(())
    }
}
