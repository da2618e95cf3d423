//! Other settings for a daemon that runs: SIGHUP.

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::json;
use ticketledger::config::Config;

use super::{Told, post};
use crate::support::daemon::{PAID_ORDER, TestDaemon, changed, lines};
use crate::support::db::{Engine, TestDatabase};
use crate::support::home::{Home, Serving};
use crate::support::wait::until;
use crate::worker::{announce, reads, start, status as answers};

/// Settings with one source, whose secrets are files.
fn write_settings(home: &Home, secrets: &str, more: &str) {
    let settings = format!(
        "[[sources]]\nname = \"museum\"\nprovider = \"bookingkit\"\ntimezone = \"Europe/Berlin\"\ncountry = \"DE\"\n\
         vendor_ids = [\"0f1e2d3c4b5a69788796a5b4c3d2e1f0\"]\npath_secrets = [{secrets}]\n\
         oauth_clients = [{{ id = \"bookingkit\", secret = [{secrets}] }}]\n{more}"
    );
    std::fs::write(home.path("ticketledger.toml"), settings).unwrap();
}

fn home() -> Home {
    let home = Home::new();
    std::fs::write(home.path("new"), "new-secret").unwrap();
    std::fs::write(home.path("old"), "old-secret").unwrap();
    write_settings(&home, "\"file:old\"", "");
    home
}

async fn token(serving: &Serving, secret: &str) -> String {
    let form = [("grant_type", "client_credentials"), ("client_id", "bookingkit"), ("client_secret", secret)];
    let address = format!("http://{}/oauth/token", serving.public);
    let answer = reqwest::Client::new().post(address).form(&form).send().await.unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    answer["access_token"].as_str().unwrap_or("denied").to_owned()
}

async fn post_by_token(serving: &Serving, token: &str) -> u16 {
    let address = format!("http://{}/webhooks/museum", serving.public);
    let request = reqwest::Client::new().post(address).bearer_auth(token).body(PAID_ORDER);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn secrets_are_rotated_with_an_overlap_and_tokens_stay_valid() {
    let home = home();
    let serving = home.serve();
    let by = async |secret: &str| post(serving.public, &format!("museum/{secret}-secret"), PAID_ORDER).await;
    let issued = token(&serving, "old-secret").await;
    assert_eq!((by("old").await, by("new").await), (200, 404));
    write_settings(&home, "\"file:new\", \"file:old\"", "");
    serving.reload();
    assert_eq!((by("old").await, by("new").await), (200, 200));
    write_settings(&home, "\"file:new\"", "");
    serving.reload();
    assert_eq!((by("old").await, by("new").await), (404, 200));
    assert_eq!((token(&serving, "old-secret").await.as_str(), post_by_token(&serving, &issued).await), ("denied", 200));
    // A file of the same name with another secret is read anew.
    std::fs::write(home.path("new"), "newest-secret").unwrap();
    serving.reload();
    assert_eq!((by("new").await, by("newest").await), (404, 200));
    serving.terminate();
    assert_eq!(serving.ended().code(), Some(0));
}

#[tokio::test]
async fn settings_with_a_mistake_change_nothing_and_are_told_with_their_line() {
    let mut home = home();
    let told = Told::by(&mut home);
    let serving = home.serve();
    told.until("READY=1");
    write_settings(&home, "\"file:new\"", "[limits]\nbody_bites = 1\n");
    serving.signal("-HUP");
    let error = serving.says("settings rejected")["fields"]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("ticketledger.toml:10: limits.body_bites: unknown key"), "{error}");
    let reloading = told.until("RELOADING=1").pop().unwrap();
    assert!(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{reloading}");
    let ready = told.until("READY=1").pop().unwrap();
    assert!(ready.contains("the previous ones stay in force") && ready.contains(":10: limits.body_bites"), "{ready}");
    assert_eq!(post(serving.public, "museum/old-secret", PAID_ORDER).await, 200);
    assert_eq!(post(serving.public, "museum/new-secret", PAID_ORDER).await, 404);
    // It stays in the status until the settings are mended.
    told.until("; nothing waiting");
    write_settings(&home, "\"file:new\"", "");
    serving.reload();
    told.until("STATUS=nothing waiting");
}

#[tokio::test]
async fn what_only_a_restart_can_change_is_named_and_the_rest_is_in_force() {
    let mut home = home();
    // The environment would hide what the file says.
    home.unset("TICKETLEDGER_SERVER__CONSOLE");
    let console = "[server]\nconsole = \"127.0.0.1:0\"\n";
    write_settings(&home, "\"file:old\"", console);
    let told = Told::by(&mut home);
    let serving = home.serve();
    write_settings(
        &home,
        "\"file:new\"",
        "[server]\nconsole = \"127.0.0.2:0\"\n[database]\nurl = \"sqlite:other.db\"\n\
         [retention]\ndone_days = 9000\n[alerts]\nbacklog_minutes = 20\n",
    );
    serving.signal("-HUP");
    let keys = serving.says("the settings were read again")["fields"]["keys"].clone();
    assert_eq!(keys, "server.console, database.url, retention, alerts");
    told.until("restart to change server.console, database.url, retention, alerts");
    assert_eq!(post(serving.public, "museum/new-secret", PAID_ORDER).await, 200);
    assert!(!home.path("other.db").exists());
}

#[tokio::test]
async fn orders_are_settled_after_a_reload_too() {
    let home = home();
    let serving = home.serve();
    write_settings(&home, "\"file:old\"", "[worker]\nworkers = 1\n");
    serving.reload();
    assert_eq!(post(serving.public, "museum/old-secret", PAID_ORDER).await, 200);
    let settled = || lines(&home.database(), "SELECT state AS line FROM inbox_events") == ["done"];
    until("the order is settled", settled).await;
    serving.terminate();
    assert_eq!(serving.ended().code(), Some(0));
}

/// A daemon in this process, with its settings changed.
async fn reload(daemon: &mut TestDaemon, change: impl FnOnce(&mut Config)) {
    let mut config = daemon.config().clone();
    change(&mut config);
    assert_eq!(daemon.daemon.reload(config).await.unwrap(), Vec::<&str>::new());
}

#[tokio::test]
async fn a_reload_gives_nobody_a_fresh_allowance() {
    let Some(database) = TestDatabase::new(Engine::Sqlite) else { return };
    let mut daemon =
        TestDaemon::start_with(&database, |config| config.limits.requests_per_second = 2, Arc::new(|_| {})).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.accepted("museum", PAID_ORDER).await;
    reload(&mut daemon, |config| config.limits.requests_per_second = 2).await;
    assert_eq!(daemon.post("museum", PAID_ORDER).await.0, 429);
    reload(&mut daemon, |config| config.limits.requests_per_second = 3).await;
    assert_eq!(daemon.post("museum", PAID_ORDER).await.0, 200);
    daemon.settle().await;
    daemon.finish().await;
}

#[tokio::test]
async fn a_provider_that_is_down_is_not_asked_anew_after_a_reload() {
    let Some(database) = TestDatabase::new(Engine::Sqlite) else { return };
    let mut daemon = start(&database).await;
    daemon.stand_in.script((0..3).map(|_| answers(503, None)));
    for pid in 1..4 {
        announce(&daemon, pid).await;
        daemon.settle().await;
    }
    let before = reads(&daemon);
    reload(&mut daemon, |config| {
        config.worker.attempts = 5;
        for source in &mut config.sources {
            if let Some(api) = &mut source.api {
                api.password = Some(SecretString::from("another"));
            }
        }
    })
    .await;
    announce(&daemon, 4).await;
    daemon.settle().await;
    assert_eq!(reads(&daemon), before, "the breaker is still open");
    let grants = daemon.stand_in.counts().password_grants;
    daemon.settle_after_seconds(3600).await;
    daemon.settle_after_seconds(3600).await;
    assert!(reads(&daemon) > before);
    assert_eq!(daemon.stand_in.counts().password_grants, grants, "the refresh token is still known");
    daemon.finish().await;
}

#[tokio::test]
async fn tokens_open_with_an_earlier_client_secret() {
    let Some(database) = TestDatabase::new(Engine::Sqlite) else { return };
    let daemon = start(&database).await;
    announce(&daemon, 1).await;
    daemon.settle().await;
    let grants = |daemon: &TestDaemon| {
        let counts = daemon.stand_in.counts();
        (counts.password_grants, counts.refresh_grants, counts.refused_grants)
    };
    let before = grants(&daemon);
    let daemon = daemon
        .restart(|config| {
            for api in config.sources.iter_mut().filter_map(|source| source.api.as_mut()) {
                api.earlier_client_secrets = vec![api.client_secret.clone()];
                api.client_secret = SecretString::from("a new one");
            }
        })
        .await;
    announce(&daemon, 2).await;
    daemon.settle().await;
    assert_eq!(daemon.states(), ["done", "done"]);
    assert_eq!(grants(&daemon), before, "what was sealed before is still of use");
    daemon.finish().await;
}

#[tokio::test]
async fn a_source_that_is_added_has_a_book_and_one_that_is_removed_is_closed() {
    let Some(database) = TestDatabase::new(Engine::Sqlite) else { return };
    let mut daemon = TestDaemon::start(&database).await;
    reload(&mut daemon, |config| {
        let mut gallery = config.source("museum").expect("a source").clone();
        gallery.name = "gallery".to_owned();
        gallery.vendor_ids = vec!["another".to_owned()];
        gallery.path_secrets = vec![SecretString::from("gallery-secret")];
        config.sources = vec![gallery];
    })
    .await;
    let body = changed(PAID_ORDER, &[("/vendor_id", json!("another"))]);
    daemon.accepted("gallery", body).await;
    daemon.settle().await;
    assert_eq!(daemon.states(), ["done"]);
    assert_eq!(daemon.post("museum", PAID_ORDER).await.0, 404);
    daemon.finish().await;
}
