//! Which delivery counts, section by section; the life of an order; and the dates that follow from both.

use serde_json::{Value, json};

use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, expected, row};
use crate::support::order::{
    SECTIONS, admission, but, coupon, flex, flex_participant, order, partial, participant, payment, product, redeemed,
    ticket, voucher,
};

/// Something in every section, each of which posts.
fn everything() -> Value {
    json!({
        "tickets": [ticket(&[participant("p1", "30.00", "19"), flex_participant("p2", "10.00", "19", "g")])],
        "products": [product("cup", "3.00", 2, "7")],
        "flexTickets": [flex("f", "50.00", "19")],
        "voucherOrders": [voucher("v", "25.00", "0")],
        "redeemed_vouchers": [redeemed("w", "15.00")],
        "redeemed_coupons": [coupon("c", "4.00")],
        "payments": [payment("m1", "97.00"), payment("m2", "-1.00")],
    })
}

on_both_engines!(a_section_that_is_not_said_stays_and_an_empty_one_is_reversed_at_receipt, async |database| {
    let daemon = TestDaemon::start(database).await;
    let blanks = [json!([]), json!({}), json!("")];
    for section in SECTIONS {
        daemon.accepted("museum", order(&format!("{section}-never"), but(everything(), json!({section: []})))).await;
        for id in [format!("{section}-0"), format!("{section}-1"), format!("{section}-2")] {
            daemon.accepted("museum", order(&id, everything())).await;
        }
    }
    daemon.settle().await;
    let before = daemon.entries("museum");
    daemon.set_clock("2025-12-01T08:00:00Z");
    for section in SECTIONS {
        daemon.accepted("museum", partial(&format!("{section}-0"), json!({}))).await;
        let nulls: serde_json::Map<String, Value> =
            SECTIONS.map(|name| (name.to_owned(), Value::Null)).into_iter().collect();
        daemon.accepted("museum", partial(&format!("{section}-1"), Value::Object(nulls))).await;
    }
    daemon.settle().await;
    assert_eq!(daemon.entries("museum"), before, "nothing is said, so nothing changes");
    for section in SECTIONS {
        for (number, blank) in blanks.iter().enumerate() {
            daemon.accepted("museum", partial(&format!("{section}-{number}"), json!({section: blank}))).await;
        }
    }
    daemon.settle().await;
    for section in SECTIONS {
        let never = daemon.balances_of(&format!("{section}-never"));
        for (number, blank) in blanks.iter().enumerate() {
            let id = format!("{section}-{number}");
            assert_eq!(daemon.balances_of(&id), never, "{section} {blank}");
            let posted_at_first = daemon.booked(&id, 0).iter().filter(|entry| !entry.starts_with("2025-12")).count();
            let later = daemon.booked(&id, posted_at_first);
            assert!(later.iter().all(|entry| entry.starts_with("2025-12-01 ")), "{section} {blank}: {later:?}");
            assert!(later.iter().any(|entry| entry.ends_with("(gone)")), "{section} {blank}: {later:?}");
        }
    }
    daemon.finish().await;
});

on_both_engines!(an_order_posts_its_payments_always_and_its_items_while_it_is_accepted, async |database| {
    let daemon = TestDaemon::start(database).await;
    let of = |status: &str| {
        order(
            "A",
            json!({"status": status, "cancellation_date": "2025-11-20T12:00:00Z",
            "tickets": [admission("p1", "10.00", "19")], "products": [product("cup", "3.00", 1, "19")],
            "redeemed_coupons": [coupon("c", "1.00")], "payments": [payment("m1", "12.00")]}),
        )
    };
    let paid = expected([("assets:clearing:Card", 1200), ("assets:receivable", -1200)]);
    daemon.deliver(of("PENDING")).await;
    assert_eq!(daemon.booked("A", 0), ["2025-11-08 post payment:m1 (new)"]);
    daemon.set_clock("2025-11-15T08:00:00Z");
    daemon.deliver(of("accepted")).await;
    assert_eq!(
        daemon.booked("A", 1),
        [
            "2025-11-08 post coupon:c@participant:p1 (new)",
            "2025-11-08 post coupon:c@product:cup:1 (new)",
            "2025-11-15 post sale:participant:p1 (new)",
            "2025-11-15 post sale:product:cup:1 (new)",
        ],
        "sold when it was accepted"
    );
    daemon.set_clock("2025-11-25T08:00:00Z");
    daemon.deliver(of("CANCELLED")).await;
    assert_eq!(
        daemon.booked("A", 5),
        [
            "2025-11-20 reverse coupon:c@participant:p1 (gone)",
            "2025-11-20 reverse coupon:c@product:cup:1 (gone)",
            "2025-11-20 reverse sale:participant:p1 (gone)",
            "2025-11-20 reverse sale:product:cup:1 (gone)",
        ]
    );
    assert_eq!(daemon.balances_of("A"), paid);
    daemon.set_clock("2025-12-01T08:00:00Z");
    daemon.deliver(of("ACCEPTED")).await;
    assert!(
        daemon.booked("A", 9).iter().all(|entry| entry.starts_with("2025-12-01 post ")),
        "posted before, so at receipt"
    );
    for status in ["DECLINED", "OPEN", "Canceled"] {
        daemon.deliver(of("ACCEPTED")).await;
        daemon.deliver(of(status)).await;
        assert_eq!(daemon.balances_of("A"), paid, "{status}");
    }
    let rows = daemon.view("v_order_balance", &["status", "billed_minor", "settled_minor", "balance_minor"]);
    assert_eq!(rows, [["cancelled", "0", "1200", "-1200"]]);
    daemon.finish().await;
});

on_both_engines!(a_cancellation_takes_the_nearest_date_that_is_said, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.set_clock("2025-11-25T08:00:00Z");
    let (participants, tickets, orders) = ("2025-11-21T12:00:00Z", "2025-11-22T12:00:00Z", "2025-11-23T12:00:00Z");
    // Order, ticket, participant: status and date of each; then the day of the reversal.
    let cases = [
        (("ACCEPTED", ""), ("ACCEPTED", ""), ("CANCELED", participants), "2025-11-21"),
        (("ACCEPTED", orders), ("CANCELED", tickets), ("CANCELED", participants), "2025-11-21"),
        (("ACCEPTED", ""), ("CANCELED", tickets), ("CANCELED", ""), "2025-11-22"),
        (("ACCEPTED", ""), ("CANCELED", tickets), ("ACCEPTED", ""), "2025-11-22"),
        (("CANCELLED", orders), ("CANCELED", tickets), ("CANCELED", ""), "2025-11-22"),
        (("CANCELLED", orders), ("ACCEPTED", ""), ("ACCEPTED", ""), "2025-11-23"),
        (("CANCELLED", orders), ("ACCEPTED", ""), ("CANCELED", ""), "2025-11-23"),
        (("CANCELLED", ""), ("CANCELED", tickets), ("ACCEPTED", ""), "2025-11-22"),
        (("ACCEPTED", ""), ("ACCEPTED", ""), ("CANCELED", ""), "2025-11-25"),
        (("CANCELLED", ""), ("ACCEPTED", ""), ("ACCEPTED", ""), "2025-11-25"),
        (("DECLINED", ""), ("ACCEPTED", ""), ("ACCEPTED", ""), "2025-11-25"),
        // A date counts only where the part itself is cancelled.
        (("ACCEPTED", orders), ("ACCEPTED", ""), ("CANCELED", ""), "2025-11-25"),
        (("ACCEPTED", orders), ("ACCEPTED", tickets), ("CANCELED", ""), "2025-11-25"),
        (("ACCEPTED", orders), ("CANCELED", ""), ("ACCEPTED", participants), "2025-11-25"),
        (("CANCELLED", orders), ("ACCEPTED", tickets), ("ACCEPTED", participants), "2025-11-23"),
        (("DECLINED", orders), ("ACCEPTED", tickets), ("ACCEPTED", participants), "2025-11-25"),
        (("ACCEPTED", orders), ("PENDING", tickets), ("OPEN", participants), "2025-11-25"),
        (("ACCEPTED", orders), ("ACCEPTED", ""), ("PENDING", participants), "2025-11-25"),
    ];
    let state = |(status, date): (&str, &str)| json!({"status": status, "cancellation_date": date});
    let accepted = ("ACCEPTED", "");
    let of = |id: usize, order_is, ticket_is, participant_is| {
        let who = but(flex_participant("p1", "10.00", "19", "f"), state(participant_is));
        order(&format!("O{id}"), but(json!({"tickets": [but(ticket(&[who]), state(ticket_is))]}), state(order_is)))
    };
    for (id, (order_is, ticket_is, participant_is, _)) in cases.iter().enumerate() {
        daemon.accepted("museum", of(id, accepted, accepted, accepted)).await;
        daemon.accepted("museum", of(id, *order_is, *ticket_is, *participant_is)).await;
    }
    daemon.settle().await;
    for (id, (order_is, ticket_is, participant_is, day)) in cases.iter().enumerate() {
        let gone = ["flex.redeem:f:p1", "sale:participant:p1"].map(|key| format!("{day} reverse {key} (gone)"));
        assert_eq!(daemon.booked(&format!("O{id}"), 2), gone, "{order_is:?} {ticket_is:?} {participant_is:?}");
    }
    daemon.finish().await;
});

on_both_engines!(a_sale_takes_the_date_of_the_order_only_with_its_first_delivery, async |database| {
    let daemon = TestDaemon::start(database).await;
    let of = |id: &str, people: &[&str], fields: Value| {
        let people: Vec<Value> = people.iter().map(|id| participant(id, "10.00", "19")).collect();
        order(id, but(json!({"tickets": [ticket(&people)]}), fields))
    };
    daemon.deliver(of("A", &["p1"], json!({}))).await;
    daemon.deliver(of("B", &["p1"], json!({"date": ""}))).await;
    daemon.deliver(partial("C", json!({}))).await;
    daemon.set_clock("2025-11-15T08:00:00Z");
    daemon.deliver(of("A", &["p1", "p2"], json!({"voucherOrders": [voucher("v", "10.00", "0")]}))).await;
    daemon.deliver(of("B", &["p1"], json!({}))).await;
    daemon.deliver(of("C", &["p1"], json!({}))).await;
    assert_eq!(
        daemon.booked("A", 0),
        [
            "2025-11-08 post sale:participant:p1 (new)",
            "2025-11-15 post sale:participant:p2 (new)",
            "2025-11-15 post voucher.issue:v (new)",
        ]
    );
    assert_eq!(
        daemon.booked("B", 0),
        ["2025-11-11 post sale:participant:p1 (new)"],
        "a date said later changes nothing"
    );
    assert_eq!(daemon.booked("C", 0), ["2025-11-15 post sale:participant:p1 (new)"]);
    daemon.finish().await;
});

on_both_engines!(deliveries_worked_on_together_are_booked_as_one_by_one, async |database| {
    let daemon = TestDaemon::start(database).await;
    let history = |id: &str| {
        [("PENDING", "10.00"), ("ACCEPTED", "10.00"), ("ACCEPTED", "12.00"), ("CANCELLED", "12.00")]
            .map(|(status, price)| order(id, json!({"status": status, "tickets": [admission("p1", price, "19")]})))
    };
    for body in history("A") {
        daemon.deliver(body).await;
    }
    for body in history("B") {
        daemon.accepted("museum", body).await;
    }
    daemon.settle().await;
    assert_eq!(daemon.booked("A", 0).len(), 4);
    assert_eq!(daemon.booked("A", 0), daemon.booked("B", 0));
    daemon.finish().await;
});

on_both_engines!(going_back_to_an_earlier_state_is_news_and_a_repeated_one_is_not, async |database| {
    let daemon = TestDaemon::start(database).await;
    let of = |price: &str| order("A", json!({"tickets": [admission("p1", price, "19")]}));
    daemon.deliver(of("10.00")).await;
    daemon.deliver(of("12.00")).await;
    daemon.set_clock("2025-12-01T08:00:00Z");
    daemon.deliver(of("10.00")).await;
    assert_eq!(
        daemon.booked("A", 3),
        ["2025-12-01 reverse sale:participant:p1 (changed)", "2025-12-01 post sale:participant:p1 (changed)"]
    );
    daemon.deliver(of("10.00")).await;
    assert_eq!(daemon.entries("museum"), 5);
    assert_eq!(daemon.states(), ["done"; 4]);
    daemon.finish().await;
});

on_both_engines!(an_older_delivery_worked_on_late_gives_only_what_no_newer_one_says, async |database| {
    let daemon = TestDaemon::start(database).await;
    let older = order("A", json!({"tickets": [admission("p1", "10.00", "19")], "payments": [payment("m1", "10.00")]}));
    let first = daemon.accepted("museum", older).await;
    database.execute(&format!("UPDATE inbox_events SET state = 'parked', reason = 'test' WHERE id = {first}"));
    daemon.deliver(partial("A", json!({"code": "NEW", "tickets": [admission("p1", "12.00", "19")]}))).await;
    let older = format!("id = {first}");
    daemon.settle_again(database, &older).await;
    assert_eq!(daemon.states(), ["done", "done"]);
    let rows = daemon.view("v_order_balance", &["order_code", "billed_minor", "settled_minor", "balance_minor"]);
    assert_eq!(rows, [["NEW", "1200", "1000", "200"]]);
    daemon.deliver(order("A", json!({"tickets": [admission("p1", "12.00", "19")]}))).await;
    let entries = daemon.entries("museum");
    daemon.settle_again(database, &older).await;
    assert_eq!(daemon.states(), ["superseded", "done", "done"]);
    assert_eq!(daemon.entries("museum"), entries);
    daemon.finish().await;
});

on_both_engines!(a_delivery_that_cannot_be_read_wholly_is_parked_and_changes_nothing, async |database| {
    let daemon = TestDaemon::start(database).await;
    let good = json!({"tickets": [admission("p1", "10.00", "19")], "payments": [payment("m1", "10.00")]});
    daemon.deliver(order("A", good)).await;
    let cases = [
        ("unknown_status", json!({"status": "ALL"})),
        ("unknown_status", json!({"status": ""})),
        ("unknown_status", json!({"tickets": [but(admission("p1", "10.00", "19"), json!({"status": "LOST"}))]})),
        ("unknown_currency", json!({"currency": "XXX"})),
        ("unknown_vendor", json!({"vendor_id": "another"})),
        ("bad_amount", json!({"payments": [payment("m2", "1,00")]})),
        ("bad_amount", json!({"payments": [payment("m2", "0.005")]})),
        ("bad_amount", json!({"products": [product("cup", "NaN", 1, "19")]})),
        ("bad_vat_rate", json!({"products": [product("cup", "1.00", 1, "101")]})),
        ("bad_vat_rate", json!({"products": [product("cup", "1.00", 1, "7.125")]})),
        ("bad_quantity", json!({"products": [product("cup", "1.00", -1, "19")]})),
        ("conflicting_duplicate", json!({"payments": [payment("m2", "1.00"), payment("m2", "2.00")]})),
    ];
    for (reason, fields) in &cases {
        let other_news = json!({"payments": []});
        assert_eq!(daemon.parked("museum", order("A", but(other_news, fields.clone()))).await, *reason, "{fields}");
    }
    daemon.settle().await;
    assert_eq!(daemon.entries("museum"), 2);
    assert_eq!(daemon.view("v_order_balance", &["status", "balance_minor"]), [["accepted", "0"]]);
    daemon.finish().await;
});

on_both_engines!(a_part_counts_when_it_is_accepted_or_says_nothing, async |database| {
    let daemon = TestDaemon::start(database).await;
    let parts = |status: &str| {
        let status = json!({"status": status});
        [
            json!({"tickets": [but(admission("p1", "1.00", "0"), status.clone())]}),
            json!({"tickets": [ticket(&[but(participant("p1", "1.00", "0"), status.clone())])]}),
            json!({"products": [but(product("cup", "1.00", 1, "0"), status.clone())]}),
            json!({"flexTickets": [but(flex("f", "1.00", "0"), status.clone())]}),
            json!({"voucherOrders": [but(voucher("v", "1.00", "0"), status)]}),
        ]
    };
    let live = ["ACCEPTED", "accepted", ""];
    let dead = ["CANCELED", "CANCELLED", "PENDING", "OPEN"];
    for status in live.iter().chain(&dead) {
        for (kind, fields) in parts(status).into_iter().enumerate() {
            daemon.accepted("museum", order(&format!("{status}-{kind}"), fields)).await;
        }
    }
    daemon.settle().await;
    let open = daemon.view("v_order_balance", &["order_id", "balance_minor"]);
    for (statuses, balance) in [(&live[..], 100), (&dead[..], 0)] {
        for (status, kind) in statuses.iter().flat_map(|status| (0..5).map(move |kind| (status, kind))) {
            assert!(open.contains(&row([&format!("{status}-{kind}"), &balance.to_string()])), "{status} {kind}");
        }
    }
    // No part is declined, and only a flex ticket can fail.
    for status in ["DECLINED", "ALL", "FAILURE"] {
        for (kind, fields) in parts(status).into_iter().enumerate() {
            let body = order(&format!("{status}-{kind}"), fields);
            if (status, kind) == ("FAILURE", 3) {
                daemon.deliver(body).await;
            } else {
                assert_eq!(daemon.parked("museum", body).await, "unknown_status", "{status} {kind}");
            }
        }
    }
    daemon.finish().await;
});
