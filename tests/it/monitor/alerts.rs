//! Each alert is told once when it begins and once when it ends: by hand, and by the clock of the test.

use serde_json::json;
use std::sync::Arc;

use ticketledger::demo::stand_in::Fault;
use ticketledger::inbox::Activity;
use ticketledger::monitor::Monitor;

use super::{NONE, observed, said};
use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, changed};

/// The monitor of another daemon on the same database.
fn another(daemon: &TestDaemon) -> Monitor {
    let worker = daemon.another_pool(Arc::new(|_| {}));
    let received = Arc::new(Activity::default());
    let (database, clock) = (daemon.database().clone(), daemon.clock.clone());
    Monitor::new(
        database,
        clock,
        daemon.config(),
        received,
        worker.settled(),
        Arc::new(move || worker.providers_down()),
    )
}

fn bad_order() -> String {
    changed(PAID_ORDER, &[("/payments/0/value", json!("a lot"))])
}

on_both_engines!(a_parked_webhook_is_told_once_by_one_daemon_and_once_when_it_is_over, async |database| {
    let daemon = TestDaemon::start(database).await;
    assert_eq!(said(&daemon.observe().await), NONE);
    daemon.parked("museum", bad_order()).await;
    assert_eq!(said(&daemon.observe().await), ["parked museum began"]);
    assert_eq!(said(&daemon.observe().await), NONE);
    assert_eq!(said(&another(&daemon).observe().await), NONE);
    let daemon = daemon.restart(|_| {}).await;
    assert_eq!(said(&daemon.observe().await), NONE, "a new start is no news");

    database.execute("UPDATE inbox_events SET state = 'done', reason = NULL WHERE state = 'parked'");
    let notices = another(&daemon).observe().await;
    assert_eq!(said(&notices), ["parked museum ended"]);
    assert_eq!(said(&daemon.observe().await), NONE);
    daemon.finish().await;
});

on_both_engines!(every_new_parked_webhook_is_told_with_its_reason_while_the_alert_is_on, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.parked("museum", r#"{"test":"hello"}"#).await;
    let notices = daemon.observe().await;
    assert_eq!(said(&notices), ["parked museum began"]);
    assert_eq!(notices[0].text, "museum: 1 webhook(s) are parked: 1 missing_id");
    for _ in 0..2 {
        daemon.parked("museum", bad_order()).await;
    }
    daemon.parked("museum", "no JSON").await;
    daemon.parked("theatre", "no JSON").await;
    let notices = daemon.observe().await;
    assert_eq!(said(&notices), ["parked museum more", "parked theatre began"]);
    assert_eq!(notices[0].text, "museum: 3 more webhook(s) are parked: 2 bad_amount, 1 invalid_json");
    assert!(notices[0].to_do.contains("inbox list"));
    assert_eq!(said(&another(&daemon).observe().await), NONE);
    // One that was worked on again and parks again is news.
    daemon.settle_again(database, "id = 2 AND entity IS NOT NULL").await;
    database.execute("UPDATE inbox_events SET state = 'done', reason = NULL WHERE id = 3");
    assert_eq!(said(&daemon.observe().await), NONE);
    database.execute("UPDATE inbox_events SET state = 'parked', reason = 'bad_amount' WHERE id = 3");
    assert_eq!(said(&daemon.observe().await), ["parked museum more"]);
    daemon.finish().await;
});

on_both_engines!(of_two_daemons_that_look_at_once_one_tells, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.parked("museum", bad_order()).await;
    let monitors: Vec<Monitor> = (0..4).map(|_| another(&daemon)).collect();
    let looks = monitors.into_iter().map(|monitor| tokio::spawn(async move { monitor.observe().await.len() }));
    let mut told = 0;
    for look in looks.collect::<Vec<_>>() {
        told += look.await.unwrap();
    }
    assert_eq!(told, 1);
    daemon.finish().await;
});

on_both_engines!(a_backlog_is_told_when_it_is_old, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.clock.advance_milliseconds(900_000);
    assert_eq!(said(&daemon.observe().await), NONE);
    daemon.clock.advance_milliseconds(1_000);
    let notices = daemon.observe().await;
    assert_eq!(said(&notices), ["backlog museum began"]);
    assert_eq!(notices[0].text, "museum: a webhook has been waiting for 15 minutes");
    daemon.settle().await;
    assert_eq!(said(&daemon.observe().await), ["backlog museum ended"]);
    daemon.finish().await;
});

on_both_engines!(a_silence_is_told_after_the_hours_of_the_setting, async |database| {
    let daemon =
        TestDaemon::start_with(database, |config| config.sources[0].silence_hours = Some(2), Arc::new(|_| {})).await;
    daemon.clock.advance_milliseconds(10 * 3_600_000);
    assert_eq!(said(&daemon.observe().await), NONE, "a source that never sent is not silent");
    daemon.deliver(PAID_ORDER).await;
    assert_eq!(said(&daemon.observe().await), NONE);
    daemon.clock.advance_milliseconds(2 * 3_600_000);
    assert_eq!(said(&daemon.observe().await), NONE);
    daemon.clock.advance_milliseconds(1_000);
    let notices = daemon.observe().await;
    assert_eq!(said(&notices), ["silence museum began"]);
    assert_eq!(notices[0].text, "museum: no webhook for 2 hours (allowed: at most 2)");
    assert_eq!(said(&daemon.observe().await), NONE);
    daemon.deliver(PAID_ORDER).await;
    assert_eq!(said(&daemon.observe().await), ["silence museum ended"]);
    daemon.finish().await;
});

on_both_engines!(what_silence_is_usual_is_learnt_and_one_outage_is_not_usual, async |database| {
    let daemon = TestDaemon::start(database).await;
    // Every day at noon but Mondays, for four weeks and with one outage of three days.
    let mut days = 0;
    while days < 27 {
        let pause = match days {
            15 => 3,
            _ if days % 7 == 5 => 2,
            _ => 1,
        };
        daemon.deliver(PAID_ORDER).await;
        daemon.observe().await;
        if days < 13 {
            assert_eq!(observed(&daemon).lately["museum"].unusual_silence_seconds, None, "day {days}");
        }
        daemon.clock.advance_milliseconds(pause * 86_400_000);
        days += pause;
    }
    daemon.deliver(PAID_ORDER).await;
    daemon.observe().await;
    let usual = observed(&daemon).lately["museum"].unusual_silence_seconds;
    assert_eq!(usual, Some(2 * 2 * 86_400), "twice the two days around a Monday");
    daemon.clock.advance_milliseconds(4 * 86_400_000 + 1_000);
    assert_eq!(said(&daemon.observe().await), ["silence museum began"]);
    daemon.finish().await;
});

on_both_engines!(a_provider_that_is_down_is_told_although_only_one_daemon_sees_it, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.stand_in.script(vec![Fault::Status { status: 500, retry_after: None }; 3]);
    // One after the other, as requests that are under way together are one failure.
    for pid in 1..4 {
        daemon.ticketpark("new-booking", json!({ "booking_pid": pid })).await;
        daemon.settle().await;
    }
    assert_eq!(said(&daemon.observe().await), ["provider_down theatre began"]);
    let other = another(&daemon);
    assert_eq!(said(&other.observe().await), NONE, "the other daemon has not asked yet");
    daemon.clock.advance_milliseconds(170_000);
    assert_eq!(said(&daemon.observe().await), NONE);
    daemon.clock.advance_milliseconds(170_000);
    assert_eq!(said(&other.observe().await), NONE);
    // The next probe is answered.
    daemon.settle_after_seconds(600).await;
    assert!(said(&daemon.observe().await).contains(&"provider_down theatre ended".to_owned()));
    assert_eq!(said(&other.observe().await), NONE);
    daemon.daemon.stop().await.unwrap();
});

on_both_engines!(a_finding_of_high_severity_is_told, async |database| {
    let daemon = TestDaemon::start(database).await;
    let finding = |severity: &str| {
        format!(
            "INSERT INTO findings (fingerprint, source, reason, severity, evidence, first_seen, last_seen, state)
             VALUES ('{severity}', 'museum', 'overpaid', '{severity}', 'e', '2025-11-11 12:00:00', \
             '2025-11-11 12:00:00', 'open')"
        )
    };
    database.execute(&finding("medium"));
    assert_eq!(said(&daemon.observe().await), NONE);
    database.execute(&finding("high"));
    assert_eq!(said(&daemon.observe().await), ["finding_high museum began"]);
    database.execute("UPDATE findings SET state = 'acknowledged'");
    assert_eq!(said(&daemon.observe().await), ["finding_high museum ended"]);
    daemon.daemon.stop().await.unwrap();
});
