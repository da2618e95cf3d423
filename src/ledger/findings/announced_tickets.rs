//! Tickets that webhooks announce as changed or deleted, against the booking as it is read. Only for fetched bookings.

use std::collections::BTreeSet;

use super::{Compared, OrderFacts, Raised};
use crate::ledger::posting::{Finding, FindingReason, Snapshot};
use crate::order::NoteReason;

pub(super) fn check(facts: &OrderFacts<'_>, raised: &mut Raised) {
    if !facts.source.provider.is_fetched() {
        return;
    }
    let Compared::Changed { previous, .. } = &facts.compared else {
        raised.keep(FindingReason::DeletedSetMismatch);
        raised.keep(FindingReason::UpdatedSetMismatch);
        return;
    };
    if facts.snapshot.cancelled || facts.snapshot.order.tickets.is_none() {
        return;
    }
    let deleted = announced(facts.snapshot, NoteReason::AnnouncedDeleted);
    let updated = announced(facts.snapshot, NoteReason::AnnouncedUpdated);
    let now = tickets(facts.snapshot);
    let before = previous.map(tickets).unwrap_or_default();
    let mismatch = |reason, ticket: &str, what: &str| {
        Finding::new(reason, format!("ticket:{ticket}"), format!("ticket {ticket} {what}"))
    };
    for ticket in deleted.intersection(&now) {
        raised.raise(mismatch(FindingReason::DeletedSetMismatch, ticket, "was announced as deleted and is still read"));
    }
    for ticket in before.difference(&now).filter(|ticket| !deleted.contains(*ticket)) {
        raised.raise(mismatch(FindingReason::DeletedSetMismatch, ticket, "is gone and was not announced as deleted"));
    }
    for ticket in updated.difference(&now).filter(|ticket| !deleted.contains(*ticket)) {
        raised.raise(mismatch(FindingReason::UpdatedSetMismatch, ticket, "was announced as changed and is not read"));
    }
    let known_before = previous.is_some_and(|previous| previous.order.tickets.is_some());
    for ticket in now.difference(&before).filter(|ticket| known_before && !updated.contains(*ticket)) {
        raised.raise(mismatch(FindingReason::UpdatedSetMismatch, ticket, "is new and was not announced"));
    }
}

fn announced(snapshot: &Snapshot, reason: NoteReason) -> BTreeSet<&str> {
    let notes = snapshot.notes.iter().filter(|note| note.reason == reason);
    notes.filter_map(|note| note.subject.strip_prefix("ticket:")).collect()
}

fn tickets(snapshot: &Snapshot) -> BTreeSet<&str> {
    let tickets = snapshot.order.tickets.iter().flatten();
    tickets.filter(|ticket| ticket.status.is_live()).map(|ticket| ticket.id.as_str()).collect()
}
