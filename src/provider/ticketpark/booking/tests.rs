use serde_json::{Value, json};

use super::*;
use crate::config::VatRule;
use crate::demo::stand_in::{BookingExample, TicketExample, person_example};
use crate::order::{PartStatus, Provider};

fn source() -> Source {
    let rule =
        |from: &str, rate_bp| VatRule { from: from.parse().unwrap(), event: None, price: None, host: None, rate_bp };
    Source {
        vat_rules: vec![rule("2018-01-01", 250), rule("2024-01-01", 260)],
        ..Source::new("theatre", Provider::Ticketpark, chrono_tz::Europe::Zurich, "CH")
    }
}

fn read(booking: &Value) -> Result<OrderReading, Unreadable> {
    let received_at = Timestamp::parse("2023-12-31T23:30:00Z").unwrap();
    read_booking(&source(), booking.to_string().as_bytes(), received_at)
}

/// The documented booking with one member of its first ticket replaced, or removed.
fn with_ticket_member(key: &str, value: Option<Value>) -> Value {
    let mut booking = BookingExample::default().json();
    let ticket = booking["tickets"][0].as_object_mut().unwrap();
    match value {
        Some(value) => ticket.insert(key.to_owned(), value),
        None => ticket.remove(key),
    };
    booking
}

fn reason(booking: &Value) -> &'static str {
    read(booking).err().map_or("readable", |error| error.reason.as_str())
}

fn note_reasons(said: &OrderReading) -> Vec<&str> {
    said.notes.iter().map(|note| note.reason.as_str()).collect()
}

#[test]
fn the_documented_booking_is_read() {
    let said = read(&BookingExample::default().json()).unwrap();
    assert_eq!(said.notes, []);
    let order = said.order;
    assert_eq!(order.order_id, "293233446073");
    let header = order.header.as_ref().unwrap();
    assert_eq!((header.code.as_deref(), header.status), (Some("2932-3344-6073"), OrderStatus::Accepted));
    assert_eq!(header.currency, Currency::parse("CHF"));
    assert!(order.payments.is_none() && order.products.is_none());
    let tickets = order.tickets.as_ref().unwrap();
    assert_eq!(
        tickets.iter().map(|ticket| ticket.id.as_str()).collect::<Vec<_>>(),
        ["6445cdbe3e9509e8", "6445cdbe3e9509e9"]
    );
    let [ticket, _] = tickets.as_slice() else { panic!("two tickets") };
    assert_eq!(
        (ticket.title.as_deref(), ticket.starts_at),
        (Some("Shakespeare Day"), Timestamp::parse("2019-08-11T10:00:00Z"))
    );
    let [participant] = ticket.participants.as_slice() else { panic!("one participant") };
    assert_eq!(
        (participant.id.as_str(), participant.price_minor, participant.vat_bp),
        ("6445cdbe3e9509e8", Some(2500), Some(250))
    );
    assert_eq!((participant.status, participant.price_title.as_deref()), (PartStatus::Accepted, Some("Normalpreis")));
    let contact = said.contact.unwrap();
    assert_eq!(contact.match_key, "person:8CB96870-68AC-4296-BEC2-F0F04B29D4F0");
    assert_eq!((contact.name.as_deref(), contact.street.as_deref()), (Some("Manuel Reinhard"), Some("Birkenweg 61")));
    assert_eq!((contact.postal_code.as_deref(), contact.city.as_deref()), (Some("3013"), Some("Bern")));
    assert_eq!(contact.details.as_deref(), Some(r#"{"mailing":true,"newsletter":true,"salutation":"m"}"#));
}

#[test]
fn seat_barcode_and_person_stay_out_of_the_order() {
    let order = serde_json::to_string(&read(&BookingExample::default().json()).unwrap().order).unwrap();
    for secret in ["Seat", "6445CDBE3E9509E8", "Reinhard", "tech@", "Birkenweg", "8CB96870"] {
        assert!(!order.contains(secret), "{secret}");
    }
}

#[test]
fn absent_tickets_are_unknown_and_an_empty_list_is_none() {
    let mut booking = BookingExample::default().json();
    booking["tickets"] = json!([]);
    assert_eq!(read(&booking).unwrap().order.tickets, Some(Vec::new()));
    booking["tickets"] = Value::Null;
    assert_eq!(read(&booking).unwrap().order.tickets, None);
    booking.as_object_mut().unwrap().remove("tickets");
    let order = read(&booking).unwrap().order;
    assert_eq!((order.tickets, order.header.unwrap().currency), (None, None));
    let as_map = json!({ "3": TicketExample::default().json() });
    booking["tickets"] = as_map;
    assert_eq!(read(&booking).unwrap().order.tickets.unwrap().len(), 1);
}

#[test]
fn a_confirmation_counts_unless_it_is_denied() {
    let status = |booking: &Value| read(booking).unwrap().order.status();
    let mut booking = BookingExample::default().json();
    booking["confirmation"] = json!(false);
    assert_eq!(status(&booking), OrderStatus::Pending);
    booking.as_object_mut().unwrap().remove("confirmation");
    assert_eq!(status(&booking), OrderStatus::Pending);
    assert_eq!(note_reasons(&read(&booking).unwrap()), ["confirmation_missing"]);
    booking["confirmation"] = Value::Null;
    assert_eq!(status(&booking), OrderStatus::Pending);
    booking["confirmation"] = json!("perhaps");
    assert_eq!(reason(&booking), "bad_flag");

    let denied = read(&with_ticket_member("confirmation", Some(json!(false)))).unwrap();
    assert_eq!(note_reasons(&denied), ["unconfirmed_ticket"]);
    let tickets = denied.order.tickets.unwrap();
    assert_eq!((tickets[0].status, tickets[1].status), (PartStatus::Pending, PartStatus::Accepted));
    for unsaid in [None, Some(Value::Null)] {
        let unsaid = read(&with_ticket_member("confirmation", unsaid)).unwrap();
        assert_eq!(note_reasons(&unsaid), ["confirmation_missing"]);
        assert_eq!(unsaid.order.tickets.unwrap()[0].status, PartStatus::Pending);
    }
}

#[test]
fn a_missing_price_posts_nothing_and_a_bad_one_parks() {
    const PRICE: &str = "denormalized_price_including_vat";
    for nothing in [None, Some(Value::Null), Some(json!(""))] {
        let said = read(&with_ticket_member(PRICE, nothing)).unwrap();
        assert_eq!(note_reasons(&said), ["price_missing"]);
        assert_eq!(said.order.tickets.unwrap()[0].participants[0].price_minor, None);
        assert_eq!(said.order.header.unwrap().currency, Currency::parse("CHF"));
    }
    let free = read(&with_ticket_member(PRICE, Some(json!(0)))).unwrap();
    assert_eq!(free.order.tickets.unwrap()[0].participants[0].price_minor, Some(0));
    assert_eq!(reason(&with_ticket_member(PRICE, Some(json!("25,00")))), "bad_amount");
    assert_eq!(reason(&with_ticket_member(PRICE, Some(json!("25.001")))), "bad_amount");
    assert_eq!(reason(&with_ticket_member("denormalized_currency_pid", Some(json!("XXZ")))), "unknown_currency");
    assert_eq!(reason(&with_ticket_member("denormalized_currency_pid", None)), "unknown_currency");
    assert_eq!(reason(&with_ticket_member("pid", None)), "missing_id");
    assert_eq!(reason(&json!({ "confirmation": true })), "missing_id");
}

#[test]
fn the_rate_is_that_of_the_local_day_of_the_show() {
    let rate = |start: Option<Value>| {
        let said = read(&with_ticket_member("denormalized_show_start", start)).unwrap();
        let ticket = said.order.tickets.unwrap().remove(0);
        (ticket.participants[0].vat_bp, said.notes.len())
    };
    assert_eq!(rate(Some(json!("2023-12-31T23:30:00Z"))), (Some(260), 0));
    assert_eq!(rate(Some(json!("2023-12-31T23:30:00+0100"))), (Some(250), 0));
    // Without an offset it is the local time of the source.
    assert_eq!(rate(Some(json!("2024-01-01 00:15:00"))), (Some(260), 0));
    assert_eq!(rate(Some(json!("2017-12-31 20:00:00"))), (None, 0));
    // Without a date it is the receipt, here 2024 in Zurich.
    assert_eq!(rate(None), (Some(260), 0));
    assert_eq!(rate(Some(json!("soon"))), (Some(260), 1));
    assert_eq!(rate(Some(json!("1970-01-01 00:00:00"))), (Some(260), 1));
}

#[test]
fn the_same_ticket_twice_counts_once_and_two_versions_of_it_park() {
    let mut booking = BookingExample::default();
    booking.tickets[1] = TicketExample { seat: "elsewhere".to_owned(), ..TicketExample::default() };
    let said = read(&booking.json()).unwrap();
    assert_eq!((note_reasons(&said), said.order.tickets.as_ref().unwrap().len()), (vec!["duplicate_key"], 1));
    booking.tickets[1].price = "30.00".to_owned();
    assert_eq!(reason(&booking.json()), "conflicting_duplicate");
}

#[test]
fn a_customer_never_hinders_a_booking() {
    let contact = |customer: Value| {
        let booking = BookingExample { customer, ..BookingExample::default() };
        read(&booking.json()).unwrap().contact
    };
    assert!(contact(Value::Null).is_none());
    assert!(contact(json!("8CB96870")).is_none());
    assert!(contact(json!([1, 2])).is_none());
    let without_pid = contact(json!({ "email": " Tech@Ticketpark.ch ", "address": "none" })).unwrap();
    assert_eq!(without_pid.match_key, "email:tech@ticketpark.ch");
    assert_eq!(contact(json!({ "lastname": "R" })).unwrap().match_key, "order:293233446073");
}

#[test]
fn unknown_fields_are_noted_once_for_each_shape() {
    let mut booking = with_ticket_member("new_field", Some(json!("Reinhard")));
    booking["tickets"][1]["new_field"] = json!(2);
    booking["total"] = json!("50.00");
    let said = read(&booking).unwrap();
    let shapes: Vec<_> = said.notes.iter().map(|note| (note.reason.as_str(), note.subject.as_str())).collect();
    assert_eq!(shapes, [("schema_extra_field", "tickets[].new_field"), ("schema_extra_field", "total")]);
}

#[test]
fn a_person_is_read() {
    let contact = read_person(person_example().to_string().as_bytes()).ok().unwrap();
    assert_eq!(contact.match_key, "person:8CB96870-68AC-4296-BEC2-F0F04B29D4F0");
    assert_eq!((contact.email.as_deref(), contact.language.as_deref()), (Some("tech@ticketpark.ch"), Some("de")));
    assert_eq!(read_person(b"{}").err().map(|error| error.reason.as_str()), Some("missing_id"));
}
