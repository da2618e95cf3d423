//! The statements of the rebuild: reading only, page by page.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use diesel::prelude::*;

use crate::db::schema::{order_snapshots, orders, payments};
use crate::db::{Connection, Result};
use crate::ledger::batch::PaymentState;
use crate::ledger::book::store::{head, last_snapshot_no, sources};
use crate::ledger::book::{KnownSource, SnapshotRow};
use crate::on_engine;

/// Snapshots read at once.
const PAGE: i64 = 500;

/// A book and how far it reaches.
pub(super) struct BookRow {
    pub(super) source: String,
    pub(super) zone: Tz,
    pub(super) last_snapshot_no: i64,
    pub(super) last_entry_no: i64,
    pub(super) head: Option<String>,
}

/// Every book, or one.
pub(super) fn books(connection: &mut Connection, only: Option<&str>) -> Result<Vec<BookRow>> {
    let known = sources(connection)?;
    let mut books = Vec::with_capacity(known.len());
    for KnownSource { name: source, timezone: zone } in known {
        if only.is_some_and(|only| only != source) {
            continue;
        }
        let head = head(connection, &source)?;
        books.push(BookRow {
            last_snapshot_no: last_snapshot_no(connection, &source)?,
            last_entry_no: head.as_ref().map_or(0, |(entry_no, _)| *entry_no),
            head: head.map(|(_, hash)| hash),
            source,
            zone,
        });
    }
    Ok(books)
}

/// The next snapshots, each with whether another of its order follows.
pub(super) fn snapshots(
    connection: &mut Connection,
    source: &str,
    after: i64,
    last: i64,
) -> Result<Vec<(SnapshotRow, bool)>> {
    let later = diesel::alias!(order_snapshots as later);
    let follows = later
        .filter(later.field(order_snapshots::source).eq(order_snapshots::source))
        .filter(later.field(order_snapshots::order_id).eq(order_snapshots::order_id))
        .filter(later.field(order_snapshots::snapshot_no).gt(order_snapshots::snapshot_no))
        .filter(later.field(order_snapshots::snapshot_no).le(last));
    let query = order_snapshots::table
        .filter(order_snapshots::source.eq(source))
        .filter(order_snapshots::snapshot_no.gt(after))
        .filter(order_snapshots::snapshot_no.le(last))
        .order(order_snapshots::snapshot_no)
        .limit(PAGE)
        .select((order_snapshots::all_columns, diesel::dsl::exists(follows)));
    Ok(on_engine!(connection, |c| query.load(c))?)
}

/// What the tables of the current state say of an order.
#[derive(Default)]
pub(super) struct OrderState {
    pub(super) status: Option<String>,
    pub(super) last_snapshot_no: Option<i64>,
    pub(super) payments: i64,
}

/// Current state of the orders named.
pub(super) fn states(
    connection: &mut Connection,
    source: &str,
    order_ids: &[&str],
) -> Result<BTreeMap<String, OrderState>> {
    let rows: Vec<(String, Option<String>, Option<i64>)> = on_engine!(connection, |c| orders::table
        .filter(orders::source.eq(source))
        .filter(orders::order_id.eq_any(order_ids))
        .select((orders::order_id, orders::status, orders::last_snapshot_no))
        .load(c))?;
    let counts: Vec<(String, i64)> = on_engine!(connection, |c| payments::table
        .filter(payments::source.eq(source))
        .filter(payments::order_id.eq_any(order_ids))
        .filter(payments::state.eq(PaymentState::Current))
        .group_by(payments::order_id)
        .select((payments::order_id, diesel::dsl::count_star()))
        .load(c))?;
    let mut states: BTreeMap<String, OrderState> = BTreeMap::new();
    for (order_id, status, last_snapshot_no) in rows {
        states.insert(order_id, OrderState { status, last_snapshot_no, payments: 0 });
    }
    for (order_id, payments) in counts {
        states.entry(order_id).or_default().payments = payments;
    }
    Ok(states)
}
