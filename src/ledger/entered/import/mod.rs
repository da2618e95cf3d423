//! What no webhook tells: fees, payouts, refunds made elsewhere, amounts kept or written off, vouchers of an earlier
//! system. They come as CSV files, become entries of kind `manual`, and are undone only by a reversal.
//!
//! An import is an event of the inbox like a delivery, with the bytes of the file as its body, so that an entry leads
//! back to what caused it. What it posts is a function of those bytes: the same reference is never posted twice.

mod entry;
mod manual;
mod opening;
mod plan;
mod reverse;
mod settlement;
mod sheet;
pub(in crate::ledger) mod store;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::clock::Timestamp;
use crate::db::{Connection, Database};
use crate::inbox::Entity;
use crate::inbox::operator::{self, Action, ActionKind, Reason};
use crate::ledger::batch::Batch;
use crate::ledger::book::{KnownSource, SnapshotCause};
use crate::ledger::posting::StoredValueKey;
use crate::ledger::settle::{Origin, settle_again};
use crate::ledger::{Error, findings};

pub use self::entry::{ManualEntry, OpeningVoucher};
use self::plan::{ImportPlan, plan};
pub use self::reverse::{Irreversible, Reversed, reverse};
pub use self::sheet::Mistake;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// One entry for each row: fees, payouts, payments, refunds, retained amounts, write-offs.
    Manual,
    /// Vouchers and flex tickets that were sold before these books began.
    OpeningVouchers,
    /// What a payment provider paid out: gross, fee and net of each row.
    Settlement,
}

impl FileKind {
    /// The word in the inbox.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::OpeningVouchers => "opening-vouchers",
            Self::Settlement => "settlement",
        }
    }
}

/// A file to import.
#[derive(Clone)]
pub struct File {
    pub kind: FileKind,
    pub bytes: Vec<u8>,
    /// Booking date of opening stock; the other kinds have a date in each row.
    pub opened_on: Option<NaiveDate>,
}

/// Sum of all lines on an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sum {
    pub currency: String,
    pub account: String,
    /// Debit positive.
    pub amount_minor: i64,
}

/// What an import does, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// The event of the inbox that holds the file; `None` when nothing was stored.
    pub event_id: Option<i64>,
    pub posted: usize,
    /// Rows whose reference had been imported before, with the same content.
    pub already: usize,
    /// Entries in orders that redeem an imported voucher, and are now taxed as it says.
    pub settled_again: usize,
    /// What the new entries move.
    pub sums: Vec<Sum>,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be taken as it is.
    #[error("nothing was imported; correct these mistakes in the file:\n{}", listed(.0))]
    Mistakes(Vec<Mistake>),
    /// The copy of the file that the inbox keeps cannot be written.
    #[error("the file's copy without voucher codes cannot be written: {0}")]
    Copy(#[from] csv::Error),
    /// The books refused.
    #[error(transparent)]
    Ledger(#[from] Error),
}

impl From<crate::db::Error> for ImportError {
    fn from(error: crate::db::Error) -> Self {
        Self::Ledger(error.into())
    }
}

fn listed(mistakes: &[Mistake]) -> String {
    let lines: Vec<String> = mistakes.iter().map(|mistake| format!("  {mistake}")).collect();
    lines.join("\n")
}

/// Reads a file: what its rows book, and every mistake in it. Reads nothing but the bytes.
pub fn read(kind: FileKind, bytes: &[u8], today: NaiveDate) -> (Vec<ManualEntry>, Vec<Mistake>) {
    let mut mistakes = Vec::new();
    let entries = match kind {
        FileKind::Manual => manual::read(bytes, today, &mut mistakes),
        FileKind::OpeningVouchers => opening::read(bytes, today, &mut mistakes),
        FileKind::Settlement => settlement::read(bytes, today, &mut mistakes),
    };
    let mut lines: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in &entries {
        match lines.get(entry.key.as_str()) {
            Some(first) => {
                mistakes.push(Mistake::new(entry.line, format!("it has the same reference as line {first}")))
            }
            None => {
                lines.insert(&entry.key, entry.line);
            }
        }
    }
    if entries.is_empty() && mistakes.is_empty() {
        mistakes.push(Mistake::new(1, "the file has no rows"));
    }
    (entries, mistakes)
}

/// What an import would do; changes nothing.
///
/// # Errors
/// When the file has mistakes, or the database cannot be read.
pub fn preview(
    database: &Database,
    source: &KnownSource,
    file: &File,
    now: Timestamp,
) -> Result<Imported, ImportError> {
    database.read(|connection| {
        let plan = plan(connection, source, file, now)?;
        Ok(Imported { posted: plan.new.len(), already: plan.already, sums: plan.sums, ..Imported::default() })
    })
}

/// Imports a file in one transaction: all of it, or nothing.
///
/// # Errors
/// When the file has mistakes, or the books refuse.
pub fn import(
    database: &Database,
    source: &KnownSource,
    file: &File,
    reason: &Reason,
    now: Timestamp,
) -> Result<Imported, ImportError> {
    database.transaction("import", |connection| {
        let mut batch = Batch::open(connection, &source.name, source.timezone)?;
        let plan = plan(connection, source, file, now)?;
        if plan.new.is_empty() {
            return Ok(Imported { already: plan.already, ..Imported::default() });
        }
        let event_id = store_file(connection, source, file, &plan, reason, now)?;
        let opened_on = file.opened_on.unwrap_or_else(|| now.local_date(source.timezone));
        for part in plan.new.chunks(store::PART) {
            entry::post(connection, &mut batch, part, opened_on, event_id, now)?;
        }
        let settled_again = announce(connection, &mut batch, &plan.new, event_id, now)?;
        let orders = plan.new.iter().filter_map(|entry| entry.order_id.as_deref());
        reconcile_again(connection, &mut batch, orders, now)?;
        let what = format!("source={} kind={} event={event_id}", source.name, file.kind.as_str());
        let (kind, changed) = (ActionKind::Import, plan.new.len());
        operator::record(connection, &Action { kind, at: now, reason, selection: &what, changed })?;
        Ok(Imported {
            event_id: Some(event_id),
            posted: plan.new.len(),
            already: plan.already,
            settled_again,
            sums: plan.sums,
        })
    })
}

/// Keeps the file as an event of the inbox. Of voucher codes, which are as good as money, only hashes are kept.
fn store_file(
    connection: &mut Connection,
    source: &KnownSource,
    file: &File,
    plan: &ImportPlan,
    reason: &Reason,
    now: Timestamp,
) -> Result<i64, ImportError> {
    let body = match file.kind {
        FileKind::OpeningVouchers => opening::without_codes(&plan.new)?,
        FileKind::Manual | FileKind::Settlement => file.bytes.clone(),
    };
    let headers = serde_json::json!({
        "actor": reason.actor,
        "why": reason.why,
        "file_sha256": hex::encode(Sha256::digest(&file.bytes)),
        "opened_on": file.opened_on.unwrap_or_else(|| now.local_date(source.timezone)).to_string(),
    });
    let event = store::EnteredEvent {
        source: &source.name,
        kind: "import",
        entity: Entity::Import(file.kind.as_str().to_owned()),
        headers: headers.to_string(),
        body,
    };
    Ok(store::insert_event(connection, event, now)?)
}

/// Makes the imported vouchers known, and settles again the orders that redeem them.
fn announce(
    connection: &mut Connection,
    batch: &mut Batch,
    new: &[ManualEntry],
    event_id: i64,
    now: Timestamp,
) -> Result<usize, ImportError> {
    let vouchers: Vec<&OpeningVoucher> = new.iter().filter_map(|entry| entry.voucher.as_ref()).collect();
    for voucher in &vouchers {
        store::save_voucher(connection, &batch.book.source, voucher)?;
    }
    let keys: Vec<StoredValueKey> = vouchers.iter().map(|voucher| voucher.key()).collect();
    Ok(settle_again(connection, batch, &keys, &origin(event_id, now))?)
}

/// Reconciles these orders again: a finding may be explained now, or have another amount.
fn reconcile_again<'a>(
    connection: &mut Connection,
    batch: &mut Batch,
    orders: impl Iterator<Item = &'a str>,
    now: Timestamp,
) -> Result<(), Error> {
    for order_id in orders.collect::<BTreeSet<_>>() {
        findings::again(connection, batch, order_id, now)?;
    }
    batch.flush(connection)
}

fn origin(event_id: i64, now: Timestamp) -> Origin {
    Origin { event_id, document_id: None, received_at: now, cause: SnapshotCause::ImportOfVouchers }
}
