//! A booking as the API answers it, read into an order. Seat, barcode and person never get into it.

mod person;
mod ticket;
mod vat;

use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::config::Source;
use crate::inbox::ParkReason;
use crate::limits;
use crate::money::Currency;
use crate::order::{self, Contact, Header, Note, NoteReason, Order, OrderStatus, Ticket};
use crate::provider::json::{self, Object};
use crate::provider::{OrderReading, Unreadable};

/// Reads the body of an answer. `received_at` is the receipt of the event that led to it: its local date decides on
/// the VAT of a show without a date. The tickets are `None` when the answer lacks them.
///
/// # Errors
/// What parks the events of this booking: see [`Unreadable`].
pub fn read_booking(source: &Source, body: &[u8], received_at: Timestamp) -> Result<OrderReading, Unreadable> {
    let document = json::parse(body)?;
    let booking = document.object()?;
    let mut notes = Vec::new();
    let order_id = booking.required_id("pid")?;
    let status = match confirmation(&booking, "booking", &mut notes)? {
        true => OrderStatus::Accepted,
        false => OrderStatus::Pending,
    };
    let context = ticket::Context { source, received_at, booking_counts: status == OrderStatus::Accepted };
    let tickets = read_tickets(&booking, &context, &mut notes)?;
    refuse_error(&booking, tickets.as_deref())?;
    let header = Header {
        code: booking.text("pid_readable"),
        external_reference: None,
        status,
        currency: tickets.as_deref().and_then(currency_of),
        ordered_at: None,
        paid_at: None,
        cancelled_at: None,
        expires_at: None,
        total_minor: None,
        additional_discount_minor: 0,
        channel_id: None,
        channel_name: None,
    };
    note_unknown_fields(&booking, KNOWN, &mut notes);
    let contact = person::of_booking(&booking, &order_id);
    let order = Order { header: Some(header), tickets, ..Order::unknown(&order_id) };
    Ok(OrderReading { order, contact, notes: order::bounded(notes) })
}

/// Reads a person.
///
/// # Errors
/// `missing_id`, `bad_id`, and what makes it no JSON.
pub fn read_person(body: &[u8]) -> Result<Contact, Unreadable> {
    let document = json::parse(body)?;
    let person = document.object()?;
    let pid = person.required_id("pid")?;
    Ok(person::contact(&person, format!("person:{pid}")))
}

const KNOWN: &[&str] = &["pid", "pid_readable", "confirmation", "delivery_method", "tickets", "customer", "_links"];

/// `confirmation` of a booking or ticket: it counts when it says so. Without one it does not count, for what is not
/// confirmed is a cart.
fn confirmation(part: &Object<'_>, subject: &str, notes: &mut Vec<Note>) -> Result<bool, Unreadable> {
    if let Some(confirmed) = part.flag("confirmation")? {
        return Ok(confirmed);
    }
    let evidence = "confirmation is missing: it is not counted as sold until Ticketpark says that it is confirmed";
    notes.push(Note::new(NoteReason::ConfirmationMissing, subject, evidence));
    Ok(false)
}

/// An error may be answered with the status 200 and name the booking. Taken for a booking it would take back what was
/// sold.
fn refuse_error(booking: &Object<'_>, tickets: Option<&[Ticket]>) -> Result<(), Unreadable> {
    let no_booking = |what: &str| Err(Unreadable::new(ParkReason::GarbageAnswer, format!("it is no booking: {what}")));
    if let Some(key) = ["error", "errors"].into_iter().find(|key| booking.get(key).is_some_and(|said| !said.is_blank()))
    {
        return no_booking(&format!("it says `{key}`"));
    }
    if booking.get("confirmation").is_none() && tickets.is_none_or(<[Ticket]>::is_empty) {
        return no_booking("it has neither `confirmation` nor tickets");
    }
    Ok(())
}

/// An absent member is not an empty list: a forgotten `properties[tickets]` must not cancel a booking.
fn read_tickets(
    booking: &Object<'_>,
    context: &ticket::Context<'_>,
    notes: &mut Vec<Note>,
) -> Result<Option<Vec<Ticket>>, Unreadable> {
    let Some(items) = booking.list("tickets")? else { return Ok(None) };
    // A ticket is a ticket and its participant.
    let most = limits::ORDER_ADMISSIONS / 2;
    if items.len() > most {
        let detail = format!("{} tickets in one booking, and at most {most} are read", items.len());
        return Err(Unreadable::new(ParkReason::TooManyParts, detail));
    }
    let mut positions: BTreeMap<String, usize> = BTreeMap::new();
    let mut tickets: Vec<Ticket> = Vec::with_capacity(items.len());
    for item in items {
        let ticket = ticket::read(&item.object()?, context, notes)?;
        match positions.get(&ticket.id).and_then(|position| tickets.get(*position)) {
            None => {
                positions.insert(ticket.id.clone(), tickets.len());
                tickets.push(ticket);
            }
            Some(first) if *first == ticket => {
                let subject = format!("ticket:{}", ticket.id);
                notes.push(Note::new(
                    NoteReason::DuplicateKey,
                    subject,
                    "the same ticket is listed twice and counts once",
                ));
            }
            Some(_) => {
                let detail = format!("{}.pid comes twice with different content", item.path());
                return Err(Unreadable::new(ParkReason::ConflictingDuplicate, detail));
            }
        }
    }
    Ok(Some(tickets))
}

/// A booking has no currency of its own.
fn currency_of(tickets: &[Ticket]) -> Option<Currency> {
    let mut participants = tickets.iter().flat_map(|ticket| &ticket.participants);
    participants.find(|participant| participant.price_minor.is_some()).and_then(|participant| participant.currency)
}

fn note_unknown_fields(part: &Object<'_>, known: &[&str], notes: &mut Vec<Note>) {
    for shape in part.unknown_fields(|key| known.contains(&key)) {
        notes.push(Note::new(NoteReason::SchemaExtraField, shape, "a field that the documentation does not have"));
    }
}

#[cfg(test)]
mod tests;
