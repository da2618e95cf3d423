//! What the providers send and answer, read into [`crate::order`]. No database here.
//!
//! Each provider has a folder; the functions here choose it. No other module asks which provider a source has: the
//! differences are in the methods of [`Provider`] and in what these functions return.

pub mod bookingkit;
pub mod documented;
mod failure;
mod http;
pub mod json;
mod records;
mod shape;
pub mod ticketpark;
pub mod wrapped;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::de::IgnoredAny;

use crate::clock::Timestamp;
use crate::config::Source;
use crate::inbox::operator::Stored;
use crate::inbox::operator::dismiss::Doubts;
use crate::inbox::{Classified, Entity};
use crate::order::{Contact, Note, Order, Payment, Provider};

pub use self::failure::{Failure, Unreadable};
pub use self::http::{Answer, Fetched, SetupError};
pub use self::records::{Record, is_list, records};
pub use crate::inbox::ParkReason;

/// What a webhook to `source` is about. What cannot be read is parked at once, so that the answer can say why.
pub fn classify(source: &Source, body: &[u8]) -> Classified {
    let text = match wrapped::open(body) {
        Ok(text) => text,
        Err(Unreadable { reason, detail }) => {
            return Classified::Parked { kind: "unknown".to_owned(), entity: None, reason, detail };
        }
    };
    match source.provider {
        Provider::Bookingkit => bookingkit::classify(source, &text),
        Provider::Ticketpark => ticketpark::classify(source, &text),
    }
}

/// What a stored webhook to one of these sources is about, by the name of the source.
pub fn classify_by_name<'a>(sources: &'a [Source]) -> impl Fn(&str, &Stored, &[u8]) -> Option<Classified> + 'a {
    |name, stored, body| {
        let source = sources.iter().find(|source| source.name == name)?;
        let encoding = stored.header("content-encoding");
        Some(wrapped::reread(source, encoding.as_deref(), stored.content_type.as_deref(), body))
    }
}

/// Words by which all that tells of an order or of money is known, whatever it is wrapped in.
const OF_MONEY: [&str; 8] = ["payment", "price", "amount", "value", "ticket", "voucher", "booking", "refund"];

/// Whether a body that cannot be read may tell of an order or of money.
pub fn may_tell_of_money(body: &[u8]) -> bool {
    let opened = wrapped::open(body);
    let text = match &opened {
        Ok(text) => String::from_utf8_lossy(text),
        // Compressed in a way that is not known: nobody can say.
        Err(_) => return true,
    };
    let text: String = text.chars().filter(|letter| *letter != '\0').collect::<String>().to_lowercase();
    let is_text = text.chars().filter(|letter| *letter == char::REPLACEMENT_CHARACTER).count() * 4 <= text.len();
    !is_text || is_torn(&text) || OF_ORDER.iter().all(|word| text.contains(word)) || has_word_of_money(&text)
}

fn has_word_of_money(text: &str) -> bool {
    OF_MONEY.iter().any(|word| text.contains(word))
}

/// What only an order has together.
const OF_ORDER: [&str; 2] = ["\"id\"", "\"status\""];

/// Whether a text begins as a document and does not end as one: whatever was cut off may have been of money. A bracket
/// alone is the beginning of nothing.
fn is_torn(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim();
    text.starts_with(['{', '[']) && text.contains('"') && serde_json::from_str::<IgnoredAny>(text).is_err()
}

/// An order as it was read from a webhook or an answer.
pub struct OrderReading {
    /// With the sections that were said.
    pub order: Order,
    pub contact: Option<Contact>,
    /// Oddities that do not hinder: they become findings of the order.
    pub notes: Vec<Note>,
}

/// What a webhook says by itself, without a fetch.
pub struct WebhookReading {
    /// `None`: it only points to what is to be fetched.
    pub content: Option<WebhookContent>,
    /// Parts that it says were changed or deleted: to be compared with what is fetched.
    pub announced: Vec<Note>,
}

/// The content of a webhook.
pub enum WebhookContent {
    Order(Box<OrderReading>),
    /// There is no other way to learn of it.
    Payment(Payment),
    /// The whole order is cancelled, for good.
    Cancelled,
}

/// Reads a webhook.
///
/// # Errors
/// Why it has to be parked.
pub fn read_webhook(source: &Source, body: &[u8]) -> Result<WebhookReading, Unreadable> {
    let text = wrapped::open(body)?;
    match source.provider {
        Provider::Bookingkit => {
            let reading = bookingkit::read(source, &text)?;
            Ok(WebhookReading { content: Some(WebhookContent::Order(Box::new(reading))), announced: Vec::new() })
        }
        Provider::Ticketpark => ticketpark::read_webhook(&text),
    }
}

/// Whether a webhook of this kind tells something that no other webhook and no fetch repeats.
pub fn tells_fact(kind: &str) -> bool {
    ticketpark::tells_fact(kind)
}

/// What makes a webhook doubtful that is to be dismissed.
pub const DOUBTS: Doubts = Doubts { tells_fact, may_tell_of_money, says_payments };

/// Whether a whole order says what was paid, be it nothing.
fn says_payments(body: &[u8]) -> bool {
    let Ok(text) = wrapped::open(body) else { return false };
    let document = json::parse(&text);
    let object = document.as_ref().ok().and_then(|document| document.object().ok());
    object.and_then(|object| object.get("payments")).is_some_and(|said| !said.is_null())
}

/// The payments that a webhook tells of; `None` when they cannot be known. Of one that cannot be booked, they are read
/// where they can be.
pub fn payments_in(source: &Source, body: &[u8]) -> Option<Vec<Payment>> {
    // A webhook may be parked because reading it panics.
    catch_unwind(AssertUnwindSafe(|| match (read_webhook(source, body), source.provider) {
        (Err(_), Provider::Bookingkit) => bookingkit::payments_alone(&wrapped::open(body).ok()?),
        (reading, _) => match reading.ok()?.content? {
            WebhookContent::Order(reading) => reading.order.payments,
            WebhookContent::Payment(payment) => Some(vec![payment]),
            WebhookContent::Cancelled => None,
        },
    }))
    .ok()?
}

/// An answer as it was read.
pub enum AnswerReading {
    Order(Box<OrderReading>),
    Person(Box<Contact>),
}

/// Why an answer that could not be read is asked for again: the provider may be in maintenance, or send half of a
/// booking that it is still writing.
pub fn unreadable_answer(unreadable: &Unreadable, body: &[u8]) -> Failure {
    let Unreadable { reason, detail } = unreadable;
    if *reason == ParkReason::TooManyParts {
        // It does not become less by asking again.
        return Failure::Permanent { reason: *reason, detail: detail.clone() };
    }
    Failure::Transient {
        reason: ParkReason::AnswerUnreadable,
        detail: format!("the provider's answer cannot be read ({reason}: {detail}); it was {}", shape::shape(body)),
        retry_after_milliseconds: None,
    }
}

/// Reads the body of an answer about `entity`. `received_at` is the receipt of the event that led to it.
///
/// # Errors
/// What cannot be read; see [`unreadable_answer`].
pub fn read_answer(
    source: &Source,
    entity: &Entity,
    body: &[u8],
    received_at: Timestamp,
) -> Result<AnswerReading, Unreadable> {
    match source.provider {
        Provider::Bookingkit => Err(Unreadable::new(ParkReason::GarbageAnswer, "bookingkit's orders are not fetched")),
        Provider::Ticketpark => ticketpark::read_answer(source, entity, body, received_at),
    }
}

/// The records of a page of a source's list.
///
/// # Errors
/// See [`records()`].
pub fn listed(source: &Source, page: &[u8]) -> Result<Vec<Record>, Unreadable> {
    let key = match source.provider {
        Provider::Bookingkit => "id",
        Provider::Ticketpark => "pid",
    };
    records(page, key)
}

/// Whether an answer may be an empty list although it is no list. PHP has one kind of value for lists and objects; and
/// how Ticketpark tells an empty list is not documented: the client that it publishes takes an empty body for one.
pub fn is_blank_list(source: &Source, status: u16, body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    let is_object = serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(body).is_ok_and(|object| object.is_empty());
    let is_open = source.provider == Provider::Ticketpark;
    status == 200 && is_object || is_open && (status == 404 || body.is_empty())
}

/// Reads a record of a list as an order.
///
/// # Errors
/// What would park a webhook that said so.
pub fn read_listed(source: &Source, body: &[u8], now: Timestamp) -> Result<OrderReading, Unreadable> {
    match source.provider {
        Provider::Bookingkit => bookingkit::read(source, body),
        Provider::Ticketpark => ticketpark::booking::read_booking(source, body, now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_tell_of_money_is_known_whatever_it_is_wrapped_in() {
        let order = r#"{"id":"1","payments":[{"value":"10.00"}],"name":"José"}"#;
        let latin: Vec<u8> = order.chars().map(|letter| u8::try_from(letter).expect("Latin-1")).collect();
        let utf16: Vec<u8> = order.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let cut = br#"{"id": "3c5e7f", "status": "ACC"#;
        for body in [order.as_bytes(), &latin, &utf16, &[0x1f, 0x8b, 0, 1], &[0xce; 40], cut] {
            assert!(may_tell_of_money(body), "{body:?}");
        }
        // Cut off before anything of money came.
        for body in [&br#"{"id": "3c5e7f", "status": "ACC"#[..], br#"[{"a"#, br#"{"id":"1","status":"DONE"}"#] {
            assert!(may_tell_of_money(body), "{body:?}");
        }
        for body in [&b"{\"test\":\"hello\"}"[..], b"", b"ping", b"{", b"<html></html>", b"[]"] {
            assert!(!may_tell_of_money(body), "{body:?}");
        }
    }
}
