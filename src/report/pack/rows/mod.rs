//! The typed rows of a month pack. Their JSON is the data behind the paper: amounts are whole minor units of the
//! currency of their section, codes are stable, and no text is translated.

mod pages;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

pub use self::pages::*;
use super::ties::Check;
use crate::clock::Timestamp;
pub use crate::freshness::Told;
use crate::ledger::totals::TrialBalance;

/// Of the JSON; a change of a field gets a new number.
pub(super) const FORM: u32 = 2;

/// All pages of one source and period.
#[derive(Debug, Serialize)]
pub struct Pack {
    pub form: u32,
    pub source: String,
    pub timezone: String,
    /// `2025-11`, `2025-Q4`, `2025`.
    pub period: String,
    pub first_day: NaiveDate,
    pub last_day: NaiveDate,
    /// `as_known` or `as_closed`.
    pub view: View,
    pub made_at: Timestamp,
    /// The program and its version.
    pub made_by: String,
    /// The chart that the numbers of accounts are from; absent when the settings name none.
    pub chart: Option<String>,
    pub cover: Cover,
    pub checks: Vec<Check>,
    /// Amounts of different currencies are never added.
    pub currencies: Vec<Section>,
    pub exceptions: Exceptions,
    /// Batches that were handed to other programs.
    pub exports: Vec<Export>,
}

/// Which state of the books is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// What is known now.
    AsKnown,
    /// What the closes of the months saw.
    AsClosed,
}

#[derive(Debug, Serialize)]
pub struct Cover {
    pub months: Vec<MonthState>,
    pub entries: Entries,
    /// The last entry of the chain that the pack could see.
    pub head: Option<Head>,
    pub policies: Vec<PolicyUse>,
    pub freshness: Freshness,
}

/// A month of the period.
#[derive(Debug, Serialize)]
pub struct MonthState {
    pub month: String,
    /// `open`, `soft` or `closed`.
    pub status: String,
    pub closed_at: Option<Timestamp>,
    pub closed_by: Option<String>,
    /// The close entry, and the hash of the manifest that it names.
    pub close_entry_no: Option<i64>,
    pub manifest_sha256: Option<String>,
    /// Entries that belong to this month and are booked in a later one, because it was closed.
    pub late_entries: i64,
}

/// The entries that are booked in the period.
#[derive(Debug, Serialize)]
pub struct Entries {
    pub count: i64,
    pub first_no: Option<i64>,
    pub last_no: Option<i64>,
}

#[derive(Debug, Serialize)]
pub struct Head {
    pub entry_no: i64,
    pub entry_hash: String,
}

/// A policy under which entries of the period were posted.
#[derive(Debug, Serialize)]
pub struct PolicyUse {
    pub policy_id: i32,
    pub doc_sha256: String,
}

/// Whether everything came in.
#[derive(Debug, Serialize)]
pub struct Freshness {
    /// All of it in one sentence, with times of the source.
    pub statement: String,
    /// Until when a comparison with the provider found that nothing is missing; absent when nobody compared.
    pub complete_up_to: Option<Timestamp>,
    pub last_sweep: Option<Timestamp>,
    /// How that sweep ended: `clean`, `repaired`, `failed`, ...
    pub last_result: Option<String>,
    /// Webhooks that never came, found by sweeps within the period; absent when nobody compared.
    pub missed_found: Option<i64>,
    /// Webhooks that were received in the period, by their state.
    pub received: BTreeMap<String, i64>,
    pub last_received_at: Option<Timestamp>,
    pub parked: Parked,
}

/// Webhooks that are received and not booked.
#[derive(Debug, Serialize)]
pub struct Parked {
    /// Received in the period.
    pub in_period: i64,
    /// Received at any time.
    pub in_all: i64,
    /// What their bodies tell of payments, as far as they can be read.
    pub told: Vec<Told>,
    /// Those of which no payment can be read.
    pub without_sum: i64,
}

/// The pages of one currency.
#[derive(Debug, Serialize)]
pub struct Section {
    pub currency: String,
    pub summary: Vec<SummaryRow>,
    pub charts: Charts,
    pub trial_balance: Vec<TrialBalance>,
    pub trial_balance_total: TrialTotal,
    /// What the accounts of the trial balance are in the accountant's chart; empty without one. Of several, the rate
    /// or the event decides.
    pub account_numbers: BTreeMap<String, Vec<String>>,
    pub vat: VatPage,
    pub revenue: RevenuePage,
    pub clearing: Vec<Clearing>,
    pub clearing_total: ClearingTotal,
    pub receivable: RollForward,
    pub open_items: OpenItems,
    pub stored_value: Vec<RollForward>,
    pub stored_value_total: RollForward,
    /// What vouchers and flex tickets are worth, by the year in which they were issued.
    pub stored_value_years: Vec<YearOfIssue>,
    pub deferred: Vec<DeferredMonth>,
    pub deferred_minor: i64,
    pub late: LatePage,
    pub suspense: Vec<Suspense>,
}

/// Findings that are not settled, by kind; and who acknowledged which, and why.
#[derive(Debug, Serialize)]
pub struct Exceptions {
    pub open: Vec<FindingSum>,
    pub acknowledged: Vec<Acknowledged>,
    pub more_acknowledged: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FindingSum {
    pub severity: String,
    pub reason: String,
    pub currency: Option<String>,
    pub findings: i64,
    /// Of what is missing or too much, whatever its sign.
    pub difference_minor: i64,
}

#[derive(Debug, Serialize)]
pub struct Acknowledged {
    pub severity: String,
    pub reason: String,
    pub order_code: Option<String>,
    pub currency: Option<String>,
    pub difference_minor: Option<i64>,
    pub by: Option<String>,
    pub why: Option<String>,
}

/// A batch that was handed to another program.
#[derive(Clone, Debug, Serialize)]
pub struct Export {
    pub target: String,
    pub batch: String,
    pub rows: i64,
    pub sha256: String,
}
