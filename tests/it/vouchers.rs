//! Vouchers and flex tickets: sold, issued as a refund, redeemed, and taxed exactly once over their life.

use serde_json::{Value, json};

use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, expected, row};
use crate::support::order::{
    admission, but, flex, flex_participant, order, partial, participant, payment, product, redeemed, refund_voucher,
    ticket, voucher,
};

const VOUCHERS: [&str; 5] = ["voucher_id", "kind", "issued_minor", "redeemed_minor", "balance_minor"];
const ORDERS: [&str; 5] = ["order_id", "status", "billed_minor", "settled_minor", "balance_minor"];
const VAT: [&str; 4] = ["vat_bp", "net_minor", "vat_minor", "gross_minor"];

/// An order that redeems `value` of voucher `id` on a ticket at 19 %.
fn redeeming(order_id: &str, id: &str, value: &str) -> String {
    let sold = admission(&format!("p{order_id}"), value, "19");
    order(order_id, json!({"tickets": [sold], "redeemed_vouchers": [redeemed(id, value)]}))
}

/// An order whose ticket at 19 % is paid by flex ticket `id`.
fn admitted(order_id: &str, id: &str, value: &str) -> String {
    let who = flex_participant(&format!("p{order_id}"), value, "19", id);
    order(order_id, json!({"tickets": [ticket(&[who])]}))
}

on_both_engines!(a_voucher_or_flex_ticket_is_taxed_exactly_once_over_its_life, async |database| {
    let daemon = TestDaemon::start(database).await;
    let sales = json!({
        "voucherOrders": [voucher("mpv", "119.00", "0.00"), voucher("spv", "119.00", "19")],
        "flexTickets": [flex("prepaid", "119.00", ""), flex("taxed", "119.00", "19")],
        "payments": [payment("m1", "476.00")],
    });
    daemon.deliver(order("S", sales)).await;
    assert_eq!(
        daemon.balances("museum"),
        expected([
            ("assets:clearing:Card", 47_600),
            ("liabilities:flex", -11_900 - 10_000),
            ("liabilities:vat:1900", -3800),
            ("liabilities:voucher:mpv", -11_900),
            ("liabilities:voucher:spv:1900", -10_000),
        ])
    );
    assert_eq!(
        daemon.view("v_vat_by_rate", &VAT),
        [["1900", "20000", "3800", "23800"]],
        "only what is taxed when sold"
    );
    assert_eq!(
        daemon.view("v_voucher_balance", &VOUCHERS),
        [
            ["mpv", "mpv", "11900", "0", "11900"],
            ["prepaid", "flex", "11900", "0", "11900"],
            ["spv", "spv", "10000", "0", "10000"],
            ["taxed", "flex", "10000", "0", "10000"]
        ]
    );
    assert_eq!(daemon.column("v_revenue_by_event", "qty"), Vec::<String>::new(), "a promise is no revenue yet");
    daemon.deliver(redeeming("A", "mpv", "119.00")).await;
    daemon.deliver(redeeming("B", "spv", "119.00")).await;
    daemon.deliver(admitted("C", "prepaid", "119.00")).await;
    daemon.deliver(admitted("D", "taxed", "119.00")).await;
    assert_eq!(
        daemon.balances("museum"),
        expected([("assets:clearing:Card", 47_600), ("income:tickets", -40_000), ("liabilities:vat:1900", -7600)])
    );
    assert_eq!(daemon.view("v_vat_by_rate", &VAT), [["1900", "40000", "7600", "47600"]]);
    let rows = daemon.view("v_revenue_by_event", &["event_id", "vat_bp", "qty", "net_minor", "vat_minor"]);
    assert_eq!(rows, [["E1", "1900", "4", "40000", "7600"]]);
    assert_eq!(
        daemon.view("v_voucher_balance", &VOUCHERS),
        [
            ["mpv", "mpv", "11900", "11900", "0"],
            ["prepaid", "flex", "11900", "11900", "0"],
            ["spv", "spv", "10000", "10000", "0"],
            ["taxed", "flex", "10000", "10000", "0"]
        ]
    );
    let settled = ["A", "B", "C", "D"].map(|id| [id, "accepted", "11900", "11900", "0"]);
    assert_eq!(
        daemon.view("v_order_balance", &ORDERS),
        [&settled[..], &[["S", "accepted", "47600", "47600", "0"]]].concat()
    );
    assert_eq!(daemon.column("v_payments_by_method", "payment_method"), ["Card"], "a redemption is no method");
    daemon.finish().await;
});

on_both_engines!(a_redemption_relieves_the_tax_of_what_it_pays_for_and_the_last_one_takes_the_rest, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(order("S", json!({"voucherOrders": [voucher("v", "10.00", "7")]}))).await;
    for id in ["A", "B", "C"] {
        daemon.deliver(redeeming(id, "v", "3.33")).await;
    }
    let of_one = expected([("income:tickets", -311), ("liabilities:voucher:spv:700", 311)]);
    assert_eq!(daemon.balances_of("A"), of_one, "3.33 at 19 % is relieved whole, what is left of it is income");
    assert_eq!(daemon.view("v_voucher_balance", &VOUCHERS), [["v", "spv", "935", "933", "2"]], "0.01 is not used");
    daemon.deliver(redeeming("D", "v", "0.01")).await;
    assert_eq!(daemon.view("v_voucher_balance", &VOUCHERS), [["v", "spv", "935", "935", "0"]]);
    assert_eq!(
        daemon.balances("museum"),
        expected([("assets:receivable", 1000), ("income:tickets", -935), ("liabilities:vat:700", -65)]),
        "the tax is what was charged when it was sold"
    );
    daemon.finish().await;
});

on_both_engines!(one_voucher_twice_at_one_time_is_two_redemptions, async |database| {
    let daemon = TestDaemon::start(database).await;
    let twice = |values: &[&str]| {
        let redeemed: Vec<Value> = values.iter().map(|value| redeemed("v", value)).collect();
        order("A", json!({"tickets": [admission("p1", "10.00", "19")], "redeemed_vouchers": redeemed}))
    };
    daemon.deliver(twice(&["4.00", "4.00"])).await;
    let key = "voucher.redeem:v:2025-11-10T10:00:00Z";
    assert_eq!(
        daemon.booked("A", 1),
        [format!("2025-11-10 post {key} (new)"), format!("2025-11-10 post {key}#2 (new)")]
    );
    assert_eq!(daemon.view("v_order_balance", &ORDERS), [["A", "accepted", "1000", "800", "200"]]);
    assert_eq!(
        daemon.view("v_voucher_balance", &VOUCHERS),
        [["v", "mpv", "0", "800", "-800"]],
        "nobody said who issued it"
    );
    daemon.deliver(twice(&["4.00"])).await;
    assert_eq!(daemon.booked("A", 3), [format!("2025-11-11 reverse {key}#2 (gone)")]);
    daemon.deliver(twice(&["3.00", "5.00"])).await;
    let entries = daemon.entries("museum");
    daemon.deliver(twice(&["5.00", "3.00"])).await;
    assert_eq!(daemon.entries("museum"), entries, "their place in the document does not matter");
    daemon.finish().await;
});

on_both_engines!(what_is_redeemed_before_its_sale_is_known_is_settled_again, async |database| {
    let daemon = TestDaemon::start(database).await;
    let sale = |id: &str| {
        order(
            &format!("S{id}"),
            json!({"voucherOrders": [voucher(&format!("v{id}"), "119.00", "19")],
                "flexTickets": [flex(&format!("f{id}"), "119.00", "19")]}),
        )
    };
    let used = |id: &str| {
        let both = json!({
            "tickets": [ticket(&[flex_participant(&format!("p{id}"), "119.00", "19", &format!("f{id}"))])],
            "products": [product("cup", "119.00", 1, "19")],
            "redeemed_vouchers": [redeemed(&format!("v{id}"), "119.00")],
        });
        order(&format!("R{id}"), both)
    };
    daemon.deliver(sale("1")).await;
    daemon.deliver(used("1")).await;
    daemon.deliver(used("2")).await;
    assert_eq!(
        daemon.view("v_voucher_balance", &VOUCHERS)[1],
        ["f2", "flex", "0", "11900", "-11900"],
        "prepaid while unknown"
    );
    daemon.set_clock("2025-12-01T08:00:00Z");
    let learned = daemon.deliver(sale("2")).await;
    let flex_key = "flex.redeem:f2:pR2".replace("pR2", "p2");
    assert_eq!(
        daemon.booked("R2", 4),
        [
            format!("2025-12-01 reverse {flex_key} (changed)"),
            "2025-12-01 reverse voucher.redeem:v2:2025-11-10T10:00:00Z (changed)".to_owned(),
            format!("2025-12-01 post {flex_key} (changed)"),
            "2025-12-01 post voucher.redeem:v2:2025-11-10T10:00:00Z (changed)".to_owned(),
        ]
    );
    let cause =
        "SELECT DISTINCT CAST(inbox_event_id AS TEXT) AS line FROM v_gl WHERE order_id = 'R2' AND period = '2025-12'";
    assert_eq!(daemon.lines(cause), [learned.to_string()], "traced to the webhook that brought the news");
    for (first, second) in [("R1", "R2"), ("S1", "S2")] {
        assert_eq!(daemon.balances_of(first), daemon.balances_of(second));
    }
    assert_eq!(
        daemon.view("v_voucher_balance", &VOUCHERS),
        [
            ["f1", "flex", "10000", "10000", "0"],
            ["f2", "flex", "10000", "10000", "0"],
            ["v1", "spv", "10000", "10000", "0"],
            ["v2", "spv", "10000", "10000", "0"]
        ]
    );
    let entries = daemon.entries("museum");
    daemon.deliver(sale("2")).await;
    daemon.deliver(used("2")).await;
    assert_eq!(daemon.entries("museum"), entries, "no news, no entry");
    daemon.finish().await;
});

on_both_engines!(the_regime_follows_the_selling_order_also_when_it_changes_or_takes_the_sale_back, async |database| {
    let daemon = TestDaemon::start(database).await;
    let regimes = || daemon.view("v_voucher_balance", &VOUCHERS);
    let sale = |rate: &str| order("S", json!({"voucherOrders": [voucher("v", "119.00", rate)]}));
    daemon.deliver(redeeming("R", "v", "119.00")).await;
    let unknown = daemon.balances_of("R");
    assert_eq!(regimes(), [["v", "mpv", "0", "11900", "-11900"]]);
    daemon.deliver(sale("19")).await;
    assert_eq!(regimes(), [["v", "spv", "10000", "10000", "0"]]);
    let entries = daemon.entries("museum");
    for rate in ["7", "0"] {
        daemon.deliver(sale(rate)).await;
        assert_eq!(regimes(), [["v", "spv", "10000", "10000", "0"]], "it was used as it was said first");
        assert_eq!(daemon.entries("museum"), entries, "nothing is posted again");
        let rows = daemon.view("v_open_findings", &["order_id", "reason"]);
        assert!(rows.contains(&row(["S", "voucher_regime_conflict"])), "{rows:?}");
    }
    daemon.deliver(partial("S", json!({"status": "CANCELLED"}))).await;
    assert_eq!(regimes(), [["v", "spv", "10000", "10000", "0"]], "what was used stays sold");
    daemon.deliver(sale("19")).await;
    let rows = daemon.column("v_open_findings", "reason");
    assert!(!rows.contains(&"voucher_regime_conflict".to_owned()), "{rows:?}");
    daemon.deliver(order("S", json!({}))).await;
    assert_eq!(regimes(), [["v", "mpv", "0", "11900", "-11900"]], "nobody says any more how it was sold");
    assert_eq!(daemon.balances_of("R"), unknown);
    assert_eq!(daemon.balances_of("S"), expected([]));
    daemon.finish().await;
});

on_both_engines!(an_order_that_redeems_its_own_voucher_knows_its_regime, async |database| {
    let daemon = TestDaemon::start(database).await;
    let own = json!({"voucherOrders": [voucher("v", "119.00", "19")], "redeemed_vouchers": [redeemed("v", "119.00")],
        "tickets": [admission("p1", "119.00", "19")]});
    daemon.deliver(order("A", own.clone())).await;
    assert_eq!(daemon.view("v_voucher_balance", &VOUCHERS), [["v", "spv", "10000", "10000", "0"]]);
    assert_eq!(daemon.view("v_vat_by_rate", &VAT), [["1900", "10000", "1900", "11900"]]);
    daemon.deliver(order("A", but(own, json!({"voucherOrders": []})))).await;
    assert_eq!(daemon.view("v_voucher_balance", &VOUCHERS), [["v", "mpv", "0", "11900", "-11900"]]);
    daemon.finish().await;
});

on_both_engines!(
    a_voucher_sold_by_two_orders_is_posted_in_both_and_taxed_as_the_one_says_that_still_sells_it,
    async |database| {
        let daemon = TestDaemon::start(database).await;
        let sale = |id: &str, rate: &str| order(id, json!({"voucherOrders": [voucher("v", "119.00", rate)]}));
        let kind = || daemon.view("v_voucher_balance", &["kind", "issued_minor", "redeemed_minor"]);
        daemon.deliver(redeeming("R", "v", "119.00")).await;
        daemon.deliver(sale("S2", "19")).await;
        daemon.deliver(sale("S1", "0")).await;
        assert_eq!(kind(), [["mpv", "21900", "11900"]], "the first by its id decides, whichever came first");
        daemon.deliver(order("S1", json!({}))).await;
        assert_eq!(kind(), [["spv", "10000", "10000"]], "then the other one decides");
        daemon.finish().await;
    }
);

on_both_engines!(a_flex_redemption_ends_with_its_participant, async |database| {
    let daemon = TestDaemon::start(database).await;
    let of = |fields: Value| {
        let who = but(flex_participant("p1", "10.00", "19", "f"), fields);
        order("A", json!({"tickets": [ticket(&[who])], "flexTickets": [flex("f", "50.00", "0")]}))
    };
    daemon.deliver(of(json!({}))).await;
    assert_eq!(daemon.view("v_voucher_balance", &VOUCHERS), [["f", "flex", "5000", "1000", "4000"]]);
    daemon.set_clock("2025-12-03T08:00:00Z");
    daemon.deliver(of(json!({"status": "CANCELED", "cancellation_date": "2025-12-02T10:00:00Z"}))).await;
    assert_eq!(
        daemon.booked("A", 3),
        ["2025-12-02 reverse flex.redeem:f:p1 (gone)", "2025-12-02 reverse sale:participant:p1 (gone)",]
    );
    assert_eq!(daemon.view("v_voucher_balance", &VOUCHERS), [["f", "flex", "5000", "0", "5000"]]);
    assert_eq!(daemon.view("v_order_balance", &ORDERS), [["A", "accepted", "5000", "0", "5000"]]);
    daemon.finish().await;
});

on_both_engines!(a_cancelled_sale_leaves_nothing_issued, async |database| {
    let daemon = TestDaemon::start(database).await;
    let of = |status: &str, part: &str| {
        order(
            "A",
            json!({"status": status, "cancellation_date": "2025-11-11T09:00:00Z",
            "flexTickets": [but(flex("f", "50.00", "19"), json!({"status": part}))],
            "voucherOrders": [but(voucher("v", "50.00", "0"), json!({"status": part}))]}),
        )
    };
    let issued = || daemon.view("v_voucher_balance", &["voucher_id", "kind", "issued_minor", "balance_minor"]);
    for (status, part) in [("ACCEPTED", "CANCELED"), ("CANCELLED", "ACCEPTED"), ("PENDING", ""), ("DECLINED", "")] {
        daemon.deliver(of("ACCEPTED", "")).await;
        assert_eq!(issued(), [["f", "flex", "4202", "4202"], ["v", "mpv", "5000", "5000"]]);
        daemon.deliver(of(status, part)).await;
        assert_eq!(issued(), [["f", "flex", "0", "0"], ["v", "mpv", "0", "0"]], "{status} {part}");
    }
    daemon.finish().await;
});

on_both_engines!(a_flex_ticket_without_limit_or_a_failed_one_is_told_apart, async |database| {
    let daemon = TestDaemon::start(database).await;
    let unlimited = but(flex("f1", "50.00", "0"), json!({"unlimited_redemptions": 1}));
    let failed = but(flex("f2", "50.00", "0"), json!({"status": "FAILURE"}));
    daemon.deliver(order("A", json!({"flexTickets": [unlimited, failed]}))).await;
    assert_eq!(daemon.view("v_voucher_balance", &VOUCHERS), [["f1", "flex", "5000", "0", "5000"]]);
    assert!(daemon.column("v_open_findings", "reason").contains(&"flex_unlimited".to_owned()));
    daemon.finish().await;
});

on_both_engines!(a_voucher_in_another_currency_has_its_own_entry, async |database| {
    let daemon = TestDaemon::start(database).await;
    let foreign = json!({"voucher": [{"id": "v", "value": "20.00", "currency": "CHF"}]});
    daemon
        .deliver(order(
            "A",
            json!({"voucherOrders": [but(voucher("v", "0", "8.1"), foreign)],
        "tickets": [admission("p1", "10.00", "19")]}),
        ))
        .await;
    let rows = daemon.view("v_order_balance", &["currency", "billed_minor", "balance_minor"]);
    assert_eq!(rows, [["CHF", "2000", "2000"], ["EUR", "1000", "1000"]]);
    let rows = daemon.view("v_voucher_balance", &["voucher_id", "kind", "currency", "balance_minor"]);
    assert_eq!(rows, [["v", "spv", "CHF", "1850"]]);
    assert!(daemon.column("v_open_findings", "reason").contains(&"currency_mixed".to_owned()));
    daemon.finish().await;
});

on_both_engines!(a_refund_voucher_is_owed_to_the_one_order_that_it_names, async |database| {
    let daemon = TestDaemon::start(database).await;
    let issue = |id: &str, orders: &[&str], fields: Value| {
        order(id, json!({"voucherOrders": [but(refund_voucher(&format!("v{id}"), "20.00", orders), fields)]}))
    };
    daemon.deliver(issue("A", &["X"], json!({"vat": "19"}))).await;
    daemon.deliver(issue("B", &["X", "Y"], json!({}))).await;
    daemon.deliver(issue("C", &["C"], json!({}))).await;
    daemon.deliver(issue("D", &["X", "X"], json!({}))).await;
    assert_eq!(
        daemon.view("v_order_balance", &["order_id", "order_code", "status", "settled_minor", "balance_minor"]),
        [
            ["A", "CODE-A", "accepted", "0", "0"],
            ["B", "CODE-B", "accepted", "0", "0"],
            ["C", "CODE-C", "accepted", "-2000", "2000"],
            ["D", "CODE-D", "accepted", "0", "0"],
            ["X", "CODE-X", "-", "-4000", "4000"],
            ["Y", "CODE-Y", "-", "0", "0"],
        ]
    );
    assert_eq!(
        daemon.balances("museum"),
        expected([
            ("assets:receivable", 6000),
            ("assets:voucher_refund_unallocated", 2000),
            ("liabilities:vat:1900", -319),
            ("liabilities:voucher:mpv", -6000),
            ("liabilities:voucher:spv:1900", -1681),
        ]),
        "one with a rate is taxed when it is issued"
    );
    let rows = daemon.view("v_open_findings", &["order_id", "reason", "difference_minor"]);
    assert!(rows.contains(&row(["B", "refund_voucher_unallocated", "2000"])), "{rows:?}");
    daemon.deliver(partial("X", json!({"code": "REAL", "payments": [payment("m1", "40.00")]}))).await;
    let rows = daemon.view("v_order_balance", &["order_id", "order_code", "status", "balance_minor"]);
    assert!(rows.contains(&row(["X", "REAL", "accepted", "0"])), "{rows:?}");
    daemon.finish().await;
});

on_both_engines!(a_refund_voucher_lives_and_dies_with_its_entry_and_not_with_its_order, async |database| {
    let daemon = TestDaemon::start(database).await;
    let of = |status: &str, vouchers: Value| {
        order(
            "A",
            json!({"status": status, "cancellation_date": "2025-11-09T09:00:00Z", "voucherOrders": vouchers,
            "tickets": [admission("p1", "20.00", "19")], "payments": [payment("m1", "20.00")]}),
        )
    };
    let issued = json!([refund_voucher("v", "20.00", &["A"])]);
    daemon.deliver(of("ACCEPTED", json!([]))).await;
    daemon.deliver(of("CANCELLED", issued.clone())).await;
    assert_eq!(
        daemon.booked("A", 2),
        ["2025-11-09 reverse sale:participant:p1 (gone)", "2025-11-11 post voucher.issue:v (new)"]
    );
    let settled = expected([("assets:clearing:Card", 2000), ("liabilities:voucher:mpv", -2000)]);
    assert_eq!(daemon.balances_of("A"), settled);
    assert_eq!(daemon.view("v_order_balance", &ORDERS), [["A", "cancelled", "0", "0", "0"]]);
    daemon.deliver(of("DECLINED", issued.clone())).await;
    assert_eq!(daemon.balances_of("A"), settled);
    for status in ["PENDING", "OPEN"] {
        daemon.deliver(of(status, issued.clone())).await;
        let waiting = expected([("assets:clearing:Card", 2000), ("assets:receivable", -2000)]);
        assert_eq!(daemon.balances_of("A"), waiting, "{status}");
        daemon.deliver(of("CANCELLED", issued.clone())).await;
        assert_eq!(daemon.balances_of("A"), settled);
    }
    let entries = daemon.booked("A", 0).len();
    daemon.set_clock("2025-12-01T08:00:00Z");
    daemon.deliver(of("CANCELLED", json!([]))).await;
    assert_eq!(
        daemon.booked("A", entries),
        ["2025-12-01 reverse voucher.issue:v (gone)"],
        "the cancellation of the order was another day's"
    );
    daemon.finish().await;
});

on_both_engines!(a_redeemed_voucher_stays_used_when_its_order_is_cancelled, async |database| {
    let daemon = TestDaemon::start(database).await;
    let of = |status: &str, redeemed: Value| {
        partial(
            "A",
            json!({"status": status, "tickets": [ticket(&[participant("p1", "10.00", "19")])],
            "redeemed_vouchers": redeemed}),
        )
    };
    let used = || json!([redeemed("v", "10.00")]);
    let worth = || daemon.view("v_voucher_balance", &VOUCHERS);
    for status in ["DECLINED", "PENDING", "OPEN"] {
        daemon.deliver(of("ACCEPTED", used())).await;
        assert_eq!(worth(), [["v", "mpv", "0", "1000", "-1000"]]);
        daemon.deliver(of(status, used())).await;
        assert_eq!(worth(), [["v", "mpv", "0", "0", "0"]], "{status}");
        assert_eq!(daemon.balances_of("A"), expected([]), "{status}");
    }
    daemon.deliver(of("CANCELLED", used())).await;
    assert_eq!(worth(), [["v", "mpv", "0", "1000", "-1000"]]);
    assert_eq!(
        daemon.balances_of("A"),
        expected([("assets:receivable", -1000), ("liabilities:voucher:mpv", 1000)]),
        "bookingkit gives a new voucher for an order that a voucher paid; the old one stays used"
    );
    let booked = daemon.booked("A", 0).len();
    daemon.set_clock("2025-12-01T08:00:00Z");
    daemon.deliver(of("CANCELLED", json!([]))).await;
    let gone = "2025-12-01 reverse voucher.redeem:v:2025-11-10T10:00:00Z (gone)";
    assert_eq!(daemon.booked("A", booked), [gone], "dated when it was no longer said");
    daemon.finish().await;
});
