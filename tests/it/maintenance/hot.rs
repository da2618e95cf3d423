//! What is done is out of the way: the statements of the hot path go through indexes that hold only what waits.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use diesel::Connection as _;
use diesel::prelude::*;
use ticketledger::clock::Timestamp;
use ticketledger::db::{Connection, Database, Error};
use ticketledger::inbox::{Finish, store};

use crate::on_both_engines;
use crate::support::daemon::{at, lines};
use crate::support::db::{Engine, TestDatabase};
use crate::support::plans::{overhear, plan_for_rows};

/// Done events with small bodies, and some that wait, the newest.
fn fill(database: &TestDatabase, done: i64, waiting: i64) {
    let (hash, bytes) = match database.engine {
        Engine::Sqlite => ("a".repeat(64), "zeroblob(500)"),
        Engine::Postgres => ("a".repeat(64), "decode(repeat('00', 500), 'hex')"),
    };
    for (state, from, to) in [("done", 0, done), ("pending", done, done + waiting)] {
        database.execute(&format!(
            "WITH RECURSIVE n (n) AS (SELECT {from} + 1 UNION ALL SELECT n + 1 FROM n WHERE n < {to})
             INSERT INTO inbox_events (source, kind, entity, received_at, method, headers, body, body_sha256, state,
                 due_at)
             SELECT 'museum', 'order', 'order:' || n, '2025-11-11 14:36:50', 'POST', '{{}}', {bytes}, '{hash}',
                 '{state}', '2025-11-11 14:36:50' FROM n"
        ));
    }
    // SQLite has the statistics of its schema.
    if database.engine == Engine::Postgres {
        database.execute("ANALYZE");
    }
}

fn now() -> Timestamp {
    at("2025-11-12T10:00:00Z")
}

/// Claims a batch and ends it as done; answers the number of events.
fn claim_and_finish(database: &Database) -> usize {
    let until = now().plus_milliseconds(180_000);
    let claimed = database
        .transaction("claim", |c| store::claim(c, "lease", now(), until, "museum", 64))
        .expect("the claim works");
    let ids: Vec<i64> = claimed.iter().flat_map(|entity| entity.events.iter().map(|event| event.id)).collect();
    database
        .transaction("finish", |c| {
            for id in &ids {
                assert!(store::finish(c, "lease", *id, &Finish::Applied { newer: true }, now())?);
            }
            Ok::<_, Error>(())
        })
        .expect("they are finished");
    ids.len()
}

/// The statements that `body` runs.
fn statements(database: &Database, body: impl FnOnce(&mut Connection)) -> Vec<String> {
    let (sender, heard) = mpsc::channel();
    database
        .dry_run(|connection| {
            overhear(connection, sender);
            body(connection);
            Ok::<_, Error>(())
        })
        .unwrap();
    let statements = heard.try_iter().map(|text| text.split(" -- binds").next().unwrap_or_default().to_owned());
    statements.filter(|text| text.contains("inbox_events")).collect()
}

/// Indexes that hold only what waits, or lead by the number.
const NARROW: [&str; 5] =
    ["inbox_events_due", "inbox_events_waiting", "inbox_events_leased", "inbox_events_pkey", "INTEGER PRIMARY KEY"];

/// Whether a plan reads all events, and not through such an index.
fn reads_everything(plan: &str) -> bool {
    plan.lines().any(|line| {
        let scans = line.contains("Seq Scan on inbox_events") || line.starts_with("SCAN inbox_events");
        scans && !NARROW.iter().any(|index| line.contains(&format!("USING INDEX {index}")))
    })
}

on_both_engines!(the_hot_path_never_meets_what_is_done, |database| {
    let opened = database.open();
    fill(database, 20_000, 200);
    let until = now().plus_milliseconds(180_000);
    let hot = statements(&opened, |c| {
        store::next_due_at(c, &["museum"]).unwrap();
        let claimed = store::claim(c, "lease", now(), until, "museum", 64).unwrap();
        assert_eq!(claimed.len(), 64);
        store::finish(c, "lease", claimed[0].events[0].id, &Finish::Applied { newer: true }, now()).unwrap();
        store::release_all_leases(c, now()).unwrap();
    });
    assert!(hot.len() >= 5, "{hot:#?}");
    for statement in &hot {
        let plan = plan_for_rows(&mut opened.reader().unwrap(), statement);
        assert!(!reads_everything(&plan), "{statement}\n{plan}");
        assert!(NARROW.iter().any(|index| plan.contains(index)), "{statement}\n{plan}");
    }
});

on_both_engines!(what_is_done_leaves_the_hot_indexes, |database| {
    let opened = database.open();
    fill(database, 20_000, 1);
    let rows = |index: &str| match database.engine {
        Engine::Sqlite => lines(
            &opened,
            &format!(
                "SELECT CAST(COUNT(*) AS TEXT) AS line FROM inbox_events INDEXED BY {index} \
                 WHERE state = 'pending'"
            ),
        )[0]
        .parse::<i64>()
        .unwrap(),
        Engine::Postgres => {
            database.execute(&format!("REINDEX INDEX {index}"));
            let query = format!("SELECT CAST(reltuples AS text) AS line FROM pg_class WHERE relname = '{index}'");
            lines(&opened, &query)[0].parse::<i64>().unwrap()
        }
    };
    for index in ["inbox_events_due", "inbox_events_waiting"] {
        assert_eq!(rows(index), 1, "{index} holds what is done");
    }
    drop(opened);
});

/// What one event costs, claimed and finished in batches of 64, over `events` of them.
fn cost(database: &Database, events: usize) -> Duration {
    let started = Instant::now();
    let mut done = 0;
    while done < events {
        let finished = claim_and_finish(database);
        assert!(finished > 0, "nothing waiting any more");
        done += finished;
    }
    started.elapsed() / u32::try_from(done).unwrap()
}

on_both_engines!(the_cost_of_a_claim_is_measured, |database| {
    // Takes minutes and a million rows: TICKETLEDGER_MEASURE=1 cargo test --release the_cost_of -- --nocapture
    if std::env::var("TICKETLEDGER_MEASURE").is_err() {
        eprintln!("skipped: set TICKETLEDGER_MEASURE=1");
        return;
    }
    let opened = database.open();
    if database.engine == Engine::Postgres {
        database.execute("ALTER TABLE inbox_events SET (autovacuum_enabled = off)");
    }
    let seconds = |sql: &str| {
        let started = Instant::now();
        lines(&opened, sql);
        started.elapsed()
    };
    for (before, more) in [(0, 10_000), (16_000, 984_000)] {
        fill(database, more, 6_000);
        let first = cost(&opened, 1_900);
        let middle = cost(&opened, 1_900);
        let last = cost(&opened, 1_900);
        println!(
            "{:?}, {} done: claim and finish {first:?}, then {middle:?}, then {last:?} an event; v_inbox {:?}",
            database.engine,
            before + more,
            seconds("SELECT source AS line FROM v_inbox"),
        );
        if database.engine == Engine::Postgres {
            // In no transaction, unlike what the test database runs.
            let mut connection = PgConnection::establish(&database.url).unwrap();
            diesel::sql_query("VACUUM inbox_events").execute(&mut connection).unwrap();
            println!(
                "after a vacuum: hot indexes {:?}",
                lines(
                    &opened,
                    "SELECT indexrelname || ' ' || \
                pg_relation_size(indexrelid) / 8192 || ' pages' AS line FROM pg_stat_user_indexes \
                WHERE indexrelname LIKE 'inbox_events_%' ORDER BY 1"
                )
            );
        }
    }
});
