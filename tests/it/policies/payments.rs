//! Payments that vanish, cash, and names of methods.

use super::*;

/// A payment of 11.90 comes and is then no longer sent.
async fn vanished(database: &TestDatabase, on_payment_vanish: OnPaymentVanish) -> TestDaemon {
    let daemon = under(database, Policy { on_payment_vanish, ..Policy::default() }).await;
    let with = |payments: Value| order("A", json!({"tickets": [admission("a", "11.90", "19")], "payments": payments}));
    daemon.deliver(with(json!([payment("p", "11.90")]))).await;
    daemon.deliver(with(json!([]))).await;
    daemon
}

on_both_engines!(a_payment_that_is_no_longer_sent_is_reversed, async |database| {
    let daemon = vanished(database, OnPaymentVanish::Reverse).await;
    assert_eq!(daemon.booked("A", 2), ["2025-11-11 reverse payment:p (gone)"]);
    assert_eq!(daemon.balances_of("A").get("assets:receivable"), Some(&1190));
    daemon.finish().await;
});

on_both_engines!(a_payment_that_is_no_longer_sent_is_held, async |database| {
    let daemon = vanished(database, OnPaymentVanish::Hold).await;
    assert_eq!(daemon.booked("A", 2), Vec::<String>::new());
    assert_eq!(daemon.balances_of("A").get("assets:clearing:Card"), Some(&1190));
    let finding = "SELECT severity || ' ' || expected_minor || ' ' || actual_minor || ' ' || evidence AS line \
        FROM findings WHERE reason = 'payment_vanished' AND state = 'open'";
    assert_eq!(
        daemon.lines(finding),
        ["high 1190 0 payment p of 11.90 EUR (Card, 2025-11-08) was sent before and is no longer sent; it \
          stays booked here; have the order sent again: its newest delivery looks older than the one before"]
    );
    // It comes back: the finding is healed, and still nothing is posted.
    daemon
        .deliver(order("A", json!({"tickets": [admission("a", "11.90", "19")], "payments": [payment("p", "11.90")]})))
        .await;
    assert_eq!((daemon.lines(finding), daemon.entries("museum")), (Vec::new(), 2));
    daemon.finish().await;
});

/// An order of 12.43 francs, paid 12.45 in cash and another one by card.
async fn cash(database: &TestDatabase, cash_rounding: CashRounding) -> TestDaemon {
    let daemon = under(database, Policy { cash_rounding, ..Policy::default() }).await;
    let paid = |id: &str, method: &str| {
        let payment = but(payment("p", "12.45"), json!({"payment_method": method, "id": format!("p-{id}")}));
        order(id, json!({"currency": "CHF", "tickets": [admission(id, "12.43", "2.6")], "payments": [payment]}))
    };
    daemon.deliver(paid("A", "Cash")).await;
    daemon.deliver(paid("B", "Card")).await;
    daemon
}

on_both_engines!(cash_is_not_rounded, async |database| {
    let daemon = cash(database, CashRounding::Off).await;
    assert_eq!(daemon.balances_of("A").get("assets:receivable"), Some(&-2));
    assert_eq!(daemon.balances("museum").get("suspense:rounding"), None);
    daemon.finish().await;
});

on_both_engines!(cash_is_rounded_to_five_hundredths, async |database| {
    let daemon = cash(database, CashRounding::FiveHundredths(["Cash".to_owned()].into())).await;
    assert_eq!(
        daemon.journal_of("A", 0),
        [
            entry("2025-11-08 post payment", [("assets:clearing:Cash", 1245), ("assets:receivable", -1245)]),
            entry("2025-11-08 post cash.rounding", [("suspense:rounding", -2), ("assets:receivable", 2)]),
            entry(
                "2025-11-08 post sale.ticket",
                [("assets:receivable", 1243), ("income:tickets", -1212), ("liabilities:vat:260", -31)]
            ),
        ]
    );
    assert_eq!(
        daemon.view("v_order_balance", &["order_id", "billed_minor", "settled_minor", "balance_minor"]),
        [["A", "1243", "1243", "0"], ["B", "1243", "1245", "-2"]]
    );
    // A whole coin is no rounding: somebody owes it.
    let short = order(
        "C",
        json!({"currency": "CHF", "tickets": [admission("c", "12.50", "2.6")],
            "payments": [but(payment("pc", "12.45"), json!({"payment_method": "Cash"}))]}),
    );
    daemon.deliver(short).await;
    assert_eq!(daemon.balances_of("C").get("assets:receivable"), Some(&5));
    daemon.finish().await;
});

on_both_engines!(a_payment_method_gets_another_name_in_its_account_only, async |database| {
    let map = [("Stripe Bank Wire".to_owned(), "bank".to_owned())].into();
    let daemon = under(database, Policy { payment_method_map: map, ..Policy::default() }).await;
    let wire = but(payment("w", "5.00"), json!({"payment_method": "Stripe Bank Wire"}));
    daemon.deliver(order("A", json!({"payments": [wire, payment("c", "6.00")]}))).await;
    assert_eq!(
        daemon.balances("museum"),
        expected([("assets:clearing:Card", 600), ("assets:clearing:bank", 500), ("assets:receivable", -1100)])
    );
    assert_eq!(
        daemon.view("v_payments_by_method", &["payment_method", "paid_minor"]),
        [["Card", "600"], ["Stripe Bank Wire", "500"]]
    );
    daemon.finish().await;
});

on_both_engines!(without_the_map_a_method_is_its_own_account, async |database| {
    let daemon = TestDaemon::start(database).await;
    let wire = but(payment("w", "5.00"), json!({"payment_method": "Stripe Bank Wire"}));
    daemon.deliver(order("A", json!({"payments": [wire]}))).await;
    assert_eq!(
        daemon.balances("museum"),
        expected([("assets:clearing:Stripe_Bank_Wire", 500), ("assets:receivable", -500)])
    );
    daemon.finish().await;
});
