//! How vouchers and flex tickets are taxed: a fact of the order that sold them, needed by the orders that redeem them.

use std::collections::{BTreeMap, BTreeSet};

use super::settle::snapshot_of;
use super::snapshot::stored_value_key;
use super::{Book, Error, Policy, Regime, Snapshot, projection, store};
use crate::db::Connection;

/// Regimes of what the order redeems: its own sales first, then those of the other orders of the source.
pub(super) fn of_redeemed(
    connection: &mut Connection,
    source: &str,
    snapshot: &Snapshot,
    policy: &Policy,
) -> Result<BTreeMap<String, Regime>, Error> {
    let own = snapshot.sold_regimes(policy);
    let mut regimes = BTreeMap::new();
    for (class, id) in snapshot.redeemed() {
        let key = stored_value_key(class, id);
        let regime = match own.get(&key) {
            Some(regime) => Some(*regime),
            None => projection::regime_of(connection, source, class, id)?,
        };
        if let Some(regime) = regime {
            regimes.insert(key, regime);
        }
    }
    Ok(regimes)
}

/// What the order sold and sells no longer is forgotten before anything is taxed by it. Should another order sell the
/// same, its word counts from now on.
pub(super) fn take_back(
    connection: &mut Connection,
    book: &mut Book,
    order_id: &str,
    before: &BTreeMap<String, Regime>,
    sold: &BTreeMap<String, Regime>,
) -> Result<(), Error> {
    for key in before.keys().filter(|key| !sold.contains_key(*key)) {
        let Some((class, id)) = key.split_once(':') else { continue };
        projection::forget_voucher(connection, &book.source, class, id)?;
        book.write_out(connection)?;
        for other in store::sellers(connection, &book.source, id)?.iter().filter(|other| *other != order_id) {
            let snapshot = snapshot_of(connection, &mut book.desk, other)?;
            let policy = book.policies.policy(snapshot.policy_id);
            if snapshot.sold_regimes(policy).contains_key(key) {
                projection::save_vouchers(connection, &book.source, &snapshot, policy)?;
            }
        }
        book.desk.vouchers_changed();
    }
    Ok(())
}

/// The other orders that redeem what became known, changed or was taken back between `before` and `sold`.
pub(super) fn redeemers(
    connection: &mut Connection,
    book: &mut Book,
    order_id: &str,
    before: &BTreeMap<String, Regime>,
    sold: &BTreeMap<String, Regime>,
) -> Result<BTreeSet<String>, Error> {
    let mut redeemers = BTreeSet::new();
    for key in before.keys().chain(sold.keys()).filter(|key| before.get(*key) != sold.get(*key)) {
        if let Some((class, id)) = key.split_once(':') {
            book.write_out(connection)?;
            redeemers.extend(projection::redeeming_orders(connection, &book.source, class, id)?);
        }
    }
    redeemers.remove(order_id);
    Ok(redeemers)
}
