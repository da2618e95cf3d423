//! Payments that change, or leave an order for another one.

use super::*;
use crate::support::order::{admission, but, order};

fn paid(id: &str, value: &str) -> Value {
    crate::support::order::payment(id, value)
}

/// An order of 119.00 with these payments.
fn with(id: &str, payments: &[Value]) -> String {
    order(id, json!({"tickets": [admission(id, "119.00", "19")], "payments": payments}))
}

/// What is said of payments that are gone, by order; looking again must not change it.
fn vanished(daemon: &TestDaemon) -> Vec<String> {
    let again = reconcile_everything(daemon.database(), None, daemon.clock.now(), true, |_| {}).unwrap();
    assert_eq!(again.changes, std::collections::BTreeMap::new());
    daemon.lines(
        "SELECT order_id || ' ' || difference_minor AS line FROM findings \
         WHERE reason = 'payment_vanished' AND state = 'open' ORDER BY 1",
    )
}

fn said(daemon: &TestDaemon, reason: &str) -> Vec<String> {
    daemon.lines(&format!(
        "SELECT evidence AS line FROM findings WHERE reason = '{reason}' AND state = 'open' ORDER BY 1"
    ))
}

on_both_engines!(a_payment_that_changed_says_what_it_was_and_is, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(with("A", &[paid("p", "119.00")])).await;
    let changed = but(paid("p", "100.00"), json!({"payment_method": "Cash", "payment_date": "2025-11-09T10:00:00Z"}));
    daemon.deliver(with("A", &[changed])).await;
    assert_eq!(
        said(&daemon, "payment_mutated"),
        ["payment p changed since it was first booked on 2025-11-08: amount 119.00 EUR → 100.00 EUR, \
          method Card → Cash, date 2025-11-08T10:05:00Z → 2025-11-09T10:00:00Z; ask the provider why"]
    );
    // Only what differs from the first booking is named.
    daemon.deliver(with("A", &[but(paid("p", "119.00"), json!({"payment_method": "Cash"}))])).await;
    assert_eq!(
        said(&daemon, "payment_mutated"),
        ["payment p changed since it was first booked on 2025-11-08: method Card → Cash; ask the provider why"]
    );
    daemon.deliver(with("A", &[paid("p", "119.00")])).await;
    assert_eq!(said(&daemon, "payment_mutated"), Vec::<String>::new());
    daemon.finish().await;
});

on_both_engines!(a_payment_in_another_order_is_not_missing_whichever_order_comes_first, async |database| {
    let daemon = TestDaemon::start(database).await;
    let both = [paid("p", "119.00")];
    daemon.deliver(with("A", &both)).await;
    daemon.deliver(with("A", &[])).await;
    assert_eq!(vanished(&daemon), ["A -11900"]);
    // It comes later to the order to which it belongs.
    daemon.deliver(with("B", &both)).await;
    assert_eq!(vanished(&daemon), Vec::<String>::new());
    assert_eq!(said(&daemon, "duplicate_payment_id"), Vec::<String>::new());

    // It is there already when the first order loses it.
    let both = [paid("q", "119.00")];
    daemon.deliver(with("C", &both)).await;
    daemon.deliver(with("D", &both)).await;
    assert_eq!(said(&daemon, "duplicate_payment_id").len(), 2);
    daemon.deliver(with("C", &[])).await;
    assert_eq!((vanished(&daemon), said(&daemon, "duplicate_payment_id")), (vec![], vec![]));

    // Everything at once.
    for body in [with("E", &[paid("r", "119.00")]), with("E", &[]), with("F", &[paid("r", "119.00")])] {
        daemon.accepted("museum", body).await;
    }
    daemon.settle().await;
    assert_eq!(vanished(&daemon), Vec::<String>::new());
    daemon.finish().await;
});

on_both_engines!(a_payment_with_another_amount_in_another_order_is_missing_in_part, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(with("A", &[paid("p", "119.00")])).await;
    daemon.deliver(with("A", &[])).await;
    daemon.deliver(with("B", &[paid("p", "100.00")])).await;
    assert_eq!(vanished(&daemon), ["A -1900"]);
    assert_eq!(
        said(&daemon, "payment_vanished"),
        ["payment p of 119.00 EUR (Card, 2025-11-08) was sent before and is no longer sent; it is \
          reversed, and stands in order B with 100.00 EUR now; find out which amount is right"]
    );
    // The other order decides, whatever it says next.
    daemon.deliver(with("B", &[paid("p", "119.00")])).await;
    assert_eq!(vanished(&daemon), Vec::<String>::new());
    daemon.deliver(with("B", &[paid("p", "118.00")])).await;
    assert_eq!(vanished(&daemon), ["A -100"]);
    daemon.deliver(with("B", &[])).await;
    assert_eq!(vanished(&daemon), ["A -11900", "B -11800"]);
    let lost = said(&daemon, "payment_vanished");
    assert!(lost.iter().any(|said| said.contains("; order B lost it too; ")), "{lost:?}");
    // In another currency it is no answer.
    daemon.deliver(changed(&with("B", &[paid("p", "119.00")]), &[("/currency", json!("CHF"))])).await;
    assert_eq!(vanished(&daemon), ["A -11900"]);
    daemon.deliver(with("A", &[paid("p", "119.00")])).await;
    assert_eq!(vanished(&daemon), Vec::<String>::new());
    daemon.finish().await;
});

on_both_engines!(a_payment_that_is_held_and_stands_elsewhere_counts_twice, async |database| {
    use ticketledger::policy::{OnPaymentVanish, Policy};
    let policy = Policy { on_payment_vanish: OnPaymentVanish::Hold, ..Policy::default() };
    let daemon = crate::policies::under(database, policy).await;
    daemon.deliver(with("A", &[paid("p", "119.00")])).await;
    daemon.deliver(with("A", &[])).await;
    daemon.deliver(with("B", &[paid("p", "119.00")])).await;
    assert_eq!(vanished(&daemon), ["A -11900"]);
    let said = said(&daemon, "payment_vanished");
    assert!(
        said[0].ends_with(
            "it stays booked here, and stands in order B with 119.00 EUR now; book it out here: it is \
            counted twice"
        ),
        "{said:?}"
    );
    assert_eq!(daemon.balances("museum")["assets:clearing:Card"], 23_800);
    daemon.finish().await;
});

on_both_engines!(a_refund_that_is_no_longer_sent_is_no_chargeback, async |database| {
    let daemon = TestDaemon::start(database).await;
    let refunded = [paid("p", "119.00"), but(paid("r", "-19.00"), json!({"payment_date": "2025-11-08T10:04:00Z"}))];
    daemon.deliver(with("A", &refunded)).await;
    daemon.deliver(with("A", &refunded[..1])).await;
    assert_eq!(vanished(&daemon), ["A 1900"]);
    assert_eq!(
        said(&daemon, "payment_vanished"),
        ["refund r of 19.00 EUR (Card, 2025-11-08) was sent before and is no longer sent; it is reversed; ask the \
          provider whether it was made"]
    );
    daemon.finish().await;
});

on_both_engines!(a_payment_twice_in_the_books_names_the_other_order, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(with("A", &[paid("p", "119.00")])).await;
    daemon.deliver(with("B", &[paid("p", "19.00")])).await;
    assert_eq!(
        said(&daemon, "duplicate_payment_id"),
        [
            "payment p is also in order A, with 119.00 EUR; both are booked; find out which order it belongs to",
            "payment p is also in order B, with 19.00 EUR; both are booked; find out which order it belongs to",
        ]
    );
    daemon.finish().await;
});
