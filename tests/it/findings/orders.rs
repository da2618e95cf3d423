//! What several orders, time, a close or a person do to findings, and what they say of the formulas.

use super::*;

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
    assert_eq!(open("voucher_negative"), ["f"], "one voucher, one finding, on the order that sold it");
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
    let state = || daemon.rows(&["state", "acknowledged_by", "note"], "FROM findings WHERE reason = 'underpaid'");
    daemon.accepted("museum", paid(15)).await;
    daemon.settle().await;
    assert_eq!(state(), [["open", "-", "-"]]);
    let filter =
        findings::FindingFilter { reasons: vec!["underpaid".to_owned()], ..findings::FindingFilter::default() };
    let listed = findings::list(&mut daemon.database().reader().unwrap(), &filter).unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].1.as_deref(), Some("RQW-ETD72D"));
    let prefix = listed[0].0.fingerprint[..12].to_owned();
    let by_prefix = findings::FindingFilter { fingerprint: Some(prefix), ..findings::FindingFilter::default() };
    assert_eq!(findings::list(&mut daemon.database().reader().unwrap(), &by_prefix).unwrap(), listed);
    let acknowledge = || {
        let rows = findings::list(&mut daemon.database().reader().unwrap(), &filter).unwrap();
        let rows: Vec<_> = rows.into_iter().map(|(row, _)| row).collect();
        let done = daemon
            .database()
            .transaction("test", |connection| findings::acknowledge(connection, &rows, "grimes", "paid in cash"));
        assert_eq!(done.unwrap(), 1);
    };
    acknowledge();
    assert_eq!(state(), [["acknowledged", "grimes", "paid in cash"]]);
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
    assert_eq!(state(), [["acknowledged", "grimes", "paid in cash"]], "nothing about it changed");
    daemon.accepted("museum", paid(12)).await;
    daemon.settle().await;
    assert!(state()[0][0] == "open", "another amount is another question");
    acknowledge();
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle().await;
    assert!(state()[0][0] == "auto_closed");
    daemon.accepted("museum", paid(12)).await;
    daemon.settle().await;
    assert!(state()[0][0] == "open", "it came back");
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

on_both_engines!(a_voucher_used_after_its_sale_was_undone_or_at_another_rate_is_found, async |database| {
    let daemon = start(database).await;
    let open = |reason: &str| {
        let sql = "SELECT order_id AS line FROM findings WHERE state = 'open' AND reason =";
        daemon.lines(&format!("{sql} '{reason}' ORDER BY order_id"))
    };
    let undone = [
        ("/voucherOrders/-", voucher_sold("v", "5.00", "7.00")),
        ("/status", json!("CANCELLED")),
        ("/cancellation_date", json!("2025-11-01T08:00:00Z")),
    ];
    daemon.accepted("museum", other("a", &undone)).await;
    let cup = json!({"product_id": "cup", "price": "5.00", "amount": 1, "currency": "EUR", "vat": "19"});
    let used = [("/redeemed_vouchers/-", voucher_used("v", "5.00")), ("/products/-", cup)];
    daemon.accepted("museum", other("b", &used)).await;
    daemon.settle().await;
    assert_eq!(open("used_after_cancellation"), ["a", "b"]);
    assert_eq!(open("voucher_rate_differs"), ["b"]);
    daemon.accepted("museum", other("b", &[])).await;
    daemon.settle().await;
    assert_eq!((open("used_after_cancellation"), open("voucher_rate_differs")), (Vec::new(), Vec::<String>::new()));
    daemon.finish().await;
});
