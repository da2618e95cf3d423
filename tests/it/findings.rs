//! What needs an explanation: every reason is raised by one fixture and healed by another, on both engines.

use serde_json::{Value, json};
use ticketledger::demo::stand_in::{BookingExample, TicketExample};
use ticketledger::ledger::calibrate::calibrate;
use ticketledger::ledger::reconcile::operator::store as findings;
use ticketledger::ledger::reconcile::{REASONS, reconcile_everything};

use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, UNIFIED_EXAMPLE, at, changed};
use crate::support::db::TestDatabase;

const ABSENT: &str = "(absent)";

/// A daemon at the moment when the first seed order came.
async fn start(database: &TestDatabase) -> TestDaemon {
    let daemon = TestDaemon::start(database).await;
    go_to(&daemon, "2025-11-11T14:36:50Z");
    daemon
}

fn go_to(daemon: &TestDaemon, instant: &str) {
    daemon.clock.advance_milliseconds(at(instant).milliseconds_since(daemon.clock.now()));
}

/// Reasons of the findings in a state, each once.
fn reasons(daemon: &TestDaemon, state: &str) -> Vec<String> {
    daemon.lines(&format!("SELECT DISTINCT reason AS line FROM findings WHERE state = '{state}' ORDER BY 1"))
}

/// Reasons of what a person is shown, each once.
fn shown(daemon: &TestDaemon) -> Vec<String> {
    daemon.lines("SELECT DISTINCT reason AS line FROM v_open_findings ORDER BY 1")
}

fn refund(id: &str, value: i64, date: &str) -> Value {
    json!({"id": id, "payment_method": "StripeBankWire", "value": value, "type": "refund", "payment_date": date})
}

fn payment(id: &str, value: i64) -> Value {
    json!({"id": id, "payment_method": "StripeBankWire", "value": value, "type": "payment",
        "payment_date": "2025-11-11T14:36:45Z"})
}

fn product(price: &str, vat: &str) -> Value {
    json!({"product_id": "soap", "status": "ACCEPTED", "title": "Soap", "price": price, "amount": 1, "currency": "EUR", "vat": vat})
}

fn flex(id: &str, price: &str, available: i64) -> Value {
    json!({"id": id, "status": "ACCEPTED", "redemption_total": 5, "redemption_available": available,
        "unlimited_redemptions": 0, "price": price, "currency": "EUR", "vat": "0.00"})
}

fn flex_used(id: &str, value: &str, from: &str) -> Value {
    json!([{"id": id, "redeemed_value": value, "creation_date": "2025-11-11T14:00:00Z", "purchasing_order_id": from}])
}

fn voucher_used(id: &str, value: &str) -> Value {
    json!({"id": id, "redeemed_value": value, "usage_date": "2025-11-11T14:00:00Z"})
}

fn voucher_sold(id: &str, value: &str, vat: &str) -> Value {
    json!({"id": format!("sale of {id}"), "vat": vat, "voucher": [{"id": id, "value": value, "currency": "EUR"}]})
}

/// A voucher instead of money, for these orders.
fn refund_voucher(id: &str, value: &str, orders: &[&str]) -> Value {
    let orders: Vec<Value> = orders.iter().map(|order| json!({"order_id": order, "order_code": "X"})).collect();
    json!({"id": format!("issue of {id}"), "voucher": [{"id": id, "value": value, "currency": "EUR"}],
        "related_items": {"refundedOrders": orders}})
}

type Changes<'a> = &'a [(&'a str, Value)];

/// An order that sells a voucher and nothing else, with whatever else is said.
fn other(id: &str, more: &[(&str, Value)]) -> String {
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

on_both_engines!(the_first_seed_order_raises_nothing, async |database| {
    let daemon = start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    assert_eq!(daemon.lines("SELECT reason AS line FROM findings"), Vec::<String>::new());
    daemon.finish().await;
});

const UNIFIED: [&str; 14] = [
    "dangling_payment_ref",
    "effective_after_snapshot",
    "flex_count_mismatch",
    "flex_origin_conflict",
    "header_payment_date_mismatch",
    "order_code_changed",
    "refund_voucher_self_reference",
    "refund_without_cancel",
    "schema_extra_field",
    "total_not_derivable",
    "underpaid",
    "vat_regime_note",
    "voucher_negative",
    "voucher_unknown_origin",
];

on_both_engines!(the_unified_example_raises_the_documented_findings, async |database| {
    let daemon = start(database).await;
    daemon.accepted("museum", UNIFIED_EXAMPLE).await;
    daemon.settle().await;
    let alone: Vec<&str> = UNIFIED.into_iter().filter(|reason| *reason != "order_code_changed").collect();
    assert_eq!(reasons(&daemon, "open"), alone);
    // Underpaid only because the total cannot be derived: no second problem.
    let visible: Vec<&str> = alone.iter().copied().filter(|reason| *reason != "underpaid").collect();
    assert_eq!(shown(&daemon), visible);
    let amounts = |reason: &str| {
        let columns = "expected_minor || '|' || actual_minor || '|' || difference_minor";
        daemon.lines(&format!("SELECT {columns} AS line FROM findings WHERE reason = '{reason}'"))
    };
    assert_eq!(amounts("underpaid"), ["60100|20000|-40100"]);
    assert_eq!(amounts("total_not_derivable"), ["10000|70100|60100"]);
    assert_eq!(amounts("refund_without_cancel"), ["0|11000|11000"]);
    assert_eq!(amounts("voucher_negative"), ["0|-10000|-10000"]);
    daemon.finish().await;
});

on_both_engines!(the_unified_example_after_the_first_changes_the_code, async |database| {
    let daemon = start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    daemon.accepted("museum", UNIFIED_EXAMPLE).await;
    daemon.settle().await;
    let visible: Vec<&str> = UNIFIED.into_iter().filter(|reason| *reason != "underpaid").collect();
    // The payment of the first order vanishes with its code: a consequence.
    assert_eq!(shown(&daemon), visible);
    assert!(reasons(&daemon, "open").contains(&"payment_vanished".to_owned()));
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    assert_eq!(reasons(&daemon, "open"), ["payment_vanished", "stale_snapshot_suspected"]);
    daemon.finish().await;
});

/// Deliveries of one order: with the first one the reason is open, with the next one it is not.
struct Case {
    reason: &'static str,
    before: Vec<String>,
    raised_by: String,
    cleared_by: String,
}

fn case(reason: &'static str, raised_by: Changes<'_>, cleared_by: Changes<'_>) -> Case {
    Case {
        reason,
        before: Vec::new(),
        raised_by: changed(PAID_ORDER, raised_by),
        cleared_by: changed(PAID_ORDER, cleared_by),
    }
}

fn after(before: &str, case: Case) -> Case {
    Case { before: vec![before.to_owned()], ..case }
}

const STATUS_OF_SECOND: &str = "/tickets/0/participants/1/status";
const CANCELLED_AT_OF_SECOND: &str = "/tickets/0/participants/1/cancellation_date";

fn totals() -> Vec<Case> {
    let vat = "/tickets/0/participants/0/vat";
    vec![
        case("total_not_derivable", &[("/total_invoice", json!("19.99"))], &[]),
        case(
            "currency_mixed",
            &[(
                "/products/-",
                json!({"product_id": "s", "price": "1.00", "amount": 1, "currency": "CHF", "vat": "19"}),
            )],
            &[],
        ),
        case("vat_unknown", &[(vat, json!("")), ("/tickets/0/vat", json!(""))], &[]),
        case("vat_rate_not_valid_on_date", &[(vat, json!("16.00")), ("/tickets/0/vat", json!("16.00"))], &[]),
        case("ticket_participant_vat_differ", &[(vat, json!("7.00"))], &[]),
        case("negative_discount", &[("/additional_discount", json!("-1.00"))], &[]),
        case("discount_exceeds_lines", &[("/additional_discount", json!("30.00"))], &[]),
    ]
}

fn money() -> Vec<Case> {
    let unpaid = [("/payments", json!([])), ("/payment_date", json!(""))];
    let paid = |value: i64| [("/payments/0/value", json!(value))];
    let cancelled = [(STATUS_OF_SECOND, json!("CANCELED")), (CANCELLED_AT_OF_SECOND, json!("2025-11-11T14:36:46Z"))];
    let mut returned = cancelled.to_vec();
    returned.push(("/payments/-", refund("r", -10, "2025-11-11T14:36:47Z")));
    let mut partly = cancelled.to_vec();
    partly.push(("/payments/-", refund("r", -4, "2025-11-11T14:36:47Z")));
    let goodwill = [("/payments/-", refund("r", -5, "2025-11-11T14:36:47Z"))];
    let declined = [("/status", json!("DECLINED"))];
    let dead = [("/status", json!("CANCELLED")), ("/cancellation_date", json!("2025-11-10T08:00:00Z"))];
    vec![
        case("unpaid", &unpaid, &[]),
        case("underpaid", &paid(15), &[]),
        case("overpaid", &paid(25), &[]),
        case("duplicate_payment_suspect", &[("/payments/-", payment("again", 20))], &[]),
        case("refund_exceeds_payments", &[("/payments/-", refund("r", -25, "2025-11-11T14:36:47Z"))], &[]),
        case("refund_without_cancel", &goodwill, &[]),
        case("cancel_without_refund", &cancelled, &returned),
        case("retained_after_cancel", &partly, &returned),
        case("payment_on_dead_order", &declined, &[]),
        case("payment_on_dead_order", &dead, &[]),
        case("rounding_residue", &[("/payments/0/value", json!("19.98"))], &[]),
        case("header_payment_date_mismatch", &[("/payment_date", json!("2025-11-11T14:00:00Z"))], &[]),
        case("payment_sign_mismatch", &[("/payments/0/type", json!("refund"))], &[]),
        after(PAID_ORDER, case("payment_vanished", &unpaid, &[])),
        after(PAID_ORDER, case("payment_mutated", &paid(15), &[])),
    ]
}

fn stored_value() -> Vec<Case> {
    let own = "1a3c5e7f9b2d4f6a8c0e1f23456789ab";
    let used = "/tickets/0/participants/0/redeemed_flexTicket";
    let with_flex = |more: &[(&'static str, Value)]| {
        let mut changes = vec![("/flexTickets/-", flex("ten", "50.00", 4)), (used, flex_used("ten", "10.00", own))];
        changes.extend(more.iter().cloned());
        changes
    };
    let unlimited = with_flex(&[("/flexTickets/0/unlimited_redemptions", json!(1))]);
    vec![
        case("voucher_unknown_origin", &[("/redeemed_vouchers/-", voucher_used("v", "5.00"))], &[]),
        case("voucher_negative", &[("/redeemed_vouchers/-", voucher_used("v", "5.00"))], &[]),
        case("refund_voucher_self_reference", &[("/voucherOrders/-", refund_voucher("v", "5.00", &[own]))], &[]),
        case("refund_voucher_unallocated", &[("/voucherOrders/-", refund_voucher("v", "5.00", &["a", "b"]))], &[]),
        case("refund_voucher_unknown_order", &[("/voucherOrders/-", refund_voucher("v", "5.00", &["a"]))], &[]),
        case("flex_origin_conflict", &with_flex(&[(used, flex_used("ten", "10.00", "elsewhere"))]), &with_flex(&[])),
        case("flex_count_mismatch", &with_flex(&[("/flexTickets/0/redemption_available", json!(5))]), &with_flex(&[])),
        case("flex_unlimited", &unlimited, &with_flex(&[])),
        case("vat_regime_note", &with_flex(&[]), &[]),
        case(
            "dangling_payment_ref",
            &[("/voucherOrders/-", json!({"id": "o", "voucher": [], "related_items": {"payments": [{"id": "p"}]}}))],
            &[],
        ),
    ]
}

fn identity_and_dates() -> Vec<Case> {
    let refunded = changed(PAID_ORDER, &[("/payments/-", refund("r", -5, "2025-11-11T14:36:47Z"))]);
    let codes = [("/code", json!("OTHER"))];
    let unexpected = [("/surprise", json!(1))];
    let lines = [("/products/-", product("1.00", "19.00")), ("/products/-", product("1.00", "19.00"))];
    let future = [("/payments/0/payment_date", json!("2025-12-24T08:00:00Z"))];
    let late = [("/tickets/0/participants/0/checked_in", json!("2025-11-24T08:00:00Z"))];
    vec![
        after(PAID_ORDER, case("order_code_changed", &codes, &[])),
        after(
            &refunded,
            case("stale_snapshot_suspected", &[], &[("/payments/-", refund("r", -6, "2025-11-11T14:36:48Z"))]),
        ),
        after(PAID_ORDER, case("section_absent_after_present", &[("/payments", json!(ABSENT))], &[])),
        case("ambiguous_product_lines", &lines, &lines[..1]),
        case("schema_extra_field", &unexpected, &[]),
        case(
            "duplicate_key",
            &[("/payments/-", serde_json::from_str::<Value>(PAID_ORDER).unwrap()["payments"][0].clone())],
            &[],
        ),
        case("date_unreadable", &[("/payments/0/payment_date", json!("yesterday"))], &[]),
        case("effective_in_future", &future, &[]),
        case("effective_after_snapshot", &late, &[]),
    ]
}

/// Each case is an order of its own, so that all of them are settled together.
async fn raise_and_clear(database: &TestDatabase, cases: Vec<Case>) {
    let daemon = start(database).await;
    let renamed = |body: &str, id: &str| {
        let own = "1a3c5e7f9b2d4f6a8c0e1f23456789ab";
        // Payments have ids of their own in each order, and an order that names itself does so by its new name.
        body.replace(own, id)
            .replace("8b38027ccab4c18531f3a724203c9a09", &format!("payment-{id}"))
            .replace("\"id\":\"v\"", &format!("\"id\":\"voucher-{id}\""))
            .replace("\"id\":\"ten\"", &format!("\"id\":\"flex-{id}\""))
            .replace("\"id\":\"r\"", &format!("\"id\":\"refund-{id}\""))
            .replace("\"order_id\":\"a\"", &format!("\"order_id\":\"refunded-by-{id}\""))
    };
    let states = |daemon: &TestDaemon, case: &Case, id: &str| {
        let of = format!("reason = '{}' AND order_id IN ('{id}', 'refunded-by-{id}')", case.reason);
        daemon.lines(&format!("SELECT DISTINCT state AS line FROM findings WHERE {of}"))
    };
    let ids: Vec<String> = (0..cases.len()).map(|number| format!("order-{number}")).collect();
    for (case, id) in cases.iter().zip(&ids) {
        for body in &case.before {
            daemon.accepted("museum", renamed(body, id)).await;
        }
    }
    daemon.settle().await;
    for (case, id) in cases.iter().zip(&ids) {
        assert_eq!(states(&daemon, case, id), Vec::<String>::new(), "{} before", case.reason);
        daemon.accepted("museum", renamed(&case.raised_by, id)).await;
    }
    daemon.settle().await;
    for (case, id) in cases.iter().zip(&ids) {
        assert_eq!(states(&daemon, case, id), ["open"], "{} raised by\n{}", case.reason, case.raised_by);
    }
    // Looking again at what is stored finds the same.
    let again = reconcile_everything(daemon.database(), None, daemon.clock.now(), true, |_| {}).unwrap();
    assert_eq!(again.changes, std::collections::BTreeMap::new());
    for (case, id) in cases.iter().zip(&ids) {
        daemon.accepted("museum", renamed(&case.cleared_by, id)).await;
    }
    daemon.settle().await;
    for (case, id) in cases.iter().zip(&ids) {
        assert_eq!(states(&daemon, case, id), ["auto_closed"], "{} cleared by\n{}", case.reason, case.cleared_by);
    }
    assert_eq!(daemon.states().iter().filter(|state| *state != "done").count(), 0, "{:?}", daemon.states());
    daemon.finish().await;
}

on_both_engines!(totals_are_raised_and_cleared, async |database| {
    raise_and_clear(database, totals()).await;
});
on_both_engines!(money_is_raised_and_cleared, async |database| {
    raise_and_clear(database, money()).await;
});
on_both_engines!(stored_value_is_raised_and_cleared, async |database| {
    raise_and_clear(database, stored_value()).await;
});
on_both_engines!(identity_and_dates_are_raised_and_cleared, async |database| {
    raise_and_clear(database, identity_and_dates()).await;
});

on_both_engines!(what_several_orders_do_to_one_voucher_is_found, async |database| {
    let daemon = start(database).await;
    let open = |reason: &str| {
        let sql = "SELECT order_id AS line FROM findings WHERE state = 'open' AND reason =";
        daemon.lines(&format!("{sql} '{reason}' ORDER BY order_id"))
    };
    let none = Vec::<String>::new();
    daemon.accepted("museum", other("a", &[("/voucherOrders/-", voucher_sold("v", "5.00", "0.00"))])).await;
    daemon.accepted("museum", other("b", &[("/voucherOrders/-", voucher_sold("v", "5.00", "19.00"))])).await;
    daemon.settle().await;
    assert_eq!(open("duplicate_voucher_id"), ["a", "b"]);
    assert_eq!(open("voucher_regime_conflict"), ["a", "b"]);
    daemon.accepted("museum", other("b", &[])).await;
    daemon.settle().await;
    assert_eq!((open("duplicate_voucher_id"), open("voucher_regime_conflict")), (none.clone(), none.clone()));
    // The same payment in two orders.
    daemon.accepted("museum", other("c", &[("/payments/-", payment("p", 5))])).await;
    daemon.accepted("museum", other("d", &[("/payments/-", payment("p", 5))])).await;
    daemon.settle().await;
    assert_eq!(open("duplicate_payment_id"), ["c", "d"]);
    daemon.accepted("museum", other("d", &[])).await;
    daemon.settle().await;
    assert_eq!(open("duplicate_payment_id"), none);
    // The voucher is used before its sale is told, and by two orders.
    daemon.accepted("museum", other("e", &[("/redeemed_vouchers/-", voucher_used("w", "5.00"))])).await;
    daemon.settle().await;
    assert_eq!(open("voucher_unknown_origin"), ["e"]);
    daemon.accepted("museum", other("f", &[("/voucherOrders/-", voucher_sold("w", "5.00", "0.00"))])).await;
    daemon.settle().await;
    assert_eq!((open("voucher_unknown_origin"), open("voucher_negative")), (none.clone(), none.clone()));
    daemon.accepted("museum", other("g", &[("/redeemed_vouchers/-", voucher_used("w", "1.00"))])).await;
    daemon.settle().await;
    assert_eq!(open("voucher_negative"), ["e", "g"]);
    daemon.accepted("museum", other("g", &[])).await;
    daemon.settle().await;
    assert_eq!(open("voucher_negative"), none);
    daemon.finish().await;
});

on_both_engines!(a_refund_voucher_names_the_payment_of_the_order_that_it_refunds, async |database| {
    let daemon = start(database).await;
    let open = || daemon.lines("SELECT reason AS line FROM v_open_findings WHERE order_id = 'v' ORDER BY 1");
    let mut voucher = refund_voucher("v", "20.00", &["1a3c5e7f9b2d4f6a8c0e1f23456789ab"]);
    voucher["related_items"]["payments"] = json!([{"id": "8b38027ccab4c18531f3a724203c9a09"}]);
    daemon.accepted("museum", other("v", &[("/voucherOrders/-", voucher)])).await;
    daemon.settle().await;
    assert_eq!(open(), ["dangling_payment_ref"]);
    assert_eq!(shown(&daemon), ["dangling_payment_ref", "refund_voucher_unknown_order"]);
    daemon
        .accepted(
            "museum",
            changed(
                PAID_ORDER,
                &[("/status", json!("CANCELLED")), ("/cancellation_date", json!("2025-11-11T14:36:46Z"))],
            ),
        )
        .await;
    daemon.settle().await;
    assert_eq!(shown(&daemon), Vec::<String>::new());
    daemon.finish().await;
});

on_both_engines!(a_reseller_is_not_asked_for_money, async |database| {
    let daemon = start(database).await;
    let unpaid = [("/payments", json!([])), ("/payment_date", json!("")), ("/external_reference", json!("GYG_1"))];
    daemon.accepted("museum", changed(PAID_ORDER, &unpaid)).await;
    daemon.settle().await;
    assert_eq!(shown(&daemon), Vec::<String>::new());
    daemon.finish().await;
});

on_both_engines!(what_is_overdue_and_what_lies_ahead_depends_on_the_instant, async |database| {
    let daemon = start(database).await;
    let unpaid = [("/payments", json!([])), ("/payment_date", json!("")), ("/date", json!("2025-11-20T08:00:00Z"))];
    daemon.accepted("museum", changed(PAID_ORDER, &unpaid)).await;
    daemon.settle().await;
    let open = || daemon.lines("SELECT reason || ' ' || severity AS line FROM v_open_findings ORDER BY 1");
    assert!(open().contains(&"unpaid low".to_owned()), "{:?}", open());
    assert!(open().contains(&"effective_in_future medium".to_owned()));
    let later = at("2025-11-24T08:00:00Z");
    let preview = reconcile_everything(daemon.database(), Some("museum"), later, true, |_| {}).unwrap();
    let done = reconcile_everything(daemon.database(), Some("museum"), later, false, |_| {}).unwrap();
    assert_eq!(preview, done);
    assert_eq!(open(), ["unpaid medium"]);
    let again = reconcile_everything(daemon.database(), Some("museum"), later, false, |_| {}).unwrap();
    assert_eq!(again.changes, std::collections::BTreeMap::new());
    daemon.finish().await;
});

on_both_engines!(a_fact_of_a_closed_month_is_late, async |database| {
    let daemon = start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    go_to(&daemon, "2025-12-02T10:00:00Z");
    daemon.close_month(database, "2025-11");
    daemon.accepted("museum", changed(PAID_ORDER, &[("/payments/-", refund("r", -5, "2025-11-30T08:00:00Z"))])).await;
    daemon.settle().await;
    assert!(shown(&daemon).contains(&"late_for_period".to_owned()), "{:?}", shown(&daemon));
    go_to(&daemon, "2026-01-02T10:00:00Z");
    daemon.close_month(database, "2025-12");
    reconcile_everything(daemon.database(), None, daemon.clock.now(), false, |_| {}).unwrap();
    assert!(!shown(&daemon).contains(&"late_for_period".to_owned()));
    daemon.finish().await;
});

on_both_engines!(an_acknowledged_finding_stays_quiet_until_its_amounts_change, async |database| {
    let daemon = start(database).await;
    let paid = |value: i64| changed(PAID_ORDER, &[("/payments/0/value", json!(value))]);
    let state = || {
        let columns = "state || '|' || COALESCE(acknowledged_by, '') || '|' || COALESCE(note, '')";
        daemon.lines(&format!("SELECT {columns} AS line FROM findings WHERE reason = 'underpaid'"))
    };
    daemon.accepted("museum", paid(15)).await;
    daemon.settle().await;
    assert_eq!(state(), ["open||"]);
    let filter = findings::Filter { reasons: vec!["underpaid".to_owned()], ..findings::Filter::default() };
    let listed = findings::list(&mut daemon.database().reader().unwrap(), &filter).unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].1.as_deref(), Some("RQW-ETD72D"));
    let prefix = listed[0].0.fingerprint[..12].to_owned();
    let by_prefix = findings::Filter { fingerprint: Some(prefix), ..findings::Filter::default() };
    assert_eq!(findings::list(&mut daemon.database().reader().unwrap(), &by_prefix).unwrap(), listed);
    let acknowledge = || {
        let fingerprints = [listed[0].0.fingerprint.clone()];
        let done = daemon.database().transaction("test", |connection| {
            findings::acknowledge(connection, &fingerprints, "grimes", "paid in cash")
        });
        assert_eq!(done.unwrap(), 1);
    };
    acknowledge();
    assert_eq!(state(), ["acknowledged|grimes|paid in cash"]);
    daemon
        .accepted(
            "museum",
            changed(
                &paid(15),
                &[
                    ("/lang", json!("de")),
                    ("/additional_information/-", json!({"id": "x", "title": "t", "value": "v"})),
                ],
            ),
        )
        .await;
    daemon.accepted("museum", changed(&paid(15), &[("/tickets/0/title", json!("New title"))])).await;
    daemon.settle().await;
    assert_eq!(state(), ["acknowledged|grimes|paid in cash"], "nothing about it changed");
    daemon.accepted("museum", paid(12)).await;
    daemon.settle().await;
    assert!(state()[0].starts_with("open"), "another amount is another question");
    acknowledge();
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    assert!(state()[0].starts_with("auto_closed"));
    daemon.accepted("museum", paid(12)).await;
    daemon.settle().await;
    assert!(state()[0].starts_with("open"), "it came back");
    daemon.finish().await;
});

/// A booking with two tickets for a show to come, at the stand-in and in the books; paid before it was known.
struct Booking<'d> {
    daemon: &'d TestDaemon,
    pid: String,
    first: TicketExample,
    second: TicketExample,
}

impl Booking<'_> {
    fn open(&self) -> Vec<String> {
        self.daemon.lines("SELECT reason AS line FROM findings WHERE state = 'open' ORDER BY 1")
    }

    fn holds(&self, tickets: &[&TicketExample]) -> Value {
        let tickets = tickets.iter().map(|ticket| (*ticket).clone()).collect();
        BookingExample { tickets, ..BookingExample::default() }.json()
    }

    /// The provider changes the booking, and says so.
    async fn change(&self, booking: Value, kind: &str, tickets: &[&TicketExample]) {
        self.daemon.stand_in.put_booking(&self.pid, booking);
        let tickets: Vec<&str> = tickets.iter().map(|ticket| ticket.pid.as_str()).collect();
        self.daemon.ticketpark(kind, json!({"booking_pid": self.pid, "ticket_pids": tickets})).await;
        self.daemon.settle().await;
    }

    async fn pay(&self, payment: &str, amount: &str) {
        let payload = json!({"booking_pid": self.pid, "payment_pid": payment, "payment_method": "m", "currency": "CHF",
            "amount": amount});
        self.daemon.ticketpark("new-payment", payload).await;
        self.daemon.settle().await;
    }
}

async fn booking(daemon: &TestDaemon) -> Booking<'_> {
    let example = BookingExample::default();
    let show =
        |ticket: &TicketExample| TicketExample { show_start: "2025-12-24T20:00:00+0100".to_owned(), ..ticket.clone() };
    let (first, second) = (show(&example.tickets[0]), show(&example.tickets[1]));
    let booking = Booking { daemon, pid: example.pid(), first, second };
    booking.pay("p", "50.00").await;
    assert_eq!(booking.open(), ["payment_without_booking"]);
    let both = booking.holds(&[&booking.first, &booking.second]);
    booking.change(both, "new-booking", &[]).await;
    daemon.settle_after_seconds(10).await;
    assert_eq!(booking.open(), Vec::<String>::new());
    booking
}

const DELETED: &str = "booking-tickets-deleted";
const UPDATED: &str = "booking-tickets-updated";

on_both_engines!(announced_tickets_are_compared_with_what_is_read, async |database| {
    let daemon = start(database).await;
    let booking = booking(&daemon).await;
    let (first, second) = (&booking.first, &booking.second);
    let both = || booking.holds(&[first, second]);
    booking.change(both(), DELETED, &[second]).await;
    assert_eq!(booking.open(), ["deleted_set_mismatch"], "announced as deleted, and still there");
    booking.change(booking.holds(&[first]), DELETED, &[second]).await;
    assert_eq!(booking.open(), ["refund_unobservable"]);
    booking.change(both(), UPDATED, &[first]).await;
    assert_eq!(booking.open(), ["updated_set_mismatch"], "a ticket came that nobody announced");
    booking.change(both(), UPDATED, &[second]).await;
    assert_eq!(booking.open(), Vec::<String>::new());
    daemon.finish().await;
});

on_both_engines!(oddities_of_a_booking_are_raised_and_cleared, async |database| {
    let daemon = start(database).await;
    let booking = booking(&daemon).await;
    let (first, second) = (&booking.first, &booking.second);
    let both = || booking.holds(&[first, second]);
    let has = |reason: &str| booking.open().contains(&reason.to_owned());
    let unsure = TicketExample { confirmation: false, ..second.clone() };
    booking.change(booking.holds(&[first, &unsure]), UPDATED, &[second]).await;
    assert!(has("unconfirmed_ticket"), "{:?}", booking.open());
    let mut odd = both();
    odd["tickets"][1]["denormalized_price_including_vat"] = Value::Null;
    odd.as_object_mut().unwrap().remove("confirmation");
    booking.change(odd, UPDATED, &[second]).await;
    assert!(has("price_missing") && has("confirmation_missing") && !has("unconfirmed_ticket"), "{:?}", booking.open());
    let mut without = both();
    without.as_object_mut().unwrap().remove("tickets");
    booking.change(without, UPDATED, &[second]).await;
    for _ in 0..6 {
        daemon.settle_after_seconds(3_600).await;
    }
    assert!(has("section_absent"), "{:?}", booking.open());
    booking.change(both(), UPDATED, &[first, second]).await;
    assert_eq!(booking.open(), Vec::<String>::new());
    booking.change(both(), "booking-cancelled", &[]).await;
    assert_eq!(booking.open(), ["confirmed_after_cancel", "refund_unobservable"]);
    daemon
        .stand_in
        .put_booking(&booking.pid, BookingExample { confirmation: false, ..BookingExample::default() }.json());
    booking.pay("r", "-50.00").await;
    assert_eq!(booking.open(), Vec::<String>::new());
    daemon.finish().await;
});

on_both_engines!(calibrate_tells_which_formula_fits, async |database| {
    let daemon = start(database).await;
    for (id, coupon, total) in
        [("x", "2.00", "18.00"), ("y", "3.00", "17.00"), ("z", "0.00", "20.00"), ("n", "1.00", "5.00")]
    {
        let order = changed(
            PAID_ORDER,
            &[
                ("/id", json!(id)),
                ("/payments/0/id", json!(format!("payment-{id}"))),
                ("/total_invoice", json!(total)),
                (
                    "/redeemed_coupons/-",
                    json!({"id": "c", "redeemed_value": coupon, "usage_date": "2025-11-11T14:00:00Z"}),
                ),
            ],
        );
        daemon.accepted("museum", order).await;
    }
    daemon.settle().await;
    let fits = calibrate(daemon.database(), Some("museum"), daemon.clock.now()).unwrap();
    let fit = &fits[0];
    assert_eq!((fit.orders, fit.discriminating, fit.unfit, fit.left_out), (4, 3, 1, 0));
    let of = |name: &str| fit.fits.iter().find(|(formula, _)| formula.name() == name).map(|(_, fits)| *fits).unwrap();
    assert_eq!((of("G1"), of("G5")), ((3, 2), (1, 0)));
    daemon.finish().await;
});

#[test]
fn every_reason_is_explained_and_tested() {
    let page = include_str!("../../docs/findings.md");
    let tests = include_str!("findings.rs");
    // Chosen by a policy, so its test is with the policies.
    let elsewhere = ["total_semantics_shift"];
    for reason in REASONS {
        let quoted = format!("`{}`", reason.code);
        assert!(page.contains(&quoted), "docs/findings.md does not explain {quoted}");
        assert!(
            elsewhere.contains(&reason.code) || tests.contains(&format!("\"{}\"", reason.code)),
            "{quoted} is not tested"
        );
    }
}

/// Settle time of many first deliveries, for comparing by hand: `cargo test --test it settle_time -- --ignored --nocapture`.
mod settle_time {
    use super::*;
    on_both_engines!(of_many_orders, async |database| {
        if std::env::var("TICKETLEDGER_MEASURE").is_err() {
            return;
        }
        let daemon = TestDaemon::start(database).await;
        daemon.clock.advance_milliseconds(at("2025-11-11T14:36:50Z").milliseconds_since(daemon.clock.now()));
        let orders = 1500;
        for number in 0..orders {
            let order = changed(
                PAID_ORDER,
                &[
                    ("/id", json!(format!("order-{number:08}"))),
                    ("/code", json!(format!("C-{number}"))),
                    ("/payments/0/id", json!(format!("payment-{number:08}"))),
                    ("/tickets/0/participants/0/id", json!(format!("p-{number:08}-a"))),
                    ("/tickets/0/participants/1/id", json!(format!("p-{number:08}-b"))),
                ],
            );
            daemon.accepted("museum", order).await;
        }
        let start = std::time::Instant::now();
        daemon.settle().await;
        let took = start.elapsed();
        eprintln!(
            "{:?}: {orders} orders settled in {took:?}, {} a second",
            database.engine,
            (orders as u128) * 1_000_000 / took.as_micros()
        );
        daemon.finish().await;
    });
}
