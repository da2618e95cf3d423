//! The entries of a batch, page by page: by day, and on a day by number. Neither the memory nor a transaction holds a
//! month.

mod names;
mod store;

use std::collections::BTreeMap;

use chrono::NaiveDate;

pub(super) use self::names::Names;
use super::{BatchName, Error};
use crate::db::Database;
use crate::ledger::book::{EntryRow, PostingRow};
use crate::ledger::totals::{AsOf, Selection, Total as _, TrialBalance};

/// Entries that are read together.
const PAGE: usize = 500;

/// Which entries a batch has.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    pub(super) batch: BatchName,
    pub(super) after_no: i64,
    pub(super) until_no: i64,
}

/// An entry with its lines.
pub(super) struct Entry {
    pub(super) head: EntryRow,
    pub(super) lines: Vec<Line>,
    /// Of a reversal: the day of what it reverses.
    pub(super) reverses_on: Option<NaiveDate>,
}

/// A line, with the names that are not in the journal.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) row: PostingRow,
    /// The order of the line, else that of the entry.
    pub(super) order_id: Option<String>,
    pub(super) order_code: Option<String>,
    pub(super) event_title: Option<String>,
}

impl Entry {
    /// The code of its order, else the id.
    pub(super) fn order(&self) -> Option<&str> {
        let of_line = |line: &'_ Line| line.order_code.is_some() || line.order_id.is_some();
        let own = |line: &&Line| line.order_id == self.head.order_id && of_line(line);
        let line = self.lines.iter().find(own).or_else(|| self.lines.iter().find(|line| of_line(line)))?;
        line.order_code.as_deref().or(line.order_id.as_deref())
    }

    /// The first title of an event among its lines.
    pub(super) fn title(&self) -> Option<&str> {
        self.lines.iter().find_map(|line| line.event_title.as_deref())
    }

    /// The first day of service among its lines.
    pub(super) fn service_date(&self) -> Option<NaiveDate> {
        self.lines.iter().find_map(|line| line.row.service_date)
    }

    pub(super) fn reverses(&self) -> bool {
        self.head.reverses_no.is_some()
    }

    /// `museum/12`.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.head.source, self.head.entry_no)
    }

    /// The reference in the key of what a person entered: `payout:po_123`.
    pub(super) fn reference(&self, kind: &str) -> Option<&str> {
        self.head.atom_key.strip_prefix(kind)?.strip_prefix(':')
    }
}

/// Number of entries with lines, and of their lines.
pub(super) fn count(database: &Database, scope: &Scope) -> Result<(i64, i64), Error> {
    Ok(store::count(&mut database.reader()?, scope)?)
}

/// The hash of the last entry that the batch may have.
pub(super) fn head_hash(database: &Database, scope: &Scope) -> Result<String, Error> {
    Ok(store::hash_of(&mut database.reader()?, &scope.batch.source, scope.until_no)?.unwrap_or_default())
}

/// Reads the entries, and hands over pages of them.
pub(super) fn read(
    database: &Database,
    scope: &Scope,
    names: &mut Names,
    mut page: impl FnMut(&[Entry]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut connection = database.reader()?;
    let month = scope.batch.month;
    let days = month.first_day().iter_days().take_while(|day| *day <= month.last_day());
    for day in days {
        let numbers = store::numbers(&mut connection, scope, day)?;
        for numbers in numbers.chunks(PAGE) {
            let entries = store::entries(&mut connection, &scope.batch.source, numbers)?;
            let reversed: Vec<i64> = entries.iter().filter_map(|(entry, _)| entry.reverses_no).collect();
            let days: BTreeMap<i64, NaiveDate> = match reversed.is_empty() {
                true => BTreeMap::new(),
                false => store::days(&mut connection, &scope.batch.source, &reversed)?.into_iter().collect(),
            };
            names.learn(database, &mut connection, &entries)?;
            let named = entries.into_iter().map(|(head, lines)| Entry {
                reverses_on: head.reverses_no.and_then(|number| days.get(&number).copied()),
                lines: lines.into_iter().map(|row| names.line(&head, row)).collect(),
                head,
            });
            page(&named.collect::<Vec<_>>())?;
        }
    }
    Ok(())
}

/// An account before and after the entries of a batch.
pub(super) struct Balance {
    pub(super) account: String,
    pub(super) currency: String,
    pub(super) opening_minor: i64,
    pub(super) closing_minor: i64,
}

/// The accounts of a book at both ends of a batch: before it is what was booked before the month, and what of the month
/// went out earlier; after it is the end of the month as the batch knows it.
pub(super) fn balances(database: &Database, scope: &Scope) -> Result<Vec<Balance>, Error> {
    let of = |entries_until| Selection {
        source: Some(&scope.batch.source),
        period: Some(scope.batch.month.into()),
        as_of: AsOf { entries_until: Some(entries_until), ..AsOf::default() },
    };
    database.read(|connection| {
        let earlier = match scope.after_no {
            0 => Vec::new(),
            after_no => TrialBalance::read(connection, &of(after_no))?,
        };
        let earlier: BTreeMap<(&str, &str), i64> =
            earlier.iter().map(|row| ((row.account.as_str(), row.currency.as_str()), row.balance_minor)).collect();
        let rows = TrialBalance::read(connection, &of(scope.until_no))?;
        let balance = |row: TrialBalance| {
            let moved = earlier.get(&(row.account.as_str(), row.currency.as_str())).copied().unwrap_or(0);
            let opening_minor = row.opening_minor.checked_add(moved)?;
            let TrialBalance { account, currency, closing_minor, .. } = row;
            Some(Balance { account, currency, opening_minor, closing_minor })
        };
        let balances: Option<Vec<Balance>> = rows.into_iter().map(balance).collect();
        balances.ok_or_else(|| Error::Format("a balance leaves the range of 64 bits".to_owned()))
    })
}
