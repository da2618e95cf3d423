//! The preview of a replay shows what the replay itself then does.

use serde_json::json;
use ticketledger::demo::stand_in::BookingExample;
use ticketledger::inbox::operator::{self, Filter, Reason, Selection};
use ticketledger::provider::classify_by_name;
use ticketledger::worker::Worker;
use ticketledger::worker::effect::{Effect, USUAL, effect};

use crate::on_both_engines;
use crate::rebuild::delivery;
use crate::support::daemon::{PAID_ORDER, Row, TestDaemon, changed, lines};
use crate::support::random::Random;

fn preview(daemon: &TestDaemon, selection: &Selection) -> Effect {
    preview_of(daemon, selection, USUAL)
}

fn preview_of(daemon: &TestDaemon, selection: &Selection, at_most: i64) -> Effect {
    let worker = Worker::offline(daemon.database().clone(), daemon.clock.clone(), daemon.config());
    let sources = &daemon.config().sources;
    effect(daemon.database(), &daemon.clock, &classify_by_name(sources), selection, at_most, |connection| {
        worker.dry_run(connection)
    })
    .expect("the dry run works")
}

fn replay(daemon: &TestDaemon, selection: &Selection) {
    let reason = Reason { actor: "anna".to_owned(), why: "test".to_owned() };
    operator::replay(
        daemon.database(),
        &daemon.clock,
        &classify_by_name(&daemon.config().sources),
        selection,
        &reason,
        None,
        |_| {},
    )
    .expect("it can be replayed");
}

/// All that a dry run must leave as it was.
fn everything(daemon: &TestDaemon) -> Vec<String> {
    let mut rows = daemon.lines(
        "SELECT id || state || attempts || due_at || COALESCE(reason, '') || COALESCE(lease_token, '') AS line \
         FROM inbox_events ORDER BY id",
    );
    for (columns, table) in [
        ("entry_hash", "journal_entries"),
        ("doc_sha256 || snapshot_no", "order_snapshots"),
        ("order_id || versions", "orders"),
        ("fingerprint || state", "findings"),
        ("'action ' || id", "operator_actions"),
        ("'attempt ' || id", "inbox_attempts"),
        ("'document ' || id", "documents"),
    ] {
        rows.extend(daemon.lines(&format!("SELECT {columns} AS line FROM {table} ORDER BY 1")));
    }
    rows
}

fn hashes(daemon: &TestDaemon) -> Vec<String> {
    daemon.lines("SELECT entry_hash AS line FROM journal_entries ORDER BY source, entry_no")
}

fn open_findings(daemon: &TestDaemon) -> Vec<Row> {
    daemon.rows(&["reason", "order_id", "evidence"], "FROM findings WHERE state = 'open' ORDER BY 1")
}

/// Previews, replays, and holds the one against the other.
async fn shows_what_happens(daemon: &TestDaemon, selection: &Selection) -> Effect {
    let before = everything(daemon);
    let (known, balances, findings) = (hashes(daemon), daemon.balances("museum"), open_findings(daemon));
    let shown = preview(daemon, selection);
    assert_eq!(everything(daemon), before, "a preview changes nothing");
    replay(daemon, selection);
    daemon.settle().await;
    let written: Vec<String> = hashes(daemon).into_iter().filter(|hash| !known.contains(hash)).collect();
    let announced: Vec<String> = shown.entries.iter().map(|entry| entry.entry_hash.clone()).collect();
    assert_eq!(announced, written, "the same entries, to the hash");
    let after = daemon.balances("museum");
    for movement in shown.accounts.iter().filter(|movement| movement.source == "museum") {
        let balance = |of: &std::collections::BTreeMap<String, i64>| of.get(&movement.account).copied().unwrap_or(0);
        assert_eq!(balance(&after) - balance(&balances), movement.amount_minor, "{}", movement.account);
    }
    let states = shown.outcomes.iter().map(|outcome| {
        let reason = outcome.reason.as_ref().map_or_else(String::new, |reason| format!(" {reason}"));
        (format!("{}{reason}", outcome.state), outcome.events)
    });
    let now = daemon.states();
    for (state, events) in states {
        assert!(now.iter().filter(|line| **line == state).count() as i64 >= events, "{state}: {now:?}");
    }
    let opened = open_findings(daemon).iter().filter(|line| !findings.contains(line)).count();
    assert!(shown.findings_opened.len() <= opened, "{:?}", shown.findings_opened);
    shown
}

fn all() -> Selection {
    Selection::Matching(Filter::default())
}

on_both_engines!(a_preview_shows_what_a_replay_then_does, async |database| {
    let daemon = TestDaemon::start(database).await;
    let mut random = Random::new(42);
    for _ in 0..25 {
        daemon.post("museum", delivery(&mut random)).await;
    }
    // Parked when it came; the settings know its vendor by now.
    let foreign = changed(PAID_ORDER, &[("/vendor_id", json!("ffffffffffffffffffffffffffffffff"))]);
    assert_eq!(daemon.parked("museum", foreign).await, "unknown_vendor");
    daemon.parked("museum", "{").await;
    let shown = shows_what_happens(&daemon, &all()).await;
    assert!(shown.entries.len() > 20, "{shown:?}");
    assert!(!shown.findings_opened.is_empty());
    let stuck: Vec<&str> = shown.stuck.iter().filter_map(|event| event.reason.as_deref()).collect();
    assert_eq!(stuck, ["unknown_vendor", "invalid_json"]);
    // Once more there is nothing new.
    let shown = shows_what_happens(&daemon, &all()).await;
    assert_eq!((shown.entries.len(), shown.accounts.len()), (0, 0), "{shown:?}");

    let daemon =
        daemon.restart(|config| config.sources[0].vendor_ids.push("ffffffffffffffffffffffffffffffff".to_owned())).await;
    let parked = Selection::Matching(Filter { reason: Some("unknown_vendor".to_owned()), ..Filter::default() });
    let shown = shows_what_happens(&daemon, &parked).await;
    assert_eq!((shown.events, shown.entries.len()), (1, 3));
    let moved: Vec<(&str, i64)> = shown.accounts.iter().map(|row| (row.account.as_str(), row.amount_minor)).collect();
    assert_eq!(
        moved,
        [("assets:clearing:StripeBankWire", 2000), ("income:tickets", -1680), ("liabilities:vat:1900", -320)]
    );
    assert_eq!(shown.orders.len(), 1);
    daemon.finish().await;
});

on_both_engines!(a_booking_is_previewed_from_the_archive, async |database| {
    const PID: &str = "293233446073";
    let daemon = TestDaemon::start(database).await;
    daemon.stand_in.put_booking(PID, BookingExample::default().json());
    let booked = daemon.ticketpark("new-booking", json!({"booking_pid": PID})).await;
    let shown = preview(&daemon, &Selection::Ids(vec![booked]));
    assert_eq!(shown.stuck[0].reason.as_deref(), Some("not_archived"), "nothing was fetched yet");
    daemon.settle().await;
    let reads = daemon.stand_in.counts().reads.values().sum::<u64>();
    let shown = preview(&daemon, &Selection::Ids(vec![booked]));
    assert_eq!(daemon.stand_in.counts().reads.values().sum::<u64>(), reads, "a preview needs no network");
    assert_eq!((shown.from_archive, shown.entries.len(), shown.stuck.len()), (1, 0, 0), "{shown:?}");
    let paid = daemon
        .ticketpark(
            "new-payment",
            json!({"payment_pid": "9", "booking_pid": PID, "amount": "50.00", "currency": "CHF",
                "payment_method": "twint"}),
        )
        .await;
    let shown = shows_what_happens(&daemon, &Selection::Ids(vec![paid])).await;
    assert_eq!(shown.from_archive, 1);
    assert!(lines(daemon.database(), "SELECT 'x' AS line FROM inbox_events WHERE state = 'pending'").is_empty());
    daemon.finish().await;
});

on_both_engines!(a_preview_says_what_it_left_out, async |database| {
    let daemon = TestDaemon::start(database).await;
    let mut events = Vec::new();
    for number in 0..5 {
        events.push(daemon.accepted("museum", changed(PAID_ORDER, &[("/id", json!(format!("o{number}")))])).await);
    }
    let shown = preview_of(&daemon, &all(), 3);
    assert_eq!((shown.events, shown.left_out, shown.looked_at_until), (3, 2, Some(events[2])));
    assert_eq!((shown.orders.len(), shown.entries.len()), (3, 9));
    let shown = preview_of(&daemon, &all(), 5);
    assert_eq!((shown.events, shown.left_out, shown.looked_at_until), (5, 0, None));
    daemon.finish().await;
});
