//! The worker under trouble: providers that fail, events that panic, leases that are lost, and several pools at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use ticketledger::clock::{Clock, Timestamp};
use ticketledger::config::{Config, Source};
use ticketledger::demo::stand_in::{BookingExample, Fault, StandIn};
use ticketledger::inbox::store;
use ticketledger::worker::Probe;

use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, at, changed, expected};
use crate::support::db::{Engine, TestDatabase};

/// Longer than any delay between two attempts.
const HOURS: i64 = 2 * 3600;
/// Longer than a lease.
const LEASE_SECONDS: i64 = 181;

fn status(status: u16, retry_after: Option<&str>) -> Fault {
    Fault::Status { status, retry_after: retry_after.map(str::to_owned) }
}

/// A daemon whose provider has the bookings 1 to 9, each with the two documented tickets.
async fn start(database: &TestDatabase) -> TestDaemon {
    start_probed(database, Arc::new(|_| {})).await
}

async fn start_probed(database: &TestDatabase, probe: Probe) -> TestDaemon {
    let daemon = TestDaemon::start_with(database, |_| {}, probe).await;
    for pid in 1..10 {
        daemon.stand_in.put_booking(&pid.to_string(), BookingExample { pid, ..BookingExample::default() }.json());
    }
    daemon
}

async fn announce(daemon: &TestDaemon, pid: u64) -> i64 {
    daemon.ticketpark("new-booking", json!({ "booking_pid": pid })).await
}

async fn pay(daemon: &TestDaemon, booking: u64, pid: &str, minor: i64) -> i64 {
    let payload = json!({ "booking_pid": booking, "payment_pid": pid, "payment_method": "twint", "currency": "CHF",
        "amount": amount(minor) });
    daemon.ticketpark("new-payment", payload).await
}

fn amount(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

/// An order of bookingkit that is nothing but one payment.
fn order(id: &str, minor: i64) -> String {
    changed(
        PAID_ORDER,
        &[
            ("/id", json!(id)),
            ("/tickets", json!([])),
            ("/payments/0/id", json!(format!("payment of {id}"))),
            ("/payments/0/value", json!(amount(minor))),
        ],
    )
}

/// Every read of the provider so far.
fn reads(daemon: &TestDaemon) -> u64 {
    daemon.stand_in.counts().reads.values().sum()
}

/// Failed attempts of all events, as `event attempt verdict reason`.
fn history(daemon: &TestDaemon) -> Vec<String> {
    daemon.lines(
        "SELECT event_id || ' ' || attempt || ' ' || verdict || ' ' || reason AS line FROM inbox_attempts ORDER BY id",
    )
}

fn attempts(daemon: &TestDaemon) -> Vec<String> {
    daemon.lines("SELECT CAST(attempts AS TEXT) AS line FROM inbox_events ORDER BY id")
}

/// When an event is due.
fn due_at(daemon: &TestDaemon, event: i64) -> Timestamp {
    let due = daemon.lines(&format!("SELECT CAST(due_at AS TEXT) AS line FROM inbox_events WHERE id = {event}"));
    at(&format!("{}Z", due[0].replace(' ', "T")))
}

/// Lets time pass until just before an event is due, and works: nothing may happen. Then until it is due, and works.
async fn settle_when_due(daemon: &TestDaemon, event: i64) {
    let before = reads(daemon);
    daemon.clock.advance_milliseconds(due_at(daemon, event).milliseconds_since(daemon.clock.now()) - 1);
    daemon.settle().await;
    assert_eq!(reads(daemon), before, "nothing is tried before it is due");
    daemon.clock.advance_milliseconds(2);
    daemon.settle().await;
    assert!(reads(daemon) > before, "what is due is tried");
}

/// The balances of `n` documented bookings.
fn sold(n: i64) -> BTreeMap<String, i64> {
    expected([("assets:receivable", n * 5000), ("income:tickets", -n * 4874), ("liabilities:vat:260", -n * 126)])
}

on_both_engines!(a_failed_attempt_is_repeated_on_schedule_until_it_succeeds, async |database| {
    let daemon = start(database).await;
    daemon.stand_in.script([Fault::Garbage, Fault::Truncated, Fault::Empty]);
    let event = announce(&daemon, 1).await;
    daemon.settle().await;
    for seconds in [5, 10, 20] {
        assert_eq!(daemon.states(), ["pending garbage_answer"]);
        let delay = due_at(&daemon, event).milliseconds_since(daemon.clock.now());
        assert!((seconds * 750..=seconds * 1250).contains(&delay), "{delay} ms");
        settle_when_due(&daemon, event).await;
    }
    assert_eq!(daemon.states(), ["done"]);
    assert_eq!(daemon.balances("theatre"), sold(1));
    let failed = [1, 2, 3].map(|attempt| format!("{event} {attempt} transient garbage_answer"));
    assert_eq!(history(&daemon), failed);
    daemon.finish().await;
});

on_both_engines!(an_event_out_of_attempts_is_parked_and_a_replay_gives_it_a_fresh_budget, async |database| {
    let daemon = start(database).await;
    daemon.stand_in.script(vec![Fault::Garbage; 7]);
    let event = announce(&daemon, 1).await;
    daemon.settle().await;
    for _ in 1..4 {
        daemon.settle_after_seconds(HOURS).await;
    }
    assert_eq!(daemon.states(), ["parked garbage_answer"]);
    let replayed = daemon.replay(&[event]);
    assert_eq!((replayed.replayed, replayed.in_work, replayed.still_parked), (1, 0, 0));
    assert_eq!(attempts(&daemon), ["0"]);
    daemon.settle().await;
    for _ in 1..4 {
        assert_eq!(daemon.states(), ["pending garbage_answer"]);
        daemon.settle_after_seconds(HOURS).await;
    }
    assert_eq!(daemon.states(), ["done"]);
    let attempt = |number: i32, verdict: &str| format!("{event} {number} {verdict} garbage_answer");
    let before = [1, 2, 3, 4].map(|number| attempt(number, "transient"));
    let after = [1, 2, 3].map(|number| attempt(number, "transient"));
    assert_eq!(history(&daemon), [&before[..], &[attempt(4, "replay")], &after].concat());
    let actions =
        "SELECT action || '|' || actor || '|' || why || '|' || filter || '|' || events AS line FROM operator_actions";
    assert_eq!(daemon.lines(actions), [format!("replay|test|to see|id={event}|1")]);
    daemon.finish().await;
});

on_both_engines!(a_provider_that_says_when_to_come_back_is_not_asked_before, async |database| {
    let daemon = start(database).await;
    // A refusal, an overload that lasts longer than any pause of our own, and a limit.
    for (fault, seconds) in [
        (status(400, Some("120")), 120),
        (status(503, Some("1200")), 1200),
        (status(429, Some("60")), 60),
        (status(429, Some("0")), 1),
        (status(429, None), 30),
    ] {
        daemon.stand_in.script([fault.clone()]);
        let event = announce(&daemon, 1).await;
        daemon.settle().await;
        let waits = due_at(&daemon, event).milliseconds_since(daemon.clock.now());
        assert!(waits >= seconds * 1000, "{fault:?}: {waits} ms");
        assert!(waits <= seconds * 1250, "{fault:?}: {waits} ms");
        settle_when_due(&daemon, event).await;
        assert_eq!(daemon.states().last().unwrap(), "done");
    }
    daemon.finish().await;
});

on_both_engines!(a_limited_source_waits_as_a_whole_and_no_event_loses_an_attempt_by_it, async |database| {
    let daemon = start(database).await;
    let first = announce(&daemon, 1).await;
    // More often than an event has attempts.
    for _ in 0..6 {
        daemon.stand_in.script([status(429, Some("60"))]);
        daemon.settle_after_seconds(60).await;
        assert_eq!(attempts(&daemon), ["0"]);
    }
    let before = reads(&daemon);
    announce(&daemon, 2).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle_after_seconds(59).await;
    assert_eq!(daemon.states(), ["pending rate_limited", "pending", "done"], "the other source goes on");
    assert_eq!(reads(&daemon), before);
    daemon.settle_after_seconds(1).await;
    assert_eq!(daemon.states(), ["done"; 3]);
    assert_eq!(daemon.balances("theatre"), sold(2));
    assert_eq!(history(&daemon), vec![format!("{first} 0 rate_limited rate_limited"); 6]);
    daemon.finish().await;
});

on_both_engines!(an_answer_that_was_under_way_does_not_end_the_wait_of_a_limited_source, async |database| {
    let daemon = start(database).await;
    // Two are asked at once: one gets no answer yet, the other is told to wait.
    daemon.stand_in.script([Fault::Hang, status(429, Some("60"))]);
    announce(&daemon, 1).await;
    announce(&daemon, 2).await;
    let limited = async {
        until("one is limited", || daemon.states().contains(&"pending rate_limited".to_owned())).await;
        daemon.stand_in.release();
    };
    tokio::join!(daemon.settle(), limited);
    let before = reads(&daemon);
    announce(&daemon, 3).await;
    daemon.settle().await;
    assert_eq!(reads(&daemon), before, "the source still waits");
    let mut states = daemon.states();
    states.sort();
    assert_eq!(states, ["done", "pending", "pending rate_limited"]);
    daemon.settle_after_seconds(60).await;
    assert_eq!(daemon.states(), ["done"; 3]);
    daemon.finish().await;
});

on_both_engines!(a_provider_that_is_down_is_left_alone_probed_and_costs_no_attempts, async |database| {
    let daemon = start(database).await;
    let event = announce(&daemon, 1).await;
    daemon.stand_in.script(vec![status(500, None); 23]);
    daemon.settle().await;
    settle_when_due(&daemon, event).await;
    assert_eq!(attempts(&daemon), ["2"], "until it counts as down, attempts count");
    settle_when_due(&daemon, event).await;
    // Down: nobody else tries either, and then one does.
    for pid in 2..6 {
        announce(&daemon, pid).await;
    }
    let before = reads(&daemon);
    daemon.settle().await;
    assert_eq!(reads(&daemon), before);
    for probe in 1..=20 {
        daemon.settle_after_seconds(300).await;
        assert_eq!(reads(&daemon), before + probe, "one at a time");
    }
    assert!(daemon.states().iter().all(|state| state.starts_with("pending")), "{:?}", daemon.states());
    assert_eq!(attempts(&daemon), ["2", "0", "0", "0", "0"]);
    // It answers the next probe, and all go on at once.
    daemon.settle_after_seconds(HOURS).await;
    assert_eq!(daemon.states(), ["done"; 5]);
    assert_eq!(daemon.balances("theatre"), sold(5));
    daemon.finish().await;
});

/// Waits until something holds; fails when it never does.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let holding = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), holding).await.is_ok(), "{what}");
}

on_both_engines!(a_provider_that_does_not_answer_its_probe_gets_no_second_one, async |database| {
    let daemon = TestDaemon::start_with(database, |config| config.worker.workers = 1, Arc::new(|_| {})).await;
    let daemon = daemon.restart_working().await;
    daemon.stand_in.script(vec![status(500, None); 3]);
    for pid in 1..4 {
        announce(&daemon, pid).await;
    }
    until("all have failed", || daemon.states() == ["pending provider_down"; 3]).await;
    daemon.stand_in.script(vec![Fault::Hang; 3]);
    daemon.clock.advance_milliseconds(300_000);
    // Each order is settled in a round of its own, and each round looks for bookings as well.
    for i in 0..3 {
        daemon.accepted("museum", order(&i.to_string(), 1)).await;
        until("the order is settled", || daemon.states().last().unwrap() == "done").await;
        daemon.stand_in.hanging(1).await;
    }
    assert_eq!(reads(&daemon), 4);
    let TestDaemon { daemon, stand_in, .. } = daemon;
    stand_in.stop().await;
    daemon.stop().await.unwrap();
});

on_both_engines!(a_parked_event_never_holds_up_what_comes_later, async |database| {
    let daemon = start(database).await;
    daemon.stand_in.script([status(409, None)]);
    announce(&daemon, 1).await;
    let bad = changed(&order("order", 1), &[("/payments/0/value", json!("10,00"))]);
    assert_eq!(daemon.parked("museum", bad).await, "bad_amount");
    daemon.settle().await;
    assert_eq!(daemon.states(), ["parked provider_refused", "parked bad_amount"]);
    pay(&daemon, 1, "p1", 100).await;
    daemon.accepted("museum", order("order", 64)).await;
    daemon.settle().await;
    assert_eq!(daemon.states(), ["parked provider_refused", "parked bad_amount", "done", "done"]);
    assert_eq!(daemon.balances("museum").get("assets:clearing:StripeBankWire"), Some(&64));
    assert_eq!(daemon.balances("theatre").get("assets:receivable"), Some(&4900));
    // What cannot be read today cannot be read tomorrow.
    daemon.replay(&[2]);
    daemon.settle().await;
    assert_eq!(daemon.states()[1], "parked bad_amount");
    daemon.finish().await;
});

/// Panics for the events that are in the list.
fn panicking(events: &'static [i64]) -> Probe {
    Arc::new(move |event| assert!(!events.contains(&event), "as the test wants it"))
}

on_both_engines!(an_event_that_panics_is_parked_alone, async |database| {
    let daemon = start_probed(database, panicking(&[2])).await;
    daemon.accepted("museum", order("a", 1)).await;
    daemon.accepted("museum", order("a", 4)).await;
    daemon.accepted("museum", order("a", 16)).await;
    daemon.accepted("museum", order("b", 64)).await;
    daemon.accepted("museum", order("c", 256)).await;
    daemon.settle().await;
    assert_eq!(daemon.states(), ["done", "parked panic", "done", "done", "done"]);
    assert_eq!(daemon.balances("museum").get("assets:clearing:StripeBankWire"), Some(&(16 + 64 + 256)));
    assert_eq!(history(&daemon), ["2 1 permanent panic"]);
    daemon.finish().await;
});

on_both_engines!(what_was_read_for_an_event_that_panics_still_serves_the_others, async |database| {
    let daemon = start_probed(database, panicking(&[1, 4])).await;
    // The first brings the reading of the booking into the books; here it cannot.
    for _ in 0..2 {
        announce(&daemon, 1).await;
    }
    pay(&daemon, 1, "p1", 5000).await;
    daemon.settle().await;
    assert_eq!(daemon.states(), ["parked panic", "done", "done"]);
    let paid = expected([("assets:clearing:twint", 5000), ("income:tickets", -4874), ("liabilities:vat:260", -126)]);
    assert_eq!(daemon.balances("theatre"), paid);
    // Neither is a booking that is not there forgotten.
    pay(&daemon, 404, "p2", 100).await;
    announce(&daemon, 404).await;
    daemon.settle().await;
    assert_eq!(daemon.states()[3..], ["parked panic", "pending not_found"]);
    assert_eq!(daemon.balances("theatre"), paid);
    daemon.finish().await;
});

on_both_engines!(what_cannot_be_read_ends_although_another_event_of_its_entity_panics, async |database| {
    let daemon = start_probed(database, panicking(&[2])).await;
    for minor in [1, 4, 16] {
        daemon.accepted("museum", order("a", minor)).await;
    }
    database.execute("UPDATE inbox_events SET body = NULL WHERE id = 1");
    daemon.settle().await;
    assert_eq!(daemon.states(), ["parked body_pruned", "parked panic", "done"]);
    daemon.finish().await;
});

on_both_engines!(a_lease_that_was_lost_settles_nothing_and_leaves_no_trace, async |database| {
    let daemon = start(database).await;
    daemon.stand_in.script([Fault::Hang]);
    let event = pay(&daemon, 1, "p1", 5000).await;
    let stolen = async {
        daemon.stand_in.hanging(1).await;
        database.execute(&format!("UPDATE inbox_events SET lease_token = 'thief' WHERE id = {event}"));
        daemon.stand_in.release();
    };
    tokio::join!(daemon.settle(), stolen);
    let owner = format!("SELECT state || ' ' || lease_token AS line FROM inbox_events WHERE id = {event}");
    assert_eq!(daemon.lines(&owner), ["pending thief"]);
    assert_eq!(daemon.entries("theatre"), 0);
    assert_eq!(history(&daemon), Vec::<String>::new());
    let archived = "SELECT 'document' AS line FROM documents WHERE body IS NOT NULL";
    assert_eq!(daemon.lines(archived), Vec::<String>::new());
    // The thief never comes back; its lease ends as every lease does.
    daemon.settle_after_seconds(LEASE_SECONDS).await;
    assert_eq!(daemon.states(), ["done"]);
    assert_eq!(daemon.entries("theatre"), 3);
    daemon.finish().await;
});

on_both_engines!(a_failure_that_comes_after_the_lease_was_lost_is_not_written_down, async |database| {
    let daemon = start_probed(database, panicking(&[1])).await;
    daemon.stand_in.script([Fault::Hang]);
    announce(&daemon, 1).await;
    let stolen = async {
        daemon.stand_in.hanging(1).await;
        database.execute("UPDATE inbox_events SET lease_token = 'thief'");
        daemon.stand_in.release();
    };
    tokio::join!(daemon.settle(), stolen);
    assert_eq!(daemon.lines("SELECT state || ' ' || lease_token AS line FROM inbox_events"), ["pending thief"]);
    assert_eq!(history(&daemon), Vec::<String>::new(), "the event is somebody else's now");
    database.execute("UPDATE inbox_events SET lease_token = NULL");
    daemon.finish().await;
});

#[test]
fn a_lease_that_is_lost_in_the_middle_of_settling_rolls_it_back() {
    // On SQLite nobody else can write while one settles.
    crate::support::db::with_database(Engine::Postgres, |database| {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let url = database.url.clone();
            let probe: Probe = Arc::new(move |event| {
                use diesel::{Connection as _, connection::SimpleConnection as _};
                let mut thief = diesel::PgConnection::establish(&url).unwrap();
                let steal = format!("UPDATE inbox_events SET lease_token = 'thief' WHERE id = {event} AND id <> 2");
                thief.batch_execute(&steal).unwrap();
            });
            let daemon = start_probed(database, probe).await;
            daemon.accepted("museum", order("a", 1)).await;
            daemon.accepted("museum", order("b", 4)).await;
            daemon.settle().await;
            assert_eq!(daemon.states(), ["pending", "done"]);
            assert_eq!(daemon.balances("museum").get("assets:clearing:StripeBankWire"), Some(&4));
            database.execute("UPDATE inbox_events SET lease_token = NULL");
            daemon.finish().await;
        });
    });
}

on_both_engines!(a_lease_that_ends_is_claimed_by_another_and_its_first_holder_comes_too_late, async |database| {
    let daemon = start(database).await;
    daemon.stand_in.script([Fault::Hang]);
    pay(&daemon, 1, "p1", 5000).await;
    let another = daemon.another_pool(Arc::new(|_| {}));
    let taken_over = async {
        daemon.stand_in.hanging(1).await;
        another.run_until_idle().await;
        assert_eq!(daemon.states(), ["pending"], "it is in hand");
        daemon.clock.advance_milliseconds(LEASE_SECONDS * 1000);
        another.run_until_idle().await;
        assert_eq!(daemon.states(), ["done"]);
        daemon.stand_in.release();
    };
    tokio::join!(daemon.settle(), taken_over);
    assert_eq!(daemon.states(), ["done"]);
    assert_eq!(daemon.entries("theatre"), 3, "the payment and two tickets, once");
    assert_eq!(history(&daemon), Vec::<String>::new());
    daemon.finish().await;
});

on_both_engines!(an_event_whose_workers_all_died_is_parked_and_can_be_replayed, async |database| {
    let daemon = start(database).await;
    let payment = pay(&daemon, 1, "p1", 5000).await;
    let order = daemon.accepted("museum", order("a", 4)).await;
    // Claims that nobody ever ends, as when the event brings the process down.
    for _ in 0..4 {
        daemon.claim_and_die();
        daemon.clock.advance_milliseconds(LEASE_SECONDS * 1000);
    }
    daemon.settle().await;
    assert_eq!(daemon.states(), ["parked out_of_attempts", "parked out_of_attempts"]);
    assert_eq!((daemon.entries("theatre"), daemon.entries("museum"), reads(&daemon)), (0, 0, 0));
    daemon.replay(&[payment, order]);
    daemon.settle().await;
    assert_eq!(daemon.states(), ["done", "done"]);
    assert_eq!((daemon.entries("theatre"), daemon.entries("museum")), (3, 1));
    daemon.finish().await;
});

/// Makes the database refuse every entry as a full disk would, until the second text is run.
fn full_disk(engine: Engine) -> (&'static str, &'static str) {
    match engine {
        Engine::Sqlite => (
            "CREATE TRIGGER full BEFORE INSERT ON postings BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END",
            "DROP TRIGGER full",
        ),
        Engine::Postgres => (
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on disk'; END $$; \
             CREATE TRIGGER full_disk BEFORE INSERT ON postings FOR EACH ROW EXECUTE FUNCTION full_disk()",
            "DROP TRIGGER full_disk ON postings",
        ),
    }
}

on_both_engines!(what_the_database_could_not_take_is_tried_again, async |database| {
    let daemon = start(database).await;
    let (fill, empty) = full_disk(database.engine);
    database.execute(fill);
    daemon.accepted("museum", order("a", 4)).await;
    pay(&daemon, 1, "p1", 5000).await;
    daemon.settle().await;
    assert_eq!(daemon.states(), ["pending database", "pending database"]);
    assert_eq!(daemon.entries("museum") + daemon.entries("theatre"), 0);
    database.execute(empty);
    daemon.settle_after_seconds(HOURS).await;
    assert_eq!(daemon.states(), ["done", "done"]);
    assert_eq!((daemon.entries("museum"), daemon.entries("theatre")), (1, 3));
    daemon.finish().await;
});

#[test]
fn a_connection_that_breaks_while_settling_costs_no_attempt() {
    crate::support::db::with_database(Engine::Postgres, |database| {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let (url, broken) = (database.url.clone(), AtomicBool::new(false));
            let probe: Probe = Arc::new(move |_| {
                use diesel::{Connection as _, connection::SimpleConnection as _};
                if !broken.swap(true, Ordering::Relaxed) {
                    let mut administrator = diesel::PgConnection::establish(&url).unwrap();
                    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                        WHERE datname = current_database() AND pid <> pg_backend_pid()";
                    administrator.batch_execute(kill).unwrap();
                }
            });
            let daemon = start_probed(database, probe).await;
            daemon.accepted("museum", order("a", 1)).await;
            daemon.accepted("museum", order("b", 4)).await;
            daemon.settle().await;
            assert_eq!(daemon.states(), ["done", "done"]);
            assert_eq!(attempts(&daemon), ["1", "1"]);
            assert_eq!(daemon.entries("museum"), 2);
            daemon.finish().await;
        });
    });
}

/// Sends many versions of twenty orders and payments of twenty bookings in between each other. The last version of
/// order `i` is worth 4^i, and so is payment `i`: in base four every digit of the sum must be 1.
async fn send_plenty(daemons: &[&TestDaemon]) -> usize {
    const VERSIONS: i64 = 12;
    for version in 1..=VERSIONS {
        // One version of each at once; the next one comes when they are stored.
        let sent = (0..20_u32).map(async |i| {
            let minor = if version == VERSIONS { 4_i64.pow(i) } else { 3 * version };
            let daemon = daemons[i as usize % daemons.len()];
            daemon.accepted("museum", order(&format!("order {i}"), minor)).await;
            if version % 6 == 0 {
                pay(daemon, u64::from(i % 5) + 1, &format!("p{i}"), 4_i64.pow(i)).await;
            }
        });
        join_all(sent).await;
    }
    20 * 12 + 20 * 2
}

fn assert_nothing_counted_twice(daemon: &TestDaemon, events: usize) {
    let ones = (0..20).map(|i| 4_i64.pow(i)).sum::<i64>();
    assert_eq!(daemon.balances("museum"), paid("StripeBankWire", ones));
    let mut theatre = sold(5);
    theatre.insert("assets:clearing:twint".to_owned(), ones);
    *theatre.get_mut("assets:receivable").unwrap() -= ones;
    assert_eq!(daemon.balances("theatre"), theatre);
    let states = daemon.states();
    assert_eq!(states.len(), events);
    assert!(states.iter().all(|state| state == "done" || state == "superseded"), "{states:?}");
    let most = daemon.lines("SELECT CAST(MAX(attempts) AS TEXT) AS line FROM inbox_events");
    assert_eq!(most, ["1"], "each event was claimed once");
}

fn paid(method: &str, minor: i64) -> BTreeMap<String, i64> {
    [(format!("assets:clearing:{method}"), minor), ("assets:receivable".to_owned(), -minor)].into()
}

on_both_engines!(several_workers_settle_every_event_once, async |database| {
    let daemon = start(database).await;
    let events = send_plenty(&[&daemon]).await;
    let pools = [(); 3].map(|()| daemon.another_pool(Arc::new(|_| {})));
    let works = pools.map(|pool| tokio::spawn(async move { pool.run_until_idle().await }));
    daemon.settle().await;
    for work in works {
        work.await.unwrap();
    }
    // An entity that another pool had in hand is left when the first pools find nothing else to do.
    daemon.settle().await;
    assert_nothing_counted_twice(&daemon, events);
    daemon.finish().await;
});

#[test]
fn two_daemons_on_one_database_settle_every_event_once() {
    crate::support::db::with_database(Engine::Postgres, |database| {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let (first, second) = (start(database).await, start(database).await);
            // Both receive, and both work meanwhile.
            let both = [&first, &second];
            let (sent, ()) = tokio::join!(send_plenty(&both), async {
                for _ in 0..20 {
                    second.settle().await;
                    first.settle().await;
                }
            });
            tokio::join!(first.settle(), second.settle());
            first.settle().await;
            assert_nothing_counted_twice(&first, sent);
            first.finish().await;
            second.finish().await;
        });
    });
}

on_both_engines!(workers_that_run_by_themselves_finish_what_they_have_in_hand, async |database| {
    let daemon = start(database).await.restart_working().await;
    for i in 0..20 {
        daemon.accepted("museum", order(&format!("order {i}"), 4_i64.pow(i))).await;
        pay(&daemon, u64::from(i % 5) + 1, &format!("p{i}"), 4_i64.pow(i)).await;
    }
    // Stopped in the middle of it; what nobody had in hand is done after the restart.
    let daemon = daemon.restart(|_| {}).await;
    let leased = daemon.lines("SELECT 'x' AS line FROM inbox_events WHERE lease_token IS NOT NULL");
    assert_eq!(leased, Vec::<String>::new());
    daemon.settle().await;
    assert_nothing_counted_twice(&daemon, 40);
    daemon.finish().await;
});

on_both_engines!(a_source_whose_provider_hangs_does_not_hold_up_another, async |database| {
    let opera = StandIn::start(Clock::System).await.unwrap();
    opera.put_booking("1", BookingExample { pid: 1, ..BookingExample::default() }.json());
    let second = |config: &mut Config| {
        let theatre = config.sources[1].clone();
        config.sources.push(Source {
            name: "zoo".to_owned(),
            api: Some(opera.api()),
            path_secrets: vec!["zoo-secret".into()],
            ..theatre
        });
    };
    let daemon = TestDaemon::start_with(database, second, Arc::new(|_| {})).await.restart_working().await;
    daemon.stand_in.script(vec![Fault::Hang; 100]);
    for pid in 0..20 {
        announce(&daemon, pid).await;
    }
    daemon.stand_in.hanging(8).await;
    opera.script([Fault::Hang]);
    daemon.accepted("zoo", json!({ "type": "new-booking", "payload": { "booking_pid": 1 } }).to_string()).await;
    daemon.accepted("museum", order("a", 1)).await;
    let asked = tokio::time::timeout(Duration::from_secs(20), opera.hanging(1)).await;
    assert!(asked.is_ok(), "the other provider is asked");
    // Whatever hangs is answered now; faults that are left do not matter any more.
    opera.stop().await;
    let TestDaemon { daemon, stand_in, .. } = daemon;
    stand_in.stop().await;
    daemon.stop().await.unwrap();
});

/// Payloads stay out of the reach of a sender that writes nonsense: the worker goes on.
#[test]
fn a_flood_of_nonsense_leaves_the_next_order_untouched() {
    crate::support::db::with_database(Engine::Sqlite, |database| {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let daemon = start(database).await;
            for (path, value) in [
                ("/tickets", json!("none")),
                ("/tickets/0/participants", json!({})),
                ("/tickets/0/participants/0/price_value", json!([])),
                ("/payments/0/value", json!(1e300)),
                ("/payments/0/value", Value::Bool(true)),
                ("/currency", json!("XXX?")),
                ("/status", json!(7)),
            ] {
                daemon.post("museum", changed(PAID_ORDER, &[(path, value)])).await;
            }
            daemon.accepted("museum", PAID_ORDER).await;
            daemon.settle().await;
            assert_eq!(daemon.states().last().unwrap(), "done");
            assert_eq!(daemon.balances("museum").get("assets:clearing:StripeBankWire"), Some(&2000));
            daemon.finish().await;
        });
    });
}

/// What the store promises when it is asked directly.
#[test]
fn a_claim_takes_all_waiting_events_of_an_entity_and_nobody_else_gets_them() {
    crate::support::db::with_database(Engine::Sqlite, |database| {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let daemon = start(database).await;
            for minor in [1, 4, 16] {
                daemon.accepted("museum", order("a", minor)).await;
            }
            daemon.accepted("museum", order("b", 64)).await;
            let now = daemon.clock.now();
            let claim = |lease: &str, entities| {
                let until = now.plus_milliseconds(1000);
                let claimed = daemon.database().transaction("test", |connection| {
                    store::claim(connection, lease, now, until, &["museum"], entities)
                });
                claimed.unwrap().iter().map(|claimed| claimed.events.len()).collect::<Vec<_>>()
            };
            assert_eq!(claim("one", 1), [3]);
            assert_eq!(claim("two", 10), [1]);
            assert_eq!(claim("three", 10), Vec::<usize>::new());
            database.execute("UPDATE inbox_events SET lease_token = NULL");
            daemon.finish().await;
        });
    });
}
