//! `ticketledger doctor` with the real program: a host that is well, and each thing that can be wrong with one.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use serde_json::Value;
use ticketledger::clock::Clock;
use ticketledger::demo::stand_in::StandIn;

use crate::support::daemon::{PAID_ORDER, lines};
use crate::support::db::{Engine, TestDatabase, wait_for_locks};
use crate::support::home::{Home, Serving};
use crate::support::wait::until;

/// The sockets of a daemon, held for it as systemd does: a command knows their ports, and nobody else gets them.
struct Sockets {
    public: TcpListener,
    console: TcpListener,
}

impl Sockets {
    fn new(home: &mut Home) -> Self {
        let bind = |variable| {
            let socket = TcpListener::bind("127.0.0.1:0").unwrap();
            home.set(variable, &socket.local_addr().unwrap().to_string());
            socket
        };
        let [public, console] = ["TICKETLEDGER_SERVER__LISTEN", "TICKETLEDGER_SERVER__CONSOLE"].map(bind);
        Self { public, console }
    }

    fn serve(&self, home: &Home) -> Serving {
        home.serve_on([("public", &self.public), ("console", &self.console)])
    }
}

/// A daemon that is well, with an order in its books.
async fn well() -> (Home, StandIn, Sockets, Serving) {
    let mut home = Home::new();
    let sockets = Sockets::new(&mut home);
    let stand_in = StandIn::start(Clock::System).await.unwrap();
    home.read_bookings_from(&stand_in);
    let serving = sockets.serve(&home);
    let client = reqwest::Client::new();
    serving.post(&client, "museum", PAID_ORDER.to_owned()).await.unwrap();
    let database = home.database();
    let done = "SELECT 'x' AS line FROM inbox_events WHERE state = 'done'";
    until("the order is settled", || !lines(&database, done).is_empty()).await;
    (home, stand_in, sockets, serving)
}

/// Exit code and lines of a visit; the program runs beside the stand-in, which lives in this process.
async fn visit(home: Home, arguments: &[&str]) -> (Home, i32, String) {
    let arguments: Vec<String> = ["doctor"].iter().chain(arguments).map(|word| (*word).to_owned()).collect();
    tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ended = home.run(&arguments);
        assert!(!ended.stdout.is_empty(), "{}", ended.stderr);
        (home, ended.code.unwrap(), ended.stdout)
    })
    .await
    .unwrap()
}

fn sql(home: &Home, statements: &str) {
    let mut connection = SqliteConnection::establish(&home.path("ticketledger.db").display().to_string()).unwrap();
    connection.batch_execute(&wait_for_locks()).unwrap();
    connection.batch_execute(statements).unwrap();
}

/// Whether a line begins with this status and check, and says that.
fn says(said: &str, status: &str, check: &str, text: &str) -> bool {
    said.lines().any(|line| {
        let rest = line.strip_prefix(status).map(str::trim_start);
        rest.is_some_and(|rest| rest.starts_with(check) && rest.contains(text))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_well_is_told_so() {
    let (home, stand_in, _sockets, serving) = well().await;
    let public = format!("http://{}/", serving.public);
    let (home, code, said) = visit(home, &["--public-url", &public]).await;
    assert_eq!(code, 0, "{said}");
    for check in [
        "config",
        "folder",
        "disk",
        "database",
        "migrations",
        "durability",
        "integrity",
        "clock",
        "provider of theatre",
        "clock of theatre",
        "login of theatre",
        "webhook",
        "ready",
        "parked of museum",
        "backlog of museum",
        "finding_high of museum",
        "silence of museum",
    ] {
        assert!(says(&said, "ok", check, ""), "{check} in\n{said}");
    }
    for secret in ["museum-secret", "theatre-secret", StandIn::CLIENT_SECRET, StandIn::PASSWORD] {
        assert!(!said.contains(secret), "{said}");
    }
    assert_eq!(stand_in.counts().writes, 0);
    let (_, code, said) = visit(home, &["--format", "json", "--skip-integrity"]).await;
    let answer: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &answer["result"]), (0, &Value::from("ok")));
    assert!(answer["checks"].as_array().unwrap().iter().all(|check| check["check"] != "integrity"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_person_is_a_warning() {
    let (mut home, _stand_in, sockets, serving) = well().await;
    home.set("TICKETLEDGER_SOURCES__MUSEUM__SILENCE_HOURS", "1");
    // The daemon notes when something came; it is stopped so that it does not note it over what is written here.
    serving.terminate();
    serving.ended();
    sql(
        &home,
        "UPDATE source_activity SET last_received_at = '2026-01-01 00:00:00';
         INSERT INTO source_activity VALUES ('museum', '2026-01-01', '2026-01-01 00:00:00', 0, NULL, 0)
             ON CONFLICT DO NOTHING;
         INSERT INTO findings (fingerprint, source, reason, severity, evidence, first_seen, last_seen, state)
             VALUES ('f', 'museum', 'overpaid', 'high', 'e', '2026-01-01 00:00:00', '2026-01-01 00:00:00', 'open');
         INSERT INTO inbox_events (source, kind, entity, received_at, method, headers, body_sha256, state, reason,
                 due_at)
             SELECT source, kind, entity, '2026-01-01 00:00:00', method, headers, body_sha256, 'parked', 'bad_amount',
                 due_at FROM inbox_events WHERE id = 1;
         INSERT INTO inbox_events (source, kind, entity, received_at, method, headers, body_sha256, state, due_at)
             SELECT source, kind, 'order:later', '2026-01-01 00:00:00', method, headers, body_sha256, 'pending',
                 datetime('now', '+30 minutes') FROM inbox_events WHERE id = 1;",
    );
    let serving = sockets.serve(&home);
    let (_, code, said) = visit(home, &[]).await;
    assert_eq!(code, 3, "{said}");
    assert!(says(&said, "warning", "parked of museum", "inbox list --state parked"), "{said}");
    assert!(says(&said, "warning", "backlog of museum", "minutes"), "{said}");
    assert!(says(&said, "warning", "finding_high of museum", "findings list"), "{said}");
    assert!(says(&said, "warning", "silence of museum", "allowed: at most 1"), "{said}");
    drop(serving);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_a_folder_and_a_database_that_do_not_do_are_failures() {
    let (home, _, said) = visit(Home::new(), &[]).await;
    assert!(says(&said, "failed", "database", "ticketledger serve"), "{said}");
    let mut home = home;
    home.unset("MUSEUM_HOOK");
    let (mut home, code, said) = visit(home, &[]).await;
    assert_eq!(code, 1);
    assert!(says(&said, "failed", "config", "MUSEUM_HOOK"), "{said}");
    home.set("MUSEUM_HOOK", "museum-secret");
    // Nobody can write there, and there is no room, not even for root.
    home.set("TICKETLEDGER_DATABASE__URL", "sqlite:/proc/ticketledger.db");
    let (mut home, code, said) = visit(home, &[]).await;
    assert_eq!(code, 1);
    assert!(says(&said, "failed", "folder", "cannot write to /proc"), "{said}");
    assert!(says(&said, "failed", "disk", "free some space"), "{said}");
    home.set("TICKETLEDGER_DATABASE__URL", "sqlite:broken.db");
    std::fs::write(home.path("broken.db"), "this is no database, and never was one".repeat(500)).unwrap();
    let (mut home, code, said) = visit(home, &[]).await;
    assert_eq!(code, 1);
    assert!(says(&said, "failed", "integrity", "backup"), "{said}");
    home.set("TICKETLEDGER_DATABASE__URL", "postgres://nobody@127.0.0.1:1/nothing");
    let (_, code, said) = visit(home, &[]).await;
    assert_eq!(code, 1);
    assert!(says(&said, "failed", "database", "database.url"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_a_journal_and_a_daemon_that_are_not_as_they_should_be_are_failures() {
    let (home, stand_in, sockets, serving) = well().await;
    sql(&home, "CREATE TRIGGER refuse BEFORE INSERT ON oauth_tokens BEGIN SELECT RAISE(ABORT, 'refused'); END");
    let (home, code, said) = visit(home, &["--public-url", &stand_in.base_url()]).await;
    assert_eq!(code, 1, "{said}");
    assert!(says(&said, "failed", "ready", "refused"), "{said}");
    assert!(says(&said, "failed", "webhook", "the proxy, which must forward"), "{said}");
    assert!(says(&said, "ok", "webhook", ""), "the listener itself is reached: {said}");
    serving.terminate();
    serving.ended();
    drop(sockets);

    sql(&home, "DELETE FROM __diesel_schema_migrations WHERE version = '20261130000037'; PRAGMA journal_mode = DELETE");
    let (home, code, said) = visit(home, &[]).await;
    assert_eq!(code, 1, "{said}");
    assert!(says(&said, "failed", "webhook", "systemctl start"), "{said}");
    assert!(says(&said, "failed", "ready", "cannot reach"), "{said}");
    assert!(says(&said, "failed", "migrations", "1 not applied"), "{said}");
    assert!(says(&said, "failed", "durability", "journal_mode is delete"), "{said}");
    assert!(says(&said, "warning", "login of theatre", "skipped"), "{said}");
    // Looking changed nothing.
    let (_, _, again) = visit(home, &["--skip-integrity"]).await;
    assert!(says(&again, "failed", "migrations", "1 not applied"), "{again}");
    assert!(says(&again, "failed", "durability", "journal_mode is delete"), "{again}");
}

/// A provider that answers everything with 500 and a time of its own, for as long as the test runs.
fn provider_of_yesteryear() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(
                b"HTTP/1.1 500 Oops\r\nDate: Wed, 01 Jan 2025 12:00:00 GMT\r\nContent-Length: 0\r\n\
                  Connection: close\r\n\r\n",
            );
        }
    });
    base
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_gone_refuses_or_has_another_time_is_a_failure() {
    let (home, stand_in, _sockets, serving) = well().await;
    stand_in.stop().await;
    let (home, code, said) = visit(home, &[]).await;
    assert_eq!(code, 1, "{said}");
    assert!(says(&said, "failed", "provider of theatre", "firewall"), "{said}");
    let settings = std::fs::read_to_string(home.path("ticketledger.toml")).unwrap();
    let line = settings.lines().find(|line| line.starts_with("base_url = ")).unwrap().to_owned();
    let point_to = |base: &str| {
        std::fs::write(home.path("ticketledger.toml"), settings.replace(&line, &format!("base_url = \"{base}\"")))
            .unwrap();
    };
    point_to(&provider_of_yesteryear());
    let (home, code, said) = visit(home, &[]).await;
    assert_eq!(code, 1, "{said}");
    assert!(says(&said, "failed", "clock of theatre", "timedatectl"), "{said}");
    assert!(says(&said, "failed", "login of theatre", "ticketledger login theatre"), "{said}");

    // One that does not know our password.
    let stand_in = StandIn::start(Clock::System).await.unwrap();
    let settings = std::fs::read_to_string(home.path("ticketledger.toml")).unwrap();
    let line = settings.lines().find(|line| line.starts_with("base_url = ")).unwrap().to_owned();
    let settings = settings.replace(&line, &format!("base_url = \"{}\"", stand_in.base_url()));
    std::fs::write(home.path("ticketledger.toml"), settings).unwrap();
    let mut home = home;
    home.set("TICKETPARK_PASSWORD", "another-password");
    sql(&home, "DELETE FROM provider_tokens");
    let (_, code, said) = visit(home, &[]).await;
    assert_eq!(code, 1, "{said}");
    assert!(says(&said, "failed", "login of theatre", "ticketledger login theatre"), "{said}");
    assert!(!said.contains("another-password"), "{said}");
    drop(serving);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_write_through_is_a_failure() {
    let Some(database) = TestDatabase::new(Engine::Postgres) else { return };
    drop(database.open());
    let mut home = Home::new();
    home.set("TICKETLEDGER_DATABASE__URL", &database.url);
    let (_, code, said) = visit(home, &[]).await;
    assert_eq!(code, 1, "{said}");
    // The server of the tests runs without it, for speed.
    assert!(says(&said, "failed", "durability", "fsync is off"), "{said}");
    assert!(says(&said, "ok", "durability", "synchronous_commit is on"), "{said}");
    assert!(says(&said, "ok", "clock", "agrees with the database server's"), "{said}");
    assert!(says(&said, "ok", "database", "PostgreSQL answers"), "{said}");
}
