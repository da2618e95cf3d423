//! Every reason code with its usual severity. `docs/findings.md` says what each means and what to do.

use crate::ledger::posting::Severity;

/// A reason code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The code.
    pub code: &'static str,
    /// How much it usually matters.
    pub severity: Severity,
}

const fn reason(code: &'static str, severity: Severity) -> Reason {
    Reason { code, severity }
}

use Severity::{High, Info, Low, Medium};

/// All reason codes, family by family.
pub const REASONS: &[Reason] = &[
    reason("total_not_derivable", Medium),
    reason("total_semantics_shift", Medium),
    reason("currency_mixed", Medium),
    reason("vat_unknown", High),
    reason("vat_rate_not_valid_on_date", Medium),
    reason("ticket_participant_vat_differ", Medium),
    reason("unpaid", Low),
    reason("underpaid", Medium),
    reason("overpaid", Medium),
    reason("duplicate_payment_suspect", High),
    reason("refund_exceeds_payments", High),
    reason("refund_without_cancel", Medium),
    reason("cancel_without_refund", Medium),
    reason("retained_after_cancel", Low),
    reason("retained_vat_undecided", Info),
    reason("payment_on_dead_order", Medium),
    reason("payment_vanished", High),
    reason("payment_mutated", Medium),
    reason("rounding_residue", Low),
    reason("header_payment_date_mismatch", Info),
    reason("payment_sign_mismatch", Medium),
    reason("duplicate_payment_id", High),
    reason("voucher_unknown_origin", Medium),
    reason("voucher_negative", High),
    reason("voucher_regime_conflict", High),
    reason("duplicate_voucher_id", High),
    reason("refund_voucher_self_reference", Medium),
    reason("refund_voucher_unallocated", Medium),
    reason("refund_voucher_unknown_order", Medium),
    reason("dangling_payment_ref", Low),
    reason("flex_origin_conflict", Medium),
    reason("flex_count_mismatch", Low),
    reason("flex_unlimited", Low),
    reason("vat_regime_note", Info),
    reason("order_code_changed", High),
    reason("stale_snapshot_suspected", Medium),
    reason("section_absent_after_present", Medium),
    reason("ambiguous_product_lines", Info),
    reason("schema_extra_field", Info),
    reason("duplicate_key", Low),
    reason("date_unreadable", Low),
    reason("effective_in_future", Medium),
    reason("effective_after_snapshot", Info),
    reason("late_for_period", Low),
    reason("discount_exceeds_lines", Medium),
    reason("negative_discount", Low),
    reason("deleted_set_mismatch", Low),
    reason("updated_set_mismatch", Low),
    reason("refund_unobservable", Medium),
    reason("payment_without_booking", Medium),
    reason("unconfirmed_ticket", Low),
    reason("confirmed_after_cancel", Medium),
    reason("confirmation_missing", Low),
    reason("price_missing", Low),
    reason("section_absent", Medium),
];

/// Note of the reader: a webhook says that this ticket was deleted.
pub const ANNOUNCED_DELETED: &str = "announced_deleted";
/// Note of the reader: a webhook says that this ticket was changed or added.
pub const ANNOUNCED_UPDATED: &str = "announced_updated";

/// A note that is compared with what is read, and no oddity of its own.
pub(super) fn is_announcement(reason: &str) -> bool {
    reason == ANNOUNCED_DELETED || reason == ANNOUNCED_UPDATED
}

/// The usual severity of a reason.
pub(super) fn severity(code: &str) -> Option<Severity> {
    REASONS.iter().find(|reason| reason.code == code).map(|reason| reason.severity)
}

/// A finding with its usual severity.
pub(super) fn found(
    code: &str,
    subject: impl Into<String>,
    evidence: impl Into<String>,
) -> crate::ledger::posting::Finding {
    crate::ledger::posting::Finding::new(code, subject, severity(code).unwrap_or(Severity::Low), evidence)
}
