//! What systemd is told, and that it is told nothing while a part hangs.

use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, SqliteConnection};

use super::{Told, post};
use crate::support::daemon::PAID_ORDER;
use crate::support::db::{Engine, TestDatabase};
use crate::support::home::Home;

const ALIVE: &str = "WATCHDOG=1";
/// With this watchdog a daemon that is well gives a sign of life every two seconds.
const MICROSECONDS: &str = "4000000";
const SILENCE: Duration = Duration::from_secs(3);

#[test]
fn systemd_is_told_when_the_daemon_is_ready_and_when_it_stops() {
    let mut home = Home::new();
    let told = Told::by(&mut home);
    let serving = home.serve();
    assert_eq!(told.until("READY=1"), ["STATUS=opening the database", "READY=1\nSTATUS=ready"]);
    // Nobody asked for signs of life.
    assert_eq!(told.until("nothing waiting"), ["STATUS=nothing waiting"]);
    serving.terminate();
    assert_eq!(told.until("STOPPING=1"), ["STOPPING=1\nSTATUS=stopping"]);
    assert_eq!(serving.ended().code(), Some(0));
}

#[tokio::test]
async fn the_status_tells_the_backlog() {
    let mut home = Home::new();
    home.set("WATCHDOG_USEC", MICROSECONDS);
    let told = Told::by(&mut home);
    let serving = home.serve();
    assert_eq!(post(serving.public, "museum/museum-secret", "{}").await, 202);
    told.until("STATUS=nothing waiting, 1 parked");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_daemon_gives_signs_of_life_and_a_writer_that_is_stuck_ends_them() {
    let mut home = Home::new();
    home.set("WATCHDOG_USEC", MICROSECONDS);
    let told = Told::by(&mut home);
    let serving = home.serve();
    for _ in 0..3 {
        told.until(ALIVE);
    }
    let mut other = SqliteConnection::establish(&home.path("ticketledger.db").display().to_string()).unwrap();
    other.batch_execute("PRAGMA busy_timeout=10000; BEGIN IMMEDIATE").unwrap();
    // Its commit now waits for the lock.
    let delivery = tokio::spawn(post(serving.public, "museum/museum-secret", PAID_ORDER));
    told.until("STATUS=no progress: the inbox writer");
    assert_eq!(told.next(SILENCE), None, "no sign of life while it is stuck");
    other.batch_execute("ROLLBACK").unwrap();
    assert_eq!(delivery.await.unwrap(), 200);
    told.until(ALIVE);
    serving.says("a component made no progress");
    serving.says("all components make progress again");
}

#[test]
fn a_worker_that_hangs_ends_the_signs_of_life() {
    let mut home = Home::new();
    home.set("WATCHDOG_USEC", MICROSECONDS);
    let told = Told::by(&mut home);
    let _serving = home.serve();
    told.until(ALIVE);
    let mut other = SqliteConnection::establish(&home.path("ticketledger.db").display().to_string()).unwrap();
    // An event that becomes due while the lock is held: the worker that claims it waits for the lock.
    other
        .batch_execute(
            "PRAGMA busy_timeout=10000; BEGIN IMMEDIATE; \
             INSERT INTO inbox_events (source, kind, entity, received_at, method, headers, body, body_sha256, state, \
             attempts, due_at) VALUES ('museum', 'order', 'order:1', '2026-01-01 00:00:00', 'POST', '{}', x'7b7d', \
             hex(zeroblob(32)), 'pending', 0, strftime('%Y-%m-%d %H:%M:%f', 'now', '+2 seconds')); \
             COMMIT; BEGIN IMMEDIATE",
        )
        .unwrap();
    told.until("STATUS=no progress: the workers");
    assert_eq!(told.next(SILENCE), None, "no sign of life while it hangs");
    other.batch_execute("ROLLBACK").unwrap();
    told.until(ALIVE);
}

#[test]
fn a_database_that_does_not_answer_ends_the_signs_of_life() {
    let Some(database) = TestDatabase::new(Engine::Postgres) else { return };
    let mut home = Home::new();
    home.set("TICKETLEDGER_DATABASE__URL", &database.url);
    home.set("WATCHDOG_USEC", MICROSECONDS);
    let told = Told::by(&mut home);
    let serving = home.serve();
    told.until(ALIVE);
    let mut other = PgConnection::establish(&database.url).unwrap();
    other.batch_execute("BEGIN; LOCK TABLE inbox_events IN ACCESS EXCLUSIVE MODE").unwrap();
    let told_last = told.until("STATUS=no progress: ").pop().unwrap();
    assert!(told_last.ends_with("the workers, the database"), "{told_last}");
    assert_eq!(told.next(SILENCE), None, "no sign of life while it is silent");
    other.batch_execute("ROLLBACK").unwrap();
    told.until(ALIVE);
    drop(serving);
}
