//! Taking what is no longer needed: the bytes of deliveries and of what was fetched, and the history of failed
//! attempts. Rows, hashes, snapshots, contacts and books stay, so chain, rebuild and traces are as before.
//!
//! Nothing is taken of a month that is not closed, of an order that has entries after the last closed month, of what
//! waits to be worked on, or of what a person imported. Each class has an age of its own.
//!
//! It goes in steps, each a short transaction with a pause behind it that is as long, so that deliveries are stored in
//! between.

mod automatic;
mod pace;
mod rule;
mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;

use crate::clock::Timestamp;
use crate::db::{Connection, Database, Error};
use crate::inbox::operator::{self, Action, ActionKind, Reason};

pub use self::automatic::run;
pub use self::rule::{Book, Class, Rule, rules};

use self::pace::Pace;
use self::store::Candidate;

/// Row ids that one query covers.
const IDS_AT_ONCE: i64 = 5_000;

/// What went of one class, or would go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Taken {
    pub class: Class,
    /// What is older than this.
    pub before: Timestamp,
    /// Bodies, documents or attempts.
    pub rows: i64,
    /// Bytes of bodies and documents.
    pub bytes: i64,
}

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// By class, those without anything included.
    pub taken: Vec<Taken>,
    /// Every source, and the last month of it that is closed: nothing after that is taken.
    pub closed: BTreeMap<String, Option<String>>,
    /// Whether it was stopped, or another run is at it, before everything was done.
    pub unfinished: bool,
}

/// Takes what the rules allow, of every source or of one. With `reason` absent it only says what would go. `pause` is
/// told how long to leave the database to others after each step; it answers false to stop.
///
/// # Errors
/// When a statement fails; the steps before it stay done and are written down.
pub fn prune(
    database: &Database,
    rules: &[Rule],
    only: Option<&str>,
    now: Timestamp,
    reason: Option<&Reason>,
    pause: impl FnMut(Duration) -> bool,
) -> Result<Pruned, Error> {
    let books = rule::books(store::books(&mut database.reader()?, only)?);
    let taken = rules.iter().map(|rule| Taken { class: rule.class, before: rule.before, rows: 0, bytes: 0 });
    let pruned = Pruned {
        taken: taken.collect(),
        closed: books
            .iter()
            .map(|(source, book)| (source.clone(), book.closed.map(|month| month.to_string())))
            .collect(),
        unfinished: false,
    };
    let mut run = Run { database, rules, books, now, reason, pause, pruned, action: None, pace: Pace::default() };
    for table in [Table::Events, Table::Documents, Table::Attempts] {
        if rules.iter().any(|rule| table.holds(rule.class)) && !run.table(table)? {
            run.pruned.unfinished = true;
            break;
        }
    }
    if run.action.is_some() {
        database.write_back()?;
    }
    Ok(run.pruned)
}

/// Where the things are that may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Table {
    Events,
    Documents,
    Attempts,
}

impl Table {
    fn holds(self, class: Class) -> bool {
        self == match class {
            Class::Done | Class::Superseded | Class::Parked => Self::Events,
            Class::Documents => Self::Documents,
            Class::Attempts => Self::Attempts,
        }
    }
}

struct Run<'r, P> {
    database: &'r Database,
    rules: &'r [Rule],
    books: BTreeMap<String, Book>,
    now: Timestamp,
    reason: Option<&'r Reason>,
    pause: P,
    pruned: Pruned,
    action: Option<i64>,
    pace: Pace,
}

impl<P: FnMut(Duration) -> bool> Run<'_, P> {
    /// One table from its first row to what is too young; false when it was stopped.
    fn table(&mut self, table: Table) -> Result<bool, Error> {
        let last = store::last_id(&mut self.database.reader()?, table)?;
        // Numbers follow the time of receipt, near enough: behind the youngest limit there is nothing to look for.
        let Some(youngest) = self.rules.iter().filter_map(|rule| rule.youngest(&self.books)).max() else {
            return Ok(true);
        };
        let mut after = 0;
        while after < last {
            let until = after.saturating_add(IDS_AT_ONCE);
            let rows = store::candidates(&mut self.database.reader()?, table, after, until)?;
            if rows.first().is_some_and(|row| row.at >= youngest) {
                break;
            }
            let chosen = self.allowed(rows)?;
            if !self.take(table, chosen)? {
                return Ok(false);
            }
            after = until;
        }
        Ok(true)
    }

    /// Those that a rule lets go and that no open month needs.
    fn allowed(&self, rows: Vec<Candidate>) -> Result<Vec<Candidate>, Error> {
        let old = |row: &Candidate| {
            let book = self.books.get(&row.source)?;
            self.rules
                .iter()
                .find(|rule| rule.class == row.class && rule.limit(book).is_some_and(|limit| row.at < limit))
        };
        let mut rows: Vec<Candidate> = rows.into_iter().filter(|row| old(row).is_some()).collect();
        for (source, book) in &self.books {
            let Some(closed) = book.closed else { continue };
            let orders: BTreeSet<&str> =
                rows.iter().filter(|row| row.source == *source).filter_map(Candidate::order_id).collect();
            let moving = store::moving(&mut self.database.reader()?, source, &orders, closed.last_day())?;
            rows.retain(|row| row.source != *source || row.order_id().is_none_or(|order| !moving.contains(order)));
        }
        Ok(rows)
    }

    /// Takes them step by step; false when it was stopped.
    fn take(&mut self, table: Table, mut rows: Vec<Candidate>) -> Result<bool, Error> {
        let Some(reason) = self.reason else {
            self.count(&rows);
            return Ok(true);
        };
        while !rows.is_empty() {
            let step: Vec<Candidate> = rows.drain(..self.pace.step(&rows)).collect();
            let (database, action) = (self.database, self.action);
            let mut began = None;
            let done = database.transaction("prune", |connection| {
                // From here on others wait for us; before, we waited for them.
                began = Some(std::time::Instant::now());
                if !store::only_one(connection)? {
                    return Ok::<_, Error>(None);
                }
                let gone = store::take(connection, table, &step)?;
                let gone: Vec<Candidate> = step.into_iter().filter(|row| gone.contains(&row.id)).collect();
                let action = self.record(connection, action, reason, &gone)?;
                Ok(Some((action, gone)))
            })?;
            let Some((action, gone)) = done else { return Ok(false) };
            self.action = action;
            self.count(&gone);
            let took = began.map(|began| began.elapsed()).unwrap_or_default();
            self.pace.took(took);
            if !(self.pause)(took) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn count(&mut self, rows: &[Candidate]) {
        add(&mut self.pruned.taken, rows);
    }

    /// One row of `operator_actions` tells of the whole run; it grows with each step.
    fn record(
        &self,
        connection: &mut Connection,
        action: Option<i64>,
        reason: &Reason,
        gone: &[Candidate],
    ) -> Result<Option<i64>, Error> {
        if gone.is_empty() {
            return Ok(action);
        }
        let mut taken = self.pruned.taken.clone();
        add(&mut taken, gone);
        let what: Vec<String> = taken
            .iter()
            .filter(|taken| taken.rows > 0)
            .map(|Taken { class, before, rows, bytes }| format!("{class} before={before} rows={rows} bytes={bytes}"))
            .collect();
        let (selection, rows) = (&what.join(" "), taken.iter().map(|taken| taken.rows).sum::<i64>());
        let changed = usize::try_from(rows).unwrap_or_default();
        if let Some(action) = action {
            operator::store::update_action(connection, action, selection, changed)?;
            return Ok(Some(action));
        }
        let action = Action { kind: ActionKind::Prune, at: self.now, reason, selection, changed };
        operator::record(connection, &action).map(Some)
    }
}

fn add(taken: &mut [Taken], rows: &[Candidate]) {
    for row in rows {
        if let Some(taken) = taken.iter_mut().find(|taken| taken.class == row.class) {
            taken.rows += 1;
            taken.bytes += row.bytes;
        }
    }
}
