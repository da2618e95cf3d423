//! Discounts, vouchers, flex tickets, and revenue that was still to come when the book began.

use ticketledger::inbox::operator::Reason;
use ticketledger::ledger::book::KnownSource;
use ticketledger::ledger::entered::import::{File, FileKind, import};
use ticketledger::policy::{RevenueMode, VatRounding};

use super::*;
use crate::support::daemon::at;
use crate::support::order::{flex, flex_participant, redeemed, refund_voucher};

fn used(id: &str, value: &str, day: &str) -> Value {
    but(redeemed(id, value), json!({"usage_date": format!("2025-{day}T10:00:00Z")}))
}

/// The stock of an earlier system.
fn bring_in(daemon: &TestDaemon, rows: &str) {
    let file = format!("voucher_id,kind,vat_rate,currency,value\n{rows}");
    let file = File {
        kind: FileKind::OpeningVouchers,
        bytes: file.into_bytes(),
        opened_on: chrono::NaiveDate::from_ymd_opt(2025, 11, 1),
    };
    let reason = Reason { actor: "anna".to_owned(), why: "opening".to_owned() };
    let museum = KnownSource { name: "museum".to_owned(), timezone: chrono_tz::Europe::Berlin };
    import(daemon.database(), &museum, &file, &reason, None, at("2025-11-11T12:00:00Z")).expect("an import");
}

on_both_engines!(a_discount_goes_with_its_line, async |database| {
    let daemon = begun(database).await;
    let before = but(coupon("c", "20.00"), json!({"usage_date": "2025-03-10T10:00:00Z"}));
    let sold = |a: Value, money: Value| {
        of_march(
            "A",
            json!({"tickets": [ticket(&[a, participant("b", "50.00", "7")])], "payments": money,
            "products": [product("mug", "100.00", 1, "19")], "redeemed_coupons": [before], "additional_discount": "0"}),
        )
    };
    let all = json!([paid("p", "180.00", "03-10")]);
    daemon.deliver(sold(participant("a", "50.00", "19"), all)).await;
    assert_eq!(daemon.balances("museum"), expected([]));
    daemon.set_clock("2025-11-12T12:00:00Z");
    // The ticket carries 5.00 of the coupon: 45.00 are given back.
    let gone = cancelled_on(participant("a", "50.00", "19"), "11-12");
    daemon.deliver(sold(gone, json!([paid("p", "180.00", "03-10"), paid("r", "-45.00", "11-12")]))).await;
    assert_eq!(
        daemon.balances("museum"),
        expected([
            ("assets:clearing:Card", -4500),
            ("income:discount", -420),
            ("income:tickets", 4202),
            ("liabilities:vat:1900", 718),
        ])
    );
    let vat = ["vat_bp", "net_minor", "vat_minor", "gross_minor"];
    assert_eq!(daemon.view("v_vat_by_rate", &vat), [row(["1900", "-3782", "-718", "-4500"])]);
    assert_eq!(open_findings(&daemon), Vec::<String>::new());
    holds(daemon).await;
});

on_both_engines!(the_discount_of_the_whole_order_stays_with_what_lives, async |database| {
    let daemon = begun(database).await;
    let sold =
        |a: Value, b: Value| of_march("A", json!({"tickets": [ticket(&[a, b])], "additional_discount": "20.00"}));
    let [a, b] = ["a", "b"].map(|id| participant(id, "119.00", "19"));
    daemon.deliver(sold(a.clone(), b.clone())).await;
    assert_eq!(daemon.balances("museum"), expected([("assets:receivable", 21800), ("equity:opening", -21800)]));
    daemon.deliver(sold(cancelled_on(a.clone(), "11-10"), b.clone())).await;
    let one = expected([
        ("assets:receivable", 9900),
        ("equity:opening", -21800),
        ("income:tickets", 10000),
        ("liabilities:vat:1900", 1900),
    ]);
    assert_eq!(daemon.balances("museum"), one);
    // With the second one gone, just what was declared is taken back.
    daemon.deliver(sold(cancelled_on(a, "11-10"), cancelled_on(b, "11-11"))).await;
    let turnover = "FROM v_vat_by_rate";
    assert_eq!(daemon.rows(&["SUM(gross_minor)"], turnover), [row(["-21800"])]);
    assert_eq!(daemon.balances("museum").get("assets:receivable"), None);
    holds(daemon).await;
});

on_both_engines!(a_voucher_that_was_sold_before_has_its_value_by_import, async |database| {
    let daemon = begun(database).await;
    let vouchers = json!([voucher("m", "50.00", "0"), voucher("s", "119.00", "19")]);
    let sold = json!({"voucherOrders": vouchers, "payments": [paid("p", "169.00", "03-10")]});
    daemon.deliver(of_march("V", sold)).await;
    assert_eq!(daemon.balances("museum"), expected([]));
    // Used in July: what is left comes by import.
    let summer = json!({"date": "2025-07-01T10:00:00Z", "tickets": [admission("t", "20.00", "19")],
        "redeemed_vouchers": [used("m", "20.00", "07-01")]});
    daemon.deliver(order("July", summer)).await;
    assert_eq!(daemon.balances("museum"), expected([]));
    bring_in(&daemon, "m,mpv,,EUR,30.00\ns,spv,19,EUR,119.00\n");
    let stock =
        [("equity:opening", 13000), ("liabilities:voucher:mpv", -3000), ("liabilities:voucher:spv:1900", -10000)];
    assert_eq!(daemon.balances("museum"), expected(stock));
    // A redelivery of the selling order changes nothing.
    let sold = json!({"voucherOrders": [voucher("m", "50.00", "0"), voucher("s", "119.00", "19")],
        "payments": [paid("p", "169.00", "03-10")], "comment": "again"});
    daemon.deliver(of_march("V", sold)).await;
    assert_eq!(daemon.balances("museum"), expected(stock));
    // Used in November: both are empty.
    let now = json!({"tickets": [admission("n", "149.00", "19")],
        "redeemed_vouchers": [redeemed("m", "30.00"), redeemed("s", "119.00")]});
    daemon.deliver(order("November", now)).await;
    let balances = daemon.balances("museum");
    for account in ["liabilities:voucher:mpv", "liabilities:voucher:spv:1900", "assets:receivable"] {
        assert_eq!(balances.get(account), None, "{account}");
    }
    assert_eq!(balances.get("liabilities:vat:1900"), Some(&-479), "the tax of 30.00");
    assert_eq!(open_findings(&daemon), Vec::<String>::new());
    holds(daemon).await;
});

on_both_engines!(a_voucher_that_was_sold_before_and_is_cancelled_since_is_no_liability, async |database| {
    let daemon = begun(database).await;
    let sold = |status: &str, money: Value| {
        of_march(
            "V",
            json!({"status": status, "cancellation_date": "2025-11-10T10:00:00Z",
            "voucherOrders": [voucher("s", "119.00", "19")], "payments": money}),
        )
    };
    daemon.deliver(sold("ACCEPTED", json!([paid("p", "119.00", "03-10")]))).await;
    bring_in(&daemon, "s,spv,19,EUR,119.00\n");
    daemon.deliver(sold("CANCELLED", json!([paid("p", "119.00", "03-10"), paid("r", "-119.00", "11-10")]))).await;
    assert_eq!(
        daemon.balances("museum"),
        expected([("assets:clearing:Card", -11900), ("equity:opening", 10000), ("liabilities:vat:1900", 1900)])
    );
    assert_eq!(open_findings(&daemon), Vec::<String>::new());
    holds(daemon).await;
});

on_both_engines!(a_voucher_that_was_partly_used_before_its_sale_is_undone_keeps_what_was_used, async |database| {
    let daemon = begun(database).await;
    let sold = |status: &str, money: Value| {
        let cancelled = json!({"status": status, "cancellation_date": "2025-11-10T10:00:00Z"});
        let voucher = json!({"voucherOrders": [voucher("s", "119.00", "19")], "payments": money});
        of_march("V", but(cancelled, voucher))
    };
    daemon.deliver(sold("ACCEPTED", json!([paid("p", "119.00", "03-10")]))).await;
    let july = json!({"date": "2025-07-01T10:00:00Z", "tickets": [admission("t", "23.80", "19")],
        "redeemed_vouchers": [used("s", "23.80", "07-01")]});
    daemon.deliver(order("July", july)).await;
    bring_in(&daemon, "s,spv,19,EUR,95.20\n");
    daemon.deliver(sold("CANCELLED", json!([paid("p", "119.00", "03-10"), paid("r", "-95.20", "11-10")]))).await;
    assert_eq!(
        daemon.balances("museum"),
        expected([("assets:clearing:Card", -9520), ("equity:opening", 8000), ("liabilities:vat:1900", 1520)])
    );
    assert_eq!(daemon.rows(&["SUM(vat_minor)"], "FROM v_vat_by_rate"), [row(["-1520"])]);
    assert_eq!(open_findings(&daemon), Vec::<String>::new());
    holds(daemon).await;
});

on_both_engines!(a_refund_voucher_of_before_settles_the_order_that_it_refunds, async |database| {
    let daemon = begun(database).await;
    let cancelled = json!({"status": "CANCELLED", "cancellation_date": "2025-04-01T10:00:00Z",
        "tickets": [admission("a", "50.00", "19")], "payments": [paid("p", "50.00", "03-10")],
        "voucherOrders": [refund_voucher("v", "50.00", &["A"])]});
    daemon.deliver(of_march("A", cancelled)).await;
    assert_eq!(daemon.balances("museum"), expected([]));
    assert_eq!(open_findings(&daemon), Vec::<String>::new());
    holds(daemon).await;
});

on_both_engines!(a_flex_ticket_gets_its_value_back_when_the_admission_is_cancelled, async |database| {
    let daemon = begun(database).await;
    daemon
        .deliver(of_march(
            "F",
            json!({"flexTickets": [flex("f", "100.00", "0")],
        "payments": [paid("p", "100.00", "03-10")]}),
        ))
        .await;
    let mut who = flex_participant("a", "20.00", "19", "f");
    who["redeemed_flexTicket"][0]["creation_date"] = json!("2025-03-10T10:00:00Z");
    daemon.deliver(of_march("A", json!({"tickets": [ticket(&[who.clone()])]}))).await;
    assert_eq!(daemon.balances("museum"), expected([]));
    bring_in(&daemon, "f,flex,,EUR,80.00\n");
    daemon.deliver(of_march("A", json!({"tickets": [ticket(&[cancelled_on(who, "11-11")])]}))).await;
    assert_eq!(
        daemon.balances("museum"),
        expected([
            ("equity:opening", 8000),
            ("income:tickets", 1681),
            ("liabilities:flex", -10000),
            ("liabilities:vat:1900", 319),
        ])
    );
    holds(daemon).await;
});

on_both_engines!(revenue_that_was_still_to_come_is_brought_in_as_a_liability, async |database| {
    let daemon = begun_under(database, Policy { revenue_mode: RevenueMode::OnEventDate, ..Policy::default() }).await;
    let on = |id: &str, day: &str| {
        but(ticket(&[participant(id, "119.00", "19")]), json!({"date": format!("2025-{day}T10:00:00Z")}))
    };
    let three = |c: Value| of_march("A", json!({"tickets": [on("a", "10-20"), on("b", "12-24"), c]}));
    daemon.deliver(three(on("c", "12-26"))).await;
    assert_eq!(
        months(&daemon),
        [
            row(["2025-11", "assets:receivable", "35700"]),
            row(["2025-11", "equity:opening", "-15700"]),
            row(["2025-11", "liabilities:deferred:tickets", "-20000"]),
            row(["2025-12", "income:tickets", "-20000"]),
            row(["2025-12", "liabilities:deferred:tickets", "20000"]),
        ]
    );
    assert_eq!(daemon.rows(&["COUNT(*)"], "FROM v_vat_by_rate WHERE gross_minor <> 0"), [row(["0"])]);
    // One that is still to come, and one that is over, are cancelled.
    let mut gone = on("c", "12-26");
    gone["participants"][0] = cancelled_on(gone["participants"][0].clone(), "11-11");
    daemon.deliver(three(gone.clone())).await;
    assert_eq!(
        months(&daemon),
        [
            row(["2025-11", "assets:receivable", "23800"]),
            row(["2025-11", "equity:opening", "-15700"]),
            row(["2025-11", "liabilities:deferred:tickets", "-10000"]),
            row(["2025-11", "liabilities:vat:1900", "1900"]),
            row(["2025-12", "income:tickets", "-10000"]),
            row(["2025-12", "liabilities:deferred:tickets", "10000"]),
        ]
    );
    let mut over = on("a", "10-20");
    over["participants"][0] = cancelled_on(over["participants"][0].clone(), "11-11");
    daemon.deliver(of_march("A", json!({"tickets": [over, on("b", "12-24"), gone]}))).await;
    assert_eq!(months(&daemon)[2], row(["2025-11", "income:tickets", "10000"]));
    holds(daemon).await;
});

on_both_engines!(a_rounding_of_before_is_taken_back_only_by_what_changes, async |database| {
    let daemon = begun_under(database, Policy { vat_rounding: VatRounding::SumByRate, ..Policy::default() }).await;
    let sold = |a: Value| of_march("A", json!({"tickets": [ticket(&[a, participant("b", "10.00", "19")])]}));
    daemon.deliver(sold(participant("a", "10.00", "19"))).await;
    assert_eq!(daemon.balances("museum"), expected([("assets:receivable", 2000), ("equity:opening", -2000)]));
    daemon.deliver(sold(cancelled_on(participant("a", "10.00", "19"), "11-11"))).await;
    // Declared were 3.19, of what is left 1.60.
    assert_eq!(daemon.balances("museum").get("liabilities:vat:1900"), Some(&159));
    assert_eq!(daemon.balances("museum").get("income:tickets"), Some(&841));
    holds(daemon).await;
});

on_both_engines!(a_voucher_that_is_used_and_was_not_brought_in_is_found, async |database| {
    let daemon = begun(database).await;
    let sold = json!({"voucherOrders": [voucher("m", "50.00", "0"), voucher("s", "119.00", "19")],
        "payments": [paid("p", "169.00", "03-10")]});
    daemon.deliver(of_march("S", sold)).await;
    let user = |id: &str, code: &str, value: &str| {
        let used = used(code, value, "11-05");
        order(id, json!({"tickets": [admission(id, value, "19")], "redeemed_vouchers": [used]}))
    };
    let found = || {
        let open =
            "WHERE state = 'open' AND severity IN ('high', 'medium') ORDER BY reason, order_id, difference_minor";
        daemon.rows(&["reason", "order_id", "difference_minor"], &format!("FROM findings {open}"))
    };
    daemon.deliver(user("A", "m", "20.00")).await;
    daemon.deliver(user("B", "s", "23.80")).await;
    daemon.deliver(user("C", "nobody", "5.00")).await;
    let negative = |order: &str, minor: &str| row(["voucher_negative", order, minor]);
    let unknown = row(["voucher_unknown_origin", "C", "-"]);
    assert_eq!(found(), [negative("C", "-500"), negative("S", "-2380"), negative("S", "-2000"), unknown]);
    bring_in(&daemon, "m,mpv,,EUR,50.00\ns,spv,19,EUR,119.00\nnobody,mpv,,EUR,10.00\n");
    assert_eq!(found(), Vec::<Row>::new());
    daemon.finish().await;
});
