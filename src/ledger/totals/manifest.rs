//! The document in which a close freezes a month, as canonical JSON: written, computed again, and read back.
//!
//! It has two parts. `totals` are computed from the journal up to the head that the close saw, and nothing else, so
//! that they come out the same, byte for byte, on any later day: `ledger verify` computes them again. `observed` is
//! what was seen that day and may change since: findings, the intake, who closed. The hash in the chain covers both.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{AccountBalance, AsOf, MonthTotals, PaymentsByMethod, Selection, VatByRate};
use crate::clock::Timestamp;
use crate::db::{Connection, Error, Result};
use crate::freshness::Freshness;
use crate::hash;
use crate::ledger::book::{Month, closings};

/// Of the form below; a change of it gets a new number, and `verify` keeps the old one.
pub(in crate::ledger) const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a, O> {
    version: u32,
    source: &'a str,
    period: &'a str,
    head: Head<'a>,
    observed: &'a O,
    totals: &'a MonthTotals,
}

/// The last entry that the close saw.
#[derive(Clone, Copy, Serialize)]
pub(in crate::ledger) struct Head<'a> {
    pub(in crate::ledger) entry_no: i64,
    pub(in crate::ledger) entry_hash: &'a str,
}

impl MonthTotals {
    /// The whole document: these numbers, and what was observed.
    pub(in crate::ledger) fn document(
        &self,
        source: &str,
        period: &str,
        head: Head<'_>,
        observed: &impl Serialize,
    ) -> Result<String> {
        json_of(&Document { version: VERSION, source, period, head, observed, totals: self })
    }
}

/// What `verify` takes from a stored manifest as it stands; the rest is computed again.
#[derive(Deserialize)]
pub(in crate::ledger) struct Stored<'a> {
    pub(in crate::ledger) version: u32,
    #[serde(borrow)]
    pub(in crate::ledger) observed: &'a RawValue,
}

/// A month as its manifest has it.
pub struct ClosedMonth {
    source: String,
    month: Month,
    /// The last entry that the close saw.
    head_entry_no: i64,
    seal: Seal,
    observed: Observed,
    pub(super) totals: MonthTotals,
}

/// Who closed a month and when, and what proves what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    pub closed_at: Timestamp,
    pub closed_by: String,
    /// The close entry.
    pub entry_no: i64,
    pub manifest_sha256: String,
}

/// What was seen on the day of the close, as far as it is read again.
#[derive(Deserialize)]
struct Observed {
    event_titles: BTreeMap<String, String>,
    findings: Vec<SeenFinding>,
    intake: SeenIntake,
    /// Absent in manifests of earlier versions.
    freshness: Option<Freshness>,
}

/// A finding that was open or acknowledged on the day of the close.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SeenFinding {
    pub fingerprint: String,
    pub reason: String,
    pub severity: String,
    /// `open` or `acknowledged`.
    pub state: String,
    pub currency: Option<String>,
    pub difference_minor: Option<i64>,
}

/// The deliveries of the month, as they were on the day of the close.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct SeenIntake {
    pub states: BTreeMap<String, i64>,
    pub last_received_at: Option<Timestamp>,
}

/// Why a manifest cannot be read back.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error(transparent)]
    Database(#[from] Error),
    #[error("the manifest of {month} of source {source_name} cannot be read: {detail}")]
    Document { source_name: String, month: Month, detail: String },
}

/// The month as it was closed; `None` while it is open, or softly closed.
///
/// # Errors
/// When the database cannot be read, or the manifest is not of the form that this program writes.
pub fn closed_month(
    connection: &mut Connection,
    source: &str,
    month: Month,
) -> std::result::Result<Option<ClosedMonth>, Unreadable> {
    #[derive(Deserialize)]
    struct Document {
        observed: Observed,
        totals: MonthTotals,
    }
    let Some(row) = closings::store::manifest(connection, source, &month.to_string())? else { return Ok(None) };
    let Document { observed, totals } = serde_json::from_str(&row.doc).map_err(|error| Unreadable::Document {
        source_name: source.to_owned(),
        month,
        detail: error.to_string(),
    })?;
    Ok(Some(ClosedMonth {
        source: source.to_owned(),
        month,
        head_entry_no: row.entry_no - 1,
        seal: Seal {
            closed_at: row.closed_at,
            closed_by: row.closed_by,
            entry_no: row.entry_no,
            manifest_sha256: row.doc_sha256,
        },
        observed,
        totals,
    }))
}

impl ClosedMonth {
    /// The lines that the close saw of its month.
    pub fn lines(&self) -> Selection<'_> {
        let as_of = AsOf { entries_until: Some(self.head_entry_no), ..AsOf::default() };
        Selection { source: Some(&self.source), period: Some(self.month.into()), as_of }
    }

    /// The titles of events on the day of the close, by the keys of the events.
    pub fn titles(&self) -> &BTreeMap<String, String> {
        &self.observed.event_titles
    }

    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    pub fn findings(&self) -> &[SeenFinding] {
        &self.observed.findings
    }

    pub fn intake(&self) -> &SeenIntake {
        &self.observed.intake
    }

    /// How complete the book was on the day of the close, if that was kept.
    pub fn freshness(&self) -> Option<&Freshness> {
        self.observed.freshness.as_ref()
    }

    /// What the month moved on each account, and the balance of each at its end, as frozen.
    pub fn accounts(&self) -> (&[AccountBalance], &[AccountBalance]) {
        (&self.totals.movements, &self.totals.trial_balance)
    }

    /// VAT and payments, as frozen.
    pub fn vat_and_payments(&self) -> (&[VatByRate], &[PaymentsByMethod]) {
        (&self.totals.vat, &self.totals.payments)
    }

    /// All that was booked by the end of the month, as the close saw it.
    pub fn at_its_end(&self) -> Selection<'_> {
        let as_of = AsOf { booked_until: Some(self.month.last_day()), ..self.lines().as_of };
        Selection { period: None, as_of, ..self.lines() }
    }

    pub(super) fn name(&self) -> String {
        format!("{} of source {}", self.month, self.source)
    }
}

pub(super) fn json_of(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Inconsistent(format!("a manifest cannot be written: {error}")))
}

pub(super) fn hash_of(value: &(impl Serialize + ?Sized)) -> Result<String> {
    Ok(hash::sha256(json_of(&value)?))
}
