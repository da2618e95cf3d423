//! What no webhook tells: fees, payouts, refunds made elsewhere, amounts kept or written off, prices lowered by hand,
//! vouchers that expire, what there was before these books. They come as CSV files, become entries of kind `manual`,
//! and are undone only by a reversal.
//!
//! An import is an event of the inbox like a delivery, with the bytes of the file as its body, so that an entry leads
//! back to what caused it. The same reference is never posted twice.
//!
//! ```text
//! bytes ──read──> requests ──plan: books as they are, row by row──> entries, mistakes, objections ──> all or nothing
//! ```

mod booking;
mod books;
mod checks;
mod effect;
mod entry;
mod manual;
mod opening;
mod plan;
mod price_reduction;
mod request;
mod reverse;
mod settlement;
mod sheet;
pub(in crate::ledger) mod store;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;

use self::effect::{About, Standing};
pub use self::effect::{Effect, FindingChange, FindingEffect, OrderBalance, OrderEffect, VoucherEffect};
use self::entry::ManualEntry;
pub use self::opening::OpeningVoucher;
use self::plan::{ImportPlan, plan};
pub use self::request::{Purpose, Request, VoucherName};
pub use self::reverse::{Irreversible, Reversed, reverse};
pub use self::sheet::Mistake;
use crate::clock::Timestamp;
use crate::db::{Connection, Database};
use crate::hash;
use crate::inbox::Entity;
use crate::inbox::operator::{self, Action, ActionKind, Reason};
use crate::ledger::batch::Batch;
use crate::ledger::book::{KnownSource, SnapshotCause};
use crate::ledger::posting::StoredValueKey;
use crate::ledger::settle::{Origin, settle_again};
use crate::ledger::{Error, findings};

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// One entry for each row, whatever its purpose.
    Manual,
    /// Vouchers and flex tickets that were sold before these books began, with their codes and days.
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
    /// What would have been refused without the reason that was given for it.
    pub forced: Vec<String>,
    #[serde(flatten)]
    pub effect: Effect,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be taken as it is.
    #[error("nothing was imported; correct these mistakes in the file:\n{}", listed(.0))]
    Mistakes(Vec<Mistake>),
    /// Some rows cannot be taken as they are, others contradict the books.
    #[error(
        "nothing was imported; correct these mistakes in the file:\n{}\nThese rows contradict the books. Correct them, \
         or, if they are right, pass --force with the reason, which is stored:\n{}",
        listed(.mistakes),
        listed(.refused)
    )]
    MistakesAndRefused {
        /// What no reason makes right.
        mistakes: Vec<Mistake>,
        /// What a reason would make right.
        refused: Vec<Mistake>,
    },
    /// The file contradicts the books.
    #[error(
        "nothing was imported; these rows contradict the books. Correct them, or, if they are right, pass --force with \
         the reason, which is stored:\n{}",
        listed(.0)
    )]
    Refused(Vec<Mistake>),
    /// Nobody says who does it.
    #[error("nothing was changed; name who does it")]
    NoActor,
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

/// Reads a file: what its rows ask for, and every mistake in it. Reads nothing but the bytes.
pub fn read(kind: FileKind, bytes: &[u8], today: NaiveDate) -> (Vec<Request>, Vec<Mistake>) {
    let mut mistakes = Vec::new();
    let requests = match kind {
        FileKind::Manual => manual::read(bytes, today, &mut mistakes),
        FileKind::OpeningVouchers => opening::read(bytes, today, &mut mistakes),
        FileKind::Settlement => settlement::read(bytes, today, &mut mistakes),
    };
    let mut lines: BTreeMap<&str, u64> = BTreeMap::new();
    for request in &requests {
        match lines.get(request.key.as_str()) {
            Some(first) => {
                let column = request.reference_column();
                mistakes.push(Mistake::new(request.line, format!("`{column}` is the same as in line {first}")));
            }
            None => {
                lines.insert(&request.key, request.line);
            }
        }
    }
    if requests.is_empty() && mistakes.is_empty() {
        mistakes.push(Mistake::new(1, "the file has no rows"));
    }
    (requests, mistakes)
}

/// What an import would do, by doing it and taking it back. `force` is the reason for what is refused otherwise.
///
/// # Errors
/// When the file has mistakes or contradicts the books, or the database cannot be read.
pub fn preview(
    database: &Database,
    source: &KnownSource,
    file: &File,
    force: Option<&str>,
    now: Timestamp,
) -> Result<Imported, ImportError> {
    let nobody = Reason { actor: String::new(), why: String::new() };
    let imported = database.dry_run(|connection| import_in(connection, source, file, &nobody, force, now))?;
    Ok(Imported { event_id: None, ..imported })
}

/// Imports a file in one transaction: all of it, or nothing. `force` is the reason for what is refused otherwise.
///
/// # Errors
/// When nobody is named, the file has mistakes or contradicts the books, or the books refuse.
pub fn import(
    database: &Database,
    source: &KnownSource,
    file: &File,
    reason: &Reason,
    force: Option<&str>,
    now: Timestamp,
) -> Result<Imported, ImportError> {
    if reason.actor.trim().is_empty() {
        return Err(ImportError::NoActor);
    }
    database.transaction("import", |connection| import_in(connection, source, file, reason, force, now))
}

fn import_in(
    connection: &mut Connection,
    source: &KnownSource,
    file: &File,
    reason: &Reason,
    force: Option<&str>,
    now: Timestamp,
) -> Result<Imported, ImportError> {
    let mut batch = Batch::open(connection, &source.name, source.timezone)?;
    let plan = plan(connection, &batch.book.policies, source, file, force.is_some(), now)?;
    if plan.new.is_empty() {
        return Ok(Imported { already: plan.already, ..Imported::default() });
    }
    let force = force.filter(|_| !plan.forced.is_empty());
    let about = About::entries(connection, &source.name, &plan.new)?;
    let before = Standing::of(connection, &source.name, &about)?;
    let event_id = store_file(connection, source, file, &plan, reason, force, now)?;
    let opened_on = file.opened_on.unwrap_or_else(|| now.local_date(source.timezone));
    for part in plan.new.chunks(store::PART) {
        entry::post(connection, &mut batch, part, opened_on, event_id, now)?;
    }
    let settled_again = announce(connection, &mut batch, &plan.new, event_id, now)?;
    reconcile_again(connection, &mut batch, &about.orders, now)?;
    let forced = if force.is_some() { " forced" } else { "" };
    let what = format!("source={} kind={} event={event_id}{forced}", source.name, file.kind.as_str());
    let why = force.map_or_else(|| reason.why.clone(), |force| format!("{}; forced: {force}", reason.why));
    let (kind, changed) = (ActionKind::Import, plan.new.len());
    let reason = &Reason { actor: reason.actor.clone(), why };
    operator::record(connection, &Action { kind, at: now, reason, selection: &what, changed })?;
    Ok(Imported {
        event_id: Some(event_id),
        posted: plan.new.len(),
        already: plan.already,
        settled_again,
        sums: plan.sums,
        forced: plan.forced.iter().map(ToString::to_string).collect(),
        effect: before.became(&Standing::of(connection, &source.name, &about)?),
    })
}

/// Keeps the file as an event of the inbox. Of voucher codes, which are as good as money, only hashes are kept.
fn store_file(
    connection: &mut Connection,
    source: &KnownSource,
    file: &File,
    plan: &ImportPlan,
    reason: &Reason,
    force: Option<&str>,
    now: Timestamp,
) -> Result<i64, ImportError> {
    let body = match file.kind {
        FileKind::OpeningVouchers => {
            opening::without_codes(plan.new.iter().filter_map(|entry| entry.opening.as_ref()))?
        }
        FileKind::Manual | FileKind::Settlement => file.bytes.clone(),
    };
    let mut headers = serde_json::json!({
        "actor": reason.actor,
        "why": reason.why,
        "file_sha256": hash::sha256(&file.bytes),
        "opened_on": file.opened_on.unwrap_or_else(|| now.local_date(source.timezone)).to_string(),
    });
    if let (Some(force), Some(headers)) = (force, headers.as_object_mut()) {
        headers.insert("force".to_owned(), force.into());
        headers.insert("forced".to_owned(), plan.forced.iter().map(ToString::to_string).collect());
    }
    let event = store::EnteredEvent {
        source: &source.name,
        kind: "import",
        entity: Entity::Import(file.kind.as_str().to_owned()),
        headers: headers.to_string(),
        body,
    };
    Ok(store::insert_event(connection, event, now)?)
}

/// Makes the imported vouchers known, and settles again the orders that have to do with the vouchers that changed.
fn announce(
    connection: &mut Connection,
    batch: &mut Batch,
    new: &[ManualEntry],
    event_id: i64,
    now: Timestamp,
) -> Result<usize, ImportError> {
    for voucher in new.iter().filter_map(|entry| entry.opening.as_ref()) {
        store::save_voucher(connection, &batch.book.source, voucher)?;
    }
    let keys: BTreeSet<StoredValueKey> = new.iter().filter_map(|entry| entry.voucher().cloned()).collect();
    let keys: Vec<StoredValueKey> = keys.into_iter().collect();
    Ok(settle_again(connection, batch, &keys, &origin(event_id, now))?)
}

/// Reconciles these orders again: a finding may be explained now, or have another amount.
fn reconcile_again(
    connection: &mut Connection,
    batch: &mut Batch,
    orders: &BTreeSet<String>,
    now: Timestamp,
) -> Result<(), Error> {
    for order_id in orders {
        findings::again(connection, batch, order_id, now)?;
    }
    batch.flush(connection)
}

fn origin(event_id: i64, now: Timestamp) -> Origin {
    Origin { event_id, document_id: None, received_at: now, cause: SnapshotCause::ImportOfVouchers }
}
