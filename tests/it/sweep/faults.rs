//! What the provider does wrong: a run that failed never looks like a clean one.

use serde_json::json;
use ticketledger::demo::stand_in::Fault;
use ticketledger::sweep::RunResult;

use super::{delta, findings, order, started, started_with, summary};
use crate::on_both_engines;

on_both_engines!(a_limit_with_a_time_is_waited_for_and_one_without_ends_the_run, async |database| {
    let daemon = started(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    let limited =
        |retry_after: Option<&str>| Fault::Status { status: 429, retry_after: retry_after.map(str::to_owned) };
    bookingkit.script([limited(Some("0"))]);
    assert_eq!(summary(&delta(&daemon).await), (RunResult::Clean, None, 0, 0, 0));
    bookingkit.script([limited(None)]);
    let failed = delta(&daemon).await;
    assert_eq!(summary(&failed), (RunResult::Failed, Some("rate_limited"), 0, 0, 0));
    // Nothing is asked for until the pause is over.
    let before = bookingkit.counts().requests;
    assert_eq!(summary(&delta(&daemon).await).1, Some("rate_limited"));
    assert_eq!(bookingkit.counts().requests, before);
    daemon.clock.advance_milliseconds(300_000);
    assert_eq!(summary(&delta(&daemon).await).0, RunResult::Clean);
    daemon.finish().await;
});

on_both_engines!(a_pause_of_hours_is_heeded_to_its_end, async |database| {
    let daemon = started(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    bookingkit.script([Fault::Status { status: 429, retry_after: Some("18000".to_owned()) }]);
    let failed = delta(&daemon).await;
    let until = failed.run.asked_at.plus_milliseconds(5 * 3_600_000);
    assert_eq!(failed.progress.not_before, Some(until));
    daemon.clock.advance_milliseconds(4 * 3_600_000);
    let before = bookingkit.counts().requests;
    let waits = delta(&daemon).await;
    assert_eq!((summary(&waits).1, waits.progress.not_before), (Some("rate_limited"), Some(until)));
    let detail = waits.run.detail.unwrap_or_default();
    assert!(detail.contains("HTTP status 429") && detail.contains("nothing is asked before"), "{detail}");
    assert_eq!(bookingkit.counts().requests, before);
    daemon.clock.advance_milliseconds(3_600_001);
    assert_eq!(summary(&delta(&daemon).await).0, RunResult::Clean);
    daemon.finish().await;
});

on_both_engines!(a_failure_moves_nothing, async |database| {
    let daemon = started(database).await;
    let complete = delta(&daemon).await.progress.complete_until;
    assert!(complete.is_some());
    daemon.clock.advance_milliseconds(600_000);
    let failures = [
        (Fault::Status { status: 500, retry_after: None }, "provider_down"),
        (Fault::Garbage, "garbage_answer"),
        (Fault::Empty, "garbage_answer"),
        (Fault::Truncated, "garbage_answer"),
        (Fault::Drop, "provider_down"),
        (Fault::Status { status: 404, retry_after: None }, "not_found"),
        (Fault::Status { status: 403, retry_after: None }, "token_refused"),
    ];
    for (fault, error) in failures {
        daemon.stand_in.bookingkit().script([fault]);
        let failed = delta(&daemon).await;
        assert_eq!(summary(&failed), (RunResult::Failed, Some(error), 0, 0, 0));
        assert_eq!(failed.progress.complete_until, complete);
    }
    let done = delta(&daemon).await;
    assert!(done.run.result == RunResult::Clean && done.progress.complete_until > complete);
    daemon.finish().await;
});

on_both_engines!(the_earlier_of_two_clocks_counts, async |database| {
    let daemon = started(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    bookingkit.read_as(|readings| readings.date_ahead_milliseconds = 3_600_000);
    let ahead = delta(&daemon).await;
    assert_eq!(ahead.progress.complete_until, Some(ahead.run.asked_at));
    assert_eq!(findings(&daemon, "provider_clock_differs"), ["- -"]);
    bookingkit.read_as(|readings| readings.date_ahead_milliseconds = -3_600_000);
    daemon.clock.advance_milliseconds(4 * 3_600_000);
    let behind = delta(&daemon).await;
    let hour_before = behind.run.asked_at.plus_milliseconds(-3_600_000);
    assert_eq!(behind.progress.complete_until, Some(hour_before));
    bookingkit.read_as(|readings| (readings.date_ahead_milliseconds, readings.dated) = (0, false));
    let undated = delta(&daemon).await;
    assert_eq!(undated.progress.complete_until, Some(undated.run.asked_at));
    assert_eq!(findings(&daemon, "provider_clock_differs"), Vec::<String>::new());
    daemon.finish().await;
});

on_both_engines!(a_change_that_becomes_visible_late_is_within_the_overlap, async |database| {
    let daemon = started(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    delta(&daemon).await;
    bookingkit.read_as(|readings| readings.lag_milliseconds = 90_000);
    bookingkit.put_order(order("A", &[]));
    daemon.clock.advance_milliseconds(60_000);
    assert_eq!(summary(&delta(&daemon).await), (RunResult::Clean, None, 0, 0, 0));
    daemon.clock.advance_milliseconds(600_000);
    assert_eq!(summary(&delta(&daemon).await), (RunResult::Repaired, None, 1, 0, 1));
    daemon.finish().await;
});

on_both_engines!(the_budget_ends_a_run_and_says_so, async |database| {
    let daemon = started_with(database, |museum| museum.sweep.budget = 4).await;
    let bookingkit = daemon.stand_in.bookingkit();
    for id in ["A", "B", "C"] {
        bookingkit.put_order(order(id, &[]));
    }
    let done = delta(&daemon).await;
    assert_eq!((done.run.result, done.run.requests, done.progress.complete_until), (RunResult::OverBudget, 4, None));
    assert_eq!(findings(&daemon, "budget_exhausted"), ["- -"]);
    assert_eq!(delta(&daemon).await.run.requests, 0);
    // On the second of the next month it is a new one.
    daemon.set_clock("2025-12-02T00:00:00Z");
    daemon.stand_in.bookingkit().remove_order("B");
    daemon.stand_in.bookingkit().remove_order("C");
    assert!(delta(&daemon).await.run.result.is_complete());
    assert_eq!(findings(&daemon, "budget_exhausted"), Vec::<String>::new());
    daemon.finish().await;
});

on_both_engines!(a_month_that_is_used_up_at_the_provider_is_not_asked_for_again, async |database| {
    let daemon = started(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    bookingkit.script([Fault::MonthUsedUp]);
    assert_eq!(summary(&delta(&daemon).await).0, RunResult::OverBudget);
    let before = bookingkit.counts().requests;
    let said = |daemon: &crate::support::daemon::TestDaemon| {
        daemon
            .lines("SELECT evidence AS line FROM findings WHERE reason = 'budget_exhausted' AND state = 'open'")
            .concat()
    };
    let first = said(&daemon);
    assert!(first.contains("used up at the provider"), "{first}");
    daemon.set_clock("2025-11-30T23:00:00Z");
    let again = delta(&daemon).await;
    assert_eq!(summary(&again).0, RunResult::OverBudget);
    assert!(again.run.detail.unwrap_or_default().contains("used up at the provider"));
    assert_eq!(said(&daemon), first);
    assert_eq!(bookingkit.counts().requests, before);
    daemon.set_clock("2025-12-01T00:30:00Z");
    assert_eq!(summary(&delta(&daemon).await).0, RunResult::Clean);
    daemon.finish().await;
});

on_both_engines!(payments_that_cannot_be_read_are_not_taken_for_known, async |database| {
    let daemon = started(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    daemon.deliver(bookingkit.put_order(order("A", &[]))).await;
    bookingkit.put_order(order("A", &[("/payments/0", json!({}))]));
    assert_eq!(summary(&delta(&daemon).await).4, 1);
    let states = daemon.lines("SELECT kind || ' ' || state AS line FROM inbox_events ORDER BY id DESC LIMIT 1");
    assert_eq!(states, ["sweep parked"]);
    assert_eq!(daemon.balances_of("A").get("assets:clearing:StripeBankWire"), Some(&2000));
    assert_eq!(summary(&delta(&daemon).await).0, RunResult::Clean);
    daemon.finish().await;
});
