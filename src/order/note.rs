//! Oddities that a reader meets.

use serde::{Deserialize, Serialize};

use crate::limits;

/// What a note, or a finding, is about that stands for all that are not told one by one.
pub const MORE: &str = "more";

/// What is odd, or announced. The words are part of the stored snapshots, whose notes are sorted by them, so the
/// variants stand in the order of their words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteReason {
    /// A webhook says that this ticket was deleted: compared with what is read, and no oddity of its own.
    AnnouncedDeleted,
    /// A webhook says that this ticket was changed or added.
    AnnouncedUpdated,
    ConfirmationMissing,
    ConfirmedAfterCancel,
    DanglingPaymentRef,
    DateUnreadable,
    DuplicateKey,
    NegativeDiscount,
    PaymentSignMismatch,
    PriceMissing,
    SchemaExtraField,
    SectionAbsent,
    TicketParticipantVatDiffer,
    UnconfirmedTicket,
}

impl NoteReason {
    pub const ALL: [Self; 14] = [
        Self::AnnouncedDeleted,
        Self::AnnouncedUpdated,
        Self::ConfirmationMissing,
        Self::ConfirmedAfterCancel,
        Self::DanglingPaymentRef,
        Self::DateUnreadable,
        Self::DuplicateKey,
        Self::NegativeDiscount,
        Self::PaymentSignMismatch,
        Self::PriceMissing,
        Self::SchemaExtraField,
        Self::SectionAbsent,
        Self::TicketParticipantVatDiffer,
        Self::UnconfirmedTicket,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::AnnouncedDeleted => "announced_deleted",
            Self::AnnouncedUpdated => "announced_updated",
            Self::ConfirmationMissing => "confirmation_missing",
            Self::ConfirmedAfterCancel => "confirmed_after_cancel",
            Self::DanglingPaymentRef => "dangling_payment_ref",
            Self::DateUnreadable => "date_unreadable",
            Self::DuplicateKey => "duplicate_key",
            Self::NegativeDiscount => "negative_discount",
            Self::PaymentSignMismatch => "payment_sign_mismatch",
            Self::PriceMissing => "price_missing",
            Self::SchemaExtraField => "schema_extra_field",
            Self::SectionAbsent => "section_absent",
            Self::TicketParticipantVatDiffer => "ticket_participant_vat_differ",
            Self::UnconfirmedTicket => "unconfirmed_ticket",
        }
    }
}

/// An oddity of what a provider said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Note {
    pub reason: NoteReason,
    /// What it is about, such as `payment:ID`; keeps findings of one reason apart.
    pub subject: String,
    /// The evidence in words; no personal data, no secrets.
    pub evidence: String,
}

impl Note {
    pub fn new(reason: NoteReason, subject: impl Into<String>, evidence: impl Into<String>) -> Self {
        Self { reason, subject: subject.into(), evidence: evidence.into() }
    }
}

/// Every note once, in an order that does not depend on the document's; of more than [`limits::ALIKE`] for one reason
/// the first ones, with their number.
pub fn bounded(mut notes: Vec<Note>) -> Vec<Note> {
    notes.sort();
    notes.dedup();
    let mut kept: Vec<Note> = Vec::with_capacity(notes.len().min(limits::ALIKE));
    for alike in notes.chunk_by(|a, b| a.reason == b.reason) {
        kept.extend(alike.iter().take(limits::ALIKE).cloned());
        let more = alike.len().saturating_sub(limits::ALIKE);
        if let (Some(first), 1..) = (alike.first(), more) {
            kept.push(Note::new(first.reason, MORE, format!("{more} more of this kind")));
        }
    }
    kept.sort();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_alike_are_told_by_their_number() {
        let note = |number: usize| Note::new(NoteReason::DateUnreadable, format!("payment:{number:04}"), "no date");
        let other = Note::new(NoteReason::PriceMissing, "ticket:1", "no price");
        let notes = |count: usize| (0..count).rev().map(note).chain([other.clone(), other.clone()]).collect();
        assert_eq!(bounded(notes(limits::ALIKE)).len(), limits::ALIKE + 1);
        let many = bounded(notes(limits::ALIKE + 7));
        assert_eq!(many.len(), limits::ALIKE + 2);
        assert!(many.contains(&Note::new(NoteReason::DateUnreadable, MORE, "7 more of this kind")));
        assert!(many.contains(&note(0)) && many.is_sorted());
    }

    #[test]
    fn reasons_are_stored_as_their_words_and_sorted_by_them() {
        assert!(NoteReason::ALL.is_sorted() && NoteReason::ALL.map(NoteReason::as_str).is_sorted());
        for reason in NoteReason::ALL {
            assert_eq!(serde_json::to_string(&reason).unwrap(), format!("\"{}\"", reason.as_str()));
        }
    }
}
