//! Reads claimed events: bookingkit's bodies contain the order, Ticketpark's only point to it.

use std::time::Instant;

use super::work::{Document, EventWork, Work, caught};
use crate::config::Source;
use crate::inbox::{Claimed, ClaimedEvent};
use crate::ledger::findings;
use crate::ledger::settle::{OrderUpdate, UpdateContent};
use crate::order::Note;
use crate::provider::ticketpark::booking::{self, ReadBooking};
use crate::provider::ticketpark::webhook::{self, BookingChange, Webhook};
use crate::provider::{Failure, Unreadable, bookingkit};
use crate::session::Access;

/// Returns the events that still have an attempt and a body, and parks the others. A claim counts the attempt, so an
/// event that crashes the process runs out of attempts as well.
fn usable<'c>(claimed: &'c Claimed, attempts: i32, work: &mut Work) -> Vec<(&'c ClaimedEvent, &'c [u8])> {
    let mut usable = Vec::new();
    for event in &claimed.events {
        match &event.body {
            _ if event.attempts > attempts => {
                work.park(event.id, "transient", "out_of_attempts", "every attempt ended without an answer");
            }
            None => work.park(event.id, "permanent", "body_pruned", "the body was deleted; it cannot be read again"),
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
            work.park(event.id, "permanent", "panic", format!("reading it panicked: {panic}"));
            None
        }
    }
}

/// Reads the deliveries of one bookingkit order.
pub(super) fn bookingkit_order(source: &Source, claimed: &Claimed, attempts: i32) -> Work {
    let mut work = Work::of(claimed);
    for (event, body) in usable(claimed, attempts, &mut work) {
        let Some(said) = readable(&mut work, event, caught(|| bookingkit::read(source, body))) else { continue };
        let step = OrderUpdate {
            order_id: said.order.order_id.clone(),
            event_id: event.id,
            document_id: None,
            received_at: event.received_at,
            content: UpdateContent::Sections { order: Box::new(said.order), version: event.id, notes: said.notes },
        };
        let contact = said.contact.map(|contact| (contact, event.id));
        work.events.push(EventWork {
            id: event.id,
            attempts: event.attempts,
            received_at: event.received_at,
            steps: vec![step],
            contact,
        });
    }
    work
}

/// Reads the webhooks of one Ticketpark booking or person, and fetches it. Facts in the webhooks themselves are kept
/// even if the fetch fails.
pub(super) async fn ticketpark_entity(
    source: &Source,
    access: &Access,
    claimed: &Claimed,
    document_id: i64,
    attempts: i32,
) -> Work {
    let mut work = ticketpark_facts(claimed, attempts);
    if work.events.is_empty() {
        return work;
    }
    let id = work.entity_id().to_owned();
    let person = work.entity.starts_with("person:");
    let started = Instant::now();
    let fetched = if person { access.get_person(&id).await } else { access.get_booking(&id).await };
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

/// Reads the facts in the webhooks of one Ticketpark booking or person.
pub(super) fn ticketpark_facts(claimed: &Claimed, attempts: i32) -> Work {
    let mut work = Work::of(claimed);
    for (event, body) in usable(claimed, attempts, &mut work) {
        let Some(webhook) = readable(&mut work, event, caught(|| webhook::parse(body))) else { continue };
        work.announced.extend(announcements(&webhook));
        let news = match webhook {
            Webhook::Payment { payment, .. } => Some(UpdateContent::Payment(payment)),
            Webhook::Booking { change: BookingChange::Cancelled, .. } => Some(UpdateContent::Cancelled),
            Webhook::Booking { .. } | Webhook::Person { .. } => None,
        };
        let order_id = work.entity_id().to_owned();
        let step = news.map(|news| OrderUpdate {
            order_id,
            event_id: event.id,
            document_id: None,
            received_at: event.received_at,
            content: news,
        });
        work.events.push(EventWork {
            id: event.id,
            attempts: event.attempts,
            received_at: event.received_at,
            steps: step.into_iter().collect(),
            contact: None,
        });
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
        let body = &document.body;
        let person = work.entity.starts_with("person:");
        let read = caught(|| if person { read_person(body) } else { read_booking(source, body, first) });
        take_over(work, first, document.id, read, attempts);
    }
    work.document = Some(document);
}

/// Tickets that a webhook announces as changed or deleted; they are compared with the fetched booking.
fn announcements(webhook: &Webhook) -> Vec<Note> {
    let Webhook::Booking { change, ticket_pids, .. } = webhook else { return Vec::new() };
    let reason = match change {
        BookingChange::TicketsDeleted => findings::ANNOUNCED_DELETED,
        BookingChange::TicketsUpdated => findings::ANNOUNCED_UPDATED,
        BookingChange::New | BookingChange::Cancelled => return Vec::new(),
    };
    let note = |pid: &String| Note {
        reason: reason.to_owned(),
        subject: format!("ticket:{pid}"),
        evidence: "announced by webhook".to_owned(),
    };
    ticket_pids.iter().map(note).collect()
}

/// The content of a fetched document.
enum Read {
    Person(Box<crate::order::Contact>),
    Booking(Box<crate::provider::Said>),
}

fn read_person(body: &[u8]) -> Result<Read, Unreadable> {
    booking::read_person(body).map(|contact| Read::Person(Box::new(contact)))
}

fn read_booking(source: &Source, body: &[u8], first: &ClaimedEvent) -> Result<Read, Unreadable> {
    let ReadBooking { said } = booking::read_booking(source, body, first.received_at)?;
    Ok(Read::Booking(Box::new(said)))
}

/// Adds the fetched content to the first event; for the other events there is then nothing new.
fn take_over(
    work: &mut Work,
    first: &ClaimedEvent,
    document_id: i64,
    read: Result<Result<Read, Unreadable>, String>,
    attempts: i32,
) {
    let order_id = work.entity_id().to_owned();
    let read = match read {
        Ok(Ok(read)) => read,
        Ok(Err(unreadable)) => {
            work.failure = Some(Failure::Permanent { reason: unreadable.reason, detail: unreadable.detail });
            return;
        }
        Err(panic) => {
            // The text of the panic may quote the answer, so it is not logged; `inbox show` displays it.
            tracing::error!(event = first.id, "reading the answer panicked; the event is parked");
            let detail = format!("reading the provider's answer panicked: {panic}");
            work.failure = Some(Failure::Permanent { reason: "panic", detail });
            return;
        }
    };
    // Any event may be at its last attempt: none is parked for something that only needs a finding.
    let last_attempt = work.events.iter().any(|event| event.attempts >= attempts);
    let announced = std::mem::take(&mut work.announced);
    let Some(event) = work.events.first_mut() else { return };
    match read {
        Read::Person(contact) => event.contact = Some((*contact, document_id)),
        // An answer about another booking would post its money to this one.
        Read::Booking(said) if said.order.order_id != order_id => {
            work.failure = Some(Failure::Transient {
                reason: "wrong_booking",
                detail: "the provider answered with another booking than was asked for".to_owned(),
                retry_after_milliseconds: None,
            });
        }
        Read::Booking(mut said) => {
            if said.order.tickets.is_none() && !last_attempt {
                work.failure = Some(Failure::Transient {
                    reason: "tickets_missing",
                    detail: "the provider's answer lacks the tickets".to_owned(),
                    retry_after_milliseconds: None,
                });
                return;
            }
            if said.order.tickets.is_none() {
                let evidence = "the provider's answer lacks the tickets; the last known ones are kept";
                said.notes.push(Note {
                    reason: "section_absent".to_owned(),
                    subject: "tickets".to_owned(),
                    evidence: evidence.to_owned(),
                });
            }
            said.notes.extend(announced);
            said.notes.sort();
            said.notes.dedup();
            event.contact = said.contact.map(|contact| (contact, document_id));
            event.steps.push(OrderUpdate {
                order_id,
                event_id: first.id,
                document_id: Some(document_id),
                received_at: first.received_at,
                content: UpdateContent::Sections {
                    order: Box::new(said.order),
                    version: document_id,
                    notes: said.notes,
                },
            });
        }
    }
}
