//! One ticket: one admission at one show, with a price of its own.

use chrono::{Datelike as _, NaiveDateTime, TimeZone as _};

use super::{confirmation, note_unknown_fields, vat};
use crate::clock::Timestamp;
use crate::config::Source;
use crate::inbox::ParkReason;
use crate::money::Currency;
use crate::order::{Note, NoteReason, PartStatus, Participant, Ticket};
use crate::provider::Unreadable;
use crate::provider::json::Object;

const PRICE: &str = "denormalized_price_including_vat";
const CURRENCY: &str = "denormalized_currency_pid";
const START: &str = "denormalized_show_start";

const KNOWN: &[&str] = &[
    "pid",
    "code",
    "confirmation",
    "seat_string",
    "denormalized_host_name",
    "denormalized_event_name",
    START,
    "denormalized_venue_name",
    "denormalized_sector_name",
    "denormalized_price_name",
    PRICE,
    CURRENCY,
    "_links",
];

/// What a ticket is read with.
pub(super) struct Context<'s> {
    pub(super) source: &'s Source,
    pub(super) received_at: Timestamp,
    /// The booking is confirmed.
    pub(super) booking_counts: bool,
}

/// Reads a ticket. The price is gross; its VAT is a fact about the organiser, so it comes from the rules.
pub(super) fn read(ticket: &Object<'_>, context: &Context<'_>, notes: &mut Vec<Note>) -> Result<Ticket, Unreadable> {
    let id = ticket.required_id("pid")?;
    let subject = format!("ticket:{id}");
    let said = notes.len();
    let confirmed = confirmation(ticket, &subject, notes)?;
    if !confirmed && context.booking_counts && notes.len() == said {
        notes.push(Note::new(
            NoteReason::UnconfirmedTicket,
            subject.as_str(),
            "a ticket of a confirmed booking is not confirmed",
        ));
    }
    let status = if confirmed { PartStatus::Accepted } else { PartStatus::Pending };
    let (price_minor, currency) = price(ticket, &subject, notes)?;
    let starts_at = starts_at(ticket, context.source, &subject, notes);
    let (title, price_title) = (ticket.text("denormalized_event_name"), ticket.text("denormalized_price_name"));
    let host = ticket.text("denormalized_host_name");
    let named = vat::Names { event: title.as_deref(), price: price_title.as_deref(), host: host.as_deref() };
    let day = starts_at.unwrap_or(context.received_at).local_date(context.source.timezone);
    let vat_bp = vat::rate(&context.source.vat_rules, day, &named);
    note_unknown_fields(ticket, KNOWN, notes);
    let participant = Participant {
        id: id.clone(),
        status,
        price_minor,
        currency,
        price_id: None,
        price_title,
        vat_bp,
        cancelled_at: None,
        checked_in_at: None,
        entry_units: Vec::new(),
        redeemed_flex_tickets: Vec::new(),
    };
    Ok(Ticket {
        id,
        event_id: None,
        event_date_id: None,
        title,
        starts_at,
        status,
        vat_bp,
        cancelled_at: None,
        participants: vec![participant],
    })
}

fn price(
    ticket: &Object<'_>,
    subject: &str,
    notes: &mut Vec<Note>,
) -> Result<(Option<i64>, Option<Currency>), Unreadable> {
    const REASON: ParkReason = ParkReason::UnknownCurrency;
    let code = ticket.word(CURRENCY, REASON)?;
    let unknown = || Unreadable::new(REASON, format!("{} is not known", ticket.path(CURRENCY)));
    let currency = code.map(|code| Currency::parse(&code).ok_or_else(unknown)).transpose()?;
    if ticket.get(PRICE).is_none_or(|price| price.is_blank()) {
        notes.push(Note::new(NoteReason::PriceMissing, subject, "a ticket without a price posts nothing"));
        return Ok((None, currency));
    }
    let currency = currency.ok_or_else(unknown)?;
    Ok((Some(ticket.required_amount(PRICE, currency)?), Some(currency)))
}

/// The start of the show, with an offset or, as this API writes times elsewhere, in local time without one.
fn starts_at(ticket: &Object<'_>, source: &Source, subject: &str, notes: &mut Vec<Note>) -> Option<Timestamp> {
    let local = ticket.text(START).and_then(|text| {
        let text = text.trim().replacen(' ', "T", 1);
        let local = NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S").ok()?;
        // An older one stands for "none"; below it is noted as unreadable.
        let local = Some(local).filter(|local| local.year() >= 2000)?;
        source.timezone.from_local_datetime(&local).earliest()
    });
    match local {
        Some(local) => Some(Timestamp::new(local.to_utc())),
        None => ticket.timestamp(START, subject, notes),
    }
}
