//! The lines of open orders.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::Moved;
use crate::db::schema::{journal_entries, postings};
use crate::db::{Connection, Result};
use crate::ledger::book::Account;
use crate::ledger::totals::{OrderBalance, Selection};
use crate::on_engine;

type Moves = (Option<String>, String, Moved);

/// What the items of some orders moved on the receivable, within the bounds of the selection.
pub(super) fn moves(
    connection: &mut Connection,
    selection: &Selection<'_>,
    orders: &[OrderBalance],
) -> Result<Vec<Moves>> {
    let order_ids: Vec<&str> = orders.iter().filter_map(|balance| balance.order_id.as_deref()).collect();
    let without_order = orders.iter().any(|balance| balance.order_id.is_none());
    let rows: Vec<(Option<String>, String, String, NaiveDate, i64)> = on_engine!(connection, |c| {
        let entries = journal_entries::table
            .on(journal_entries::source.eq(postings::source).and(journal_entries::entry_no.eq(postings::entry_no)));
        let mut query = postings::table
            .inner_join(entries)
            .select((
                postings::order_id,
                postings::currency,
                postings::line_key,
                journal_entries::booking_date,
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
        if let Some(recorded_until) = selection.as_of.recorded_until {
            query = query.filter(journal_entries::recorded_at.le(recorded_until));
        }
        if let Some(booked_until) = selection.as_of.booked_until {
            query = query.filter(journal_entries::booking_date.le(booked_until));
        }
        if let Some(entries_until) = selection.as_of.entries_until {
            query = query.filter(postings::entry_no.le(entries_until));
        }
        query.load(c)?
    });
    let moves =
        rows.into_iter().map(|(order_id, currency, item, day, minor)| (order_id, currency, Moved { item, day, minor }));
    Ok(moves.collect())
}
