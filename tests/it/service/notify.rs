//! What systemd is told, and that it gets no sign of life while a part hangs.

use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, SqliteConnection};

use super::{Told, post};
use crate::support::daemon::PAID_ORDER;
use crate::support::db::{Engine, TestDatabase, wait_for_locks};
use crate::support::home::{Home, Serving};

const ALIVE: &str = "WATCHDOG=1";
/// With this watchdog a daemon that is well gives a sign of life every two seconds.
const MICROSECONDS: &str = "4000000";
/// Longer than the time between two signs of life, and so short that what is held up gives up only later.
const SILENCE: Duration = Duration::from_secs(3);

/// Whether a daemon gave a sign of life, whatever else it told of itself.
fn alive(told: &[String]) -> bool {
    told.iter().any(|message| message == ALIVE)
}

/// A daemon on this database that has given a sign of life, and a connection of somebody else.
fn on(database: &TestDatabase) -> (Home, Told, Serving, PgConnection) {
    let mut home = Home::new();
    home.use_database(&database.url);
    home.set("WATCHDOG_USEC", MICROSECONDS);
    let told = Told::by(&mut home);
    let serving = home.serve();
    told.until(ALIVE);
    (home, told, serving, PgConnection::establish(&database.url).unwrap())
}

#[test]
fn systemd_is_told_when_the_daemon_is_ready_and_when_it_stops() {
    let mut home = Home::new();
    let told = Told::by(&mut home);
    let serving = home.serve();
    assert_eq!(told.until("READY=1"), ["STATUS=opening the database", "READY=1\nSTATUS=ready"]);
    let before = told.until("STATUS=nothing waiting");
    serving.terminate();
    let last = told.until("STOPPING=1");
    assert_eq!(last.last().unwrap(), "STOPPING=1\nSTATUS=stopping");
    assert!(!alive(&before) && !alive(&last), "nobody asked for signs of life: {before:?}, {last:?}");
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
    other.batch_execute(&format!("{}; BEGIN IMMEDIATE", wait_for_locks())).unwrap();
    // Its commit now waits for the lock.
    let serving = Arc::new(serving);
    let sender = Arc::clone(&serving);
    let delivery = tokio::spawn(async move { sender.accepted(&reqwest::Client::new(), "museum", PAID_ORDER).await });
    told.until("STATUS=no progress: the inbox writer");
    assert!(!alive(&told.during(SILENCE)), "no sign of life while it is stuck");
    other.batch_execute("ROLLBACK").unwrap();
    delivery.await.unwrap();
    told.until(ALIVE);
    serving.says("a component made no progress");
    serving.says("all components make progress again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_hangs_ends_the_signs_of_life() {
    let Some(database) = TestDatabase::new(Engine::Postgres) else { return };
    let (_home, told, serving, mut other) = on(&database);
    // The inbox is free, the journal is not: whoever settles the order waits for it.
    other.batch_execute("BEGIN; LOCK TABLE journal_entries IN ACCESS EXCLUSIVE MODE").unwrap();
    assert_eq!(post(serving.public, "museum/museum-secret", PAID_ORDER).await, 200);
    let complaint = told.until("STATUS=no progress: the workers").pop().unwrap();
    assert_eq!(complaint, "STATUS=no progress: the workers");
    assert!(!alive(&told.during(SILENCE)), "no sign of life while it hangs");
    other.batch_execute("ROLLBACK").unwrap();
    told.until(ALIVE);
}

#[test]
fn a_database_that_does_not_answer_ends_the_signs_of_life() {
    let Some(database) = TestDatabase::new(Engine::Postgres) else { return };
    let (_home, told, _serving, mut other) = on(&database);
    other.batch_execute("BEGIN; LOCK TABLE inbox_events IN ACCESS EXCLUSIVE MODE").unwrap();
    told.until("the workers, the database");
    assert!(!alive(&told.during(SILENCE)), "no sign of life while it is silent");
    other.batch_execute("ROLLBACK").unwrap();
    told.until(ALIVE);
}
