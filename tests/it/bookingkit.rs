//! bookingkit end to end: deliveries in over HTTP, balances out.

use serde_json::json;

use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, UNIFIED_EXAMPLE, at, changed, expected};

/// Entries as `booking date|kind|atom key|account=amount …`, in their order.
fn journal(daemon: &TestDaemon) -> Vec<String> {
    daemon.lines(
        "SELECT e.booking_date || '|' || e.kind || '|' || e.event_type || '|' || p.account_code || '|' \
         || p.amount_minor AS line \
         FROM journal_entries e JOIN postings p ON p.source = e.source AND p.entry_no = e.entry_no \
         ORDER BY e.source, e.entry_no, p.line_no",
    )
}

on_both_engines!(the_first_seed_order_gives_the_documented_entries, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    assert_eq!(
        daemon.balances("museum"),
        expected([("assets:clearing:StripeBankWire", 2000), ("income:tickets", -1680), ("liabilities:vat:1900", -320)])
    );
    assert_eq!(
        journal(&daemon),
        [
            "2025-11-11|post|payment|assets:clearing:StripeBankWire|2000",
            "2025-11-11|post|payment|assets:receivable|-2000",
            "2025-11-08|post|sale.ticket|assets:receivable|1000",
            "2025-11-08|post|sale.ticket|income:tickets|-840",
            "2025-11-08|post|sale.ticket|liabilities:vat:1900|-160",
            "2025-11-08|post|sale.ticket|assets:receivable|1000",
            "2025-11-08|post|sale.ticket|income:tickets|-840",
            "2025-11-08|post|sale.ticket|liabilities:vat:1900|-160",
        ]
    );
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    assert_eq!(daemon.entries("museum"), 3, "sent again, nothing is posted");

    daemon.clock.advance_milliseconds(at("2025-12-02T10:00:00Z").milliseconds_since(daemon.clock.now()));
    let refunded = changed(
        PAID_ORDER,
        &[
            ("/tickets/0/participants/1/status", json!("CANCELED")),
            ("/tickets/0/participants/1/cancellation_date", json!("2025-12-02T09:00:00Z")),
            (
                "/payments/-",
                json!({"id": "r1", "code": "StripeBankWire", "payment_method": "StripeBankWire", "name": "Bank wire",
                    "value": -10, "type": "refund", "payment_date": "2025-12-02T09:30:00Z"}),
            ),
        ],
    );
    daemon.accepted("museum", refunded).await;
    daemon.settle().await;
    assert_eq!(
        journal(&daemon)[8..],
        [
            "2025-12-02|reverse|sale.ticket|assets:receivable|-1000",
            "2025-12-02|reverse|sale.ticket|income:tickets|840",
            "2025-12-02|reverse|sale.ticket|liabilities:vat:1900|160",
            "2025-12-02|post|refund|assets:clearing:StripeBankWire|-1000",
            "2025-12-02|post|refund|assets:receivable|1000",
        ]
    );
    assert_eq!(
        daemon.lines(
            "SELECT period || '|' || net_minor || '|' || vat_minor || '|' || gross_minor AS line \
             FROM v_vat_by_rate ORDER BY period"
        ),
        ["2025-11|1680|320|2000", "2025-12|-840|-160|-1000"]
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
    let lines: Vec<String> =
        journal(&daemon).iter().map(|line| line.splitn(3, '|').nth(2).unwrap().to_owned()).collect();
    assert_eq!(
        lines,
        [
            "coupon|assets:receivable|-194",
            "coupon|income:discount|163",
            "coupon|liabilities:vat:1900|31",
            "coupon|assets:receivable|-6",
            "coupon|income:discount|5",
            "coupon|liabilities:vat:1900|1",
            "flex.redeem|liabilities:flex|10000",
            "flex.redeem|assets:receivable|-10000",
            "flex.sale|assets:receivable|50000",
            "flex.sale|liabilities:flex|-50000",
            "payment|assets:clearing:StripeBankWire|11000",
            "payment|assets:receivable|-11000",
            "refund|assets:clearing:StripeBankWire|-1000",
            "refund|assets:receivable|1000",
            "sale.ticket|assets:receivable|10000",
            "sale.ticket|income:tickets|-8403",
            "sale.ticket|liabilities:vat:1900|-1597",
            "sale.product|assets:receivable|300",
            "sale.product|income:products|-252",
            "sale.product|liabilities:vat:1900|-48",
            "voucher.refund_issue|assets:receivable|10000",
            "voucher.refund_issue|liabilities:voucher:mpv|-10000",
            "voucher.redeem|liabilities:voucher:mpv|10000",
            "voucher.redeem|assets:receivable|-10000",
        ]
    );
    assert_eq!(
        daemon
            .lines("SELECT billed_minor || '|' || settled_minor || '|' || balance_minor AS line FROM v_order_balance"),
        ["60100|20000|40100"]
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
