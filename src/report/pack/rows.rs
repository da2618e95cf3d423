//! The typed rows of a month pack. Their JSON is the data behind the paper: amounts are whole minor units of the
//! currency of their section, codes are stable, and no text is translated.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::ties::Check;
use crate::clock::Timestamp;
use crate::ledger::totals::TrialBalance;

/// Of the JSON; a change of a field gets a new number.
pub(super) const FORM: u32 = 1;

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
    /// Until when a comparison with the provider found that nothing is missing; absent when nobody compared.
    pub complete_up_to: Option<Timestamp>,
    pub last_sweep: Option<Timestamp>,
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

#[derive(Debug, Serialize)]
pub struct Told {
    pub currency: String,
    pub amount_minor: i64,
}

/// The pages of one currency.
#[derive(Debug, Serialize)]
pub struct Section {
    pub currency: String,
    pub summary: Vec<SummaryRow>,
    pub charts: Charts,
    pub trial_balance: Vec<TrialBalance>,
    pub trial_balance_total: TrialTotal,
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

/// A line of the summary: this period, the one before, and the same a year before.
#[derive(Debug, Serialize)]
pub struct SummaryRow {
    pub line: SummaryLine,
    /// Where its details are.
    pub page: u8,
    pub minor: i64,
    pub period_before_minor: i64,
    pub year_before_minor: i64,
    /// With what came after the close and belongs to the period; absent unless something did.
    pub as_now_known_minor: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SummaryLine {
    Billed,
    Discounts,
    Net,
    Vat,
    Gross,
    Paid,
    Refunded,
    Receivable,
    StoredValue,
    Deferred,
}

#[derive(Debug, Serialize)]
pub struct Charts {
    /// Revenue, net: a day of a month, or a month of a longer period.
    pub revenue: Vec<RevenueBar>,
    /// Liability of vouchers and flex tickets at the ends of thirteen months.
    pub stored_value: Vec<MonthEnd>,
}

#[derive(Debug, Serialize)]
pub struct RevenueBar {
    /// `2025-11-08`, or `2025-11`.
    pub on: String,
    pub net_minor: i64,
    pub year_before_minor: i64,
}

#[derive(Debug, Serialize)]
pub struct MonthEnd {
    pub month: String,
    pub balance_minor: i64,
}

#[derive(Debug, Default, Serialize)]
pub struct TrialTotal {
    pub opening_minor: i64,
    pub debit_minor: i64,
    pub credit_minor: i64,
    pub closing_minor: i64,
}

#[derive(Debug, Serialize)]
pub struct VatPage {
    pub by_booking: Vec<VatRow>,
    pub by_booking_total: VatSum,
    pub by_payment: Vec<VatRow>,
    pub by_payment_total: VatSum,
    pub by_service: Vec<VatRow>,
    pub by_service_total: VatSum,
    /// Posted and not due yet, by payment and by service.
    pub not_due: Vec<NotDue>,
    /// What of `by_booking` concerns earlier months.
    pub of_earlier_months: Vec<VatOfMonth>,
}

/// Net, VAT and gross of a rate; no rate means that it is not known yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VatRow {
    pub vat_bp: Option<i32>,
    #[serde(flatten)]
    pub sum: VatSum,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VatSum {
    pub net_minor: i64,
    pub vat_minor: i64,
    pub gross_minor: i64,
}

/// VAT of a rate that is posted and not due yet: opening + posted - due = closing.
#[derive(Debug, Serialize)]
pub struct NotDue {
    /// `payment` or `service`.
    pub basis: String,
    pub vat_bp: Option<i32>,
    pub opening_minor: i64,
    pub posted_minor: i64,
    pub due_minor: i64,
    pub closing_minor: i64,
}

/// A difference between the VAT report and the revenue report, by its cause; the first step is the one, the last the
/// other.
#[derive(Debug, Serialize)]
pub struct BridgeStep {
    pub step: String,
    #[serde(flatten)]
    pub sum: VatSum,
}

#[derive(Debug, Serialize)]
pub struct VatOfMonth {
    pub month: String,
    #[serde(flatten)]
    pub row: VatRow,
}

#[derive(Debug, Serialize)]
pub struct RevenuePage {
    pub events: Vec<EventRow>,
    pub categories: Vec<CategorySum>,
    pub total: VatSum,
    /// From the VAT by booking date to this revenue.
    pub bridge: Vec<BridgeStep>,
}

#[derive(Debug, Serialize)]
pub struct EventRow {
    /// `tickets` or `products`.
    pub category: String,
    pub event_id: Option<String>,
    pub title: Option<String>,
    /// First and last day of the event that was sold for.
    pub first_day: Option<NaiveDate>,
    pub last_day: Option<NaiveDate>,
    pub vat_bp: Option<i32>,
    pub sold: i64,
    pub returned: i64,
    #[serde(flatten)]
    pub sum: VatSum,
}

#[derive(Debug, Serialize)]
pub struct CategorySum {
    pub category: String,
    pub sold: i64,
    pub returned: i64,
    #[serde(flatten)]
    pub sum: VatSum,
}

/// Money on its way by one method: opening + paid + refunded + paid out + fees + other = closing.
#[derive(Debug, Serialize)]
pub struct Clearing {
    pub account: String,
    #[serde(flatten)]
    pub sum: ClearingTotal,
    /// The oldest day whose payments are not paid out, when the oldest are paid out first.
    pub oldest_open_day: Option<NaiveDate>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct ClearingTotal {
    pub opening_minor: i64,
    pub paid_minor: i64,
    pub refunded_minor: i64,
    pub paid_out_minor: i64,
    pub fees_minor: i64,
    pub other_minor: i64,
    pub closing_minor: i64,
    /// Payments and refunds.
    pub transactions: i64,
}

/// Opening + movements = closing.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RollForward {
    /// The account; several together have none.
    pub account: Option<String>,
    pub opening_minor: i64,
    pub moves: Vec<MoveSum>,
    pub closing_minor: i64,
}

#[derive(Clone, Debug, Serialize)]
pub struct MoveSum {
    /// Such as `billed`.
    pub what: super::figures::Moved,
    pub minor: i64,
}

#[derive(Debug, Serialize)]
pub struct OpenItems {
    pub ages: Vec<AgeSum>,
    pub total_minor: i64,
    /// The largest debts and the largest credits.
    pub debts: Listed,
    pub credits: Listed,
}

#[derive(Debug, Serialize)]
pub struct AgeSum {
    /// `not due`, `1-30` and so on, or `credit`.
    pub age: &'static str,
    pub orders: i64,
    pub balance_minor: i64,
}

/// The largest of a list, and what the rest adds up to.
#[derive(Debug, Default, Serialize)]
pub struct Listed {
    pub largest: Vec<OpenItem>,
    pub more: i64,
    pub more_minor: i64,
}

#[derive(Debug, Serialize)]
pub struct OpenItem {
    pub order_id: Option<String>,
    pub order_code: Option<String>,
    pub due_on: NaiveDate,
    pub days: i64,
    pub age: &'static str,
    pub balance_minor: i64,
}

#[derive(Debug, Serialize)]
pub struct YearOfIssue {
    /// Absent for what was used here and never issued here.
    pub year: Option<i32>,
    pub vouchers: i64,
    pub balance_minor: i64,
}

/// What becomes revenue in the month of its event.
#[derive(Debug, Serialize)]
pub struct DeferredMonth {
    pub month: Option<String>,
    pub minor: i64,
}

#[derive(Debug, Serialize)]
pub struct LatePage {
    /// What this period has of closed months, and what later periods have of this one.
    pub of_closed_months: Vec<LateSum>,
    pub booked_later: Vec<LateSum>,
    /// Entries of this period that belong to closed months.
    pub entries: Vec<LateEntry>,
    pub more_entries: i64,
}

/// What was booked late, by the closed month to which it belongs and the month that took it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct LateSum {
    pub late_for: String,
    pub booked_in: String,
    /// What it moved on the receivable.
    pub receivable_minor: i64,
    #[serde(flatten)]
    pub sum: VatSum,
    pub paid_minor: i64,
    pub refunded_minor: i64,
}

#[derive(Debug, Serialize)]
pub struct LateEntry {
    pub entry_no: i64,
    pub booking_date: NaiveDate,
    pub effective_at: Timestamp,
    pub late_for: String,
    pub event_type: String,
    pub order_code: Option<String>,
    pub reverses_no: Option<i64>,
    /// The sum of its debits.
    pub amount_minor: i64,
}

/// An account that should be empty.
#[derive(Debug, Serialize)]
pub struct Suspense {
    pub account: String,
    pub closing_minor: i64,
    /// Findings, open or acknowledged, that say why it is not.
    pub explained_by: i64,
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
