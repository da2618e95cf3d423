//! Measures what a claim costs when ten and when many events wait: `cargo bench --bench claims [ROWS]`.
//!
//! It runs on SQLite in a temporary folder, and also on PostgreSQL if `TICKETLEDGER_BENCH_URL` names an empty database.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench that fails must fail loudly")]

use std::time::Instant;

use ticketledger::clock::Timestamp;
use ticketledger::db::{Connection, Database, Role};
use ticketledger::inbox::{Classified, Delivery, Entity, store};

const CLAIMS: u32 = 50;

fn delivery(number: usize, received_at: Timestamp) -> Delivery {
    Delivery {
        source: "museum".to_owned(),
        class: Classified::Understood { kind: "order".to_owned(), entity: Entity::Order(number.to_string()) },
        received_at,
        method: "POST".to_owned(),
        content_type: None,
        headers: "{}".to_owned(),
        body: vec![b' '; 1500],
    }
}

/// Stores `rows` pending events and marks the first `done` of them as done.
fn fill(database: &Database, rows: usize, done: usize) {
    let start = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    for first in (0..rows).step_by(1000) {
        let deliveries: Vec<Delivery> = (first..rows.min(first + 1000)).map(|n| delivery(n, start)).collect();
        let refs: Vec<&Delivery> = deliveries.iter().collect();
        database.transaction("fill", |connection| store::insert_batch(connection, &refs)).unwrap();
    }
    let sql = format!("UPDATE inbox_events SET state = 'done' WHERE id <= {done}");
    execute(database, &sql);
    if !database.is_embedded() {
        execute(database, "ANALYZE inbox_events");
    }
}

fn execute(database: &Database, sql: &str) {
    use diesel::connection::SimpleConnection as _;
    database
        .transaction("bench", |connection| {
            match connection {
                Connection::Sqlite(c) => c.batch_execute(sql),
                Connection::Postgres(c) => c.batch_execute(sql),
            }
            .map_err(ticketledger::db::Error::from)
        })
        .unwrap();
}

/// Mean time in microseconds of claiming 64 entities and of finishing them, each in its own transaction.
fn measure(database: &Database) -> (u128, u128) {
    let now = Timestamp::parse("2026-02-01T00:00:00Z").unwrap();
    let (mut claiming, mut finishing) = (0, 0);
    for number in 0..CLAIMS {
        let lease = format!("1-{number}");
        let started = Instant::now();
        let claimed = database
            .transaction("claim", |connection| {
                store::await_claims(connection, "museum")?;
                store::claim(connection, &lease, now, now.plus_milliseconds(60_000), "museum", 64)
            })
            .unwrap();
        claiming += started.elapsed().as_micros();
        let ids: Vec<i64> = claimed.iter().flat_map(|claimed| &claimed.events).map(|event| event.id).collect();
        let started = Instant::now();
        let finished =
            database.transaction("finish", |connection| store::finish_applied(connection, &lease, &ids, &[], now));
        assert_eq!(finished.unwrap(), ids.len());
        finishing += started.elapsed().as_micros();
    }
    (claiming / u128::from(CLAIMS), finishing / u128::from(CLAIMS))
}

fn run(name: &str, open: impl Fn() -> Database, rows: usize) {
    let few = 64 * usize::try_from(CLAIMS).unwrap();
    for (total, pending) in [(few, few), (rows, few), (rows, rows)] {
        let database = open();
        execute(&database, "DELETE FROM inbox_events");
        fill(&database, total, total - pending);
        let (claim, finish) = measure(&database);
        println!("{name:9} {total:>10} rows {pending:>10} pending: claim {claim:>7} us, finish {finish:>7} us");
    }
}

fn main() {
    let rows = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let folder = std::env::temp_dir().join(format!("ticketledger-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let next = std::cell::Cell::new(0);
    let open_sqlite = || {
        next.set(next.get() + 1);
        let url = format!("sqlite:{}/bench-{}.db", folder.display(), next.get());
        Database::open(&url, Role::Daemon).unwrap_or_else(|error| panic!("{error}"))
    };
    run("SQLite", open_sqlite, rows);
    std::fs::remove_dir_all(&folder).unwrap();
    if let Ok(url) = std::env::var("TICKETLEDGER_BENCH_URL") {
        run("PostgreSQL", || Database::open(&url, Role::Daemon).unwrap_or_else(|error| panic!("{error}")), rows);
    }
}
