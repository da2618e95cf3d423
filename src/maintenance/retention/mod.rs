//! Deletes what is no longer needed: the bodies of deliveries and fetched documents, and the history of failed
//! attempts. Rows, hashes, snapshots, contacts and books stay, so the hash chain, a rebuild and traces do not change.
//!
//! Nothing is deleted that belongs to a month that is not closed, to an order with entries after the last closed month,
//! to an event that waits, or to an import by a person. Each class has its own age.
//!
//! Deletion goes in short transactions, each followed by a pause of the same length, so that deliveries are stored in
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

/// Range of row numbers that one query covers.
const IDS_AT_ONCE: i64 = 5_000;

/// What was deleted of one class, or would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Taken {
    pub class: Class,
    /// Only older data is deleted.
    pub before: Timestamp,
    /// Number of bodies, documents or attempts.
    pub rows: i64,
    /// Bytes of bodies and documents.
    pub bytes: i64,
}

/// Result of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// By class, including classes without any deletion.
    pub taken: Vec<Taken>,
    /// Last closed month of every source, `None` if no month is closed; nothing after it is deleted.
    pub closed: BTreeMap<String, Option<String>>,
    /// Whether the run ended early, because it was stopped or because another run is active.
    pub unfinished: bool,
}

/// Deletes what the rules allow, for all sources or for one. Without `reason` it only counts what would be deleted.
/// After each step `pause` receives how long to leave the database to others; it returns false to stop.
///
/// # Errors
/// When a statement fails; the steps before it stay committed and recorded.
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

/// The tables that hold what may be deleted.
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
    /// Processes one table from its first row up to rows that are too young; false if it was stopped.
    fn table(&mut self, table: Table) -> Result<bool, Error> {
        let last = store::last_id(&mut self.database.reader()?, table)?;
        // Row numbers roughly follow the time of receipt: after the youngest limit there is nothing to find.
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

    /// The rows that a rule allows and that no open month needs.
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

    /// Deletes the data of the rows step by step; false if it was stopped.
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
                // Until here we waited for others; from here on others wait for us.
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

    /// One row of `operator_actions` records the whole run; each step updates it.
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
