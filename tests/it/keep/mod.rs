//! Keeping data: moved to the other engine, read by others, taken when it is no longer needed, and restored.

mod copy;
mod reader;

use serde_json::json;
use ticketledger::demo::stand_in::{BookingExample, person_example};

use crate::support::daemon::{PAID_ORDER, TestDaemon, UNIFIED_EXAMPLE, changed};

/// A customer of Ticketpark.
const PERSON: &str = "8CB96870-68AC-4296-BEC2-F0F04B29D4F0";

/// Something for every table that traffic fills: both seeds, a refund that is taken back, a person, a paid booking, a
/// parked delivery.
async fn traffic(daemon: &TestDaemon) {
    let refund = json!({"id": "r1", "code": "StripeBankWire", "payment_method": "StripeBankWire", "name": "Bank wire",
        "value": -10, "type": "refund", "payment_date": "2025-11-11T09:30:00Z"});
    daemon.deliver(PAID_ORDER).await;
    daemon.deliver(changed(PAID_ORDER, &[("/payments/-", refund)])).await;
    daemon.deliver(PAID_ORDER).await;
    daemon.deliver(UNIFIED_EXAMPLE).await;
    daemon.parked("museum", "{").await;
    let booking = BookingExample::default();
    daemon.stand_in.put_booking(&booking.pid(), booking.json());
    daemon.stand_in.put_person(PERSON, person_example());
    daemon.ticketpark("new-person", json!({ "person_pid": PERSON })).await;
    daemon.ticketpark("new-booking", json!({ "booking_pid": booking.pid() })).await;
    let payment = json!({ "booking_pid": booking.pid(), "payment_pid": "payment-1", "payment_method": "card",
        "amount": "50.00", "currency": "CHF" });
    daemon.ticketpark("new-payment", payment).await;
    daemon.settle().await;
}
