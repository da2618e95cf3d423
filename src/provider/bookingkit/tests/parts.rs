use super::*;

#[test]
fn dates_never_park() {
    for (pointer, subject) in [
        ("/date", "order:date"),
        ("/payment_date", "order:payment_date"),
        ("/expire_date", "order:expire_date"),
        ("/cancellation_date", "order:cancellation_date"),
        ("/tickets/0/date", "ticket:11223344556677889900aabbccddeeff:date"),
        ("/tickets/0/participants/0/checked_in", "participant:1sd2e34f09ds43acx0011223344556677:checked_in"),
        (
            "/tickets/0/participants/0/redeemed_flexTicket/0/creation_date",
            "flex_ticket:f32e9fb7fcb9f4a3f02b84e2902a9db1:creation_date",
        ),
        ("/redeemed_vouchers/0/usage_date", "voucher:59638e924822be1d0dc305873c798315:usage_date"),
        ("/redeemed_coupons/0/usage_date", "coupon:3134a04cb9f55c8df9489fb5ad5be918:usage_date"),
        ("/payments/0/payment_date", "payment:00112233445566778899aabbccddeeff:payment_date"),
    ] {
        for value in [json!("0000-00-00"), json!("2025-11-04 16:38:20"), json!(1_762_612_579), json!(["x"])] {
            assert_eq!(noted(&said(&with(pointer, value)), "date_unreadable"), [subject]);
        }
    }
    let without_date = said(&without("/payments/0/payment_date"));
    assert_eq!(without_date.order.payments.as_ref().unwrap()[0].paid_at, None);
    assert_eq!(noted(&without_date, "date_unreadable").len(), 1);
    assert_eq!(noted(&said(&without("/payment_date")), "date_unreadable").len(), 0);
}

#[test]
fn a_cancellation_takes_the_date_of_what_contains_it() {
    let cancelled = with("/tickets/0/participants/0/status", json!("CANCELED"));
    let subject = "participant:1sd2e34f09ds43acx0011223344556677:cancellation_date";
    assert_eq!(noted(&said(&cancelled), "date_unreadable"), [subject]);
    for (part, word) in [("", "CANCELLED"), ("/tickets/0", "CANCELED"), ("/tickets/0/participants/0", "CANCELED")] {
        let dated = edit(&cancelled, &format!("{part}/cancellation_date"), Some(json!("2025-11-05T09:00:00Z")));
        let cancelled_too = edit(&dated, &format!("{part}/status"), Some(json!(word)));
        assert_eq!(noted(&said(&cancelled_too), "date_unreadable"), [""; 0], "{part}");
    }
    let ticket_cancelled = with("/tickets/0/status", json!("CANCELED"));
    let subject = "ticket:11223344556677889900aabbccddeeff:cancellation_date";
    assert_eq!(noted(&said(&ticket_cancelled), "date_unreadable"), [subject]);
    let order_cancelled = with("/status", json!("CANCELLED"));
    assert_eq!(noted(&said(&order_cancelled), "date_unreadable"), ["order:cancellation_date"]);
}

#[test]
fn a_date_of_cancellation_counts_only_on_the_part_that_is_cancelled() {
    let dates = |text: &str| {
        let order = said(text).order;
        let ticket = &order.tickets.unwrap()[0];
        let of_all = [order.header.unwrap().cancelled_at, ticket.cancelled_at, ticket.participants[0].cancelled_at];
        of_all.map(|date| date.is_some())
    };
    let parts = ["", "/tickets/0", "/tickets/0/participants/0"];
    let date = |part: &str| (format!("{part}/cancellation_date"), json!("2025-11-05T09:00:00Z"));
    let dated = parts
        .iter()
        .map(|part| date(part))
        .fold(UNIFIED_EXAMPLE.to_owned(), |text, (pointer, value)| edit(&text, &pointer, Some(value)));
    assert_eq!(dates(&dated), [false; 3]);
    for (place, part) in parts.iter().enumerate() {
        let mut expected = [false; 3];
        expected[place] = true;
        assert_eq!(dates(&edit(&dated, &format!("{part}/status"), Some(json!("CANCELLED")))), expected, "{part}");
        // What is refused or not sold yet has not been cancelled.
        assert_eq!(dates(&edit(&dated, &format!("{part}/status"), Some(json!("OPEN")))), [false; 3], "{part}");
    }
    assert_eq!(dates(&edit(&dated, "/status", Some(json!("DECLINED")))), [false; 3]);
}

#[test]
fn the_same_part_twice_counts_once_or_parks() {
    for (section, reason_path, what) in [
        ("/tickets", "/tickets/1/title", "ticket:11223344556677889900aabbccddeeff"),
        (
            "/tickets/0/participants",
            "/tickets/0/participants/1/price_value",
            "participant:1sd2e34f09ds43acx0011223344556677",
        ),
        (
            "/tickets/0/participants/0/redeemed_flexTicket",
            "/tickets/0/participants/0/redeemed_flexTicket/1/redeemed_value",
            "flex_ticket:f32e9fb7fcb9f4a3f02b84e2902a9db1",
        ),
        ("/flexTickets", "/flexTickets/1/price", "flex_ticket:f32e9fb7fcb9f4a3f02b84e2902a9db1"),
        ("/voucherOrders", "/voucherOrders/1/vat", "voucher_order:13579bdf2468ace00112233445566778"),
        ("/voucherOrders/0/voucher", "/voucherOrders/0/voucher/1/value", "voucher:abcdef0123456789fedcba9876543210"),
        ("/redeemed_coupons", "/redeemed_coupons/1/redeemed_value", "coupon:3134a04cb9f55c8df9489fb5ad5be918"),
    ] {
        let document: Value = serde_json::from_str(UNIFIED_EXAMPLE).unwrap();
        let part = document.pointer(&format!("{section}/0")).unwrap().clone();
        let twice = with(&format!("{section}/-"), part);
        let read = said(&twice);
        assert_eq!(noted(&read, "duplicate_key"), [what], "{section}");
        assert_eq!(read.order, said(UNIFIED_EXAMPLE).order, "{section}");
        let conflicting = refused(&edit(&twice, reason_path, Some(json!("7.00"))));
        assert_eq!(conflicting.reason.as_str(), "conflicting_duplicate", "{section}");
    }
    let payment: Value = serde_json::from_str::<Value>(UNIFIED_EXAMPLE).unwrap()["payments"][0].clone();
    let twice = with("/payments/-", payment);
    assert_eq!(said(&twice).order.payments.unwrap().len(), 2);
    assert_eq!(noted(&said(&twice), "duplicate_key"), ["payment:00112233445566778899aabbccddeeff"]);
    assert_eq!(refused(&edit(&twice, "/payments/2/value", Some(json!(1)))).reason.as_str(), "conflicting_duplicate");
    // What never reaches the order can't make two parts differ.
    assert_eq!(said(&edit(&twice, "/payments/2/name", Some(json!("Überweisung")))).order.payments.unwrap().len(), 2);
}

#[test]
fn a_part_in_two_places_parks() {
    let document: Value = serde_json::from_str(UNIFIED_EXAMPLE).unwrap();
    let mut ticket = document["tickets"][0].clone();
    ticket["id"] = json!("another");
    assert_eq!(refused(&with("/tickets/-", ticket)).reason.as_str(), "conflicting_duplicate");
    let mut voucher_order = document["voucherOrders"][0].clone();
    voucher_order["id"] = json!("another");
    assert_eq!(refused(&with("/voucherOrders/-", voucher_order)).reason.as_str(), "conflicting_duplicate");
}

#[test]
fn redemptions_and_products_may_repeat() {
    let document: Value = serde_json::from_str(UNIFIED_EXAMPLE).unwrap();
    let read = said(&with("/redeemed_vouchers/-", document["redeemed_vouchers"][0].clone()));
    assert_eq!((read.order.redeemed_vouchers.as_ref().unwrap().len(), noted(&read, "duplicate_key").len()), (2, 0));
    let read = said(&with("/products/-", document["products"][0].clone()));
    assert_eq!((read.order.products.as_ref().unwrap().len(), noted(&read, "duplicate_key").len()), (2, 0));
    let refunded = json!([{"order_id": "a", "order_code": "A"}, {"order_id": "b"}, {"order_id": "a"}]);
    let order = said(&with("/voucherOrders/0/related_items/refundedOrders", refunded)).order;
    let refunded = &order.voucher_orders.unwrap()[0].refunded_orders;
    assert_eq!(refunded.iter().map(|order| order.order_id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn a_part_without_its_id_parks() {
    for (part, path) in [
        ("/tickets/0/id", "tickets[0].id is missing"),
        ("/tickets/0/participants/0/id", "tickets[0].participants[0].id is missing"),
        (
            "/tickets/0/participants/0/redeemed_flexTicket/0/id",
            "tickets[0].participants[0].redeemed_flexTicket[0].id is missing",
        ),
        ("/products/0/product_id", "products[0].product_id is missing"),
        ("/flexTickets/0/id", "flexTickets[0].id is missing"),
        ("/voucherOrders/0/id", "voucherOrders[0].id is missing"),
        ("/voucherOrders/0/voucher/0/id", "voucherOrders[0].voucher[0].id is missing"),
        ("/redeemed_vouchers/0/id", "redeemed_vouchers[0].id is missing"),
        ("/redeemed_coupons/0/id", "redeemed_coupons[0].id is missing"),
        ("/payments/0/id", "payments[0].id is missing"),
    ] {
        check_refused(&[(part, empty(), "missing_id", path), (part, Value::Null, "missing_id", path)]);
        assert_eq!(refused(&without(part)).reason.as_str(), "missing_id");
    }
}

#[test]
fn a_short_code_is_not_given_away() {
    let voucher = |code: Value| {
        let order = said(&with("/voucherOrders/0/voucher/0/code", code)).order;
        let voucher = order.voucher_orders.unwrap().swap_remove(0).vouchers.swap_remove(0);
        (voucher.code_sha256.is_some(), voucher.code_last4)
    };
    assert_eq!(voucher(json!("ABCDEFGÖ")), (true, Some("EFGÖ".to_owned())));
    assert_eq!(voucher(json!("ABC1234")), (true, None));
    assert_eq!(voucher(empty()), (false, None));
}
