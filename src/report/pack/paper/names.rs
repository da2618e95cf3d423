//! The words for codes. A code without a word is shown as it is, so nothing can be missing.

use super::words::Words;
use crate::report::pack::{Moved, Outcome, SummaryLine, Tie};

impl Words {
    pub(super) fn tie(&self, code: Tie) -> &'static str {
        match code {
            Tie::Chain => self.check_chain,
            Tie::Frozen => self.check_frozen,
            Tie::Sweep => self.check_sweep,
            Tie::Parked => self.check_parked,
            Tie::Pending => self.check_pending,
            Tie::Summary => self.check_summary,
            Tie::Charts => self.check_charts,
            Tie::TrialBalance => self.check_trial_balance,
            Tie::VatAccounts => self.check_vat_accounts,
            Tie::VatByPayment => self.check_vat_by_payment,
            Tie::VatByService => self.check_vat_by_service,
            Tie::Revenue => self.check_revenue,
            Tie::Bridge => self.check_bridge,
            Tie::Clearing => self.check_clearing,
            Tie::Payments => self.check_payments,
            Tie::Receivable => self.check_receivable,
            Tie::OpenItems => self.check_open_items,
            Tie::StoredValue => self.check_stored_value,
            Tie::StoredValueYears => self.check_stored_value_years,
            Tie::Deferred => self.check_deferred,
            Tie::Suspense => self.check_suspense,
            Tie::HighFindings => self.check_high_findings,
            Tie::Exports => self.check_exports,
        }
    }

    pub(super) fn outcome(&self, outcome: Outcome) -> &'static str {
        match outcome {
            Outcome::Passed => self.passed,
            Outcome::Failed => self.failed,
            Outcome::NotChecked => self.not_checked,
        }
    }

    pub(super) fn summary_line(&self, line: SummaryLine) -> &'static str {
        match line {
            SummaryLine::Billed => self.billed,
            SummaryLine::Discounts => self.discounts,
            SummaryLine::Net => self.net,
            SummaryLine::Vat => self.vat,
            SummaryLine::Gross => self.gross,
            SummaryLine::Paid => self.paid,
            SummaryLine::Refunded => self.refunded,
            SummaryLine::Receivable => self.receivable_closing,
            SummaryLine::StoredValue => self.stored_value_closing,
            SummaryLine::Deferred => self.deferred_closing,
        }
    }

    /// What moved a receivable, or with `of_vouchers` a liability of vouchers.
    pub(super) fn moved(&self, moved: Moved, of_vouchers: bool) -> &'static str {
        match moved {
            Moved::Billed => self.billed,
            Moved::Discounts => self.discounts,
            Moved::Issued => self.issued,
            Moved::Redeemed if of_vouchers => self.used,
            Moved::Redeemed => self.redeemed,
            Moved::Paid => self.paid,
            Moved::Refunded => self.refunded,
            Moved::RefundVouchers => self.refund_vouchers,
            Moved::Retained => self.retained,
            Moved::WrittenOff => self.written_off,
            Moved::CashRounding => self.cash_rounding,
            Moved::Expired => self.expired,
            Moved::Corrected => self.corrected,
            Moved::PaidOut => self.paid_out,
            Moved::Fees => self.fees,
            Moved::BroughtIn => self.brought_in,
            Moved::Other => self.other,
        }
    }

    pub(super) fn status(&self, status: &str) -> String {
        match status {
            "open" => self.open,
            "soft" => self.soft,
            "closed" => self.closed,
            other => return other.to_owned(),
        }
        .to_owned()
    }

    /// How a sweep ended.
    pub(super) fn swept(&self, result: &str) -> String {
        match result {
            "clean" => self.swept_clean,
            "repaired" => self.swept_repaired,
            "failed" => self.swept_failed,
            "stopped" => self.swept_stopped,
            "over_budget" => self.swept_over_budget,
            "unstable" => self.swept_unstable,
            other => return other.to_owned(),
        }
        .to_owned()
    }

    pub(super) fn state(&self, state: &str) -> String {
        match state {
            "pending" => self.state_pending,
            "done" => self.state_done,
            "superseded" => self.state_superseded,
            "parked" => self.state_parked,
            "dismissed" => self.state_dismissed,
            other => return other.to_owned(),
        }
        .to_owned()
    }

    pub(super) fn age(&self, age: &str) -> String {
        match age {
            "not due" => self.age_not_due,
            "1-30" => self.age_1,
            "31-60" => self.age_31,
            "61-90" => self.age_61,
            "over 90" => self.age_over_90,
            "credit" => self.age_credit,
            other => return other.to_owned(),
        }
        .to_owned()
    }

    pub(super) fn severity(&self, severity: &str) -> String {
        match severity {
            "high" => self.high,
            "medium" => self.medium,
            "low" => self.low,
            "info" => self.info,
            other => return other.to_owned(),
        }
        .to_owned()
    }

    pub(super) fn category(&self, category: &str) -> String {
        match category {
            "tickets" => self.tickets,
            "products" => self.products,
            other => return other.to_owned(),
        }
        .to_owned()
    }

    pub(super) fn step(&self, step: &str) -> String {
        match step {
            "vat_report" => self.step_vat_report,
            "voucher" => self.step_voucher,
            "refund_voucher" => self.step_refund_voucher,
            "voucher_redemption" => self.step_voucher_redemption,
            "flex" => self.step_flex,
            "flex_redemption" => self.step_flex_redemption,
            "voucher_rate_difference" => self.step_voucher_rate_difference,
            "deferred" => self.step_deferred,
            "deferred_released" => self.step_deferred_released,
            "retained" => self.retained,
            "breakage" => self.expired,
            "price_reduction" => self.step_price_reduction,
            "write_off" => self.written_off,
            "fee" => self.fees,
            "cash_rounding" => self.cash_rounding,
            "voucher_correction" => self.corrected,
            "opening" => self.brought_in,
            "revenue_only" => self.step_revenue_only,
            "revenue_report" => self.step_revenue_report,
            other => return other.replace('_', " "),
        }
        .to_owned()
    }
}
