//! Answers that are no list: some of them say that there is nothing, and none makes a failed run look like a clean one.

use serde_json::json;
use ticketledger::demo::stand_in::{BookingExample, Fault};
use ticketledger::sweep::{RunResult, Span};

use super::{delta, order, started, summary, swept};
use crate::on_both_engines;

const NOTHING: Fault = Fault::Says("{}");
const FAILED: (RunResult, Option<&str>, i64, i64, i64) = (RunResult::Failed, Some("unreadable"), 0, 0, 0);

on_both_engines!(an_empty_object_is_an_empty_page_once_the_provider_has_shown_that_it_lists, async |database| {
    let daemon = started(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    // Nothing is known, and the provider has nothing.
    bookingkit.script([NOTHING]);
    assert_eq!(summary(&delta(&daemon).await), (RunResult::Clean, None, 0, 0, 0));
    let long_ago = order("A", &[("/date", json!("2025-10-01T10:00:00Z"))]);
    daemon.deliver(bookingkit.put_order(long_ago)).await;
    daemon.clock.advance_milliseconds(3 * 3_600_000);
    bookingkit.script([NOTHING]);
    let clean = delta(&daemon).await;
    assert_eq!((summary(&clean), clean.run.requests), ((RunResult::Clean, None, 0, 0, 0), 2));
    assert_eq!(clean.progress.complete_until, clean.run.started_at);
    // It says so whatever it is asked.
    daemon.clock.advance_milliseconds(600_000);
    for answers in [[NOTHING, NOTHING], [NOTHING, Fault::Says("[]")], [NOTHING, Fault::Says("null")]] {
        bookingkit.script(answers);
        let failed = delta(&daemon).await;
        assert_eq!(summary(&failed), FAILED);
        assert_eq!(failed.progress.complete_until, clean.progress.complete_until);
    }
    for answer in ["null", "\"\"", "{\"orders\":[]}", "[{}]", "{\"error\":\"maintenance\"}", "0", "[[]]"] {
        bookingkit.script([Fault::Says(answer)]);
        assert_eq!(delta(&daemon).await.run.result, RunResult::Failed, "{answer}");
    }
    for fault in [Fault::Empty, Fault::Garbage, Fault::Truncated, Fault::Cut] {
        bookingkit.script([fault.clone()]);
        assert_eq!(delta(&daemon).await.run.result, RunResult::Failed, "{fault:?}");
    }
    assert_eq!(delta(&daemon).await.run.result, RunResult::Clean);
    // A month of the past.
    bookingkit.script([NOTHING]);
    let (from, to) = ("2025-09-01".parse().expect("a day"), "2025-09-30".parse().expect("a day"));
    assert_eq!(summary(&swept(&daemon, "museum", Span::Period { from, to }).await), (RunResult::Clean, None, 0, 0, 0));
    daemon.finish().await;
});

on_both_engines!(payments_that_are_an_empty_object_take_nothing_back, async |database| {
    let daemon = started(database).await;
    let bookingkit = daemon.stand_in.bookingkit();
    daemon.deliver(bookingkit.put_order(order("A", &[]))).await;
    bookingkit.script([Fault::None, NOTHING]);
    assert_eq!(summary(&delta(&daemon).await), (RunResult::Clean, None, 1, 1, 0));
    assert_eq!(daemon.balances_of("A").get("assets:clearing:StripeBankWire"), Some(&2000));
    daemon.finish().await;
});

on_both_engines!(an_empty_list_of_bookings_may_be_told_in_any_way, async |database| {
    let daemon = started(database).await;
    let booking = BookingExample { pid: 1, ..BookingExample::default() };
    daemon.stand_in.put_booking(&booking.pid(), booking.json());
    daemon.ticketpark("new-booking", json!({ "booking_pid": booking.pid() })).await;
    daemon.settle().await;
    daemon.clock.advance_milliseconds(24 * 3_600_000);
    let not_found = Fault::Status { status: 404, retry_after: None };
    let no_content = Fault::Status { status: 204, retry_after: None };
    let mut complete = None;
    for answer in [NOTHING, Fault::Empty, not_found.clone(), no_content] {
        daemon.clock.advance_milliseconds(24 * 3_600_000);
        daemon.stand_in.script([answer.clone()]);
        let clean = swept(&daemon, "theatre", Span::Delta).await;
        assert_eq!((summary(&clean), clean.run.requests), ((RunResult::Clean, None, 0, 0, 0), 2), "{answer:?}");
        assert!(clean.progress.complete_until > complete);
        complete = clean.progress.complete_until;
    }
    for (answers, error) in [
        ([NOTHING, NOTHING], "unreadable"),
        ([Fault::Empty, Fault::Empty], "unreadable"),
        ([not_found.clone(), not_found.clone()], "not_found"),
        ([Fault::Empty, Fault::Says("[]")], "unreadable"),
    ] {
        daemon.stand_in.script(answers);
        let failed = swept(&daemon, "theatre", Span::Delta).await;
        assert_eq!((failed.run.result, failed.run.error.as_deref()), (RunResult::Failed, Some(error)));
        assert_eq!(failed.progress.complete_until, complete);
    }
    for fault in [Fault::Garbage, Fault::Truncated, Fault::Cut, Fault::Says("null")] {
        daemon.stand_in.script([fault.clone()]);
        let failed = swept(&daemon, "theatre", Span::Nightly).await;
        assert_eq!(failed.run.result, RunResult::Failed, "{fault:?}");
    }
    daemon.finish().await;
});
