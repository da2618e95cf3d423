//! The journal: entry after entry with all their lines, in the order of their numbers.
//!
//! It is read in pages, each by a statement of its own, so that neither the memory nor a transaction holds a whole
//! book. The journal is append-only: what is read ends at the entry that was the last one when the reading began.

mod store;

pub use self::store::JournalLine;

use crate::db::{Connection, Database, Error};
use crate::ledger::book::store::heads;
use crate::ledger::totals::{Accounts, Selection};

/// Entries that are read together.
const PAGE: i64 = 500;

/// Which entries to read.
#[derive(Clone, Debug, Default)]
pub struct Wanted<'a> {
    pub selection: Selection<'a>,
    /// Only entries with a line on one of these accounts; they come with all their lines.
    pub accounts: Option<Accounts>,
    /// Only entries about these orders, by source and id.
    pub orders: Option<Vec<(String, String)>>,
}

/// Source and id of the orders with that id or that code.
///
/// # Errors
/// When the database cannot be read.
pub fn orders(database: &Database, source: Option<&str>, name: &str) -> Result<Vec<(String, String)>, Error> {
    store::orders(&mut database.reader()?, source, name)
}

/// Reads the journal source by source, and hands over whole entries.
///
/// # Errors
/// When the database cannot be read, and those of `page`.
pub fn read<E: From<Error>>(
    database: &Database,
    wanted: &Wanted<'_>,
    mut page: impl FnMut(Vec<JournalLine>) -> Result<(), E>,
) -> Result<(), E> {
    let mut connection = database.reader()?;
    for (source, head) in heads(&mut connection)? {
        let Some((head, _)) = head.filter(|_| wanted.selection.source.is_none_or(|wanted| wanted == source)) else {
            continue;
        };
        let mut numbers = Numbers::of(&mut connection, wanted, &source, head)?;
        loop {
            let next = numbers.next(&mut connection)?;
            if next.is_empty() {
                break;
            }
            page(store::lines(&mut connection, &source, &next)?)?;
        }
    }
    Ok(())
}

/// The numbers of the entries of one source, page by page.
struct Numbers<'a> {
    wanted: &'a Wanted<'a>,
    source: &'a str,
    head: i64,
    after: i64,
    /// Of the orders that are wanted.
    of_orders: Option<Vec<i64>>,
}

impl<'a> Numbers<'a> {
    fn of(connection: &mut Connection, wanted: &'a Wanted<'a>, source: &'a str, head: i64) -> Result<Self, Error> {
        let of_orders = match &wanted.orders {
            None => None,
            Some(orders) => {
                let ids: Vec<&str> =
                    orders.iter().filter(|(of, _)| of == source).map(|(_, order_id)| order_id.as_str()).collect();
                Some(store::numbers_of(connection, source, &ids)?)
            }
        };
        Ok(Self { wanted, source, head, after: 0, of_orders })
    }

    /// None when there are no more.
    fn next(&mut self, connection: &mut Connection) -> Result<Vec<i64>, Error> {
        loop {
            let among = match &self.of_orders {
                None => None,
                Some(numbers) => {
                    let page = usize::try_from(PAGE).unwrap_or(usize::MAX);
                    let rest: Vec<i64> =
                        numbers.iter().copied().filter(|number| *number > self.after).take(page).collect();
                    if rest.is_empty() {
                        return Ok(rest);
                    }
                    Some(rest)
                }
            };
            let bounds = store::Bounds { after: self.after, head: self.head, among: among.as_deref(), page: PAGE };
            let next = store::numbers(connection, self.wanted, self.source, &bounds)?;
            let last = among.as_ref().and_then(|among| among.last()).or(next.last());
            self.after = last.copied().unwrap_or(self.head);
            // None of a page of an order's entries may be in the period.
            if !next.is_empty() || among.is_none() {
                return Ok(next);
            }
        }
    }
}
