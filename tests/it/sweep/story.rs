//! The same story with and without losses gives the same ledger, and what is missed is counted by state.

use ticketledger::demo::stand_in::Story;
use ticketledger::sweep::RunResult;

use super::{decided, delta, findings, started};
use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, at};
use crate::support::db::TestDatabase;

/// Plays a story; what is lost is at the provider and never arrives.
async fn play(database: &TestDatabase, story: &Story, lost: &[bool], sweep_every: Option<usize>) -> TestDaemon {
    let daemon = started(database).await;
    for (number, (step, lost)) in story.steps.iter().zip(lost).enumerate() {
        daemon.clock.advance_milliseconds(step.at.milliseconds_since(daemon.clock.now()).max(0));
        let body = daemon.stand_in.bookingkit().put_order(step.order.clone());
        if !lost {
            daemon.accepted("museum", body).await;
        }
        if sweep_every.is_some_and(|every| number % every == 0) {
            delta(&daemon).await;
        }
    }
    daemon.settle().await;
    daemon
}

/// What the entries come to, by order, fact and account: of an order that was first seen when a part of it was
/// cancelled already, that part was never sold.
fn sums(daemon: &TestDaemon) -> Vec<String> {
    let mut sums = daemon.lines(
        "SELECT e.order_id || ' ' || e.atom_key || ' ' || p.account_code || ' ' || SUM(p.amount_minor) AS line \
         FROM journal_entries e JOIN postings p ON p.source = e.source AND p.entry_no = e.entry_no \
         GROUP BY e.order_id, e.atom_key, p.account_code HAVING SUM(p.amount_minor) <> 0",
    );
    sums.sort();
    sums
}

/// Every entry without its number and time.
fn ledger(daemon: &TestDaemon) -> Vec<String> {
    let mut entries = daemon.lines(
        "SELECT e.order_id || ' ' || e.booking_date || ' ' || e.kind || ' ' || e.event_type || ' ' || e.atom_key \
         || ' ' || p.account_code || ' ' || p.amount_minor AS line FROM journal_entries e \
         JOIN postings p ON p.source = e.source AND p.entry_no = e.entry_no ORDER BY 1",
    );
    entries.sort();
    entries
}

async fn finds_everything(
    database: &TestDatabase,
    story: &Story,
    lost: &[bool],
    ledger: impl Fn(&TestDaemon) -> Vec<String>,
) {
    let whole = play(database, story, &vec![false; lost.len()], None).await;
    let expected = ledger(&whole);
    whole.finish().await;
    assert!(expected.len() > story.steps.len());
    let other = TestDatabase::new(database.engine).expect("a second database");
    let daemon = play(&other, story, lost, None).await;
    let missing = story.never_replaced(lost);
    assert!(missing > 0 && ledger(&daemon) != expected);
    let found = delta(&daemon).await;
    assert_eq!((found.run.result, found.run.found), (RunResult::Repaired, i64::try_from(missing).expect("few")));
    assert_eq!(ledger(&daemon), expected);
    daemon.clock.advance_milliseconds(16 * 60_000);
    assert_eq!(delta(&daemon).await.run.result, RunResult::Clean);
    assert_eq!(findings(&daemon, "missed_webhook").len(), missing);
    assert!(decided(&daemon).iter().all(|line| line.ends_with(" missed")));
    daemon.finish().await;
}

on_both_engines!(a_tenth_of_the_deliveries_lost_at_random, async |database| {
    let story = Story::of_orders(60, at("2025-11-11T12:00:00Z"), 20);
    let lost = story.lost_by_chance(10, 7);
    finds_everything(database, &story, &lost, ledger).await;
});

on_both_engines!(an_outage_of_two_days, async |database| {
    let story = Story::of_orders(60, at("2025-11-11T12:00:00Z"), 60);
    let lost = story.lost_between(at("2025-11-12T00:00:00Z"), at("2025-11-14T00:00:00Z"));
    finds_everything(database, &story, &lost, sums).await;
});

on_both_engines!(swept_all_along_nothing_is_missed_twice, async |database| {
    let story = Story::of_orders(30, at("2025-11-11T12:00:00Z"), 30);
    let lost = story.lost_by_chance(20, 3);
    let daemon = play(database, &story, &lost, Some(5)).await;
    delta(&daemon).await;
    daemon.clock.advance_milliseconds(16 * 60_000);
    delta(&daemon).await;
    let all = decided(&daemon);
    let missed = all.iter().filter(|line| line.ends_with(" missed")).count();
    assert!(missed >= story.never_replaced(&lost) && !all.iter().any(|line| line.ends_with(" -")), "{all:?}");
    assert_eq!(findings(&daemon, "missed_webhook").len(), missed);
    daemon.finish().await;
});
