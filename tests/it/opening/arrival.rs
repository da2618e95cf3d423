//! When deliveries come, and in which order: before the book begins, too late, or twice.

use ticketledger::db::Database;
use ticketledger::demo::stand_in::{BookingExample, TicketExample};
use ticketledger::policy::Policy;

use super::*;
use crate::support::daemon::{at, balances};

/// It is October, and the book begins in November.
async fn early(database: &TestDatabase) -> TestDaemon {
    let change = |config: &mut ticketledger::config::Config| {
        for source in &mut config.sources {
            source.books_from = chrono::NaiveDate::from_ymd_opt(2025, 12, 1);
        }
    };
    TestDaemon::start_with(database, change, std::sync::Arc::new(|_| {})).await
}

on_both_engines!(what_comes_before_the_book_begins_is_brought_in_as_it_is_then, async |database| {
    let daemon = early(database).await;
    let sold = |price: &str, rest: Value| {
        order("A", but(json!({"tickets": [admission("a", price, "19"), admission("b", "11.90", "19")]}), rest))
    };
    daemon.deliver(sold("119.00", json!({}))).await;
    // Other prices, a part that is added, and one that is called off, all before the first day.
    daemon.set_clock("2025-11-20T12:00:00Z");
    let tickets = json!([admission("a", "100.00", "19"), admission("c", "23.80", "19")]);
    let undated = but(payment("u", "10.00"), json!({"payment_date": ""}));
    daemon.deliver(sold("100.00", json!({"tickets": tickets, "payments": [undated]}))).await;
    assert_eq!(daemon.balances("museum"), expected([("assets:receivable", 11380), ("equity:opening", -11380)]));
    assert_eq!(daemon.rows(&["booking_date"], "FROM journal_entries GROUP BY booking_date"), [row(["2025-12-01"])]);
    assert!(!open_findings(&daemon).contains(&"opening_item_changed".to_owned()));
    // From then on it is a book like any other.
    daemon.set_clock("2025-12-05T12:00:00Z");
    let later = json!({"tickets": [admission("a", "100.00", "19"), admission("d", "11.90", "19")],
        "payments": [undated]});
    daemon.deliver(sold("100.00", later)).await;
    assert_eq!(
        daemon.balances("museum"),
        expected([
            ("assets:receivable", 11380 - 2380 + 1190),
            ("equity:opening", -11380),
            ("income:tickets", 2000 - 1000),
            ("liabilities:vat:1900", 380 - 190),
        ])
    );
    holds(daemon).await;
});

on_both_engines!(a_booking_has_no_date_so_its_receipt_decides, async |database| {
    let daemon = early(database).await;
    let read = |pid: u64, tickets: &[&str]| {
        let ticket = |pid: &&str| TicketExample { pid: (*pid).to_owned(), ..TicketExample::default() };
        let tickets = tickets.iter().map(ticket).collect();
        daemon
            .stand_in
            .put_booking(&pid.to_string(), BookingExample { pid, tickets, ..BookingExample::default() }.json());
    };
    read(1, &["t1", "t2"]);
    read(2, &["t3"]);
    for pid in ["1", "2"] {
        daemon.ticketpark("new-booking", json!({"booking_pid": pid})).await;
    }
    let pay = json!({"booking_pid": "1", "payment_pid": "p", "payment_method": "twint", "amount": "50.00",
        "currency": "CHF"});
    daemon.ticketpark("new-payment", pay).await;
    daemon.settle().await;
    assert_eq!(
        balances(daemon.database(), "theatre"),
        expected([("assets:receivable", 2500), ("equity:opening", -2500)])
    );
    daemon.ticketpark("booking-cancelled", json!({"booking_pid": "2"})).await;
    daemon.settle().await;
    assert_eq!(balances(daemon.database(), "theatre"), expected([]), "cancelled before the book began");
    daemon.set_clock("2025-12-05T12:00:00Z");
    read(1, &["t1"]);
    daemon.ticketpark("booking-tickets-deleted", json!({"booking_pid": "1", "ticket_pids": ["t2"]})).await;
    daemon.settle().await;
    assert_eq!(
        balances(daemon.database(), "theatre"),
        expected([("assets:receivable", -2500), ("income:tickets", 2437), ("liabilities:vat:260", 63)])
    );
    let refunds = daemon.lines("SELECT reason AS line FROM findings WHERE state = 'open' AND order_id = '1'");
    assert!(refunds.contains(&"refund_unobservable".to_owned()), "{refunds:?}");
    holds(daemon).await;
});

/// The entries of one order without what depends on when they were written.
fn content(database: &Database) -> Vec<Row> {
    crate::support::daemon::rows(
        database,
        &["account", "SUM(amount_minor)"],
        "FROM v_gl GROUP BY account HAVING SUM(amount_minor) <> 0 ORDER BY account",
    )
}

on_both_engines!(the_first_delivery_decides_even_when_it_is_worked_on_last, async |database| {
    let daemon = begun(database).await;
    // At first it cannot be read.
    let first = of_march("A", json!({"tickets": [admission("a", "119.00", "19")], "currency": "???"}));
    assert_eq!(daemon.parked("museum", first).await, "unknown_currency");
    let both = json!({"tickets": [admission("a", "100.00", "19"), admission("b", "11.90", "19")]});
    daemon.deliver(of_march("A", both)).await;
    assert_eq!(daemon.balances("museum"), expected([("assets:receivable", 11190), ("equity:opening", -11190)]));
    let body = of_march("A", json!({"tickets": [admission("a", "119.00", "19")]}));
    let hex: String = body.bytes().map(|byte| format!("{byte:02x}")).collect();
    let bytes = match database.engine {
        crate::support::db::Engine::Sqlite => format!("x'{hex}'"),
        crate::support::db::Engine::Postgres => format!("'\\x{hex}'"),
    };
    database.execute(&format!("UPDATE inbox_events SET body = {bytes}, entity = 'order:A' WHERE id = 1"));
    daemon.settle_again(database, "id = 1").await;
    assert_eq!(
        daemon.balances("museum"),
        expected([
            ("assets:receivable", 11190),
            ("equity:opening", -10000),
            ("income:tickets", -1000),
            ("liabilities:vat:1900", -190),
        ])
    );
    assert!(open_findings(&daemon).contains(&"opening_item_changed".to_owned()));
    holds(daemon).await;
});

on_both_engines!(replayed_deliveries_change_nothing, async |database| {
    let daemon = begun(database).await;
    let two = |b: Value| of_march("A", json!({"tickets": [ticket(&[participant("a", "119.00", "19"), b])]}));
    daemon.deliver(two(participant("b", "119.00", "19"))).await;
    daemon.deliver(two(cancelled_on(participant("b", "0.00", "19"), "11-10"))).await;
    let (before, entries) = (content(daemon.database()), daemon.entries("museum"));
    assert_eq!(daemon.balances("museum").get("income:tickets"), Some(&10000), "the price is gone, and known");
    daemon.settle_again(database, "id = 1").await;
    daemon.settle_again(database, "id = 2").await;
    daemon.settle_again(database, "id > 0").await;
    assert_eq!((content(daemon.database()), daemon.entries("museum")), (before, entries));
    holds(daemon).await;
});

on_both_engines!(what_is_brought_in_after_the_first_close_is_late, async |database| {
    let daemon = begun_under(database, Policy::default()).await;
    daemon.deliver(of_march("A", json!({"tickets": [admission("a", "119.00", "19")]}))).await;
    daemon.set_clock("2025-12-02T12:00:00Z");
    daemon.close_month(database, "2025-11");
    daemon.deliver(of_march("B", json!({"tickets": [admission("b", "119.00", "19")]}))).await;
    assert_eq!(daemon.booked("B", 0), ["2025-12-01 opening sale:participant:b (late_for_2025-11)"]);
    assert_eq!(daemon.clock.now(), at("2025-12-02T12:00:00Z"));
    holds(daemon).await;
});
