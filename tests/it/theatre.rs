//! Ticketpark end to end: webhooks in over HTTP, bookings read from a stand-in of its API, balances out.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use ticketledger::config::VatRule;
use ticketledger::demo::stand_in::{BookingExample, Fault, TicketExample, person_example};

use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, at, expected};
use crate::support::db::TestDatabase;

const PID: &str = "293233446073";
const FIRST: &str = "6445cdbe3e9509e8";
const SECOND: &str = "6445cdbe3e9509e9";
/// Longer than any delay between two attempts.
const HOURS: i64 = 2 * 3600;

/// A daemon whose provider has the documented booking.
async fn start(database: &TestDatabase) -> TestDaemon {
    let daemon = TestDaemon::start(database).await;
    daemon.stand_in.put_booking(PID, BookingExample::default().json());
    daemon
}

/// The documented booking with these tickets instead of its own.
fn with_tickets(tickets: &[(&str, &str)]) -> Value {
    let ticket = |(pid, price): &(&str, &str)| TicketExample {
        pid: (*pid).to_owned(),
        price: (*price).to_owned(),
        ..TicketExample::default()
    };
    BookingExample { tickets: tickets.iter().map(ticket).collect(), ..BookingExample::default() }.json()
}

/// Announces that something happened to the documented booking.
async fn announce(daemon: &TestDaemon, kind: &str) -> i64 {
    daemon.ticketpark(kind, json!({ "booking_pid": PID })).await
}

async fn pay(daemon: &TestDaemon, pid: &str, amount: Value) -> i64 {
    let payload = json!({ "booking_pid": PID, "payment_pid": pid, "payment_method": "twint", "currency": "CHF",
        "amount": amount });
    daemon.ticketpark("new-payment", payload).await
}

fn failing(status: u16) -> Fault {
    Fault::Status { status, retry_after: None }
}

/// How often the documented booking was read.
fn reads(daemon: &TestDaemon) -> u64 {
    daemon.stand_in.counts().reads.get(&format!("/bookings/{PID}")).copied().unwrap_or(0)
}

fn has_finding(daemon: &TestDaemon, reason: &str) -> bool {
    daemon.lines("SELECT reason AS line FROM v_open_findings").iter().any(|found| found == reason)
}

/// Entries as `booking date|kind|reason|atom key|account=amount`, in their order.
fn journal(daemon: &TestDaemon) -> Vec<String> {
    daemon.lines(
        "SELECT e.booking_date || '|' || e.kind || '|' || e.reason_code || '|' || p.account_code || '|' || p.amount_minor \
         AS line FROM journal_entries e JOIN postings p ON p.source = e.source AND p.entry_no = e.entry_no \
         ORDER BY e.source, e.entry_no, p.line_no",
    )
}

/// The documented booking: 2 × 25.00 at 2.6 %.
fn sold() -> BTreeMap<String, i64> {
    expected([("assets:receivable", 5000), ("income:tickets", -4874), ("liabilities:vat:260", -126)])
}

/// The documented booking, paid.
fn sold_and_paid() -> BTreeMap<String, i64> {
    expected([("assets:clearing:twint", 5000), ("income:tickets", -4874), ("liabilities:vat:260", -126)])
}

/// 50.00 received for nothing that was sold.
fn paid_only() -> BTreeMap<String, i64> {
    expected([("assets:clearing:twint", 5000), ("assets:receivable", -5000)])
}

on_both_engines!(the_documented_booking_is_sold_with_63_rappen_vat_for_each_ticket, async |database| {
    let daemon = start(database).await;
    announce(&daemon, "new-booking").await;
    daemon.settle().await;
    let sale = [
        "2025-11-11|post|new|assets:receivable|2500",
        "2025-11-11|post|new|income:tickets|-2437",
        "2025-11-11|post|new|liabilities:vat:260|-63",
    ];
    assert_eq!(journal(&daemon), [sale, sale].concat());
    assert_eq!(
        daemon.lines(
            "SELECT order_code || '|' || status || '|' || currency || '|' || billed_minor || '|' || settled_minor || '|' \
             || balance_minor AS line FROM v_order_balance"
        ),
        ["2932-3344-6073|accepted|CHF|5000|0|5000"]
    );
    assert_eq!(
        daemon.lines(
            "SELECT COALESCE(event_id, 'none') || '|' || event_title || '|' || period || '|' || vat_bp || '|' || qty || '|' \
             || net_minor || '|' || vat_minor || '|' || gross_minor AS line FROM v_revenue_by_event"
        ),
        ["none|Shakespeare Day|2025-11|260|2|4874|126|5000"]
    );
    let traced = "SELECT e.kind || '|' || d.status AS line FROM v_trace t JOIN documents d ON d.id = t.document_id \
        JOIN inbox_events e ON e.id = t.inbox_event_id AND e.body_sha256 = t.body_sha256";
    assert_eq!(daemon.lines(traced), ["new-booking|200"; 2], "every entry leads to the webhook and to what was read");
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
        journal(&daemon)[6..],
        [
            "2025-12-02|reverse|changed|assets:receivable|-2500",
            "2025-12-02|reverse|changed|income:tickets|2437",
            "2025-12-02|reverse|changed|liabilities:vat:260|63",
            "2025-12-02|post|changed|assets:receivable|3000",
            "2025-12-02|post|changed|income:tickets|-2924",
            "2025-12-02|post|changed|liabilities:vat:260|-76",
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
        journal(&daemon)[6..],
        [
            "2025-11-12|reverse|gone|assets:receivable|-2500",
            "2025-11-12|reverse|gone|income:tickets|2437",
            "2025-11-12|reverse|gone|liabilities:vat:260|63",
            "2025-11-12|post|new|assets:receivable|1000",
            "2025-11-12|post|new|income:tickets|-975",
            "2025-11-12|post|new|liabilities:vat:260|-25",
        ]
    );
    let of_month = "SELECT period || '|' || qty || '|' || gross_minor AS line FROM v_revenue_by_event";
    assert_eq!(daemon.lines(of_month), ["2025-11|2|3500"]);
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
    let status = "SELECT status || '|' || billed_minor || '|' || balance_minor AS line FROM v_order_balance";
    assert_eq!(daemon.lines(status), ["cancelled|0|-5000"]);
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

on_both_engines!(a_payment_counts_before_with_and_after_its_booking, async |database| {
    let daemon = TestDaemon::start(database).await;
    for pid in 1..=3 {
        daemon.stand_in.put_booking(&pid.to_string(), BookingExample { pid, ..BookingExample::default() }.json());
    }
    let pay = async |pid: u64| {
        let payload = json!({ "booking_pid": pid, "payment_pid": format!("p{pid}"), "payment_method": "twint",
            "currency": "CHF", "amount": "50.00" });
        daemon.ticketpark("new-payment", payload).await;
    };
    let announce = async |pid: u64| {
        daemon.ticketpark("new-booking", json!({ "booking_pid": pid })).await;
    };
    pay(1).await;
    announce(2).await;
    daemon.settle().await;
    announce(1).await;
    pay(2).await;
    pay(3).await;
    announce(3).await;
    daemon.settle().await;
    let open = "SELECT order_id || '|' || billed_minor || '|' || settled_minor || '|' || balance_minor AS line \
        FROM v_order_balance ORDER BY order_id";
    assert_eq!(daemon.lines(open), ["1|5000|5000|0", "2|5000|5000|0", "3|5000|5000|0"]);
    assert_eq!(daemon.states(), ["done"; 6]);
    daemon.finish().await;
});

on_both_engines!(a_payment_is_posted_although_its_booking_cannot_be_read, async |database| {
    let daemon = start(database).await;
    daemon.stand_in.script([failing(500), failing(502)]);
    pay(&daemon, "p1", json!("50.00")).await;
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre"), paid_only());
    assert_eq!(daemon.states(), ["pending provider_down"]);
    daemon.settle_after_seconds(HOURS).await;
    assert_eq!(daemon.states(), ["pending provider_down"]);
    assert_eq!(daemon.entries("theatre"), 1, "tried again, the payment is not posted again");
    daemon.settle_after_seconds(HOURS).await;
    assert_eq!(daemon.balances("theatre"), sold_and_paid());
    assert_eq!(daemon.states(), ["done"]);
    daemon.finish().await;
});

on_both_engines!(a_payment_of_an_unknown_booking_is_posted_and_parked_and_completed_by_a_replay, async |database| {
    let daemon = TestDaemon::start(database).await;
    let event = pay(&daemon, "p1", json!("50.00")).await;
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre"), paid_only());
    for _ in 1..4 {
        assert_eq!(daemon.states(), ["pending not_found"]);
        daemon.settle_after_seconds(HOURS).await;
    }
    assert_eq!(daemon.states(), ["parked not_found"]);
    assert_eq!(daemon.entries("theatre"), 1);
    daemon.stand_in.put_booking(PID, BookingExample::default().json());
    daemon.replay(&[event]);
    daemon.settle().await;
    assert_eq!(daemon.states(), ["done"]);
    assert_eq!(daemon.balances("theatre"), sold_and_paid());
    daemon.finish().await;
});

on_both_engines!(a_payment_announced_twice_counts_once, async |database| {
    let daemon = start(database).await;
    pay(&daemon, "p1", json!("50.00")).await;
    pay(&daemon, "p1", json!("50.00")).await;
    daemon.settle().await;
    pay(&daemon, "p1", json!(50)).await;
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre"), sold_and_paid());
    assert_eq!(daemon.states(), ["done"; 3]);
    assert_eq!(daemon.entries("theatre"), 3);
    daemon.finish().await;
});

on_both_engines!(amounts_are_read_from_texts_and_from_numbers_to_the_rappen, async |database| {
    let daemon = start(database).await;
    // A sum that shows each of its parts: 1 + 20 + 300 + 4_000 + 50_000 rappen.
    let amounts = [json!("0.01"), json!(0.2), json!(3), json!("40"), json!("500.00")];
    for (index, amount) in amounts.into_iter().enumerate() {
        pay(&daemon, &format!("p{index}"), amount).await;
    }
    pay(&daemon, "refund", json!("-0.01")).await;
    for (amount, reason) in [(json!("1,50"), "bad_amount"), (json!("0.001"), "bad_amount"), (json!(null), "bad_amount")]
    {
        let payload = json!({ "booking_pid": PID, "payment_pid": "bad", "payment_method": "twint", "currency": "CHF",
            "amount": amount });
        let body = json!({ "type": "new-payment", "payload": payload }).to_string();
        assert_eq!(daemon.parked("theatre", body).await, reason, "{amount}");
    }
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre").get("assets:clearing:twint"), Some(&54_320));
    let by_method = "SELECT payment_method || '|' || paid_minor || '|' || refunded_minor || '|' || net_minor AS line \
        FROM v_payments_by_method";
    assert_eq!(daemon.lines(by_method), ["twint|54321|-1|54320"]);
    daemon.finish().await;
});

on_both_engines!(of_two_payments_with_one_pid_the_one_stored_last_wins_whatever_is_settled_last, async |database| {
    let daemon = start(database).await;
    let first = pay(&daemon, "p1", json!("10.00")).await;
    pay(&daemon, "p1", json!("20.00")).await;
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre").get("assets:clearing:twint"), Some(&2000), "settled together");
    pay(&daemon, "p1", json!("50.00")).await;
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre"), sold_and_paid(), "settled later");
    daemon.replay(&[first]);
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre"), sold_and_paid(), "the first once more");
    assert_eq!(daemon.states(), ["superseded", "done", "done"]);
    daemon.finish().await;
});

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
    let rates = "SELECT COALESCE(CAST(vat_bp AS TEXT), 'none') || '|' || net_minor || '|' || vat_minor || '|' || \
        gross_minor AS line FROM v_vat_by_rate";
    assert_eq!(daemon.lines(rates), ["none|5000|0|5000"]);
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
    let rates = "SELECT COALESCE(CAST(vat_bp AS TEXT), 'none') || '|' || vat_minor || '|' || gross_minor AS line \
        FROM v_vat_by_rate ORDER BY COALESCE(vat_bp, -1)";
    assert_eq!(daemon.lines(rates), ["none|0|2500", "0|0|2500", "250|61|2500", "260|126|5000"]);
    daemon.finish().await;
});

on_both_engines!(persons_become_customers_and_a_booking_belongs_to_its_own, async |database| {
    const PERSON: &str = "8CB96870-68AC-4296-BEC2-F0F04B29D4F0";
    let customers = "SELECT name || '|' || email || '|' || orders || '|' || billed_minor AS line FROM v_customers";
    let daemon = start(database).await;
    let mut person = person_example();
    daemon.stand_in.put_person(PERSON, person.clone());
    daemon.ticketpark("new-person", json!({ "person_pid": PERSON })).await;
    daemon.settle().await;
    assert_eq!(daemon.lines(customers), ["Manuel Reinhard|tech@ticketpark.ch|0|0"]);
    announce(&daemon, "new-booking").await;
    daemon.settle().await;
    assert_eq!(daemon.lines(customers), ["Manuel Reinhard|tech@ticketpark.ch|1|5000"]);
    // The documented type of a changed person, and what it was probably meant to be.
    for (kind, name) in [("new-updated", "Emanuel"), ("person-updated", "Manu"), ("updated-person", "M.")] {
        person["firstname"] = json!(name);
        daemon.stand_in.put_person(PERSON, person.clone());
        daemon.ticketpark(kind, json!({ "person_pid": PERSON })).await;
        daemon.settle().await;
        assert_eq!(daemon.lines(customers), [format!("{name} Reinhard|tech@ticketpark.ch|1|5000")]);
    }
    assert_eq!(daemon.states(), ["done"; 5]);
    assert_eq!(daemon.entries("theatre"), 2, "a person is nothing to post");
    let journal = daemon.lines("SELECT doc AS line FROM order_snapshots").join("");
    assert!(!journal.contains("Reinhard") && !journal.contains("tech@"), "no person gets into the books");
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
