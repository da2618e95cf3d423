//! Closing a month: the checks, the frozen manifest, the entry in the chain, the anchor.
//!
//! Belongs here: what stands in the way of a close, what was seen that day, and writing it all down. Does not: the
//! numbers of a month and the form of a manifest (`totals`), what a close leaves for others to read (`book`).
//!
//! ```text
//! verify, count the intake ──> lock ──> checks ──> manifest ──> close entry ──> period closed ──> anchor ──> commit
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
//! **A rebuild repeats it.** A close is the deed of a person, so it cannot be derived from the inbox: a rebuild takes
//! its entry as it is stored, at its place in the chain, and [`Book::append`] closes the month there, so that what
//! follows is booked as it was. Manifests are not rebuilt: `ledger verify` computes them again.
//!
//! A soft close writes the hash of the month's numbers into `periods` and nothing else: entries are still accepted and
//! nothing is marked. It tells, at the hard close, whether the numbers have moved since.

pub mod anchor;
mod check;
mod look;
mod observed;
mod prepared;
mod store;

use chrono_tz::Tz;
use serde::Serialize;
use serde_json::value::RawValue;

pub use self::check::{Blocker, Warning};
pub use self::look::first_look;
pub use self::observed::{Intake, Observed, OpenFinding};

use self::anchor::Anchor;
use self::look::known_source;
use super::Error;
use super::book::closings::{AnchorRow, ManifestRow, PeriodRow, store as closings};
use super::book::{Book, EntryKind, EntryReason, EntryRow, Month, chain, store as journal};
use super::proof::verify::verify_in;
use super::totals::{Head, MonthTotals};
use crate::clock::{Clock, Timestamp};
use crate::db::{Connection, Database};
use crate::freshness::{Freshness, Tell, covers};
use crate::hash;
use crate::inbox::operator::{self, Action, ActionKind, Reason};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    pub month: Month,
    /// Warn from now on instead of refusing.
    pub soft: bool,
    /// Close although webhooks of the month are parked or pending.
    pub force: bool,
    pub reason: Reason,
}

/// What became of a close, or would.
#[derive(Debug, Serialize)]
pub struct Closing {
    pub source: String,
    pub period: String,
    /// `closed`, `soft`, `blocked`, `changed` when it is not what was shown any more, or `possible` when nothing was to
    /// be changed.
    pub result: &'static str,
    /// What stands in the way; of a soft close what will stand in the way of the hard one.
    pub blockers: Vec<Blocker>,
    /// What stood in the way and was overruled.
    pub forced: Vec<Blocker>,
    /// What does not stand in the way, and should be thought of before the first month is frozen.
    pub warnings: Vec<Warning>,
    /// After a soft close: whether the numbers of the month have changed since.
    pub changed_since_soft_close: Option<bool>,
    /// The place of the close in the chain.
    pub anchor: Option<Anchor>,
    /// Hash of the numbers alone: the same until one of them changes, whoever closes and when.
    pub totals_sha256: String,
    /// Hash of all that somebody decides on who closes the month: the numbers, what stands in the way, and what to
    /// think of.
    #[serde(skip)]
    pub shown_sha256: String,
    /// Hash of the manifest, which also says who closes and when.
    pub manifest_sha256: String,
    /// The manifest as it is stored, or would be.
    pub manifest: Box<RawValue>,
}

/// How late webhooks may be that still come, when nobody says otherwise.
const USUAL_GRACE_MILLISECONDS: i64 = 15 * 60_000;

/// What a close is told by those who know the settings, and have seen a preview.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// Reads the payments in the body of a parked webhook.
    pub tell: Tell<'a>,
    /// How late a webhook of the month may be: the book must be complete for so long after its end.
    pub grace_milliseconds: i64,
    /// [`Closing::shown_sha256`] of a preview: nothing is closed when it would be another one by now.
    pub shown: Option<&'a str>,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self { tell: &|_| None, grace_milliseconds: USUAL_GRACE_MILLISECONDS, shown: None }
    }
}

/// What is read before the lock is taken.
struct BeforeLock {
    zone: Tz,
    broken: Option<String>,
    intake: Intake,
    freshness: Freshness,
    /// Whether the provider was asked for the whole month.
    covered: bool,
    grace_milliseconds: i64,
}

/// All that a close would write.
struct PreparedClose {
    blockers: Vec<Blocker>,
    forced: Vec<Blocker>,
    warnings: Vec<Warning>,
    totals_sha256: String,
    changed: Option<bool>,
    manifest: String,
    manifest_sha256: String,
}

/// Names of the sources that have a book.
///
/// # Errors
/// When the database cannot be read.
pub fn sources(database: &Database) -> Result<Vec<String>, Error> {
    let sources = journal::sources(&mut database.reader()?)?;
    Ok(sources.into_iter().map(|source| source.name).collect())
}

/// Says what a close would do, and changes nothing.
///
/// # Errors
/// When the database cannot be read, or there is no such book.
pub fn preview(
    database: &Database,
    clock: &Clock,
    source: &str,
    request: &Request,
    settings: Settings<'_>,
) -> Result<Closing, Error> {
    database.read(|connection| {
        let before = before_lock(connection, clock, source, request.month, settings)?;
        let (entry_no, entry_hash) = journal::head(connection, source)?.unwrap_or((0, chain::GENESIS.to_owned()));
        let head = Head { entry_no, entry_hash: &entry_hash };
        let prepared = prepare(connection, source, &before, head, request, clock.now())?;
        let result = if prepared.blockers.is_empty() { "possible" } else { "blocked" };
        prepared.into_closing(source, request, result, None)
    })
}

/// Closes a month of one source, in one transaction.
///
/// # Errors
/// When a statement fails or there is no such book. What stands in the way is not an error but in the [`Closing`].
pub fn close(
    database: &Database,
    clock: &Clock,
    source: &str,
    request: &Request,
    settings: Settings<'_>,
) -> Result<Closing, Error> {
    let before = database.read(|connection| before_lock(connection, clock, source, request.month, settings))?;
    database.transaction("close", |connection| {
        let mut book = Book::open(connection, source, before.zone)?;
        let now = clock.now();
        let (entry_no, entry_hash) = book.head();
        let head = Head { entry_no, entry_hash };
        let prepared = prepare(connection, source, &before, head, request, now)?;
        let final_word = |blocker: &Blocker| matches!(blocker.code, "month_not_over" | "already_closed");
        let refused =
            if request.soft { prepared.blockers.iter().any(final_word) } else { !prepared.blockers.is_empty() };
        if refused {
            return prepared.into_closing(source, request, "blocked", None);
        }
        if settings.shown.is_some_and(|shown| shown != prepared.shown_sha256()) {
            return prepared.into_closing(source, request, "changed", None);
        }
        let seen = entry_no;
        let anchor =
            if request.soft { None } else { Some(write_close(connection, &mut book, request, &prepared, now)?) };
        let row = PeriodRow {
            source: source.to_owned(),
            period: request.month.to_string(),
            status: if request.soft { "soft" } else { "closed" }.to_owned(),
            closed_at: Some(now),
            closed_by: Some(request.reason.actor.clone()),
            totals_sha256: Some(prepared.totals_sha256.clone()),
            head_entry_no: Some(seen),
        };
        closings::save_period(connection, &row)?;
        let filter =
            serde_json::json!({ "source": source, "period": row.period, "forced": prepared.forced }).to_string();
        let kind = if request.soft { ActionKind::SoftClose } else { ActionKind::Close };
        let (reason, changed) = (&request.reason, usize::from(!request.soft));
        operator::record(connection, &Action { kind, at: now, reason, selection: &filter, changed })?;
        prepared.into_closing(source, request, if request.soft { "soft" } else { "closed" }, anchor)
    })
}

/// Every anchor line of a source, in the order of the chain.
///
/// # Errors
/// When the database cannot be read.
pub fn anchor_lines(database: &Database, source: &str) -> Result<Vec<String>, Error> {
    let anchors = closings::anchors(&mut database.reader()?, source)?;
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
        let found = closings::hash_of(&mut connection, source, *entry_no)?;
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

fn before_lock(
    connection: &mut Connection,
    clock: &Clock,
    source: &str,
    month: Month,
    settings: Settings<'_>,
) -> Result<BeforeLock, Error> {
    let zone = known_source(connection, source)?.timezone;
    let broken = verify_in(connection, Some(source))?.broken;
    let intake = store::intake(connection, source, month.starts_at(zone), month.ends_at(zone))?;
    let freshness = Freshness::read(connection, source, settings.tell, clock.now())?;
    let covered = covers(connection, source, month.starts_at(zone), (month.first_day(), month.last_day()))?;
    Ok(BeforeLock { zone, broken, intake, freshness, covered, grace_milliseconds: settings.grace_milliseconds })
}

fn prepare(
    connection: &mut Connection,
    source: &str,
    before: &BeforeLock,
    head: Head<'_>,
    request: &Request,
    now: Timestamp,
) -> Result<PreparedClose, Error> {
    let (month, period) = (request.month, request.month.to_string());
    let mut blockers = check::blockers(connection, source, before.zone, month, now)?;
    if let Some(broken) = &before.broken {
        blockers.insert(0, check::broken(broken));
    }
    let (forced, blockers) = blockers.into_iter().partition(|blocker| request.force && blocker.can_be_forced);
    let totals = MonthTotals::compute(connection, source, month, head.entry_no)?;
    let observed = Observed {
        closed_at: now,
        closed_by: request.reason.actor.clone(),
        why: request.reason.why.clone(),
        timezone: before.zone.name().to_owned(),
        forced,
        intake: before.intake.clone(),
        freshness: before.freshness.clone(),
        findings: store::open_findings(connection, source)?,
        event_titles: store::titles(connection, source, month)?,
    };
    let totals_sha256 = totals.sha256()?;
    let soft = closings::period(connection, source, &period)?.filter(|row| row.status == "soft");
    let manifest = totals.document(source, &period, head, &observed)?;
    let mut warnings = check::warnings(connection, source, before.zone)?;
    let needed = month.ends_at(before.zone).plus_milliseconds(before.grace_milliseconds);
    warnings.extend(check::incomplete((&before.freshness, before.covered), source, before.zone, month, needed));
    Ok(PreparedClose {
        blockers,
        warnings,
        manifest_sha256: hash::sha256(&manifest),
        manifest,
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
    prepared: &PreparedClose,
    now: Timestamp,
) -> Result<Anchor, Error> {
    let (source, period) = (book.source.clone(), request.month.to_string());
    let atom_key = format!("close:{period}");
    let posting_key = chain::posting_key(&source, "", 0, &atom_key, EntryKind::Close);
    let sealed = book.append(
        EntryRow {
            source: source.clone(),
            entry_no: 0,
            kind: EntryKind::Close.to_string(),
            event_type: "close".to_owned(),
            order_id: None,
            snapshot_no: None,
            atom_key,
            atom_hash: prepared.manifest_sha256.clone(),
            reverses_no: None,
            reason_code: if prepared.forced.is_empty() { EntryReason::Closed } else { EntryReason::ClosedByForce }
                .to_string(),
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
    let manifest = ManifestRow {
        source: source.clone(),
        period: period.clone(),
        entry_no: sealed.entry_no,
        doc: prepared.manifest.clone(),
        doc_sha256: prepared.manifest_sha256.clone(),
        closed_at: now,
        closed_by: request.reason.actor.clone(),
    };
    closings::insert(connection, &manifest, &sealed)?;
    let anchor = Anchor {
        source: source.clone(),
        period,
        entry_no: sealed.entry_no,
        entry_hash: sealed.entry_hash.clone(),
        manifest_sha256: manifest.doc_sha256,
        time: now,
    };
    let anchor_no = closings::anchors(connection, &source)?.last().map_or(1, |last| last.anchor_no + 1);
    let row = AnchorRow {
        source,
        anchor_no,
        entry_no: sealed.entry_no,
        entry_hash: sealed.entry_hash,
        made_at: now,
        medium: "file".to_owned(),
        proof: anchor.to_line(),
    };
    closings::insert_anchor(connection, &row)?;
    Ok(anchor)
}
