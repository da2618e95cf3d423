//! Why an event needs a person. `docs/parked.md` says what each reason means and what to do.

use crate::vocabulary;

vocabulary! {
    /// Why an event is parked, or will be when its attempts are used up.
    pub enum ParkReason in "inbox_events.reason" {
        InvalidJson = "invalid_json",
        BrokenUtf8 = "broken_utf8",
        LoneSurrogate = "lone_surrogate",
        BadObject = "bad_object",
        BadList = "bad_list",
        MissingId = "missing_id",
        BadId = "bad_id",
        BadPid = "bad_pid",
        ConflictingDuplicate = "conflicting_duplicate",
        BadAmount = "bad_amount",
        BadVatRate = "bad_vat_rate",
        BadQuantity = "bad_quantity",
        BadFlag = "bad_flag",
        UnknownStatus = "unknown_status",
        UnknownCurrency = "unknown_currency",
        UnknownEventType = "unknown_event_type",
        UnknownVendor = "unknown_vendor",
        AmountOutOfRange = "amount_out_of_range",
        NotFound = "not_found",
        Forbidden = "forbidden",
        ProviderRefused = "provider_refused",
        UnexpectedStatus = "unexpected_status",
        ProviderDown = "provider_down",
        GarbageAnswer = "garbage_answer",
        AnswerUnreadable = "answer_unreadable",
        AnswerTooLarge = "answer_too_large",
        WrongBooking = "wrong_booking",
        TicketsMissing = "tickets_missing",
        LoginRefused = "login_refused",
        TokenUnreadable = "token_unreadable",
        TokenUnsealed = "token_unsealed",
        NotArchived = "not_archived",
        SourceNotConfigured = "source_not_configured",
        BodyPruned = "body_pruned",
        OutOfAttempts = "out_of_attempts",
        Interrupted = "interrupted",
        Database = "database",
        DatabaseRefused = "database_refused",
        SnapshotUnreadable = "snapshot_unreadable",
        Panic = "panic",
    }
}
