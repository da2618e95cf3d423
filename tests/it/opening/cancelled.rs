//! What was there when the book began, and is cancelled since.

use super::*;

on_both_engines!(a_ticket_of_march_that_is_cancelled_in_november_is_taken_back_as_turnover, async |database| {
    let daemon = begun(database).await;
    let two = |b: Value, payments: Value| {
        of_march("A", json!({"tickets": [ticket(&[participant("a", "119.00", "19"), b])], "payments": payments}))
    };
    daemon.deliver(two(participant("b", "119.00", "19"), json!([paid("p", "238.00", "03-10")]))).await;
    daemon.set_clock("2025-11-12T12:00:00Z");
    let gone = cancelled_on(participant("b", "119.00", "19"), "11-12");
    let back = json!([paid("p", "238.00", "03-10"), paid("r", "-119.00", "11-12")]);
    daemon.deliver(two(gone.clone(), back.clone())).await;
    assert_eq!(
        daemon.journal_of("A", 3),
        [
            entry(
                "2025-11-12 post cancel.ticket",
                [("assets:receivable", -11900), ("income:tickets", 10000), ("liabilities:vat:1900", 1900)]
            ),
            entry("2025-11-12 post refund", [("assets:clearing:Card", -11900), ("assets:receivable", 11900)]),
        ]
    );
    assert_eq!(
        months(&daemon),
        [
            row(["2025-11", "assets:clearing:Card", "-11900"]),
            row(["2025-11", "income:tickets", "10000"]),
            row(["2025-11", "liabilities:vat:1900", "1900"]),
        ]
    );
    let vat = ["period", "vat_bp", "net_minor", "vat_minor", "gross_minor"];
    assert_eq!(daemon.view("v_vat_by_rate", &vat), [row(["2025-11", "1900", "-10000", "-1900", "-11900"])]);
    let revenue = ["period", "event_id", "qty", "net_minor", "vat_minor"];
    assert_eq!(daemon.view("v_revenue_by_event", &revenue), [row(["2025-11", "E1", "-1", "-10000", "-1900"])]);
    let methods = ["payment_method", "paid_minor", "refunded_minor"];
    assert_eq!(daemon.view("v_payments_by_method", &methods), [row(["Card", "0", "-11900"])]);
    let moved = ["billed_minor", "refunded_minor", "other_minor", "closing_minor"];
    assert_eq!(daemon.view("v_rollforward_receivable", &moved), [row(["-11900", "11900", "0", "0"])]);
    assert_eq!(open_findings(&daemon), Vec::<String>::new());
    daemon.deliver(two(gone, back)).await;
    assert_eq!(daemon.entries("museum"), 5);
    holds(daemon).await;
});

on_both_engines!(what_was_cancelled_before_the_book_began_does_not_appear, async |database| {
    let daemon = begun(database).await;
    let three = ticket(&[
        participant("a", "119.00", "19"),
        cancelled_on(participant("b", "119.00", "19"), "10-31"),
        cancelled_on(participant("c", "119.00", "19"), "11-01"),
    ]);
    let money = [paid("p", "357.00", "03-10"), paid("r", "-119.00", "10-31"), paid("s", "-119.00", "11-02")];
    daemon.deliver(of_march("A", json!({"tickets": [three], "payments": money}))).await;
    assert_eq!(
        daemon.balances("museum"),
        expected([("assets:clearing:Card", -11900), ("income:tickets", 10000), ("liabilities:vat:1900", 1900)])
    );
    let about = "FROM journal_entries WHERE atom_key LIKE '%participant:b'";
    assert_eq!(daemon.rows(&["atom_key"], about), Vec::<Row>::new());
    // An order that was over before owes nothing and is owed nothing.
    let over = json!({"status": "CANCELLED", "cancellation_date": "2025-04-01T10:00:00Z",
        "tickets": [admission("x", "119.00", "19")],
        "payments": [paid("xp", "119.00", "03-10"), paid("xr", "-119.00", "04-02")]});
    daemon.deliver(of_march("over", over)).await;
    assert_eq!(daemon.balances_of("over"), expected([]));
    assert_eq!(open_findings(&daemon), Vec::<String>::new());
    holds(daemon).await;
});

on_both_engines!(an_order_that_arrives_already_cancelled_was_live_at_the_opening, async |database| {
    let daemon = begun(database).await;
    let cancelled = json!({"status": "CANCELLED", "cancellation_date": "2025-11-05T10:00:00Z",
        "tickets": [admission("a", "119.00", "19")], "products": [product("mug", "10.70", 1, "7")],
        "payments": [paid("p", "129.70", "03-10")]});
    daemon.deliver(of_march("A", cancelled)).await;
    assert_eq!(
        months(&daemon),
        [
            row(["2025-11", "assets:receivable", "-12970"]),
            row(["2025-11", "income:products", "1000"]),
            row(["2025-11", "income:tickets", "10000"]),
            row(["2025-11", "liabilities:vat:1900", "1900"]),
            row(["2025-11", "liabilities:vat:700", "70"]),
        ]
    );
    let days = "FROM journal_entries WHERE kind = 'post' ORDER BY atom_key";
    assert_eq!(
        daemon.rows(&["booking_date", "atom_key"], days),
        [row(["2025-11-05", "cancel:sale:participant:a"]), row(["2025-11-05", "cancel:sale:product:mug:1"])]
    );
    assert_eq!(open_findings(&daemon), ["retained_after_cancel"]);
    holds(daemon).await;
});

on_both_engines!(what_is_simply_gone_is_taken_back_at_the_last_price, async |database| {
    let daemon = begun(database).await;
    let sold =
        |tickets: Value| of_march("A", json!({"tickets": tickets, "products": [product("mug", "10.70", 1, "7")]}));
    daemon.deliver(sold(json!([admission("a", "119.00", "19"), admission("b", "119.00", "19")]))).await;
    daemon.deliver(sold(json!([admission("a", "119.00", "19"), admission("b", "100.00", "19")]))).await;
    daemon.deliver(of_march("A", json!({"tickets": [admission("a", "119.00", "19")]}))).await;
    assert_eq!(
        daemon.balances("museum"),
        expected([
            ("assets:receivable", 11900),
            ("equity:opening", -11900 - 10000 - 1070),
            ("income:products", 1000),
            ("income:tickets", 8403),
            ("liabilities:vat:1900", 1597),
            ("liabilities:vat:700", 70),
        ])
    );
    // It comes back: nothing was cancelled after all.
    daemon.deliver(sold(json!([admission("a", "119.00", "19"), admission("b", "119.00", "19")]))).await;
    let brought = 2 * 11900 + 1070;
    assert_eq!(daemon.balances("museum"), expected([("assets:receivable", brought), ("equity:opening", -brought)]));
    holds(daemon).await;
});
