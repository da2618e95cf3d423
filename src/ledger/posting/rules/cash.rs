//! Rule 30: Swiss francs have no coin below 0.05, so what is paid in cash may differ from what is owed.

use super::Builder;
use crate::ledger::book::{Account, ItemKind};
use crate::ledger::posting::{Atom, Effective, Line};
use crate::money::{Overflow, sum};
use crate::order::Payment;
use crate::policy::CashRounding;

/// The coin, in minor units.
const COIN: i64 = 5;

impl Builder<'_> {
    /// Books away what a cash payment leaves open, as long as it is less than a coin. Comes last: it needs the balance
    /// that the other atoms leave.
    pub(super) fn cash_rounding(&mut self) -> Result<(), Overflow> {
        let CashRounding::FiveHundredths(methods) = &self.rules.policy.cash_rounding else { return Ok(()) };
        let Some(currency) = self.currency.filter(|currency| currency.code() == "CHF") else { return Ok(()) };
        let counted = self.counted_payments();
        let cash: Vec<&Payment> = counted
            .into_iter()
            .filter(|payment| payment.currency == currency && methods.contains(&payment.method))
            .collect();
        let paid = sum(cash.iter().map(|payment| payment.amount_minor))?;
        let order_id = &self.snapshot.order.order_id;
        let open = self.open(currency)?;
        if cash.is_empty() || paid % COIN != 0 || open == 0 || open.abs() >= COIN {
            return Ok(());
        }
        // With the last of them the balance was meant to be settled.
        let at = cash.iter().map(|payment| payment.paid_at).max().flatten();
        let dimensions = self.dimensions(ItemKind::CashRounding, format!("rounding:{order_id}"));
        let line = |account, amount_minor| Line::new(account, amount_minor, &dimensions);
        let lines = vec![line(Account::Rounding, open), line(Account::Receivable, -open)];
        self.add(Atom {
            key: format!("rounding:{order_id}"),
            event_type: "cash.rounding",
            currency,
            effective: Effective::Said { at, basis: "payment_date" },
            category: None,
            lines,
        });
        Ok(())
    }
}
