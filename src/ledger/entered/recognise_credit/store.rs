//! The statements of the sweep for retained credits. None opens a transaction.

use diesel::prelude::*;

use super::decide::Decision;
use crate::clock::Timestamp;
use crate::db::schema::{journal_entries, orders, postings};
use crate::db::{Connection, Result};
use crate::inbox::Entity;
use crate::ledger::book::Account;
use crate::ledger::entered::import;
use crate::ledger::entered::import::store::EnteredEvent;
use crate::on_engine;
use crate::order::OrderStatus;

/// Cancelled and declined orders after `order_id`.
pub(super) fn dead_orders(
    connection: &mut Connection,
    source: &str,
    order_id: &str,
    limit: i64,
) -> Result<Vec<String>> {
    Ok(on_engine!(connection, |c| orders::table
        .filter(orders::source.eq(source))
        .filter(orders::order_id.gt(order_id))
        .filter(orders::status.eq_any([OrderStatus::Cancelled, OrderStatus::Declined].map(OrderStatus::as_str)))
        .order(orders::order_id)
        .limit(limit)
        .select(orders::order_id)
        .load(c))?)
}

/// A line on the receivable of an order.
#[derive(Queryable)]
pub(super) struct ReceivableMove {
    /// The order whose receivable it is.
    pub(super) order_id: String,
    /// The order whose entry it is.
    entry_order: Option<String>,
    /// What it was computed from; `None` for what a person entered.
    snapshot_no: Option<i64>,
    event_type: String,
    pub(super) currency: String,
    /// Debit positive.
    pub(super) amount_minor: i64,
    pub(super) effective_at: Timestamp,
    pub(super) recorded_at: Timestamp,
}

impl ReceivableMove {
    /// It follows from the order's own snapshot.
    pub(super) fn is_own(&self) -> bool {
        self.snapshot_no.is_some() && self.entry_order.as_ref() == Some(&self.order_id)
    }

    /// A sweep caused it, or took it back.
    pub(super) fn is_retained(&self) -> bool {
        self.is_own() && self.event_type == "retain"
    }
}

/// Every line on the receivable of these orders, whichever order's entry it is in.
pub(super) fn receivable(connection: &mut Connection, source: &str, orders: &[String]) -> Result<Vec<ReceivableMove>> {
    let joined =
        postings::table
            .inner_join(journal_entries::table.on(
                journal_entries::source.eq(postings::source).and(journal_entries::entry_no.eq(postings::entry_no)),
            ));
    Ok(on_engine!(connection, |c| joined
        .filter(postings::source.eq(source))
        .filter(postings::order_id.eq_any(orders))
        .filter(postings::account_code.eq(Account::Receivable.to_string()))
        .order((postings::order_id, postings::entry_no, postings::line_no))
        .select((
            postings::order_id.assume_not_null(),
            journal_entries::order_id,
            journal_entries::snapshot_no,
            journal_entries::event_type,
            postings::currency,
            postings::amount_minor,
            journal_entries::effective_at,
            journal_entries::recorded_at,
        ))
        .load(c))?)
}

/// Stores what was decided as an event that is done already, so that its entries lead back to it. Answers its number.
/// As what no provider sent it is not replayed: the next sweep decides anew.
pub(super) fn insert_event(connection: &mut Connection, decision: &Decision, now: Timestamp) -> Result<i64> {
    let body = serde_json::json!({
        "order_id": decision.order_id,
        "currency": decision.currency.code(),
        "credit_minor": decision.credit_minor,
        "recognised_minor": decision.recognised_minor,
        "due_at": decision.due_at,
        "kept": decision.recognised_credit,
    });
    let event = EnteredEvent {
        source: &decision.source,
        kind: "retain",
        entity: Entity::Credit(decision.order_id.clone()),
        headers: "{}".to_owned(),
        body: body.to_string().into_bytes(),
    };
    import::store::insert_event(connection, event, now)
}
