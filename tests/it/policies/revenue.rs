//! When tickets are revenue, and what VAT is rounded on.

use super::*;

on_both_engines!(revenue_is_booked_on_the_day_of_the_event, async |database| {
    let daemon = under(database, Policy { revenue_mode: RevenueMode::OnEventDate, ..Policy::default() }).await;
    let tickets = |date: &str| json!([but(ticket(&[participant("a", "11.90", "19")]), json!({"date": date}))]);
    let with = |date: &str, fields: Value| {
        let sections = json!({"tickets": tickets(date), "products": [product("mug", "11.90", 1, "19")],
            "redeemed_coupons": [coupon("c", "2.38")], "payments": [payment("p", "21.42")]});
        order("A", but(sections, fields))
    };
    // 23:30Z on the 30th is the 1st of December in Berlin.
    daemon.deliver(with("2025-11-30T23:30:00Z", json!({}))).await;
    assert_eq!(
        daemon.journal_of("A", 0),
        [
            entry(
                "2025-11-08 post coupon",
                [("assets:receivable", -119), ("liabilities:deferred:tickets", 100), ("liabilities:vat:1900", 19)]
            ),
            entry(
                "2025-11-08 post coupon",
                [("assets:receivable", -119), ("income:discount", 100), ("liabilities:vat:1900", 19)]
            ),
            entry("2025-11-08 post payment", [("assets:clearing:Card", 2142), ("assets:receivable", -2142)]),
            entry(
                "2025-12-01 post release.discount",
                [("liabilities:deferred:tickets", -100), ("income:discount", 100)]
            ),
            entry(
                "2025-12-01 post release.ticket",
                [("liabilities:deferred:tickets", 1000), ("income:tickets", -1000)]
            ),
            entry(
                "2025-11-08 post sale.ticket",
                [("assets:receivable", 1190), ("liabilities:deferred:tickets", -1000), ("liabilities:vat:1900", -190)]
            ),
            entry(
                "2025-11-08 post sale.product",
                [("assets:receivable", 1190), ("income:products", -1000), ("liabilities:vat:1900", -190)]
            ),
        ]
    );
    let vat = ["period", "vat_bp", "net_minor", "vat_minor", "gross_minor"];
    assert_eq!(
        daemon.view("v_vat_by_rate", &vat),
        [["2025-11", "1900", "1800", "342", "2142"], ["2025-12", "1900", "0", "0", "0"]]
    );
    let revenue = ["period", "event_title", "qty", "net_minor", "vat_minor"];
    assert_eq!(
        daemon.view("v_revenue_by_event", &revenue),
        [
            ["2025-11", "-", "1", "900", "171"],
            ["2025-11", "Tour", "0", "0", "171"],
            ["2025-12", "Tour", "1", "900", "0"]
        ]
    );
    daemon.deliver(with("2025-11-30T23:30:00Z", json!({}))).await;
    assert_eq!(daemon.entries("museum"), 7, "sent again, nothing is posted");

    // The date moves: what lies ahead is taken back on its own day, so that December shows nothing.
    daemon.deliver(with("2026-01-15T10:00:00Z", json!({}))).await;
    assert_eq!(
        daemon.view("v_revenue_by_event", &revenue)[1..],
        [
            ["2025-11", "Tour", "0", "0", "171"],
            ["2025-12", "Tour", "0", "0", "0"],
            ["2026-01", "Tour", "1", "900", "0"]
        ]
    );
    let december = "SELECT account || ' ' || SUM(amount_minor) AS line FROM v_gl WHERE period = '2025-12' \
        GROUP BY account HAVING SUM(amount_minor) <> 0";
    assert_eq!(daemon.lines(december), Vec::<String>::new());

    // Cancelled before the day: sale and release go, each in its own month.
    daemon.set_clock("2025-12-05T10:00:00Z");
    let before = daemon.entries("museum");
    daemon
        .deliver(with(
            "2026-01-15T10:00:00Z",
            json!({"status": "CANCELLED", "cancellation_date": "2025-12-04T10:00:00Z"}),
        ))
        .await;
    assert_eq!(
        daemon.booked("A", before),
        [
            "2025-12-04 reverse coupon:c@participant:a (gone)",
            "2025-12-04 reverse coupon:c@product:mug:1 (gone)",
            "2026-01-15 reverse release:coupon:c@participant:a (gone)",
            "2026-01-15 reverse release:participant:a (gone)",
            "2025-12-04 reverse sale:participant:a (gone)",
            "2025-12-04 reverse sale:product:mug:1 (gone)",
        ]
    );
    assert_eq!(daemon.balances_of("A"), expected([("assets:clearing:Card", 2142), ("assets:receivable", -2142)]));
    daemon.finish().await;
});

on_both_engines!(what_is_sold_after_the_event_is_revenue_at_once, async |database| {
    let daemon = under(database, Policy { revenue_mode: RevenueMode::OnEventDate, ..Policy::default() }).await;
    daemon.set_clock("2026-01-07T10:00:00Z");
    // The day is past when the order comes in, and the sale is dated by its order: so is the release by its day.
    daemon.deliver(order("A", json!({"tickets": [in_december(&[participant("a", "11.90", "19")])]}))).await;
    // Another one is added afterwards: it cannot be released before it is sold.
    let two = [participant("a", "11.90", "19"), participant("b", "11.90", "19")];
    daemon.deliver(order("A", json!({"tickets": [in_december(&two)]}))).await;
    // A cancellation after the event takes back both on its day.
    let gone = but(
        participant("a", "11.90", "19"),
        json!({"status": "CANCELED", "cancellation_date": "2026-01-06T10:00:00Z"}),
    );
    daemon.deliver(order("A", json!({"tickets": [in_december(&[gone, two[1].clone()])]}))).await;
    assert_eq!(
        daemon.booked("A", 0),
        [
            "2025-12-23 post release:participant:a (new)",
            "2025-11-08 post sale:participant:a (new)",
            "2026-01-07 post release:participant:b (new)",
            "2026-01-07 post sale:participant:b (new)",
            "2026-01-06 reverse release:participant:a (gone)",
            "2026-01-06 reverse sale:participant:a (gone)",
        ]
    );
    // Without a date it waits; without a rate it is booked as without the switch.
    let dateless = but(admission("d", "11.90", "19"), json!({"date": ""}));
    daemon.deliver(order("B", json!({"tickets": [dateless, admission("u", "5.00", "")]}))).await;
    assert_eq!(
        daemon.balances_of("B"),
        expected([
            ("assets:receivable", 1690),
            ("liabilities:deferred:tickets", -1000),
            ("liabilities:vat:1900", -190),
            ("suspense:vat_undetermined", -500),
        ])
    );
    let found = &["order_id", "reason", "severity", "expected_minor", "actual_minor"];
    let waits = row(["B", "service_date_unknown", "medium", "1000", "0"]);
    assert!(daemon.view("v_open_findings", found).contains(&waits));
    daemon.finish().await;
});

/// VAT by rate of two orders: 2 × 10.00 at 19 %; and 30.00 at 7 % with 20.00 at 19 %.
async fn rounded(database: &TestDatabase, vat_rounding: VatRounding) -> (TestDaemon, Vec<String>) {
    let daemon = under(database, Policy { vat_rounding, ..Policy::default() }).await;
    let twins = ticket(&[participant("a", "10.00", "19"), participant("b", "10.00", "19")]);
    daemon.deliver(order("A", json!({"tickets": [twins]}))).await;
    daemon.deliver(order("B", json!({"tickets": [admission("c", "30.00", "7"), admission("d", "20.00", "19")]}))).await;
    let sql = "SELECT order_id || ' ' || account || ' ' || SUM(amount_minor) AS line FROM v_gl \
        GROUP BY order_id, account ORDER BY order_id, account";
    let lines = daemon.lines(sql);
    (daemon, lines)
}

on_both_engines!(vat_is_rounded_line_by_line, async |database| {
    let (daemon, lines) = rounded(database, VatRounding::Line).await;
    assert_eq!(
        lines,
        [
            "A assets:receivable 2000",
            "A income:tickets -1680",
            "A liabilities:vat:1900 -320",
            "B assets:receivable 5000",
            "B income:tickets -4485",
            "B liabilities:vat:1900 -319",
            "B liabilities:vat:700 -196",
        ]
    );
    daemon.finish().await;
});

on_both_engines!(vat_is_rounded_on_the_sum_of_each_rate, async |database| {
    let (daemon, lines) = rounded(database, VatRounding::SumByRate).await;
    assert_eq!(
        lines,
        [
            "A assets:receivable 2000",
            "A income:tickets -1681",
            "A liabilities:vat:1900 -319",
            "B assets:receivable 5000",
            "B income:tickets -4485",
            "B liabilities:vat:1900 -319",
            "B liabilities:vat:700 -196",
        ]
    );
    assert_eq!(
        daemon.journal_of("A", 2),
        [entry("2025-11-08 post vat.rounding", [("income:tickets", -1), ("liabilities:vat:1900", 1)])]
    );
    let sums = ["vat_bp", "net_minor", "vat_minor", "gross_minor"];
    assert_eq!(daemon.view("v_vat_by_rate", &sums), [["1900", "3362", "638", "4000"], ["700", "2804", "196", "3000"]]);
    assert_eq!(
        daemon.view("v_revenue_by_event", &sums),
        [["1900", "3362", "638", "4000"], ["700", "2804", "196", "3000"]]
    );
    // One of the two goes: then there is nothing to round.
    let left = but(participant("b", "10.00", "19"), json!({"status": "CANCELED"}));
    daemon.deliver(order("A", json!({"tickets": [ticket(&[participant("a", "10.00", "19"), left])]}))).await;
    assert_eq!(
        daemon.balances_of("A"),
        expected([("assets:receivable", 1000), ("income:tickets", -840), ("liabilities:vat:1900", -160)])
    );
    // The documented coupon: 5.00 on 3 × 9.99 at 19 %, VAT relief 0.80 on the sum.
    let three: Vec<Value> = ["x", "y", "z"].map(|id| participant(id, "9.99", "19")).into();
    daemon.deliver(order("C", json!({"tickets": [ticket(&three)], "redeemed_coupons": [coupon("c", "5.00")]}))).await;
    assert_eq!(daemon.balances_of("C").get("liabilities:vat:1900"), Some(&-399), "24.97 at 19 %");
    daemon.finish().await;
});

on_both_engines!(vat_is_rounded_once_on_the_document, async |database| {
    let (daemon, lines) = rounded(database, VatRounding::Document).await;
    // 1.9626 + 3.1933 = 5.1559: the cent goes to the rate with the larger remainder.
    assert_eq!(
        lines,
        [
            "A assets:receivable 2000",
            "A income:tickets -1681",
            "A liabilities:vat:1900 -319",
            "B assets:receivable 5000",
            "B income:tickets -4484",
            "B liabilities:vat:1900 -320",
            "B liabilities:vat:700 -196",
        ]
    );
    daemon.finish().await;
});

on_both_engines!(a_rounding_difference_waits_for_the_event_too, async |database| {
    let policy =
        Policy { vat_rounding: VatRounding::SumByRate, revenue_mode: RevenueMode::OnEventDate, ..Policy::default() };
    let daemon = under(database, policy).await;
    let twins = in_december(&[participant("a", "10.00", "19"), participant("b", "10.00", "19")]);
    daemon.deliver(order("A", json!({"tickets": [twins]}))).await;
    let sql = "SELECT period || ' ' || account || ' ' || SUM(amount_minor) AS line FROM v_gl \
        GROUP BY period, account ORDER BY period, account";
    assert_eq!(
        daemon.lines(sql),
        [
            "2025-11 assets:receivable 2000",
            "2025-11 liabilities:deferred:tickets -1681",
            "2025-11 liabilities:vat:1900 -319",
            "2025-12 income:tickets -1681",
            "2025-12 liabilities:deferred:tickets 1681",
        ]
    );
    daemon.finish().await;
});
