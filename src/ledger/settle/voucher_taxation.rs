//! How vouchers and flex tickets are taxed: a fact of the order that sold them, needed by the orders that redeem them.

use std::collections::{BTreeMap, BTreeSet};

use crate::db::Connection;
use crate::ledger::Error;
use crate::ledger::batch::{Batch, current_state, snapshot_of};
use crate::ledger::book::store;
use crate::ledger::posting::{Snapshot, StoredValueKey};
use crate::policy::{Policy, Regime};

/// Regimes of what the order redeems: its own sales first, then those of the other orders of the source.
pub(in crate::ledger) fn of_redeemed(
    connection: &mut Connection,
    source: &str,
    snapshot: &Snapshot,
    policy: &Policy,
) -> Result<BTreeMap<StoredValueKey, Regime>, Error> {
    let own = snapshot.sold_regimes(policy);
    let mut regimes = BTreeMap::new();
    for (class, id) in snapshot.redeemed() {
        let key = StoredValueKey::new(class, id);
        let regime = match own.get(&key) {
            Some(regime) => Some(*regime),
            None => current_state::regime_of(connection, source, &key)?,
        };
        if let Some(regime) = regime {
            regimes.insert(key, regime);
        }
    }
    Ok(regimes)
}

/// What the order sold and sells no longer is forgotten before anything is taxed by it. Should another order sell the
/// same, its word counts from now on.
pub(in crate::ledger) fn take_back(
    connection: &mut Connection,
    batch: &mut Batch,
    order_id: &str,
    before: &BTreeMap<StoredValueKey, Regime>,
    sold: &BTreeMap<StoredValueKey, Regime>,
) -> Result<(), Error> {
    for key in before.keys().filter(|key| !sold.contains_key(*key)) {
        current_state::forget_voucher(connection, &batch.book.source, key)?;
        batch.flush(connection)?;
        let sellers = store::sellers(connection, &batch.book.source, &key.id)?;
        for other in sellers.iter().filter(|other| *other != order_id) {
            let snapshot = snapshot_of(connection, &mut batch.orders, other)?;
            let policy = batch.book.policies.policy(snapshot.policy_id);
            if snapshot.sold_regimes(policy).contains_key(key) {
                current_state::save_vouchers(connection, &batch.book.source, &snapshot, policy)?;
            }
        }
        batch.orders.vouchers_changed();
    }
    Ok(())
}

/// The other orders that redeem what became known, changed or was taken back between `before` and `sold`.
pub(in crate::ledger) fn redeemers(
    connection: &mut Connection,
    batch: &mut Batch,
    order_id: &str,
    before: &BTreeMap<StoredValueKey, Regime>,
    sold: &BTreeMap<StoredValueKey, Regime>,
) -> Result<BTreeSet<String>, Error> {
    let mut redeemers = BTreeSet::new();
    for key in before.keys().chain(sold.keys()).filter(|key| before.get(*key) != sold.get(*key)) {
        batch.flush(connection)?;
        redeemers.extend(current_state::redeeming_orders(connection, &batch.book.source, key)?);
    }
    redeemers.remove(order_id);
    Ok(redeemers)
}
