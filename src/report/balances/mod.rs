//! What every order owes or is owed, a page of orders at a time, so that the memory does not hold a whole book.

mod store;

use crate::db::{Connection, Error};
use crate::ledger::totals::OrderBalance;

/// Orders that are read together.
const PAGE: i64 = 2_000;

/// Hands over the rows of `OrderBalance`, of one source or of all, in their order. Within one transaction they add up
/// to the accounts.
///
/// # Errors
/// When a query fails, and those of `page`.
pub fn read<E: From<Error>>(
    connection: &mut Connection,
    source: Option<&str>,
    page: impl FnMut(Vec<OrderBalance>) -> Result<(), E>,
) -> Result<(), E> {
    read_by(PAGE, connection, source, page)
}

/// The same with pages of so many orders.
///
/// # Errors
/// Those of [`read`].
pub fn read_by<E: From<Error>>(
    most: i64,
    connection: &mut Connection,
    source: Option<&str>,
    mut page: impl FnMut(Vec<OrderBalance>) -> Result<(), E>,
) -> Result<(), E> {
    for source in store::sources(connection, source)? {
        let mut after = None;
        loop {
            let until = store::end_of_page(connection, &source, after.as_deref(), most)?;
            let mut rows = store::balances(connection, &source, (after.as_deref(), until.as_deref()))?;
            rows.sort();
            page(rows)?;
            if until.is_none() {
                break;
            }
            after = until;
        }
    }
    Ok(())
}
