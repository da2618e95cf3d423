//! Reads claimed events: some bodies contain the order, others only point to it.

use std::time::Instant;

use super::work::{Document, EventWork, Work, caught};
use crate::config::Source;
use crate::inbox::{Claimed, ClaimedEvent, Entity, ParkReason};
use crate::ledger::settle::{OrderUpdate, UpdateContent};
use crate::order::{Note, NoteReason};
use crate::provider::{self, AnswerReading, Failure, OrderReading, Unreadable, WebhookContent};
use crate::session::Access;

/// Returns the events that still have an attempt and a body, and parks the others. A claim counts the attempt, so an
/// event that crashes the process runs out of attempts as well.
fn usable<'c>(claimed: &'c Claimed, attempts: i32, work: &mut Work) -> Vec<(&'c ClaimedEvent, &'c [u8])> {
    let mut usable = Vec::new();
    for event in &claimed.events {
        match &event.body {
            _ if event.attempts > attempts => {
                work.park(event.id, "transient", ParkReason::OutOfAttempts, "every attempt ended without an answer");
            }
            None => {
                work.park(
                    event.id,
                    "permanent",
                    ParkReason::BodyPruned,
                    "the body was deleted; it cannot be read again",
                );
            }
            Some(body) => usable.push((event, body.as_slice())),
        }
    }
    usable
}

/// Returns what was read, or parks the event with the reason.
fn readable<T>(work: &mut Work, event: &ClaimedEvent, read: Result<Result<T, Unreadable>, String>) -> Option<T> {
    match read {
        Ok(Ok(value)) => Some(value),
        Ok(Err(unreadable)) => {
            work.park(event.id, "permanent", unreadable.reason, unreadable.detail);
            None
        }
        Err(panic) => {
            // The text of the panic may quote the body, so it is not logged; `inbox show` displays it.
            tracing::error!(event = event.id, "reading the event panicked; it is parked");
            work.park(event.id, "permanent", ParkReason::Panic, format!("reading it panicked: {panic}"));
            None
        }
    }
}

/// Reads the webhooks of one entity: whole orders, and the facts in webhooks that only point to what is fetched.
pub(super) fn webhooks(source: &Source, claimed: &Claimed, attempts: i32) -> Work {
    let mut work = Work::of(claimed);
    for (event, body) in usable(claimed, attempts, &mut work) {
        let read = caught(|| provider::read_webhook(source, body));
        let Some(reading) = readable(&mut work, event, read) else { continue };
        work.announced.extend(reading.announced);
        let mut contact = None;
        let update = reading.content.map(|content| {
            let (order_id, content) = match content {
                WebhookContent::Order(reading) => {
                    let OrderReading { order, contact: customer, notes } = *reading;
                    contact = customer.map(|contact| (contact, event.id));
                    let order_id = order.order_id.clone();
                    (order_id, UpdateContent::Sections { order: Box::new(order), version: event.id, notes })
                }
                WebhookContent::Payment(payment) => (claimed.entity.id().to_owned(), UpdateContent::Payment(payment)),
                WebhookContent::Cancelled => (claimed.entity.id().to_owned(), UpdateContent::Cancelled),
            };
            let received_at = event.received_at;
            OrderUpdate { order_id, event_id: event.id, document_id: None, received_at, content }
        });
        work.events.push(EventWork {
            id: event.id,
            attempts: event.attempts,
            received_at: event.received_at,
            updates: update.into_iter().collect(),
            contact,
        });
    }
    work
}

/// Reads the webhooks of one entity, and fetches what they point to. Facts in the webhooks themselves are kept even if
/// the fetch fails.
pub(super) async fn webhooks_and_answer(
    source: &Source,
    access: &Access,
    claimed: &Claimed,
    document_id: i64,
    attempts: i32,
) -> Work {
    let mut work = webhooks(source, claimed, attempts);
    if work.events.is_empty() {
        return work;
    }
    let started = Instant::now();
    let fetched = match &work.entity {
        Entity::Person(id) => access.get_person(id).await,
        booking => access.get_booking(booking.id()).await,
    };
    let outcome = if fetched.is_ok() { "answered" } else { "failed" };
    metrics::histogram!("ticketledger_provider_request_seconds", "source" => source.name.clone(), "outcome" => outcome)
        .record(started.elapsed());
    match fetched {
        Err(failure) => work.failure = Some(failure),
        Ok(fetched) => {
            let document = Document { id: document_id, status: fetched.status, body: fetched.body };
            take_document(source, &mut work, claimed, document, attempts);
        }
    }
    work
}

/// Reads a fetched document into the work.
pub(super) fn take_document(source: &Source, work: &mut Work, claimed: &Claimed, document: Document, attempts: i32) {
    let Some(first) = claimed.events.iter().find(|event| work.events.first().is_some_and(|work| work.id == event.id))
    else {
        return;
    };
    if document.status == 200 {
        let read = caught(|| provider::read_answer(source, &work.entity, &document.body, first.received_at));
        let read = match read {
            Ok(Ok(read)) => Ok(read),
            // Only an unreadable webhook is so for good.
            Ok(Err(unreadable)) => Err(provider::unreadable_answer(&unreadable, &document.body)),
            Err(panic) => {
                // The text of the panic may quote the answer, so it is not logged; `inbox show` displays it.
                tracing::error!(event = first.id, "reading the answer panicked; the event is parked");
                let detail = format!("reading the provider's answer panicked: {panic}");
                Err(Failure::Permanent { reason: ParkReason::Panic, detail })
            }
        };
        match read {
            Ok(read) => take_over(work, first, document.id, read, attempts),
            Err(failure) => work.failure = Some(failure),
        }
    }
    work.document = Some(document);
}

/// Adds the fetched content to the first event; for the other events there is then nothing new.
fn take_over(work: &mut Work, first: &ClaimedEvent, document_id: i64, read: AnswerReading, attempts: i32) {
    let order_id = work.entity.id().to_owned();
    // Any event may be at its last attempt: none is parked for something that only needs a finding.
    let last_attempt = work.events.iter().any(|event| event.attempts >= attempts);
    let announced = std::mem::take(&mut work.announced);
    let Some(event) = work.events.first_mut() else { return };
    match read {
        AnswerReading::Person(contact) => event.contact = Some((*contact, document_id)),
        // An answer about another booking would post its money to this one.
        AnswerReading::Order(reading) if reading.order.order_id != order_id => {
            work.failure = Some(Failure::Transient {
                reason: ParkReason::WrongBooking,
                detail: "the provider answered with another booking than was asked for".to_owned(),
                retry_after_milliseconds: None,
            });
        }
        AnswerReading::Order(mut reading) => {
            if reading.order.tickets.is_none() && !last_attempt {
                work.failure = Some(Failure::Transient {
                    reason: ParkReason::TicketsMissing,
                    detail: "the provider's answer lacks the tickets".to_owned(),
                    retry_after_milliseconds: None,
                });
                return;
            }
            if reading.order.tickets.is_none() {
                let evidence = "the provider's answer lacks the tickets; the last known ones are kept";
                reading.notes.push(Note::new(NoteReason::SectionAbsent, "tickets", evidence));
            }
            reading.notes.extend(announced);
            reading.notes.sort();
            reading.notes.dedup();
            event.contact = reading.contact.map(|contact| (contact, document_id));
            event.updates.push(OrderUpdate {
                order_id,
                event_id: first.id,
                document_id: Some(document_id),
                received_at: first.received_at,
                content: UpdateContent::Sections {
                    order: Box::new(reading.order),
                    version: document_id,
                    notes: reading.notes,
                },
            });
        }
    }
}
