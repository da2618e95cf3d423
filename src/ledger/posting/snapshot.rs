//! All that the postings of an order are computed from, and nothing else: no personal data, no clock, no configuration.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::places::{self, Places};
use super::{Opening, StoredValueClass, StoredValueKey};
use crate::clock::Timestamp;
use crate::money::Currency;
use crate::order::{FlexTicket, Note, Order, OrderStatus, Payment, Versions, Voucher, VoucherOrder};
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
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub regimes: BTreeMap<StoredValueKey, Regime>,
    /// Oddities met while reading the newest delivery.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Payments that an older delivery had and the newest one that says payments has not, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vanished_payments: Vec<Payment>,
    /// Payments of which a sweep knew the method before any webhook told it, by id: what was taken for it until then
    /// was our own guess. With the first name that a webhook gave, once one has.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub guessed_methods: BTreeMap<String, Option<ToldMethod>>,
    /// The rates, in basis points, of vouchers and flex tickets that this order sold and now says otherwise: something
    /// was used already at that rate, so it stays.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fixed_rates: BTreeMap<StoredValueKey, i32>,
    /// How much was used, in minor units, of what this order sold and does not sell any more: so much stays issued.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub used: BTreeMap<StoredValueKey, i64>,
    /// What rounding leaves on the liability, in minor units, of a voucher or flex ticket that is used up: the last use
    /// takes it, and this order has that use.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub residues: BTreeMap<StoredValueKey, i64>,
    /// The numbers of uses that only their amounts tell apart, where an earlier delivery gave them.
    #[serde(default, skip_serializing_if = "Places::is_empty")]
    pub(super) places: Places,
    /// What of the order's credit is recognised as income, as the last sweep decided.
    #[serde(rename = "kept", default, skip_serializing_if = "Option::is_none")]
    pub recognised_credit: Option<RecognisedCredit>,
    /// What was there before the first day of the book.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<Opening>,
}

/// What the first webhook calls the method of a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldMethod {
    pub method: String,
    /// The delivery that says so.
    version: i64,
}

/// A voucher or flex ticket that an order sells or issues, or did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issued {
    pub regime: Regime,
    /// Face value in minor units.
    pub face_minor: i64,
    pub currency: Currency,
    /// Its sale, or its issue as a refund, counts.
    pub live: bool,
}

/// One use of a voucher or flex ticket that is posted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// The order of the fields is the order of the uses: by their own date, and equal ones by order and amount.
    pub used_at: Option<Timestamp>,
    pub order_id: String,
    /// In minor units.
    pub amount_minor: i64,
    /// ISO 4217 code.
    pub currency: String,
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
            guessed_methods: BTreeMap::new(),
            fixed_rates: BTreeMap::new(),
            used: BTreeMap::new(),
            residues: BTreeMap::new(),
            places: Places::new(),
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
        redeemed_by(&self.order)
    }

    /// Whether vouchers that paid for this order count: they are money, so they stay used when it is cancelled.
    pub fn takes_vouchers(&self, policy: &Policy) -> bool {
        self.status() == OrderStatus::Cancelled || policy.counts_order(self.status())
    }

    /// The uses of vouchers and flex tickets that are posted for this order.
    pub fn uses(&self, policy: &Policy) -> BTreeMap<StoredValueKey, Vec<Use>> {
        let mut uses: BTreeMap<StoredValueKey, Vec<Use>> = BTreeMap::new();
        let mut add = |key: StoredValueKey, used_at: Option<Timestamp>, amount_minor: i64, currency: Currency| {
            let (order_id, currency) = (self.order.order_id.clone(), currency.code().to_owned());
            uses.entry(key).or_default().push(Use { used_at, order_id, amount_minor, currency });
        };
        let counted = self.takes_vouchers(policy);
        for used in self.order.redeemed_vouchers.iter().flatten().filter(|_| counted) {
            add(StoredValueKey::voucher(&used.id), used.used_at, used.value_minor, used.currency);
        }
        let live = policy.counts_order(self.status());
        for ticket in self.order.tickets.iter().flatten().filter(|ticket| live && policy.counts_part(ticket.status)) {
            for who in ticket.participants.iter().filter(|who| policy.counts_part(who.status)) {
                for used in &who.redeemed_flex_tickets {
                    add(StoredValueKey::flex(&used.id), used.redeemed_at, used.value_minor, used.currency);
                }
            }
        }
        uses
    }

    /// Whether the order has to do with any voucher or flex ticket.
    pub fn has_stored_value(&self) -> bool {
        let sold = self.order.voucher_orders.iter().flatten().next().is_some();
        let flex_sold = self.order.flex_tickets.iter().flatten().next().is_some();
        sold || flex_sold || self.redeemed().next().is_some()
    }

    /// The rates, in basis points, of all that the order sells to be used later, as it says them.
    pub fn said_rates(&self) -> Vec<(StoredValueKey, i32)> {
        said_rates(&self.order)
    }

    /// How a flex ticket of this order is taxed.
    pub fn flex_regime(&self, policy: &Policy, flex: &FlexTicket) -> Regime {
        let fixed = self.fixed_rates.get(&StoredValueKey::flex(&flex.id));
        policy.flex_regime(fixed.copied().unwrap_or(flex.vat_bp), flex.unlimited)
    }

    /// How a voucher of this order is taxed.
    pub fn voucher_regime(&self, policy: &Policy, order: &VoucherOrder, voucher: &Voucher) -> Regime {
        let fixed = self.fixed_rates.get(&StoredValueKey::voucher(&voucher.id));
        policy.voucher_regime(fixed.copied().unwrap_or(order.vat_bp))
    }

    /// Whether a voucher order counts, as a sale or as a refund.
    pub fn issues(&self, policy: &Policy, order: &VoucherOrder) -> bool {
        let refund = !order.refunded_orders.is_empty();
        let lives = if refund { self.issues_refunds(policy) } else { policy.counts_order(self.status()) };
        lives && policy.counts_part(order.status)
    }

    /// Every voucher and flex ticket that the order sells or issues, under the policy of the order.
    pub fn issued(&self, policy: &Policy) -> BTreeMap<StoredValueKey, Issued> {
        let mut issued = BTreeMap::new();
        let live = policy.counts_order(self.status());
        for flex in self.order.flex_tickets.iter().flatten() {
            let (regime, face_minor) = (self.flex_regime(policy, flex), flex.price_minor);
            let live = live && policy.counts_part(flex.status);
            let sold = Issued { regime, face_minor, currency: flex.currency, live };
            issued.insert(StoredValueKey::flex(&flex.id), sold);
        }
        for order in self.order.voucher_orders.iter().flatten() {
            let live = self.issues(policy, order);
            for voucher in &order.vouchers {
                let (regime, face_minor) = (self.voucher_regime(policy, order, voucher), voucher.value_minor);
                let sold = Issued { regime, face_minor, currency: voucher.currency, live };
                issued.insert(StoredValueKey::voucher(&voucher.id), sold);
            }
        }
        issued
    }

    /// How every voucher and flex ticket that the order sells or issues is taxed, under the policy of the order.
    pub fn sold_regimes(&self, policy: &Policy) -> BTreeMap<StoredValueKey, Regime> {
        self.issued(policy).into_iter().map(|(key, issued)| (key, issued.regime)).collect()
    }

    /// Takes over the sections of a delivery, and remembers payments that only an older delivery has, whichever of the
    /// two is worked on first.
    pub(in crate::ledger) fn merge(&mut self, said: Order, version: i64, versions: &mut Versions) -> bool {
        const SECTION: &str = "payments";
        for (key, vat_bp) in said_rates(&said) {
            versions.note_rate(&key.to_string(), version, vat_bp);
        }
        let known = (self.order.payments.clone(), versions.of(SECTION));
        self.note_methods(&said, version, known.1);
        let brought = (said.payments.clone(), Some(version));
        let places = places::of(self);
        let taken = self.order.merge(said, version, versions);
        self.places = places::after(&places, self);
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

    /// Remembers which methods are booked by a guess, and what the first webhook calls them. A guess that is older than
    /// what is known is not booked.
    fn note_methods(&mut self, said: &Order, version: i64, known_version: Option<i64>) {
        let told = |payment: &Payment, version| ToldMethod { method: payment.method.clone(), version };
        for payment in said.payments.iter().flatten() {
            let is_booked = known_version.is_none_or(|known| known <= version);
            if payment.method_is_guessed && is_booked && !self.guessed_methods.contains_key(&payment.id) {
                let mut known = self.order.payments.iter().flatten();
                let known = known.find(|known| known.id == payment.id && !known.method_is_guessed).zip(known_version);
                let known = known.map(|(known, version)| told(known, version));
                self.guessed_methods.insert(payment.id.clone(), known);
            }
            let Some(first) = self.guessed_methods.get_mut(&payment.id).filter(|_| !payment.method_is_guessed) else {
                continue;
            };
            if first.as_ref().is_none_or(|first| version < first.version) {
                *first = Some(told(payment, version));
            }
        }
    }

    /// The canonical JSON: compact, fields in the order of their definition, maps sorted.
    ///
    /// # Errors
    /// None in practice: all keys are strings.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

/// The rates, in basis points, at which an order sells vouchers and flex tickets, as said.
fn said_rates(said: &Order) -> Vec<(StoredValueKey, i32)> {
    let flex = said.flex_tickets.iter().flatten().map(|flex| (StoredValueKey::flex(&flex.id), flex.vat_bp));
    let orders = said.voucher_orders.iter().flatten();
    let vouchers =
        orders.flat_map(|order| order.vouchers.iter().map(|one| (StoredValueKey::voucher(&one.id), order.vat_bp)));
    flex.chain(vouchers).collect()
}

/// Every voucher and flex ticket that an order redeems.
pub(in crate::ledger) fn redeemed_by(order: &Order) -> impl Iterator<Item = (StoredValueClass, &str)> {
    let vouchers = order.redeemed_vouchers.iter().flatten();
    let vouchers = vouchers.map(|voucher| (StoredValueClass::Voucher, voucher.id.as_str()));
    let participants = order.tickets.iter().flatten().flat_map(|ticket| &ticket.participants);
    let flex = participants.flat_map(|participant| &participant.redeemed_flex_tickets);
    vouchers.chain(flex.map(|flex| (StoredValueClass::Flex, flex.id.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payments(list: &[(&str, i64)]) -> Order {
        let payment = |(id, amount_minor): &(&str, i64)| Payment {
            id: (*id).to_owned(),
            method: "Card".to_owned(),
            method_is_guessed: false,
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
    fn the_first_webhook_tells_the_method_of_a_payment_that_was_guessed() {
        let said = |method: &str, method_is_guessed| {
            let mut order = payments(&[("a", 100)]);
            for payment in order.payments.iter_mut().flatten() {
                (payment.method, payment.method_is_guessed) = (method.to_owned(), method_is_guessed);
            }
            order
        };
        let deliveries = [said("CARD", true), said("Mango", false), said("Cash", false)];
        let told = |places: &[usize]| {
            let (mut snapshot, mut versions) = (Snapshot::unknown("A"), Versions::default());
            for place in places {
                snapshot.merge(deliveries[*place].clone(), i64::try_from(*place).unwrap(), &mut versions);
            }
            snapshot.guessed_methods.get("a").map(|told| told.as_ref().map(|told| told.method.clone()))
        };
        let (guess, mango) = (Some(None), Some(Some("Mango".to_owned())));
        assert_eq!((told(&[0]), told(&[0, 0])), (guess.clone(), guess));
        for places in [&[0, 1][..], &[0, 1, 2], &[0, 2, 1], &[0, 1, 2, 0], &[0, 1, 0, 2, 1]] {
            assert_eq!(told(places), mango, "{places:?}");
        }
        // What came too late is not booked.
        assert_eq!((told(&[1]), told(&[1, 0]), told(&[1, 2, 0])), (None, None, None));
    }

    #[test]
    fn a_snapshot_without_vanished_payments_is_written_as_ever() {
        let json = Snapshot::unknown("A").to_json().unwrap();
        let left_out = ["vanished", "kept", "opening", "places", "guessed"];
        assert!(left_out.iter().all(|field| !json.contains(field)), "{json}");
        assert_eq!(serde_json::from_str::<Snapshot>(&json).unwrap(), Snapshot::unknown("A"));
    }
}
