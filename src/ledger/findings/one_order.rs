//! One order: gather its facts, reconcile, store what has changed.

use std::collections::{BTreeMap, BTreeSet};

use super::life::compare;
use super::{Changes, Compared, OrderFacts, VoucherMove, reconcile, related, store, stored_value};
use crate::clock::Timestamp;
use crate::db::Connection;
use crate::ledger::Error;
use crate::ledger::batch::{Batch, OrderPayment, Orders, load};
use crate::ledger::book::{ItemKind, PolicyHistory, SourceFacts, store as journal};
use crate::ledger::posting::rules::{WantedAtoms, wanted_atoms};
use crate::ledger::posting::{FindingReason, Snapshot, StoredValueKey, Use};
use crate::order::Versions;

/// An order that was just settled.
pub(in crate::ledger) struct Settling<'a> {
    pub(in crate::ledger) snapshot: &'a Snapshot,
    /// What was known before.
    pub(in crate::ledger) previous: Option<&'a Snapshot>,
    pub(in crate::ledger) versions: &'a Versions,
    pub(in crate::ledger) wanted: &'a WantedAtoms,
    /// Number of the first snapshot; `None` while the one just made is the first.
    pub(in crate::ledger) first_snapshot_no: Option<i64>,
    pub(in crate::ledger) now: Timestamp,
}

/// Reconciles an order that was just settled, and notes those whose findings depend on it: see [`look_again`].
pub(in crate::ledger) fn after_settling(
    connection: &mut Connection,
    batch: &mut Batch,
    settling: &Settling<'_>,
) -> Result<(), Error> {
    let Settling { snapshot, wanted, now, .. } = *settling;
    let order_id = &snapshot.order.order_id;
    let (source, orders) = (&batch.facts, &mut batch.orders);
    let StoredValueFacts { moves, uses, imported_faces, codes } =
        voucher_facts(connection, orders, snapshot, settling.previous)?;
    let open_of_sellers = open_of_sellers(connection, orders, &moves, &uses)?;
    let facts = OrderFacts {
        source,
        rules: &batch.book.policies.rules(snapshot.policy_id),
        snapshot,
        wanted,
        compared: compare_with_previous(connection, orders, settling)?,
        absent: absent_sections(source, snapshot, settling.versions),
        now,
        lines: orders.receivable(connection, order_id)?,
        other_payments: other_payments(connection, orders, snapshot, settling.previous)?,
        moves,
        uses,
        imported_faces,
        codes,
        open_of_sellers,
        open_before: open_reasons(connection, orders, order_id)?,
    };
    let changes = check(connection, orders, &facts)?;
    let related = related::orders(&facts, settling.previous);
    orders.save_findings(connection, order_id, changes.into_rows())?;
    batch.look_again.extend(related);
    Ok(())
}

/// Reconciles the orders that were noted, each once: many orders that were settled together may depend on the same one.
pub(in crate::ledger) fn look_again(
    connection: &mut Connection,
    batch: &mut Batch,
    now: Timestamp,
) -> Result<(), Error> {
    let noted = std::mem::take(&mut batch.look_again);
    batch.orders.prefetch(connection, &noted.iter().map(String::as_str).collect())?;
    noted.iter().try_for_each(|order_id| again(connection, batch, order_id, now))
}

/// Reconciles an order of which nothing new is said: something else changed on which its findings depend.
pub(in crate::ledger) fn again(
    connection: &mut Connection,
    batch: &mut Batch,
    order_id: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let changes = reconcile_order(connection, &mut batch.orders, &batch.facts, &batch.book.policies, order_id, now)?;
    Ok(batch.orders.save_findings(connection, order_id, changes.into_rows())?)
}

/// What reconciling a stored order would change among its findings. Nothing is written.
///
/// # Errors
/// When a statement fails, the stored snapshot cannot be read, or a sum is out of range.
pub(in crate::ledger) fn reconcile_order(
    connection: &mut Connection,
    orders: &mut Orders,
    source: &SourceFacts,
    policies: &PolicyHistory,
    order_id: &str,
    now: Timestamp,
) -> Result<Changes, Error> {
    let known = load(connection, orders, order_id)?;
    let snapshot = &known.snapshot;
    let rules = policies.rules(snapshot.policy_id);
    let wanted = wanted_atoms(snapshot, &rules)
        .map_err(|overflow| Error::Overflow { order_id: order_id.to_owned(), overflow })?;
    let StoredValueFacts { moves, uses, imported_faces, codes } = voucher_facts(connection, orders, snapshot, None)?;
    let open_of_sellers = open_of_sellers(connection, orders, &moves, &uses)?;
    let facts = OrderFacts {
        source,
        rules: &rules,
        snapshot,
        wanted: &wanted,
        compared: Compared::Unchanged,
        absent: absent_sections(source, snapshot, &known.versions),
        now,
        lines: orders.receivable(connection, order_id)?,
        other_payments: other_payments(connection, orders, snapshot, None)?,
        moves,
        uses,
        imported_faces,
        codes,
        open_of_sellers,
        open_before: open_reasons(connection, orders, order_id)?,
    };
    check(connection, orders, &facts)
}

fn check(connection: &mut Connection, orders: &mut Orders, facts: &OrderFacts<'_>) -> Result<Changes, Error> {
    let raised = reconcile(facts);
    let stored = orders.findings(connection, facts.order_id())?;
    Ok(compare(stored, &raised, orders.source(), facts.order_id(), facts.now))
}

/// What was open among the findings of an order.
fn open_reasons(
    connection: &mut Connection,
    orders: &mut Orders,
    order_id: &str,
) -> Result<BTreeSet<FindingReason>, Error> {
    let stored = orders.findings(connection, order_id)?;
    let open = stored.iter().filter(|row| row.state.is_unresolved());
    Ok(open.filter_map(|row| FindingReason::parse(&row.reason)).collect())
}

/// What is new about the order: nothing, when only something else of the source made it be settled again.
fn compare_with_previous<'a>(
    connection: &mut Connection,
    orders: &mut Orders,
    settling: &Settling<'a>,
) -> Result<Compared<'a>, Error> {
    let Some(previous) = settling.previous else { return Ok(Compared::Changed { previous: None, first_code: None }) };
    let now = settling.snapshot;
    if (&previous.order, previous.cancelled, &previous.notes) == (&now.order, now.cancelled, &now.notes) {
        return Ok(Compared::Unchanged);
    }
    let code = |snapshot: &Snapshot| snapshot.order.header.as_ref().and_then(|header| header.code.clone());
    let first_code = match settling.first_snapshot_no.filter(|_| code(previous) != code(now)) {
        None => None,
        Some(first) => {
            orders.flush(connection)?;
            let (doc, _) = journal::snapshot_doc(connection, orders.source(), first)?;
            serde_json::from_str::<Snapshot>(&doc).ok().and_then(|first| code(&first))
        }
    };
    Ok(Compared::Changed { previous: Some(previous), first_code })
}

/// Sections that the newest delivery did not have though an older one had. A fetched booking is read as a whole.
pub(in crate::ledger) fn absent_sections(
    source: &SourceFacts,
    snapshot: &Snapshot,
    versions: &Versions,
) -> Vec<&'static str> {
    let Some(newest) = versions.of("header").filter(|_| !source.provider.is_fetched()) else { return Vec::new() };
    let order = &snapshot.order;
    let sections = [
        ("tickets", order.tickets.as_ref().is_some_and(|parts| !parts.is_empty())),
        ("products", order.products.as_ref().is_some_and(|parts| !parts.is_empty())),
        ("flex_tickets", order.flex_tickets.as_ref().is_some_and(|parts| !parts.is_empty())),
        ("voucher_orders", order.voucher_orders.as_ref().is_some_and(|parts| !parts.is_empty())),
        ("redeemed_vouchers", order.redeemed_vouchers.as_ref().is_some_and(|parts| !parts.is_empty())),
        ("redeemed_coupons", order.redeemed_coupons.as_ref().is_some_and(|parts| !parts.is_empty())),
        ("payments", order.payments.as_ref().is_some_and(|parts| !parts.is_empty())),
    ];
    let older = |section: &str| versions.of(section).is_some_and(|version| version < newest);
    sections.into_iter().filter(|(section, filled)| *filled && older(section)).map(|(section, _)| section).collect()
}

/// Payments of other orders, past ones included, with the ids of this order's payments, past ones included, and of
/// those that its refund vouchers name.
fn other_payments(
    connection: &mut Connection,
    orders: &mut Orders,
    snapshot: &Snapshot,
    previous: Option<&Snapshot>,
) -> Result<Vec<OrderPayment>, Error> {
    let mut ids = BTreeSet::new();
    for snapshot in [Some(snapshot), previous].into_iter().flatten() {
        ids.extend(snapshot.order.payment_ids());
        ids.extend(snapshot.vanished_payments.iter().map(|payment| payment.id.as_str()));
    }
    Ok(orders.other_payments(connection, &snapshot.order.order_id, &ids)?)
}

/// What is known of the vouchers and flex tickets of an order.
#[derive(Default)]
struct StoredValueFacts {
    moves: Vec<VoucherMove>,
    uses: Vec<(StoredValueKey, Use)>,
    imported_faces: BTreeMap<StoredValueKey, (String, i64)>,
    codes: BTreeMap<String, String>,
}

fn voucher_facts(
    connection: &mut Connection,
    orders: &mut Orders,
    snapshot: &Snapshot,
    previous: Option<&Snapshot>,
) -> Result<StoredValueFacts, Error> {
    let mut ids = BTreeSet::new();
    for snapshot in [Some(snapshot), previous].into_iter().flatten() {
        ids.extend(snapshot.redeemed().map(|(_, id)| id));
        ids.extend(snapshot.order.flex_tickets.iter().flatten().map(|flex| flex.id.as_str()));
        let sold = snapshot.order.voucher_orders.iter().flatten().flat_map(|order| &order.vouchers);
        ids.extend(sold.map(|voucher| voucher.id.as_str()));
    }
    if ids.is_empty() {
        return Ok(StoredValueFacts::default());
    }
    let ids: Vec<&str> = ids.into_iter().collect();
    orders.flush(connection)?;
    let moves = store::voucher_moves(connection, orders.source(), &ids)?;
    let uses = store::uses(connection, orders.source(), &ids)?;
    let mut named: BTreeSet<&str> = moves.iter().filter_map(|moved| moved.order_id.as_deref()).collect();
    named.extend(uses.iter().map(|(_, used)| used.order_id.as_str()));
    let imported = moves.iter().any(|moved| moved.item_kind == ItemKind::VoucherOpening);
    let imported_faces =
        if imported { store::imported_faces(connection, orders.source(), &ids)? } else { BTreeMap::new() };
    // A sentence that names no other order needs no code.
    let codes =
        if named.len() > 1 { store::order_codes(connection, orders.source(), &named)? } else { BTreeMap::new() };
    Ok(StoredValueFacts { moves, uses, imported_faces, codes })
}

/// What is open on the orders whose vouchers were used after their sale was taken back, by order and currency.
fn open_of_sellers(
    connection: &mut Connection,
    orders: &mut Orders,
    moves: &[VoucherMove],
    uses: &[(StoredValueKey, Use)],
) -> Result<BTreeMap<String, BTreeMap<String, i64>>, Error> {
    let mut all = BTreeMap::new();
    for order_id in stored_value::owing_orders(moves, uses) {
        let mut open: BTreeMap<String, i64> = BTreeMap::new();
        for line in orders.receivable(connection, &order_id)? {
            let sum = open.entry(line.currency).or_default();
            *sum = sum.saturating_add(line.amount_minor);
        }
        all.insert(order_id, open);
    }
    Ok(all)
}

/// How many findings changed, by reason and what became of them.
pub(super) fn counted(changes: &Changes) -> BTreeMap<(String, &'static str), i64> {
    let mut counts = BTreeMap::new();
    for (what, rows) in [
        ("opened", &changes.opened),
        ("reopened", &changes.reopened),
        ("changed", &changes.changed),
        ("closed", &changes.closed),
    ] {
        for row in rows {
            *counts.entry((row.reason.clone(), what)).or_default() += 1;
        }
    }
    counts
}
