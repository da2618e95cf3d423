//! Numbers: of the database on both engines, and of the running program as Prometheus reads them.

use serde_json::json;
use ticketledger::clock::Clock;
use ticketledger::demo::stand_in::StandIn;
use ticketledger::monitor::{Backlog, catalog};

use super::observed;
use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, at, changed};
use crate::support::home::{Home, Serving};
use crate::support::wait::until;

on_both_engines!(a_look_tells_what_waits_is_parked_and_what_it_is_worth, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.observe().await;
    let seen = observed(&daemon);
    let waiting = Backlog { events: 1, oldest_received_at: Some(at("2025-11-11T12:00:00Z")) };
    assert_eq!(seen.backlog, [("museum".to_owned(), waiting)].into());
    let lately = seen.lately["museum"];
    assert_eq!((lately.received_at, lately.settled_at), (Some(at("2025-11-11T12:00:00Z")), None));

    daemon.settle_after_seconds(60).await;
    daemon.observe().await;
    let seen = observed(&daemon);
    assert!(seen.backlog.is_empty());
    assert_eq!(seen.lately["museum"].settled_at, Some(at("2025-11-11T12:01:00Z")));

    // Out of attempts: the payment is known. Twice the same order counts once, and what cannot be read has no value.
    let event = daemon
        .ticketpark(
            "new-payment",
            json!({ "booking_pid": 7, "payment_pid": "p1",
        "payment_method": "twint", "currency": "CHF", "amount": "12.50" }),
        )
        .await;
    daemon.settle().await;
    database.execute(&format!(
        "UPDATE inbox_events SET state = 'parked', reason = 'not_found' WHERE id = {event} OR source = 'museum'"
    ));
    daemon.accepted("museum", PAID_ORDER).await;
    database.execute("UPDATE inbox_events SET state = 'parked', reason = 'not_found' WHERE state = 'pending'");
    daemon.parked("museum", changed(PAID_ORDER, &[("/payments/0/value", json!("a lot"))])).await;
    let seen = observed(&daemon);
    assert_eq!(seen.parked, [("museum".to_owned(), 3), ("theatre".to_owned(), 1)].into());
    let amounts = [(("museum".to_owned(), "EUR".to_owned()), 2000), (("theatre".to_owned(), "CHF".to_owned()), 1250)];
    assert_eq!(seen.money.amounts, amounts.into());
    assert_eq!(seen.money.valued, [("museum".to_owned(), 2), ("theatre".to_owned(), 1)].into());
    database.execute("UPDATE inbox_events SET lease_token = NULL");
    daemon.daemon.stop().await.unwrap();
});

/// The value of one series of a daemon; `None` when it is not there.
pub(super) fn value(metrics: &str, series: &str) -> Option<String> {
    let (name, labels) = series.split_once('{').unwrap_or((series, ""));
    let labels: Vec<&str> = labels.trim_end_matches('}').split(", ").filter(|label| !label.is_empty()).collect();
    let line = metrics.lines().find(|line| {
        let rest = line.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with(['{', ' '])) && labels.iter().all(|label| line.contains(label))
    })?;
    Some(line.rsplit(' ').next().unwrap().to_owned())
}

pub(super) async fn metrics(serving: &Serving) -> String {
    let answer = reqwest::get(format!("http://{}/metrics", serving.console)).await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    answer.text().await.unwrap()
}

/// What the daemon shows once it has looked at its database, which it does when it starts.
pub(super) async fn looked(serving: &Serving) -> String {
    serving.says("the numbers of the database were read");
    let shown = metrics(serving).await;
    assert!(value(&shown, "ticketledger_monitor_refreshed_timestamp_seconds").is_some(), "{shown}");
    shown
}

#[tokio::test]
async fn a_running_daemon_counts_what_happens() {
    let mut home = Home::new();
    let stand_in = StandIn::start(Clock::System).await.unwrap();
    home.read_bookings_from(&stand_in);
    let serving = home.serve();
    let client = reqwest::Client::new();
    // Everything is there before anything happens, described and at nothing.
    let before = looked(&serving).await;
    // But for the amounts, whose currencies are not known before.
    for (name, kind, _, help) in catalog::ALL.iter().filter(|(name, ..)| *name != "ticketledger_parked_amount_minor") {
        assert!(before.contains(&format!("# HELP {name} {help}")), "{name}");
        assert!(before.contains(&format!("# TYPE {name} {}", format!("{kind:?}").to_lowercase())), "{name}");
    }
    let accepted = "ticketledger_deliveries_accepted_total{source=\"museum\", state=\"pending\"}";
    assert_eq!(value(&before, accepted).as_deref(), Some("0"));
    // And nothing else: every series belongs to a metric of the catalogue.
    for line in before.lines().filter(|line| line.starts_with("# TYPE ")) {
        let name = line.split(' ').nth(2).unwrap();
        assert!(catalog::ALL.iter().any(|(known, ..)| *known == name), "{name} is not described");
    }

    serving.post(&client, "museum", PAID_ORDER.to_owned()).await.unwrap();
    let address = |path: &str| format!("http://{}/webhooks/{path}", serving.public);
    let post = async |path: &str, body: &'static str| {
        client.post(address(path)).body(body).send().await.unwrap().status().as_u16()
    };
    assert_eq!(post("museum/museum-secret", "{}").await, 202);
    assert_eq!(post("museum/guessed", "{}").await, 404);
    assert_eq!(post("nowhere/guessed-name", "{}").await, 404);
    assert_eq!(post("museum", "{}").await, 401);
    assert_eq!(post("theatre/theatre-secret", r#"{"type":"new-booking","payload":{"booking_pid":9}}"#).await, 200);
    let database = home.database();
    let entries = || crate::support::daemon::lines(&database, "SELECT 'x' AS line FROM journal_entries").len();
    until("the order is in the books", || entries() > 0 && stand_in.counts().reads.len() == 1).await;

    let after = metrics(&serving).await;
    for (series, expected) in [
        (accepted, "1"),
        ("ticketledger_deliveries_accepted_total{source=\"museum\", state=\"parked\"}", "1"),
        ("ticketledger_deliveries_refused_total{source=\"museum\", reason=\"wrong_secret\"}", "1"),
        ("ticketledger_deliveries_refused_total{source=\"\", reason=\"wrong_secret\"}", "1"),
        ("ticketledger_deliveries_refused_total{source=\"museum\", reason=\"no_token\"}", "1"),
        ("ticketledger_inbox_batch_events_sum", "3"),
        ("ticketledger_inbox_commit_seconds_count", "3"),
        ("ticketledger_attempts_total{source=\"museum\", verdict=\"done\"}", "1"),
        ("ticketledger_events_settled_total{source=\"museum\", state=\"done\"}", "1"),
        ("ticketledger_ledger_entries_written_total{source=\"museum\"}", &entries().to_string()),
        ("ticketledger_provider_breaker_open{source=\"theatre\"}", "0"),
        ("ticketledger_build_info{engine=\"sqlite\"}", "1"),
    ] {
        assert_eq!(value(&after, series).as_deref(), Some(expected), "{series}\n{after}");
    }
    for secret in ["museum-secret", "theatre-secret", "guessed", StandIn::CLIENT_KEY, "@"] {
        assert!(!after.contains(secret), "{secret}");
    }
    // The numbers of the database are read when the daemon starts, and every few seconds from then on.
    serving.terminate();
    assert_eq!(serving.ended().code(), Some(0));
    let serving = home.serve();
    let looked = looked(&serving).await;
    assert_eq!(value(&looked, "ticketledger_parked_events{source=\"museum\"}").as_deref(), Some("1"));
    assert_eq!(value(&looked, "ticketledger_parked_unvalued_events{source=\"museum\"}").as_deref(), Some("1"));
    let received = value(&looked, "ticketledger_source_last_received_timestamp_seconds{source=\"museum\"}").unwrap();
    assert!(received.parse::<f64>().unwrap() > 1.7e9, "{received}");
    let memory = value(&looked, "process_resident_memory_bytes").unwrap();
    assert!(memory.parse::<f64>().unwrap() > 1e6, "{memory}");
}

on_both_engines!(the_first_scrape_tells_what_is_in_the_database, async |database| {
    let mut home = Home::new();
    home.use_database(&database.url);
    let stand_in = StandIn::start(Clock::System).await.unwrap();
    home.read_bookings_from(&stand_in);
    let (complete, left) = (
        "ticketledger_sweep_complete_until_timestamp_seconds{source=\"theatre\"}",
        "ticketledger_sweep_budget_left{source=\"theatre\", kind=\"sweep\"}",
    );
    let serving = home.serve();
    let never = metrics(&serving).await;
    assert_eq!((value(&never, complete).as_deref(), value(&never, left).as_deref()), (Some("0"), Some("100000")));
    let address = format!("http://{}/webhooks/museum/museum-secret", serving.public);
    assert_eq!(reqwest::Client::new().post(address).body("{}").send().await.unwrap().status().as_u16(), 202);
    home.fine(&["sweep", "theatre"]);
    serving.terminate();
    assert_eq!(serving.ended().code(), Some(0));
    // Nobody waits until the daemon has looked.
    let serving = home.serve();
    let seen = metrics(&serving).await;
    assert!(value(&seen, complete).unwrap().parse::<f64>().unwrap() > 1.7e9, "{seen}");
    for (series, expected) in [
        (left, "99999"),
        ("ticketledger_sweep_requests_total{source=\"theatre\"}", "1"),
        ("ticketledger_sweep_runs_total{source=\"theatre\", result=\"clean\"}", "1"),
        ("ticketledger_parked_events{source=\"museum\"}", "1"),
    ] {
        assert_eq!(value(&seen, series).as_deref(), Some(expected), "{series}\n{seen}");
    }
    let received = value(&seen, "ticketledger_source_last_received_timestamp_seconds{source=\"museum\"}").unwrap();
    assert!(received.parse::<f64>().unwrap() > 1.7e9, "{received}");
    serving.terminate();
    assert_eq!(serving.ended().code(), Some(0));
});
