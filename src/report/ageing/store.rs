//! The lines of open orders.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::Moved;
use crate::clock::Timestamp;
use crate::db::schema::{journal_entries, postings};
use crate::db::{Connection, Result};
use crate::ledger::book::{Account, ItemKind, Moves as BookMoves};
use crate::ledger::totals::{OrderBalance, Selection};
use crate::on_engine;

type Moves = (Option<String>, String, Moved);

/// Order, currency, item with its kind, day and time and number of the entry, amount.
type Line = (Option<String>, String, (String, String), (NaiveDate, Timestamp, i64), i64);

/// What the items of some orders moved on the receivable, within the bounds of the selection.
pub(super) fn moves(
    connection: &mut Connection,
    selection: &Selection<'_>,
    orders: &[OrderBalance],
) -> Result<Vec<Moves>> {
    let order_ids: Vec<&str> = orders.iter().filter_map(|balance| balance.order_id.as_deref()).collect();
    let without_order = orders.iter().any(|balance| balance.order_id.is_none());
    let rows: Vec<Line> = on_engine!(connection, |c| {
        let entries = journal_entries::table
            .on(journal_entries::source.eq(postings::source).and(journal_entries::entry_no.eq(postings::entry_no)));
        let mut query = postings::table
            .inner_join(entries)
            .select((
                postings::order_id,
                postings::currency,
                (postings::line_key, postings::item_kind),
                (journal_entries::booking_date, journal_entries::recorded_at, postings::entry_no),
                postings::amount_minor,
            ))
            .filter(postings::account_code.eq(Account::RECEIVABLE))
            .into_boxed();
        let among = postings::order_id.eq_any(order_ids);
        query = if without_order {
            query.filter(among.or(postings::order_id.is_null()).assume_not_null())
        } else {
            query.filter(among.assume_not_null())
        };
        if let Some(source) = selection.source {
            query = query.filter(postings::source.eq(source));
        }
        query.load(c)?
    });
    // Bounds in the statement would let SQLite start at the days, and look for every order at every entry.
    let cut = selection.as_of;
    let counts = |entry: &(NaiveDate, Timestamp, i64)| {
        cut.booked_until.is_none_or(|until| entry.0 <= until)
            && cut.recorded_until.is_none_or(|until| entry.1 <= until)
            && cut.entries_until.is_none_or(|until| entry.2 <= until)
    };
    let moves = rows.into_iter().filter(|(.., entry, _)| counts(entry)).map(
        |(order_id, currency, (item, kind), (day, ..), minor)| {
            let kind = ItemKind::parse(&kind);
            let given_back =
                kind.is_some_and(|kind| matches!(kind.moves(), BookMoves::Refunded | BookMoves::RefundVoucher));
            (order_id, currency, Moved { item, day, minor, given_back })
        },
    );
    Ok(moves.collect())
}
