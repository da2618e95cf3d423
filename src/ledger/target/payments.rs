//! Rules 10, 11, 18, 19 and 25: money. It counts whatever the status of the order.

use super::Builder;
use crate::ledger::atom::Line;
use crate::ledger::{Account, Atom, Effective};

impl Builder<'_> {
    pub(super) fn payments(&mut self) {
        let snapshot = self.snapshot;
        for payment in snapshot.order.payments.iter().flatten() {
            // The sign decides; a type that contradicts it is noted by the reader.
            let item_kind = if payment.amount_minor < 0 { "refund" } else { "payment" };
            let mut dimensions = self.dimensions(item_kind, format!("payment:{}", payment.id));
            dimensions.payment_id = Some(payment.id.clone());
            dimensions.payment_method = Some(payment.method.clone());
            let line = |account, amount_minor| Line {
                account,
                amount_minor,
                dimensions: dimensions.clone(),
                vat_bp: None,
                tax_base_minor: None,
                qty: None,
            };
            // The reader refuses what cannot be negated: amounts are parsed from a sign and digits.
            let lines = vec![
                line(Account::clearing(&payment.method), payment.amount_minor),
                line(Account::Receivable, -payment.amount_minor),
            ];
            self.add(Atom {
                key: format!("payment:{}", payment.id),
                event_type: item_kind,
                currency: payment.currency,
                effective: Effective::Said { at: payment.paid_at, basis: "payment_date" },
                category: None,
                lines,
            });
        }
    }
}
