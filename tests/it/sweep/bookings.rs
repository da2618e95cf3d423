//! Ticketpark: bookings by the time of their change, in an order and a zone that nobody documents.

use chrono_tz::Europe::Zurich;
use ticketledger::demo::stand_in::{BookingExample, BookingMove, Fault, Listing};
use ticketledger::sweep::{RunResult, Span, SweepError};
use tokio::sync::watch;

use super::{decided, findings, started, summary, sweeper, swept};
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::db::TestDatabase;

fn put(daemon: &TestDaemon, pid: u64) -> String {
    let booking = BookingExample { pid, ..BookingExample::default() };
    daemon.stand_in.put_booking(&booking.pid(), booking.json());
    booking.pid()
}

async fn delta(daemon: &TestDaemon) -> ticketledger::sweep::Swept {
    let done = swept(daemon, "theatre", Span::Delta).await;
    daemon.settle().await;
    done
}

on_both_engines!(a_booking_that_no_webhook_told_is_fetched_like_any_other, async |database| {
    let daemon = started(database).await;
    let known = put(&daemon, 1);
    daemon.ticketpark("new-booking", serde_json::json!({ "booking_pid": known })).await;
    daemon.settle().await;
    put(&daemon, 2);
    assert_eq!(summary(&delta(&daemon).await), (RunResult::Repaired, None, 2, 1, 1));
    assert_eq!(daemon.states(), ["done", "done"]);
    assert_eq!(summary(&delta(&daemon).await), (RunResult::Clean, None, 2, 2, 0));
    // A cancelled booking is not confirmed any more.
    let gone = BookingExample { pid: 1, confirmation: false, ..BookingExample::default() };
    daemon.stand_in.put_booking("1", gone.json());
    assert_eq!(summary(&delta(&daemon).await).4, 1);
    daemon.clock.advance_milliseconds(16 * 60_000);
    delta(&daemon).await;
    assert_eq!(decided(&daemon), ["2 missed", "1 missed"]);
    assert_eq!(findings(&daemon, "missed_webhook").len(), 2);
    daemon.finish().await;
});

on_both_engines!(a_late_pointer_is_late, async |database| {
    let daemon = started(database).await;
    let pid = put(&daemon, 1);
    delta(&daemon).await;
    daemon.ticketpark("new-booking", serde_json::json!({ "booking_pid": pid })).await;
    daemon.settle().await;
    delta(&daemon).await;
    assert_eq!(decided(&daemon), ["1 late"]);
    daemon.finish().await;
});

/// A booking every half hour of a night in which the clocks change, and a sweep after each.
async fn through_the_night(database: &TestDatabase, zone: chrono_tz::Tz, night: &str) {
    let daemon = started(database).await;
    daemon.stand_in.read_as(|readings| (readings.zone, readings.refuses_gaps) = (zone, true));
    daemon.set_clock(night);
    for pid in 1..=14 {
        put(&daemon, pid);
        daemon.clock.advance_milliseconds(30 * 60_000);
        let done = delta(&daemon).await;
        assert!(done.run.result.is_complete(), "{:?}", done.run);
        let stored = daemon.lines(&format!("SELECT state AS line FROM inbox_events WHERE entity = 'booking:{pid}'"));
        assert_eq!(stored, ["done"], "{zone} {pid}");
    }
    daemon.finish().await;
}

on_both_engines!(a_server_that_reads_utc_tells_everything, async |database| {
    through_the_night(database, chrono_tz::UTC, "2026-03-28T23:30:00Z").await;
});

on_both_engines!(a_server_that_reads_local_times_tells_everything_in_spring, async |database| {
    through_the_night(database, Zurich, "2026-03-28T23:30:00Z").await;
});

on_both_engines!(a_server_that_reads_local_times_tells_everything_in_autumn, async |database| {
    through_the_night(database, Zurich, "2026-10-24T23:30:00Z").await;
});

on_both_engines!(a_list_without_an_order_is_walked_until_two_walks_agree, async |database| {
    let daemon = started(database).await;
    for pid in 1..=8 {
        put(&daemon, pid);
    }
    daemon.stand_in.read_as(|readings| readings.longest_page = 3);
    let done = delta(&daemon).await;
    assert_eq!((done.run.result, done.run.found, done.run.walk, done.run.pages), (RunResult::Repaired, 8, 2, 6));
    // One that comes in while it is read makes the walks differ once.
    let booking = BookingExample { pid: 9, ..BookingExample::default() };
    daemon.stand_in.before_pages([vec![], vec![], vec![], vec![BookingMove::Put("9".to_owned(), booking.json())]]);
    let done = delta(&daemon).await;
    assert!(done.run.result.is_complete() && done.run.walk == 3, "{:?}", done.run);
    assert_eq!(daemon.states().len(), 9);
    daemon.stand_in.read_as(|readings| readings.listing = Listing::Shuffled);
    let shuffled = delta(&daemon).await;
    assert_eq!(shuffled.run.found, 0);
    daemon.finish().await;
});

on_both_engines!(periods_cannot_be_asked_for, async |database| {
    let daemon = started(database).await;
    let (_stop, stopped) = watch::channel(false);
    let day = "2025-11-01".parse().expect("a day");
    let refused = sweeper(&daemon, "theatre").sweep(Span::Period { from: day, to: day }, &stopped, &|_| {}).await;
    assert!(matches!(refused, Err(SweepError::NoPeriods)));
    daemon.stand_in.script([Fault::Status { status: 409, retry_after: None }]);
    assert_eq!(summary(&delta(&daemon).await).1, Some("provider_refused"));
    daemon.finish().await;
});
