use super::*;
use crate::order::Payment;

fn first_payment(text: &str) -> Payment {
    said(text).order.payments.unwrap().swap_remove(0)
}

#[test]
fn amounts_are_read_exactly_from_text_and_number() {
    for (written, minor) in [
        ("20", 2000),
        ("19.9", 1990),
        ("\"110.00\"", 11_000),
        ("1.1e2", 11_000),
        ("\"5e1\"", 5000),
        ("\"-1.25E+1\"", -1250),
        ("\" +110 \"", 11_000),
        ("1.100", 110),
        ("-0.01", -1),
        ("90071992547409.93", 9_007_199_254_740_993),
        ("0", 0),
    ] {
        let text = rewritten("\"value\": 110,", &format!("\"value\": {written},"));
        assert_eq!(first_payment(&text).amount_minor, minor, "{written}");
    }
    for written in [
        "\"1,00\"",
        "\"1.000,00\"",
        "\"NaN\"",
        "0.005",
        "1e30",
        "\"5e-3\"",
        "\"5e\"",
        "true",
        "[1]",
        "\"\"",
        "null",
        "\"12 EUR\"",
    ] {
        let refused = refused(&rewritten("\"value\": 110,", &format!("\"value\": {written},")));
        assert_eq!(refused.reason.as_str(), "bad_amount", "{written}");
        assert!(refused.detail.starts_with("payments[0].value"), "{}", refused.detail);
    }
    let yen = said(&with("/currency", json!("JPY"))).order;
    assert_eq!(yen.payments.unwrap()[0].amount_minor, 110);
    assert_eq!(yen.header.unwrap().total_minor, Some(100));
}

#[test]
fn every_amount_rate_and_quantity_is_checked() {
    let bad = json!("1,50");
    for (pointer, path) in [
        ("/total_invoice", "total_invoice"),
        ("/additional_discount", "additional_discount"),
        ("/tickets/0/participants/0/price_value", "tickets[0].participants[0].price_value"),
        (
            "/tickets/0/participants/0/redeemed_flexTicket/0/redeemed_value",
            "tickets[0].participants[0].redeemed_flexTicket[0].redeemed_value",
        ),
        ("/products/0/price", "products[0].price"),
        ("/flexTickets/0/price", "flexTickets[0].price"),
        ("/voucherOrders/0/voucher/0/value", "voucherOrders[0].voucher[0].value"),
        ("/redeemed_vouchers/0/redeemed_value", "redeemed_vouchers[0].redeemed_value"),
        ("/redeemed_coupons/0/redeemed_value", "redeemed_coupons[0].redeemed_value"),
    ] {
        let detail = format!("{path} is refused: not a decimal number (`1,50`)");
        check_refused(&[(pointer, bad.clone(), "bad_amount", &detail)]);
    }
    for part in ["/tickets/0", PARTICIPANT, "/products/0", "/flexTickets/0", "/voucherOrders/0"] {
        for value in [json!("19,00"), json!("19.001"), json!(-1), json!(101), json!([19])] {
            let refused = refused(&with(&format!("{part}/vat"), value));
            assert_eq!(refused.reason.as_str(), "bad_vat_rate", "{}", refused.detail);
        }
    }
    for value in [json!(-1), json!(1.5), json!("two"), empty(), Value::Null] {
        check_refused(&[("/products/0/amount", value, "bad_quantity", "products[0].amount")]);
    }
    check_refused(&[
        ("/flexTickets/0/redemption_total", json!(-1), "bad_quantity", "flexTickets[0].redemption_total"),
        ("/flexTickets/0/unlimited_redemptions", json!("often"), "bad_flag", "flexTickets[0].unlimited_redemptions"),
        ("/products/0/amount", json!(9_000_000_000_000_000_000_i64), "bad_amount", "products[0].price times"),
    ]);
}

#[test]
fn quantities_and_switches_come_as_text_or_number() {
    for (value, quantity) in [(json!("3"), 3), (json!(3), 3), (json!(3.0), 3), (json!(0), 0)] {
        assert_eq!(said(&with("/products/0/amount", value)).order.products.unwrap()[0].quantity, quantity);
    }
    for (value, unlimited) in
        [(json!(1), true), (json!("1"), true), (json!(true), true), (json!(0), false), (empty(), false)]
    {
        let order = said(&with("/flexTickets/0/unlimited_redemptions", value)).order;
        assert_eq!(order.flex_tickets.unwrap()[0].unlimited, unlimited);
    }
    let order = said(&with("/flexTickets/0/redemption_available", json!("4"))).order;
    assert_eq!(order.flex_tickets.unwrap()[0].redemption_available, 4);
}

#[test]
fn rates_are_kept_apart_and_a_difference_is_noted() {
    let said_both = said(&with("/tickets/0/participants/0/vat", json!("7.00")));
    let ticket = &said_both.order.tickets.as_ref().unwrap()[0];
    assert_eq!((ticket.vat_bp, ticket.participants[0].vat_bp), (Some(1900), Some(700)));
    let subject = "participant:1sd2e34f09ds43acx0011223344556677";
    assert_eq!(noted(&said_both, "ticket_participant_vat_differ"), [subject]);
    let without_own = said(&with("/tickets/0/participants/0/vat", empty()));
    let ticket = &without_own.order.tickets.as_ref().unwrap()[0];
    assert_eq!((ticket.vat_bp, ticket.participants[0].vat_bp), (Some(1900), None));
    assert_eq!(noted(&without_own, "ticket_participant_vat_differ"), [""; 0]);
    let without_vat = said(&without("/flexTickets/0/vat")).order;
    assert_eq!(without_vat.flex_tickets.unwrap()[0].vat_bp, 0);
    assert_eq!(said(&without("/products/0/vat")).order.products.unwrap()[0].vat_bp, None);
    assert_eq!(said(&with("/voucherOrders/0/vat", json!(19))).order.voucher_orders.unwrap()[0].vat_bp, 1900);
}

#[test]
fn parts_may_have_a_currency_of_their_own() {
    for (pointer, code) in [
        ("/products/0/currency", "CHF"),
        ("/flexTickets/0/currency", "CHF"),
        ("/voucherOrders/0/voucher/0/currency", "CHF"),
    ] {
        let codes = |text: &str| {
            let order = said(text).order;
            [
                order.products.unwrap()[0].currency.code(),
                order.flex_tickets.unwrap()[0].currency.code(),
                order.voucher_orders.unwrap()[0].vouchers[0].currency.code(),
            ]
        };
        assert_eq!(codes(&with(pointer, json!(code))).iter().filter(|read| **read == code).count(), 1);
        assert_eq!(codes(&without(pointer)), ["EUR"; 3]);
        assert_eq!(refused(&with(pointer, json!("XXL"))).reason.as_str(), "unknown_currency");
    }
}

#[test]
fn the_method_is_the_first_name_that_is_said() {
    let method = |value: Value, code: Value| {
        let text = edit(&with("/payments/0/payment_method", value), "/payments/0/code", Some(code));
        first_payment(&text).method
    };
    assert_eq!(method(json!("StripePayment"), json!("Other")), "StripePayment");
    assert_eq!(method(empty(), json!("Other")), "Other");
    assert_eq!(method(Value::Null, empty()), "unknown");
    assert_eq!(refused(&with("/payments/0/payment_method", json!("x".repeat(300)))).reason.as_str(), "bad_id");
}

#[test]
fn the_sign_decides_and_a_contradiction_is_noted() {
    let read = said(&with("/payments/1/value", json!(10)));
    assert_eq!(read.order.payments.as_ref().unwrap()[1].amount_minor, 1000);
    assert_eq!(noted(&read, "payment_sign_mismatch"), ["payment:99392919391329338899aabbccddeeff"]);
    let read = said(&with("/payments/0/type", json!("Refund")));
    assert_eq!(noted(&read, "payment_sign_mismatch"), ["payment:00112233445566778899aabbccddeeff"]);
    for value in [json!("chargeback"), empty()] {
        assert_eq!(noted(&said(&with("/payments/0/type", value)), "payment_sign_mismatch"), [""; 0]);
    }
}

#[test]
fn discounts_are_kept_as_said() {
    let read = said(&with("/additional_discount", json!("-5.00")));
    assert_eq!(read.order.header.as_ref().unwrap().additional_discount_minor, -500);
    assert_eq!(noted(&read, "negative_discount"), ["order"]);
    let read = said(&with("/redeemed_coupons/0/redeemed_value", json!("-2")));
    assert_eq!(noted(&read, "negative_discount"), ["coupon:3134a04cb9f55c8df9489fb5ad5be918"]);
}

#[test]
fn a_refunded_payment_must_be_among_the_payments_that_are_said() {
    assert_eq!(noted(&said(&without("/payments")), "dangling_payment_ref"), [""; 0]);
    let known = with("/voucherOrders/0/related_items/payments/0/id", json!("00112233445566778899aabbccddeeff"));
    assert_eq!(noted(&said(&known), "dangling_payment_ref"), [""; 0]);
    assert_eq!(noted(&said(&with("/payments", json!([]))), "dangling_payment_ref").len(), 1);
}
