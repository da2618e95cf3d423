//! Unusual silence: learnt by the hour of the week, told once, and explained by a sweep that found nothing.

use ticketledger::monitor::silence::Silent;

use super::{NONE, observed, said};
use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, at, changed};
use crate::support::db::TestDatabase;

/// Webhooks of every hour of so many weeks before an instant, some of each kind, as the inbox has them.
fn history(database: &TestDatabase, until: &str, weeks: i64, kind: &str, hourly: i64) {
    let until = at(until);
    let mut rows = Vec::new();
    for hour in 1..=weeks * 168 {
        for place in 0..hourly {
            let received = until.plus_milliseconds(-hour * 3_600_000 + place * 1000);
            let received = received.utc().format("%Y-%m-%d %H:%M:%S");
            rows.push(format!(
                "('museum', '{kind}', 'order:old', '{received}', 'POST', '[]', '{:064}', 'done', 0, '{received}', \
                 '{received}')",
                0
            ));
        }
    }
    for rows in rows.chunks(500) {
        database.execute(&format!(
            "INSERT INTO inbox_events (source, kind, entity, received_at, method, headers, body_sha256, state, \
             attempts, due_at, finished_at) VALUES {}",
            rows.join(", ")
        ));
    }
}

fn silence(daemon: &TestDaemon) -> Silent {
    observed(daemon).silent[&("museum".to_owned(), "order".to_owned())]
}

fn open_findings(daemon: &TestDaemon) -> Vec<String> {
    daemon.lines(
        "SELECT reason || ' ' || severity || ' ' || state AS line FROM findings WHERE reason = 'unusual_silence'",
    )
}

const CLOCK: &str = "2025-11-11T12:00:00Z";

on_both_engines!(an_unusual_silence_is_an_alert_and_a_finding_until_something_comes, async |database| {
    let daemon = TestDaemon::start(database).await;
    history(database, CLOCK, 8, "order", 1);
    assert_eq!(said(&daemon.observe().await), NONE);
    assert_eq!(silence(&daemon), Silent { since: at("2025-11-11T11:00:00Z"), usual: 0, unexplained: 0 });
    // Whole hours only: 12 to 18 are seven of them.
    daemon.set_clock("2025-11-11T18:59:59Z");
    assert_eq!(said(&daemon.observe().await), NONE);
    assert_eq!(silence(&daemon).usual, 6);
    daemon.set_clock("2025-11-11T19:00:00Z");
    let notices = daemon.observe().await;
    assert_eq!(said(&notices), ["silence museum began"]);
    assert_eq!(notices[0].text, "museum: no `order` webhook since 2025-11-11 12:00; about 7 usually come in that time");
    assert_eq!(open_findings(&daemon), ["unusual_silence medium open"]);
    assert_eq!(said(&daemon.observe().await), NONE);
    // Neither a restart nor another daemon tells it again.
    let daemon = daemon.restart(|_| {}).await;
    assert_eq!(said(&daemon.observe().await), NONE);
    daemon.deliver(changed(PAID_ORDER, &[])).await;
    assert_eq!(said(&daemon.observe().await), ["silence museum ended"]);
    assert_eq!(open_findings(&daemon), ["unusual_silence medium auto_closed"]);
    daemon.finish().await;
});

on_both_engines!(a_sweep_that_found_nothing_missing_explains_a_silence_up_to_its_time, async |database| {
    let daemon = TestDaemon::start(database).await;
    history(database, CLOCK, 5, "order", 2);
    let complete_until = |until: &str| {
        database.execute("DELETE FROM sweep_progress");
        database.execute(&format!(
            "INSERT INTO sweep_progress (source, resource, complete_until) VALUES ('museum', 'orders', '{until}')"
        ));
    };
    // A holiday: nothing comes, and the sweeps say that there is nothing.
    daemon.set_clock("2025-11-11T23:00:00Z");
    complete_until("2025-11-11 22:50:00");
    assert_eq!(said(&daemon.observe().await), NONE);
    assert_eq!((silence(&daemon).usual, silence(&daemon).unexplained), (22, 0));
    assert_eq!(open_findings(&daemon), NONE);
    // Sweeps fail from now on: what comes after the last good one is not explained.
    daemon.set_clock("2025-11-12T03:00:00Z");
    assert_eq!(said(&daemon.observe().await), ["silence museum began"]);
    assert_eq!(silence(&daemon).unexplained, 8);
    complete_until("2025-11-12 02:50:00");
    assert_eq!(said(&daemon.observe().await), ["silence museum ended"]);
    // A sweep that found something since the last webhook explains nothing: webhooks are missing.
    database.execute(
        "INSERT INTO sweep_runs (source, resource, kind, asked_at, page_size, result, found, finished_at) VALUES \
         ('museum', 'orders', 'delta', '2025-11-12 02:50:00', 200, 'repaired', 1, '2025-11-12 02:51:00')",
    );
    assert_eq!(said(&daemon.observe().await), ["silence museum began"]);
    daemon.finish().await;
});

on_both_engines!(weeks_that_nobody_saw_and_what_nobody_delivered_are_not_usual, async |database| {
    let daemon = TestDaemon::start(database).await;
    history(database, CLOCK, 3, "order", 9);
    for kind in ["sweep", "history", "unknown"] {
        history(database, CLOCK, 5, kind, 1);
    }
    for _ in 0..3 {
        daemon.observe().await;
    }
    daemon.set_clock("2025-11-11T20:00:00Z");
    assert_eq!(said(&daemon.observe().await), NONE);
    assert_eq!(silence(&daemon).usual, 0, "three weeks are not enough");
    let kinds = daemon.lines("SELECT DISTINCT kind AS line FROM delivery_hours");
    assert_eq!(kinds, ["order"]);
    daemon.finish().await;
});

on_both_engines!(what_waits_to_be_counted_changes_nothing, async |database| {
    let daemon = TestDaemon::start(database).await;
    // More than are counted at once: until all are, nobody knows when the last one came.
    history(database, CLOCK, 8, "order", 4);
    daemon.set_clock("2025-11-12T12:00:00Z");
    assert_eq!(said(&daemon.observe().await), NONE);
    assert_eq!(said(&daemon.observe().await), ["silence museum began"]);
    let counted = daemon.lines("SELECT CAST(SUM(deliveries) AS TEXT) AS line FROM delivery_hours");
    assert_eq!(counted, ["5376"]);
    // Another daemon on the same database counts nothing twice.
    if !daemon.database().is_embedded() {
        let other = daemon.beside().await;
        other.observe().await;
        assert_eq!(daemon.lines("SELECT CAST(SUM(deliveries) AS TEXT) AS line FROM delivery_hours"), ["5376"]);
        other.stop().await.unwrap();
    }
    // Counts that no median needs any more are forgotten.
    daemon.set_clock("2026-02-20T12:00:00Z");
    daemon.deliver(PAID_ORDER).await;
    daemon.observe().await;
    assert_eq!(daemon.lines("SELECT CAST(COUNT(*) AS TEXT) AS line FROM delivery_hours"), ["1"]);
    daemon.finish().await;
});
