//! What the command and the mail program of `[alerts]` get, and what happens when they fail.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};
use ticketledger::config::Alerts;

use super::metrics::{metrics, value};
use super::said;
use crate::support::daemon::{PAID_ORDER, TestDaemon, changed};
use crate::support::db::{Engine, TestDatabase};
use crate::support::home::Home;
use crate::support::wait::unless_hung;

/// A program that does what a line of shell says; `$0` is beside what it writes.
fn program(folder: &Path, script: &str) -> String {
    let path = folder.join("tell");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

/// One alert, told with these settings.
async fn told(alerts: Alerts) -> usize {
    let Some(database) = TestDatabase::new(Engine::Sqlite) else { return 0 };
    let change = |config: &mut ticketledger::config::Config| config.alerts = alerts;
    let daemon = TestDaemon::start_with(&database, change, std::sync::Arc::new(|_| {})).await;
    daemon.parked("museum", changed(PAID_ORDER, &[("/payments/0/value", json!("a lot"))])).await;
    let notices = daemon.observe().await;
    assert_eq!(said(&notices), ["parked museum began"]);
    daemon.finish().await;
    notices.len()
}

#[tokio::test]
async fn a_command_gets_json_a_line_and_nothing_of_our_environment() {
    let folder = tempfile::tempdir().unwrap();
    let script = "cat > \"$0.in\"; env > \"$0.env\"; echo \"$@\" > \"$0.arguments\"";
    let command = vec![program(folder.path(), script), "to".to_owned(), "the team".to_owned()];
    if told(Alerts { command, ..Alerts::default() }).await == 0 {
        return;
    }
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let notice: Value = serde_json::from_str(&read("tell.in")).unwrap();
    assert_eq!(
        notice,
        json!({ "alert": "parked", "state": "began", "source": "museum", "began_at": "2025-11-11T12:00:00Z",
            "at": "2025-11-11T12:00:00Z", "text": "museum: 1 webhook(s) are parked: 1 bad_amount",
            "to_do": "`ticketledger inbox list --state parked` shows the reasons; replay the webhooks once the cause \
                      is fixed" })
    );
    assert_eq!(read("tell.arguments"), "to the team\n");
    let environment = read("tell.env");
    let names: Vec<&str> = environment.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    for name in &names {
        assert!(["PATH", "ALERT_TEXT", "PWD", "_", "OLDPWD", "SHLVL"].contains(name), "{name} in {names:?}");
    }
    assert!(environment.contains("ALERT_TEXT=museum: 1 webhook(s) are parked: 1 bad_amount"));
}

#[tokio::test]
async fn mail_goes_through_the_machines_own_program() {
    let folder = tempfile::tempdir().unwrap();
    let sendmail = program(folder.path(), "cat > \"$0.in\"; echo \"$@\" > \"$0.arguments\"");
    let mail_to = vec!["ada@example.com".to_owned(), "books@example.com".to_owned()];
    if told(Alerts { mail_to, sendmail, ..Alerts::default() }).await == 0 {
        return;
    }
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("tell.arguments"), "-i -- ada@example.com books@example.com\n");
    let mail = read("tell.in");
    let (head, text) = mail.split_once("\n\n").unwrap();
    assert!(head.contains("To: ada@example.com, books@example.com\n"), "{mail}");
    assert!(head.contains("Subject: [ticketledger] museum: 1 webhook(s) are parked: 1 bad_amount\n"), "{mail}");
    assert!(text.contains("What to do: `ticketledger inbox list --state parked`"), "{mail}");
}

#[tokio::test]
async fn a_command_that_hangs_is_ended_and_one_that_is_not_there_hinders_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let hanging = program(folder.path(), "exec sleep infinity");
    let alerts = Alerts { command: vec![hanging], timeout_seconds: 1, ..Alerts::default() };
    unless_hung("the command is ended", told(alerts)).await;
    told(Alerts { command: vec!["/nowhere/tell".to_owned()], ..Alerts::default() }).await;
}

#[tokio::test]
async fn the_running_daemon_tells_a_failing_command_is_logged_once_and_counted() {
    let mut home = Home::new();
    let folder = tempfile::tempdir().unwrap();
    home.set("TICKETLEDGER_ALERTS__COMMAND", &program(folder.path(), "exit 7"));
    let serving = home.serve();
    let client = reqwest::Client::new();
    for source in ["museum", "theatre"] {
        let address = format!("http://{}/webhooks/{source}/{source}-secret", serving.public);
        assert_eq!(client.post(address).body("{}").send().await.unwrap().status().as_u16(), 202);
    }
    // Alerts are looked for at the start, and every few seconds from then on.
    serving.terminate();
    serving.ended();
    let serving = home.serve();
    for _ in ["museum", "theatre"] {
        serving.says("the program for alerts was run");
    }
    let seen = metrics(&serving).await;
    assert_eq!(value(&seen, "ticketledger_alert_notices_total{result=\"failed\"}").as_deref(), Some("2"));
    assert_eq!(value(&seen, "ticketledger_alert_active{source=\"museum\", alert=\"parked\"}").as_deref(), Some("1"));
    serving.terminate();
    let (_, said) = serving.ended_saying();
    let count = said.iter().filter(|line| line.contains("cannot send an alert")).count();
    assert_eq!(count, 1, "{said:#?}");
}
