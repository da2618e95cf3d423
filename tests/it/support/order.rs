//! bookingkit orders, written as short as a test needs them.

use serde_json::{Value, json};

use super::daemon::VENDOR;

/// Every list of an order that the ledger reads.
pub(crate) const SECTIONS: [&str; 7] =
    ["tickets", "products", "flexTickets", "voucherOrders", "redeemed_vouchers", "redeemed_coupons", "payments"];

/// A delivery that says every section: those that are not among `fields` are empty. Accepted, in EUR, placed on
/// 8 November 2025.
pub(crate) fn order(id: &str, fields: Value) -> String {
    let empty = json!({"tickets": [], "products": [], "flexTickets": [], "voucherOrders": [], "redeemed_vouchers": [],
        "redeemed_coupons": [], "payments": []});
    but(but(header(id), empty), fields).to_string()
}

/// A delivery that says nothing of the sections that are not among `fields`.
pub(crate) fn partial(id: &str, fields: Value) -> String {
    but(header(id), fields).to_string()
}

fn header(id: &str) -> Value {
    json!({"id": id, "code": format!("CODE-{id}"), "vendor_id": VENDOR, "date": "2025-11-08T10:00:00Z",
        "status": "ACCEPTED", "currency": "EUR"})
}

/// The same with some fields replaced or added.
pub(crate) fn but(mut value: Value, fields: Value) -> Value {
    let (Value::Object(known), Value::Object(fields)) = (&mut value, fields) else { panic!("two objects") };
    known.extend(fields);
    value
}

/// A participant; `vat` empty means that no rate is said.
pub(crate) fn participant(id: &str, price: &str, vat: &str) -> Value {
    json!({"id": id, "status": "ACCEPTED", "price_value": price, "vat": vat})
}

/// A ticket of the event `E1`, without a rate of its own.
pub(crate) fn ticket(participants: &[Value]) -> Value {
    let id = format!("t-{}", participants[0]["id"].as_str().expect("an id"));
    json!({"id": id, "status": "ACCEPTED", "event_id": "E1", "title": "Tour", "date": "2025-11-23T10:00:00Z",
        "participants": participants})
}

/// A ticket with one participant.
pub(crate) fn admission(id: &str, price: &str, vat: &str) -> Value {
    ticket(&[participant(id, price, vat)])
}

/// A product line.
pub(crate) fn product(id: &str, price: &str, amount: i64, vat: &str) -> Value {
    json!({"product_id": id, "status": "ACCEPTED", "price": price, "amount": amount, "vat": vat})
}

/// Money by card, paid five minutes after the order was placed; negative for a refund.
pub(crate) fn payment(id: &str, value: &str) -> Value {
    json!({"id": id, "payment_method": "Card", "value": value, "payment_date": "2025-11-08T10:05:00Z"})
}

/// A coupon used when the order was placed.
pub(crate) fn coupon(id: &str, value: &str) -> Value {
    json!({"id": id, "redeemed_value": value, "usage_date": "2025-11-08T10:00:00Z"})
}

/// A voucher sold: multi-purpose with the rate `0`.
pub(crate) fn voucher(id: &str, value: &str, vat: &str) -> Value {
    json!({"id": format!("vo-{id}"), "vat": vat, "voucher": [{"id": id, "value": value}]})
}

/// A voucher issued instead of giving money back.
pub(crate) fn refund_voucher(id: &str, value: &str, orders: &[&str]) -> Value {
    let orders: Vec<Value> =
        orders.iter().map(|id| json!({"order_id": id, "order_code": format!("CODE-{id}")})).collect();
    but(voucher(id, value, "0"), json!({"related_items": {"refundedOrders": orders}}))
}

/// A voucher used two days after the order was placed.
pub(crate) fn redeemed(id: &str, value: &str) -> Value {
    json!({"id": id, "redeemed_value": value, "usage_date": "2025-11-10T10:00:00Z"})
}

/// A flex ticket of five admissions: prepaid with the rate `0`.
pub(crate) fn flex(id: &str, price: &str, vat: &str) -> Value {
    json!({"id": id, "status": "ACCEPTED", "price": price, "vat": vat, "redemption_total": 5,
        "redemption_available": 5})
}

/// A participant whom a flex ticket pays.
pub(crate) fn flex_participant(id: &str, price: &str, vat: &str, flex: &str) -> Value {
    let redeemed = json!([{"id": flex, "redeemed_value": price, "creation_date": "2025-11-10T10:00:00Z"}]);
    but(participant(id, price, vat), json!({"redeemed_flexTicket": redeemed}))
}
