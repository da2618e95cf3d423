//! Answers that cannot be read: asked for again, and parked with what came only when the attempts are used up.

use serde_json::json;
use ticketledger::demo::stand_in::BookingExample;

use super::{HOURS, announce, attempts, history, reads, sold, start};
use crate::on_both_engines;
use crate::support::daemon::lines;

/// Answers that are JSON, but no booking: as in maintenance, or half written.
fn unreadable() -> [(serde_json::Value, &'static str); 4] {
    [
        (json!({}), "an empty object"),
        (json!([]), "an empty list"),
        (json!(null), "null"),
        (json!({ "error": "maintenance by Ada Lovelace" }), "an object with `error` (a text)"),
    ]
}

on_both_engines!(an_answer_in_maintenance_is_asked_for_again, async |database| {
    let daemon = start(database).await;
    let good = BookingExample { pid: 1, ..BookingExample::default() }.json();
    for (count, (answer, _)) in unreadable().into_iter().enumerate() {
        daemon.stand_in.put_booking("1", answer);
        announce(&daemon, 1).await;
        daemon.settle().await;
        assert_eq!(daemon.states().last().unwrap(), "pending answer_unreadable");
        daemon.stand_in.put_booking("1", good.clone());
        daemon.settle_after_seconds(HOURS).await;
        assert_eq!(daemon.states(), vec!["done"; count + 1]);
    }
    assert_eq!(daemon.balances("theatre"), sold(1));
    daemon.finish().await;
});

on_both_engines!(an_answer_that_stays_unreadable_is_parked_with_what_came, async |database| {
    let daemon = start(database).await;
    for (count, (answer, shape)) in unreadable().into_iter().enumerate() {
        daemon.stand_in.put_booking("1", answer);
        let event = announce(&daemon, 1).await;
        let before = reads(&daemon);
        daemon.settle().await;
        for _ in 1..4 {
            daemon.settle_after_seconds(HOURS).await;
        }
        assert_eq!(daemon.states(), vec!["parked answer_unreadable"; count + 1]);
        assert_eq!(reads(&daemon), before + 4, "every attempt is used");
        let detail = lines(daemon.database(), &format!("SELECT detail AS line FROM inbox_events WHERE id = {event}"));
        assert!(detail[0].ends_with(&format!("it was {shape}")), "{detail:?}");
        assert!(!detail[0].contains("Ada"), "{detail:?}");
    }
    daemon.finish().await;
});

on_both_engines!(a_webhook_that_cannot_be_read_is_parked_at_once, async |database| {
    let daemon = start(database).await;
    assert_eq!(daemon.parked("theatre", "{}").await, "unknown_event_type");
    daemon.settle().await;
    assert!(attempts(&daemon) == ["0"] && history(&daemon).is_empty() && reads(&daemon) == 0);
    daemon.finish().await;
});
