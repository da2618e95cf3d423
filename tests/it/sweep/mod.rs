//! The sweep against the stand-in of both providers: what no webhook told is found, stored and booked.

mod blank;
mod bookings;
mod faults;
mod figures;
mod history;
mod killed;
mod methods;
mod named;
mod names;
mod order_of_arrival;
mod order_of_bookings;
mod orders;
mod pages;
mod schedule;
mod story;
mod tokens;
mod told;
mod watched;

use secrecy::SecretString;
use serde_json::{Value, json};
use ticketledger::config::{OrdersApi, Source};
use ticketledger::demo::stand_in::Bookingkit;
use ticketledger::sweep::{RunResult, Span, Sweeper, Swept};
use tokio::sync::watch;

use crate::support::daemon::{PAID_ORDER, TestDaemon, changed};
use crate::support::db::TestDatabase;

/// A daemon whose museum can be swept, as fast as it can.
async fn started(database: &TestDatabase) -> TestDaemon {
    started_with(database, |_| {}).await
}

async fn started_with(database: &TestDatabase, change: impl FnOnce(&mut Source)) -> TestDaemon {
    let daemon = TestDaemon::start(database).await;
    let base_url = daemon.stand_in.base_url();
    daemon
        .restart(|config| {
            for source in &mut config.sources {
                source.sweep.rate = 1000;
            }
            config.sources[0].orders_api = Some(OrdersApi {
                base_url,
                client_id: Bookingkit::CLIENT_ID.to_owned(),
                client_secret: SecretString::from(Bookingkit::CLIENT_SECRET),
                earlier_client_secrets: Vec::new(),
            });
            change(&mut config.sources[0]);
        })
        .await
}

fn sweeper(daemon: &TestDaemon, source: &str) -> Sweeper {
    let source = daemon.config().source(source).expect("a source");
    Sweeper::new(daemon.database().clone(), daemon.clock.clone(), source, None).expect("it can be swept")
}

async fn swept(daemon: &TestDaemon, source: &str, span: Span) -> Swept {
    let (_stop, stopped) = watch::channel(false);
    sweeper(daemon, source).sweep(span, &stopped, &|_| {}).await.expect("the database works")
}

/// A delta of the museum, and what is found is settled.
async fn delta(daemon: &TestDaemon) -> Swept {
    let done = swept(daemon, "museum", Span::Delta).await;
    daemon.settle().await;
    done
}

/// Result, error, listed, equal, found.
fn summary(swept: &Swept) -> (RunResult, Option<&str>, i64, i64, i64) {
    let run = &swept.run;
    (run.result, run.error.as_deref(), run.listed, run.equal, run.found)
}

/// An order of its own with one payment, placed at noon of the day on which the clock stands.
fn order(id: &str, changes: &[(&str, Value)]) -> Value {
    let mut all = vec![
        ("/id", json!(id)),
        ("/code", json!(format!("CODE-{id}"))),
        ("/date", json!("2025-11-11T12:00:00Z")),
        ("/tickets/0/id", json!(format!("ticket {id}"))),
        ("/tickets/0/participants/0/id", json!(format!("{id} a"))),
        ("/tickets/0/participants/1/id", json!(format!("{id} b"))),
        ("/payments/0/id", json!(format!("payment {id}"))),
    ];
    all.extend(changes.iter().cloned());
    serde_json::from_str(&changed(PAID_ORDER, &all)).expect("JSON")
}

/// What was found, as `order decided`.
fn decided(daemon: &TestDaemon) -> Vec<String> {
    daemon.lines("SELECT order_id || ' ' || COALESCE(decided, '-') AS line FROM sweep_differences ORDER BY event_id")
}

/// The open findings of a reason: order and amount.
fn findings(daemon: &TestDaemon, reason: &str) -> Vec<String> {
    daemon.lines(&format!(
        "SELECT COALESCE(order_id, '-') || ' ' || COALESCE(CAST(expected_minor AS TEXT), '-') AS line FROM findings \
         WHERE state = 'open' AND reason = '{reason}' ORDER BY order_id"
    ))
}
