//! Secrets and personal data stay where they belong, however much is logged.

use serde_json::json;
use ticketledger::clock::Clock;
use ticketledger::config;
use ticketledger::demo::stand_in::{BookingExample, StandIn};

use super::post;
use crate::support::daemon::{UNIFIED_EXAMPLE, lines};
use crate::support::home::Home;
use crate::support::wait::until;

/// What must be seen nowhere.
const SECRETS: [&str; 8] = [
    "museum-secret",
    "theatre-secret",
    "museum-oauth",
    StandIn::CLIENT_KEY,
    StandIn::CLIENT_SECRET,
    StandIn::USERNAME,
    StandIn::PASSWORD,
    "guess-of-a-stranger",
];

/// Who bought, in both examples.
fn persons(bodies: &[serde_json::Value]) -> Vec<String> {
    let keys = ["email", "firstname", "lastname", "first_name", "last_name", "phone", "street"];
    let mut found = Vec::new();
    let mut rest: Vec<&serde_json::Value> = bodies.iter().collect();
    while let Some(value) = rest.pop() {
        match value {
            serde_json::Value::Object(object) => {
                for (key, value) in object {
                    match value.as_str().filter(|text| text.len() > 3 && keys.contains(&key.to_lowercase().as_str())) {
                        Some(text) => found.push(text.to_owned()),
                        None => rest.push(value),
                    }
                }
            }
            serde_json::Value::Array(items) => rest.extend(items),
            _ => {}
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_or_personal_is_logged_shown_or_stored_in_the_clear() {
    let stand_in = StandIn::start(Clock::System).await.unwrap();
    let booking = BookingExample { pid: 1, ..BookingExample::default() }.json();
    stand_in.put_booking("1", booking.clone());
    let mut home = Home::new();
    home.read_bookings_from(&stand_in);
    home.set("TICKETLEDGER_LOG", "trace");
    let serving = home.serve();
    let client = reqwest::Client::new();
    let form =
        [("grant_type", "client_credentials"), ("client_id", "bookingkit-museum"), ("client_secret", "museum-oauth")];
    let granted = client.post(format!("http://{}/oauth/token", serving.public)).form(&form).send().await.unwrap();
    let granted: serde_json::Value = serde_json::from_str(&granted.text().await.unwrap()).unwrap();
    let token = granted["access_token"].as_str().unwrap().to_owned();
    let by_token = client.post(format!("http://{}/webhooks/museum", serving.public)).bearer_auth(&token);
    assert_eq!(by_token.body(UNIFIED_EXAMPLE).send().await.unwrap().status().as_u16(), 200);
    assert_eq!(post(serving.public, "museum/museum-secret", "not json").await, 202);
    assert_eq!(post(serving.public, "museum/guess-of-a-stranger", UNIFIED_EXAMPLE).await, 404);
    let webhook = json!({ "type": "new-booking", "payload": { "booking_pid": 1 } }).to_string();
    assert_eq!(post(serving.public, "theatre/theatre-secret", &webhook).await, 200);
    let done = "SELECT state AS line FROM inbox_events WHERE state = 'done'";
    until("both are settled", || lines(&home.database(), done).len() == 2).await;
    let metrics = client.get(format!("http://{}/metrics", serving.console)).send().await.unwrap().text().await.unwrap();
    let command_line = serving.command_line();
    serving.reload();
    serving.terminate();
    let (status, log) = serving.ended_saying();
    assert_eq!(status.code(), Some(0));
    let log = log.join("\n");

    let example: serde_json::Value = serde_json::from_str(UNIFIED_EXAMPLE).unwrap();
    let persons = persons(&[example, booking]);
    assert!(persons.len() > 3, "{persons:?}");
    for (place, text) in [("the log", &log), ("/metrics", &metrics), ("the process list", &command_line)] {
        for secret in SECRETS.into_iter().chain([token.as_str()]).chain(persons.iter().map(String::as_str)) {
            assert!(!text.contains(secret), "{secret} is in {place}:\n{text}");
        }
    }
    // The database holds bodies with persons, and no secret of anybody.
    for file in ["ticketledger.db", "ticketledger.db-wal"] {
        let Ok(bytes) = std::fs::read(home.path(file)) else { continue };
        for secret in SECRETS.into_iter().chain([token.as_str(), "refresh-", "access-"]) {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} is in {file}");
        }
    }
}

#[test]
fn settings_are_shown_without_their_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ticketledger.toml");
    std::fs::write(&path, config::EXAMPLE).unwrap();
    let variables = [
        ("MUSEUM_HOOK", "secret-1"),
        ("MUSEUM_OAUTH", "secret-2"),
        ("THEATRE_HOOK", "secret-3"),
        ("TICKETPARK_KEY", "secret-4"),
        ("TICKETPARK_SECRET", "secret-5"),
        ("TICKETLEDGER_DATABASE__URL", "postgres://me:secret-6@host/books"),
    ];
    let environment = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let (config, warnings) = config::load_with_warnings(Some(&path), &environment).unwrap();
    let shown = format!("{config:?} {config:#?} {} {warnings:?}", config::summary(&config));
    assert!(shown.contains("museum") && shown.contains("REDACTED"));
    assert!(!shown.contains("secret-"), "{shown}");
}
