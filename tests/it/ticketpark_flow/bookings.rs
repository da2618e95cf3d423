//! What a booking says: its tickets, their VAT, its cancellation, and whose it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use ticketledger::config::VatRule;
use ticketledger::demo::stand_in::{BookingExample, TicketExample, person_example};

use super::{FIRST, PID, SECOND, announce, has_finding, paid_only, pay, sold, sold_and_paid, start, with_tickets};
use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, at, entry, expected};

const SAID: [&str; 3] = ["booking_date", "kind", "reason_code"];

on_both_engines!(the_documented_booking_is_sold_with_63_rappen_vat_for_each_ticket, async |database| {
    let daemon = start(database).await;
    announce(&daemon, "new-booking").await;
    daemon.settle().await;
    let sale = entry(
        "2025-11-11 post new",
        [("assets:receivable", 2500), ("income:tickets", -2437), ("liabilities:vat:260", -63)],
    );
    assert_eq!(daemon.journal(&SAID), [sale.clone(), sale]);
    assert_eq!(
        daemon.rows(
            &["order_code", "status", "currency", "billed_minor", "settled_minor", "balance_minor"],
            "FROM v_order_balance"
        ),
        [["2932-3344-6073", "accepted", "CHF", "5000", "0", "5000"]]
    );
    assert_eq!(
        daemon.rows(
            &["event_id", "event_title", "period", "vat_bp", "qty", "net_minor", "vat_minor", "gross_minor"],
            "FROM v_revenue_by_event"
        ),
        [["-", "Shakespeare Day", "2025-11", "260", "2", "4874", "126", "5000"]]
    );
    let traced = daemon.rows(
        &["e.kind", "d.status"],
        "FROM v_trace t JOIN documents d ON d.id = t.document_id \
        JOIN inbox_events e ON e.id = t.inbox_event_id AND e.body_sha256 = t.body_sha256",
    );
    assert_eq!(traced, [["new-booking", "200"]; 2], "every entry leads to the webhook and to what was read");
    announce(&daemon, "new-booking").await;
    daemon.settle().await;
    assert_eq!(daemon.entries("theatre"), 2, "announced again, nothing is posted");
    assert_eq!(daemon.states(), ["done", "done"]);
    daemon.finish().await;
});

on_both_engines!(a_price_that_changes_is_reversed_and_posted_at_the_receipt_of_the_change, async |database| {
    let daemon = start(database).await;
    announce(&daemon, "new-booking").await;
    daemon.settle().await;
    daemon.clock.advance_milliseconds(at("2025-12-02T10:00:00Z").milliseconds_since(daemon.clock.now()));
    daemon.stand_in.put_booking(PID, with_tickets(&[(FIRST, "25.00"), (SECOND, "30.00")]));
    announce(&daemon, "booking-tickets-updated").await;
    daemon.settle().await;
    assert_eq!(
        daemon.journal(&SAID)[2..],
        [
            entry(
                "2025-12-02 reverse changed",
                [("assets:receivable", -2500), ("income:tickets", 2437), ("liabilities:vat:260", 63)]
            ),
            entry(
                "2025-12-02 post changed",
                [("assets:receivable", 3000), ("income:tickets", -2924), ("liabilities:vat:260", -76)]
            ),
        ]
    );
    daemon.finish().await;
});

on_both_engines!(tickets_that_are_deleted_or_added_change_only_themselves, async |database| {
    let daemon = start(database).await;
    announce(&daemon, "new-booking").await;
    daemon.settle().await;
    daemon.settle_after_seconds(24 * 3600).await;
    daemon.stand_in.put_booking(PID, with_tickets(&[(SECOND, "25.00")]));
    announce(&daemon, "booking-tickets-deleted").await;
    daemon.settle().await;
    daemon.stand_in.put_booking(PID, with_tickets(&[(SECOND, "25.00"), ("6445cdbe3e9509ea", "10.00")]));
    announce(&daemon, "booking-tickets-updated").await;
    daemon.settle().await;
    assert_eq!(
        daemon.journal(&SAID)[2..],
        [
            entry(
                "2025-11-12 reverse gone",
                [("assets:receivable", -2500), ("income:tickets", 2437), ("liabilities:vat:260", 63)]
            ),
            entry(
                "2025-11-12 post new",
                [("assets:receivable", 1000), ("income:tickets", -975), ("liabilities:vat:260", -25)]
            ),
        ]
    );
    let of_month = daemon.rows(&["period", "qty", "gross_minor"], "FROM v_revenue_by_event");
    assert_eq!(of_month, [["2025-11", "2", "3500"]]);
    daemon.finish().await;
});

on_both_engines!(a_cancelled_booking_has_no_tickets_whether_it_can_still_be_read_or_not, async |database| {
    let daemon = start(database).await;
    announce(&daemon, "new-booking").await;
    pay(&daemon, "p1", json!("50.00")).await;
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre"), sold_and_paid());
    // Still readable, and still confirmed.
    announce(&daemon, "booking-cancelled").await;
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre"), paid_only(), "the money stays until somebody says where it went");
    // Sticky: what is read later brings no ticket back.
    announce(&daemon, "booking-tickets-updated").await;
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre"), paid_only());
    daemon.stand_in.remove_booking(PID);
    announce(&daemon, "booking-tickets-deleted").await;
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre"), paid_only());
    assert_eq!(daemon.states(), ["done"; 5], "a booking that is gone was announced as cancelled");
    let status = daemon.rows(&["status", "billed_minor", "balance_minor"], "FROM v_order_balance");
    assert_eq!(status, [["cancelled", "0", "-5000"]]);
    daemon.finish().await;
});

on_both_engines!(a_cancellation_means_the_same_before_with_and_after_the_booking_it_cancels, async |database| {
    let daemon = TestDaemon::start(database).await;
    let pids = ["1", "2", "3", "4"];
    for (index, pid) in pids.iter().enumerate() {
        let booking = BookingExample { pid: index as u64 + 1, ..BookingExample::default() };
        daemon.stand_in.put_booking(pid, booking.json());
    }
    let say = async |kind: &str, pid: &str| {
        daemon.ticketpark(kind, json!({ "booking_pid": pid })).await;
    };
    // Before, after, and in one claim in both orders.
    say("booking-cancelled", "1").await;
    say("new-booking", "2").await;
    daemon.settle().await;
    say("new-booking", "1").await;
    say("booking-cancelled", "2").await;
    say("booking-cancelled", "3").await;
    say("new-booking", "3").await;
    say("new-booking", "4").await;
    say("booking-cancelled", "4").await;
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre"), BTreeMap::new());
    let cancelled = daemon.lines("SELECT order_id || ' ' || status AS line FROM orders ORDER BY order_id");
    assert_eq!(cancelled, ["1 cancelled", "2 cancelled", "3 cancelled", "4 cancelled"]);
    assert_eq!(daemon.entries("theatre"), 4, "only the second was ever sold");
    assert_eq!(daemon.states(), ["done"; 8]);
    daemon.finish().await;
});

on_both_engines!(an_empty_list_of_tickets_means_that_there_are_none, async |database| {
    let daemon = start(database).await;
    announce(&daemon, "new-booking").await;
    daemon.settle().await;
    daemon.stand_in.put_booking(PID, with_tickets(&[]));
    announce(&daemon, "booking-tickets-deleted").await;
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre"), BTreeMap::new());
    assert_eq!(daemon.states(), ["done", "done"]);
    daemon.finish().await;
});

on_both_engines!(what_is_not_confirmed_is_not_sold, async |database| {
    let daemon = TestDaemon::start(database).await;
    let mut booking = BookingExample { confirmation: false, ..BookingExample::default() };
    daemon.stand_in.put_booking(PID, booking.json());
    announce(&daemon, "new-booking").await;
    pay(&daemon, "p1", json!("50.00")).await;
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre"), paid_only());
    assert_eq!(daemon.lines("SELECT status AS line FROM v_order_balance"), ["pending"]);
    booking.confirmation = true;
    booking.tickets[1].confirmation = false;
    daemon.stand_in.put_booking(PID, booking.json());
    announce(&daemon, "booking-tickets-updated").await;
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre").get("income:tickets"), Some(&-2437), "one ticket of the two");
    assert!(has_finding(&daemon, "unconfirmed_ticket"));
    booking.tickets[1].confirmation = true;
    daemon.stand_in.put_booking(PID, booking.json());
    announce(&daemon, "booking-tickets-updated").await;
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre"), sold_and_paid());
    assert!(!has_finding(&daemon, "unconfirmed_ticket"));
    daemon.finish().await;
});

on_both_engines!(without_a_rule_the_vat_is_undetermined_and_never_zero, async |database| {
    let without_rules = |config: &mut ticketledger::config::Config| config.sources[1].vat_rules.clear();
    let daemon = TestDaemon::start_with(database, without_rules, Arc::new(|_| {})).await;
    daemon.stand_in.put_booking(PID, BookingExample::default().json());
    announce(&daemon, "new-booking").await;
    daemon.settle().await;
    let suspended = expected([("assets:receivable", 5000), ("suspense:vat_undetermined", -5000)]);
    assert_eq!(daemon.balances("theatre"), suspended);
    assert!(has_finding(&daemon, "vat_unknown"));
    let rates = daemon.rows(&["vat_bp", "net_minor", "vat_minor", "gross_minor"], "FROM v_vat_by_rate");
    assert_eq!(rates, [["-", "5000", "0", "5000"]]);
    // A rule settles it: the next reading moves the money to where it belongs.
    let rule = rule("2018-01-01", None, 260);
    let daemon = daemon.restart(|config| config.sources[1].vat_rules.push(rule)).await;
    announce(&daemon, "booking-tickets-updated").await;
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre"), sold());
    assert!(!has_finding(&daemon, "vat_unknown"));
    daemon.finish().await;
});

fn rule(from: &str, price: Option<&str>, rate_bp: i32) -> VatRule {
    VatRule { from: from.parse().unwrap(), event: None, price: price.map(str::to_owned), host: None, rate_bp }
}

on_both_engines!(an_exempt_event_stays_exempt_when_the_general_rate_changes, async |database| {
    let exempt = VatRule { event: Some("Requiem".to_owned()), ..rule("2018-01-01", None, 0) };
    let child = VatRule { event: Some("Requiem".to_owned()), ..rule("2018-01-01", Some("Child"), 260) };
    let rules = vec![rule("2018-01-01", None, 770), exempt, child, rule("2024-01-01", None, 810)];
    let daemon = TestDaemon::start_with(database, |config| config.sources[1].vat_rules = rules, Arc::new(|_| {})).await;
    let ticket = |pid: &str, event: &str, price_name: &str| TicketExample {
        pid: pid.to_owned(),
        event: event.to_owned(),
        price_name: price_name.to_owned(),
        show_start: "2025-11-30T20:00:00+0100".to_owned(),
        ..TicketExample::default()
    };
    let tickets = vec![
        ticket("a", "Requiem", "Adult"),
        ticket("b", "Requiem", "Child"),
        ticket("c", "Comedy", "Adult"),
        ticket("d", "Comedy", "Child"),
    ];
    daemon.stand_in.put_booking(PID, BookingExample { tickets, ..BookingExample::default() }.json());
    announce(&daemon, "new-booking").await;
    daemon.settle().await;
    let rates = daemon.rows(&["title", "price_title", "vat_bp"], "FROM order_lines ORDER BY line_key");
    assert_eq!(
        rates,
        [
            ["Requiem", "Adult", "0"],
            ["Requiem", "Child", "260"],
            ["Comedy", "Adult", "810"],
            ["Comedy", "Child", "810"]
        ]
    );
    daemon.finish().await;
});

on_both_engines!(the_rate_is_that_of_the_local_day_of_the_show, async |database| {
    let rules =
        vec![rule("2024-01-01", Some("Free of VAT"), 0), rule("2018-01-01", None, 250), rule("2024-01-01", None, 260)];
    let daemon = TestDaemon::start_with(database, |config| config.sources[1].vat_rules = rules, Arc::new(|_| {})).await;
    let ticket = |pid: &str, show_start: &str, price_name: &str| TicketExample {
        pid: pid.to_owned(),
        show_start: show_start.to_owned(),
        price_name: price_name.to_owned(),
        ..TicketExample::default()
    };
    let tickets = vec![
        ticket("a", "2017-12-31T20:00:00+0100", "Normalpreis"),
        ticket("b", "2023-12-31T23:59:59+0100", "Normalpreis"),
        // Still the old year in UTC.
        ticket("c", "2024-01-01T00:30:00+0100", "Normalpreis"),
        ticket("d", "2024-01-01 00:30:00", "Free of VAT"),
        // Without a date it is the day of receipt, in 2025.
        ticket("e", "", "Normalpreis"),
    ];
    daemon.stand_in.put_booking(PID, BookingExample { tickets, ..BookingExample::default() }.json());
    announce(&daemon, "new-booking").await;
    daemon.settle().await;
    let rates =
        daemon.rows(&["vat_bp", "vat_minor", "gross_minor"], "FROM v_vat_by_rate ORDER BY COALESCE(vat_bp, -1)");
    assert_eq!(rates, [["-", "0", "2500"], ["0", "0", "2500"], ["250", "61", "2500"], ["260", "126", "5000"]]);
    daemon.finish().await;
});

on_both_engines!(persons_become_customers_and_a_booking_belongs_to_its_own, async |database| {
    const PERSON: &str = "8CB96870-68AC-4296-BEC2-F0F04B29D4F0";
    let daemon = start(database).await;
    let customers = || daemon.rows(&["name", "email", "orders", "billed_minor"], "FROM v_customers");
    let mut person = person_example();
    daemon.stand_in.put_person(PERSON, person.clone());
    daemon.ticketpark("new-person", json!({ "person_pid": PERSON })).await;
    daemon.settle().await;
    assert_eq!(customers(), [["Manuel Reinhard", "tech@ticketpark.ch", "0", "0"]]);
    announce(&daemon, "new-booking").await;
    daemon.settle().await;
    assert_eq!(customers(), [["Manuel Reinhard", "tech@ticketpark.ch", "1", "5000"]]);
    // The documented type of a changed person, and what it was probably meant to be.
    for (kind, name) in [("new-updated", "Emanuel"), ("person-updated", "Manu"), ("updated-person", "M.")] {
        person["firstname"] = json!(name);
        daemon.stand_in.put_person(PERSON, person.clone());
        daemon.ticketpark(kind, json!({ "person_pid": PERSON })).await;
        daemon.settle().await;
        assert_eq!(customers(), [[&format!("{name} Reinhard"), "tech@ticketpark.ch", "1", "5000"]]);
    }
    assert_eq!(daemon.states(), ["done"; 5]);
    assert_eq!(daemon.entries("theatre"), 2, "a person is nothing to post");
    let journal = daemon.lines("SELECT doc AS line FROM order_snapshots").join("");
    assert!(!journal.contains("Reinhard") && !journal.contains("tech@"), "no person gets into the books");
    daemon.finish().await;
});
