//! Every order in which webhooks, sweeps and losses of two states of an order can come: what is missed is counted once,
//! and what came is not missed.

use serde_json::Value;
use ticketledger::sweep::Span;

use super::{decided, findings, order, started, sweeper, swept};
use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, refund};
use crate::support::db::TestDatabase;

/// The first state of the order, and the second, which paid half of it back.
fn states() -> [Value; 2] {
    [order("A", &[]), order("A", &[("/payments/-", refund("2025-11-11T12:30:00Z"))])]
}

/// What happens, one after another: `1` and `2` the order is changed at the provider, `a` and `b` the webhook of that
/// state arrives, `s` a sweep, `.` the grace passes, `r` all that was stored is worked on once more.
async fn play(database: &TestDatabase, story: &str) -> TestDaemon {
    let daemon = started(database).await;
    let [first, second] = states();
    for step in story.chars() {
        match step {
            '1' => drop(daemon.stand_in.bookingkit().put_order(first.clone())),
            '2' => drop(daemon.stand_in.bookingkit().put_order(second.clone())),
            'a' => drop(daemon.deliver(first.to_string()).await),
            'b' => drop(daemon.deliver(second.to_string()).await),
            's' => {
                swept(&daemon, "museum", Span::Delta).await;
                daemon.settle().await;
            }
            '.' => {
                daemon.clock.advance_milliseconds(20 * 60_000);
                sweeper(&daemon, "museum").decide().await.expect("the database works");
            }
            'r' => daemon.settle_again(database, "state IN ('done', 'superseded')").await,
            _ => panic!("{story}: {step}"),
        }
        daemon.clock.advance_milliseconds(60_000);
    }
    // Whatever happened, two runs later all is told.
    for _ in 0..2 {
        daemon.clock.advance_milliseconds(16 * 60_000);
        swept(&daemon, "museum", Span::Nightly).await;
        daemon.settle().await;
    }
    daemon.clock.advance_milliseconds(16 * 60_000);
    sweeper(&daemon, "museum").decide().await.expect("the database works");
    daemon
}

on_both_engines!(what_is_missed_is_counted_once_in_every_order, async |database| {
    for (story, missed) in [
        // Nothing is lost.
        ("1a2b", 0),
        ("1as2bs", 0),
        ("1sa2sb", 0),
        // A state that a newer webhook replaced leaves no gap.
        ("12b", 0),
        ("12sb", 0),
        ("1s2b", 0),
        // The second is lost.
        ("1a2", 1),
        ("1a2s", 1),
        ("1a2s.s", 1),
        ("12s", 1),
        // Both are.
        ("1s.2s", 2),
        // The first overtakes the second.
        ("12ba", 0),
        ("12bas", 0),
        ("12sba", 0),
        ("12sab", 0),
        ("12sasb", 0),
        ("1a2sbas", 0),
        ("12s.ba", 1),
        // The first comes late, and the second never.
        ("12sa", 1),
        ("12sas", 1),
        ("12s.sas", 1),
        ("12s.sas.s", 1),
        ("12sa.s", 1),
        // What is worked on once more changes nothing.
        ("1a2br", 0),
        ("12bars", 0),
        ("12sarsr", 1),
    ] {
        let other = TestDatabase::new(database.engine).expect("a database");
        let daemon = play(&other, story).await;
        assert_eq!(findings(&daemon, "missed_webhook").len(), missed, "{story}: {:?}", decided(&daemon));
        let found = decided(&daemon).into_iter().filter(|line| line.ends_with(" missed")).count();
        assert_eq!(found, missed, "{story}: {:?}", decided(&daemon));
        assert!(!decided(&daemon).iter().any(|line| line.ends_with(" -")), "{story}: {:?}", decided(&daemon));
        // The second state is the one that is booked.
        assert_eq!(daemon.balances_of("A").get("assets:clearing:StripeBankWire"), Some(&1000), "{story}");
        daemon.finish().await;
    }
});

on_both_engines!(a_state_that_came_back_without_a_webhook_is_missed_too, async |database| {
    for (story, missed) in [("1a2s.as.1s", 2), ("1a2s.1s", 2), ("1a2s.1s.2s", 3), ("1a2s.1sa", 1)] {
        let other = TestDatabase::new(database.engine).expect("a database");
        let daemon = play(&other, story).await;
        assert_eq!(findings(&daemon, "missed_webhook").len(), missed, "{story}: {:?}", decided(&daemon));
        daemon.finish().await;
    }
});

on_both_engines!(an_api_that_is_behind_takes_nothing_back, async |database| {
    let daemon = started(database).await;
    let [first, second] = states();
    daemon.stand_in.bookingkit().put_order(first.clone());
    daemon.deliver(first.to_string()).await;
    // The webhook of the refund is here, and the API does not know of it yet.
    daemon.deliver(second.to_string()).await;
    assert_eq!(swept(&daemon, "museum", Span::Delta).await.run.found, 0);
    daemon.stand_in.bookingkit().put_order(second);
    daemon.clock.advance_milliseconds(600_000);
    assert_eq!(swept(&daemon, "museum", Span::Delta).await.run.found, 0);
    assert_eq!(daemon.balances_of("A").get("assets:clearing:StripeBankWire"), Some(&1000));
    daemon.finish().await;
});
