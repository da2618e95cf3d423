//! Ticketpark end to end: webhooks in over HTTP, bookings read from a stand-in of its API, balances out.

mod bookings;
mod payments;
mod readings;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use ticketledger::demo::stand_in::{BookingExample, Fault, TicketExample};

use crate::support::daemon::{TestDaemon, expected};
use crate::support::db::TestDatabase;

pub(super) const PID: &str = "293233446073";
pub(super) const FIRST: &str = "6445cdbe3e9509e8";
pub(super) const SECOND: &str = "6445cdbe3e9509e9";
/// Longer than any delay between two attempts.
pub(super) const HOURS: i64 = 2 * 3600;

/// A daemon whose provider has the documented booking.
pub(super) async fn start(database: &TestDatabase) -> TestDaemon {
    let daemon = TestDaemon::start(database).await;
    daemon.stand_in.put_booking(PID, BookingExample::default().json());
    daemon
}

/// The documented booking with these tickets instead of its own.
pub(super) fn with_tickets(tickets: &[(&str, &str)]) -> Value {
    let ticket = |(pid, price): &(&str, &str)| TicketExample {
        pid: (*pid).to_owned(),
        price: (*price).to_owned(),
        ..TicketExample::default()
    };
    BookingExample { tickets: tickets.iter().map(ticket).collect(), ..BookingExample::default() }.json()
}

/// Announces that something happened to the documented booking.
pub(super) async fn announce(daemon: &TestDaemon, kind: &str) -> i64 {
    daemon.ticketpark(kind, json!({ "booking_pid": PID })).await
}

pub(super) async fn pay(daemon: &TestDaemon, pid: &str, amount: Value) -> i64 {
    let payload = json!({ "booking_pid": PID, "payment_pid": pid, "payment_method": "twint", "currency": "CHF",
        "amount": amount });
    daemon.ticketpark("new-payment", payload).await
}

pub(super) fn failing(status: u16) -> Fault {
    Fault::Status { status, retry_after: None }
}

/// How often the documented booking was read.
pub(super) fn reads(daemon: &TestDaemon) -> u64 {
    daemon.stand_in.counts().reads.get(&format!("/bookings/{PID}")).copied().unwrap_or(0)
}

pub(super) fn has_finding(daemon: &TestDaemon, reason: &str) -> bool {
    daemon.lines("SELECT reason AS line FROM v_open_findings").iter().any(|found| found == reason)
}

/// The documented booking: 2 × 25.00 at 2.6 %.
pub(super) fn sold() -> BTreeMap<String, i64> {
    expected([("assets:receivable", 5000), ("income:tickets", -4874), ("liabilities:vat:260", -126)])
}

/// The documented booking, paid.
pub(super) fn sold_and_paid() -> BTreeMap<String, i64> {
    expected([("assets:clearing:twint", 5000), ("income:tickets", -4874), ("liabilities:vat:260", -126)])
}

/// 50.00 received for nothing that was sold.
pub(super) fn paid_only() -> BTreeMap<String, i64> {
    expected([("assets:clearing:twint", 5000), ("assets:receivable", -5000)])
}
