//! Which entries went out to which target, and with what.

pub(super) mod store;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::account_map::AccountMap;
use super::{Error, FileRecord};
use crate::clock::{Clock, Timestamp};
use crate::config::{Datev, VatSplit};
use crate::db::Database;
use crate::ledger::book::Month;
use crate::vocabulary;

vocabulary! {
    /// What the files are for. What was exported to one is not exported to another.
    pub enum Target in "export_batches.target" {
        /// A line for each posting.
        Csv = "csv",
        /// A row for each two accounts.
        CsvPairs = "csv-pairs",
        Jsonl = "jsonl",
        Hledger = "hledger",
        Beancount = "beancount",
        Datev = "datev",
        Banana = "banana",
        Parquet = "parquet",
    }
}

impl Target {
    /// Whether it needs the accounts of the accountant's chart.
    pub fn is_mapped(self) -> bool {
        matches!(self, Self::CsvPairs | Self::Datev | Self::Banana)
    }
}

/// The name of a batch: `datev/museum/2025-11/1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BatchName {
    pub target: Target,
    pub source: String,
    pub month: Month,
    pub number: i32,
}

impl BatchName {
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let (target, source, month, number) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || source.is_empty() {
            return None;
        }
        Some(Self {
            target: Target::parse(target)?,
            source: source.to_owned(),
            month: Month::parse(month)?,
            number: number.parse().ok().filter(|number| *number >= 1)?,
        })
    }
}

impl fmt::Display for BatchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, source, month, number } = self;
        write!(f, "{target}/{source}/{month}/{number}")
    }
}

impl Serialize for BatchName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// All that files depend on besides the entries; stored with the batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameters {
    /// CSV has amounts in minor units.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub minor_units: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<AccountMap>,
    #[serde(default, deserialize_with = "word_or_switch")]
    pub vat_split: VatSplit,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datev: Option<Datev>,
    /// How complete the book was, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freshness: Option<String>,
    /// Titles of the events that the entries are about, as they were.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub titles: BTreeMap<String, String>,
}

/// A switch, as it was before there were three ways, or a word.
fn word_or_switch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<VatSplit, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Stored {
        Switch(bool),
        Word(VatSplit),
    }
    Ok(match Stored::deserialize(deserializer)? {
        Stored::Switch(true) => VatSplit::On,
        Stored::Switch(false) => VatSplit::Off,
        Stored::Word(word) => word,
    })
}

/// Debits of a currency, which are its credits too.
pub type Totals = BTreeMap<String, i64>;

/// A batch as it is remembered.
#[derive(Clone, Debug, Serialize)]
pub struct Batch {
    pub batch: BatchName,
    /// Entries with a higher number, ...
    pub after_no: i64,
    /// ... up to this one.
    pub until_no: i64,
    pub entries: i64,
    pub postings: i64,
    pub rows: i64,
    pub debit_minor: Totals,
    pub files: Vec<FileRecord>,
    /// How complete the book was; absent in batches of earlier versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freshness: Option<String>,
    #[serde(skip)]
    pub parameters: Parameters,
    pub version: String,
    pub created_at: Timestamp,
    pub created_by: String,
    pub taken_back: Option<TakenBack>,
}

/// By whom, when and why a batch was taken back.
#[derive(Clone, Debug, Serialize)]
pub struct TakenBack {
    pub at: Timestamp,
    pub by: String,
    pub reason: String,
}

/// The batches of a source or of all, in the order of target, source, month and number.
///
/// # Errors
/// When the database cannot be read.
pub fn list(database: &Database, source: Option<&str>) -> Result<Vec<Batch>, Error> {
    store::batches(&mut database.reader()?, source)?.into_iter().map(store::BatchRow::read).collect()
}

/// The batch with that name.
///
/// # Errors
/// When there is none, or the database cannot be read.
pub fn find(database: &Database, name: &BatchName) -> Result<Batch, Error> {
    let row = store::batch(&mut database.reader()?, name)?.ok_or_else(|| Error::Unknown(name.clone()))?;
    row.read()
}

/// Forgets that a batch went out, because nobody has used it: its entries go into the next one. Only the newest of its
/// month can be taken back, so that no entry is left behind.
///
/// # Errors
/// When it is not the newest, or was taken back already.
pub fn take_back(database: &Database, clock: &Clock, name: &BatchName, by: &str, why: &str) -> Result<Batch, Error> {
    database.transaction("take back", |connection| {
        let row = store::batch(connection, name)?.ok_or_else(|| Error::Unknown(name.clone()))?;
        if row.taken_back_at.is_some() {
            return Err(Error::TakenBack(name.clone()));
        }
        let newest = store::last(connection, name.target, &name.source, name.month)?;
        if let Some(number) = newest.number.filter(|number| *number != name.number) {
            return Err(Error::NotNewest { asked: name.clone(), newest: BatchName { number, ..name.clone() } });
        }
        // Somebody else may just have done so.
        if !store::take_back(connection, name, clock.now(), by, why)? {
            return Err(Error::TakenBack(name.clone()));
        }
        store::batch(connection, name)?.ok_or_else(|| Error::Unknown(name.clone()))?.read()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_a_switch_is_still_read() {
        let split = |json: &str| serde_json::from_str::<Parameters>(json).map(|parameters| parameters.vat_split).ok();
        assert_eq!(split("{}"), Some(VatSplit::Rounding));
        assert_eq!(split("{\"vat_split\":true}"), Some(VatSplit::On));
        assert_eq!(split("{\"vat_split\":false}"), Some(VatSplit::Off));
        for known in VatSplit::ALL {
            let parameters = Parameters { vat_split: known, ..Parameters::default() };
            let json = serde_json::to_string(&parameters).unwrap_or_default();
            assert_eq!(split(&json), Some(known), "{json}");
        }
    }
}
