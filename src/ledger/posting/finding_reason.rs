//! Every reason code with its usual severity. `docs/findings.md` says what each means and what to do.

use super::Severity;
use crate::order::NoteReason;
use crate::vocabulary;

vocabulary! {
    /// Why something needs an explanation, family by family.
    pub enum FindingReason in "findings.reason" {
        TotalNotDerivable = "total_not_derivable",
        TotalSemanticsShift = "total_semantics_shift",
        CurrencyMixed = "currency_mixed",
        VatUnknown = "vat_unknown",
        VatRateNotValidOnDate = "vat_rate_not_valid_on_date",
        TicketParticipantVatDiffer = "ticket_participant_vat_differ",
        Unpaid = "unpaid",
        Underpaid = "underpaid",
        Overpaid = "overpaid",
        DuplicatePaymentSuspect = "duplicate_payment_suspect",
        RefundExceedsPayments = "refund_exceeds_payments",
        RefundWithoutCancel = "refund_without_cancel",
        RetainedAfterCancel = "retained_after_cancel",
        RetainedVatUndecided = "retained_vat_undecided",
        PaymentOnDeadOrder = "payment_on_dead_order",
        PaymentVanished = "payment_vanished",
        PaymentMutated = "payment_mutated",
        RoundingResidue = "rounding_residue",
        HeaderPaymentDateMismatch = "header_payment_date_mismatch",
        PaymentSignMismatch = "payment_sign_mismatch",
        DuplicatePaymentId = "duplicate_payment_id",
        VoucherUnknownOrigin = "voucher_unknown_origin",
        VoucherNegative = "voucher_negative",
        VoucherRateDiffers = "voucher_rate_differs",
        UsedAfterCancellation = "used_after_cancellation",
        VoucherRegimeConflict = "voucher_regime_conflict",
        DuplicateVoucherId = "duplicate_voucher_id",
        RefundVoucherSelfReference = "refund_voucher_self_reference",
        RefundVoucherUnallocated = "refund_voucher_unallocated",
        RefundVoucherUnknownOrder = "refund_voucher_unknown_order",
        DanglingPaymentRef = "dangling_payment_ref",
        FlexOriginConflict = "flex_origin_conflict",
        FlexCountMismatch = "flex_count_mismatch",
        FlexUnlimited = "flex_unlimited",
        ServiceDateUnknown = "service_date_unknown",
        VatRegimeNote = "vat_regime_note",
        OpeningItemChanged = "opening_item_changed",
        OrderCodeChanged = "order_code_changed",
        StaleSnapshotSuspected = "stale_snapshot_suspected",
        SectionAbsentAfterPresent = "section_absent_after_present",
        AmbiguousProductLines = "ambiguous_product_lines",
        SchemaExtraField = "schema_extra_field",
        DuplicateKey = "duplicate_key",
        DateUnreadable = "date_unreadable",
        EffectiveInFuture = "effective_in_future",
        EffectiveAfterSnapshot = "effective_after_snapshot",
        LateForPeriod = "late_for_period",
        DiscountExceedsLines = "discount_exceeds_lines",
        NegativeDiscount = "negative_discount",
        DeletedSetMismatch = "deleted_set_mismatch",
        UpdatedSetMismatch = "updated_set_mismatch",
        RefundUnobservable = "refund_unobservable",
        PaymentWithoutBooking = "payment_without_booking",
        UnconfirmedTicket = "unconfirmed_ticket",
        ConfirmedAfterCancel = "confirmed_after_cancel",
        ConfirmationMissing = "confirmation_missing",
        PriceMissing = "price_missing",
        SectionAbsent = "section_absent",
        MissedWebhook = "missed_webhook",
        DeltaUnreliable = "delta_unreliable",
        SweepUnstable = "sweep_unstable",
        BudgetExhausted = "budget_exhausted",
        TokenHeldElsewhere = "token_held_elsewhere",
        ProviderClockDiffers = "provider_clock_differs",
        PaymentMethodUnmapped = "payment_method_unmapped",
        UnusualSilence = "unusual_silence",
    }
}

impl FindingReason {
    /// How much it usually matters.
    pub fn severity(self) -> Severity {
        match self {
            Self::VatUnknown
            | Self::DuplicatePaymentSuspect
            | Self::RefundExceedsPayments
            | Self::PaymentVanished
            | Self::DuplicatePaymentId
            | Self::VoucherNegative
            | Self::VoucherRegimeConflict
            | Self::DuplicateVoucherId
            | Self::OpeningItemChanged
            | Self::OrderCodeChanged => Severity::High,
            Self::TotalNotDerivable
            | Self::TotalSemanticsShift
            | Self::CurrencyMixed
            | Self::VatRateNotValidOnDate
            | Self::TicketParticipantVatDiffer
            | Self::Underpaid
            | Self::Overpaid
            | Self::RefundWithoutCancel
            | Self::PaymentOnDeadOrder
            | Self::PaymentMutated
            | Self::PaymentSignMismatch
            | Self::VoucherUnknownOrigin
            | Self::VoucherRateDiffers
            | Self::UsedAfterCancellation
            | Self::RefundVoucherSelfReference
            | Self::RefundVoucherUnallocated
            | Self::RefundVoucherUnknownOrder
            | Self::FlexOriginConflict
            | Self::StaleSnapshotSuspected
            | Self::SectionAbsentAfterPresent
            | Self::EffectiveInFuture
            | Self::DiscountExceedsLines
            | Self::RefundUnobservable
            | Self::PaymentWithoutBooking
            | Self::ConfirmedAfterCancel
            | Self::ConfirmationMissing
            | Self::SectionAbsent
            | Self::ServiceDateUnknown
            | Self::MissedWebhook
            | Self::PaymentMethodUnmapped
            | Self::UnusualSilence
            | Self::DeltaUnreliable
            | Self::SweepUnstable
            | Self::BudgetExhausted
            | Self::TokenHeldElsewhere => Severity::Medium,
            Self::Unpaid
            | Self::RetainedAfterCancel
            | Self::RetainedVatUndecided
            | Self::RoundingResidue
            | Self::DanglingPaymentRef
            | Self::FlexCountMismatch
            | Self::FlexUnlimited
            | Self::DuplicateKey
            | Self::DateUnreadable
            | Self::LateForPeriod
            | Self::NegativeDiscount
            | Self::DeletedSetMismatch
            | Self::UpdatedSetMismatch
            | Self::UnconfirmedTicket
            | Self::PriceMissing
            | Self::ProviderClockDiffers => Severity::Low,
            Self::HeaderPaymentDateMismatch
            | Self::VatRegimeNote
            | Self::AmbiguousProductLines
            | Self::SchemaExtraField
            | Self::EffectiveAfterSnapshot => Severity::Info,
        }
    }

    /// What a note of the reader becomes; `None` for an announcement, which is only compared with what is read.
    pub fn of_note(reason: NoteReason) -> Option<Self> {
        match reason {
            NoteReason::AnnouncedDeleted | NoteReason::AnnouncedUpdated => None,
            NoteReason::ConfirmationMissing => Some(Self::ConfirmationMissing),
            NoteReason::ConfirmedAfterCancel => Some(Self::ConfirmedAfterCancel),
            NoteReason::DanglingPaymentRef => Some(Self::DanglingPaymentRef),
            NoteReason::DateUnreadable => Some(Self::DateUnreadable),
            NoteReason::DuplicateKey => Some(Self::DuplicateKey),
            NoteReason::NegativeDiscount => Some(Self::NegativeDiscount),
            NoteReason::PaymentSignMismatch => Some(Self::PaymentSignMismatch),
            NoteReason::PriceMissing => Some(Self::PriceMissing),
            NoteReason::SchemaExtraField => Some(Self::SchemaExtraField),
            NoteReason::SectionAbsent => Some(Self::SectionAbsent),
            NoteReason::TicketParticipantVatDiffer => Some(Self::TicketParticipantVatDiffer),
            NoteReason::UnconfirmedTicket => Some(Self::UnconfirmedTicket),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_becomes_the_finding_with_its_word() {
        for reason in NoteReason::ALL {
            let word = FindingReason::of_note(reason).map_or(reason.as_str(), FindingReason::as_str);
            assert_eq!(word, reason.as_str());
        }
    }
}
