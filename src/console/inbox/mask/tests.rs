use super::*;

fn masked(body: &str) -> String {
    printed(body.as_bytes(), true, 100_000).map(|(text, _)| text).unwrap()
}

#[test]
fn persons_are_hidden_and_facts_are_not() {
    let body = r#"{"id":"a1","status":"CONFIRMED","total_invoice":"12.50","date":"2025-11-11T10:00:00+01:00",
        "name":"Erika Muster","email":"erika@example.com","phone":"0301234567","zip":10115,
        "comment":["Erika calls back"],"code":"Erika M.","currency":"EUR",
        "payments":[{"id":"0f1e2d3c4b5a69788796a5b4c3d2e1f0","value":12.5,"type":"payment"}]}"#;
    let open = printed(body.as_bytes(), false, 10_000).map(|(text, _)| text).unwrap();
    let shown = masked(body);
    for text in ["Erika", "example.com", "030", "10115"] {
        assert!(!shown.contains(text), "{text}: {shown}");
    }
    for text in ["\"a1\"", "CONFIRMED", "12.50", "2025-11-11T10", "0f1e2d3c", "12.5,", "EUR", "\"zip\""] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    assert!(open.contains("Erika") && !open.contains("•••"));
    let same = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(same(&open), same(body));
    let plain = r#"{"a": [1, {"b":[]}], "c": {}, "d": "\u00e4\n"}"#;
    let usual = serde_json::to_string_pretty(&same(plain)).unwrap();
    assert_eq!(printed(plain.as_bytes(), false, 10_000), Some((usual, false)), "as it is usually formatted");
    for no_json in ["name=Erika", "", "{\"a\":}", "[1,]", "{\"a\" 1}", "[1] 2", "[\"a]", "tru", &"[".repeat(60)] {
        assert_eq!(printed(no_json.as_bytes(), true, 10_000), None, "{no_json}");
    }
    assert_eq!(printed("[".repeat(1000).as_bytes(), true, 1_000_000), None, "nothing is so deep");
}

#[test]
fn the_path_decides_and_not_the_name() {
    // Each is open somewhere else.
    let body = r#"{"state":"Erika","customer":{"id":"Erika","status":"Erika","type":"Erika","value":7777},
        "payments":{"payments":[{"id":"Erika"}],"status":"Erika","amount":7777},"tickets":["Erika",7777,true],
        "comment":{"id":"Erika"},"name":7777,"phone":true,"tickets/status":"Erika","payload":"Erika",
        "Erika@example.com":{"Erika":[["Erika"]]},"voucherOrders":[{"voucher":{"code":7777}}],
        "id":-7777,"status":"Erika Muster","date":"Erika M","total_invoice":"Erika","currency":7777,"lang":true}"#;
    let shown = masked(body);
    assert!(!shown.contains("Erika") && !shown.contains("7777") && !shown.contains("true"), "{shown}");
    assert!(!shown.contains("customer") && !shown.contains("state"), "unknown names are hidden: {shown}");
    assert!(shown.contains("\"voucherOrders\"") && shown.contains("\"voucher\""), "{shown}");
    // Nothing at all is no secret, and what is open stays open in lists.
    let shown = masked(r#"{"email":"","name":null,"odd":null,"payments":[[{"value":-1.50}]],"tickets":{"id":"x"}}"#);
    assert_eq!(shown.matches("•••").count(), 1, "the name of what is odd: {shown}");
    assert!(shown.contains("-1.50") && shown.contains("\"x\""), "{shown}");
}

#[test]
fn the_documented_examples_show_every_amount_and_nothing_personal() {
    let example = include_str!("../../../../tests/fixtures/bookingkit/unified_example.json");
    let shown = masked(example);
    for text in ["100.00", "110", "\"-10\"", "2027-11-04", "StripeBankWire", "ADULT", "Black Mesa", "C12asdXas13"] {
        let text = text.trim_matches('"');
        assert!(shown.contains(text), "{text}: {shown}");
    }
    for text in
        ["Frank", "iamhomer", "Muehlenweg", "Berlin", "Maxi", "Typed", "DE123", "GYG", "summer", "0162", "Notes"]
    {
        assert!(!shown.contains(text), "{text}: {shown}");
    }
    assert!(!shown.contains("\"•••\":"), "every field of the example is documented: {shown}");
    let hook = r#"{"type":"new-payment","payload":{"booking_pid":293233446073,"payment_pid":"p-1","amount":"50.00",
        "currency":"CHF","payment_method":"m-1","ticket_pids":["6445cdbe3e9509e8"]}}"#;
    let shown = masked(hook);
    for text in ["new-payment", "293233446073", "p-1", "50.00", "CHF", "m-1"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    assert!(!shown.contains("6445"), "the id of a ticket is its code: {shown}");
}

#[test]
fn only_the_beginning_of_a_long_body_is_read() {
    // What follows is no JSON, and nobody looks at it.
    let body = format!("{{\"id\":\"a1\",\"name\":\"Erika\",\"total_invoice\":[{}", "123.450,".repeat(1_000));
    let (text, is_cut) = printed(body.as_bytes(), true, 500).unwrap();
    assert!(is_cut && text.len() <= 500 && text.contains("123.450") && !text.contains("Erika"), "{text}");
    let long = format!("{{\"comment\":\"{}\"}}", "ä".repeat(1_000));
    assert_eq!(printed(long.as_bytes(), true, 500), Some(("{\n  \"comment\": \"•••\"\n}".to_owned(), false)));
    let (text, is_cut) = printed(long.as_bytes(), false, 501).unwrap();
    assert!(is_cut && text.len() <= 501 && text.ends_with('ä'), "{text}");
}

#[test]
fn titles_of_what_is_sold_are_shown() {
    let body = r#"{"title":"Dr.","tickets":[{"title":"Tram","participants":[{"name":"Erika","title":"Prof.",
        "price_title":"Standard"}]}],"products":[{"title":"Poster"}],"customer":{"title":"Mag."},
        "additional_information":[{"title":"Your name?","value":"Erika"}]}"#;
    let shown = masked(body);
    for text in ["Erika", "Dr.", "Prof.", "Mag.", "Your name"] {
        assert!(!shown.contains(text), "{text}: {shown}");
    }
    for text in ["Tram", "Standard", "Poster"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
}

#[test]
fn only_the_code_of_the_order_itself_is_shown() {
    let body = r#"{"code":"RQW-ETD72D","voucherOrders":[{"code":"M7W-A","voucher":[{"code":"7648V-W5P3F-5R6DH"}]}],
        "flexTickets":[{"code":"0f1e2d3c4b5a69788796a5b4c3d2e1f0"}],"vouchers":[{"code":12345678}],
        "tickets":[{"code":"6445CDBE","barcode":"1234.5678","participants":[{"code":"XN3-CSJG87"}]}],
        "coupon_code":"SPRING"}"#;
    let shown = masked(body);
    assert!(shown.contains("RQW-ETD72D"), "{shown}");
    for code in ["M7W", "7648V", "0f1e2d", "12345678", "6445CDBE", "1234.5678", "XN3", "SPRING"] {
        assert!(!shown.contains(code), "{code}: {shown}");
    }
}
