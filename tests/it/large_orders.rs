//! One large order: what is read is bounded, and what is bounded is said.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::db::TestDatabase;
use crate::support::order::{admission, but, order, participant, payment, product, redeemed, ticket, voucher};

/// With the bound of bodies that the settings have by default.
async fn start(database: &TestDatabase) -> TestDaemon {
    TestDaemon::start_with(database, |config| config.limits.body_bytes = 4_194_304, Arc::new(|_| {})).await
}

fn many(count: usize, part: impl Fn(usize) -> Value) -> Vec<Value> {
    (0..count).map(part).collect()
}

on_both_engines!(a_group_of_five_thousand_is_booked, async |database| {
    let daemon = start(database).await;
    let people = many(2_500, |number| participant(&format!("p{number}"), "10.00", "19"));
    let each = many(2_500, |number| admission(&format!("q{number}"), "10.00", "7"));
    daemon.deliver(order("one", json!({"tickets": [ticket(&people)]}))).await;
    daemon.deliver(order("each", json!({"tickets": each}))).await;
    assert_eq!(daemon.states(), ["done", "done"]);
    assert_eq!(daemon.balances("museum")["assets:receivable"], 5_000_000);
    daemon.finish().await;
});

on_both_engines!(an_order_of_too_many_parts_is_parked_with_their_number, async |database| {
    let daemon = start(database).await;
    let undated = |number: usize| but(payment(&format!("m{number}"), "1.00"), json!({"payment_date": "soon"}));
    let one_voucher = |number: usize| but(voucher(&format!("v{number}"), "1.00", "0"), json!({}));
    for (fields, said) in [
        (json!({"payments": many(16_000, undated)}), "16000 payments in one order, and at most 2500 are read"),
        (
            json!({"redeemed_vouchers": many(11_000, |number| redeemed(&format!("v{number}"), "1.00"))}),
            "11000 redeemed_vouchers in one order, and at most 2500 are read",
        ),
        (
            json!({"voucherOrders": many(2_501, one_voucher)}),
            "2501 voucherOrders in one order, and at most 2500 are read",
        ),
        (
            json!({"tickets": [ticket(&many(15_500, |number| participant(&format!("p{number}"), "1.00", "19")))]}),
            "15501 tickets and participants in one order, and at most 12000 are read",
        ),
        (
            json!({
                "tickets": [ticket(&many(300, |number| participant(&format!("p{number}"), "10.00", "19")))],
                "redeemed_vouchers": many(300, |number| redeemed(&format!("v{number}"), "1.00")),
            }),
            "300 coupons and vouchers over 300 tickets and products are up to 90000 shares in one order, and at most \
             5000 are posted",
        ),
    ] {
        let reason = daemon.parked("museum", order("large", fields)).await;
        assert_eq!(reason, "too_many_parts");
        let detail = daemon.lines("SELECT detail AS line FROM inbox_events ORDER BY id DESC LIMIT 1");
        assert_eq!(detail, [said]);
    }
    daemon.finish().await;
});

on_both_engines!(many_findings_of_one_reason_are_told_by_their_number, async |database| {
    let daemon = TestDaemon::start(database).await;
    let undated = |number: usize| but(payment(&format!("m{number:03}"), "1.00"), json!({"payment_date": "soon"}));
    daemon.deliver(order("A", json!({"payments": many(300, undated)}))).await;
    let products = many(200, |number| product(&format!("c{number}"), "1.00", 1, "19.5"));
    daemon.deliver(order("B", json!({"products": products}))).await;
    daemon.deliver(order("A", json!({"payments": []}))).await;
    let lost = daemon.rows(
        &["COUNT(*)", "SUM(difference_minor)"],
        "FROM findings WHERE order_id = 'A' AND reason = 'payment_vanished' AND state = 'open'",
    );
    assert_eq!(lost, [["52", "-30000"]], "those beyond are one finding with their sum");
    let most = daemon
        .lines("SELECT COUNT(*) || '' AS line FROM findings GROUP BY order_id, reason ORDER BY COUNT(*) DESC LIMIT 1");
    assert!(most[0].parse::<usize>().is_ok_and(|most| most <= 52), "{most:?}");
    daemon.finish().await;
});
