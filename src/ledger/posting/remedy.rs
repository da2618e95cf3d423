//! What to do about a finding, reason by reason. `docs/findings.md` begins each remedy with these words.

use super::FindingReason;

impl FindingReason {
    /// What usually helps; `None` when there is nothing to do. A case that needs something else says so itself.
    #[expect(clippy::too_many_lines, reason = "a table with a line for each reason")]
    pub fn remedy(self) -> Option<&'static str> {
        Some(match self {
            Self::TotalNotDerivable => "compare the order with the back office: a part may be missing or wrong",
            Self::TotalSemanticsShift => {
                "compare the order with the back office; if many have this since one day, run `ledger calibrate` again"
            }
            Self::CurrencyMixed
            | Self::PaymentMutated
            | Self::PaymentSignMismatch
            | Self::DuplicateVoucherId
            | Self::FlexOriginConflict => "ask the provider why",
            Self::VatUnknown => "set the rate and have the order sent or read again",
            Self::VatRateNotValidOnDate | Self::TicketParticipantVatDiffer => "correct the rate at the provider",
            Self::Unpaid => "chase the payment, or import it as `payment`",
            Self::Underpaid => "chase the rest, or import what was paid elsewhere as `payment`",
            Self::Overpaid => "refund it, or find what was not billed",
            Self::DuplicatePaymentSuspect => "check both, and refund the one that is too much",
            Self::RefundExceedsPayments => "check the refunds: one may be double, or a payment is missing",
            Self::RefundWithoutCancel => "goodwill: acknowledge it; else cancel or bill what was meant",
            Self::RetainedAfterCancel => "give it back, or import what is kept as `retain`",
            Self::RetainedVatUndecided => "ask a tax advisor and write `retained_vat` into the policy",
            Self::PaymentOnDeadOrder => "refund it",
            Self::PaymentVanished => "ask the provider: a chargeback looks like this",
            Self::RoundingResidue => "write it off: import it as `write-off`",
            Self::DuplicatePaymentId => "find out which order it belongs to",
            Self::VoucherUnknownOrigin => {
                "import it with `ledger import --kind opening-vouchers`, or have the order that sold it sent again"
            }
            Self::VoucherNegative => "find out which use is wrong, or what else was sold under this id",
            Self::VoucherRateDiffers => "correct the rate if it is wrong",
            Self::UsedAfterCancellation => {
                "collect it from the guest of the order that sold it, or import it as `write-off`"
            }
            Self::OpeningItemChanged => {
                "ask the provider why; if it was agreed since, book its revenue and VAT by hand"
            }
            Self::VoucherRegimeConflict => "decide with a tax advisor how it is taxed",
            Self::RefundVoucherSelfReference => "cancel what it stands for, or acknowledge it",
            Self::RefundVoucherUnallocated => "allocate `assets:voucher_refund_unallocated` to the orders by hand",
            Self::RefundVoucherUnknownOrder => "have that order sent again",
            Self::FlexCountMismatch => "if it is used on site: its liability is too high",
            Self::FlexUnlimited => "decide with a tax advisor, and choose the policy `flex_regime`",
            Self::ServiceDateUnknown => {
                "a webhook of the order, or of another one for the same date, tells it; else give the event a date at \
                 the provider"
            }
            Self::OrderCodeChanged => "ask the provider whether it is one order",
            Self::StaleSnapshotSuspected | Self::SectionAbsentAfterPresent => "have the order sent again",
            Self::SchemaExtraField => "tell whoever maintains ticketledger",
            Self::DateUnreadable => "check that the month is right",
            Self::EffectiveInFuture => "check that the date is right; it heals when that day has come",
            Self::LateForPeriod => "tell whoever files the VAT return",
            Self::DiscountExceedsLines | Self::NegativeDiscount => "compare the order with the back office",
            Self::RefundUnobservable => "import the refund as `refund` once it is made, or what is kept as `retain`",
            Self::PaymentWithoutBooking => "check whether its webhooks are parked (`inbox list --state parked`)",
            Self::ConfirmedAfterCancel => "check the booking in Ticketpark",
            Self::ConfirmationMissing => "look the booking up at Ticketpark",
            Self::SectionAbsent => "tell Ticketpark",
            Self::MissedWebhook => "nothing is missing in the books; if there are many, ask the provider why",
            Self::DeltaUnreliable => "keep the nightly walk on, and ask the provider what counts as a change",
            Self::SweepUnstable => "it is tried again; if it stays, tell whoever maintains ticketledger",
            Self::BudgetExhausted => "find out which program asks so often, or raise `budget`",
            Self::TokenHeldElsewhere => "give ticketledger a client of its own",
            Self::UnusualSilence => "check that the provider still sends: its settings, the webhook address, the proxy",
            Self::PaymentMethodUnmapped => {
                "write its name in webhooks into `payment_methods` of `[sources.sweep]`; if it has one name there, the \
                 next webhook of such a payment teaches it"
            }
            Self::ProviderClockDiffers => "check the clock of this machine",
            Self::HeaderPaymentDateMismatch
            | Self::DanglingPaymentRef
            | Self::VatRegimeNote
            | Self::AmbiguousProductLines
            | Self::DuplicateKey
            | Self::EffectiveAfterSnapshot
            | Self::DeletedSetMismatch
            | Self::UpdatedSetMismatch
            | Self::UnconfirmedTicket
            | Self::PriceMissing => return None,
        })
    }
}
