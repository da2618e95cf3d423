//! The seven kinds of webhooks. None is signed, numbered or dated, so all but the payment are taken as hints to read.

mod schema;

use crate::config::Source;
use crate::inbox::{Classified, Entity, ParkReason};
use crate::limits::ANNOUNCED_TICKETS;
use crate::money::Currency;
use crate::order::Payment;
use crate::provider::Unreadable;
use crate::provider::json::{self, Element, ID_BYTES, Object};

pub(in crate::provider) use self::schema::PARTS as DOCUMENTED;

/// What a webhook says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Webhook {
    /// A booking is to be read.
    Booking {
        /// The booking.
        pid: String,
        /// What happened to it.
        change: BookingChange,
        /// The tickets concerned, to be compared with what is read; they may be gone.
        ticket_pids: Vec<String>,
    },
    /// Money was received. There is no other way to learn of it.
    Payment {
        /// The booking that was paid.
        booking_pid: String,
        /// The payment; when it was made is not said.
        payment: Payment,
    },
    /// A person is to be read.
    Person {
        /// The person.
        pid: String,
        /// New, not changed.
        created: bool,
    },
}

/// What happened to a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookingChange {
    /// Created and confirmed.
    New,
    /// Tickets changed or added.
    TicketsUpdated,
    /// Some tickets deleted.
    TicketsDeleted,
    /// The whole booking cancelled; sticky, whatever is read later.
    Cancelled,
    /// Not sent by anybody: a sweep found that it is not what is known.
    Swept,
}

#[derive(Clone, Copy)]
enum Kind {
    Booking(BookingChange),
    Payment,
    Person { created: bool },
}

impl Kind {
    fn parse(word: &str) -> Option<Self> {
        match word.trim().to_ascii_lowercase().replace('_', "-").as_str() {
            "new-booking" => Some(Self::Booking(BookingChange::New)),
            "booking-tickets-updated" => Some(Self::Booking(BookingChange::TicketsUpdated)),
            "booking-tickets-deleted" => Some(Self::Booking(BookingChange::TicketsDeleted)),
            "booking-cancelled" | "booking-canceled" => Some(Self::Booking(BookingChange::Cancelled)),
            "sweep" => Some(Self::Booking(BookingChange::Swept)),
            "new-payment" => Some(Self::Payment),
            "new-person" => Some(Self::Person { created: true }),
            // `new-updated` is documented, and looks like a slip for one of the others.
            "new-updated" | "person-updated" | "person-update" | "updated-person" | "update-person" => {
                Some(Self::Person { created: false })
            }
            _ => None,
        }
    }

    /// The normal form, which is stored.
    fn as_str(self) -> &'static str {
        match self {
            Self::Booking(BookingChange::New) => "new-booking",
            Self::Booking(BookingChange::TicketsUpdated) => "booking-tickets-updated",
            Self::Booking(BookingChange::TicketsDeleted) => "booking-tickets-deleted",
            Self::Booking(BookingChange::Cancelled) => "booking-cancelled",
            Self::Booking(BookingChange::Swept) => "sweep",
            Self::Payment => "new-payment",
            Self::Person { created: true } => "new-person",
            Self::Person { created: false } => "person-updated",
        }
    }

    fn pid_key(self) -> &'static str {
        match self {
            Self::Booking(_) | Self::Payment => "booking_pid",
            Self::Person { .. } => "person_pid",
        }
    }

    fn entity(self, pid: &str) -> Entity {
        match self {
            Self::Booking(_) | Self::Payment => Entity::Booking(pid.to_owned()),
            Self::Person { .. } => Entity::Person(pid.to_owned()),
        }
    }
}

/// Reads a webhook.
///
/// # Errors
/// `unknown_event_type`, `missing_id`, `bad_id`, `unknown_currency`, `bad_amount`, and what makes it no JSON.
pub fn parse(body: &[u8]) -> Result<Webhook, Unreadable> {
    let document = json::parse(body)?;
    let webhook = document.object()?;
    let kind = kind_of(&webhook)?;
    let (payload, pid) = payload_of(&webhook, kind)?;
    match kind {
        Kind::Booking(change) => {
            let ticket_pids = payload.get("ticket_pids").map(|pids| ticket_pids(&pids)).unwrap_or_default();
            Ok(Webhook::Booking { pid, change, ticket_pids })
        }
        Kind::Payment => Ok(Webhook::Payment { booking_pid: pid, payment: payment(&payload)? }),
        Kind::Person { created } => Ok(Webhook::Person { pid, created }),
    }
}

/// The body of the event of a booking that a sweep found to differ.
pub fn swept(pid: &str) -> Vec<u8> {
    serde_json::json!({ "type": "sweep", "payload": { "booking_pid": pid } }).to_string().into_bytes()
}

/// Whether webhooks of this kind, in its normal form, say what no fetch can tell.
pub fn tells_fact(kind: &str) -> bool {
    [Kind::Payment, Kind::Booking(BookingChange::Cancelled)].iter().any(|fact| fact.as_str() == kind)
}

/// What a delivery is about.
pub fn classify(_source: &Source, body: &[u8]) -> Classified {
    let mut kind = "unknown";
    let mut entity = None;
    let read = json::parse(body).and_then(|document| {
        let webhook = document.object()?;
        let read_kind = kind_of(&webhook)?;
        if let Kind::Booking(BookingChange::Swept) = read_kind {
            return Err(Unreadable::new(ParkReason::UnknownEventType, "type is not known (`sweep`)"));
        }
        kind = read_kind.as_str();
        let (payload, pid) = payload_of(&webhook, read_kind)?;
        entity = Some(read_kind.entity(&pid));
        // Only a payment holds more that can be wrong.
        if let Kind::Payment = read_kind { payment(&payload).map(|_| ()) } else { Ok(()) }
    });
    let kind = kind.to_owned();
    match (read, entity) {
        (Ok(()), Some(entity)) => Classified::Understood { kind, entity },
        (Ok(()), None) => {
            Classified::Parked { kind, entity: None, reason: ParkReason::MissingId, detail: String::new() }
        }
        (Err(error), entity) => Classified::Parked { kind, entity, reason: error.reason, detail: error.detail },
    }
}

fn kind_of(webhook: &Object<'_>) -> Result<Kind, Unreadable> {
    const REASON: ParkReason = ParkReason::UnknownEventType;
    let word = webhook.word("type", REASON)?.ok_or_else(|| Unreadable::new(REASON, "type is missing"))?;
    Kind::parse(&word).ok_or_else(|| {
        let plain = word.len() <= 40 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        let shown = if plain { format!(" (`{word}`)") } else { String::new() };
        Unreadable::new(REASON, format!("type is not known{shown}"))
    })
}

fn payload_of<'d>(webhook: &Object<'d>, kind: Kind) -> Result<(Object<'d>, String), Unreadable> {
    let missing = || Unreadable::new(ParkReason::MissingId, format!("payload.{} is missing", kind.pid_key()));
    let payload = webhook.object("payload")?.ok_or_else(missing)?;
    let pid = payload.required_id(kind.pid_key())?;
    Ok((payload, pid))
}

/// A list, PHP's map or a single pid. The pids only inform: what cannot be read here must not hold up a booking.
fn ticket_pids(pids: &Element<'_>) -> Vec<String> {
    if let Some(single) = pids.text() {
        return [single].into_iter().filter(|pid| pid.len() <= ID_BYTES).collect();
    }
    let items = pids.list().ok().flatten().unwrap_or_default();
    items.iter().filter_map(Element::text).filter(|pid| pid.len() <= ID_BYTES).take(ANNOUNCED_TICKETS).collect()
}

fn payment(payload: &Object<'_>) -> Result<Payment, Unreadable> {
    const REASON: ParkReason = ParkReason::UnknownCurrency;
    let id = payload.required_id("payment_pid")?;
    // The pid of a currency is its ISO code.
    let code = payload.word("currency", REASON)?.unwrap_or_default();
    let currency = Currency::parse(&code).ok_or_else(|| Unreadable::new(REASON, "payload.currency is not known"))?;
    Ok(Payment {
        id,
        // An id in form, for it becomes part of an account code.
        method: payload.id("payment_method")?.unwrap_or_else(|| "unknown".to_owned()),
        method_is_guessed: false,
        amount_minor: payload.required_amount("amount", currency)?,
        currency,
        kind: None,
        paid_at: None,
    })
}

#[cfg(test)]
mod tests;
