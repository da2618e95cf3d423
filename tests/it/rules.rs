//! Posting rules and dates of what is sold and paid, black box: orders in over HTTP, entries and views out.

use serde_json::json;

use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, expected};
use crate::support::order::{
    admission, but, coupon, order, partial, participant, payment, product, redeemed, refund_voucher, ticket, voucher,
};

on_both_engines!(vat_is_taken_out_of_the_gross_line_by_line_and_half_a_cent_goes_away_from_zero, async |database| {
    let daemon = TestDaemon::start(database).await;
    let cases = [
        ("EUR", "10.00", "19.00", 160),
        ("EUR", "20.00", "19", 319),
        ("EUR", "100.00", "19", 1597),
        ("EUR", "500.00", "19", 7983),
        ("EUR", "30.00", "7", 196),
        ("EUR", "3.00", "19", 48),
        ("EUR", "99.99", "19", 1596),
        ("CHF", "25.00", "2.6", 63),
        ("CHF", "50.00", "2.60", 127),
        ("CHF", "25.00", "8.1", 187),
        ("EUR", "0.03", "100", 2),
        ("EUR", "-0.03", "100", -2),
        ("EUR", "0.02", "19", 0),
    ];
    for (index, (currency, price, rate, _)) in cases.iter().enumerate() {
        let id = format!("O{index}");
        let fields = json!({"currency": currency, "tickets": [admission(&id, price, rate)]});
        daemon.accepted("museum", order(&id, fields)).await;
    }
    daemon.settle().await;
    for (index, (_, price, rate, vat)) in cases.iter().enumerate() {
        let balances = daemon.balances_of(&format!("O{index}"));
        let posted: i64 =
            balances.iter().filter(|(code, _)| code.starts_with("liabilities:vat:")).map(|(_, v)| v).sum();
        assert_eq!(-posted, *vat, "{price} at {rate} %");
        let gross: i64 = price.replace('.', "").parse().unwrap();
        assert_eq!(balances.get("assets:receivable"), Some(&gross), "{price}");
        assert_eq!(balances.get("income:tickets").copied().unwrap_or(0), vat - gross, "{price} at {rate} %");
    }
    daemon.finish().await;
});

on_both_engines!(a_changed_price_is_reversed_and_posted_anew_at_receipt, async |database| {
    let daemon = TestDaemon::start(database).await;
    let priced = |price: &str| {
        order("A", json!({"tickets": [admission("p1", price, "19")], "payments": [payment("m1", "10.00")]}))
    };
    daemon.deliver(priced("10.00")).await;
    daemon.set_clock("2025-12-02T08:00:00Z");
    daemon.deliver(priced("12.00")).await;
    assert_eq!(
        daemon.booked("A", 2),
        ["2025-12-02 reverse sale:participant:p1 (changed)", "2025-12-02 post sale:participant:p1 (changed)"]
    );
    let rows = daemon.view("v_vat_by_rate", &["period", "vat_bp", "net_minor", "vat_minor", "gross_minor"]);
    assert_eq!(rows, [["2025-11", "1900", "840", "160", "1000"], ["2025-12", "1900", "168", "32", "200"]]);
    let rows =
        daemon.view("v_order_balance", &["order_id", "status", "billed_minor", "settled_minor", "balance_minor"]);
    assert_eq!(rows, [["A", "accepted", "1200", "1000", "200"]]);
    daemon.finish().await;
});

on_both_engines!(what_changes_the_sale_posts_it_anew_and_what_does_not_posts_nothing, async |database| {
    let daemon = TestDaemon::start(database).await;
    let of = |part: serde_json::Value, fields: serde_json::Value| {
        order("A", json!({"tickets": [but(ticket(&[part]), fields)]}))
    };
    let sold = || participant("p1", "10.00", "19");
    daemon.deliver(of(sold(), json!({}))).await;
    let same = [
        of(but(sold(), json!({"checked_in": "2025-11-23T10:05:00Z", "comment": "hello"})), json!({})),
        of(sold(), json!({"title": "Another name", "comment": "hello"})),
        of(sold(), json!({"date": "2025-11-23T09:00:00Z"})),
    ];
    for body in same {
        daemon.deliver(body).await;
        assert_eq!(daemon.entries("museum"), 1);
    }
    let other = [
        of(participant("p1", "10.00", "7"), json!({})),
        of(but(sold(), json!({"price_id": 6})), json!({})),
        of(sold(), json!({"date": "2025-11-24T10:00:00Z"})),
        of(sold(), json!({"event_id": "E2"})),
    ];
    for (index, body) in other.into_iter().enumerate() {
        daemon.deliver(body).await;
        assert_eq!(daemon.entries("museum"), 1 + 2 * (index + 1), "change {index}");
    }
    daemon.finish().await;
});

on_both_engines!(an_order_refunded_by_a_voucher_ends_the_same_whichever_is_heard_of_first, async |database| {
    let daemon = TestDaemon::start(database).await;
    let accepted = |id: &str| {
        let people = [participant(&format!("{id}1"), "10.00", "19"), participant(&format!("{id}2"), "10.00", "19")];
        json!({"tickets": [ticket(&people)], "payments": [payment(&format!("m{id}"), "20.00")]})
    };
    let cancelled = |id: &str| {
        order(id, but(accepted(id), json!({"status": "CANCELLED", "cancellation_date": "2025-11-11T11:00:00Z"})))
    };
    let refund = |id: &str| {
        order(&format!("V{id}"), json!({"voucherOrders": [refund_voucher(&format!("v{id}"), "20.00", &[id])]}))
    };
    for id in ["A", "B"] {
        daemon.deliver(order(id, accepted(id))).await;
    }
    daemon.deliver(refund("A")).await;
    assert_eq!(
        daemon.view("v_order_balance", &["order_id", "billed_minor", "settled_minor", "balance_minor"]),
        [["A", "2000", "0", "2000"], ["B", "2000", "2000", "0"], ["VA", "0", "0", "0"]],
        "the voucher is owed to the order that it refunds"
    );
    daemon.deliver(cancelled("A")).await;
    daemon.deliver(cancelled("B")).await;
    daemon.deliver(refund("B")).await;
    for id in ["A", "B"] {
        let balances = expected([("assets:clearing:Card", 2000), ("liabilities:voucher:mpv", -2000)]);
        assert_eq!(daemon.balances_of(id), balances, "{id}");
    }
    let rows =
        daemon.view("v_order_balance", &["order_id", "status", "billed_minor", "settled_minor", "balance_minor"]);
    assert_eq!(
        rows,
        [
            ["A", "cancelled", "0", "0", "0"],
            ["B", "cancelled", "0", "0", "0"],
            ["VA", "accepted", "0", "0", "0"],
            ["VB", "accepted", "0", "0", "0"]
        ]
    );
    let rows =
        daemon.view("v_voucher_balance", &["voucher_id", "kind", "issued_minor", "redeemed_minor", "balance_minor"]);
    assert_eq!(rows, [["vA", "mpv", "2000", "0", "2000"], ["vB", "mpv", "2000", "0", "2000"]]);
    daemon.finish().await;
});

on_both_engines!(the_rate_of_the_participant_wins_and_none_at_all_is_suspended, async |database| {
    let daemon = TestDaemon::start(database).await;
    let cases = [
        ("7", "19", expected([("assets:receivable", 1070), ("income:tickets", -1000), ("liabilities:vat:700", -70)])),
        ("", "19", expected([("assets:receivable", 1070), ("income:tickets", -899), ("liabilities:vat:1900", -171)])),
        ("0.00", "19", expected([("assets:receivable", 1070), ("income:tickets", -1070)])),
        ("", "", expected([("assets:receivable", 1070), ("suspense:vat_undetermined", -1070)])),
    ];
    for (index, (own, above, _)) in cases.iter().enumerate() {
        let part = participant(&format!("p{index}"), "10.70", own);
        let body = order(&format!("O{index}"), json!({"tickets": [but(ticket(&[part]), json!({"vat": above}))]}));
        daemon.deliver(body).await;
    }
    for (index, (own, above, balances)) in cases.iter().enumerate() {
        assert_eq!(daemon.balances_of(&format!("O{index}")), *balances, "participant {own:?}, ticket {above:?}");
    }
    let rows = daemon.view("v_open_findings", &["order_id", "reason", "expected_minor", "actual_minor"]);
    assert_eq!(
        rows,
        [
            ["O0", "ticket_participant_vat_differ", "-", "-"],
            ["O0", "unpaid", "1070", "0"],
            ["O1", "unpaid", "1070", "0"],
            ["O2", "ticket_participant_vat_differ", "-", "-"],
            ["O2", "unpaid", "1070", "0"],
            ["O3", "unpaid", "1070", "0"],
            ["O3", "vat_unknown", "0", "1070"]
        ]
    );
    let rows = daemon.view("v_vat_by_rate", &["vat_bp", "net_minor", "vat_minor", "gross_minor"]);
    assert_eq!(
        rows,
        [
            ["-", "1070", "0", "1070"],
            ["0", "1070", "0", "1070"],
            ["1900", "899", "171", "1070"],
            ["700", "1000", "70", "1070"]
        ]
    );
    let rows = daemon.view("v_revenue_by_event", &["event_id", "vat_bp", "qty", "net_minor", "vat_minor"]);
    assert_eq!(
        rows,
        [
            ["E1", "-", "1", "1070", "0"],
            ["E1", "0", "1", "1070", "0"],
            ["E1", "1900", "1", "899", "171"],
            ["E1", "700", "1", "1000", "70"]
        ]
    );
    daemon.finish().await;
});

on_both_engines!(product_lines_are_counted_so_that_their_place_posts_nothing, async |database| {
    let daemon = TestDaemon::start(database).await;
    let of = |lines: &[serde_json::Value]| order("A", json!({"products": lines}));
    let (cup, bag) = (product("cup", "3.00", 2, "19"), product("bag", "5.00", 1, "7"));
    daemon.deliver(of(&[cup.clone(), bag.clone(), cup.clone()])).await;
    assert_eq!(daemon.entries("museum"), 3);
    daemon.deliver(of(&[bag.clone(), cup.clone(), cup.clone()])).await;
    assert_eq!(daemon.entries("museum"), 3, "another order of the lines is no news");
    let rows = daemon.view("v_revenue_by_event", &["event_id", "event_title", "vat_bp", "qty", "gross_minor"]);
    assert_eq!(rows, [["-", "-", "1900", "4", "1200"], ["-", "-", "700", "1", "500"]]);
    daemon.deliver(of(&[bag.clone(), cup.clone()])).await;
    assert_eq!(daemon.booked("A", 3), ["2025-11-11 reverse sale:product:cup:2 (gone)"]);
    daemon.deliver(of(&[bag, but(cup, json!({"status": "CANCELED"}))])).await;
    assert_eq!(
        daemon.balances_of("A"),
        expected([("assets:receivable", 500), ("income:products", -467), ("liabilities:vat:700", -33)])
    );
    daemon.finish().await;
});

on_both_engines!(zero_amounts_post_nothing_and_are_no_turnover, async |database| {
    let daemon = TestDaemon::start(database).await;
    let fields = json!({
        "additional_discount": "0.00",
        "tickets": [admission("p1", "0.00", "19"), admission("p2", "", "19"), admission("p3", "0", "")],
        "products": [product("cup", "0.00", 3, "19"), product("cup", "3.00", 0, "19")],
        "payments": [payment("m1", "0")],
        "voucherOrders": [voucher("v1", "0", "0")],
        "redeemed_vouchers": [redeemed("v1", "0.00")],
        "redeemed_coupons": [coupon("c1", "0")],
    });
    daemon.deliver(order("A", fields)).await;
    assert_eq!(daemon.entries("museum"), 0);
    let rows = daemon.view("v_order_balance", &["order_id", "status", "currency", "billed_minor", "balance_minor"]);
    assert_eq!(rows, [["A", "accepted", "EUR", "0", "0"]], "an order without money has a row");
    assert_eq!(daemon.column("v_revenue_by_event", "qty"), Vec::<String>::new());
    assert_eq!(daemon.view("order_lines", &["line_key", "state"]).len(), 5, "visitors are counted here");
    daemon.finish().await;
});

on_both_engines!(what_is_in_another_currency_has_entries_of_its_own, async |database| {
    let daemon = TestDaemon::start(database).await;
    let fields = json!({
        "tickets": [ticket(&[participant("p1", "10.00", "19"),
            but(participant("p2", "20.00", "8.1"), json!({"currency": "CHF"}))])],
        "products": [but(product("cup", "300", 1, "10"), json!({"currency": "JPY"}))],
        "payments": [payment("m1", "10.00")],
    });
    daemon.deliver(order("A", fields)).await;
    let rows = daemon.view("v_order_balance", &["currency", "billed_minor", "settled_minor", "balance_minor"]);
    assert_eq!(rows, [["CHF", "2000", "0", "2000"], ["EUR", "1000", "1000", "0"], ["JPY", "300", "0", "300"]]);
    let rows = daemon.view("v_vat_by_rate", &["currency", "vat_bp", "net_minor", "vat_minor"]);
    assert_eq!(rows, [["CHF", "810", "1850", "150"], ["EUR", "1900", "840", "160"], ["JPY", "1000", "273", "27"]]);
    assert_eq!(daemon.column("v_open_findings", "reason").iter().filter(|r| *r == "currency_mixed").count(), 2);
    daemon.finish().await;
});

on_both_engines!(the_method_names_the_clearing_account_and_the_sign_says_whether_it_is_a_refund, async |database| {
    let daemon = TestDaemon::start(database).await;
    let payments = [
        json!({"id": "m1", "payment_method": "Card", "code": "ignored", "value": 10, "type": "payment"}),
        json!({"id": "m2", "payment_method": "", "code": "Gift Card/ü", "value": "5.00", "type": "payment"}),
        json!({"id": "m3", "value": 1.5}),
        json!({"id": "m4", "payment_method": "Card", "value": "-3.00", "type": "payment"}),
        json!({"id": "m5", "payment_method": "Card", "value": "2.00", "type": "refund"}),
    ];
    let dated = payments.map(|payment| but(payment, json!({"payment_date": "2025-11-08T10:05:00Z"})));
    daemon.deliver(order("A", json!({"payments": dated}))).await;
    assert_eq!(
        daemon.balances_of("A"),
        expected([
            ("assets:clearing:Card", 900),
            ("assets:clearing:Gift_Card__", 500),
            ("assets:clearing:unknown", 150),
            ("assets:receivable", -1550),
        ])
    );
    let rows = daemon.view("v_payments_by_method", &["payment_method", "paid_minor", "refunded_minor", "net_minor"]);
    assert_eq!(
        rows,
        [["Card", "1200", "-300", "900"], ["Gift Card/ü", "500", "0", "500"], ["unknown", "150", "0", "150"]]
    );
    let findings = daemon.view("v_open_findings", &["reason", "evidence"]);
    assert_eq!(findings.iter().filter(|row| row[0] == "payment_sign_mismatch").count(), 2);
    daemon.finish().await;
});

on_both_engines!(a_payment_that_vanishes_changes_or_returns_is_booked_at_receipt, async |database| {
    let daemon = TestDaemon::start(database).await;
    let paid = |list: serde_json::Value| order("A", json!({"payments": list}));
    daemon.deliver(paid(json!([payment("m1", "10.00"), payment("m2", "5.00"), payment("m3", "-1.00")]))).await;
    daemon.set_clock("2025-12-05T08:00:00Z");
    let other_method = but(payment("m2", "5.00"), json!({"payment_method": "PayPal"}));
    daemon.deliver(paid(json!([other_method]))).await;
    assert_eq!(
        daemon.booked("A", 3),
        [
            "2025-12-05 reverse payment:m1 (gone)",
            "2025-12-05 reverse payment:m2 (changed)",
            "2025-12-05 reverse payment:m3 (gone)",
            "2025-12-05 post payment:m2 (changed)",
        ]
    );
    let columns = ["period", "payment_method", "paid_minor", "refunded_minor", "net_minor"];
    assert_eq!(
        daemon.view("v_payments_by_method", &columns),
        [
            ["2025-11", "Card", "1500", "-100", "1400"],
            ["2025-12", "Card", "-1500", "100", "-1400"],
            ["2025-12", "PayPal", "500", "0", "500"]
        ],
        "what vanished was not refunded, and a refund that vanished was not paid"
    );
    daemon.set_clock("2026-01-07T08:00:00Z");
    daemon.deliver(paid(json!([payment("m1", "10.00"), payment("m2", "6.00")]))).await;
    assert_eq!(
        daemon.booked("A", 7),
        [
            "2026-01-07 reverse payment:m2 (changed)",
            "2026-01-07 post payment:m1 (new)",
            "2026-01-07 post payment:m2 (changed)",
        ]
    );
    daemon.finish().await;
});

on_both_engines!(a_date_that_is_missing_or_unreadable_gives_way_to_the_receipt, async |database| {
    let daemon = TestDaemon::start(database).await;
    let without = |date: &str| json!({"payment_date": date, "usage_date": date, "creation_date": date});
    let fields = json!({
        "date": "someday",
        "tickets": [ticket(&[participant("p1", "20.00", "19")])],
        "payments": [but(payment("m1", "10.00"), without("")), but(payment("m2", "1.00"), without("yesterday"))],
        "redeemed_vouchers": [but(redeemed("v1", "2.00"), without(""))],
        "redeemed_coupons": [but(coupon("c1", "2.00"), without("2025-11-08 10:00"))],
    });
    daemon.deliver(order("A", fields)).await;
    assert_eq!(
        daemon.booked("A", 0),
        [
            "2025-11-11 post coupon:c1@participant:p1 (new)",
            "2025-11-11 post payment:m1 (new)",
            "2025-11-11 post payment:m2 (new)",
            "2025-11-11 post sale:participant:p1 (new)",
            "2025-11-11 post voucher.redeem:v1: (new)",
        ]
    );
    let undated = daemon.column("v_open_findings", "reason");
    assert_eq!(undated.iter().filter(|reason| *reason == "date_unreadable").count(), 5);
    daemon.finish().await;
});

on_both_engines!(the_accounting_day_is_the_local_one_across_the_month_and_in_summer, async |database| {
    let daemon = TestDaemon::start(database).await;
    let cases = [
        ("2025-11-30T22:59:59Z", "2025-11-30"),
        ("2025-11-30T23:30:00Z", "2025-12-01"),
        ("2025-06-30T21:59:59Z", "2025-06-30"),
        ("2025-06-30T22:00:00Z", "2025-07-01"),
        ("2025-03-30T00:59:59+02:00", "2025-03-29"),
        ("2025-10-26T23:00:00Z", "2025-10-27"),
        ("2030-01-01T00:00:00Z", "2030-01-01"),
    ];
    let payments = (0..)
        .zip(cases)
        .map(|(number, (paid_at, _))| but(payment(&format!("m{number}"), "1.00"), json!({"payment_date": paid_at})));
    daemon.deliver(order("A", json!({"payments": payments.collect::<Vec<_>>()}))).await;
    let booked = daemon.booked("A", 0);
    let expected: Vec<String> =
        (0..).zip(cases).map(|(number, (_, day))| format!("{day} post payment:m{number} (new)")).collect();
    assert_eq!(booked, expected);
    let periods = daemon.view("v_payments_by_method", &["period", "paid_minor"]);
    assert_eq!(
        periods,
        [
            ["2025-03", "100"],
            ["2025-06", "100"],
            ["2025-07", "100"],
            ["2025-10", "100"],
            ["2025-11", "100"],
            ["2025-12", "100"],
            ["2030-01", "100"]
        ]
    );
    daemon.finish().await;
});

on_both_engines!(what_belongs_to_a_closed_month_goes_to_the_first_open_day_after_it, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.set_clock("2025-12-01T12:00:00Z");
    daemon.close_month(database, "2025-11");
    let october = json!({"payment_date": "2025-10-31T12:00:00Z"});
    let december = json!({"payment_date": "2025-12-24T12:00:00Z"});
    let payments = json!([but(payment("m1", "1.00"), october), but(payment("m2", "1.00"), december)]);
    daemon.deliver(order("A", json!({"payments": payments}))).await;
    assert_eq!(
        daemon.booked("A", 0),
        ["2025-12-01 post payment:m1 (late_for_2025-10)", "2025-12-24 post payment:m2 (new)"]
    );
    daemon.finish().await;
});

on_both_engines!(a_renamed_event_is_one_row_under_its_latest_title, async |database| {
    let daemon = TestDaemon::start(database).await;
    let named = |id: &str, title: &str, fields: serde_json::Value| {
        let sold = but(admission(&format!("p{id}"), "10.00", "19"), json!({"title": title}));
        order(id, but(json!({"tickets": [sold]}), fields))
    };
    let titles = || daemon.view("v_revenue_by_event", &["event_id", "event_title", "qty", "gross_minor"]);
    daemon.deliver(named("A", "Old", json!({"redeemed_vouchers": [redeemed("v1", "10.00")]}))).await;
    daemon.deliver(named("B", "New", json!({}))).await;
    assert_eq!(titles(), [["E1", "New", "2", "2000"]]);
    // Both have news of A, but none of its tickets.
    daemon.deliver(partial("A", json!({"payments": [payment("m1", "1.00")]}))).await;
    assert_eq!(titles(), [["E1", "New", "2", "2000"]], "a delivery without tickets names no event");
    daemon.deliver(order("S", json!({"voucherOrders": [voucher("v1", "10.00", "19")]}))).await;
    assert_eq!(titles(), [["E1", "New", "2", "2000"]], "an order that is settled again names no event");
    daemon.deliver(named("A", "Newest", json!({}))).await;
    assert_eq!(titles(), [["E1", "Newest", "2", "2000"]]);
    daemon.deliver(named("B", "New", json!({}))).await;
    assert_eq!(titles(), [["E1", "New", "2", "2000"]], "the newest delivery wins, also one that changes nothing else");
    daemon.finish().await;
});

on_both_engines!(one_payment_in_two_orders_is_posted_in_both, async |database| {
    let daemon = TestDaemon::start(database).await;
    for id in ["A", "B"] {
        daemon.deliver(order(id, json!({"payments": [payment("m1", "10.00")]}))).await;
    }
    assert_eq!(daemon.view("v_order_balance", &["order_id", "settled_minor"]), [["A", "1000"], ["B", "1000"]]);
    daemon.finish().await;
});

on_both_engines!(what_is_said_twice_counts_once_in_an_order, async |database| {
    let daemon = TestDaemon::start(database).await;
    let sold = ticket(&[participant("p1", "10.00", "19"), participant("p1", "10.00", "19")]);
    let fields = json!({
        "tickets": [sold.clone(), sold],
        "redeemed_coupons": [coupon("c", "1.00"), coupon("c", "1.00")],
        "voucherOrders": [voucher("v", "5.00", "0"), voucher("v", "5.00", "0")],
        "payments": [payment("m1", "14.00"), payment("m1", "14.00")],
    });
    daemon.deliver(order("A", fields)).await;
    let rows = daemon.view("v_order_balance", &["billed_minor", "settled_minor", "balance_minor"]);
    assert_eq!(rows, [["1400", "1400", "0"]]);
    let twice = daemon.column("v_open_findings", "reason");
    assert_eq!(twice.iter().filter(|reason| *reason == "duplicate_key").count(), 5);
    daemon.finish().await;
});

on_both_engines!(every_line_of_the_book_says_what_it_is_about_and_what_caused_it, async |database| {
    let daemon = TestDaemon::start(database).await;
    let of = |fields: serde_json::Value| {
        let sold =
            json!({"tickets": [admission("p1", "10.00", "19")], "booking_channel": [{"id": "web", "name": "Web"}]});
        order("A", but(sold, fields))
    };
    let first = daemon.deliver(of(json!({"payments": [payment("m1", "10.00")]}))).await;
    let second = daemon.deliver(of(json!({"payments": []}))).await;
    let [first, second] = [first, second].map(|event| event.to_string());
    assert_eq!(
        daemon.view("v_gl", &["entry_no", "line_no", "kind", "event_type", "reverses_no", "reason", "inbox_event_id"]),
        [
            ["1", "1", "post", "payment", "-", "new", &first],
            ["1", "2", "post", "payment", "-", "new", &first],
            ["2", "1", "post", "sale.ticket", "-", "new", &first],
            ["2", "2", "post", "sale.ticket", "-", "new", &first],
            ["2", "3", "post", "sale.ticket", "-", "new", &first],
            ["3", "1", "reverse", "payment", "1", "gone", &second],
            ["3", "2", "reverse", "payment", "1", "gone", &second],
        ]
    );
    assert_eq!(
        daemon.view("v_gl", &["entry_no", "line_no", "order_code", "account", "debit_minor", "credit_minor", "vat_bp"]),
        [
            ["1", "1", "CODE-A", "assets:clearing:Card", "1000", "0", "-"],
            ["1", "2", "CODE-A", "assets:receivable", "0", "1000", "-"],
            ["2", "1", "CODE-A", "assets:receivable", "1000", "0", "-"],
            ["2", "2", "CODE-A", "income:tickets", "0", "840", "1900"],
            ["2", "3", "CODE-A", "liabilities:vat:1900", "0", "160", "1900"],
            ["3", "1", "CODE-A", "assets:clearing:Card", "0", "1000", "-"],
            ["3", "2", "CODE-A", "assets:receivable", "1000", "0", "-"],
        ]
    );
    let about = ["entry_no", "line_no", "item_kind", "event_id", "service_date", "payment_id", "payment_method"];
    assert_eq!(
        daemon.view("v_gl", &about),
        [
            ["1", "1", "payment", "-", "-", "m1", "Card"],
            ["1", "2", "payment", "-", "-", "m1", "Card"],
            ["2", "1", "ticket", "E1", "2025-11-23", "-", "-"],
            ["2", "2", "ticket", "E1", "2025-11-23", "-", "-"],
            ["2", "3", "ticket", "E1", "2025-11-23", "-", "-"],
            ["3", "1", "payment", "-", "-", "m1", "Card"],
            ["3", "2", "payment", "-", "-", "m1", "Card"],
        ]
    );
    let bodies = daemon.rows(
        &["t.entry_no", "t.snapshot_no"],
        "FROM v_trace t JOIN inbox_events i \
        ON i.id = t.inbox_event_id AND i.body_sha256 = t.body_sha256 ORDER BY t.entry_no",
    );
    assert_eq!(bodies, [["1", "1"], ["2", "1"], ["3", "2"]]);
    daemon.finish().await;
});
