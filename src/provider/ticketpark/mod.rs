//! Ticketpark: the webhook is a pointer, the booking is read from the API.
//!
//! ```text
//! webhook::parse ──> which booking or person ──> client::Client (GET) ──> booking::read_booking ──> OrderReading
//!        └─> a payment: the one thing that no API call can tell, so the webhook is the source
//! ```

pub mod booking;
pub mod client;
pub mod webhook;

pub(super) use self::webhook::DOCUMENTED;
pub use self::webhook::{classify, swept, tells_fact};

use self::webhook::{BookingChange, Webhook};
use super::{AnswerReading, Unreadable, WebhookContent, WebhookReading};
use crate::clock::Timestamp;
use crate::config::Source;
use crate::inbox::Entity;
use crate::order::{Note, NoteReason};

/// What a webhook says by itself: a payment, a cancellation, and which tickets were changed or deleted.
///
/// # Errors
/// See [`webhook::parse`].
pub fn read_webhook(body: &[u8]) -> Result<WebhookReading, Unreadable> {
    let webhook = webhook::parse(body)?;
    let announced = announcements(&webhook);
    let content = match webhook {
        Webhook::Payment { payment, .. } => Some(WebhookContent::Payment(payment)),
        Webhook::Booking { change: BookingChange::Cancelled, .. } => Some(WebhookContent::Cancelled),
        Webhook::Booking { .. } | Webhook::Person { .. } => None,
    };
    Ok(WebhookReading { content, announced })
}

/// Reads the answer about a booking or a person.
///
/// # Errors
/// See [`booking::read_booking`] and [`booking::read_person`].
pub fn read_answer(
    source: &Source,
    entity: &Entity,
    body: &[u8],
    received_at: Timestamp,
) -> Result<AnswerReading, Unreadable> {
    if let Entity::Person(_) = entity {
        return booking::read_person(body).map(|contact| AnswerReading::Person(Box::new(contact)));
    }
    let reading = booking::read_booking(source, body, received_at)?;
    Ok(AnswerReading::Order(Box::new(reading)))
}

fn announcements(webhook: &Webhook) -> Vec<Note> {
    let Webhook::Booking { change, ticket_pids, .. } = webhook else { return Vec::new() };
    let reason = match change {
        BookingChange::TicketsDeleted => NoteReason::AnnouncedDeleted,
        BookingChange::TicketsUpdated => NoteReason::AnnouncedUpdated,
        BookingChange::New | BookingChange::Cancelled | BookingChange::Swept => return Vec::new(),
    };
    let note = |pid: &String| Note::new(reason, format!("ticket:{pid}"), "announced by webhook");
    ticket_pids.iter().map(note).collect()
}
