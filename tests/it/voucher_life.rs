//! What becomes of vouchers whose orders are cancelled: money, tax and liability are each counted once over their life.

use serde_json::{Value, json};

use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, expected, row};
use crate::support::order::{
    admission, but, flex, flex_participant, order, participant, payment, product, redeemed, refund_voucher, ticket,
    voucher,
};

const CANCELLED: &str = "2025-12-05T10:00:00Z";

/// The same order, cancelled on 5 December.
fn cancelled(id: &str, fields: Value) -> String {
    order(id, but(fields, json!({"status": "CANCELLED", "cancellation_date": CANCELLED})))
}

/// A refund in money on the day of the cancellation.
fn refund(id: &str, value: &str) -> Value {
    but(payment(id, value), json!({"payment_date": CANCELLED}))
}

fn vat_by_month(daemon: &TestDaemon) -> Vec<Vec<String>> {
    let columns = ["period", "vat_bp", "net_minor", "vat_minor", "gross_minor"];
    let rows = daemon.view("v_vat_by_rate", &columns);
    rows.into_iter().filter(|row| row[2..] != ["0", "0", "0"]).collect()
}

on_both_engines!(an_order_paid_by_voucher_and_refunded_by_a_voucher_leaves_the_new_one, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon
        .deliver(order(
            "S",
            json!({"voucherOrders": [voucher("old", "50.00", "0")], "payments": [payment("m", "50.00")]}),
        ))
        .await;
    let used = || json!({"tickets": [admission("p", "50.00", "19")], "redeemed_vouchers": [redeemed("old", "50.00")]});
    daemon.deliver(order("U", used())).await;
    daemon.set_clock("2025-12-06T08:00:00Z");
    daemon.deliver(cancelled("U", used())).await;
    let retained = daemon.view("v_order_balance", &["order_id", "balance_minor"]);
    assert_eq!(retained, [["S", "0"], ["U", "-5000"]], "the guest has nothing for the old voucher yet");
    daemon.deliver(order("N", json!({"voucherOrders": [refund_voucher("new", "50.00", &["U"])]}))).await;
    assert_eq!(
        daemon.balances("museum"),
        expected([("assets:clearing:Card", 5000), ("liabilities:voucher:mpv", -5000)])
    );
    assert_eq!(
        daemon.view("v_voucher_balance", &["voucher_id", "issued_minor", "redeemed_minor", "balance_minor"]),
        [["new", "5000", "0", "5000"], ["old", "5000", "5000", "0"]]
    );
    assert_eq!(daemon.column("v_open_findings", "reason"), Vec::<String>::new());
    daemon.finish().await;
});

on_both_engines!(a_sale_that_is_undone_leaves_what_was_used, async |database| {
    for (rate, in_december) in [("0", "0"), ("19", "-1520")] {
        let database = crate::support::db::TestDatabase::new(database.engine).expect("a database for each rate");
        let daemon = TestDaemon::start(&database).await;
        let sold = |payments: Value| json!({"voucherOrders": [voucher("v", "119.00", rate)], "payments": payments});
        daemon.deliver(order("S", sold(json!([payment("m", "119.00")])))).await;
        let used = json!({"tickets": [admission("p", "23.80", "19")], "redeemed_vouchers": [redeemed("v", "23.80")]});
        daemon.deliver(order("U", used.clone())).await;
        daemon.set_clock("2025-12-06T08:00:00Z");
        let undone = sold(json!([payment("m", "119.00"), refund("r", "-95.20")]));
        daemon.deliver(cancelled("S", undone.clone())).await;
        assert_eq!(
            daemon.balances("museum"),
            expected([("assets:clearing:Card", 2380), ("income:tickets", -2000), ("liabilities:vat:1900", -380)]),
            "{rate}"
        );
        let december: i64 = vat_by_month(&daemon)
            .iter()
            .filter(|row| row[0] == "2025-12")
            .map(|row| row[3].parse::<i64>().expect("an amount"))
            .sum();
        assert_eq!(december.to_string(), in_december, "{rate}: what is taken back in the month of the cancellation");
        assert_eq!(daemon.column("v_open_findings", "reason"), Vec::<String>::new(), "{rate}");
        // Used once more after that: so much stays sold, and the guest of the first order owes it.
        let late = but(redeemed("v", "11.90"), json!({"usage_date": "2025-12-08T10:00:00Z"}));
        daemon.set_clock("2025-12-09T08:00:00Z");
        let again = json!({"tickets": [admission("q", "11.90", "19")], "redeemed_vouchers": [late]});
        daemon.deliver(order("W", again)).await;
        let worth = daemon.view("v_voucher_balance", &["balance_minor"]);
        assert_eq!(worth, [["0"]], "{rate}");
        let owed = daemon.view("v_order_balance", &["order_id", "balance_minor"]);
        assert_eq!(owed, [["S", "1190"], ["U", "0"], ["W", "0"]], "{rate}");
        let late = daemon.view_where("v_open_findings", &["order_id"], "WHERE reason = 'used_after_cancellation'");
        assert_eq!(late, [["S"], ["W"]], "{rate}");
        let evidence = daemon.column("v_open_findings", "evidence").join("\n");
        assert!(evidence.contains("CODE-S") && evidence.contains("CODE-W"), "{evidence}");
        // Nobody used it after all.
        daemon.set_clock("2026-01-09T08:00:00Z");
        daemon.deliver(order("W", json!({}))).await;
        daemon.deliver(order("U", json!({}))).await;
        let rest = expected([("assets:clearing:Card", 2380), ("assets:receivable", -2380)]);
        assert_eq!(daemon.balances("museum"), rest, "{rate}");
        daemon.finish().await;
    }
});

on_both_engines!(a_voucher_settles_the_tax_of_what_it_pays_for_whatever_the_rate_there, async |database| {
    let daemon = TestDaemon::start(database).await;
    let sold = [voucher("a", "119.00", "16"), voucher("b", "119.00", "19"), voucher("c", "30.03", "19")];
    let sold = json!({"voucherOrders": sold});
    daemon.deliver(order("S", sold)).await;
    let used = |id: &str, price: &str, rate: &str, code: &str| {
        let part = admission(&format!("p{id}"), price, rate);
        order(id, json!({"tickets": [part], "redeemed_vouchers": [redeemed(code, price)]}))
    };
    daemon.deliver(used("A", "119.00", "19", "a")).await;
    daemon.deliver(used("B", "119.00", "7", "b")).await;
    for id in ["C", "D", "E"] {
        daemon.deliver(used(id, "10.01", "19", "c")).await;
    }
    assert_eq!(
        daemon.balances("museum"),
        expected([
            ("assets:receivable", 26_803),
            ("income:tickets", -10_259 - 10_000 - 2524),
            ("liabilities:vat:1600", -1641),
            ("liabilities:vat:1900", -1900 - 479),
        ]),
        "the tax is what was charged when they were sold, and nothing is owed on them"
    );
    assert_eq!(
        daemon.view("v_revenue_by_event", &["vat_bp", "qty", "net_minor", "vat_minor", "gross_minor"]),
        [["1900", "4", "12783", "2120", "14903"], ["700", "1", "10000", "1900", "11900"]],
        "revenue ties to the income accounts"
    );
    assert_eq!(
        vat_by_month(&daemon),
        [["2025-11", "1600", "10259", "1641", "11900"], ["2025-11", "1900", "12524", "2379", "14903"]]
    );
    let differing = daemon.view_where("v_open_findings", &["order_id"], "WHERE reason = 'voucher_rate_differs'");
    assert_eq!(differing, [["A"], ["B"]]);
    daemon.finish().await;
});

on_both_engines!(a_cancelled_line_takes_its_share_of_a_voucher_along, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(order("S", json!({"voucherOrders": [voucher("v", "60.00", "19")]}))).await;
    let of = |second: Value| {
        let people = [participant("p1", "50.00", "19"), but(participant("p2", "50.00", "7"), second)];
        order("U", json!({"tickets": [ticket(&people)], "redeemed_vouchers": [redeemed("v", "60.00")]}))
    };
    daemon.deliver(of(json!({}))).await;
    // 30.00 on each line: 30/50 of 7.98 and of 3.27.
    assert_eq!(
        daemon.balances_of("U"),
        expected([
            ("assets:receivable", 4000),
            ("income:tickets", -4202 - 4673 + (3000 - 2521 - 196)),
            ("liabilities:vat:1900", -798 + 479),
            ("liabilities:vat:700", -327 + 196),
            ("liabilities:voucher:spv:1900", 5042),
        ])
    );
    daemon.set_clock("2025-12-20T08:00:00Z");
    daemon.deliver(of(json!({"status": "CANCELED", "cancellation_date": "2025-12-05T10:00:00Z"}))).await;
    let dates: Vec<String> = daemon.booked("U", 3);
    assert_eq!(
        dates,
        [
            "2025-12-05 reverse sale:participant:p2 (gone)",
            "2025-12-05 reverse voucher.redeem:v:2025-11-10T10:00:00Z (changed)",
            "2025-12-05 post voucher.redeem:v:2025-11-10T10:00:00Z (changed)",
        ],
        "what the redemption changes by it stands on the day of the line"
    );
    // 50.00 of it on the line that is left, 10.00 at the rate of the voucher.
    assert_eq!(
        daemon.balances_of("U"),
        expected([
            ("assets:receivable", -1000),
            ("income:tickets", -4202),
            ("liabilities:vat:1900", 160),
            ("liabilities:voucher:spv:1900", 5042),
        ])
    );
    daemon.finish().await;
});

on_both_engines!(a_taxed_flex_ticket_settles_the_tax_of_its_participant, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(order("S", json!({"flexTickets": [flex("f", "119.00", "19")]}))).await;
    let who = flex_participant("p", "107.00", "7", "f");
    let used = |fields: Value| {
        order("U", but(json!({"tickets": [ticket(&[who.clone(), participant("q", "10.00", "19")])]}), fields))
    };
    daemon.deliver(used(json!({}))).await;
    // 107.00 of the flex ticket is 89.92 net; its participant is relieved of 7.00, the rest is income.
    assert_eq!(
        daemon.balances_of("U"),
        expected([
            ("assets:receivable", 1000),
            ("income:tickets", -10_000 - 840 + (10_700 - 8992 - 700)),
            ("liabilities:flex", 8992),
            ("liabilities:vat:1900", -160),
        ])
    );
    daemon.deliver(used(json!({"status": "CANCELLED", "cancellation_date": CANCELLED}))).await;
    assert_eq!(daemon.balances_of("U"), expected([]), "a flex redemption goes with its participant");
    daemon.finish().await;
});

on_both_engines!(a_coupon_beside_a_cancelled_line, async |database| {
    let daemon = TestDaemon::start(database).await;
    let of = |second: Value, payments: Value| {
        let people = [participant("p1", "50.00", "19"), but(participant("p2", "50.00", "19"), second)];
        let coupon = json!({"id": "c", "redeemed_value": "10.00", "usage_date": "2025-11-08T10:00:00Z"});
        order("A", json!({"tickets": [ticket(&people)], "redeemed_coupons": [coupon], "payments": payments}))
    };
    daemon.deliver(of(json!({}), json!([payment("m", "90.00")]))).await;
    daemon.set_clock("2025-12-06T08:00:00Z");
    let gone = json!({"status": "CANCELED", "cancellation_date": CANCELLED});
    daemon.deliver(of(gone, json!([payment("m", "90.00"), refund("r", "-45.00")]))).await;
    assert_eq!(daemon.view("v_order_balance", &["billed_minor", "balance_minor"]), [["4500", "0"]]);
    let december = vat_by_month(&daemon).into_iter().find(|row| row[0] == "2025-12");
    assert_eq!(december, Some(row(["2025-12", "1900", "-3782", "-718", "-4500"])));
    assert_eq!(daemon.column("v_open_findings", "reason"), Vec::<String>::new());
    // A line that was called off before the coupon was used has no share.
    let before = json!({"status": "CANCELED", "cancellation_date": "2025-11-07T10:00:00Z"});
    daemon.deliver(of(before, json!([payment("m", "90.00"), refund("r", "-50.00")]))).await;
    assert_eq!(daemon.view("v_order_balance", &["billed_minor", "balance_minor"]), [["4000", "0"]]);
    daemon.finish().await;
});

on_both_engines!(a_coupon_that_finds_only_vouchers_says_so, async |database| {
    let daemon = TestDaemon::start(database).await;
    let coupon = json!({"id": "c", "redeemed_value": "10.00", "usage_date": "2025-11-08T10:00:00Z"});
    let sold = json!({"voucherOrders": [voucher("v", "50.00", "0")], "redeemed_coupons": [coupon],
        "payments": [payment("m", "40.00")]});
    daemon.deliver(order("A", sold)).await;
    let columns = ["expected_minor", "actual_minor", "evidence"];
    let found = daemon.view_where("v_open_findings", &columns, "WHERE reason = 'discount_exceeds_lines'");
    assert_eq!((&found[0][0], &found[0][1]), (&"0".to_owned(), &"1000".to_owned()));
    assert!(found[0][2].contains("never reduces vouchers"), "{found:?}");
    daemon.finish().await;
});

on_both_engines!(two_vouchers_share_what_is_left_of_the_lines_in_their_order, async |database| {
    let daemon = TestDaemon::start(database).await;
    let sold = json!({"voucherOrders": [voucher("a", "60.00", "19"), voucher("b", "60.00", "7")],
        "flexTickets": [flex("f", "5.00", "0")]});
    daemon.deliver(order("S", sold)).await;
    let used = json!({"tickets": [admission("p", "60.00", "19")], "products": [product("cup", "30.00", 1, "7")],
        "redeemed_vouchers": [redeemed("a", "60.00"), redeemed("b", "60.00")]});
    daemon.deliver(order("U", used)).await;
    // a: 40.00 and 20.00; b: 20.00 and 10.00, and 30.00 that no line takes.
    let vat_of_rest = 196;
    assert_eq!(daemon.balances_of("U")["assets:receivable"], -3000);
    assert_eq!(daemon.balances_of("U").get("liabilities:vat:700"), Some(&vat_of_rest), "both lines are relieved whole");
    assert_eq!(daemon.balances_of("U").get("liabilities:vat:1900"), None);
    assert_eq!(
        daemon.view("v_voucher_balance", &["voucher_id", "balance_minor"]),
        [["a", "0"], ["b", "0"], ["f", "500"]]
    );
    daemon.finish().await;
});
