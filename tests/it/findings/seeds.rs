//! The seed orders: the first raises nothing, the unified example what is documented.

use super::*;

on_both_engines!(the_first_seed_order_raises_nothing, async |database| {
    let daemon = start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    assert_eq!(daemon.lines("SELECT reason AS line FROM findings"), Vec::<String>::new());
    daemon.finish().await;
});

const UNIFIED: [&str; 13] = [
    "dangling_payment_ref",
    "effective_after_snapshot",
    "flex_count_mismatch",
    "flex_origin_conflict",
    "header_payment_date_mismatch",
    "order_code_changed",
    "refund_voucher_self_reference",
    "refund_without_cancel",
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
    assert_eq!(shown(&daemon), alone, "a person is shown everything");
    // Underpaid because the total cannot be derived: no second problem.
    assert_eq!(marked(&daemon), ["underpaid follows from total_not_derivable"]);
    let amounts = |reason: &str| {
        let columns = ["expected_minor", "actual_minor", "difference_minor"];
        daemon.rows(&columns, &format!("FROM findings WHERE reason = '{reason}'"))
    };
    assert_eq!(amounts("underpaid"), [["60100", "20000", "-40100"]]);
    assert_eq!(amounts("total_not_derivable"), [["10000", "70100", "60100"]]);
    assert_eq!(amounts("refund_without_cancel"), [["0", "11000", "11000"]]);
    assert_eq!(amounts("voucher_negative"), [["0", "-10000", "-10000"]]);
    daemon.finish().await;
});

on_both_engines!(the_unified_example_after_the_first_changes_the_code, async |database| {
    let daemon = start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    daemon.accepted("museum", UNIFIED_EXAMPLE).await;
    daemon.settle().await;
    let mut visible = UNIFIED.to_vec();
    // The payment of the first order vanishes with its code. It is money, so no code explains it away.
    visible.push("payment_vanished");
    visible.sort_unstable();
    assert_eq!(shown(&daemon), visible);
    assert_eq!(marked(&daemon), ["underpaid follows from total_not_derivable"]);
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    assert_eq!(reasons(&daemon, "open"), ["payment_vanished", "stale_snapshot_suspected"]);
    daemon.finish().await;
});
