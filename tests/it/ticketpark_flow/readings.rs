//! Webhooks and the readings they cause: what is not found or not complete, what comes late, what is not understood.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use ticketledger::demo::stand_in::{BookingExample, Fault};

use super::{
    FIRST, HOURS, PID, SECOND, announce, failing, has_finding, pay, reads, sold, sold_and_paid, start, with_tickets,
};
use crate::on_both_engines;
use crate::support::daemon::expected;

on_both_engines!(a_booking_that_is_not_found_changes_nothing_and_is_parked_after_its_attempts, async |database| {
    let daemon = start(database).await;
    announce(&daemon, "new-booking").await;
    daemon.settle().await;
    let booking = BookingExample::default().json();
    daemon.stand_in.remove_booking(PID);
    let event = announce(&daemon, "booking-tickets-deleted").await;
    daemon.settle().await;
    for _ in 1..4 {
        assert_eq!(daemon.states(), ["done", "pending not_found"]);
        assert_eq!(daemon.balances("theatre"), sold(), "it could be a want of permission");
        daemon.settle_after_seconds(HOURS).await;
    }
    assert_eq!(daemon.states(), ["done", "parked not_found"]);
    assert_eq!(daemon.balances("theatre"), sold());
    let reads_before = reads(&daemon);
    daemon.settle_after_seconds(HOURS).await;
    assert_eq!(reads(&daemon), reads_before, "parked means left alone");
    daemon.stand_in.put_booking(PID, booking);
    daemon.replay(&[event]);
    daemon.settle().await;
    assert_eq!(daemon.states(), ["done", "done"]);
    assert_eq!(daemon.balances("theatre"), sold());
    daemon.finish().await;
});

on_both_engines!(an_answer_without_tickets_keeps_the_last_known_ones_and_becomes_a_finding, async |database| {
    let daemon = start(database).await;
    announce(&daemon, "new-booking").await;
    daemon.settle().await;
    let mut without = BookingExample::default().json();
    without.as_object_mut().unwrap().remove("tickets");
    daemon.stand_in.put_booking(PID, without);
    announce(&daemon, "booking-tickets-updated").await;
    daemon.settle().await;
    for _ in 1..4 {
        assert_eq!(daemon.states(), ["done", "pending tickets_missing"]);
        assert!(!has_finding(&daemon, "section_absent"));
        daemon.settle_after_seconds(HOURS).await;
    }
    assert_eq!(daemon.states(), ["done", "done"]);
    assert_eq!(daemon.balances("theatre"), sold());
    assert!(has_finding(&daemon, "section_absent"));
    // An answer with them closes the finding.
    daemon.stand_in.put_booking(PID, BookingExample::default().json());
    announce(&daemon, "booking-tickets-updated").await;
    daemon.settle().await;
    assert!(!has_finding(&daemon, "section_absent"));
    daemon.finish().await;
});

on_both_engines!(an_error_that_names_the_booking_takes_nothing_back, async |database| {
    let daemon = start(database).await;
    announce(&daemon, "new-booking").await;
    daemon.settle().await;
    let number: i64 = PID.parse().unwrap();
    for answer in [
        json!({"error": "maintenance", "pid": number}),
        json!({"pid": number}),
        json!({"status": 500, "title": "Internal Server Error", "pid": PID}),
        json!({"error": {"code": 1}, "pid": number, "tickets": [], "confirmation": true}),
    ] {
        daemon.stand_in.put_booking(PID, answer.clone());
        announce(&daemon, "booking-tickets-updated").await;
        daemon.settle().await;
        for _ in 1..4 {
            daemon.settle_after_seconds(HOURS).await;
        }
        assert_eq!(daemon.states().last().unwrap(), "parked answer_unreadable", "{answer}");
        assert_eq!(daemon.balances("theatre"), sold(), "{answer}");
    }
    daemon.finish().await;
});

on_both_engines!(an_answer_without_tickets_is_taken_at_the_last_attempt_of_any_event, async |database| {
    let daemon = start(database).await;
    let mut without = BookingExample::default().json();
    without.as_object_mut().unwrap().remove("tickets");
    daemon.stand_in.put_booking(PID, without);
    daemon.stand_in.script(vec![failing(404); 4]);
    let first = announce(&daemon, "new-booking").await;
    daemon.settle().await;
    for _ in 1..4 {
        daemon.settle_after_seconds(HOURS).await;
    }
    assert_eq!(daemon.states(), ["parked not_found"]);
    announce(&daemon, "booking-tickets-updated").await;
    daemon.settle().await;
    daemon.settle_after_seconds(HOURS).await;
    daemon.settle_after_seconds(HOURS).await;
    // The first begins anew together with the last attempt of the second.
    daemon.clock.advance_milliseconds(HOURS * 1000);
    daemon.replay(&[first]);
    daemon.settle().await;
    assert_eq!(daemon.states(), ["done", "done"]);
    assert!(has_finding(&daemon, "section_absent"));
    daemon.finish().await;
});

on_both_engines!(an_older_reading_that_ends_after_a_newer_one_is_superseded, async |database| {
    let daemon = start(database).await;
    daemon.stand_in.script([Fault::Hang]);
    let first = announce(&daemon, "new-booking").await;
    let newer_meanwhile = async {
        daemon.stand_in.hanging(1).await;
        // Another daemon that claimed at the same moment would not see this event.
        let aside =
            |entity: &str| database.execute(&format!("UPDATE inbox_events SET entity = '{entity}' WHERE id = {first}"));
        aside("booking:aside");
        daemon.stand_in.put_booking(PID, with_tickets(&[(FIRST, "30.00")]));
        announce(&daemon, "booking-tickets-updated").await;
        daemon.another_pool(Arc::new(|_| {})).run_until_idle().await;
        assert_eq!(daemon.states(), ["pending", "done"]);
        aside(&format!("booking:{PID}"));
        // What the slow answer says is what was true when it was asked for.
        daemon.stand_in.put_booking(PID, BookingExample::default().json());
        daemon.stand_in.release();
    };
    tokio::join!(daemon.settle(), newer_meanwhile);
    assert_eq!(daemon.states(), ["superseded", "done"]);
    let newest = expected([("assets:receivable", 3000), ("income:tickets", -2924), ("liabilities:vat:260", -76)]);
    assert_eq!(daemon.balances("theatre"), newest);
    daemon.finish().await;
});

on_both_engines!(a_reading_that_began_before_an_event_was_stored_does_not_complete_it, async |database| {
    let daemon = start(database).await;
    daemon.stand_in.script([Fault::Hang, failing(500)]);
    announce(&daemon, "new-booking").await;
    let meanwhile = async {
        daemon.stand_in.hanging(1).await;
        announce(&daemon, "booking-tickets-updated").await;
        daemon.stand_in.release();
    };
    tokio::join!(daemon.settle(), meanwhile);
    assert_eq!(reads(&daemon), 2);
    assert_eq!(daemon.states(), ["done", "pending provider_down"], "the second waits for a reading of its own");
    assert_eq!(daemon.balances("theatre"), sold());
    daemon.stand_in.put_booking(PID, with_tickets(&[]));
    daemon.settle_after_seconds(HOURS).await;
    assert_eq!(daemon.states(), ["done", "done"]);
    assert_eq!(daemon.balances("theatre"), BTreeMap::new());
    daemon.finish().await;
});

on_both_engines!(the_pids_of_tickets_come_as_a_list_a_map_or_a_text, async |database| {
    let daemon = start(database).await;
    for pids in [json!([FIRST, SECOND]), json!({ "0": FIRST, "2": SECOND }), json!(FIRST), json!(7), json!(null)] {
        daemon.ticketpark("booking-tickets-updated", json!({ "booking_pid": PID, "ticket_pids": pids })).await;
    }
    // The pid of a booking is a number where it is read.
    daemon.ticketpark("booking-tickets-updated", json!({ "booking_pid": 293_233_446_073_u64 })).await;
    daemon.settle().await;
    assert_eq!(daemon.states(), ["done"; 6]);
    assert_eq!(daemon.balances("theatre"), sold());
    assert_eq!(reads(&daemon), 1);
    daemon.finish().await;
});

on_both_engines!(twenty_waiting_events_of_a_booking_cause_one_reading, async |database| {
    let daemon = start(database).await;
    for _ in 0..19 {
        announce(&daemon, "booking-tickets-updated").await;
    }
    pay(&daemon, "p1", json!("50.00")).await;
    daemon.settle().await;
    assert_eq!(reads(&daemon), 1);
    assert_eq!(daemon.states(), vec!["done"; 20]);
    assert_eq!(daemon.balances("theatre"), sold_and_paid());
    daemon.finish().await;
});

on_both_engines!(what_is_not_understood_is_stored_and_parked_and_never_refused, async |database| {
    let daemon = start(database).await;
    for (body, reason) in [
        (json!({ "type": "new-voucher", "payload": { "booking_pid": PID } }), "unknown_event_type"),
        (json!({ "payload": { "booking_pid": PID } }), "unknown_event_type"),
        (json!({ "type": "new-booking", "payload": {} }), "missing_id"),
        (json!({ "type": "new-booking" }), "missing_id"),
        (
            json!({ "type": "new-payment", "payload": { "booking_pid": PID, "payment_pid": "p", "currency": "Franken",
                "amount": "1" } }),
            "unknown_currency",
        ),
    ] {
        assert_eq!(daemon.parked("theatre", body.to_string()).await, reason);
    }
    assert_eq!(daemon.parked("theatre", "<html>").await, "invalid_json");
    daemon.settle().await;
    assert_eq!(reads(&daemon), 0);
    assert_eq!(daemon.entries("theatre"), 0);
    daemon.finish().await;
});
