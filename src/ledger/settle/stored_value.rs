//! What orders have to do with each other by vouchers and flex tickets: the one that sold it knows how it is taxed, the
//! others how much of it was used.
//!
//! ```text
//! rates said and first use ──> fixed rates of the seller ──> regimes of the users ──> residue of the last user
//! uses ──> what stays issued of an undone sale ─────────────────────────────────────────┘
//! ```
//!
//! What is learnt is part of the snapshot, so that postings need nothing else; when it changes, the other order is
//! settled again.

use std::collections::{BTreeMap, BTreeSet};

use crate::clock::Timestamp;
use crate::db::Connection;
use crate::ledger::Error;
use crate::ledger::batch::current_state::{self, KnownVoucher};
use crate::ledger::batch::{Batch, KnownOrder, snapshot_of};
use crate::ledger::book::{Account, store};
use crate::ledger::posting::{Issued, Snapshot, StoredValueClass, StoredValueKey, Use};
use crate::money::{Overflow, gross_of_net, sum, vat_in_gross};
use crate::policy::{Policy, Regime};

/// Learns what other orders say of what this one sold: the rates that are fixed, and how much was used of what it does
/// not sell any more.
pub(super) fn learn_of_sales(
    connection: &mut Connection,
    batch: &mut Batch,
    known: &mut KnownOrder,
    policy: &Policy,
) -> Result<(), Error> {
    fix_rates(connection, batch, known, policy)?;
    let snapshot = &mut known.snapshot;
    let undone: Vec<(StoredValueKey, Issued)> =
        snapshot.issued(policy).into_iter().filter(|(_, issued)| !issued.live).collect();
    snapshot.used.clear();
    for (key, issued) in undone {
        let mut uses = all_uses(connection, batch, snapshot, policy, &key)?;
        overflow(snapshot, complete(&mut uses, issued.face_minor, issued.regime.rate().unwrap_or(0)))?;
        let same = uses.iter().filter(|used| used.currency == issued.currency.code());
        let used = overflow(snapshot, sum(same.map(|used| used.amount_minor)))?;
        if used <= 0 {
            continue;
        }
        // What another order sells under the same id covers the uses first: they are counted once.
        let elsewhere = issued_elsewhere(connection, batch, snapshot, &key)?;
        let stays = used.saturating_sub(elsewhere).min(issued.face_minor);
        if stays > 0 {
            snapshot.used.insert(key, stays);
        }
    }
    Ok(())
}

/// A rate that a delivery says after something was used is not followed.
fn fix_rates(
    connection: &mut Connection,
    batch: &mut Batch,
    known: &mut KnownOrder,
    policy: &Policy,
) -> Result<(), Error> {
    let snapshot = &mut known.snapshot;
    snapshot.fixed_rates.clear();
    let mut fixed = BTreeMap::new();
    for (key, said_bp) in snapshot.said_rates() {
        let name = key.to_string();
        if !known.versions.rates_differ(&name) {
            continue;
        }
        let voucher = current_state::voucher(connection, &batch.book.source, &key)?;
        let Some(used) = voucher.and_then(|voucher| voucher.first_used_by) else { continue };
        if let Some(bp) = known.versions.rate_when_used(&name, used).filter(|bp| *bp != said_bp) {
            fixed.insert(key, bp);
        }
    }
    if !fixed.is_empty() {
        let said = snapshot.sold_regimes(policy);
        snapshot.fixed_rates = fixed;
        let held = snapshot.sold_regimes(policy);
        // A policy that taxes both alike makes no difference of them.
        snapshot.fixed_rates.retain(|key, _| said.get(key) != held.get(key));
    }
    Ok(())
}

/// The uses of a voucher or flex ticket that are posted, those of this order as its snapshot has them.
fn all_uses(
    connection: &mut Connection,
    batch: &mut Batch,
    snapshot: &Snapshot,
    policy: &Policy,
    key: &StoredValueKey,
) -> Result<Vec<Use>, Error> {
    let mut uses = others(connection, batch, snapshot, key)?;
    uses.extend(snapshot.uses(policy).remove(key).unwrap_or_default());
    uses.sort();
    Ok(uses)
}

/// The uses by other orders, and what a person entered.
fn others(
    connection: &mut Connection,
    batch: &mut Batch,
    snapshot: &Snapshot,
    key: &StoredValueKey,
) -> Result<Vec<Use>, Error> {
    batch.flush(connection)?;
    let mut uses = current_state::uses(connection, &batch.book.source, key)?;
    uses.retain(|used| used.order_id != snapshot.order.order_id);
    let mut entered: BTreeMap<(String, Option<i32>), i64> = BTreeMap::new();
    for (currency, account, minor) in store::entered_uses(connection, &batch.book.source, &key.id)? {
        if Account::is_stored_value(&account) && StoredValueClass::of_account(&account) == key.class {
            let sum = entered.entry((currency, Account::rate_of_voucher(&account))).or_default();
            *sum = sum.saturating_add(minor);
        }
    }
    for ((currency, rate), net_minor) in entered.into_iter().filter(|(_, minor)| *minor != 0) {
        let amount_minor = overflow(snapshot, gross_of_net(net_minor, rate.unwrap_or(0)))?;
        // By no order, so never the last one: what a person lets expire takes its own rounding.
        uses.push(Use { used_at: None, order_id: String::new(), amount_minor, currency });
    }
    Ok(uses)
}

/// What was used before the book began is not in what was opened of the voucher.
fn is_of_the_book(used: &Use, begins_at: Option<Timestamp>) -> bool {
    used.used_at.zip(begins_at).is_none_or(|(used_at, begins_at)| used_at >= begins_at)
}

/// What other orders sell under the same id, in minor units. Of those that took it back the first, by its id, answers
/// for the uses.
fn issued_elsewhere(
    connection: &mut Connection,
    batch: &mut Batch,
    snapshot: &Snapshot,
    key: &StoredValueKey,
) -> Result<i64, Error> {
    let mut elsewhere = 0_i64;
    for order_id in store::sellers(connection, &batch.book.source, &key.id)? {
        if order_id == snapshot.order.order_id {
            continue;
        }
        let other = snapshot_of(connection, &mut batch.orders, &order_id)?;
        let policy = batch.book.policies.policy(other.policy_id);
        let first = order_id < snapshot.order.order_id;
        let issued = other.issued(policy).remove(key).filter(|issued| issued.live || first);
        elsewhere = elsewhere.saturating_add(issued.map_or(0, |issued| issued.face_minor));
    }
    Ok(elsewhere)
}

/// Learns what other orders say of what this one redeems: how it is taxed, and what rounding leaves when it is used up.
pub(super) fn learn_of_uses(
    connection: &mut Connection,
    batch: &mut Batch,
    snapshot: &mut Snapshot,
    policy: &Policy,
) -> Result<(), Error> {
    snapshot.regimes.clear();
    snapshot.residues.clear();
    let own = snapshot.issued(policy);
    let redeemed: BTreeSet<StoredValueKey> =
        snapshot.redeemed().map(|(class, id)| StoredValueKey::new(class, id)).collect();
    let uses = if redeemed.is_empty() { BTreeMap::new() } else { snapshot.uses(policy) };
    for key in redeemed {
        let voucher = match own.get(&key) {
            Some(issued) => Some(KnownVoucher::of(issued)),
            None => current_state::voucher(connection, &batch.book.source, &key)?,
        };
        let Some((regime, voucher)) = voucher.and_then(|voucher| Some((voucher.regime?, voucher))) else { continue };
        snapshot.regimes.insert(key.clone(), regime);
        if let (Regime::Taxed(bp), true) = (regime, uses.contains_key(&key)) {
            let mut all = all_uses(connection, batch, snapshot, policy, &key)?;
            let begins_at = batch.book.policies.begins_at();
            all.retain(|used| is_of_the_book(used, begins_at));
            overflow(snapshot, complete(&mut all, voucher.face_minor.unwrap_or(0), bp))?;
            let residue = overflow(snapshot, residue(&all, &snapshot.order.order_id, &voucher, bp))?;
            if residue != 0 {
                snapshot.residues.insert(key, residue);
            }
        }
    }
    Ok(())
}

/// Two gross amounts may have one net. When what was entered by hand uses up the face with the larger one, that was
/// meant.
fn complete(uses: &mut [Use], face_minor: i64, bp: i32) -> Result<(), Overflow> {
    let used = sum(uses.iter().map(|used| used.amount_minor))?;
    let entered = uses.iter_mut().find(|used| used.order_id.is_empty());
    if let (Some(entered), true) = (entered, used.checked_add(1) == Some(face_minor)) {
        let net = |gross: i64| Ok(gross - vat_in_gross(gross, bp)?);
        if net(entered.amount_minor)? == net(entered.amount_minor + 1)? {
            entered.amount_minor += 1;
        }
    }
    Ok(())
}

/// What is left of the liability when all is used, each use rounded by itself; 0 unless this order has the last use.
fn residue(uses: &[Use], order_id: &str, voucher: &KnownVoucher, bp: i32) -> Result<i64, Overflow> {
    let net = |gross_minor: i64| Ok(gross_minor - vat_in_gross(gross_minor, bp)?);
    let uses: Vec<&Use> = uses.iter().filter(|used| Some(&used.currency) == voucher.currency.as_ref()).collect();
    let used = sum(uses.iter().map(|used| used.amount_minor))?;
    let issued = match voucher.face_minor {
        Some(face_minor) if voucher.live => face_minor,
        Some(face_minor) => face_minor.min(used),
        None => return Ok(0),
    };
    if used != issued || uses.last().is_none_or(|last| last.order_id != order_id) {
        return Ok(0);
    }
    let nets = uses.iter().map(|used| net(used.amount_minor)).collect::<Result<Vec<_>, _>>()?;
    net(issued)?.checked_sub(sum(nets)?).ok_or(Overflow)
}

/// What the order sold and sells no longer is forgotten before anything is taxed by it. Should another order sell the
/// same, its word counts from now on.
pub(super) fn take_back(
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

/// The other orders that have to be settled again, because what this one sold is taxed or issued otherwise than before,
/// or because it used something more or less.
pub(super) fn dependents(
    connection: &mut Connection,
    batch: &mut Batch,
    sold_before: &BTreeMap<StoredValueKey, Regime>,
    before: Option<&Snapshot>,
    now: &Snapshot,
) -> Result<BTreeSet<String>, Error> {
    let policy = batch.book.policies.policy(now.policy_id).clone();
    let source = batch.book.source.clone();
    let issued = |snapshot: &Snapshot| snapshot.issued(&policy);
    let (issued_before, issued_now) = (before.map(issued).unwrap_or_default(), issued(now));
    let regime_now = |key: &StoredValueKey| issued_now.get(key).map(|issued| issued.regime);
    let mut dependents = BTreeSet::new();
    for key in sold_before.keys().chain(issued_before.keys()).chain(issued_now.keys()).collect::<BTreeSet<_>>() {
        if sold_before.get(key).copied() != regime_now(key) {
            batch.flush(connection)?;
            dependents.extend(current_state::redeeming_orders(connection, &source, key)?);
        } else if issued_before.get(key) != issued_now.get(key) {
            let last = others(connection, batch, now, key)?.into_iter().max();
            dependents.extend(last.map(|last| last.order_id).filter(|order_id| !order_id.is_empty()));
        } else {
            continue;
        }
        dependents.extend(store::sellers(connection, &source, &key.id)?);
    }
    let uses = |snapshot: &Snapshot| snapshot.uses(&policy);
    let (uses_before, uses_now) = (before.map(uses).unwrap_or_default(), uses(now));
    let keys: BTreeSet<&StoredValueKey> = uses_before.keys().chain(uses_now.keys()).collect();
    for key in keys.into_iter().filter(|key| uses_before.get(*key) != uses_now.get(*key)) {
        let others = others(connection, batch, now, key)?;
        for own in [uses_before.get(key), uses_now.get(key)] {
            let last = others.iter().chain(own.into_iter().flatten()).max();
            dependents.extend(last.map(|last| last.order_id.clone()).filter(|order_id| !order_id.is_empty()));
        }
        // A sale that counts is issued whole, however much is used.
        let voucher = current_state::voucher(connection, &source, key)?;
        if !voucher.is_some_and(|voucher| voucher.live && voucher.regime.is_some()) {
            dependents.extend(store::sellers(connection, &source, &key.id)?);
            // One that was never live has posted nothing.
            dependents.extend(current_state::seller(connection, &source, key)?);
        }
    }
    dependents.remove(&now.order.order_id);
    Ok(dependents)
}

fn overflow<T>(snapshot: &Snapshot, result: Result<T, Overflow>) -> Result<T, Error> {
    result.map_err(|overflow| Error::Overflow { order_id: snapshot.order.order_id.clone(), overflow })
}
