//! The tables of the current state against the last snapshot of each order.

use std::collections::BTreeSet;

use super::compare::Comparison;
use super::shadow::Prepared;
use super::store::{self, BookRow};
use crate::db::Connection;
use crate::ledger::Error;
use crate::ledger::vat_dates;

/// Compares the orders whose last snapshot is in the page.
pub(super) fn compare(
    connection: &mut Connection,
    book: &BookRow,
    page: &[Prepared],
    comparison: &mut Comparison,
) -> Result<(), Error> {
    for prepared in page.iter().filter(|prepared| prepared.tampered) {
        let (snapshot_no, order_id) = (prepared.row.snapshot_no, &prepared.row.order_id);
        comparison.differ(Some(order_id), format!("snapshot {snapshot_no}: its text does not match its hash"));
    }
    let ended: Vec<&Prepared> = page.iter().filter(|prepared| prepared.last).collect();
    let ids: Vec<&str> = ended.iter().map(|prepared| prepared.row.order_id.as_str()).collect();
    let states = store::states(connection, &book.source, &ids)?;
    if let Some((order_id, fault)) = vat_dates::first_difference(connection, &book.source, &ids, book.last_entry_no)? {
        comparison.differ_in_what_follows(order_id, fault);
    }
    for prepared in ended {
        let order_id = prepared.row.order_id.as_str();
        let Some(state) = states.get(order_id) else {
            comparison.differ(Some(order_id), "it is missing in the table orders".to_owned());
            continue;
        };
        // A daemon beside us has gone on with it.
        if state.last_snapshot_no > Some(book.last_snapshot_no) {
            continue;
        }
        let snapshot_no = prepared.row.snapshot_no;
        if state.last_snapshot_no != Some(snapshot_no) {
            let said = state.last_snapshot_no.map_or_else(|| "none".to_owned(), |no| no.to_string());
            let what = format!("the table orders says that its last snapshot is {said}; it is {snapshot_no}");
            comparison.differ(Some(order_id), what);
        }
        let status = prepared.snapshot.status().as_str();
        if state.status.as_deref() != Some(status) {
            let said = state.status.as_deref().unwrap_or("nothing");
            let what = format!("the table orders says {said}, snapshot {snapshot_no} says {status}");
            comparison.differ(Some(order_id), what);
        }
        let payments: BTreeSet<&str> =
            prepared.snapshot.order.payments.iter().flatten().map(|payment| payment.id.as_str()).collect();
        if usize::try_from(state.payments) != Ok(payments.len()) {
            let (has, says) = (state.payments, payments.len());
            comparison
                .differ(Some(order_id), format!("the table payments has {has}, snapshot {snapshot_no} has {says}"));
        }
    }
    Ok(())
}
