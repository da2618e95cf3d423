//! The past of an account, a month at a time.

use serde_json::{Value, json};
use ticketledger::demo::stand_in::Fault;
use ticketledger::sweep::{RunResult, Span, SweepError};
use tokio::sync::watch;

use super::{findings, order, started, started_with, sweeper, swept};
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;

fn past(id: &str, date: &str) -> Value {
    let paid = [("/date", json!(date)), ("/payment_date", json!(date)), ("/payments/0/payment_date", json!(date))];
    order(id, &paid)
}

fn put_past(daemon: &TestDaemon) {
    for (id, date) in [
        ("A", "2025-08-03T10:00:00Z"),
        ("B", "2025-08-31T21:59:00Z"),
        ("C", "2025-09-15T10:00:00Z"),
        ("D", "2025-11-01T10:00:00Z"),
    ] {
        daemon.stand_in.bookingkit().put_order(past(id, date));
    }
}

fn since(day: &str) -> Span {
    Span::History { since: Some(day.parse().expect("a day")) }
}

on_both_engines!(the_past_is_imported_the_oldest_first_and_nothing_of_it_is_missed, async |database| {
    let daemon = started(database).await;
    put_past(&daemon);
    let done = swept(&daemon, "museum", since("2025-08-01")).await;
    assert_eq!(
        (done.run.result, done.progress.history_next),
        (RunResult::Repaired, "2025-11-11".parse().ok()),
        "{:?}",
        done.run
    );
    daemon.settle().await;
    let events = daemon.lines("SELECT kind || ' ' || entity || ' ' || state AS line FROM inbox_events ORDER BY id");
    assert_eq!(events, ["A", "B", "C", "D"].map(|id| format!("history order:{id} done")));
    // All months together.
    let whole = (done.run.from_day, done.run.to_day, done.run.listed, done.run.found);
    assert_eq!(whole, ("2025-08-01".parse().ok(), "2025-11-30".parse().ok(), 4, 4));
    let months = daemon.lines("SELECT from_day || ' ' || found AS line FROM sweep_runs ORDER BY id");
    assert_eq!(months, ["2025-08-01 2", "2025-09-01 1", "2025-10-01 0", "2025-11-01 1"]);
    daemon.clock.advance_milliseconds(3_600_000);
    sweeper(&daemon, "museum").decide().await.expect("the database works");
    assert_eq!(findings(&daemon, "missed_webhook"), Vec::<String>::new());
    assert_eq!(done.progress.complete_until, None);
    // Once more finds nothing.
    swept(&daemon, "museum", since("2025-08-01")).await;
    assert_eq!(daemon.states().len(), 4);
    daemon.finish().await;
});

on_both_engines!(what_was_lost_since_the_first_webhook_is_missed_and_what_is_older_is_not, async |database| {
    let daemon = started(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    put_past(&daemon);
    // Going live: from now on webhooks come, and two of them are lost.
    let kept = daemon.accepted("museum", bookingkit.put_order(order("E", &[]))).await;
    daemon.settle().await;
    bookingkit.put_order(past("F", "2025-11-11T12:30:00Z"));
    let refund = crate::support::daemon::refund("2025-11-11T12:40:00Z");
    bookingkit.put_order(order("E", &[("/payments/-", refund)]));
    daemon.clock.advance_milliseconds(3_600_000);
    assert_eq!(swept(&daemon, "museum", since("2025-08-01")).await.run.found, 6);
    daemon.settle().await;
    daemon.clock.advance_milliseconds(3_600_000);
    sweeper(&daemon, "museum").decide().await.expect("the database works");
    assert_eq!(findings(&daemon, "missed_webhook"), ["E 1000", "F 2000"]);
    let history = format!("SELECT entity AS line FROM inbox_events WHERE kind = 'history' AND id > {kept} ORDER BY id");
    assert_eq!(daemon.lines(&history), ["A", "B", "C", "D"].map(|id| format!("order:{id}")));
    daemon.finish().await;
});

on_both_engines!(days_that_nothing_can_be_asked_for_are_refused, async |database| {
    let daemon = started(database).await;
    let (_stop, stopped) = watch::channel(false);
    let day = |text: &str| text.parse().expect("a day");
    let period = |from, to| Span::Period { from: day(from), to: day(to) };
    for (span, said) in [
        (since("2025-11-12"), "--since 2025-11-12 is in the future; today is 2025-11-11"),
        (since("1999-12-31"), "--since 1999-12-31 is before 2000"),
        (since("0025-01-01"), "--since 0025-01-01 is before 2000"),
        (period("2025-11-12", "2025-11-13"), "--from 2025-11-12 is in the future"),
        (period("0025-11-01", "2025-11-02"), "--from 0025-11-01 is before 2000"),
        (period("2025-11-02", "2025-11-01"), "--from 2025-11-02 is after --to 2025-11-01"),
    ] {
        let refused = sweeper(&daemon, "museum").sweep(span, &stopped, &|_| {}).await;
        let refused = refused.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.starts_with(said), "{refused}");
    }
    assert_eq!(daemon.stand_in.bookingkit().counts().requests, 0);
    assert!(swept(&daemon, "museum", since("2025-11-11")).await.run.result.is_complete());
    daemon.finish().await;
});

on_both_engines!(a_day_of_the_provider_that_is_not_ours_leaves_nothing_out, async |database| {
    let daemon = started(database).await;
    // By the clock of Berlin all are of October but the last; by that of UTC the first is of September.
    for (id, date) in [
        ("A", "2025-09-30T22:30:00Z"),
        ("B", "2025-10-31T22:30:00Z"),
        ("C", "2025-09-30T21:30:00Z"),
        ("D", "2025-10-31T23:30:00Z"),
    ] {
        daemon.stand_in.bookingkit().put_order(past(id, date));
    }
    let (from, to) = ("2025-10-01".parse().expect("a day"), "2025-10-31".parse().expect("a day"));
    assert_eq!(swept(&daemon, "museum", Span::Period { from, to }).await.run.listed, 2);
    let stored = daemon.lines("SELECT entity AS line FROM inbox_events ORDER BY entity");
    assert_eq!(stored, ["order:A", "order:B"]);
    daemon.settle().await;
    daemon.finish().await;
});

on_both_engines!(an_import_that_was_stopped_goes_on_where_it_was, async |database| {
    let daemon = started(database).await;
    put_past(&daemon);
    // Lists of August and September with their orders pass; October hangs.
    daemon.stand_in.bookingkit().script(std::iter::repeat_n(Fault::None, 8).chain([Fault::Hang]));
    let (sweeper, (stop, stopped)) = (sweeper(&daemon, "museum"), watch::channel(false));
    let sweep = tokio::spawn(async move { sweeper.sweep(since("2025-08-01"), &stopped, &|_| {}).await });
    daemon.stand_in.hanging(1).await;
    stop.send_replace(true);
    let ended = sweep.await.expect("no panic").expect("the database works");
    daemon.stand_in.release();
    assert_eq!(ended.run.result, RunResult::Stopped);
    assert_eq!(ended.progress.history_next, "2025-10-01".parse().ok());
    let done = swept(&daemon, "museum", Span::History { since: None }).await;
    // What is told is all that was asked for since.
    assert!(done.run.result.is_complete() && done.run.from_day == "2025-10-01".parse().ok());
    assert_eq!(daemon.lines("SELECT entity AS line FROM inbox_events ORDER BY id").len(), 4);
    daemon.finish().await;
});

on_both_engines!(the_budget_of_the_past_is_its_own, async |database| {
    let daemon = started_with(database, |museum| museum.sweep.history_budget = 3).await;
    put_past(&daemon);
    let ended = swept(&daemon, "museum", since("2025-08-01")).await;
    assert_eq!((ended.run.result, ended.run.requests), (RunResult::OverBudget, 3));
    assert!(swept(&daemon, "museum", Span::Delta).await.run.result.is_complete());
    daemon.finish().await;
});

on_both_engines!(what_nobody_said_where_to_begin_is_refused, async |database| {
    let daemon = started(database).await;
    let (_stop, stopped) = watch::channel(false);
    let refused = sweeper(&daemon, "museum").sweep(Span::History { since: None }, &stopped, &|_| {}).await;
    assert!(matches!(refused, Err(SweepError::NoHistory(_))));
    daemon.finish().await;
});

on_both_engines!(the_book_opens_with_the_past, async |database| {
    let daemon = started_with(database, |museum| museum.books_from = "2025-11-01".parse().ok()).await;
    put_past(&daemon);
    swept(&daemon, "museum", since("2025-08-01")).await;
    daemon.settle().await;
    let kinds = daemon.lines("SELECT kind || ' ' || COUNT(*) AS line FROM journal_entries GROUP BY kind ORDER BY kind");
    assert_eq!(kinds, ["opening 9", "post 3"]);
    daemon.finish().await;
});

on_both_engines!(a_dry_run_walks_all_the_months_and_forgets_nothing, async |database| {
    let daemon = started(database).await;
    put_past(&daemon);
    let (_stop, stopped) = watch::channel(false);
    let dry = async || {
        let sweeper = sweeper(&daemon, "museum").dry_run();
        sweeper.sweep(since("2025-08-01"), &stopped, &|_| {}).await.expect("it works")
    };
    let before = dry().await;
    assert_eq!((before.run.from_day, before.run.to_day), ("2025-08-01".parse().ok(), "2025-11-30".parse().ok()));
    assert_eq!((before.differing, before.differences.len(), before.progress.history_next), (4, 4, None));
    swept(&daemon, "museum", since("2025-09-01")).await;
    let after = dry().await;
    assert_eq!((after.differing, after.progress.history_next), (2, "2025-11-11".parse().ok()));
    daemon.settle().await;
    daemon.finish().await;
});

on_both_engines!(the_past_is_walked_again_from_the_same_day_once_it_was_imported, async |database| {
    let daemon = started(database).await;
    put_past(&daemon);
    assert_eq!(swept(&daemon, "museum", since("2025-08-01")).await.run.found, 4);
    daemon.settle().await;
    daemon.stand_in.bookingkit().put_order(past("E", "2025-08-20T10:00:00Z"));
    for (found, result) in [(1, RunResult::Repaired), (0, RunResult::Clean)] {
        let again = swept(&daemon, "museum", since("2025-08-01")).await;
        assert_eq!((again.run.result, again.run.listed, again.run.found), (result, 5, found));
        assert_eq!(again.run.from_day, "2025-08-01".parse().ok());
        daemon.settle().await;
    }
    // One that failed is done once it came to its end.
    daemon.stand_in.bookingkit().script([Fault::Status { status: 403, retry_after: None }]);
    let stopped = swept(&daemon, "museum", since("2025-08-01")).await;
    assert_eq!(stopped.run.result, RunResult::Failed);
    assert_eq!(swept(&daemon, "museum", since("2025-08-01")).await.run.listed, 5);
    daemon.finish().await;
});

on_both_engines!(a_month_that_the_provider_calls_used_up_is_used_up_for_the_past_too, async |database| {
    let daemon = started(database).await;
    put_past(&daemon);
    daemon.stand_in.bookingkit().script([Fault::MonthUsedUp]);
    assert_eq!(swept(&daemon, "museum", Span::Delta).await.run.result, RunResult::OverBudget);
    let past = swept(&daemon, "museum", since("2025-08-01")).await;
    assert_eq!((past.run.result, past.run.requests), (RunResult::OverBudget, 0));
    daemon.clock.advance_milliseconds(31 * 24 * 3_600_000);
    assert_eq!(swept(&daemon, "museum", since("2025-08-01")).await.run.found, 4);
    daemon.finish().await;
});
