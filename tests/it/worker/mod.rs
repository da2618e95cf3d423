//! The worker under trouble: providers that fail, events that panic, leases that are lost, and several pools at once.

mod answers;
mod clock;
mod database;
mod events;
mod leases;
mod pools;
mod provider;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use ticketledger::demo::stand_in::{BookingExample, Fault};
use ticketledger::worker::Probe;

use crate::support::daemon::{PAID_ORDER, TestDaemon, changed, expected};
use crate::support::db::TestDatabase;

/// Longer than any delay between two attempts.
pub(super) const HOURS: i64 = 2 * 3600;
/// Longer than a lease.
pub(crate) const LEASE_SECONDS: i64 = 181;

pub(super) fn status(status: u16, retry_after: Option<&str>) -> Fault {
    Fault::Status { status, retry_after: retry_after.map(str::to_owned) }
}

/// A daemon whose provider has the bookings 1 to 9, each with the two documented tickets.
pub(crate) async fn start(database: &TestDatabase) -> TestDaemon {
    start_probed(database, Arc::new(|_| {})).await
}

pub(crate) async fn start_probed(database: &TestDatabase, probe: Probe) -> TestDaemon {
    let daemon = TestDaemon::start_with(database, |_| {}, probe).await;
    for pid in 1..10 {
        daemon.stand_in.put_booking(&pid.to_string(), BookingExample { pid, ..BookingExample::default() }.json());
    }
    daemon
}

pub(crate) async fn announce(daemon: &TestDaemon, pid: u64) -> i64 {
    daemon.ticketpark("new-booking", json!({ "booking_pid": pid })).await
}

pub(crate) async fn pay(daemon: &TestDaemon, booking: u64, pid: &str, minor: i64) -> i64 {
    let payload = json!({ "booking_pid": booking, "payment_pid": pid, "payment_method": "twint", "currency": "CHF",
        "amount": amount(minor) });
    daemon.ticketpark("new-payment", payload).await
}

pub(super) fn amount(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

/// An order of bookingkit that is nothing but one payment.
pub(crate) fn order(id: &str, minor: i64) -> String {
    changed(
        PAID_ORDER,
        &[
            ("/id", json!(id)),
            ("/tickets", json!([])),
            ("/payments/0/id", json!(format!("payment of {id}"))),
            ("/payments/0/value", json!(amount(minor))),
        ],
    )
}

/// Every read of the provider so far.
pub(super) fn reads(daemon: &TestDaemon) -> u64 {
    daemon.stand_in.counts().reads.values().sum()
}

/// Failed attempts of all events, as `event attempt verdict reason`.
pub(super) fn history(daemon: &TestDaemon) -> Vec<String> {
    daemon.lines(
        "SELECT event_id || ' ' || attempt || ' ' || verdict || ' ' || reason AS line FROM inbox_attempts ORDER BY id",
    )
}

pub(super) fn attempts(daemon: &TestDaemon) -> Vec<String> {
    daemon.lines("SELECT CAST(attempts AS TEXT) AS line FROM inbox_events ORDER BY id")
}

/// The balances of `n` documented bookings.
pub(super) fn sold(n: i64) -> BTreeMap<String, i64> {
    expected([("assets:receivable", n * 5000), ("income:tickets", -n * 4874), ("liabilities:vat:260", -n * 126)])
}

/// Panics for the events that are in the list.
pub(super) fn panicking(events: &'static [i64]) -> Probe {
    Arc::new(move |event| assert!(!events.contains(&event), "as the test wants it"))
}
