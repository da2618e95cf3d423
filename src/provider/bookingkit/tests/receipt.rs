use super::*;
use crate::order::{OrderStatus, PartStatus};

#[test]
fn what_is_no_document_parks_without_an_entity() {
    for (body, expected) in [
        (&b"{\"id\":\"\xff\"}"[..], "broken_utf8"),
        (b"", "invalid_json"),
        (b"not json", "invalid_json"),
        (b"[]x", "invalid_json"),
        (b"[1]", "invalid_json"),
        (b"\"text\"", "invalid_json"),
        (br#"{"id":"1","unread":"\ud800"}"#, "lone_surrogate"),
    ] {
        let Classified::Parked { kind, entity, reason, .. } = classify(&source(), body) else { panic!("understood") };
        assert_eq!((kind.as_str(), entity, reason.as_str()), ("unknown", None, expected));
    }
    assert_eq!(refused("{}").reason.as_str(), "missing_id");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(refused(&rewritten("\"Notes\"", &deep)).reason.as_str(), "invalid_json");
}

#[test]
fn what_parks_keeps_its_entity_when_it_has_one() {
    let parked = |text: &str| match classify(&source(), text.as_bytes()) {
        Classified::Parked { kind, entity, reason, detail } => (kind, entity, reason, detail),
        Classified::Understood { .. } => panic!("understood"),
    };
    let (kind, entity, reason, detail) = parked(&with("/payments/1/value", json!("ten")));
    assert_eq!((kind.as_str(), entity), ("order", Some(Entity::Order(ORDER_ID.to_owned()))));
    assert_eq!(
        (reason.as_str(), detail.as_str()),
        ("bad_amount", "payments[1].value is refused: not a decimal number")
    );
    let (kind, entity, reason, _) = parked(&without("/id"));
    assert_eq!((kind.as_str(), entity, reason.as_str()), ("order", None, "missing_id"));
}

#[test]
fn the_header_must_say_who_what_and_in_which_currency() {
    for value in [Value::Null, empty(), json!("  "), json!([]), json!({})] {
        check_refused(&[
            ("/id", value.clone(), "missing_id", "id is missing"),
            ("/vendor_id", value.clone(), "unknown_vendor", "vendor_id is missing"),
            ("/status", value.clone(), "unknown_status", "status is missing"),
            ("/currency", value, "unknown_currency", "currency is missing"),
        ]);
    }
    for (field, reason) in [
        ("/id", "missing_id"),
        ("/vendor_id", "unknown_vendor"),
        ("/status", "unknown_status"),
        ("/currency", "unknown_currency"),
    ] {
        assert_eq!(refused(&without(field)).reason.as_str(), reason);
    }
    check_refused(&[
        ("/id", json!(1.5), "bad_id", "id is not an id"),
        ("/id", json!("x".repeat(201)), "bad_id", "id is not an id"),
        ("/vendor_id", json!("ffff"), "unknown_vendor", "vendor_id is none of"),
        ("/status", json!("ALL"), "unknown_status", "status is `ALL`"),
        ("/status", json!("REFUNDED"), "unknown_status", "status is `REFUNDED`"),
        ("/status", json!({"code": "ACCEPTED"}), "unknown_status", "status is not a text"),
        ("/currency", json!("EURO"), "unknown_currency", "currency is `EURO`"),
        ("/currency", json!("XAU"), "unknown_currency", "currency is `XAU`"),
    ]);
}

#[test]
fn statuses_are_read_in_both_spellings_and_any_case() {
    for (word, status) in [
        ("accepted", OrderStatus::Accepted),
        ("CANCELLED", OrderStatus::Cancelled),
        ("Canceled", OrderStatus::Cancelled),
        ("OPEN", OrderStatus::Pending),
        ("PENDING", OrderStatus::Pending),
        ("declined", OrderStatus::Declined),
    ] {
        assert_eq!(said(&with("/status", json!(word))).order.status(), status);
    }
    for (value, status) in [
        (json!("CANCELLED"), PartStatus::Cancelled),
        (json!("canceled"), PartStatus::Cancelled),
        (json!("open"), PartStatus::Pending),
        (empty(), PartStatus::Unsaid),
        (Value::Null, PartStatus::Unsaid),
    ] {
        for part in ["/tickets/0", PARTICIPANT, "/products/0", "/flexTickets/0", "/voucherOrders/0"] {
            let order = said(&with(&format!("{part}/status"), value.clone())).order;
            let ticket = &order.tickets.as_ref().unwrap()[0];
            let read = match part {
                "/tickets/0" => ticket.status,
                "/products/0" => order.products.unwrap()[0].status,
                "/flexTickets/0" => order.flex_tickets.unwrap()[0].status,
                "/voucherOrders/0" => order.voucher_orders.unwrap()[0].status,
                _ => ticket.participants[0].status,
            };
            assert_eq!(read, status, "{part} {value}");
        }
    }
    let failed = said(&with("/flexTickets/0/status", json!("failure"))).order.flex_tickets.unwrap();
    assert_eq!(failed[0].status, PartStatus::Failure);
    for part in ["/tickets/0", PARTICIPANT, "/products/0", "/voucherOrders/0"] {
        assert_eq!(refused(&with(&format!("{part}/status"), json!("FAILURE"))).reason.as_str(), "unknown_status");
    }
    for part in ["/tickets/0", PARTICIPANT, "/products/0", "/flexTickets/0", "/voucherOrders/0"] {
        for word in ["DECLINED", "ALL"] {
            let refused = refused(&with(&format!("{part}/status"), json!(word)));
            assert_eq!(refused.reason.as_str(), "unknown_status", "{part} {word}");
        }
    }
    assert_eq!(refused(&with("/status", json!("FAILURE"))).reason.as_str(), "unknown_status");
    check_refused(&[
        ("/tickets/0/status", json!("GONE"), "unknown_status", "tickets[0].status is `GONE`"),
        ("/tickets/0/participants/0/status", json!("ALL"), "unknown_status", "tickets[0].participants[0].status"),
        ("/products/0/status", json!(7), "unknown_status", "products[0].status"),
        ("/flexTickets/0/status", json!(["CANCELED"]), "unknown_status", "flexTickets[0].status"),
        ("/voucherOrders/0/status", json!("X"), "unknown_status", "voucherOrders[0].status"),
    ]);
}

#[test]
fn sections_may_be_unsaid_or_empty() {
    let sections =
        ["tickets", "products", "flexTickets", "voucherOrders", "redeemed_vouchers", "redeemed_coupons", "payments"];
    for (place, section) in sections.into_iter().enumerate() {
        let lengths = |text: &str| {
            let order = said(text).order;
            [
                order.tickets.map(|parts| parts.len()),
                order.products.map(|parts| parts.len()),
                order.flex_tickets.map(|parts| parts.len()),
                order.voucher_orders.map(|parts| parts.len()),
                order.redeemed_vouchers.map(|parts| parts.len()),
                order.redeemed_coupons.map(|parts| parts.len()),
                order.payments.map(|parts| parts.len()),
            ]
        };
        let pointer = format!("/{section}");
        let mut expected = lengths(UNIFIED_EXAMPLE);
        expected[place] = None;
        assert_eq!(lengths(&without(&pointer)), expected, "{section}");
        assert_eq!(lengths(&with(&pointer, Value::Null)), expected, "{section}");
        expected[place] = Some(0);
        for value in [json!([]), json!({}), empty()] {
            assert_eq!(lengths(&with(&pointer, value)), expected, "{section}");
        }
        for value in [json!("text"), json!(1), json!(true)] {
            let expected = ("bad_list", format!("{section} is not a list"));
            let refused = refused(&with(&pointer, value));
            assert_eq!((refused.reason.as_str(), refused.detail), expected);
        }
        assert_eq!(refused(&with(&pointer, json!([null]))).reason.as_str(), "bad_object");
    }
}

#[test]
fn nested_lists_and_scalars_may_be_absent() {
    for pointer in
        ["/tickets/0/participants", "/tickets/0/participants/0/entry_units", "/voucherOrders/0/related_items"]
    {
        for value in [json!([]), json!({}), empty(), Value::Null] {
            said(&with(pointer, value));
        }
        said(&without(pointer));
    }
    let bare = json!({
        "id": 7, "vendor_id": "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "status": "OPEN", "currency": "eur",
        "tickets": [{"id": 1, "participants": [{"id": 2}]}],
        "voucherOrders": [{"id": 3}],
    });
    let order = said(&bare.to_string()).order;
    assert_eq!(order.order_id, "7");
    let participant = &order.tickets.as_ref().unwrap()[0].participants[0];
    assert_eq!((participant.price_minor, participant.vat_bp, participant.status), (None, None, PartStatus::Unsaid));
    let voucher_order = &order.voucher_orders.as_ref().unwrap()[0];
    assert_eq!((voucher_order.vat_bp, voucher_order.vouchers.len()), (0, 0));
    assert_eq!((order.products, order.payments), (None, None));
}

#[test]
fn php_maps_are_lists() {
    let document: Value = serde_json::from_str(UNIFIED_EXAMPLE).unwrap();
    let payments = json!({"10": document["payments"][0], "9": document["payments"][1]});
    let ids: Vec<_> = said(&with("/payments", payments)).order.payments.unwrap();
    assert_eq!(ids.iter().map(|payment| payment.amount_minor).collect::<Vec<_>>(), [-1000, 11_000]);
    let flex = document["tickets"][0]["participants"][0]["redeemed_flexTicket"][0].clone();
    let order = said(&with("/tickets/0/participants/0/redeemed_flexTicket", flex)).order;
    assert_eq!(order.tickets.unwrap()[0].participants[0].redeemed_flex_tickets.len(), 1);
    let keyed = json!({"00112233445566778899aabbccddeeff": document["payments"][0]});
    check_refused(&[("/payments", keyed, "missing_id", "payments.id is missing")]);
}

#[test]
fn oddities_are_noted_once_per_shape() {
    let mut text = with("/payments/0/fee", json!("0.50"));
    text = edit(&text, "/payments/1/fee", Some(json!("0.50")));
    text = edit(&text, "/invoice_number", Some(json!("RN4-1")));
    text = edit(&text, "/grimes@hotmail.com", Some(json!(1)));
    let fields = ["?", "invoice_number", "payments[].fee"];
    assert_eq!(noted(&said(&text), "schema_extra_field"), fields);
    let many: serde_json::Map<String, Value> = (0..1000).map(|number| (format!("f{number}"), json!(1))).collect();
    let read = said(&with("/booking_channel/0", Value::Object(many)));
    assert_eq!(noted(&read, "schema_extra_field").len(), 50);
}

#[test]
fn the_oddities_of_json_are_read() {
    let expected = said(UNIFIED_EXAMPLE).order;
    assert_eq!(said(&format!("\u{feff}{UNIFIED_EXAMPLE}")).order, expected);
    let twice = rewritten("\"status\": \"ACCEPTED\"", "\"status\": \"ALL\", \"status\": \"ACCEPTED\"");
    assert_eq!(said(&twice).order, expected);
    let nul = rewritten("Black Mesa", "Black\\u0000 Mesa");
    assert_eq!(said(&nul).order, expected);
    let huge = rewritten("\"price_id\": 813", "\"price_id\": 123456789012345678901234567890");
    let ticket = said(&huge).order.tickets.unwrap().swap_remove(0);
    assert_eq!(ticket.participants[0].price_id.as_deref(), Some("123456789012345678901234567890"));
    let surrogate = rewritten("\"Typed Answer\"", "\"\\ud83d\"");
    assert_eq!(refused(&surrogate).reason.as_str(), "lone_surrogate");
}
