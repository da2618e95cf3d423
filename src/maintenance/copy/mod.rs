//! `database copy`: moves a SQLite installation to PostgreSQL, with the same ids and the same hash chain.
//!
//! ```text
//! SQLite, locked, one unchanging view ──pages──> PostgreSQL: rows and how far they reach, in one transaction
//!                                     ──again──> every row compared, counts, heads, `ledger verify`
//! ```
//!
//! The progress of each table is stored together with its rows, so a copy that was killed continues where it stopped
//! and stores no row twice. Until it is complete, nothing else can open the target.

mod store;
mod tables;

use serde::Serialize;

use crate::clock::Timestamp;
use crate::db::{self, Connection, Database};
use crate::inbox;
use crate::ledger::proof::verify::{Verdict, verify};
use crate::ledger::{self, book};

pub use self::tables::{LEFT_OUT, TABLES};

use self::store::source::{self, Extent, Table};
use self::store::target as here;

/// Result of a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Copied {
    /// Whether the target has everything as the source has it, and its books are verified.
    pub complete: bool,
    /// All tables, in the order of copying.
    pub tables: Vec<Compared>,
    /// The last entry of every source.
    pub heads: Vec<Head>,
    /// Result of `ledger verify` on the target.
    pub verdict: Verdict,
}

/// Comparison of one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    pub table: String,
    pub source_rows: i64,
    pub target_rows: i64,
    /// Rows of the source that are missing from the target or differ there.
    pub different: i64,
}

/// The last entry of a source on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Head {
    pub source: String,
    /// Hash of the last entry in the SQLite file.
    pub there: Option<String>,
    /// Hash of the last entry in PostgreSQL.
    pub here: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Copying,
    Comparing,
}

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The target has data of its own.
    #[error("the target is not empty: its table {0} has rows; name an empty database (`createdb NAME` creates one)")]
    NotEmpty(String),
    #[error(
        "the target holds an unfinished copy of another database, or the SQLite database has changed since that copy \
         began (table {0}); drop the target database, create it again, and repeat the copy"
    )]
    Changed(String),
    #[error("this version of ticketledger does not know the table {0} of the SQLite database; nothing was copied")]
    UnknownTable(String),
    #[error("the columns of the table {0} differ between source and target; nothing was copied")]
    Columns(String),
    #[error(transparent)]
    Database(#[from] db::Error),
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
}

/// Copies all of `source`, which nobody else uses, into `target`, or continues an unfinished copy; then compares both.
/// `progress` receives the number of rows done and the total.
///
/// # Errors
/// When the target is neither empty nor an unfinished copy of this source, or when a statement fails; the same command
/// then continues the copy.
pub fn copy(
    source: &Database,
    target: &Database,
    now: Timestamp,
    mut progress: impl FnMut(Stage, i64, i64),
) -> Result<Copied, CopyError> {
    source.read(|reader| {
        let plan = plan(reader, target)?;
        let total = plan.iter().map(|(_, extent)| extent.rows).sum();
        let mut done = target.transaction("begin the copy", |to| begin(to, &plan))?;
        progress(Stage::Copying, done, total);
        for (table, _) in plan.iter().filter(|(table, _)| table.name != tables::LINES) {
            let lines = (table.name == tables::ENTRIES)
                .then(|| plan.iter().map(|(table, _)| table).find(|table| table.name == tables::LINES))
                .flatten();
            loop {
                let rows = target.transaction("copy", |to| page(reader, to, table, lines))?;
                if rows == 0 {
                    break;
                }
                done += rows;
                progress(Stage::Copying, done, total);
            }
        }
        target.transaction("set the numbers", here::set_identities)?;
        let copied = compare(reader, target, &plan, |rows| progress(Stage::Comparing, rows, total))?;
        if copied.tables.iter().all(Compared::is_same) {
            target.transaction("end the copy", |to| {
                // Nobody works on the source, so the daemons that claimed these events are gone.
                inbox::store::release_all_leases(to, now)?;
                here::end(to)
            })?;
        }
        Ok(copied)
    })
}

impl Compared {
    fn is_same(&self) -> bool {
        self.different == 0 && self.source_rows == self.target_rows
    }
}

/// The tables with their columns and sizes; both sides must have the same columns.
fn plan(reader: &mut Connection, target: &Database) -> Result<Vec<(Table, Extent)>, CopyError> {
    let known = |name: &String| TABLES.contains(&name.as_str()) || LEFT_OUT.iter().any(|(table, _)| table == name);
    if let Some(unknown) = source::tables(reader)?.into_iter().find(|name| !known(name)) {
        return Err(CopyError::UnknownTable(unknown));
    }
    let mut plan = Vec::with_capacity(TABLES.len());
    for name in TABLES {
        let table = source::table(reader, name)?;
        let mut names = here::columns(&mut target.reader()?, name)?;
        let mut there: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        names.sort();
        there.sort();
        if names != there {
            return Err(CopyError::Columns((*name).to_owned()));
        }
        let extent = source::extent(reader, &table)?;
        plan.push((table, extent));
    }
    Ok(plan)
}

/// Marks an empty target, or recognises an unfinished copy of the same source. Returns the number of rows already
/// copied.
fn begin(to: &mut Connection, plan: &[(Table, Extent)]) -> Result<i64, CopyError> {
    if !db::unfinished_copy(to)? {
        for (table, _) in plan {
            if here::has_rows(to, &table.name)? {
                return Err(CopyError::NotEmpty(table.name.clone()));
            }
        }
        here::begin(to, plan)?;
        return Ok(0);
    }
    let mut done = 0;
    for (table, extent) in plan {
        let stored = here::progress(to, &table.name)?;
        match stored {
            Some(stored) if stored.source_rows == extent.rows && stored.source_last == extent.last => {
                done += stored.copied_rows;
            }
            _ => return Err(CopyError::Changed(table.name.clone())),
        }
    }
    Ok(done)
}

/// Copies one page of a table, entries together with their lines, in the caller's transaction. Returns the number of
/// rows; 0 at the end.
fn page(reader: &mut Connection, to: &mut Connection, table: &Table, lines: Option<&Table>) -> Result<i64, CopyError> {
    // Locked first, because the server may still be working on a commit of a run that was killed.
    let after = here::lock_progress(to, &table.name)?;
    let page = source::page(reader, table, &after)?;
    if page.rows == 0 {
        return Ok(0);
    }
    let mut rows = page.rows;
    if let Some(lines) = lines {
        let own = source::lines_of(reader, lines, table, &after, &page.last)?;
        if own.rows > 0 {
            here::insert(to, &lines.name, &own.rows_json)?;
            here::advance(to, &lines.name, &own.last, own.rows)?;
        }
        rows += own.rows;
    }
    here::insert(to, &table.name, &page.rows_json)?;
    here::advance(to, &table.name, &page.last, page.rows)?;
    Ok(rows)
}

/// Compares every row of the source with the target.
fn compare(
    reader: &mut Connection,
    target: &Database,
    plan: &[(Table, Extent)],
    mut progress: impl FnMut(i64),
) -> Result<Copied, CopyError> {
    let mut done = 0;
    let mut tables = Vec::with_capacity(plan.len());
    for (table, extent) in plan {
        let mut different = 0;
        let mut after = String::new();
        loop {
            let page = source::page(reader, table, &after)?;
            if page.rows == 0 {
                break;
            }
            different += here::different(&mut target.reader()?, table, &page.rows_json)?;
            after = page.last;
            done += page.rows;
            progress(done);
        }
        let target_rows = here::count(&mut target.reader()?, &table.name)?;
        tables.push(Compared { table: table.name.clone(), source_rows: extent.rows, target_rows, different });
    }
    let heads = heads(reader, target)?;
    let verdict = verify(target, None)?;
    let complete = verdict.broken.is_none()
        && tables.iter().all(Compared::is_same)
        && heads.iter().all(|head| head.there == head.here);
    Ok(Copied { complete, tables, heads, verdict })
}

fn heads(reader: &mut Connection, target: &Database) -> Result<Vec<Head>, CopyError> {
    let mut heads = Vec::new();
    for (source, there) in book::store::heads(reader)? {
        let here = book::store::heads(&mut target.reader()?)?.into_iter().find(|(name, _)| *name == source);
        let hash = |(_, hash): (i64, String)| hash;
        heads.push(Head { there: there.map(hash), here: here.and_then(|(_, head)| head).map(hash), source });
    }
    Ok(heads)
}
