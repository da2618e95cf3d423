//! All that the postings of an order are computed from, and nothing else: no personal data, no clock, no configuration.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Opening, StoredValueClass, StoredValueKey};
use crate::clock::Timestamp;
use crate::order::{Note, Order, OrderStatus, Payment, Versions};
use crate::policy::{Policy, Regime};

/// The state of an order after one update; stored as canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The policy under which the order came in, and which it keeps; 0 before it came in.
    pub policy_id: i32,
    /// What the provider says, section by section from its newest delivery.
    pub order: Order,
    /// A cancellation of the whole booking was announced: from then on it has no items, whatever is read.
    pub cancelled: bool,
    /// Regimes of the vouchers and flex tickets that this order redeems, as far as they are known.
    pub regimes: BTreeMap<StoredValueKey, Regime>,
    /// Oddities met while reading the newest delivery.
    pub notes: Vec<Note>,
    /// Payments that an older delivery had and the newest one that says payments has not, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vanished_payments: Vec<Payment>,
    /// What of the order's credit is recognised as income, as the last sweep decided.
    #[serde(rename = "kept", default, skip_serializing_if = "Option::is_none")]
    pub recognised_credit: Option<RecognisedCredit>,
    /// What was there before the first day of the book.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<Opening>,
}

/// A credit of a cancelled or declined order that stayed for as long as the policy says. It is part of the snapshot, so
/// that what follows from it needs no clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecognisedCredit {
    /// Since when it is income.
    pub due_at: Timestamp,
    /// How much of the credit, in minor units of the order's currency, above zero. What goes later is taken off again.
    pub amount_minor: i64,
    /// What others posted on the receivable of this order, debit positive: other orders' refund vouchers and entries
    /// that a person made.
    pub elsewhere_minor: i64,
}

impl Snapshot {
    /// An order of which nothing is known yet.
    pub fn unknown(order_id: &str) -> Self {
        Self {
            policy_id: 0,
            order: Order::unknown(order_id),
            cancelled: false,
            regimes: BTreeMap::new(),
            notes: Vec::new(),
            vanished_payments: Vec::new(),
            recognised_credit: None,
            opening: None,
        }
    }

    /// Whether nothing of the order will be delivered: money on it is the guest's, until it is given back or kept.
    pub fn is_dead(&self) -> bool {
        matches!(self.status(), OrderStatus::Cancelled | OrderStatus::Declined)
    }

    /// Normal form of the status, cancellations announced by webhook included.
    pub fn status(&self) -> OrderStatus {
        if self.cancelled { OrderStatus::Cancelled } else { self.order.status() }
    }

    /// Whether refund vouchers of this order count: they outlive its cancellation, but not while nothing counts yet.
    pub fn issues_refunds(&self, policy: &Policy) -> bool {
        self.status() != OrderStatus::Pending || policy.counts_order(OrderStatus::Pending)
    }

    /// Every voucher and flex ticket that the order redeems.
    pub fn redeemed(&self) -> impl Iterator<Item = (StoredValueClass, &str)> {
        let vouchers = self.order.redeemed_vouchers.iter().flatten();
        let vouchers = vouchers.map(|voucher| (StoredValueClass::Voucher, voucher.id.as_str()));
        let participants = self.order.tickets.iter().flatten().flat_map(|ticket| &ticket.participants);
        let flex = participants.flat_map(|participant| &participant.redeemed_flex_tickets);
        vouchers.chain(flex.map(|flex| (StoredValueClass::Flex, flex.id.as_str())))
    }

    /// How every voucher and flex ticket that the order sells or issues is taxed, under the policy of the order.
    pub fn sold_regimes(&self, policy: &Policy) -> BTreeMap<StoredValueKey, Regime> {
        let mut regimes = BTreeMap::new();
        for flex in self.order.flex_tickets.iter().flatten() {
            regimes.insert(StoredValueKey::flex(&flex.id), policy.flex_regime(flex));
        }
        for order in self.order.voucher_orders.iter().flatten() {
            let regime = policy.voucher_regime(order);
            for voucher in &order.vouchers {
                regimes.insert(StoredValueKey::voucher(&voucher.id), regime);
            }
        }
        regimes
    }

    /// Takes over the sections of a delivery, and remembers payments that only an older delivery has, whichever of the
    /// two is worked on first.
    pub(in crate::ledger) fn merge(&mut self, said: Order, version: i64, versions: &mut Versions) -> bool {
        const SECTION: &str = "payments";
        let known = (self.order.payments.clone(), versions.of(SECTION));
        let brought = (said.payments.clone(), Some(version));
        let taken = self.order.merge(said, version, versions);
        // Of what was known and what is brought, one is in the order now; the payments of the other are the older ones.
        let (older, older_version) = if versions.of(SECTION) == Some(version) { known } else { brought };
        let current: BTreeSet<&str> = self.order.payments.iter().flatten().map(|payment| payment.id.as_str()).collect();
        for payment in older.into_iter().flatten() {
            let (Some(version), false) = (older_version, current.contains(payment.id.as_str())) else { continue };
            if versions.advance(&format!("vanished:{}", payment.id), version) {
                self.vanished_payments.retain(|other| other.id != payment.id);
                self.vanished_payments.push(payment);
            }
        }
        self.vanished_payments.retain(|payment| !current.contains(payment.id.as_str()));
        self.vanished_payments.sort_by(|a, b| a.id.cmp(&b.id));
        // An order that lives again has sold something; if it dies once more, its credit is a new one.
        if !self.is_dead() {
            self.recognised_credit = None;
        }
        taken
    }

    /// The canonical JSON: compact, fields in the order of their definition, maps sorted.
    ///
    /// # Errors
    /// None in practice: all keys are strings.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn payments(list: &[(&str, i64)]) -> Order {
        let payment = |(id, amount_minor): &(&str, i64)| Payment {
            id: (*id).to_owned(),
            method: "Card".to_owned(),
            amount_minor: *amount_minor,
            currency: Currency::parse("EUR").unwrap(),
            kind: None,
            paid_at: None,
        };
        Order { payments: Some(list.iter().map(payment).collect()), ..Order::unknown("A") }
    }

    /// Which delivery is worked on first must not matter: the newest says what is there, the others what vanished.
    #[test]
    fn what_vanished_does_not_depend_on_the_order_of_work() {
        let deliveries = [
            (1, payments(&[("a", 100), ("b", 200), ("c", 1)])),
            (2, payments(&[("a", 150)])),
            (3, Order::unknown("A")),
            (4, payments(&[("c", 300)])),
        ];
        let mut seen = BTreeSet::new();
        for code in 0..256_usize {
            let indices = [code & 3, (code >> 2) & 3, (code >> 4) & 3, code >> 6];
            if indices.iter().collect::<BTreeSet<_>>().len() < 4 {
                continue;
            }
            let (mut snapshot, mut versions) = (Snapshot::unknown("A"), Versions::default());
            for (version, order) in indices.iter().filter_map(|index| deliveries.get(*index)) {
                snapshot.merge(order.clone(), *version, &mut versions);
            }
            seen.insert(snapshot.to_json().unwrap());
            let vanished: Vec<_> =
                snapshot.vanished_payments.iter().map(|payment| (payment.id.as_str(), payment.amount_minor)).collect();
            assert_eq!(vanished, [("a", 150), ("b", 200)], "{indices:?}");
        }
        assert_eq!(seen.len(), 1);
    }

    #[test]
    fn a_snapshot_without_vanished_payments_is_written_as_ever() {
        let json = Snapshot::unknown("A").to_json().unwrap();
        assert!(["vanished", "kept", "opening"].iter().all(|field| !json.contains(field)), "{json}");
        assert_eq!(serde_json::from_str::<Snapshot>(&json).unwrap(), Snapshot::unknown("A"));
    }
}
