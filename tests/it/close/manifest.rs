//! The bytes of a manifest: the chain names their hash, and `ledger verify` computes them again for ever.

use super::*;
use crate::support::order::{admission, flex, order, payment, product, redeemed, refund_voucher, voucher};

/// As both engines store it. No section is empty.
const EXPECTED: &str = include_str!("manifest-2025-11.json");
const EXPECTED_SHA256: &str = "b493b40f68c40030fb758a3a25b5e17fb2311bc695a1f739225769a944b40f8d";

on_both_engines!(the_bytes_of_a_manifest_and_their_hash_stay_as_they_are, async |database| {
    let daemon = TestDaemon::start(database).await;
    let sales = json!({
        "voucherOrders": [voucher("mpv", "119.00", "0.00"), voucher("spv", "119.00", "19")],
        "flexTickets": [flex("prepaid", "50.00", ""), flex("taxed", "119.00", "19")],
        "products": [product("mug", "12.00", 2, "7")],
        "payments": [payment("m1", "400.00")],
    });
    daemon.deliver(order("S", sales)).await;
    let paid_by_vouchers = json!({
        "tickets": [admission("p1", "100.00", "19"), admission("p2", "60.00", "")],
        "redeemed_vouchers": [redeemed("mpv", "40.00"), redeemed("spv", "119.00"), redeemed("never sold", "1.00")],
        "payments": [payment("m2", "5.00"), payment("m3", "-2.50")],
    });
    daemon.deliver(order("R", paid_by_vouchers)).await;
    daemon.deliver(order("V", json!({"voucherOrders": [refund_voucher("back", "10.00", &["R"])]}))).await;
    daemon.deliver(changed(UNIFIED_EXAMPLE, &[])).await;
    daemon.deliver(PAID_ORDER).await;
    daemon.deliver(refunded("2025-11-20T09:00:00Z", "2025-11-20T09:30:00Z")).await;
    daemon.deliver(changed(PAID_ORDER, &[("/id", json!("in francs")), ("/currency", json!("CHF"))])).await;
    go_to(&daemon, "2025-12-02T08:00:00Z");
    database.execute("UPDATE findings SET state = 'acknowledged' WHERE severity = 'high'");
    let closing = shut(&daemon, "2025-11");
    assert_eq!((closing.result, codes(&closing)), ("closed", vec![]));
    assert_eq!(closing.manifest.get(), EXPECTED.trim_end());
    assert_eq!(closing.manifest_sha256, EXPECTED_SHA256);
    daemon.finish().await;
});
