//! Payment methods that a sweep learned or guessed: that they are corrected is no change at the provider.

use serde_json::{Value, json};

use super::{delta, findings, order, started_with, sweeper};
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::db::TestDatabase;

/// A museum of which the API calls several methods of webhooks by one name.
async fn with_name(database: &TestDatabase, name: &str, methods: &[&str]) -> TestDaemon {
    let daemon = started_with(database, |_| {}).await;
    daemon.stand_in.bookingkit().read_as(|readings| {
        for method in methods {
            readings.methods.insert((*method).to_owned(), name.to_owned());
        }
    });
    daemon
}

/// An order whose payment has no code that could stand in for its method.
fn paid_by(id: &str, method: &str, changes: &[(&str, Value)]) -> Value {
    let payment = [("/payments/0/code", json!("")), ("/payments/0/payment_method", json!(method))];
    order(id, &[payment.as_slice(), changes].concat())
}

async fn fill(daemon: &TestDaemon) {
    sweeper(daemon, "museum").decide().await.expect("the database works");
    daemon.settle().await;
}

fn mutated(daemon: &TestDaemon) -> Vec<String> {
    daemon.lines(
        "SELECT order_id || ': ' || evidence AS line FROM findings \
         WHERE reason = 'payment_mutated' AND state = 'open' ORDER BY 1",
    )
}

/// What is on the account of a method.
fn on(daemon: &TestDaemon, id: &str, method: &str) -> i64 {
    daemon.balances_of(id).get(&format!("assets:clearing:{method}")[..]).copied().unwrap_or(0)
}

on_both_engines!(what_was_learned_later_is_no_change_and_a_change_after_that_is_one, async |database| {
    let daemon = with_name(database, "PAYPAL", &["PayPal"]).await;
    let bookingkit = daemon.stand_in.bookingkit();
    for id in ["A", "B", "C", "D"] {
        bookingkit.put_order(paid_by(id, "PayPal", &[]));
    }
    assert_eq!(delta(&daemon).await.run.found, 4);
    assert_eq!((on(&daemon, "A", "PAYPAL"), on(&daemon, "A", "PayPal")), (2000, 0));
    // One webhook teaches the name of all.
    daemon.deliver(bookingkit.put_order(paid_by("E", "PayPal", &[]))).await;
    delta(&daemon).await;
    fill(&daemon).await;
    for id in ["A", "B", "C", "D"] {
        assert_eq!((on(&daemon, id, "PAYPAL"), on(&daemon, id, "PayPal")), (0, 2000), "{id}");
    }
    assert_eq!((mutated(&daemon), findings(&daemon, "payment_method_unmapped")), (vec![], vec![]));
    // Their webhooks come: one says the same, one another method, one another amount.
    daemon.deliver(paid_by("A", "PayPal", &[]).to_string()).await;
    daemon.deliver(paid_by("B", "Cash", &[]).to_string()).await;
    daemon.deliver(paid_by("C", "PayPal", &[("/payments/0/value", json!(15))]).to_string()).await;
    let amount = "C: payment payment C changed since it was first booked on 2025-11-11: amount 20.00 EUR → 15.00 EUR; \
                  ask the provider why";
    assert_eq!(mutated(&daemon), [amount]);
    assert_eq!(on(&daemon, "B", "Cash"), 2000);
    // From the first webhook on a method that changes has changed at the provider.
    daemon.deliver(paid_by("A", "Cash", &[]).to_string()).await;
    daemon.deliver(paid_by("B", "PayPal", &[]).to_string()).await;
    let method = |id: &str, before: &str, now: &str| {
        format!(
            "{id}: payment payment {id} changed since it was first booked on 2025-11-11: method {before} → {now}; ask \
             the provider why"
        )
    };
    let changed = [method("A", "PayPal", "Cash"), method("B", "Cash", "PayPal"), amount.to_owned()];
    assert_eq!(mutated(&daemon), changed);
    // The same after a replay in another order, and when all is looked at again.
    daemon.settle_again(database, "state IN ('done', 'superseded')").await;
    assert_eq!(mutated(&daemon), changed);
    daemon.deliver(paid_by("A", "PayPal", &[]).to_string()).await;
    daemon.deliver(paid_by("B", "Cash", &[]).to_string()).await;
    assert_eq!(mutated(&daemon), [amount]);
    daemon.finish().await;
});

on_both_engines!(a_wrong_guess_is_no_change_whoever_corrects_it, async |database| {
    let daemon = with_name(database, "CARD", &["StripePayment", "Mango"]).await;
    let bookingkit = daemon.stand_in.bookingkit();
    // Not known, then learned from one order, then found to mean several.
    bookingkit.put_order(paid_by("A", "Mango", &[]));
    delta(&daemon).await;
    assert_eq!(on(&daemon, "A", "CARD"), 2000);
    daemon.deliver(bookingkit.put_order(paid_by("B", "StripePayment", &[]))).await;
    bookingkit.put_order(paid_by("C", "Mango", &[]));
    delta(&daemon).await;
    fill(&daemon).await;
    assert_eq!((on(&daemon, "A", "StripePayment"), on(&daemon, "C", "StripePayment")), (2000, 2000));
    daemon.deliver(bookingkit.put_order(paid_by("D", "Mango", &[]))).await;
    delta(&daemon).await;
    fill(&daemon).await;
    // What was learned is taken back, also of the order that waited for it first.
    assert_eq!((on(&daemon, "A", "CARD"), on(&daemon, "C", "CARD")), (2000, 2000));
    assert_eq!(findings(&daemon, "payment_method_unmapped"), ["- -"]);
    assert_eq!(mutated(&daemon), Vec::<String>::new());
    for id in ["A", "C"] {
        daemon.deliver(paid_by(id, "Mango", &[]).to_string()).await;
        assert_eq!((on(&daemon, id, "CARD"), on(&daemon, id, "Mango")), (0, 2000), "{id}");
    }
    assert_eq!(mutated(&daemon), Vec::<String>::new());
    let events = daemon.states().len();
    delta(&daemon).await;
    fill(&daemon).await;
    assert_eq!(daemon.states().len(), events, "nothing is left to be corrected");
    let books = ticketledger::ledger::proof::rebuild::rebuild(daemon.database(), None, None, 10, |_, _| {});
    assert!(books.expect("a rebuild").iter().all(|book| book.is_identical()));
    daemon.finish().await;
});

on_both_engines!(a_method_that_a_webhook_told_stays_what_it_is, async |database| {
    // The API calls one method as webhooks call another one.
    let daemon = started_with(database, |museum| {
        museum.sweep.payment_methods.insert("Card".to_owned(), "StripePayment".to_owned());
    })
    .await;
    let bookingkit = daemon.stand_in.bookingkit();
    bookingkit.read_as(|readings| drop(readings.methods.insert("StripePayment".to_owned(), "Card".to_owned())));
    daemon.deliver(bookingkit.put_order(paid_by("A", "StripePayment", &[]))).await;
    daemon.deliver(bookingkit.put_order(paid_by("B", "StripePayment", &[]))).await;
    daemon.deliver(paid_by("C", "Card", &[]).to_string()).await;
    delta(&daemon).await;
    // Of the third a refund is lost: of its payment the webhook has told the method.
    let refund = json!({"id": "refund C", "payment_method": "StripePayment", "code": "", "value": -5, "type": "refund",
        "payment_date": "2025-11-11T12:30:00Z"});
    bookingkit.put_order(paid_by("C", "Card", &[("/payments/-", refund)]));
    assert_eq!(delta(&daemon).await.run.found, 1);
    fill(&daemon).await;
    assert_eq!((on(&daemon, "C", "Card"), on(&daemon, "C", "StripePayment")), (2000, -500));
    assert_eq!(mutated(&daemon), Vec::<String>::new());
    daemon.finish().await;
});

on_both_engines!(a_webhook_cannot_say_that_a_method_is_guessed, async |database| {
    let daemon = with_name(database, "PAYPAL", &["PayPal"]).await;
    let bookingkit = daemon.stand_in.bookingkit();
    let marked =
        |id: &str, method: &str| paid_by(id, method, &[("/payments/0/method_is_guessed", json!(true))]).to_string();
    daemon.deliver(marked("A", "PayPal")).await;
    daemon.deliver(marked("A", "Cash")).await;
    // One that is in the books by a sweep was guessed until its webhook came, and not after it.
    bookingkit.put_order(paid_by("B", "PayPal", &[]));
    delta(&daemon).await;
    daemon.deliver(marked("B", "Mango")).await;
    assert_eq!(mutated(&daemon).len(), 1);
    daemon.deliver(marked("B", "Cash")).await;
    let changed = ["A: PayPal → Cash", "B: Mango → Cash"].map(|line| {
        let (id, methods) = line.split_once(": ").expect("an order");
        format!(
            "{id}: payment payment {id} changed since it was first booked on 2025-11-11: method {methods}; ask the \
             provider why"
        )
    });
    assert_eq!(mutated(&daemon), changed);
    daemon.settle_again(database, "state IN ('done', 'superseded')").await;
    assert_eq!(mutated(&daemon), changed);
    // What a sweep finds while such a webhook waits knows the method from it.
    daemon.accepted("museum", marked("C", "PayPal")).await;
    let refund = json!({"id": "refund C", "payment_method": "PayPal", "code": "", "value": -5, "type": "refund",
        "payment_date": "2025-11-11T12:30:00Z"});
    bookingkit.put_order(paid_by("C", "PayPal", &[("/payments/-", refund)]));
    assert_eq!(delta(&daemon).await.run.found, 1);
    let guessed = |id: &str| {
        let newest =
            format!("SELECT doc AS line FROM order_snapshots WHERE order_id = '{id}' ORDER BY snapshot_no DESC");
        let snapshot: Value = serde_json::from_str(&daemon.lines(&newest)[0]).expect("JSON");
        snapshot["guessed_methods"].as_object().map(|guessed| guessed.keys().cloned().collect::<Vec<_>>())
    };
    assert_eq!((guessed("A"), guessed("B")), (None, Some(vec!["payment B".to_owned()])));
    assert_eq!(guessed("C"), Some(vec!["refund C".to_owned()]));
    daemon.finish().await;
});
