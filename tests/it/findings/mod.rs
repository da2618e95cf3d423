//! What needs an explanation: every reason is raised by one fixture and healed by another, on both engines.

mod bookings;
mod cases;
mod causes;
mod close;
mod consequences;
mod kept;
mod moved;
mod orders;
mod seeds;
mod settle_time;
mod shared_ids;
mod vouchers;

use serde_json::{Value, json};
use ticketledger::demo::stand_in::{BookingExample, TicketExample};
use ticketledger::ledger::findings::calibrate::calibrate;
use ticketledger::ledger::findings::operator::store as findings;
use ticketledger::ledger::findings::reconcile_everything;
use ticketledger::ledger::posting::FindingReason;

use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, UNIFIED_EXAMPLE, at, changed, row};
use crate::support::db::TestDatabase;

pub(super) const ABSENT: &str = "(absent)";

/// A daemon at the moment when the first seed order came.
pub(super) async fn start(database: &TestDatabase) -> TestDaemon {
    let daemon = TestDaemon::start(database).await;
    go_to(&daemon, "2025-11-11T14:36:50Z");
    daemon
}

pub(super) fn go_to(daemon: &TestDaemon, instant: &str) {
    daemon.clock.advance_milliseconds(at(instant).milliseconds_since(daemon.clock.now()));
}

/// Reasons of the findings in a state, each once.
pub(super) fn reasons(daemon: &TestDaemon, state: &str) -> Vec<String> {
    daemon.lines(&format!("SELECT DISTINCT reason AS line FROM findings WHERE state = '{state}' ORDER BY 1"))
}

/// Reasons of what a person is shown, each once.
pub(super) fn shown(daemon: &TestDaemon) -> Vec<String> {
    daemon.lines("SELECT DISTINCT reason AS line FROM v_open_findings ORDER BY 1")
}

/// What is said to follow from something else.
pub(super) fn marked(daemon: &TestDaemon) -> Vec<String> {
    daemon.lines(
        "SELECT f.reason || ' follows from ' || c.reason AS line FROM findings f \
         JOIN findings c ON c.fingerprint = f.consequence_of WHERE f.state = 'open' ORDER BY 1",
    )
}

pub(super) fn refund(id: &str, value: i64, date: &str) -> Value {
    json!({"id": id, "payment_method": "StripeBankWire", "value": value, "type": "refund", "payment_date": date})
}

pub(super) fn payment(id: &str, value: i64) -> Value {
    json!({"id": id, "payment_method": "StripeBankWire", "value": value, "type": "payment",
        "payment_date": "2025-11-11T14:36:45Z"})
}

pub(super) fn product(price: &str, vat: &str) -> Value {
    json!({"product_id": "soap", "status": "ACCEPTED", "title": "Soap", "price": price, "amount": 1, "currency": "EUR",
        "vat": vat})
}

pub(super) fn flex(id: &str, price: &str, available: i64) -> Value {
    json!({"id": id, "status": "ACCEPTED", "redemption_total": 5, "redemption_available": available,
        "unlimited_redemptions": 0, "price": price, "currency": "EUR", "vat": "0.00"})
}

pub(super) fn flex_used(id: &str, value: &str, from: &str) -> Value {
    json!([{"id": id, "redeemed_value": value, "creation_date": "2025-11-11T14:00:00Z", "purchasing_order_id": from}])
}

pub(super) fn voucher_used(id: &str, value: &str) -> Value {
    json!({"id": id, "redeemed_value": value, "usage_date": "2025-11-11T14:00:00Z"})
}

pub(super) fn voucher_sold(id: &str, value: &str, vat: &str) -> Value {
    json!({"id": format!("sale of {id}"), "vat": vat, "voucher": [{"id": id, "value": value, "currency": "EUR"}]})
}

/// A voucher instead of money, for these orders.
pub(super) fn refund_voucher(id: &str, value: &str, orders: &[&str]) -> Value {
    let orders: Vec<Value> = orders.iter().map(|order| json!({"order_id": order, "order_code": "X"})).collect();
    json!({"id": format!("issue of {id}"), "voucher": [{"id": id, "value": value, "currency": "EUR"}],
        "related_items": {"refundedOrders": orders}})
}

pub(super) type Changes<'a> = &'a [(&'a str, Value)];

/// An order that sells a voucher and nothing else, with whatever else is said.
pub(super) fn other(id: &str, more: &[(&str, Value)]) -> String {
    let mut changes = vec![
        ("/id", json!(id)),
        ("/code", json!(format!("CODE-{id}"))),
        ("/tickets", json!([])),
        ("/payments", json!([])),
        ("/payment_date", json!("")),
        ("/total_invoice", json!("")),
    ];
    changes.extend(more.iter().cloned());
    changed(PAID_ORDER, &changes)
}

#[test]
fn every_reason_is_explained_and_tested() {
    let page = include_str!("../../../docs/findings.md");
    let tests = concat!(
        include_str!("mod.rs"),
        include_str!("bookings.rs"),
        include_str!("cases.rs"),
        include_str!("kept.rs"),
        include_str!("moved.rs"),
        include_str!("orders.rs"),
        include_str!("seeds.rs"),
        include_str!("vouchers.rs"),
        include_str!("../sweep/orders.rs"),
        include_str!("../sweep/pages.rs"),
        include_str!("../sweep/faults.rs"),
        include_str!("../sweep/tokens.rs"),
        include_str!("../sweep/schedule.rs"),
        include_str!("../sweep/names.rs"),
    );
    // Chosen by a policy, by the first day of the book or by time, so their tests are there.
    let elsewhere = [
        "total_semantics_shift",
        "retained_vat_undecided",
        "service_date_unknown",
        "opening_item_changed",
        "unusual_silence",
    ];
    for reason in FindingReason::ALL {
        let quoted = format!("`{reason}`");
        let rows: Vec<&str> = page.lines().filter(|line| line.starts_with(&format!("| {quoted} |"))).collect();
        assert_eq!(rows.len(), 1, "docs/findings.md explains {quoted} in one row");
        let cells: Vec<&str> = rows[0].split('|').map(str::trim).collect();
        let usual = format!("{:?}", reason.severity()).to_lowercase();
        assert!(
            cells.len() == 6 && cells[2].starts_with(&usual) && cells[3..5].iter().all(|cell| cell.len() > 5),
            "{cells:?}"
        );
        // What a finding says to do is what the page says.
        let said = reason.remedy().map_or_else(String::new, str::to_lowercase);
        assert!(cells[4].to_lowercase().starts_with(&said), "{quoted} says: {said}");
        assert!(
            elsewhere.contains(&reason.as_str()) || tests.contains(&format!("\"{reason}\"")),
            "{quoted} is not tested"
        );
    }
    for code in page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|(code, _)| code) {
        assert!(FindingReason::parse(code).is_some(), "docs/findings.md explains {code}, which is no reason");
    }
}
