//! What is due when.

use ticketledger::sweep::{RunKind, RunResult, Span, schedule};
use tokio::sync::watch;

use super::{order, started, started_with, swept};
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;

fn due(daemon: &TestDaemon, source: &str) -> Option<Span> {
    let source = daemon.config().source(source).expect("a source");
    let now = daemon.clock.now();
    schedule::due(&mut daemon.database().reader().expect("a connection"), source, now).expect("the database works")
}

async fn sweep_due(daemon: &TestDaemon) -> Option<(RunKind, RunResult)> {
    let source = daemon.config().source("museum").expect("a source").clone();
    let (_stop, stopped) = watch::channel(false);
    let swept = schedule::sweep_due(daemon.database(), &daemon.clock, &source, None, &stopped).await;
    swept.expect("the database works").map(|swept| (swept.run.kind, swept.run.result))
}

on_both_engines!(changes_are_asked_for_every_ten_minutes_and_each_night_once_more, async |database| {
    let daemon = started(database).await;
    // It is noon, and nothing was walked tonight.
    assert_eq!(sweep_due(&daemon).await, Some((RunKind::Nightly, RunResult::Clean)));
    assert_eq!(due(&daemon, "museum"), None);
    daemon.clock.advance_milliseconds(8 * 60_000);
    assert_eq!(due(&daemon, "museum"), None);
    daemon.clock.advance_milliseconds(4 * 60_000);
    assert_eq!(sweep_due(&daemon).await, Some((RunKind::Delta, RunResult::Clean)));
    daemon.set_clock("2025-11-12T01:59:00Z");
    assert_eq!(due(&daemon, "museum"), Some(Span::Delta));
    daemon.set_clock("2025-11-12T02:00:00Z");
    assert_eq!(sweep_due(&daemon).await, Some((RunKind::Nightly, RunResult::Clean)));
    assert_eq!(due(&daemon, "museum"), None);
    daemon.finish().await;
});

on_both_engines!(the_month_before_is_walked_from_the_second_on, async |database| {
    let daemon = started(database).await;
    assert_eq!(sweep_due(&daemon).await, Some((RunKind::Nightly, RunResult::Clean)));
    daemon.set_clock("2025-12-02T12:00:00Z");
    assert_eq!(sweep_due(&daemon).await, Some((RunKind::Period, RunResult::Clean)));
    assert_eq!(due(&daemon, "museum"), Some(Span::Nightly));
    // In which zone the provider counts days is not known.
    let asked = daemon.stand_in.bookingkit().counts().queries.last().cloned().expect("a query");
    assert!(asked.contains("start_date=2025-10-31&end_date=2025-12-01"), "{asked}");
    daemon.finish().await;
});

on_both_engines!(without_an_api_or_a_time_nothing_is_due, async |database| {
    let daemon = started_with(database, |museum| museum.sweep.every_milliseconds = 0).await;
    assert_eq!(due(&daemon, "museum"), None);
    assert_eq!(due(&daemon, "theatre"), Some(Span::Nightly));
    daemon.finish().await;
    let daemon = TestDaemon::start(database).await;
    assert_eq!(due(&daemon, "museum"), None);
    daemon.finish().await;
});

on_both_engines!(what_only_the_night_finds_shows_that_changes_are_not_told, async |database| {
    let daemon = started(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    assert!(swept(&daemon, "museum", Span::Delta).await.run.result.is_complete());
    daemon.set_clock("2025-11-11T12:30:00Z");
    assert!(swept(&daemon, "museum", Span::Delta).await.run.result.is_complete());
    // It became visible only now, and is dated long before.
    bookingkit.put_order_at(
        order("A", &[]),
        ticketledger::clock::Timestamp::parse("2025-11-11T12:05:00Z").expect("an instant"),
    );
    daemon.set_clock("2025-11-11T18:00:00Z");
    assert!(swept(&daemon, "museum", Span::Delta).await.run.result.is_complete());
    let found = swept(&daemon, "museum", Span::Nightly).await;
    assert_eq!((found.run.kind, found.run.found), (RunKind::Nightly, 1));
    assert_eq!(super::findings(&daemon, "delta_unreliable"), ["- -"]);
    daemon.settle().await;
    daemon.finish().await;
});
