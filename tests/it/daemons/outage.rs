//! The server goes away, comes back, or can only be read: senders are told the truth, and nothing is lost or doubled.

use diesel::connection::SimpleConnection as _;
use ticketledger::db::{Connection, Database, Role};

use super::on_postgresql;
use crate::crash::{Delivery, all_settled, delivery, home};
use crate::support::cluster::{self, Cluster};
use crate::support::daemon::{check_invariants, lines};
use crate::support::db::{Engine, TestDatabase, with_database};
use crate::support::home::{Home, Serving};
use crate::support::wait::unless_hung;
use crate::worker::{order, start};

/// Status, and after how many seconds a sender should come back.
async fn sent(client: &reqwest::Client, serving: &Serving, delivery: &Delivery) -> (u16, Option<u64>) {
    let source = delivery.source;
    let address = format!("http://{}/webhooks/{source}/{source}-secret", serving.public);
    let answer = client.post(address).body(delivery.body.clone()).send().await.expect("an answer");
    let wait = answer.headers().get("retry-after").map(|wait| wait.to_str().unwrap().parse().unwrap());
    (answer.status().as_u16(), wait)
}

/// A daemon on a server of its own, with one order settled.
async fn on_a_server_of_its_own() -> Option<(Cluster, Home, Serving, reqwest::Client)> {
    let enabled = TestDatabase::new(Engine::Postgres).is_some();
    let server = if enabled { Cluster::own()? } else { return None };
    let (mut home, _) = home().await;
    home.use_database(&server.url("postgres"));
    let serving = home.serve();
    let client = reqwest::Client::new();
    serving.accepted(&client, "museum", &delivery(1).body).await;
    all_settled(&home).await;
    Some((server, home, serving, client))
}

/// What was accepted is there, once, and settled.
async fn assert_complete(home: &Home, orders: &[i64]) {
    all_settled(home).await;
    let database = home.database();
    let expected: Vec<String> = orders.iter().map(|number| format!("order {number}")).collect();
    let booked = "SELECT order_id AS line FROM journal_entries ORDER BY order_id";
    assert_eq!(lines(&database, booked), expected, "one entry for each");
    check_invariants(&database);
}

#[tokio::test]
async fn a_server_that_is_killed_and_started_again_costs_a_few_answers_of_503() {
    let Some((server, home, serving, client)) = on_a_server_of_its_own().await else { return };
    server.kill();
    for _ in 0..10 {
        assert_eq!(sent(&client, &serving, &delivery(2)).await, (503, Some(5)));
    }
    server.start_again();
    serving.accepted(&client, "museum", &delivery(3).body).await;
    assert_complete(&home, &[1, 3]).await;
    serving.terminate();
    assert_eq!(serving.ended().code(), Some(0));
    server.kill();
}

#[tokio::test]
async fn a_server_that_can_only_be_read_is_as_good_as_gone_until_it_can_be_written() {
    let Some((server, home, serving, client)) = on_a_server_of_its_own().await else { return };
    let read_only = |setting: &str| {
        cluster::administer(&server, &format!("ALTER SYSTEM SET default_transaction_read_only TO {setting}"));
        cluster::administer(&server, "SELECT pg_reload_conf()");
    };
    read_only("on");
    // The server reads its settings when it gets to it; until then it accepts.
    let refused = async { while sent(&client, &serving, &delivery(2)).await != (503, Some(5)) {} };
    unless_hung("the server can only be read", refused).await;
    let refused = home.run(&["serve"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("target_session_attrs=read-write"), "{}", refused.stderr);
    read_only("off");
    serving.accepted(&client, "museum", &delivery(3).body).await;
    all_settled(&home).await;
    assert!(lines(&home.database(), "SELECT order_id AS line FROM journal_entries").contains(&"order 3".to_owned()));
    drop(serving);
    server.kill();
}

on_postgresql!(connections_that_were_cut_are_replaced_before_they_are_used, async |database| {
    let daemon = start(database).await;
    daemon.accepted("museum", order("a", 1)).await;
    for round in 0..3 {
        database.execute(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        let sent = async { while daemon.post("museum", order(&format!("b{round}"), 4)).await.0 != 200 {} };
        unless_hung("the connections are replaced", sent).await;
        daemon.settle().await;
    }
    assert_eq!(daemon.states().len(), 4);
    daemon.settle().await;
    assert_eq!(daemon.entries("museum"), 4);
    daemon.finish().await;
});

on_postgresql!(a_commit_that_fails_is_answered_503_and_not_tried_again, async |database| {
    let daemon = start(database).await;
    database.execute(
        "CREATE SEQUENCE commits; CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM nextval('commits'); RAISE EXCEPTION 'as the test wants it'; END $$; \
         CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON inbox_events DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION fail()",
    );
    let (status, _) = daemon.post("museum", order("a", 1)).await;
    assert_eq!(status, 503);
    assert_eq!(daemon.lines("SELECT last_value || ' ' || is_called AS line FROM commits"), ["1 true"]);
    database.execute("DROP TRIGGER fail ON inbox_events");
    daemon.deliver(order("a", 1)).await;
    assert_eq!(daemon.states(), ["done"]);
    daemon.finish().await;
});

#[test]
fn a_commit_waits_for_the_disk_whatever_the_server_was_told() {
    with_database(Engine::Postgres, |database| {
        for (told, expected) in
            [("off", "on"), ("local", "on"), ("remote_write", "on"), ("remote_apply", "remote_apply")]
        {
            database.execute(&format!(
                "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit TO {told}', current_database()); \
                 END $$"
            ));
            let opened = Database::open(&database.url, Role::Daemon).unwrap();
            assert_eq!(lines(&opened, "SELECT current_setting('synchronous_commit') AS line"), [expected]);
            // What a claim does without is back for the next transaction.
            opened
                .transaction("test", |connection| ticketledger::inbox::store::await_claims(connection, "museum"))
                .unwrap();
            assert_eq!(lines(&opened, "SELECT current_setting('synchronous_commit') AS line"), [expected]);
        }
    });
}

#[test]
fn a_commit_is_not_cut_short_by_the_timeout_of_statements() {
    with_database(Engine::Postgres, |database| {
        let opened = database.open();
        database.execute(
            "CREATE TABLE seen (what text); CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN INSERT INTO seen VALUES (current_setting('statement_timeout')); RETURN NULL; END $$; \
             CREATE CONSTRAINT TRIGGER look AFTER INSERT ON sources DEFERRABLE INITIALLY DEFERRED \
             FOR EACH ROW EXECUTE FUNCTION look()",
        );
        opened
            .transaction("test", |connection| {
                if let Connection::Postgres(c) = connection {
                    c.batch_execute("INSERT INTO sources VALUES ('m', 'bookingkit', 'UTC', 'DE', now())")?;
                }
                Ok::<_, ticketledger::db::Error>(())
            })
            .unwrap();
        assert_eq!(lines(&opened, "SELECT what AS line FROM seen"), ["0"]);
        assert_eq!(lines(&opened, "SELECT current_setting('statement_timeout') AS line"), ["1min"]);
    });
}
