//! A payment as one order has it, or had it.

use diesel::prelude::*;

use super::current_state::PaymentState;
use crate::db::schema::payments;
use crate::ledger::posting::Snapshot;
use crate::order::Payment;

/// Orders that are read of one payment; beyond, it is only known that there are more.
pub(super) const SHARED_PAYMENTS: usize = 40;

/// A payment of an order. The same payment may stand in several.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = payments)]
pub struct OrderPayment {
    pub payment_id: String,
    pub order_id: String,
    /// ISO 4217 code.
    pub currency: String,
    pub amount_minor: i64,
    pub state: PaymentState,
}

impl OrderPayment {
    /// Whether the order has it now.
    pub fn is_current(&self) -> bool {
        self.state == PaymentState::Current
    }

    /// Every payment that an order has or had.
    pub(super) fn all_of(snapshot: &Snapshot) -> impl Iterator<Item = Self> {
        let row = |payment: &Payment, state| Self {
            payment_id: payment.id.clone(),
            order_id: snapshot.order.order_id.clone(),
            currency: payment.currency.code().to_owned(),
            amount_minor: payment.amount_minor,
            state,
        };
        let vanished = snapshot.vanished_payments.iter().map(move |payment| row(payment, PaymentState::Vanished));
        let current = snapshot.order.payments.iter().flatten();
        current.map(move |payment| row(payment, PaymentState::Current)).chain(vanished)
    }
}
