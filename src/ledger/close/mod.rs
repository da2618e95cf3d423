//! Closing a month: the checks, the frozen manifest, the entry in the chain, the anchor.
//!
//! ```text
//! look (verify, intake) ──> lock ──> checks ──> manifest ──> close entry ──> period closed ──> anchor ──> commit
//!   ──> file
//! ```
//!
//! The verification and the count of deliveries read everything, so they come before the lock: on SQLite whoever
//! holds it keeps every webhook waiting. What is posted in between has passed the database's own checks.
//!
//! **A close has a position in the chain.** Its entry (`kind = 'close'`, no lines, currency `XXX`, atom key
//! `close:YYYY-MM`, atom hash = hash of the manifest) stands between the entries that saw the month open and those
//! that see it closed: an entry with a smaller number may be booked in the month, one with a greater number may not,
//! and takes the first day of the first open month with the reason `late_for_YYYY-MM`. A closed month closes every
//! month before it. Nothing else decides where a fact is booked, in particular no clock.
//!
//! **What a rebuild must do.** A close is the deed of a person, so it cannot be derived from the inbox: it is repeated
//! from where it is stored. Read [`closings`] of the source; whenever the next number of the rebuilt book
//! ([`next_entry_no`]) is the number of the next closing, call [`repeat`] before going on. It gives the entry its place
//! in the rebuilt chain and closes the month in the book, so that what follows is booked as it was. The row is kept as
//! it is, its hashes aside; those are equal when all before it is equal. Manifests are not rebuilt: `ledger verify`
//! computes them anew.
//!
//! A soft close writes the hash of the month's numbers into `periods` and nothing else: entries are still accepted and
//! nothing is marked. It tells, at the hard close, whether the numbers have moved since.

pub mod anchor;
mod check;
mod manifest;
mod rollforward;
pub(in crate::ledger) mod store;

use chrono_tz::Tz;
use serde::Serialize;
use serde_json::value::RawValue;

pub use self::check::Blocker;
pub(in crate::ledger) use self::manifest::{Head, Stored, Totals, VERSION};
pub use self::manifest::{Intake, Observed, OpenFinding};
pub use super::book::Month;

use self::anchor::Anchor;
use self::manifest::Manifest;
use super::Error;
use super::book::{Book, EntryRow, chain};
use super::proof::verify;
use crate::clock::{Clock, Timestamp};
use crate::db::{Connection, Database};
use crate::inbox::operator::Reason;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The month.
    pub month: Month,
    /// Warn from now on instead of refusing.
    pub soft: bool,
    /// Close although webhooks of the month are parked or pending.
    pub force: bool,
    /// Who, and why.
    pub reason: Reason,
}

/// What became of a close, or would.
#[derive(Debug, Serialize)]
pub struct Closing {
    /// The source.
    pub source: String,
    /// The month.
    pub period: String,
    /// `closed`, `soft`, `blocked`, or `possible` when nothing was to be changed.
    pub result: &'static str,
    /// What stands in the way; of a soft close what will stand in the way of the hard one.
    pub blockers: Vec<Blocker>,
    /// What stood in the way and was overruled.
    pub forced: Vec<Blocker>,
    /// After a soft close: whether the numbers of the month have changed since.
    pub changed_since_soft_close: Option<bool>,
    /// The place of the close in the chain.
    pub anchor: Option<Anchor>,
    /// Hash of the manifest.
    pub manifest_sha256: String,
    /// The manifest as it is stored, or would be.
    pub manifest: Box<RawValue>,
}

/// What is looked at before the lock is taken.
struct Look {
    zone: Tz,
    broken: Option<String>,
    intake: Intake,
}

/// All that a close would write.
struct PreparedClose {
    blockers: Vec<Blocker>,
    forced: Vec<Blocker>,
    totals_sha256: String,
    changed: Option<bool>,
    manifest: Manifest,
}

/// Names of the sources that have a book.
///
/// # Errors
/// When the database cannot be read.
pub fn sources(database: &Database) -> Result<Vec<String>, Error> {
    let sources = store::sources(&mut database.reader()?)?;
    Ok(sources.into_iter().map(|(source, _)| source).collect())
}

/// Says what a close would do, and changes nothing.
///
/// # Errors
/// When the database cannot be read, or there is no such book.
pub fn preview(database: &Database, clock: &Clock, source: &str, request: &Request) -> Result<Closing, Error> {
    database.read(|connection| {
        let look = look(connection, source, request.month)?;
        let (entry_no, entry_hash) =
            super::book::store::head(connection, source)?.unwrap_or((0, chain::GENESIS.to_owned()));
        let head = Head { entry_no, entry_hash: &entry_hash };
        let draft = draft(connection, source, &look, head, request, clock.now())?;
        let result = if draft.blockers.is_empty() { "possible" } else { "blocked" };
        draft.into_closing(source, request, result, None)
    })
}

/// Closes a month of one source, in one transaction.
///
/// # Errors
/// When a statement fails or there is no such book. What stands in the way is not an error but in the [`Closing`].
pub fn close(database: &Database, clock: &Clock, source: &str, request: &Request) -> Result<Closing, Error> {
    let look = database.read(|connection| look(connection, source, request.month))?;
    database.transaction("close", |connection| {
        let mut book = Book::open(connection, source, look.zone)?;
        let now = clock.now();
        let (entry_no, entry_hash) = book.head();
        let head = Head { entry_no, entry_hash };
        let draft = draft(connection, source, &look, head, request, now)?;
        let final_word = |blocker: &Blocker| matches!(blocker.code, "month_not_over" | "already_closed");
        let refused = if request.soft { draft.blockers.iter().any(final_word) } else { !draft.blockers.is_empty() };
        if refused {
            return draft.into_closing(source, request, "blocked", None);
        }
        let seen = entry_no;
        let anchor = if request.soft { None } else { Some(write_close(connection, &mut book, request, &draft, now)?) };
        let row = store::PeriodRow {
            source: source.to_owned(),
            period: request.month.to_string(),
            status: if request.soft { "soft" } else { "closed" }.to_owned(),
            closed_at: Some(now),
            closed_by: Some(request.reason.actor.clone()),
            totals_sha256: Some(draft.totals_sha256.clone()),
            head_entry_no: Some(seen),
        };
        store::save_period(connection, &row)?;
        let filter = serde_json::json!({ "source": source, "period": row.period, "forced": draft.forced }).to_string();
        let action = if request.soft { "close_soft" } else { "close" };
        store::record_action(connection, action, &request.reason, now, &filter, i64::from(!request.soft))?;
        draft.into_closing(source, request, if request.soft { "soft" } else { "closed" }, anchor)
    })
}

/// Every close entry of a source, in the order of the chain, for a rebuild.
///
/// # Errors
/// When the database cannot be read.
pub fn closings(connection: &mut Connection, source: &str) -> Result<Vec<EntryRow>, Error> {
    Ok(store::closings(connection, source)?)
}

/// The number that the next entry of a book will have.
pub fn next_entry_no(book: &Book) -> i64 {
    book.head().0 + 1
}

/// Repeats a stored close at the head of a book: what follows sees the month closed.
pub fn repeat(book: &mut Book, stored: &EntryRow) -> EntryRow {
    let entry = book.append(stored.clone(), &[]);
    if let Some(period) = period_of(&entry) {
        book.close_period(period);
    }
    entry
}

/// Every anchor line of a source, in the order of the chain.
///
/// # Errors
/// When the database cannot be read.
pub fn anchor_lines(database: &Database, source: &str) -> Result<Vec<String>, Error> {
    let anchors = store::anchors(&mut database.reader()?, source)?;
    Ok(anchors.into_iter().filter(|anchor| anchor.medium == "file").map(|anchor| anchor.proof).collect())
}

/// The first of these anchors that the chain contradicts, in words.
///
/// # Errors
/// When the database cannot be read.
pub fn contradiction(database: &Database, anchors: &[Anchor], source: Option<&str>) -> Result<Option<String>, Error> {
    let mut connection = database.reader()?;
    for anchor in anchors.iter().filter(|anchor| source.is_none_or(|source| source == anchor.source)) {
        let Anchor { source, entry_no, period, .. } = anchor;
        let found = store::hash_of(&mut connection, source, *entry_no)?;
        if found.as_ref() != Some(&anchor.entry_hash) {
            let found = found.unwrap_or_else(|| "no such entry".to_owned());
            return Ok(Some(format!(
                "source {source}, entry {entry_no}: the anchor of {period} says {}, the chain says {found}",
                anchor.entry_hash
            )));
        }
    }
    Ok(None)
}

/// The month that a close entry closes.
pub(in crate::ledger) fn period_of(entry: &EntryRow) -> Option<&str> {
    entry.atom_key.strip_prefix("close:")
}

/// The manifest of a month of a source: its text and the last entry that its close saw.
///
/// # Errors
/// When the database cannot be read.
pub fn manifest_of(
    connection: &mut Connection,
    source: &str,
    period: &str,
) -> crate::db::Result<Option<(String, i64)>> {
    let manifest = store::manifest(connection, source, period)?;
    Ok(manifest.map(|row| (row.doc, row.entry_no - 1)))
}

fn look(connection: &mut Connection, source: &str, month: Month) -> Result<Look, Error> {
    let inconsistent = |text: String| Error::from(crate::db::Error::Inconsistent(text));
    let known = store::sources(connection)?.into_iter().find(|(known, _)| known == source);
    let (_, zone) = known.ok_or_else(|| {
        inconsistent(format!("source {source} has no book yet; `ticketledger serve` makes it when it starts"))
    })?;
    let zone: Tz = zone.parse().map_err(|_| inconsistent(format!("source {source}: `{zone}` is no time zone")))?;
    let broken = verify::look(connection, Some(source))?.broken;
    let intake = store::intake(connection, source, month.starts_at(zone), month.ends_at(zone))?;
    Ok(Look { zone, broken, intake })
}

fn draft(
    connection: &mut Connection,
    source: &str,
    look: &Look,
    head: Head<'_>,
    request: &Request,
    now: Timestamp,
) -> Result<PreparedClose, Error> {
    let (month, period) = (request.month, request.month.to_string());
    let mut blockers = check::blockers(connection, source, look.zone, month, now)?;
    if let Some(broken) = &look.broken {
        blockers.insert(0, check::broken(broken));
    }
    let (forced, blockers) = blockers.into_iter().partition(|blocker| request.force && blocker.can_be_forced);
    let totals = Totals::compute(connection, source, month, head.entry_no)?;
    let observed = Observed {
        closed_at: now,
        closed_by: request.reason.actor.clone(),
        why: request.reason.why.clone(),
        timezone: look.zone.name().to_owned(),
        forced,
        intake: look.intake.clone(),
        findings: store::open_findings(connection, source)?,
        event_titles: store::titles(connection, source, month)?,
    };
    let totals_sha256 = totals.sha256()?;
    let soft = store::period(connection, source, &period)?.filter(|row| row.status == "soft");
    Ok(PreparedClose {
        blockers,
        manifest: Manifest::new(source, &period, head, &observed, &totals)?,
        forced: observed.forced,
        changed: soft.map(|row| row.totals_sha256.as_ref() != Some(&totals_sha256)),
        totals_sha256,
    })
}

/// Writes manifest, entry and anchor.
fn write_close(
    connection: &mut Connection,
    book: &mut Book,
    request: &Request,
    draft: &PreparedClose,
    now: Timestamp,
) -> Result<Anchor, Error> {
    let (source, period) = (book.source.clone(), request.month.to_string());
    let atom_key = format!("close:{period}");
    let posting_key = chain::posting_key(&source, "", 0, &atom_key, super::book::EntryKind::Close);
    let sealed = book.append(
        EntryRow {
            source: source.clone(),
            entry_no: 0,
            kind: "close".to_owned(),
            event_type: "close".to_owned(),
            order_id: None,
            snapshot_no: None,
            atom_key,
            atom_hash: draft.manifest.doc_sha256.clone(),
            reverses_no: None,
            reason_code: if draft.forced.is_empty() { "closed" } else { "closed_by_force" }.to_owned(),
            // ISO 4217's code for "no currency".
            currency: "XXX".to_owned(),
            effective_at: now,
            effective_basis: "close".to_owned(),
            booking_date: now.local_date(book.policies.zone()),
            recorded_at: now,
            inbox_event_id: None,
            policy_id: book.policies.at(now),
            line_count: 0,
            posting_key,
            hash_version: chain::HASH_VERSION,
            prev_hash: String::new(),
            entry_hash: String::new(),
        },
        &[],
    );
    book.close_period(&period);
    let manifest = store::ManifestRow {
        source: source.clone(),
        period: period.clone(),
        entry_no: sealed.entry_no,
        doc: draft.manifest.doc.clone(),
        doc_sha256: draft.manifest.doc_sha256.clone(),
        closed_at: now,
        closed_by: request.reason.actor.clone(),
    };
    store::insert_close(connection, &manifest, &sealed)?;
    let anchor = Anchor {
        source: source.clone(),
        period,
        entry_no: sealed.entry_no,
        entry_hash: sealed.entry_hash.clone(),
        manifest_sha256: manifest.doc_sha256,
        time: now,
    };
    let anchor_no = store::anchors(connection, &source)?.last().map_or(1, |last| last.anchor_no + 1);
    let row = store::AnchorRow {
        source,
        anchor_no,
        entry_no: sealed.entry_no,
        entry_hash: sealed.entry_hash,
        made_at: now,
        medium: "file".to_owned(),
        proof: anchor.to_line(),
    };
    store::insert_anchor(connection, &row)?;
    Ok(anchor)
}

impl PreparedClose {
    fn into_closing(
        self,
        source: &str,
        request: &Request,
        result: &'static str,
        anchor: Option<Anchor>,
    ) -> Result<Closing, Error> {
        let unreadable = |error: serde_json::Error| crate::db::Error::Inconsistent(error.to_string());
        Ok(Closing {
            source: source.to_owned(),
            period: request.month.to_string(),
            result,
            blockers: self.blockers,
            forced: self.forced,
            changed_since_soft_close: self.changed,
            anchor,
            manifest_sha256: self.manifest.doc_sha256,
            manifest: RawValue::from_string(self.manifest.doc).map_err(unreadable)?,
        })
    }
}
