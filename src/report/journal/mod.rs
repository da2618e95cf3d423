//! The journal: entry after entry with all their lines, in the order of their numbers.
//!
//! It is read in pages, each by a statement of its own, so that neither the memory nor a transaction holds a whole
//! book. The journal is append-only: what is read ends at the entry that was the last one when the reading began.

mod store;

pub use self::store::JournalLine;

use crate::db::{Connection, Database, Error};
use crate::ledger::book::Month;
use crate::ledger::book::store::{heads, numbers_of};
use crate::ledger::totals::{Accounts, Period, Selection, entries_in_month, kept_months};
use crate::limits::IN_VALUES;

/// Entries whose lines are read together.
const PAGE: usize = 500;
/// Months whose entries are found by a list of their numbers; what is longer is read from the first entry on.
const MONTHS: usize = 12;

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
        let mut walk = Walk::begin(&mut connection, wanted, &source, head)?;
        while let Some(numbers) = walk.next(&mut connection)? {
            for numbers in numbers.chunks(PAGE) {
                page(store::lines(&mut connection, &source, numbers)?)?;
            }
        }
    }
    Ok(())
}

/// Where a page of the journal begins: after an entry of a month.
pub type PagePlace = (Month, i64);

/// A page of whole entries of one source, after the entry with a number, and where the next page begins. With a period
/// the months are read one after the other, each in the order of its entries: then a place is the month as well.
///
/// # Errors
/// When the database cannot be read.
pub fn page(
    connection: &mut Connection,
    selection: &Selection<'_>,
    source: &str,
    after: Option<PagePlace>,
    most: usize,
) -> Result<(Vec<JournalLine>, Option<PagePlace>), Error> {
    let mut months = booked_in(connection, source, selection)?;
    months.retain(|month| after.is_none_or(|(begun, _)| begun <= *month));
    let (mut numbers, mut next) = (Vec::new(), None);
    for month in months {
        let begin = after.filter(|(begun, _)| *begun == month).map_or(0, |(_, entry_no)| entry_no);
        let left = i64::try_from(most.saturating_sub(numbers.len())).unwrap_or(0).saturating_add(1);
        for number in entries_in_month(connection, source, selection, (month, begin), left)? {
            if numbers.len() == most {
                return Ok((store::lines(connection, source, &numbers)?, next));
            }
            numbers.push(number);
            next = Some((month, number));
        }
        if numbers.len() == most {
            // Whether a later month has entries is not asked: at worst the next page is empty.
            return Ok((store::lines(connection, source, &numbers)?, next));
        }
    }
    Ok((store::lines(connection, source, &numbers)?, None))
}

/// The lines of one entry.
///
/// # Errors
/// When the database cannot be read.
pub fn entry(connection: &mut Connection, source: &str, number: i64) -> Result<Vec<JournalLine>, Error> {
    store::lines(connection, source, &[number])
}

/// The months of the selection in which the source has entries, from first to last.
fn booked_in(connection: &mut Connection, source: &str, selection: &Selection<'_>) -> Result<Vec<Month>, Error> {
    let first = selection.period.and_then(Period::first_day).map(Month::of);
    let last = selection.last_day().map(Month::of);
    let mut months: Vec<Month> = kept_months(connection, Some(source))?.into_iter().map(|(_, month)| month).collect();
    months.retain(|month| first.is_none_or(|first| first <= *month) && last.is_none_or(|last| *month <= last));
    months.sort_unstable();
    Ok(months)
}

/// A walk through the entries of one source. What a statement leaves out is left out here, for with more conditions
/// SQLite would sort all entries for every page.
struct Walk<'a> {
    wanted: &'a Wanted<'a>,
    source: &'a str,
    head: i64,
    after: i64,
    /// The entries of the orders that are wanted, or of the months.
    known: Option<Vec<i64>>,
}

impl<'a> Walk<'a> {
    fn begin(connection: &mut Connection, wanted: &'a Wanted<'a>, source: &'a str, head: i64) -> Result<Self, Error> {
        let months = wanted.selection.period.and_then(Period::listed_months);
        let months = months.filter(|months| months.len() <= MONTHS);
        let known = match (&wanted.orders, months) {
            (None, None) => None,
            (None, Some(months)) => Some(store::numbers_in(connection, source, &months)?),
            (Some(orders), _) => {
                let ids: Vec<&str> =
                    orders.iter().filter(|(of, _)| of == source).map(|(_, order_id)| order_id.as_str()).collect();
                Some(numbers_of(connection, source, &ids)?)
            }
        };
        Ok(Self { wanted, source, head, after: 0, known })
    }

    /// The numbers of the next entries, which may be none of a page; `None` at the end.
    fn next(&mut self, connection: &mut Connection) -> Result<Option<Vec<i64>>, Error> {
        let headers = match &self.known {
            None => {
                let page = i64::try_from(IN_VALUES).unwrap_or(i64::MAX);
                store::headers(connection, self.source, (self.after, self.head), page)?
            }
            Some(known) => {
                let begin = known.partition_point(|number| *number <= self.after);
                let page: Vec<i64> = known.iter().skip(begin).take(IN_VALUES).copied().collect();
                // Entries that have no lines are left out of the headers.
                self.after = page.last().copied().unwrap_or(self.head);
                if page.is_empty() {
                    return Ok(None);
                }
                store::headers_of(connection, self.source, &page)?
            }
        };
        if self.known.is_none() {
            let Some((last, ..)) = headers.last() else { return Ok(None) };
            self.after = *last;
        }
        let numbers: Vec<i64> =
            headers.into_iter().filter(|header| self.counts(header)).map(|(number, ..)| number).collect();
        let Some(accounts) = self.wanted.accounts.as_ref().filter(|_| !numbers.is_empty()) else {
            return Ok(Some(numbers));
        };
        let touching = store::touching(connection, self.source, &numbers, accounts)?;
        Ok(Some(numbers.into_iter().filter(|number| touching.contains(number)).collect()))
    }

    fn counts(&self, (number, day, recorded_at): &store::Header) -> bool {
        let selection = &self.wanted.selection;
        let first = selection.period.and_then(Period::first_day);
        *number <= self.head
            && first.is_none_or(|first| first <= *day)
            && selection.last_day().is_none_or(|last| *day <= last)
            && selection.as_of.recorded_until.is_none_or(|until| *recorded_at <= until)
            && selection.as_of.entries_until.is_none_or(|until| *number <= until)
    }
}
