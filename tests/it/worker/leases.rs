//! Leases that are lost, end or are never given back: every event is settled once.

use std::sync::Arc;

use ticketledger::demo::stand_in::Fault;
use ticketledger::inbox::store;
use ticketledger::worker::Probe;

use super::{LEASE_SECONDS, announce, history, order, panicking, pay, reads, start, start_probed};
use crate::on_both_engines;
use crate::support::db::Engine;

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
                let claimed = daemon
                    .database()
                    .transaction("test", |connection| store::claim(connection, lease, now, until, "museum", entities));
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
