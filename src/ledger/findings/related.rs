//! Other orders whose findings depend on what one order does.
//!
//! Only those whose own findings can change: an id that very many orders share must not make the work of one delivery
//! grow with them.

use std::collections::{BTreeMap, BTreeSet};

use super::OrderFacts;
use super::payments::SHARED;
use super::stored_value::{known_here, sellers};
use crate::ledger::posting::{Snapshot, StoredValueKey};

/// `previous` is what was known of the order before it was settled.
pub(super) fn orders(facts: &OrderFacts<'_>, previous: Option<&Snapshot>) -> BTreeSet<String> {
    let mut related: BTreeSet<String> = facts.lines.iter().filter_map(|line| line.entry_order.clone()).collect();
    for snapshot in [Some(facts.snapshot), previous].into_iter().flatten() {
        let refunded = snapshot.order.voucher_orders.iter().flatten().flat_map(|order| &order.refunded_orders);
        related.extend(refunded.map(|order| order.order_id.clone()));
    }
    payments(facts, &mut related);
    vouchers(facts, previous, &mut related);
    related.remove(facts.order_id());
    related
}

/// Those that have a payment too, and those that lost it and look for it.
fn payments(facts: &OrderFacts<'_>, related: &mut BTreeSet<String>) {
    let mut shared: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for other in &facts.other_payments {
        shared.entry(&other.payment_id).or_default().push(other);
    }
    for others in shared.into_values() {
        // With this order, the others see one more or one less.
        let many = others.iter().filter(|other| other.is_current()).count() > SHARED + 1;
        related.extend(others.iter().filter(|other| !many || !other.is_current()).map(|other| other.order_id.clone()));
    }
}

/// A finding about a voucher stands on those that sold it, else on the one that used it last; a use after the sale was
/// undone stands on both.
fn vouchers(facts: &OrderFacts<'_>, previous: Option<&Snapshot>, related: &mut BTreeSet<String>) {
    let mut keys = known_here(facts);
    if let Some(previous) = previous {
        keys.extend(previous.issued(&facts.rules.policy).into_keys());
        keys.extend(previous.redeemed().map(|(class, id)| StoredValueKey::new(class, id)));
    }
    let policy = &facts.rules.policy;
    let before = previous.map(|previous| (previous.issued(policy), &previous.used));
    let (issued, used) = (facts.snapshot.issued(policy), &facts.snapshot.used);
    for key in keys {
        let uses = || facts.uses_of(&key).map(|used| &used.order_id);
        let sellers = sellers(facts, &key);
        // In another way than before, or more of it stays sold.
        let sold_before = before.as_ref().map(|(issued, used)| (issued.get(&key), used.get(&key))).unwrap_or_default();
        if sold_before != (issued.get(&key), used.get(&key)) {
            related.extend(uses().cloned());
        }
        related.extend(sellers.into_iter().take(SHARED).map(str::to_owned));
        // The last but this one: it was the last, or it is now.
        related.extend(uses().rev().find(|order_id| *order_id != facts.order_id()).cloned());
    }
}
