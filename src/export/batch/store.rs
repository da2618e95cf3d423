//! The statements about batches.

use diesel::prelude::*;

use super::{Batch, BatchName, Parameters, TakenBack, Target};
use crate::clock::Timestamp;
use crate::db::schema::export_batches;
use crate::db::{Connection, Result};
use crate::export::Error;
use crate::ledger::book::Month;
use crate::on_engine;

/// A batch as it is stored.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = export_batches, treat_none_as_default_value = false)]
pub(in crate::export) struct BatchRow {
    pub(in crate::export) target: Target,
    pub(in crate::export) source: String,
    pub(in crate::export) period: String,
    pub(in crate::export) number: i32,
    pub(in crate::export) after_no: i64,
    pub(in crate::export) until_no: i64,
    pub(in crate::export) entries: i64,
    pub(in crate::export) postings: i64,
    pub(in crate::export) file_rows: i64,
    pub(in crate::export) totals: String,
    pub(in crate::export) parameters: String,
    pub(in crate::export) files: String,
    pub(in crate::export) version: String,
    pub(in crate::export) created_at: Timestamp,
    pub(in crate::export) created_by: String,
    pub(in crate::export) taken_back_at: Option<Timestamp>,
    pub(in crate::export) taken_back_by: Option<String>,
    pub(in crate::export) taken_back_reason: Option<String>,
}

impl BatchRow {
    pub(super) fn read(self) -> std::result::Result<Batch, Error> {
        let month = Month::parse(&self.period).unwrap_or(Month::of(chrono::NaiveDate::MIN));
        let batch = BatchName { target: self.target, source: self.source, month, number: self.number };
        let unreadable =
            |error: serde_json::Error| Error::Unreadable { batch: batch.clone(), error: error.to_string() };
        let debit_minor = serde_json::from_str(&self.totals).map_err(unreadable)?;
        let files = serde_json::from_str(&self.files).map_err(unreadable)?;
        let parameters: Parameters = serde_json::from_str(&self.parameters).map_err(unreadable)?;
        let taken_back = self.taken_back_at.map(|at| TakenBack {
            at,
            by: self.taken_back_by.unwrap_or_default(),
            reason: self.taken_back_reason.unwrap_or_default(),
        });
        Ok(Batch {
            batch,
            after_no: self.after_no,
            until_no: self.until_no,
            entries: self.entries,
            postings: self.postings,
            rows: self.file_rows,
            debit_minor,
            files,
            freshness: parameters.freshness.clone(),
            parameters,
            version: self.version,
            created_at: self.created_at,
            created_by: self.created_by,
            taken_back,
        })
    }
}

/// Where the next batch of a month begins.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::export) struct Last {
    /// Number of the newest batch that was not taken back.
    pub(in crate::export) number: Option<i32>,
    /// The highest number there ever was.
    pub(in crate::export) highest: i32,
    /// The last entry that went out.
    pub(in crate::export) until_no: i64,
}

pub(in crate::export) fn last(connection: &mut Connection, target: Target, source: &str, month: Month) -> Result<Last> {
    let query = export_batches::table
        .filter(export_batches::target.eq(target))
        .filter(export_batches::source.eq(source))
        .filter(export_batches::period.eq(month.to_string()))
        .order(export_batches::number)
        .select((export_batches::number, export_batches::until_no, export_batches::taken_back_at.is_null()));
    let rows: Vec<(i32, i64, bool)> = on_engine!(connection, |c| query.load(c))?;
    let live = rows.iter().rfind(|(.., live)| *live);
    Ok(Last {
        number: live.map(|(number, ..)| *number),
        highest: rows.last().map_or(0, |(number, ..)| *number),
        until_no: live.map_or(0, |(_, until_no, _)| *until_no),
    })
}

/// Whether the batch could be stored; it cannot when another export was faster.
pub(in crate::export) fn insert(connection: &mut Connection, row: &BatchRow) -> Result<bool> {
    use diesel::result::{DatabaseErrorKind, Error};
    let inserted = on_engine!(connection, |c| diesel::insert_into(export_batches::table).values(row).execute(c));
    match inserted {
        Ok(_) => Ok(true),
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(false),
        // SQLite's trigger, which comes before the key.
        Err(Error::DatabaseError(_, said)) if said.message().contains("the batch is already there") => Ok(false),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn batches(connection: &mut Connection, source: Option<&str>) -> Result<Vec<BatchRow>> {
    Ok(on_engine!(connection, |c| {
        let mut query = export_batches::table
            .order((export_batches::target, export_batches::source, export_batches::period, export_batches::number))
            .select(export_batches::all_columns)
            .into_boxed();
        if let Some(source) = source {
            query = query.filter(export_batches::source.eq(source));
        }
        query.load(c)?
    }))
}

pub(super) fn batch(connection: &mut Connection, name: &BatchName) -> Result<Option<BatchRow>> {
    let query = export_batches::table
        .find((name.target, &name.source, name.month.to_string(), name.number))
        .select(export_batches::all_columns);
    Ok(on_engine!(connection, |c| query.first(c).optional())?)
}

pub(super) fn take_back(
    connection: &mut Connection,
    name: &BatchName,
    now: Timestamp,
    by: &str,
    why: &str,
) -> Result<bool> {
    let row = export_batches::table
        .find((name.target, &name.source, name.month.to_string(), name.number))
        .filter(export_batches::taken_back_at.is_null());
    let change = (
        export_batches::taken_back_at.eq(now),
        export_batches::taken_back_by.eq(by),
        export_batches::taken_back_reason.eq(why),
    );
    Ok(on_engine!(connection, |c| diesel::update(row).set(change).execute(c))? == 1)
}
