//! A change of policy.

use super::*;

on_both_engines!(a_change_of_policy_is_for_the_orders_after_it, async |database| {
    let day = |day: u32| chrono::NaiveDate::from_ymd_opt(2025, 12, day);
    let deferred = Policy { revenue_mode: RevenueMode::OnEventDate, ..Policy::default() };
    let dated = vec![
        DatedPolicy { from: None, policy: Policy::default() },
        DatedPolicy { from: day(1), policy: deferred.clone() },
    ];
    let placed = |id: &str, date: &str| {
        order(id, json!({"date": date, "tickets": [in_december(&[participant(id, "11.90", "19")])]}))
    };
    let daemon = under(database, Policy::default()).await;
    daemon.set_clock("2025-12-01T12:00:00Z");
    daemon.deliver(placed("old", "2025-11-30T22:59:59Z")).await;
    assert_eq!(stored(&daemon).len(), 1);

    // The second policy begins at midnight in Berlin, which is 23:00Z.
    let daemon = daemon.restart(|config| config.sources[0].policies = dated).await;
    assert_eq!(stored(&daemon).len(), 2);
    assert!(stored(&daemon)[1].starts_with(&row(["2", "2025-11-30 23:00:00"])), "{:?}", stored(&daemon));
    daemon.deliver(placed("late", "2025-11-30T22:59:59Z")).await;
    daemon.deliver(placed("new", "2025-11-30T23:00:00Z")).await;
    // The order that is older than the change keeps its policy whatever happens to it.
    let two = in_december(&[participant("old", "11.90", "19"), participant("old2", "23.80", "19")]);
    daemon.deliver(order("old", json!({"date": "2025-11-30T22:59:59Z", "tickets": [two]}))).await;
    let used =
        "SELECT order_id || ' ' || event_type || ' ' || policy_id AS line FROM journal_entries ORDER BY entry_no";
    let entries =
        ["old sale.ticket 1", "late sale.ticket 1", "new release.ticket 2", "new sale.ticket 2", "old sale.ticket 1"];
    assert_eq!(daemon.lines(used), entries);

    let daemon = daemon.restart(|_| {}).await;
    assert_eq!(stored(&daemon).len(), 2, "the same settings add no policy");

    // Another second policy is a third one; taking it out again is a fourth.
    let coupons = Policy { coupon_scope: CouponScope::Tickets, ..deferred };
    let daemon = daemon.restart(|config| config.sources[0].policies[1].policy = coupons).await;
    daemon.deliver(placed("third", "2025-12-01T10:00:00Z")).await;
    let daemon = daemon.restart(|config| config.sources[0].policies.truncate(1)).await;
    daemon.deliver(placed("fourth", "2025-12-01T10:00:00Z")).await;
    let numbers: Vec<Row> = stored(&daemon).iter().map(|row| row[..2].to_owned()).collect();
    assert_eq!(
        numbers,
        [
            ["1", "1970-01-01 00:00:00"],
            ["2", "2025-11-30 23:00:00"],
            ["3", "2025-11-30 23:00:00"],
            ["4", "2025-11-30 23:00:00"]
        ]
    );
    assert_eq!(daemon.lines(used)[5..], ["third release.ticket 3", "third sale.ticket 3", "fourth sale.ticket 4"]);
    daemon.finish().await;
});

on_both_engines!(the_formula_of_the_total_is_kept_with_the_policy, async |database| {
    let policy = Policy { total_formula: Some("billed-vouchers".to_owned()), ..Policy::default() };
    let daemon = under(database, policy).await;
    assert!(stored(&daemon)[0][2].contains("\"total_formula\":\"billed-vouchers\""));
    daemon.deliver(discounted()).await;
    assert_eq!(daemon.balances_of("A").get("assets:receivable"), Some(&2042), "it posts nothing");
    daemon.finish().await;
});
