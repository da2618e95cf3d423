//! One order after another: what is found, what is late, what is missed.

use serde_json::json;
use ticketledger::sweep::{RunResult, Span};

use super::{decided, delta, findings, order, started, started_with, summary, swept};
use crate::on_both_engines;
use crate::support::daemon::{expected, refund};

on_both_engines!(a_webhook_that_never_came_is_found_and_booked, async |database| {
    let daemon = started(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    daemon.deliver(bookingkit.put_order(order("A", &[]))).await;
    bookingkit.put_order(order("B", &[]));
    assert_eq!(summary(&delta(&daemon).await), (RunResult::Repaired, None, 2, 1, 1));
    assert_eq!(
        daemon.balances_of("B"),
        expected([("assets:clearing:StripeBankWire", 2000), ("income:tickets", -1680), ("liabilities:vat:1900", -320)])
    );
    // The title and the date of the event are not told by the API, and are not lost where they are known.
    assert_eq!(summary(&delta(&daemon).await), (RunResult::Clean, None, 2, 2, 0));
    assert_eq!(decided(&daemon), ["B -"]);
    daemon.clock.advance_milliseconds(16 * 60_000);
    assert_eq!(summary(&delta(&daemon).await).0, RunResult::Clean);
    assert_eq!(decided(&daemon), ["B missed"]);
    assert_eq!(findings(&daemon, "missed_webhook"), ["B 2000"]);
    // Settling the order again leaves the finding alone.
    let refunded = order("B", &[("/payments/-", refund("2025-11-11T13:00:00Z"))]);
    daemon.deliver(bookingkit.put_order(refunded)).await;
    assert_eq!(findings(&daemon, "missed_webhook"), ["B 2000"]);
    daemon.finish().await;
});

on_both_engines!(a_webhook_that_comes_within_the_grace_is_late, async |database| {
    let daemon = started(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    let late = bookingkit.put_order(order("A", &[]));
    bookingkit.put_order(order("B", &[]));
    assert_eq!(summary(&delta(&daemon).await).4, 2);
    daemon.deliver(late).await;
    daemon.deliver(bookingkit.put_order(order("B", &[("/payments/-", refund("2025-11-11T13:00:00Z"))]))).await;
    assert_eq!(summary(&delta(&daemon).await), (RunResult::Clean, None, 2, 2, 0));
    assert_eq!(decided(&daemon), ["A late", "B -"]);
    daemon.clock.advance_milliseconds(16 * 60_000);
    delta(&daemon).await;
    assert_eq!(decided(&daemon), ["A late", "B replaced"]);
    assert_eq!(findings(&daemon, "missed_webhook"), Vec::<String>::new());
    let counted =
        "SELECT found || ' ' || found_missed || ' ' || found_late AS line FROM sweep_runs ORDER BY id LIMIT 1";
    assert_eq!(daemon.lines(counted), ["2 0 1"]);
    daemon.finish().await;
});

on_both_engines!(a_webhook_that_comes_after_the_grace_is_missed_whenever_the_next_sweep_runs, async |database| {
    let daemon = started(database).await;
    let late = daemon.stand_in.bookingkit().put_order(order("A", &[]));
    delta(&daemon).await;
    daemon.settle().await;
    daemon.clock.advance_milliseconds(16 * 60_000);
    daemon.deliver(late).await;
    delta(&daemon).await;
    assert_eq!(decided(&daemon), ["A missed"]);
    daemon.finish().await;
});

on_both_engines!(what_was_missed_and_is_parked_is_not_said_to_be_in_the_books, async |database| {
    let daemon = started(database).await;
    daemon.stand_in.bookingkit().put_order(order("A", &[("/tickets/0/id", json!(null))]));
    delta(&daemon).await;
    daemon.settle().await;
    daemon.clock.advance_milliseconds(16 * 60_000);
    delta(&daemon).await;
    assert_eq!(findings(&daemon, "missed_webhook"), ["A 2000"]);
    let told = &daemon.lines("SELECT evidence AS line FROM findings WHERE reason = 'missed_webhook'")[0];
    assert!(told.contains("it is parked") && told.contains("inbox replay 1") && !told.contains("nothing is"), "{told}");
    daemon.finish().await;
});

on_both_engines!(what_waits_in_the_inbox_is_not_missed, async |database| {
    let daemon = started(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    daemon.accepted("museum", bookingkit.put_order(order("A", &[]))).await;
    assert_eq!(summary(&swept(&daemon, "museum", Span::Delta).await), (RunResult::Clean, None, 1, 1, 0));
    // Found twice before it is settled, it is stored once.
    bookingkit.put_order(order("B", &[]));
    assert_eq!(summary(&swept(&daemon, "museum", Span::Delta).await), (RunResult::Repaired, None, 2, 1, 1));
    assert_eq!(summary(&swept(&daemon, "museum", Span::Delta).await), (RunResult::Clean, None, 2, 2, 0));
    daemon.settle().await;
    assert_eq!(summary(&delta(&daemon).await).0, RunResult::Clean);
    daemon.finish().await;
});

on_both_engines!(only_a_payment_that_was_missed_is_found, async |database| {
    let daemon = started(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    daemon.deliver(bookingkit.put_order(order("A", &[]))).await;
    bookingkit.put_order(order("A", &[("/payments/-", refund("2025-11-11T13:00:00Z"))]));
    assert_eq!(summary(&delta(&daemon).await), (RunResult::Repaired, None, 1, 0, 1));
    assert_eq!(daemon.balances_of("A").get("assets:clearing:StripeBankWire"), Some(&1000));
    daemon.finish().await;
});

on_both_engines!(payments_are_read_only_of_what_changed_if_so_set, async |database| {
    let daemon = started_with(database, |museum| museum.sweep.each_payment = false).await;
    let bookingkit = daemon.stand_in.bookingkit();
    daemon.deliver(bookingkit.put_order(order("A", &[]))).await;
    assert_eq!(summary(&delta(&daemon).await), (RunResult::Clean, None, 1, 1, 0));
    assert_eq!(bookingkit.counts().requests, 1);
    daemon.finish().await;
});

on_both_engines!(an_order_of_which_the_api_has_no_payments_keeps_its_cash, async |database| {
    let daemon = started(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    daemon.deliver(bookingkit.put_order(order("A", &[]))).await;
    // The order is listed and cannot be read alone yet: neither it nor its payments.
    bookingkit.read_as(|readings| readings.fresh_milliseconds = 3_600_000);
    bookingkit.put_order(order("A", &[("/status", json!("CANCELLED"))]));
    assert_eq!(summary(&delta(&daemon).await).4, 1);
    assert_eq!(daemon.balances_of("A").get("assets:clearing:StripeBankWire"), Some(&2000));
    assert_eq!(daemon.column("v_order_balance", "status"), ["cancelled"]);
    daemon.finish().await;
});

on_both_engines!(an_order_that_cannot_be_read_parks_once, async |database| {
    let daemon = started(database).await;
    daemon.stand_in.bookingkit().put_order(order("A", &[("/status", json!("STRANGE"))]));
    assert_eq!(summary(&delta(&daemon).await).4, 1);
    assert_eq!(daemon.states(), ["parked unknown_status"]);
    assert_eq!(summary(&delta(&daemon).await).4, 0);
    daemon.clock.advance_milliseconds(16 * 60_000);
    delta(&daemon).await;
    assert_eq!(findings(&daemon, "missed_webhook"), ["A 2000"]);
    daemon.finish().await;
});

on_both_engines!(an_older_copy_never_wins_over_a_webhook, async |database| {
    let daemon = started(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    daemon.deliver(bookingkit.put_order(order("A", &[]))).await;
    // The API lags: it still tells the state before.
    let paid_back = order("A", &[("/payments/-", refund("2025-11-11T13:00:00Z"))]);
    let webhook = bookingkit.put_order(order("A", &[("/comment", json!("changed"))]));
    drop(webhook);
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let sweeper = super::sweeper(&daemon, "museum");
    // The list is answered, and the payments hang; meanwhile a webhook tells of the refund.
    bookingkit.script([ticketledger::demo::stand_in::Fault::None, ticketledger::demo::stand_in::Fault::Hang]);
    let sweep = tokio::spawn(async move { sweeper.sweep(Span::Delta, &stopped, &|_| {}).await.expect("it works") });
    daemon.stand_in.hanging(1).await;
    daemon.accepted("museum", paid_back.to_string()).await;
    daemon.stand_in.release();
    let done = sweep.await.expect("no panic");
    daemon.settle().await;
    assert!(done.run.result.is_complete());
    // At the provider the refund does not exist (yet): the next run says so, and that is then the truth of the API.
    assert_eq!(daemon.balances_of("A").get("assets:clearing:StripeBankWire"), Some(&1000));
    daemon.finish().await;
});
