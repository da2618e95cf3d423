//! Providers that fail, limit, are down or hang: what is tried again, when, and at whose cost.

use std::sync::Arc;

use serde_json::json;
use ticketledger::clock::{Clock, Timestamp};
use ticketledger::config::{Config, Source};
use ticketledger::demo::stand_in::{BookingExample, Fault, StandIn};

use super::{HOURS, announce, attempts, history, order, reads, sold, start, status};
use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, at};
use crate::support::wait::{unless_hung, until};

/// When an event is due.
fn due_at(daemon: &TestDaemon, event: i64) -> Timestamp {
    let due = daemon.lines(&format!("SELECT CAST(due_at AS TEXT) AS line FROM inbox_events WHERE id = {event}"));
    at(&format!("{}Z", due[0].replace(' ', "T")))
}

/// Lets time pass until just before an event is due, and works: nothing may happen. Then until it is due, and works.
async fn settle_when_due(daemon: &TestDaemon, event: i64) {
    let before = reads(daemon);
    daemon.clock.advance_milliseconds(due_at(daemon, event).milliseconds_since(daemon.clock.now()) - 1);
    daemon.settle().await;
    assert_eq!(reads(daemon), before, "nothing is tried before it is due");
    daemon.clock.advance_milliseconds(2);
    daemon.settle().await;
    assert!(reads(daemon) > before, "what is due is tried");
}

on_both_engines!(a_failed_attempt_is_repeated_on_schedule_until_it_succeeds, async |database| {
    let daemon = start(database).await;
    daemon.stand_in.script([Fault::Garbage, Fault::Truncated, Fault::Empty]);
    let event = announce(&daemon, 1).await;
    daemon.settle().await;
    for seconds in [5, 10, 20] {
        assert_eq!(daemon.states(), ["pending garbage_answer"]);
        let delay = due_at(&daemon, event).milliseconds_since(daemon.clock.now());
        assert!((seconds * 750..=seconds * 1250).contains(&delay), "{delay} ms");
        settle_when_due(&daemon, event).await;
    }
    assert_eq!(daemon.states(), ["done"]);
    assert_eq!(daemon.balances("theatre"), sold(1));
    let failed = [1, 2, 3].map(|attempt| format!("{event} {attempt} transient garbage_answer"));
    assert_eq!(history(&daemon), failed);
    daemon.finish().await;
});

on_both_engines!(an_event_out_of_attempts_is_parked_and_a_replay_gives_it_a_fresh_budget, async |database| {
    let daemon = start(database).await;
    daemon.stand_in.script(vec![Fault::Garbage; 7]);
    let event = announce(&daemon, 1).await;
    daemon.settle().await;
    for _ in 1..4 {
        daemon.settle_after_seconds(HOURS).await;
    }
    assert_eq!(daemon.states(), ["parked garbage_answer"]);
    let replayed = daemon.replay(&[event]);
    assert_eq!((replayed.replayed, replayed.in_work, replayed.still_parked), (1, 0, 0));
    assert_eq!(attempts(&daemon), ["0"]);
    daemon.settle().await;
    for _ in 1..4 {
        assert_eq!(daemon.states(), ["pending garbage_answer"]);
        daemon.settle_after_seconds(HOURS).await;
    }
    assert_eq!(daemon.states(), ["done"]);
    let attempt = |number: i32, verdict: &str| format!("{event} {number} {verdict} garbage_answer");
    let before = [1, 2, 3, 4].map(|number| attempt(number, "transient"));
    let after = [1, 2, 3].map(|number| attempt(number, "transient"));
    assert_eq!(history(&daemon), [&before[..], &[attempt(4, "replay")], &after].concat());
    let actions = daemon.rows(&["action", "actor", "why", "filter", "events"], "FROM operator_actions");
    assert_eq!(actions, [["replay", "test", "to see", &format!("id={event}"), "1"]]);
    daemon.finish().await;
});

on_both_engines!(a_provider_that_says_when_to_come_back_is_not_asked_before, async |database| {
    let daemon = start(database).await;
    // A refusal, an overload that lasts longer than any pause of our own, and a limit.
    for (fault, seconds) in [
        (status(400, Some("120")), 120),
        (status(503, Some("1200")), 1200),
        (status(429, Some("60")), 60),
        (status(429, Some("0")), 1),
        (status(429, None), 30),
    ] {
        daemon.stand_in.script([fault.clone()]);
        let event = announce(&daemon, 1).await;
        daemon.settle().await;
        let waits = due_at(&daemon, event).milliseconds_since(daemon.clock.now());
        assert!(waits >= seconds * 1000, "{fault:?}: {waits} ms");
        assert!(waits <= seconds * 1250, "{fault:?}: {waits} ms");
        settle_when_due(&daemon, event).await;
        assert_eq!(daemon.states().last().unwrap(), "done");
    }
    daemon.finish().await;
});

on_both_engines!(a_limited_source_waits_as_a_whole_and_no_event_loses_an_attempt_by_it, async |database| {
    let daemon = start(database).await;
    let first = announce(&daemon, 1).await;
    // More often than an event has attempts.
    for _ in 0..6 {
        daemon.stand_in.script([status(429, Some("60"))]);
        daemon.settle_after_seconds(60).await;
        assert_eq!(attempts(&daemon), ["0"]);
    }
    let before = reads(&daemon);
    announce(&daemon, 2).await;
    daemon.accepted("museum", PAID_ORDER).await;
    daemon.settle_after_seconds(59).await;
    assert_eq!(daemon.states(), ["pending rate_limited", "pending", "done"], "the other source goes on");
    assert_eq!(reads(&daemon), before);
    daemon.settle_after_seconds(1).await;
    assert_eq!(daemon.states(), ["done"; 3]);
    assert_eq!(daemon.balances("theatre"), sold(2));
    assert_eq!(history(&daemon), vec![format!("{first} 0 rate_limited rate_limited"); 6]);
    daemon.finish().await;
});

on_both_engines!(an_answer_that_was_under_way_does_not_end_the_wait_of_a_limited_source, async |database| {
    let daemon = start(database).await;
    // Two are asked at once: one gets no answer yet, the other is told to wait.
    daemon.stand_in.script([Fault::Hang, status(429, Some("60"))]);
    announce(&daemon, 1).await;
    announce(&daemon, 2).await;
    let limited = async {
        until("one is limited", || daemon.states().contains(&"pending rate_limited".to_owned())).await;
        daemon.stand_in.release();
    };
    tokio::join!(daemon.settle(), limited);
    let before = reads(&daemon);
    announce(&daemon, 3).await;
    daemon.settle().await;
    assert_eq!(reads(&daemon), before, "the source still waits");
    let mut states = daemon.states();
    states.sort();
    assert_eq!(states, ["done", "pending", "pending rate_limited"]);
    daemon.settle_after_seconds(60).await;
    assert_eq!(daemon.states(), ["done"; 3]);
    daemon.finish().await;
});

on_both_engines!(a_provider_that_is_down_is_left_alone_probed_and_costs_no_attempts, async |database| {
    let daemon = start(database).await;
    let event = announce(&daemon, 1).await;
    daemon.stand_in.script(vec![status(500, None); 23]);
    daemon.settle().await;
    settle_when_due(&daemon, event).await;
    assert_eq!(attempts(&daemon), ["2"], "until it counts as down, attempts count");
    settle_when_due(&daemon, event).await;
    // Down: nobody else tries either, and then one does.
    for pid in 2..6 {
        announce(&daemon, pid).await;
    }
    let before = reads(&daemon);
    daemon.settle().await;
    assert_eq!(reads(&daemon), before);
    for probe in 1..=20 {
        daemon.settle_after_seconds(300).await;
        assert_eq!(reads(&daemon), before + probe, "one at a time");
    }
    assert!(daemon.states().iter().all(|state| state.starts_with("pending")), "{:?}", daemon.states());
    assert_eq!(attempts(&daemon), ["2", "0", "0", "0", "0"]);
    // It answers the next probe, and all go on at once.
    daemon.settle_after_seconds(HOURS).await;
    assert_eq!(daemon.states(), ["done"; 5]);
    assert_eq!(daemon.balances("theatre"), sold(5));
    daemon.finish().await;
});

on_both_engines!(a_provider_that_does_not_answer_its_probe_gets_no_second_one, async |database| {
    let daemon = TestDaemon::start_with(database, |config| config.worker.workers = 1, Arc::new(|_| {})).await;
    let daemon = daemon.restart_working().await;
    daemon.stand_in.script(vec![status(500, None); 3]);
    // One after the other, as requests that are under way together are one failure.
    for pid in 1..4 {
        announce(&daemon, pid).await;
        until("it has failed", || daemon.states() == vec!["pending provider_down"; pid as usize]).await;
    }
    daemon.stand_in.script(vec![Fault::Hang; 3]);
    daemon.clock.advance_milliseconds(300_000);
    // Each order is settled in a round of its own, and each round looks for bookings as well.
    for i in 0..3 {
        daemon.accepted("museum", order(&i.to_string(), 1)).await;
        until("the order is settled", || daemon.states().last().unwrap() == "done").await;
        daemon.stand_in.hanging(1).await;
    }
    assert_eq!(reads(&daemon), 4);
    let TestDaemon { daemon, stand_in, .. } = daemon;
    stand_in.stop().await;
    daemon.stop().await.unwrap();
});

on_both_engines!(a_source_whose_provider_hangs_does_not_hold_up_another, async |database| {
    let opera = StandIn::start(Clock::System).await.unwrap();
    opera.put_booking("1", BookingExample { pid: 1, ..BookingExample::default() }.json());
    let second = |config: &mut Config| {
        let theatre = config.sources[1].clone();
        config.sources.push(Source {
            name: "zoo".to_owned(),
            api: Some(opera.api()),
            path_secrets: vec!["zoo-secret".into()],
            ..theatre
        });
    };
    let daemon = TestDaemon::start_with(database, second, Arc::new(|_| {})).await.restart_working().await;
    daemon.stand_in.script(vec![Fault::Hang; 100]);
    for pid in 0..20 {
        announce(&daemon, pid).await;
    }
    daemon.stand_in.hanging(8).await;
    opera.script([Fault::Hang]);
    daemon.accepted("zoo", json!({ "type": "new-booking", "payload": { "booking_pid": 1 } }).to_string()).await;
    daemon.accepted("museum", order("a", 1)).await;
    unless_hung("the other provider is asked", opera.hanging(1)).await;
    // Whatever hangs is answered now; faults that are left do not matter any more.
    opera.stop().await;
    let TestDaemon { daemon, stand_in, .. } = daemon;
    stand_in.stop().await;
    daemon.stop().await.unwrap();
});
