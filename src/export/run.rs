//! One batch from the question what is new to files in their places.

use std::path::Path;

use serde::Serialize;

use super::batch::store::{self, BatchRow};
use super::batch::{self, Batch, BatchName, Parameters, Target, Totals};
use super::error::Difference;
use super::file::{FileRecord, Finished};
use super::mapped::Mapper;
use super::problem::Problems;
use super::rows::{self, Entry, Line, Names, Scope};
use super::writer::{Context, names, writer};
use super::{Error, Problem};
use crate::clock::{Clock, Timestamp};
use crate::db::{Connection, Database};
use crate::ledger::book::Month;
use crate::ledger::book::store::heads;
use crate::ledger::totals::{Period, Selection, booked_months};
use crate::money::Currency;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What to export.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub target: Target,
    pub source: &'a str,
    pub month: Month,
    pub folder: &'a Path,
    /// Without the titles, which are looked up.
    pub parameters: &'a Parameters,
    /// Who exports.
    pub by: &'a str,
    /// Look, and remember nothing.
    pub dry_run: bool,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Exported {
    pub batch: BatchName,
    /// `exported`, `nothing_new`, `possible` (a dry run) or `stopped`.
    pub result: &'static str,
    pub after_no: i64,
    pub until_no: i64,
    pub entries: i64,
    pub postings: i64,
    pub rows: u64,
    pub debit_minor: Totals,
    pub files: Vec<FileRecord>,
    /// How complete the book is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freshness: Option<String>,
    /// What stops it.
    pub problems: Vec<Problem>,
    /// What should be looked at.
    pub warnings: Vec<String>,
}

/// The sources that have a book.
///
/// # Errors
/// When the database cannot be read.
pub fn sources(database: &Database) -> Result<Vec<String>, Error> {
    Ok(heads(&mut database.reader()?)?.into_iter().map(|(source, _)| source).collect())
}

/// The months of a period in which a source has entries.
///
/// # Errors
/// When the database cannot be read.
pub fn months_of(database: &Database, source: &str, period: Period) -> Result<Vec<Month>, Error> {
    let selection = Selection { source: Some(source), period: Some(period), ..Selection::default() };
    Ok(booked_months(&mut database.reader()?, &selection)?)
}

/// Writes what of a month has not gone out to the target yet, and remembers it. `progress` hears of entries.
///
/// # Errors
/// When a file cannot be written, or another export was faster.
pub fn export(
    database: &Database,
    clock: &Clock,
    request: &Request<'_>,
    progress: &mut dyn FnMut(u64),
) -> Result<Exported, Error> {
    let scope = next_scope(database, request)?;
    let (entries, postings) = rows::count(database, &scope)?;
    let mut done = Exported {
        batch: scope.batch.clone(),
        result: "nothing_new",
        after_no: scope.after_no,
        until_no: scope.until_no,
        entries,
        postings,
        rows: 0,
        debit_minor: Totals::new(),
        files: Vec::new(),
        freshness: request.parameters.freshness.clone(),
        problems: Vec::new(),
        warnings: Vec::new(),
    };
    if entries == 0 {
        return Ok(done);
    }
    // What has our accounts cannot be stopped by the books, so one reading is enough.
    let checks = request.target.is_mapped() || request.target == Target::Parquet;
    if checks || request.dry_run {
        let checked = check(database, &scope, request, progress)?;
        (done.rows, done.debit_minor) = (checked.rows, checked.totals);
        done.problems = checked.problems.into_list();
        if checked.undetermined && is_undetermined(database, &scope)? {
            done.warnings.push(UNDETERMINED.to_owned());
        }
        if !done.problems.is_empty() || request.dry_run {
            done.result = if done.problems.is_empty() { "possible" } else { "stopped" };
            return Ok(done);
        }
    }
    let created_at = clock.now();
    let context = context(database, &scope, request.folder, request.parameters, (created_at, VERSION), done.rows)?;
    for name in names(request.target, &context) {
        let path = request.folder.join(name);
        if path.exists() {
            return Err(Error::Exists { path });
        }
    }
    let mut names = Names::current(database, request.source, true)?;
    let (finished, totals) = written(database, &scope, context, &mut names, progress)?;
    done.files = finished.iter().map(|file| file.record.clone()).collect();
    done.rows = done.files.iter().map(|file| file.rows).sum();
    done.debit_minor = totals;
    let parameters = Parameters { titles: names.into_used(), ..request.parameters.clone() };
    let row = row_of(&done, &parameters, created_at, request.by)?;
    database.transaction("export", |connection| {
        let stored = store::insert(connection, &row)?;
        if stored { Ok(()) } else { Err(Error::Overtaken(scope.batch.clone())) }
    })?;
    put_in_place(finished).map_err(|error| Error::NotInPlace { batch: scope.batch.clone(), error: Box::new(error) })?;
    done.result = "exported";
    Ok(done)
}

/// Sales without a rate.
const SUSPENDED: &str = "suspense:vat_undetermined";

const UNDETERMINED: &str = "sales of an unknown VAT rate are among the rows (suspense:vat_undetermined): give them a \
                            rate before the accountant uses the file; `ticketledger findings list` names the orders";

/// Whether sales without a rate are left at the end of the month; those that got one since are no matter.
fn is_undetermined(database: &Database, scope: &Scope) -> Result<bool, Error> {
    let balances = rows::balances(database, scope)?;
    Ok(balances.iter().any(|balance| balance.account == SUSPENDED && balance.closing_minor != 0))
}

/// The range of the next batch.
fn next_scope(database: &Database, request: &Request<'_>) -> Result<Scope, Error> {
    let Request { target, source, month, .. } = *request;
    database.read(|connection: &mut Connection| {
        let last = store::last(connection, target, source, month)?;
        let head = heads(connection)?.into_iter().find(|(of, _)| of == source);
        let until_no = head.and_then(|(_, head)| head).map_or(0, |(entry_no, _)| entry_no);
        let number = last.highest.saturating_add(1);
        let batch = BatchName { target, source: source.to_owned(), month, number };
        Ok(Scope { batch, after_no: last.until_no, until_no: until_no.max(last.until_no) })
    })
}

struct Checked {
    rows: u64,
    totals: Totals,
    problems: Problems,
    undetermined: bool,
}

/// Reads everything once before the first byte is written: what would stop the export, and what it comes to.
fn check(
    database: &Database,
    scope: &Scope,
    request: &Request<'_>,
    progress: &mut dyn FnMut(u64),
) -> Result<Checked, Error> {
    let target = request.target;
    let mut names = Names::current(database, request.source, false)?;
    let mut mapper = Mapper::new(target, request.parameters);
    let mut checked = Checked { rows: 0, totals: Totals::new(), problems: Problems::default(), undetermined: false };
    rows::read(database, scope, &mut names, |entries| {
        for entry in entries {
            add(&mut checked.totals, entry)?;
            let unknown = |line: &Line| line.row.account_code == SUSPENDED;
            checked.undetermined |= target.is_mapped() && entry.lines.iter().any(unknown);
            if target == Target::Parquet && Currency::parse(&entry.head.currency).map(Currency::exponent) != Some(2) {
                let detail = format!("{} has not two decimals, which the column `amount` has", entry.head.currency);
                checked.problems.add("export_currency", detail);
            }
            if let Some(mapper) = &mut mapper {
                checked.rows += mapper.rows(entry, &mut checked.problems).len() as u64;
            } else {
                checked.rows += entry.lines.len() as u64;
            }
        }
        progress(entries.len() as u64);
        Ok(())
    })?;
    Ok(checked)
}

fn context<'a>(
    database: &Database,
    scope: &'a Scope,
    folder: &'a Path,
    parameters: &'a Parameters,
    (created_at, version): (Timestamp, &'a str),
    rows: u64,
) -> Result<Context<'a>, Error> {
    std::fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
    let balances = match scope.batch.target {
        Target::Hledger | Target::Beancount => rows::balances(database, scope)?,
        _ => Vec::new(),
    };
    let head_hash = rows::head_hash(database, scope)?;
    Ok(Context { folder, scope, parameters, created_at, version, head_hash, balances, rows })
}

/// Writes the files beside their names, and sums up.
fn written(
    database: &Database,
    scope: &Scope,
    context: Context<'_>,
    names: &mut Names,
    progress: &mut dyn FnMut(u64),
) -> Result<(Vec<Finished>, Totals), Error> {
    let mut writer = writer(scope.batch.target, context)?;
    let mut totals = Totals::new();
    rows::read(database, scope, names, |entries| {
        entries.iter().try_for_each(|entry| add(&mut totals, entry))?;
        writer.page(entries)?;
        progress(entries.len() as u64);
        Ok(())
    })?;
    Ok((writer.finish()?, totals))
}

/// Adds the debits of an entry.
fn add(totals: &mut Totals, entry: &Entry) -> Result<(), Error> {
    let debits = totals.entry(entry.head.currency.clone()).or_default();
    let own = entry.lines.iter().map(|line| line.row.amount_minor.max(0));
    let sum = own.chain([*debits]).try_fold(0_i64, i64::checked_add);
    *debits = sum.ok_or_else(|| Error::Format("the debits of the batch leave the range of 64 bits".to_owned()))?;
    Ok(())
}

fn put_in_place(files: Vec<Finished>) -> Result<(), Error> {
    files.into_iter().try_for_each(Finished::put_in_place)
}

fn row_of(done: &Exported, parameters: &Parameters, created_at: Timestamp, by: &str) -> Result<BatchRow, Error> {
    let json = |text: serde_json::Result<String>| text.map_err(|error| Error::Format(error.to_string()));
    Ok(BatchRow {
        target: done.batch.target,
        source: done.batch.source.clone(),
        period: done.batch.month.to_string(),
        number: done.batch.number,
        after_no: done.after_no,
        until_no: done.until_no,
        entries: done.entries,
        postings: done.postings,
        file_rows: i64::try_from(done.rows).unwrap_or(i64::MAX),
        totals: json(serde_json::to_string(&done.debit_minor))?,
        parameters: json(serde_json::to_string(parameters))?,
        files: json(serde_json::to_string(&done.files))?,
        version: VERSION.to_owned(),
        created_at,
        created_by: by.to_owned(),
        taken_back_at: None,
        taken_back_by: None,
        taken_back_reason: None,
    })
}

/// Writes the files of a batch again, byte for byte as they were; files of that name are replaced.
///
/// # Errors
/// When they would differ, and then nothing is written.
pub fn again(
    database: &Database,
    name: &BatchName,
    folder: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Batch, Error> {
    let batch = batch::find(database, name)?;
    if batch.taken_back.is_some() {
        return Err(Error::TakenBack(name.clone()));
    }
    let scope = Scope { batch: name.clone(), after_no: batch.after_no, until_no: batch.until_no };
    let rows = u64::try_from(batch.rows).unwrap_or(0);
    let context = context(database, &scope, folder, &batch.parameters, (batch.created_at, &batch.version), rows)?;
    let mut names = Names::of_batch(batch.parameters.titles.clone());
    let (finished, _) = written(database, &scope, context, &mut names, progress)?;
    let found: Vec<FileRecord> = finished.iter().map(|file| file.record.clone()).collect();
    if let Some(difference) = difference(&batch, &found) {
        return Err(Error::Differs(Box::new(difference)));
    }
    put_in_place(finished)?;
    Ok(batch)
}

/// The first file that is not as it was.
fn difference(batch: &Batch, found: &[FileRecord]) -> Option<Difference> {
    let places = 0..batch.files.len().max(found.len());
    let (known, found) = places.map(|place| (batch.files.get(place), found.get(place))).find(|(a, b)| a != b)?;
    let hash = |file: Option<&FileRecord>| file.map_or_else(|| "no such file".to_owned(), |file| file.sha256.clone());
    Some(Difference {
        batch: batch.batch.clone(),
        name: known.or(found)?.name.clone(),
        version: batch.version.clone(),
        expected: hash(known),
        found: hash(found),
    })
}
