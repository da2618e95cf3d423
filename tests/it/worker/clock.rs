//! A clock that was ahead when something was put off, and is right again: nothing waits for a time that will not come.

use ticketledger::demo::stand_in::Fault;

use super::{announce, reads, start, status};
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;

const TWO_HOURS: i64 = 2 * 3_600_000;
/// The longest delay between attempts of a daemon under test, an hour and a quarter, and two leases: nothing that a
/// correct clock writes is further ahead.
const DAYS: i64 = 3 * 86_400_000;

/// Settles while the clock is ahead, and sets it right.
async fn settle_ahead(daemon: &TestDaemon, ahead: i64) {
    daemon.clock.set_milliseconds_ahead(ahead);
    announce(daemon, 1).await;
    daemon.settle().await;
    daemon.clock.set_milliseconds_ahead(-ahead);
}

on_both_engines!(an_attempt_that_a_wrong_clock_put_off_is_due_when_nothing_else_is, async |database| {
    let daemon = start(database).await;
    daemon.stand_in.script([Fault::Garbage]);
    settle_ahead(&daemon, DAYS).await;
    assert_eq!(daemon.states(), ["pending garbage_answer"]);
    daemon.settle().await;
    assert_eq!(daemon.states(), ["done"]);
    daemon.finish().await;
});

on_both_engines!(a_lease_that_a_wrong_clock_wrote_ends, async |database| {
    let daemon = start(database).await;
    daemon.clock.set_milliseconds_ahead(TWO_HOURS);
    announce(&daemon, 1).await;
    daemon.claim_and_die();
    daemon.clock.set_milliseconds_ahead(-TWO_HOURS);
    daemon.settle().await;
    assert_eq!(daemon.states(), ["done"]);
    daemon.finish().await;
});

on_both_engines!(what_is_put_off_with_a_correct_clock_is_left_alone, async |database| {
    let daemon = start(database).await;
    daemon.stand_in.script([status(429, Some("3600"))]);
    announce(&daemon, 1).await;
    daemon.settle().await;
    let before = reads(&daemon);
    daemon.settle().await;
    daemon.settle_after_seconds(3_500).await;
    assert_eq!((reads(&daemon), daemon.states()), (before, vec!["pending rate_limited".to_owned()]));
    daemon.settle_after_seconds(101).await;
    assert_eq!(daemon.states(), ["done"]);
    daemon.finish().await;
});

on_both_engines!(a_pause_of_a_source_is_as_long_as_it_is_whatever_the_clock_does, async |database| {
    let daemon = start(database).await;
    daemon.stand_in.script([status(429, Some("60"))]);
    settle_ahead(&daemon, DAYS).await;
    announce(&daemon, 2).await;
    daemon.settle_after_seconds(59).await;
    assert_eq!(reads(&daemon), 1, "the pause holds");
    daemon.settle_after_seconds(1).await;
    assert_eq!(daemon.states(), ["done", "done"]);
    daemon.finish().await;
});

on_both_engines!(a_burst_of_failures_that_is_over_costs_no_more_than_the_first_pause, async |database| {
    let daemon = start(database).await;
    // All that may be under way at once fail together.
    daemon.stand_in.script(vec![status(500, None); 8]);
    for pid in 1..9 {
        announce(&daemon, pid).await;
    }
    daemon.settle().await;
    assert_eq!(daemon.states(), vec!["pending provider_down"; 8]);
    daemon.settle_after_seconds(7).await;
    assert_eq!(daemon.states(), vec!["done"; 8], "5 s, and a quarter more by chance");
    daemon.finish().await;
});
