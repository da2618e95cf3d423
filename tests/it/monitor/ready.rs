//! `/readyz` names what is wrong, and answers whatever hangs.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use serde_json::Value;

use crate::support::home::Home;

#[tokio::test]
async fn a_database_that_hangs_does_not_hang_the_answer() {
    let home = Home::new();
    let serving = home.serve();
    let ready = async || {
        let answer = reqwest::get(format!("http://{}/readyz", serving.console)).await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str::<Value>(&answer.text().await.unwrap()).unwrap())
    };
    let (status, answer) = ready().await;
    assert_eq!((status, &answer["checks"]["disk"]), (200, &Value::from("ok")), "{answer}");
    let path = home.path("ticketledger.db").display().to_string();
    let mut other = SqliteConnection::establish(&path).unwrap();
    other.batch_execute("PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE").unwrap();
    let started = Instant::now();
    // Several at once: none waits for the one before it for longer than its own time.
    let (first, second) = tokio::join!(ready(), ready());
    for (status, answer) in [first, second] {
        assert_eq!(status, 503, "{answer}");
        assert!(answer["checks"]["database"].as_str().unwrap().contains("no answer within 3 s"), "{answer}");
        assert_eq!(answer["checks"]["inbox_writer"], "ok");
    }
    // SQLite itself waits for ten seconds.
    assert!(started.elapsed() < Duration::from_secs(9), "{:?}", started.elapsed());
    other.batch_execute("ROLLBACK").unwrap();
    let (status, answer) = ready().await;
    assert_eq!(status, 200, "{answer}");
}
