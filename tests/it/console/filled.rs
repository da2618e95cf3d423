//! A book to look at: two orders of the museum with everything that bookingkit has, a booking of the theatre with its
//! payment, a refund, and a webhook that is parked.

use serde_json::json;
use ticketledger::demo::stand_in::{BookingExample, person_example};

use crate::support::daemon::{PAID_ORDER, TestDaemon, UNIFIED_EXAMPLE, changed, refunded};

pub(crate) const PERSON: &str = "8CB96870-68AC-4296-BEC2-F0F04B29D4F0";

/// Delivers and settles it all. It is then noon of 20 November.
pub(crate) async fn fill(daemon: &TestDaemon) {
    daemon.deliver(PAID_ORDER).await;
    daemon.set_clock("2025-11-12T09:00:00Z");
    // Both seeds have the same id.
    let other = [("/id", json!("2b4d6f8a0c2e4f6a8b0d2f4456789abc")), ("/code", json!("XYZ-UNIFIED"))];
    daemon.deliver(changed(UNIFIED_EXAMPLE, &other)).await;
    daemon.set_clock("2025-11-14T09:00:00Z");
    daemon.deliver(refunded("2025-11-13T10:00:00+01:00", "2025-11-14T10:00:00+01:00")).await;
    let booking = BookingExample::default();
    daemon.stand_in.put_booking(&booking.pid(), booking.json());
    daemon.stand_in.put_person(PERSON, person_example());
    daemon.ticketpark("new-booking", json!({ "booking_pid": booking.pid() })).await;
    daemon.settle().await;
    daemon.set_clock("2025-11-20T12:00:00Z");
    let strange = [("/id", json!("ffff0000ffff0000ffff0000ffff0000")), ("/status", json!("STRANGE"))];
    daemon.parked("museum", changed(PAID_ORDER, &strange)).await;
}
