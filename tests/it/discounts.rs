//! Coupons and the additional discount: what they reduce, how they are shared, and what happens to the rest.

use serde_json::{Value, json};

use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, expected};
use crate::support::order::{
    admission, but, coupon, flex, order, partial, participant, payment, product, ticket, voucher,
};

/// Shares of every live discount as `discount@line amount`, in the order of posting; lines are named by their own id.
fn shares(daemon: &TestDaemon, order: &str) -> Vec<String> {
    let sql = format!(
        "SELECT p.line_key || ' ' || p.amount_minor AS line FROM postings p \
         JOIN journal_entries e ON e.source = p.source AND e.entry_no = p.entry_no \
         WHERE p.order_id = '{order}' AND p.item_kind = 'discount' AND p.account_code = 'assets:receivable' \
         AND e.kind = 'post' AND NOT EXISTS (SELECT 1 FROM journal_entries r \
             WHERE r.source = e.source AND r.reverses_no = e.entry_no) ORDER BY p.entry_no, p.line_no"
    );
    let rows = daemon.lines(&sql);
    rows.iter().map(|row| row.replace("participant:", "").replace("product:", "")).collect()
}

on_both_engines!(a_discount_is_shared_over_the_lines_by_largest_remainder, async |database| {
    let daemon = TestDaemon::start(database).await;
    let lines = |prices: &[(&str, &str)]| -> Value {
        let people = (1..).zip(prices).map(|(number, (price, vat))| participant(&format!("p{number}"), price, vat));
        json!([ticket(&people.collect::<Vec<_>>())])
    };
    let cases: [(&str, Value, &[&str]); 10] = [
        (
            "two rates",
            json!({"tickets": lines(&[("30.00", "7"), ("20.00", "19")]), "redeemed_coupons": [coupon("c", "5.00")]}),
            &["coupon:c@p1 -300", "coupon:c@p2 -200"],
        ),
        (
            "three equal lines",
            json!({"tickets": lines(&[("9.99", "19"), ("9.99", "19"), ("9.99", "19")]),
                "redeemed_coupons": [coupon("c", "5.00")]}),
            &["coupon:c@p1 -167", "coupon:c@p2 -167", "coupon:c@p3 -166"],
        ),
        (
            "tickets before products, ties to the earlier line",
            json!({"products": [product("cup", "1.00", 1, "19")], "tickets": lines(&[("1.00", "19")]),
                "redeemed_coupons": [coupon("c", "0.01")]}),
            &["coupon:c@p1 -1"],
        ),
        (
            "a list that PHP made a map is read in the order of its numbers",
            json!({"tickets": {"10": admission("late", "1.00", "19"), "9": admission("early", "1.00", "19")},
                "redeemed_coupons": [coupon("c", "0.01")]}),
            &["coupon:c@early -1"],
        ),
        (
            "coupons in document order, then the additional discount",
            json!({"tickets": lines(&[("0.01", "19"), ("0.01", "19"), ("0.01", "19")]), "additional_discount": "0.01",
                "redeemed_coupons": [coupon("z", "0.01"), coupon("a", "0.01")]}),
            &["coupon:a@p2 -1", "coupon:z@p1 -1", "discount:additional@p3 -1"],
        ),
        (
            "what a line cannot take goes to the others",
            json!({"tickets": lines(&[("0.01", "19"), ("10.00", "19")]),
                "redeemed_coupons": [coupon("c", "9.99"), coupon("d", "0.02")]}),
            &["coupon:c@p1 -1", "coupon:c@p2 -998", "coupon:d@p2 -2"],
        ),
        (
            "more than there is",
            json!({"tickets": lines(&[("10.00", "19")]),
                "redeemed_coupons": [coupon("c", "8.00"), coupon("d", "8.00")]}),
            &["coupon:c@p1 -800", "coupon:d@p1 -200"],
        ),
        (
            "a negative one counts as its absolute value",
            json!({"tickets": lines(&[("10.00", "19")]), "additional_discount": "-1.00",
                "redeemed_coupons": [coupon("c", "-2.00")]}),
            &["coupon:c@p1 -200", "discount:additional@p1 -100"],
        ),
        (
            "neither stored value nor another currency is reduced",
            json!({"tickets": [ticket(&[but(participant("p1", "10.00", "19"), json!({"currency": "CHF"})),
                    participant("p2", "1.00", "19")])],
                "flexTickets": [flex("f", "50.00", "19")], "voucherOrders": [voucher("v", "50.00", "0")],
                "redeemed_coupons": [coupon("c", "0.50")]}),
            &["coupon:c@p2 -50"],
        ),
        (
            "what is free or negative takes nothing, and the share of what is cancelled stays with it",
            json!({"tickets": [ticket(&[but(participant("p1", "10.00", "19"), json!({"status": "CANCELED"})),
                    participant("p2", "0.00", "19"), participant("p3", "-5.00", "19"),
                    participant("p4", "5.00", "19")])],
                "redeemed_coupons": [coupon("c", "1.00")]}),
            &["coupon:c@p4 -33"],
        ),
    ];
    for (id, (_, fields, _)) in (0..).zip(&cases) {
        daemon.accepted("museum", order(&format!("O{id}"), fields.clone())).await;
    }
    daemon.settle().await;
    for (id, (case, _, expected)) in (0..).zip(&cases) {
        assert_eq!(shares(&daemon, &format!("O{id}")), *expected, "{case}");
    }
    let reasons = ["discount_exceeds_lines", "negative_discount"];
    let mut findings = daemon.view("v_open_findings", &["reason", "order_id", "difference_minor"]);
    findings.retain(|row| reasons.contains(&row[0].as_str()));
    assert_eq!(
        findings,
        [["discount_exceeds_lines", "O6", "600"], ["negative_discount", "O7", "-"], ["negative_discount", "O7", "-"]],
        "one for each discount"
    );
    daemon.finish().await;
});

on_both_engines!(a_discount_relieves_the_vat_of_each_line_by_itself, async |database| {
    let daemon = TestDaemon::start(database).await;
    let two_rates = json!([ticket(&[participant("p1", "30.00", "7"), participant("p2", "20.00", "19")])]);
    let equal = ["p1", "p2", "p3"].map(|id| participant(id, "9.99", "19"));
    let half_known = json!([ticket(&[participant("p1", "5.00", ""), participant("p2", "5.00", "19")])]);
    let of = |id: &str, tickets: Value, value: &str| {
        order(id, json!({"tickets": tickets, "redeemed_coupons": [coupon("c", value)]}))
    };
    daemon.deliver(of("A", two_rates, "5.00")).await;
    daemon.deliver(of("B", json!([ticket(&equal)]), "5.00")).await;
    daemon.deliver(of("C", half_known, "1.00")).await;
    assert_eq!(
        daemon.balances_of("A"),
        expected([
            ("assets:receivable", 4500),
            ("income:discount", 280 + 168),
            ("income:tickets", -2804 - 1681),
            ("liabilities:vat:700", -196 + 20),
            ("liabilities:vat:1900", -319 + 32),
        ])
    );
    assert_eq!(
        daemon.balances_of("B"),
        expected([
            ("assets:receivable", 2497),
            ("income:discount", 500 - 81),
            ("income:tickets", -2517),
            ("liabilities:vat:1900", -480 + 81),
        ])
    );
    assert_eq!(
        daemon.balances_of("C"),
        expected([
            ("assets:receivable", 900),
            ("income:discount", 42),
            ("income:tickets", -420),
            ("liabilities:vat:1900", -80 + 8),
            ("suspense:vat_undetermined", -500 + 50),
        ])
    );
    let rows = daemon.view("v_revenue_by_event", &["event_id", "vat_bp", "qty", "gross_minor"]);
    assert_eq!(
        rows,
        [["E1", "-", "1", "450"], ["E1", "1900", "5", "4747"], ["E1", "700", "1", "2700"]],
        "a discount follows its line and counts nobody"
    );
    let rows = daemon.view("v_vat_by_rate", &["vat_bp", "net_minor", "vat_minor", "gross_minor"]);
    assert_eq!(rows, [["-", "450", "0", "450"], ["1900", "3989", "758", "4747"], ["700", "2524", "176", "2700"]]);
    daemon.finish().await;
});

on_both_engines!(the_share_of_a_coupon_goes_with_its_line, async |database| {
    let daemon = TestDaemon::start(database).await;
    let of = |first: &str, second: &str| {
        let part = |id, status: &str| but(participant(id, "10.00", "19"), json!({"status": status}));
        partial(
            "A",
            json!({"tickets": [ticket(&[part("p1", first), part("p2", second)])],
                "redeemed_coupons": [coupon("c", "3.00")]}),
        )
    };
    daemon.deliver(of("ACCEPTED", "ACCEPTED")).await;
    assert_eq!(shares(&daemon, "A"), ["coupon:c@p1 -150", "coupon:c@p2 -150"]);
    daemon.set_clock("2025-12-01T08:00:00Z");
    daemon.deliver(of("CANCELED", "ACCEPTED")).await;
    assert_eq!(shares(&daemon, "A"), ["coupon:c@p2 -150"], "the other line keeps its own");
    daemon.deliver(of("CANCELED", "CANCELED")).await;
    assert_eq!(shares(&daemon, "A"), Vec::<String>::new());
    assert_eq!(daemon.balances_of("A"), expected([]));
    let findings = daemon.view("v_open_findings", &["reason", "expected_minor", "actual_minor", "difference_minor"]);
    assert!(findings.iter().all(|row| row[0] != "discount_exceeds_lines"), "{findings:?}");
    daemon.finish().await;
});

on_both_engines!(lines_that_only_move_about_leave_their_discount_alone, async |database| {
    let daemon = TestDaemon::start(database).await;
    let tickets = [admission("p1", "10.00", "19"), admission("p2", "20.00", "7")];
    let products = [product("cup", "3.00", 1, "19"), product("cup", "5.00", 1, "19"), product("bag", "2.00", 1, "")];
    let of = |tickets: &[Value], products: &[Value]| {
        order("A", json!({"tickets": tickets, "products": products, "redeemed_coupons": [coupon("c", "4.00")]}))
    };
    daemon.deliver(of(&tickets, &products)).await;
    let entries = daemon.entries("museum");
    let backwards = |lines: &[Value]| lines.iter().rev().cloned().collect::<Vec<_>>();
    daemon.deliver(of(&backwards(&tickets), &backwards(&products))).await;
    assert_eq!(daemon.booked("A", entries), Vec::<String>::new());
    daemon.finish().await;
});

on_both_engines!(the_additional_discount_takes_the_order_date_and_its_change_the_receipt, async |database| {
    let daemon = TestDaemon::start(database).await;
    let of = |id: &str, discount: &str| {
        order(
            id,
            json!({"tickets": [admission(&format!("p{id}"), "10.00", "19")], "additional_discount": discount,
            "payments": [payment(&format!("m{id}"), "9.00")]}),
        )
    };
    daemon.deliver(of("A", "1.00")).await;
    daemon.deliver(of("B", "")).await;
    assert!(daemon.booked("A", 0).contains(&"2025-11-08 post discount:additional@participant:pA (new)".to_owned()));
    daemon.set_clock("2025-12-01T08:00:00Z");
    daemon.deliver(of("A", "2.00")).await;
    daemon.deliver(of("B", "1.00")).await;
    assert_eq!(
        daemon.booked("A", 3),
        [
            "2025-12-01 reverse discount:additional@participant:pA (changed)",
            "2025-12-01 post discount:additional@participant:pA (changed)"
        ]
    );
    assert_eq!(daemon.booked("B", 2), ["2025-12-01 post discount:additional@participant:pB (new)"]);
    let rows = daemon.view("v_order_balance", &["order_id", "billed_minor", "settled_minor", "balance_minor"]);
    assert_eq!(rows, [["A", "800", "900", "-100"], ["B", "900", "900", "0"]]);
    daemon.finish().await;
});
