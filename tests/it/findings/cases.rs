//! Each reason that one order alone can raise, and clear.

use super::*;

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
        case("retained_after_cancel", &cancelled, &returned),
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
