//! Open balances by their age: what guests owe since when, and what is owed to guests.
//!
//! An order's payments settle its items from the oldest to the newest, so the age of what it owes is that of its oldest
//! item that is not settled. What is given back is no item: it lowers what was paid. An item is due on the day on which
//! it was first booked, or so many days later as the terms of payment say. A credit is as old as the order has had one.

mod store;

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::{Cell, Column, NotClosed, Shown, Table};
use crate::clock::Timestamp;
use crate::db::{Connection, Database, Error, Result};
use crate::ledger::book::{Month, store::sources};
use crate::ledger::totals::{OrderBalance, Row as _, Selection, Total as _, closed_month};
use crate::limits::IN_VALUES;

/// How old a balance is: days since it became due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Age {
    NotDue,
    UpTo30,
    UpTo60,
    UpTo90,
    Over90,
    /// Owed to a guest: a block of its own, whatever its age.
    Credit,
}

impl Age {
    pub(super) const ALL: [Self; 6] =
        [Self::NotDue, Self::UpTo30, Self::UpTo60, Self::UpTo90, Self::Over90, Self::Credit];

    fn of(days: i64) -> Self {
        match days {
            ..=0 => Self::NotDue,
            1..=30 => Self::UpTo30,
            31..=60 => Self::UpTo60,
            61..=90 => Self::UpTo90,
            _ => Self::Over90,
        }
    }

    /// As reports have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotDue => "not due",
            Self::UpTo30 => "1-30",
            Self::UpTo60 => "31-60",
            Self::UpTo90 => "61-90",
            Self::Over90 => "over 90",
            Self::Credit => "credit",
        }
    }
}

/// A balance that is not zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aged {
    pub balance: OrderBalance,
    /// When it became due; for a credit, when it came to be.
    pub due_on: NaiveDate,
    /// Days since then, up to the day of the report.
    pub days: i64,
    pub age: Age,
}

/// Orders and sum of each age.
type Ages = BTreeMap<Age, (i64, i64)>;

/// All balances that are not zero: by source and currency, debts before credits, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ageing {
    pub balances: Vec<Aged>,
}

/// Reads the ageing at the end of a selection: the last day that it has, or the day of `now` in the zone of the source.
/// `terms` are the days that guests have to pay.
///
/// # Errors
/// When the database cannot be read.
pub fn read(database: &Database, selection: &Selection<'_>, terms: Days, now: Timestamp) -> Result<Ageing> {
    database.read(|connection| {
        let mut balances = Vec::new();
        for source in sources(connection)? {
            if selection.source.is_some_and(|wanted| wanted != source.name) {
                continue;
            }
            let cut = selection.as_of;
            let known = cut.recorded_until.unwrap_or(now).local_date(source.timezone);
            let selection = Selection { source: Some(&source.name), ..*selection };
            balances.append(&mut of_source(connection, &selection, terms, cut.booked_until.unwrap_or(known))?);
        }
        Ok(Ageing::sorted(balances))
    })
}

/// The same at the end of a closed month, as the close saw it.
///
/// # Errors
/// When a source has not closed the month, or the database cannot be read.
pub fn read_as_closed(
    database: &Database,
    source: Option<&str>,
    month: Month,
    terms: Days,
) -> std::result::Result<Ageing, NotClosed> {
    database.read(|connection| {
        let mut balances = Vec::new();
        for known in sources(connection)? {
            if source.is_some_and(|wanted| wanted != known.name) {
                continue;
            }
            let closed = closed_month(connection, &known.name, month)?;
            let closed = closed.ok_or_else(|| NotClosed::Open { source_name: known.name.clone(), month })?;
            balances.append(&mut of_source(connection, &closed.at_its_end(), terms, month.last_day())?);
        }
        Ok(Ageing::sorted(balances))
    })
}

/// The balances of one source that are not zero, in no order.
pub(super) fn of_source(
    connection: &mut Connection,
    selection: &Selection<'_>,
    terms: Days,
    today: NaiveDate,
) -> Result<Vec<Aged>> {
    let mut open = OrderBalance::read(connection, selection)?;
    open.retain(|balance| balance.balance_minor != 0);
    let mut aged = Vec::new();
    // Half of what an `IN` takes, for the statement has other values too.
    for some in open.chunks(IN_VALUES / 2) {
        let mut moved: BTreeMap<(Option<String>, String), Vec<Moved>> = BTreeMap::new();
        for (order_id, currency, moves) in store::moves(connection, selection, some)? {
            moved.entry((order_id, currency)).or_default().push(moves);
        }
        for balance in some {
            let key = (balance.order_id.clone(), balance.currency.clone().unwrap_or_default());
            let moves = moved.get(&key).map(Vec::as_slice).unwrap_or_default();
            aged.push(Aged::of(balance.clone(), moves, terms, today).ok_or_else(|| {
                let order = balance.order_id.clone().unwrap_or_default();
                Error::Inconsistent(format!("the lines of order {order} do not add up to its balance"))
            })?);
        }
    }
    Ok(aged)
}

/// What the lines of one item moved on the receivable of an order on one day.
#[derive(Clone, Debug)]
struct Moved {
    item: String,
    day: NaiveDate,
    minor: i64,
    /// Money or a voucher that was given back.
    given_back: bool,
}

impl Aged {
    /// `None` when nothing among the moves can be open.
    fn of(balance: OrderBalance, moves: &[Moved], terms: Days, today: NaiveDate) -> Option<Self> {
        let (due_on, credit) = match balance.balance_minor > 0 {
            true => (oldest_unsettled(moves)?.checked_add_days(terms)?, false),
            false => (in_credit_since(moves)?, true),
        };
        let days = (today - due_on).num_days();
        Some(Self { balance, due_on, days, age: if credit { Age::Credit } else { Age::of(days) } })
    }
}

/// The day of the oldest item that is not settled, when payments settle the oldest items first, and what was given back
/// takes from the payments. An item that was corrected counts with what is left of it, from the day on which it was
/// first booked. What was given back beyond all that was paid is a claim since that day.
fn oldest_unsettled(moves: &[Moved]) -> Option<NaiveDate> {
    let paid: i128 = left(moves, false).map(|(_, minor)| (-minor).max(0)).sum();
    let back: i128 = left(moves, true).map(|(_, minor)| minor).sum();
    let item = beyond(left(moves, false), paid - back);
    if back <= paid { item } else { item.into_iter().chain(beyond(left(moves, true), paid)).min() }
}

/// Day and rest of each item, or of all that was given back.
fn left(moves: &[Moved], given_back: bool) -> impl Iterator<Item = (NaiveDate, i128)> {
    let mut items: BTreeMap<&str, (NaiveDate, i128)> = BTreeMap::new();
    for moved in moves.iter().filter(|moved| moved.given_back == given_back) {
        let item = items.entry(&moved.item).or_insert((moved.day, 0));
        *item = (item.0.min(moved.day), item.1 + i128::from(moved.minor));
    }
    items.into_values()
}

/// The day of the first that is not covered, the oldest first.
fn beyond(items: impl Iterator<Item = (NaiveDate, i128)>, mut covered: i128) -> Option<NaiveDate> {
    let mut owed: Vec<(NaiveDate, i128)> = items.filter(|(_, minor)| *minor > 0).collect();
    owed.sort_unstable();
    for (day, minor) in owed {
        if covered < minor {
            return Some(day);
        }
        covered -= minor;
    }
    None
}

/// The day since which the balance has been below zero.
fn in_credit_since(moves: &[Moved]) -> Option<NaiveDate> {
    let mut days: BTreeMap<NaiveDate, i128> = BTreeMap::new();
    for moved in moves {
        *days.entry(moved.day).or_default() += i128::from(moved.minor);
    }
    let (mut balance, mut since) = (0, None);
    for (day, minor) in days {
        balance += minor;
        since = if balance < 0 { since.or(Some(day)) } else { None };
    }
    since
}

impl Ageing {
    fn sorted(mut balances: Vec<Aged>) -> Self {
        balances.sort_by(|a, b| {
            let key = |aged: &Aged| {
                let balance = &aged.balance;
                (balance.source.clone(), balance.currency.clone(), aged.age == Age::Credit, aged.due_on)
            };
            key(a).cmp(&key(b)).then_with(|| a.balance.cmp(&b.balance))
        });
        Self { balances }
    }

    /// The balances as rows: those of `report balances` with when and how long they are due.
    pub fn table(&self, chosen: impl Fn(&Aged) -> bool) -> Table {
        let mut columns: Vec<Column> = OrderBalance::COLUMNS.iter().map(Column::from).collect();
        columns.push(Column { name: "due_on", shown: Shown::Text });
        columns.push(Column { name: "days", shown: Shown::Count });
        columns.push(Column { name: "age", shown: Shown::Text });
        let rows = self.balances.iter().filter(|aged| chosen(aged)).map(|aged| {
            let mut row: Vec<Cell> = aged.balance.clone().into_values();
            row.extend([aged.due_on.into(), aged.days.into(), aged.age.as_str().to_owned().into()]);
            row
        });
        Table { columns, rows: rows.collect() }
    }

    /// How many orders each age has and what they add up to; all ages of a source and currency are the receivable.
    /// `None` when a sum leaves the range of 64 bits.
    pub fn summary(&self) -> Option<Table> {
        let mut sums: BTreeMap<(String, Option<String>), Ages> = BTreeMap::new();
        for aged in &self.balances {
            let ages = sums.entry((aged.balance.source.clone(), aged.balance.currency.clone())).or_default();
            let (orders, minor) = ages.entry(aged.age).or_default();
            *orders += 1;
            *minor = minor.checked_add(aged.balance.balance_minor)?;
        }
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        for ((source, currency), ages) in sums {
            for age in Age::ALL {
                let (orders, minor) = ages.get(&age).copied().unwrap_or_default();
                let age = age.as_str().to_owned();
                rows.push(vec![
                    source.clone().into(),
                    currency.clone().into(),
                    age.into(),
                    orders.into(),
                    minor.into(),
                ]);
            }
        }
        let column = |name, shown| Column { name, shown };
        let columns = vec![
            column("source", Shown::Text),
            column("currency", Shown::Text),
            column("age", Shown::Text),
            column("orders", Shown::Count),
            column("balance_minor", Shown::Amount),
        ];
        Some(Table { columns, rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(item: &str, day: u32, minor: i64) -> Moved {
        let day = NaiveDate::from_ymd_opt(2025, 11, day).unwrap();
        Moved { item: item.to_owned(), day, minor, given_back: item.starts_with("back") }
    }

    fn day(moves: &[Moved], of: impl Fn(&[Moved]) -> Option<NaiveDate>) -> Option<u32> {
        use chrono::Datelike as _;
        of(moves).map(|day| day.day())
    }

    #[test]
    fn payments_settle_the_oldest_item_first() {
        let sold = [moved("a", 1, 100), moved("b", 5, 50)];
        let with = |more: &[Moved]| day(&[&sold, more].concat(), oldest_unsettled);
        assert_eq!(with(&[]), Some(1));
        assert_eq!(with(&[moved("paid", 6, -99)]), Some(1));
        assert_eq!(with(&[moved("paid", 6, -100)]), Some(5));
        assert_eq!(with(&[moved("paid", 6, -150)]), None);
        assert_eq!(with(&[moved("a", 7, -100)]), Some(5), "what was cancelled is no debt");
        assert_eq!(
            with(&[moved("a", 7, -100), moved("a", 7, 120)]),
            Some(1),
            "a corrected price is as old as the item"
        );
        let refunded_too_much =
            [moved("a", 1, 100), moved("paid", 1, -100), moved("a", 8, -100), moved("back", 9, 120)];
        assert_eq!(day(&refunded_too_much, oldest_unsettled), Some(9));
        assert_eq!(with(&[moved("paid", 6, -150), moved("back", 20, 10)]), Some(5), "a refund is no item of its own");
        assert_eq!(with(&[moved("paid", 6, -150), moved("back", 20, 60)]), Some(1));
        assert_eq!(with(&[moved("paid", 6, -150), moved("back", 20, 60), moved("back", 21, -60)]), None);
        assert_eq!(with(&[moved("paid", 6, -40), moved("back", 20, 100)]), Some(1), "items are older");
        let twice = [moved("paid", 1, -100), moved("back 1", 8, 100), moved("back 2", 9, 5)];
        assert_eq!(day(&twice, oldest_unsettled), Some(9), "the first refund was paid for");
    }

    #[test]
    fn a_credit_is_as_old_as_the_balance_is_below_zero() {
        let cancelled = [moved("a", 1, 100), moved("paid", 1, -100), moved("a", 20, -100)];
        assert_eq!(day(&cancelled, in_credit_since), Some(20));
        let paid_twice = [moved("paid", 2, -100), moved("again", 3, -100), moved("a", 4, 100)];
        assert_eq!(day(&paid_twice, in_credit_since), Some(2));
        assert_eq!(day(&[moved("paid", 2, -100), moved("a", 4, 100), moved("x", 6, -1)], in_credit_since), Some(6));
        assert_eq!(day(&[moved("a", 4, 100)], in_credit_since), None);
    }

    #[test]
    fn every_number_of_days_has_its_age() {
        let ages = [-400, 0, 1, 30, 31, 60, 61, 90, 91].map(|days| Age::of(days).as_str());
        assert_eq!(ages, ["not due", "not due", "1-30", "1-30", "31-60", "31-60", "61-90", "61-90", "over 90"]);
    }
}
