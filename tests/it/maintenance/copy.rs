//! An embedded installation that moves to PostgreSQL.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};
use secrecy::SecretString;
use serde_json::{Value, json};
use ticketledger::clock::Clock;
use ticketledger::db::{Database, Error, Role};
use ticketledger::demo::stand_in::BookingExample;
use ticketledger::ledger::proof::rebuild::rebuild;
use ticketledger::maintenance::copy::{Copied, CopyError, LEFT_OUT, TABLES, copy};

use super::traffic;
use crate::support::daemon::{PAID_ORDER, TestDaemon, changed, check_invariants, lines};
use crate::support::db::{Engine, TestDatabase};
use crate::support::home::Home;
use crate::support::program::Program;

/// A database of each engine; `None` without PostgreSQL.
fn pair() -> Option<(TestDatabase, TestDatabase)> {
    Some((TestDatabase::new(Engine::Sqlite)?, TestDatabase::new(Engine::Postgres)?))
}

fn copied(from: &TestDatabase, to: &TestDatabase, clock: &Clock) -> Result<Copied, CopyError> {
    let source = Database::open(&from.url, Role::Copier).unwrap();
    let target = Database::open(&to.url, Role::Copier).unwrap();
    copy(&source, &target, clock.now(), |_, _, _| {})
}

/// Names of the tables of `schema.rs`, and of the migrated database.
#[test]
fn no_table_is_forgotten() {
    let text = include_str!("../../../src/db/schema.rs");
    let of_the_schema: BTreeSet<&str> = text
        .split("diesel::table! {\n")
        .skip(1)
        .map(|table| table.trim_start().split([' ', '(']).next().unwrap())
        .collect();
    assert!(of_the_schema.len() > 20, "{of_the_schema:?}");
    let known: BTreeSet<&str> = TABLES.iter().chain(LEFT_OUT.iter().map(|(table, _)| table)).copied().collect();
    let forgotten: Vec<&&str> = of_the_schema.difference(&known).collect();
    assert!(
        forgotten.is_empty(),
        "src/maintenance/copy/tables.rs does not know {forgotten:?}: copy them, or say why not"
    );
    let gone: Vec<&&str> = TABLES.iter().filter(|table| !of_the_schema.contains(*table)).collect();
    assert!(gone.is_empty(), "src/maintenance/copy/tables.rs has tables that schema.rs has not: {gone:?}");
    let Some(database) = TestDatabase::new(Engine::Sqlite) else { return };
    let tables = lines(
        &database.open(),
        "SELECT name AS line FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*'",
    );
    let unknown: Vec<String> = tables.into_iter().filter(|table| !known.contains(table.as_str())).collect();
    assert!(unknown.is_empty(), "src/maintenance/copy/tables.rs does not know {unknown:?}");
}

async fn token(daemon: &TestDaemon) -> String {
    let form = "grant_type=client_credentials&client_id=bookingkit&client_secret=client-secret";
    let request = reqwest::Client::new()
        .post(format!("http://{}/oauth/token", daemon.daemon.public()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    let answer: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

async fn with_token(daemon: &TestDaemon, token: &str, body: String) -> u16 {
    let address = format!("http://{}/webhooks/museum", daemon.daemon.public());
    let request = reqwest::Client::new().post(address).bearer_auth(token).body(body);
    request.send().await.unwrap().status().as_u16()
}

fn rows_that_no_traffic_makes(from: &TestDatabase) {
    from.execute("INSERT INTO alerts VALUES ('silence', 'theatre', '2025-11-11 12:00:00', '2025-11-11 12:00:00')");
    from.execute("INSERT INTO alerted_events SELECT id, source FROM inbox_events WHERE id = 1");
    let at = "'2025-11-11 12:00:00'";
    from.execute(&format!(
        "INSERT INTO delivery_hours VALUES ('museum', 'order', {at}, 1, {at});
         INSERT INTO deliveries_counted VALUES ('inbox', 1);
         INSERT INTO sweep_progress (source, resource, complete_until) VALUES ('museum', 'orders', {at});
         INSERT INTO sweep_runs (id, source, resource, kind, asked_at, page_size, result, finished_at)
            VALUES (1, 'museum', 'orders', 'delta', {at}, 200, 'clean', {at});
         INSERT INTO sweep_budgets (source, kind, month, used) VALUES ('museum', 'sweep', '2025-11', 7);
         INSERT INTO sweep_differences (event_id, source, order_id, run_id, found_at, decide_at)
            VALUES (1, 'museum', 'A', 1, {at}, {at});
         INSERT INTO sweep_methods VALUES ('museum', 'BANK_WIRE', 'StripeBankWire');
         INSERT INTO sweep_waiting VALUES ('museum', 'date', 'd1', 'A');
         INSERT INTO sweep_totals VALUES ('museum', 'requests', 7);
         INSERT INTO api_tokens (client_sha256, version)
            VALUES ('0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', 1)"
    ));
    from.execute(
        "INSERT INTO console_keys VALUES ('forms', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
            '2025-11-11 12:00:00');
         INSERT INTO inbox_causes VALUES ('museum', 'bad_id', 'seen', 'anna', '2025-11-11 12:00:00');
         INSERT INTO console_users
         VALUES ('anna', 'admin', '$argon2id$x', '2025-11-11 12:00:00', '2025-11-11 12:00:00');
         INSERT INTO console_tokens (token_sha256, user_name, label, role, created_at, expires_at)
         SELECT body_sha256, 'anna', 'cube', 'reader', '2025-11-11 12:00:00', '2026-11-11 12:00:00' FROM inbox_events
         WHERE id = 1;
         INSERT INTO console_audit (at, actor, action, subject, address, outcome, result)
         VALUES ('2025-11-11 12:00:00', 'anna', 'sign_in', '', '', 'done', '{}')",
    );
}

#[tokio::test]
async fn a_daemon_goes_on_with_the_copy_as_if_nothing_had_been() {
    let Some((from, to)) = pair() else { return };
    let daemon = TestDaemon::start(&from).await;
    traffic(&daemon).await;
    daemon.replay(&[1]);
    daemon.settle().await;
    daemon.set_clock("2025-12-03T12:00:00Z");
    daemon.close_month(&from, "2025-11");
    let token = token(&daemon).await;
    daemon.accepted("museum", changed(PAID_ORDER, &[("/name", json!("Late"))])).await;
    daemon.claim_and_die();
    rows_that_no_traffic_makes(&from);
    let exported = Program::new(&from).run(&["export", "csv", "--period", "2025-11"]);
    assert_eq!(exported.0, 0, "{exported:?}");
    let heads = daemon.lines("SELECT entry_hash AS line FROM journal_entries ORDER BY source, entry_no");
    let before = daemon.stand_in.counts();
    let clock = daemon.clock.clone();

    let held = Database::open(&from.url, Role::Copier);
    assert!(matches!(held, Err(Error::InUse { .. })), "a daemon uses it");
    let daemon = daemon
        .restart(|config| {
            let done = copied(&from, &to, &clock).unwrap();
            assert!(done.complete, "{done:?}");
            assert_eq!(done.tables.iter().map(|table| table.table.as_str()).collect::<Vec<_>>(), TABLES);
            let empty = done.tables.iter().filter(|table| table.source_rows == 0);
            let empty: Vec<&str> = empty.map(|table| table.table.as_str()).collect();
            assert!(empty.is_empty(), "the test copies something of every table: {empty:?}");
            assert!(matches!(copied(&from, &to, &clock), Err(CopyError::NotEmpty(table)) if table == "sources"));
            config.database_url = SecretString::from(to.url.clone());
        })
        .await;
    assert_eq!(daemon.lines("SELECT entry_hash AS line FROM journal_entries ORDER BY source, entry_no"), heads);
    // What a dead worker held is due at once.
    daemon.settle().await;
    let last = daemon.lines("SELECT state AS line FROM inbox_events ORDER BY id DESC LIMIT 1");
    assert_eq!(last, ["done"]);
    // Numbers go on, the token is valid, and Ticketpark is asked with the token that was stored.
    let refund = json!({"id": "r2", "code": "Card", "payment_method": "Card", "value": -1, "type": "refund",
        "payment_date": "2025-12-02T09:30:00Z"});
    let entries = daemon.entries("museum");
    assert_eq!(with_token(&daemon, &token, changed(PAID_ORDER, &[("/payments/-", refund)])).await, 200);
    daemon.ticketpark("new-booking", json!({ "booking_pid": BookingExample::default().pid() })).await;
    daemon.settle().await;
    assert_eq!(daemon.entries("museum"), entries + 1);
    let count = |what: &str| daemon.lines(&format!("SELECT CAST(COUNT(*) AS TEXT) AS line FROM {what}"));
    assert_eq!(count("inbox_events"), daemon.lines("SELECT CAST(MAX(id) AS TEXT) AS line FROM inbox_events"));
    let after = daemon.stand_in.counts();
    assert_eq!(after.reads.values().sum::<u64>(), before.reads.values().sum::<u64>() + 1);
    assert_eq!(after.password_grants, before.password_grants, "the sealed token is usable");
    daemon.replay(&[1, 2, 3]);
    daemon.settle().await;
    assert_eq!(daemon.entries("museum"), entries + 1);
    assert!(rebuild(daemon.database(), None, None, 10, |_, _| {}).unwrap().iter().all(|book| book.is_identical()));
    check_invariants(daemon.database());
}

/// A source with its first policy, as a daemon makes it.
fn a_source() -> String {
    format!(
        "INSERT INTO sources (source, provider, timezone, country, created_at)
            VALUES ('museum', 'bookingkit', 'Europe/Berlin', 'DE', '2025-01-01 00:00:00');
         INSERT INTO policies VALUES ('museum', 1, '1970-01-01 00:00:00', '{{}}', '{}', '2025-01-01 00:00:00')",
        "a".repeat(64)
    )
}

/// A home with so many deliveries and steps that a copy takes its time.
fn large(home: &Home) {
    drop(home.database());
    let database = TestDatabase::at(&home.path("ticketledger.db"));
    let hash = "a".repeat(64);
    database.execute(&format!(
        "{};
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30000)
         INSERT INTO inbox_events (source, kind, entity, received_at, method, headers, body, body_sha256, state, due_at)
         SELECT 'museum', 'order', 'order:' || n, '2025-11-11 14:36:50.12', 'POST', '{{\"a\":\"\\\\\"\\u00e4\"}}',
             CASE WHEN n % 7 THEN randomblob(500) END, '{hash}', 'done', '2025-11-11 14:36:50' FROM n;
         INSERT INTO order_snapshots SELECT 'museum', id, 'X' || id, id, NULL, 'delivery', '2025-11-11 14:36:50',
             '{{}}', '{hash}' FROM inbox_events;",
        a_source()
    ));
}

/// Lets a copy into this database come to so many deliveries and steps, and no further while the test has lock 1.
fn hold_copies_at(target: &TestDatabase, rows: i64) {
    target.execute(&format!(
        "CREATE OR REPLACE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF (SELECT COUNT(*) FROM inbox_events) + (SELECT COUNT(*) FROM order_snapshots) > {rows} THEN \
                 PERFORM pg_advisory_xact_lock_shared(1); \
             END IF; RETURN NULL; END $$; \
         CREATE OR REPLACE TRIGGER hold AFTER INSERT ON inbox_events FOR EACH STATEMENT EXECUTE FUNCTION hold(); \
         CREATE OR REPLACE TRIGGER hold AFTER INSERT ON order_snapshots FOR EACH STATEMENT EXECUTE FUNCTION hold()"
    ));
}

/// Waits until a copy has stored so many rows. It says so in its log.
fn stored(child: &mut Child, goal: i64) {
    let log = BufReader::new(child.stderr.take().unwrap());
    let rows = log.lines().map_while(Result::ok).filter_map(|line| {
        let record: Value = serde_json::from_str(&line).ok()?;
        record["fields"]["done"].as_i64()
    });
    assert!(rows.into_iter().any(|rows| rows >= goal), "the copy ended before it came to {goal} rows");
}

#[test]
fn a_copy_that_is_killed_goes_on_where_it_stood() {
    let Some(to) = TestDatabase::new(Engine::Postgres) else { return };
    let mut home = Home::new();
    large(&home);
    home.set("TARGET", &to.url);
    home.set("TICKETLEDGER_LOG", "debug");
    let arguments =
        ["--log-format", "json", "database", "copy", "--from", "sqlite:ticketledger.db", "--to", "env:TARGET"];
    // Its schema is there before the copy begins.
    drop(Database::open(&to.url, Role::Copier).unwrap());
    let mut other = PgConnection::establish(&to.url).unwrap();
    for goal in [1, 12_000, 31_000] {
        // Only once the run before is gone from the server too.
        other.batch_execute("SELECT pg_advisory_lock(1)").unwrap();
        hold_copies_at(&to, goal + 5_000);
        let mut child = home.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        stored(&mut child, goal);
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().code(), None, "it was killed before its end");
        other.batch_execute("SELECT pg_advisory_unlock(1)").unwrap();
    }
    assert!(matches!(Database::open(&to.url, Role::Daemon), Err(Error::Unfinished)));
    let shown = home.fine(&arguments);
    assert!(shown.contains("inbox_events           30000      30000 rows, the same"), "{shown}");
    assert!(shown.contains("The copy is complete."), "{shown}");
    Database::open(&to.url, Role::Daemon).unwrap();
}

#[test]
fn a_copy_is_refused_where_it_would_mix_or_miss_something() {
    let Some((from, to)) = pair() else { return };
    let clock = Clock::System;
    drop(from.open());
    from.execute(&a_source());
    let source = Database::open(&from.url, Role::Copier).unwrap();
    let target = Database::open(&to.url, Role::Copier).unwrap();
    // An unfinished copy of something that has changed since.
    to.execute(
        "CREATE TABLE copy_progress (table_name text PRIMARY KEY, source_rows bigint NOT NULL, \
         source_last bigint NOT NULL, last_row bigint NOT NULL DEFAULT 0, copied_rows bigint NOT NULL DEFAULT 0)",
    );
    let refused = copy(&source, &target, clock.now(), |_, _, _| {});
    assert!(matches!(refused, Err(CopyError::Changed(table)) if table == "sources"));
    to.execute("DROP TABLE copy_progress");
    from.execute("CREATE TABLE extra (x INTEGER)");
    let refused = copy(&source, &target, clock.now(), |_, _, _| {});
    assert!(matches!(refused, Err(CopyError::UnknownTable(table)) if table == "extra"));
    from.execute("DROP TABLE extra; ALTER TABLE sources ADD COLUMN extra TEXT");
    let refused = copy(&source, &target, clock.now(), |_, _, _| {});
    assert!(matches!(refused, Err(CopyError::Columns(table)) if table == "sources"));
    from.execute("ALTER TABLE sources DROP COLUMN extra");
    // What a killed run left is not taken on trust.
    copy(&source, &target, clock.now(), |_, _, _| {}).unwrap();
    drop((source, target));
    assert_eq!(lines(&to.open(), "SELECT source AS line FROM sources"), ["museum"]);
}

#[tokio::test]
async fn a_copy_says_what_is_not_the_same() {
    let Some((from, to)) = pair() else { return };
    let daemon = TestDaemon::start(&from).await;
    traffic(&daemon).await;
    let clock = daemon.clock.clone();
    daemon.finish().await;
    let source = Database::open(&from.url, Role::Copier).unwrap();
    let target = Database::open(&to.url, Role::Copier).unwrap();
    let mut spoilt = false;
    let done = copy(&source, &target, clock.now(), |_, rows, total| {
        if rows == total && !std::mem::replace(&mut spoilt, true) {
            to.execute("UPDATE contacts SET city = 'Elsewhere' WHERE contact_id = 1; DELETE FROM oauth_tokens");
        }
    });
    let done = done.unwrap();
    assert!(!done.complete);
    let different: Vec<(&str, i64)> = done
        .tables
        .iter()
        .filter(|table| table.different > 0)
        .map(|table| (table.table.as_str(), table.different))
        .collect();
    assert_eq!(different, [("contacts", 1)]);
    drop(target);
    assert!(matches!(Database::open(&to.url, Role::Command), Err(Error::Unfinished)));
}

#[test]
fn the_command_refuses_what_makes_no_sense() {
    let home = Home::new();
    for (from, to, code, said) in [
        ("postgres://x@/y", "postgres://x@/z", 2, "--from must be a SQLite database; write sqlite:PATH"),
        ("sqlite:ticketledger.db", "sqlite:other.db", 2, "--to must be a PostgreSQL database"),
        ("sqlite:ticketledger.db", "env:NOWHERE", 2, "--to: the environment variable NOWHERE is not set"),
        ("sqlite:ticketledger.db", "postgres://x@/z", 1, "there is no database ticketledger.db yet"),
    ] {
        let ended = home.run(&["database", "copy", "--from", from, "--to", to]);
        assert_eq!((ended.code, ended.stderr.contains(said)), (Some(code), true), "{}", ended.stderr);
    }
    let serving = home.serve();
    let arguments = ["database", "copy", "--from", "sqlite:ticketledger.db", "--to", "postgres://x@/z"];
    let ended = home.run(&arguments);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("another ticketledger daemon is using ticketledger.db"), "{}", ended.stderr);
    serving.terminate();
    assert_eq!(serving.ended().code(), Some(0));
    // And the other way round.
    let _copying = Database::open(&format!("sqlite:{}", home.path("ticketledger.db").display()), Role::Copier).unwrap();
    assert_eq!(home.run(&["serve"]).code, Some(1));
}
