//! What was sold and paid before the book began.

use super::*;

on_both_engines!(what_was_sold_and_paid_before_is_brought_in, async |database| {
    let daemon = begun(database).await;
    let sold = json!({"tickets": [ticket(&[participant("a", "119.00", "19"), participant("b", "107.00", "7")])],
        "payments": [paid("p", "226.00", "03-10")]});
    daemon.deliver(of_march("A", sold.clone())).await;
    assert_eq!(
        daemon.journal_of("A", 0),
        [
            entry("2025-11-01 opening opening.payment", [("equity:opening", 22600), ("assets:receivable", -22600)]),
            entry(
                "2025-11-01 opening opening.sale.ticket",
                [("assets:receivable", 11900), ("equity:opening", -10000), ("equity:opening", -1900)]
            ),
            entry(
                "2025-11-01 opening opening.sale.ticket",
                [("assets:receivable", 10700), ("equity:opening", -10000), ("equity:opening", -700)]
            ),
        ]
    );
    assert_eq!(daemon.balances("museum"), expected([]));
    let at = daemon
        .lines("SELECT DISTINCT CAST(effective_at AS TEXT) || ' ' || effective_basis AS line FROM journal_entries");
    assert_eq!(at.len(), 1);
    assert!(at[0].starts_with("2025-10-31 23:00:00") && at[0].ends_with(" books_from"), "{at:?}");
    // What a cancellation would take back stands on the lines, and in no report of turnover.
    let rates = "FROM v_gl WHERE account = 'equity:opening' AND vat_bp IS NOT NULL ORDER BY entry_no, line_no";
    assert_eq!(
        daemon.rows(&["vat_bp", "amount_minor"], rates),
        [row(["1900", "-10000"]), row(["1900", "-1900"]), row(["700", "-10000"]), row(["700", "-700"])]
    );
    for view in ["v_vat_by_rate", "v_revenue_by_event", "v_payments_by_method"] {
        assert_eq!(daemon.view(view, &["period"]), Vec::<Row>::new(), "{view}");
    }
    let moved = ["period", "billed_minor", "paid_minor", "other_minor", "closing_minor"];
    assert_eq!(daemon.view("v_rollforward_receivable", &moved), [row(["2025-11", "0", "0", "0", "0"])]);
    let balance = ["billed_minor", "settled_minor", "balance_minor"];
    assert_eq!(daemon.view("v_order_balance", &balance), [row(["22600", "22600", "0"])]);
    assert_eq!(open_findings(&daemon), Vec::<String>::new());
    daemon.deliver(of_march("A", sold)).await;
    assert_eq!(daemon.entries("museum"), 3);
    holds(daemon).await;
});

on_both_engines!(what_was_sold_before_and_is_paid_after_is_money_of_the_book, async |database| {
    let daemon = begun(database).await;
    daemon.deliver(of_march("A", json!({"tickets": [admission("a", "119.00", "19")]}))).await;
    assert_eq!(daemon.balances("museum"), expected([("assets:receivable", 11900), ("equity:opening", -11900)]));
    assert_eq!(open_findings(&daemon), ["unpaid"]);
    let both = [paid("p", "100.00", "11-10"), paid("q", "19.00", "10-31")];
    daemon.deliver(of_march("A", json!({"tickets": [admission("a", "119.00", "19")], "payments": both}))).await;
    assert_eq!(daemon.balances("museum"), expected([("assets:clearing:Card", 10000), ("equity:opening", -10000)]));
    let methods = ["payment_method", "paid_minor", "net_minor"];
    assert_eq!(daemon.view("v_payments_by_method", &methods), [row(["Card", "10000", "10000"])]);
    let moved = ["billed_minor", "paid_minor", "other_minor", "closing_minor"];
    assert_eq!(daemon.view("v_rollforward_receivable", &moved), [row(["0", "-10000", "10000", "0"])]);
    assert_eq!(open_findings(&daemon), Vec::<String>::new());
    holds(daemon).await;
});

on_both_engines!(the_first_day_is_that_of_the_source, async |database| {
    let daemon = begun(database).await;
    let at = |id: &str, date: &str| order(id, json!({"date": date, "tickets": [admission(id, "119.00", "19")]}));
    daemon.deliver(at("before", "2025-10-31T22:59:59Z")).await;
    daemon.deliver(at("after", "2025-10-31T23:00:00Z")).await;
    let kinds = "FROM journal_entries ORDER BY entry_no";
    assert_eq!(
        daemon.rows(&["order_id", "kind", "booking_date"], kinds),
        [row(["before", "opening", "2025-11-01"]), row(["after", "post", "2025-11-01"])]
    );
    holds(daemon).await;
});

on_both_engines!(a_part_that_is_added_later_is_sold_at_its_receipt, async |database| {
    let daemon = begun(database).await;
    daemon.deliver(of_march("A", json!({"tickets": [admission("a", "119.00", "19")]}))).await;
    let more = json!({"tickets": [admission("a", "119.00", "19"), admission("b", "11.90", "19")],
        "products": [product("mug", "5.95", 2, "19")]});
    daemon.deliver(of_march("A", more)).await;
    assert_eq!(
        daemon.journal_of("A", 1),
        [
            entry(
                "2025-11-11 post sale.ticket",
                [("assets:receivable", 1190), ("income:tickets", -1000), ("liabilities:vat:1900", -190)]
            ),
            entry(
                "2025-11-11 post sale.product",
                [("assets:receivable", 1190), ("income:products", -1000), ("liabilities:vat:1900", -190)]
            ),
        ]
    );
    holds(daemon).await;
});

on_both_engines!(an_order_that_is_accepted_after_the_book_began_is_sold_then, async |database| {
    let daemon = begun(database).await;
    let fields = json!({"tickets": [admission("a", "119.00", "19")], "payments": [paid("p", "19.00", "03-10")]});
    daemon.deliver(of_march("A", but(fields.clone(), json!({"status": "PENDING"})))).await;
    assert_eq!(daemon.balances("museum"), expected([("assets:receivable", -1900), ("equity:opening", 1900)]));
    daemon.deliver(of_march("A", fields)).await;
    assert_eq!(
        daemon.journal_of("A", 1),
        [entry(
            "2025-11-11 post sale.ticket",
            [("assets:receivable", 11900), ("income:tickets", -10000), ("liabilities:vat:1900", -1900)]
        )]
    );
    holds(daemon).await;
});

on_both_engines!(a_price_that_changes_later_is_brought_in_anew_and_found, async |database| {
    let daemon = begun(database).await;
    let priced = |price: &str, vat: &str| {
        of_march(
            "A",
            json!({"tickets": [admission("a", price, vat)], "products": [product("mug", price, 1, vat)],
            "payments": [paid("p", "238.00", "03-10")]}),
        )
    };
    daemon.deliver(priced("119.00", "19")).await;
    daemon.deliver(priced("100.00", "19")).await;
    assert_eq!(daemon.balances("museum"), expected([("assets:receivable", -3800), ("equity:opening", 3800)]));
    let found = ["reason", "severity", "expected_minor", "actual_minor"];
    let changed = "WHERE state = 'open' AND reason = 'opening_item_changed'";
    assert_eq!(
        daemon.view_where("findings", &found, changed),
        vec![row(["opening_item_changed", "high", "11900", "10000"]); 2]
    );
    assert_eq!(daemon.view("v_vat_by_rate", &["period"]), Vec::<Row>::new());
    daemon.deliver(priced("119.00", "7")).await;
    assert_eq!(daemon.balances("museum"), expected([]));
    assert_eq!(daemon.view_where("findings", &found, changed).len(), 2, "the rate is another one");
    daemon.deliver(priced("119.00", "19")).await;
    assert_eq!(open_findings(&daemon), Vec::<String>::new());
    holds(daemon).await;
});
