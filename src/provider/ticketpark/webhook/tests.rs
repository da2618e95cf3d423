use serde_json::{Value, json};

use super::*;
use crate::order::Provider;

fn source() -> Source {
    Source::new("theatre", Provider::Ticketpark, chrono_tz::Europe::Zurich, "CH")
}

fn body(kind: &str, payload: &Value) -> Vec<u8> {
    json!({ "type": kind, "payload": payload }).to_string().into_bytes()
}

fn understood(kind: &str, entity: &str) -> Classified {
    Classified::Understood { kind: kind.to_owned(), entity: Entity::parse(entity).unwrap() }
}

fn parked(body: &[u8]) -> (String, Option<String>, &'static str) {
    match classify(&source(), body) {
        Classified::Parked { kind, entity, reason, .. } => {
            (kind, entity.map(|entity| entity.to_string()), reason.as_str())
        }
        Classified::Understood { kind, .. } => panic!("{kind} was understood"),
    }
}

#[test]
fn every_documented_webhook_is_understood() {
    let booking = json!({ "booking_pid": "293233446073", "ticket_pids": ["a", "b"] });
    let person = json!({ "person_pid": "8CB96870-68AC-4296-BEC2-F0F04B29D4F0" });
    for (kind, change) in [
        ("new-booking", BookingChange::New),
        ("booking-tickets-updated", BookingChange::TicketsUpdated),
        ("booking-tickets-deleted", BookingChange::TicketsDeleted),
        ("booking-cancelled", BookingChange::Cancelled),
    ] {
        let body = body(kind, &booking);
        let ticket_pids = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(parse(&body), Ok(Webhook::Booking { pid: "293233446073".to_owned(), change, ticket_pids }));
        assert_eq!(classify(&source(), &body), understood(kind, "booking:293233446073"));
    }
    for (kind, created, stored) in [
        ("new-person", true, "new-person"),
        ("new-updated", false, "person-updated"),
        ("person-updated", false, "person-updated"),
        ("updated-person", false, "person-updated"),
        ("update-person", false, "person-updated"),
        ("person_updated", false, "person-updated"),
    ] {
        let body = body(kind, &person);
        let pid = "8CB96870-68AC-4296-BEC2-F0F04B29D4F0".to_owned();
        assert_eq!(parse(&body), Ok(Webhook::Person { pid: pid.clone(), created }));
        assert_eq!(classify(&source(), &body), understood(stored, &format!("person:{pid}")));
    }
}

#[test]
fn pids_come_as_texts_or_numbers_and_lists_in_the_shapes_of_php() {
    for (sent, expected) in [
        (json!(["a", 2, null]), vec!["a", "2"]),
        (json!({ "0": "a", "2": "b" }), vec!["a", "b"]),
        (json!("a"), vec!["a"]),
        (json!(293_233_446_073_u64), vec!["293233446073"]),
        (json!([]), vec![]),
        (json!(null), vec![]),
        (json!({ "some": { "thing": "new" } }), vec![]),
    ] {
        let body = body("booking-tickets-updated", &json!({ "booking_pid": 293_233_446_073_u64, "ticket_pids": sent }));
        let Ok(Webhook::Booking { pid, ticket_pids, .. }) = parse(&body) else { panic!("{sent} was not read") };
        assert_eq!(
            (pid.as_str(), ticket_pids),
            ("293233446073", expected.iter().map(|pid| (*pid).to_owned()).collect())
        );
    }
}

fn payment_with(amount: &str, currency: &str) -> Vec<u8> {
    let payload = format!(
        r#"{{"booking_pid":"1","payment_pid":"p","payment_method":"m","currency":{currency},"amount":{amount}}}"#
    );
    format!(r#"{{"type":"new-payment","payload":{payload}}}"#).into_bytes()
}

#[test]
fn a_payment_is_exact_or_parked() {
    for (amount, currency, minor) in [
        ("\"50.00\"", "\"CHF\"", 5000),
        ("50", "\"chf\"", 5000),
        ("90071992547409.93", "\"CHF\"", 9_007_199_254_740_993),
        ("\"-12.5\"", "\"EUR\"", -1250),
        ("500", "\"JPY\"", 500),
        // An exponent, as in all amounts, as long as it is exact.
        ("1.5e2", "\"CHF\"", 15_000),
        ("\"5E1\"", "\"CHF\"", 5000),
        ("2500e-2", "\"CHF\"", 2500),
    ] {
        let Ok(Webhook::Payment { payment, .. }) = parse(&payment_with(amount, currency)) else { panic!("{amount}") };
        assert_eq!((payment.amount_minor, payment.id.as_str(), payment.method.as_str()), (minor, "p", "m"));
        assert_eq!((payment.paid_at, payment.kind), (None, None));
    }
    for (amount, currency, reason) in [
        ("\"amount\"", "\"CHF\"", "bad_amount"),
        ("null", "\"CHF\"", "bad_amount"),
        ("\"1,00\"", "\"CHF\"", "bad_amount"),
        ("0.005", "\"CHF\"", "bad_amount"),
        ("5e-3", "\"CHF\"", "bad_amount"),
        ("1e30", "\"CHF\"", "bad_amount"),
        ("1.5e0", "\"JPY\"", "bad_amount"),
        ("[50]", "\"CHF\"", "bad_amount"),
        ("50", "\"XXZ\"", "unknown_currency"),
        ("50", "null", "unknown_currency"),
        ("50", "{\"pid\":\"CHF\"}", "unknown_currency"),
    ] {
        let expected = ("new-payment".to_owned(), Some("booking:1".to_owned()), reason);
        assert_eq!(parked(&payment_with(amount, currency)), expected, "{amount} {currency}");
    }
    let nameless = body("new-payment", &json!({ "booking_pid": 1, "payment_pid": 2, "currency": "CHF", "amount": 3 }));
    let Ok(Webhook::Payment { payment, .. }) = parse(&nameless) else { panic!("not read") };
    assert_eq!((payment.id.as_str(), payment.method.as_str()), ("2", "unknown"));
}

#[test]
fn what_cannot_be_understood_is_parked_with_what_is_known() {
    let unknown = |reason| ("unknown".to_owned(), None, reason);
    let known = |kind: &str, reason| (kind.to_owned(), None, reason);
    assert_eq!(parked(&body("new-voucher", &json!({ "booking_pid": "1" }))), unknown("unknown_event_type"));
    assert_eq!(parked(b"{\"payload\":{}}"), unknown("unknown_event_type"));
    assert_eq!(parked(b"{\"type\":[\"new-booking\"]}"), unknown("unknown_event_type"));
    assert_eq!(parked(&body("new-booking", &json!({}))), known("new-booking", "missing_id"));
    assert_eq!(parked(&body("new-booking", &json!({ "person_pid": "1" }))), known("new-booking", "missing_id"));
    assert_eq!(parked(b"{\"type\":\"new-person\"}"), known("new-person", "missing_id"));
    assert_eq!(parked(&body("new-booking", &json!({ "booking_pid": 1.5 }))), known("new-booking", "bad_id"));
    assert_eq!(parked(b""), unknown("invalid_json"));
    assert_eq!(parked(b"[]"), unknown("unknown_event_type"));
    assert_eq!(parked(b"[1]"), unknown("invalid_json"));
    assert_eq!(parked(b"\xff"), unknown("broken_utf8"));
    assert_eq!(parked(b"{\"type\":\"\\ud800\"}"), unknown("lone_surrogate"));
}

#[test]
fn a_strange_type_is_not_repeated_into_logs() {
    let long = parse(&body("<script>alert(1)</script>", &json!({}))).unwrap_err();
    assert_eq!(long.detail, "type is not known");
    assert_eq!(parse(&body("new-voucher", &json!({}))).unwrap_err().detail, "type is not known (`new-voucher`)");
}

/// Whatever is stored can be looked for by its kind, and each kind of the inbox comes from somewhere.
#[test]
fn the_inbox_knows_every_kind_and_no_other() {
    let changes = [
        BookingChange::New,
        BookingChange::TicketsUpdated,
        BookingChange::TicketsDeleted,
        BookingChange::Cancelled,
        BookingChange::Swept,
    ];
    let people = [true, false].map(|created| Kind::Person { created });
    let kinds = changes.map(Kind::Booking).into_iter().chain(people).chain([Kind::Payment]);
    let mut stored: std::collections::BTreeSet<&str> = kinds.map(Kind::as_str).collect();
    for kind in &stored {
        assert!(crate::inbox::KINDS.contains(kind), "{kind}");
        assert_eq!(Kind::parse(kind).map(Kind::as_str), Some(*kind), "it is read as it is stored");
    }
    // Of bookingkit, of what cannot be read, of the import of the past, and of people.
    stored.extend(["order", "unknown", "history", "import", "reverse", "retain"]);
    assert_eq!(stored, crate::inbox::KINDS.into());
}
