//! bookingkit end to end: deliveries in over HTTP, balances out.

use serde_json::json;

use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, UNIFIED_EXAMPLE, at, changed, entry, expected, refunded};

const SAID: [&str; 3] = ["booking_date", "kind", "event_type"];

on_both_engines!(the_first_seed_order_gives_the_documented_entries, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    assert_eq!(
        daemon.balances("museum"),
        expected([("assets:clearing:StripeBankWire", 2000), ("income:tickets", -1680), ("liabilities:vat:1900", -320)])
    );
    assert_eq!(
        daemon.journal(&SAID),
        [
            entry("2025-11-11 post payment", [("assets:clearing:StripeBankWire", 2000), ("assets:receivable", -2000)]),
            entry(
                "2025-11-08 post sale.ticket",
                [("assets:receivable", 1000), ("income:tickets", -840), ("liabilities:vat:1900", -160)]
            ),
            entry(
                "2025-11-08 post sale.ticket",
                [("assets:receivable", 1000), ("income:tickets", -840), ("liabilities:vat:1900", -160)]
            ),
        ]
    );
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    assert_eq!(daemon.entries("museum"), 3, "sent again, nothing is posted");

    daemon.clock.advance_milliseconds(at("2025-12-02T10:00:00Z").milliseconds_since(daemon.clock.now()));
    let cancelled = refunded("2025-12-02T09:00:00Z", "2025-12-02T09:30:00Z");
    daemon.accepted("museum", cancelled).await;
    daemon.settle().await;
    assert_eq!(
        daemon.journal(&SAID)[3..],
        [
            entry(
                "2025-12-02 reverse sale.ticket",
                [("assets:receivable", -1000), ("income:tickets", 840), ("liabilities:vat:1900", 160)]
            ),
            entry("2025-12-02 post refund", [("assets:clearing:StripeBankWire", -1000), ("assets:receivable", 1000)]),
        ]
    );
    assert_eq!(
        daemon.rows(&["period", "net_minor", "vat_minor", "gross_minor"], "FROM v_vat_by_rate ORDER BY period"),
        [["2025-11", "1680", "320", "2000"], ["2025-12", "-840", "-160", "-1000"]]
    );
    assert_eq!(daemon.states(), ["done", "done", "done"]);
    daemon.finish().await;
});

on_both_engines!(the_unified_example_gives_the_documented_lines, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", UNIFIED_EXAMPLE).await;
    daemon.settle().await;
    assert_eq!(
        daemon.balances("museum"),
        expected([
            ("assets:clearing:StripeBankWire", 10_000),
            ("assets:receivable", 40_100),
            ("income:discount", 168),
            ("income:products", -252),
            ("income:tickets", -8403),
            ("liabilities:flex", -40_000),
            ("liabilities:vat:1900", -1613),
        ])
    );
    assert_eq!(
        daemon.journal(&["event_type"]),
        [
            entry("coupon", [("assets:receivable", -194), ("income:discount", 163), ("liabilities:vat:1900", 31)]),
            entry("coupon", [("assets:receivable", -6), ("income:discount", 5), ("liabilities:vat:1900", 1)]),
            entry("flex.redeem", [("liabilities:flex", 10_000), ("assets:receivable", -10_000)]),
            entry("flex.sale", [("assets:receivable", 50_000), ("liabilities:flex", -50_000)]),
            entry("payment", [("assets:clearing:StripeBankWire", 11_000), ("assets:receivable", -11_000)]),
            entry("refund", [("assets:clearing:StripeBankWire", -1000), ("assets:receivable", 1000)]),
            entry(
                "sale.ticket",
                [("assets:receivable", 10_000), ("income:tickets", -8403), ("liabilities:vat:1900", -1597)]
            ),
            entry(
                "sale.product",
                [("assets:receivable", 300), ("income:products", -252), ("liabilities:vat:1900", -48)]
            ),
            entry("voucher.refund_issue", [("assets:receivable", 10_000), ("liabilities:voucher:mpv", -10_000)]),
            entry("voucher.redeem", [("liabilities:voucher:mpv", 10_000), ("assets:receivable", -10_000)]),
        ]
    );
    assert_eq!(
        daemon.rows(&["billed_minor", "settled_minor", "balance_minor"], "FROM v_order_balance"),
        [["60100", "20000", "40100"]]
    );
    daemon.finish().await;
});

on_both_engines!(an_order_of_two_thousand_participants_settles_whole, async |database| {
    let daemon = TestDaemon::start(database).await;
    let participant: serde_json::Value = serde_json::from_str(
        r#"{"id": "", "status": "ACCEPTED", "price_value": "10.00", "vat": "19.00", "price_id": 1}"#,
    )
    .unwrap();
    let participants: Vec<serde_json::Value> = (0..2000)
        .map(|number| {
            let mut participant = participant.clone();
            participant["id"] = json!(format!("p{number}"));
            participant
        })
        .collect();
    let order = changed(PAID_ORDER, &[("/tickets/0/participants", json!(participants)), ("/payments", json!([]))]);
    daemon.accepted("museum", order).await;
    daemon.settle().await;
    assert_eq!(daemon.balances("museum")["assets:receivable"], 2_000_000);
    assert_eq!(daemon.entries("museum"), 2000);
    daemon.finish().await;
});
