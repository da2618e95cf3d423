//! What every format has in common: it takes pages of entries and ends with files.

use std::path::Path;

use super::batch::{Parameters, Target};
use super::file::Finished;
use super::rows::{Balance, Entry, Scope};
use super::{Error, banana, beancount, csv, datev, hledger, jsonl, pairs, parquet};
use crate::clock::Timestamp;

/// What a format knows before the first entry.
pub(super) struct Context<'a> {
    pub(super) folder: &'a Path,
    pub(super) scope: &'a Scope,
    pub(super) parameters: &'a Parameters,
    /// Of the batch: it stands in the files of some formats.
    pub(super) created_at: Timestamp,
    /// Of ticketledger, that wrote the batch first.
    pub(super) version: &'a str,
    /// Hash of the last entry that the batch may have.
    pub(super) head_hash: String,
    /// Accounts at both ends, for formats that state balances.
    pub(super) balances: Vec<Balance>,
    /// Rows that a format of two accounts will write.
    pub(super) rows: u64,
}

impl Context<'_> {
    /// The name of a file, without its ending: `museum-2025-11-1`.
    pub(super) fn stem(&self) -> String {
        let batch = &self.scope.batch;
        format!("{}-{}-{}", batch.source, batch.month, batch.number)
    }
}

/// A file, or some, that are being written.
pub(super) trait Writer {
    /// Writes the next entries.
    fn page(&mut self, entries: &[Entry]) -> Result<(), Error>;

    /// Writes what comes behind the last entry. Nothing is in place yet.
    fn finish(self: Box<Self>) -> Result<Vec<Finished>, Error>;
}

/// The names of the files that there will be.
pub(super) fn names(target: Target, context: &Context<'_>) -> Vec<String> {
    let stem = context.stem();
    match target {
        Target::Csv => vec![format!("{stem}.csv")],
        Target::CsvPairs => vec![format!("{stem}-pairs.csv")],
        Target::Jsonl => vec![format!("{stem}.jsonl")],
        Target::Hledger => vec![format!("{stem}.journal")],
        Target::Beancount => vec![format!("{stem}.beancount")],
        Target::Banana => vec![format!("{stem}-banana.txt")],
        Target::Parquet => vec![format!("{stem}.parquet")],
        Target::Datev => datev::names(context),
    }
}

/// The writer of a target.
pub(super) fn writer(target: Target, context: Context<'_>) -> Result<Box<dyn Writer + '_>, Error> {
    Ok(match target {
        Target::Csv => Box::new(csv::Csv::new(&context)?),
        Target::CsvPairs => Box::new(pairs::Pairs::new(&context)?),
        Target::Jsonl => Box::new(jsonl::Jsonl::new(&context)?),
        Target::Hledger => Box::new(hledger::Hledger::new(context)?),
        Target::Beancount => Box::new(beancount::Beancount::new(context)?),
        Target::Banana => Box::new(banana::Banana::new(&context)?),
        Target::Parquet => Box::new(parquet::Parquet::new(&context)?),
        Target::Datev => Box::new(datev::Datev::new(context)?),
    })
}
