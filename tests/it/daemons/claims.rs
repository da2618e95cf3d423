//! What a claim promises, asked of the store itself and of many who claim at once.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use ticketledger::clock::Timestamp;
use ticketledger::db::Database;
use ticketledger::inbox::{Claimed, Classified, Delivery, Entity, EventId, store};

use crate::on_both_engines;
use crate::support::daemon::{at, lines};
use crate::support::db::{Engine, with_database};
use crate::support::plans::{overhear, planned};

fn stored(database: &Database, entity: &str, received_at: Timestamp) -> EventId {
    let delivery = Delivery {
        source: "museum".to_owned(),
        class: Classified::Understood { kind: "order".to_owned(), entity: Entity::parse(entity).unwrap() },
        received_at,
        method: "POST".to_owned(),
        content_type: None,
        headers: "{}".to_owned(),
        body: b"{}".to_vec(),
    };
    let ids = database.transaction("test", |connection| store::insert_batch(connection, &[&delivery])).unwrap();
    ids[0]
}

/// Claims for ten seconds, as a daemon does.
fn claim(database: &Database, lease: &str, now: Timestamp, entities: i64) -> Vec<Claimed> {
    let until = now.plus_milliseconds(10_000);
    let claimed = database.transaction("test", |connection| {
        store::await_claims(connection, "museum")?;
        store::claim(connection, lease, now, until, "museum", entities)
    });
    claimed.unwrap()
}

fn ids(claimed: &[Claimed]) -> Vec<EventId> {
    claimed.iter().flat_map(|claimed| &claimed.events).map(|event| event.id).collect()
}

fn finish(database: &Database, lease: &str, done: &[EventId], now: Timestamp) -> usize {
    database.transaction("test", |connection| store::finish_applied(connection, lease, done, &[], now)).unwrap()
}

on_both_engines!(an_entity_in_hand_is_left_until_it_is_finished, |database| {
    let (database, now) = (database.open(), at("2025-11-11T12:00:00Z"));
    let first = stored(&database, "order:a", now);
    assert_eq!(ids(&claim(&database, "1-one", now, 10)), [first]);
    // It arrives while the one before it is in hand.
    let second = stored(&database, "order:a", now);
    let other = stored(&database, "order:b", now);
    assert_eq!(ids(&claim(&database, "2-two", now, 10)), [other]);
    assert_eq!(ids(&claim(&database, "2-three", now, 10)), Vec::<EventId>::new());
    assert_eq!(finish(&database, "2-thief", &[first], now), 0, "only its holder ends a claim");
    assert_eq!(finish(&database, "1-one", &[first], now), 1);
    assert_eq!(ids(&claim(&database, "2-four", now, 10)), [second]);
    // A lease that ended is nobody's; what arrived meanwhile comes along behind it.
    let third = stored(&database, "order:a", now);
    let later = now.plus_milliseconds(10_000);
    let claimed = claim(&database, "3-five", later, 10);
    assert_eq!(ids(&claimed), [second, third, other]);
    assert_eq!(claimed[0].events.iter().map(|event| event.attempts).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(finish(&database, "2-four", &[second], later), 0, "too late");
    assert_eq!(finish(&database, "3-five", &[second, third, other], later), 3);
});

on_both_engines!(what_waits_for_its_next_attempt_comes_along_in_the_order_of_the_numbers, |database| {
    let (opened, now) = (database.open(), at("2025-11-11T12:00:00Z"));
    let (first, second) = (stored(&opened, "order:a", now), stored(&opened, "order:a", now));
    database.execute(&format!("UPDATE inbox_events SET due_at = '2025-11-11 13:00:00' WHERE id = {first}"));
    assert_eq!(ids(&claim(&opened, "1-one", now, 10)), [first, second]);
});

on_both_engines!(a_claim_is_bounded_in_entities_and_in_events_of_one, |database| {
    let (database, now) = (database.open(), at("2025-11-11T12:00:00Z"));
    let many: Vec<EventId> = (0..150).map(|_| stored(&database, "order:a", now)).collect();
    let few: Vec<EventId> = (0..3).map(|n| stored(&database, &format!("order:b{n}"), now)).collect();
    assert_eq!(ids(&claim(&database, "1-one", now, 2)), many[..100]);
    assert_eq!(ids(&claim(&database, "1-two", now, 2)), few[..2]);
    finish(&database, "1-one", &many[..100], now);
    assert_eq!(ids(&claim(&database, "1-three", now, 2)), many[100..]);
    assert_eq!(ids(&claim(&database, "1-four", now, 2)), few[2..]);
});

on_both_engines!(a_claim_reads_what_it_takes_and_not_what_waits, |database| {
    let (opened, now) = (database.open(), at("2025-11-11T12:00:00Z"));
    let walk = first_statement_of_a_claim(&opened, now);
    // On an empty table every plan is cheap; this asks for the one that needs neither the table nor a sort.
    let without = "SET enable_seqscan TO off; SET enable_bitmapscan TO off; SET enable_sort TO off; ";
    let plan = planned(&mut opened.reader().unwrap(), &walk, without).join("\n");
    assert!(plan.contains("inbox_events_due") && plan.contains("inbox_events_leased"), "{walk}\n{plan}");
    assert!(!plan.contains("Sort") && !plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{walk}\n{plan}");
});

/// The statement that looks for due entities, as the engine gets it.
fn first_statement_of_a_claim(database: &Database, now: Timestamp) -> String {
    let (sender, statements) = std::sync::mpsc::channel();
    let claimed = database.transaction("test", |connection| {
        overhear(connection, sender);
        store::claim(connection, "1-one", now, now, "museum", 64)
    });
    assert!(claimed.unwrap().is_empty());
    let statement = statements.try_iter().find(|statement| statement.starts_with("SELECT")).unwrap();
    statement.split(" -- binds").next().unwrap().to_owned()
}

/// Ends the others when a thread fails, for none of them would find an end.
struct StopOnPanic<'a>(&'a AtomicBool);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

const EVENTS: i64 = 400;

/// Claims and finishes until everything is finished; nobody else may have a part of what it has.
fn claim_all(worker: i64, database: &Database, now: Timestamp, stop: &AtomicBool, finished: &AtomicI64) {
    let _stop = StopOnPanic(stop);
    for turn in 1.. {
        if stop.load(Ordering::Relaxed) || finished.load(Ordering::Relaxed) == EVENTS {
            return;
        }
        let lease = format!("{worker}-{turn}");
        for claimed in claim(database, &lease, now, 3) {
            let others = format!(
                "SELECT 'event ' || id AS line FROM inbox_events \
                 WHERE entity = '{}' AND lease_token <> '{lease}'",
                claimed.entity
            );
            assert_eq!(lines(database, &others), Vec::<String>::new(), "{lease}");
            let done = ids(&[claimed]);
            assert_eq!(finish(database, &lease, &done, now), done.len());
            finished.fetch_add(i64::try_from(done.len()).unwrap(), Ordering::Relaxed);
        }
    }
}

#[test]
fn many_who_claim_at_once_never_share_an_entity() {
    with_database(Engine::Postgres, |database| {
        let (database, now) = (database.open(), at("2025-11-11T12:00:00Z"));
        let (stop, finished) = (AtomicBool::new(false), AtomicI64::new(0));
        std::thread::scope(|scope| {
            for worker in 0..4 {
                let (database, stop, finished) = (&database, &stop, &finished);
                scope.spawn(move || claim_all(worker, database, now, stop, finished));
            }
            for number in 0..EVENTS {
                stored(&database, &format!("order:{}", number % 5), now);
            }
        });
        let ends = "SELECT DISTINCT state || ' ' || attempts AS line FROM inbox_events";
        assert_eq!(lines(&database, ends), ["done 1"]);
    });
}
