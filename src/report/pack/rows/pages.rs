//! The rows of the pages of one currency.

use chrono::NaiveDate;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::report::pack::figures::Moved;

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
    pub what: Moved,
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
