//! Rules 10, 11, 18, 19 and 25: money. It counts whatever the status of the order.

use super::Builder;
use crate::ledger::book::{Account, ItemKind};
use crate::ledger::posting::{Atom, Effective, Line, part_key};
use crate::order::Payment;
use crate::policy::OnPaymentVanish;

impl<'a> Builder<'a> {
    /// Every payment that counts: what is said now and, under such a policy, what is no longer said.
    pub(super) fn counted_payments(&self) -> Vec<&'a Payment> {
        let hold = self.rules.policy.on_payment_vanish == OnPaymentVanish::Hold;
        let held = self.snapshot.vanished_payments.iter().filter(|_| hold);
        self.snapshot.order.payments.iter().flatten().chain(held).collect()
    }

    pub(super) fn payments(&mut self) {
        for payment in self.counted_payments() {
            // The sign decides; a type that contradicts it is noted by the reader.
            let item_kind = if payment.amount_minor < 0 { ItemKind::Refund } else { ItemKind::Payment };
            let mut dimensions = self.dimensions(item_kind, part_key::payment(&payment.id));
            dimensions.payment_id = Some(payment.id.clone());
            dimensions.payment_method = Some(payment.method.clone());
            let line = |account, amount_minor| Line::new(account, amount_minor, &dimensions);
            // The reader refuses what cannot be negated: amounts are parsed from a sign and digits.
            let lines = vec![
                line(Account::clearing(self.rules.policy.clearing_name(&payment.method)), payment.amount_minor),
                line(Account::Receivable, -payment.amount_minor),
            ];
            self.add(Atom {
                key: format!("payment:{}", payment.id),
                event_type: item_kind.as_str(),
                currency: payment.currency,
                effective: Effective::Said { at: payment.paid_at, basis: "payment_date" },
                category: None,
                lines,
            });
        }
    }
}
