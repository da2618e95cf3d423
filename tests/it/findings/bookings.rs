//! What the bookings of the other provider raise, and clear.

use super::*;

/// A booking with two tickets for a show to come, at the stand-in and in the books; paid before it was known.
struct Booking<'d> {
    daemon: &'d TestDaemon,
    pid: String,
    first: TicketExample,
    second: TicketExample,
}

impl Booking<'_> {
    fn open(&self) -> Vec<String> {
        self.daemon.lines("SELECT reason AS line FROM findings WHERE state = 'open' ORDER BY 1")
    }

    fn holds(&self, tickets: &[&TicketExample]) -> Value {
        let tickets = tickets.iter().map(|ticket| (*ticket).clone()).collect();
        BookingExample { tickets, ..BookingExample::default() }.json()
    }

    /// The provider changes the booking, and says so.
    async fn change(&self, booking: Value, kind: &str, tickets: &[&TicketExample]) {
        self.daemon.stand_in.put_booking(&self.pid, booking);
        let tickets: Vec<&str> = tickets.iter().map(|ticket| ticket.pid.as_str()).collect();
        self.daemon.ticketpark(kind, json!({"booking_pid": self.pid, "ticket_pids": tickets})).await;
        self.daemon.settle().await;
    }

    async fn pay(&self, payment: &str, amount: &str) {
        let payload = json!({"booking_pid": self.pid, "payment_pid": payment, "payment_method": "m", "currency": "CHF",
            "amount": amount});
        self.daemon.ticketpark("new-payment", payload).await;
        self.daemon.settle().await;
    }
}

async fn booking(daemon: &TestDaemon) -> Booking<'_> {
    let example = BookingExample::default();
    let show =
        |ticket: &TicketExample| TicketExample { show_start: "2025-12-24T20:00:00+0100".to_owned(), ..ticket.clone() };
    let (first, second) = (show(&example.tickets[0]), show(&example.tickets[1]));
    let booking = Booking { daemon, pid: example.pid(), first, second };
    booking.pay("p", "50.00").await;
    assert_eq!(booking.open(), ["payment_without_booking"]);
    let both = booking.holds(&[&booking.first, &booking.second]);
    booking.change(both, "new-booking", &[]).await;
    daemon.settle_after_seconds(10).await;
    assert_eq!(booking.open(), Vec::<String>::new());
    booking
}

const DELETED: &str = "booking-tickets-deleted";
const UPDATED: &str = "booking-tickets-updated";

on_both_engines!(announced_tickets_are_compared_with_what_is_read, async |database| {
    let daemon = start(database).await;
    let booking = booking(&daemon).await;
    let (first, second) = (&booking.first, &booking.second);
    let both = || booking.holds(&[first, second]);
    booking.change(both(), DELETED, &[second]).await;
    assert_eq!(booking.open(), ["deleted_set_mismatch"], "announced as deleted, and still there");
    booking.change(booking.holds(&[first]), DELETED, &[second]).await;
    assert_eq!(booking.open(), ["refund_unobservable"]);
    booking.change(both(), UPDATED, &[first]).await;
    assert_eq!(booking.open(), ["updated_set_mismatch"], "a ticket came that nobody announced");
    booking.change(both(), UPDATED, &[second]).await;
    assert_eq!(booking.open(), Vec::<String>::new());
    daemon.finish().await;
});

on_both_engines!(oddities_of_a_booking_are_raised_and_cleared, async |database| {
    let daemon = start(database).await;
    let booking = booking(&daemon).await;
    let (first, second) = (&booking.first, &booking.second);
    let both = || booking.holds(&[first, second]);
    let has = |reason: &str| booking.open().contains(&reason.to_owned());
    let unsure = TicketExample { confirmation: false, ..second.clone() };
    booking.change(booking.holds(&[first, &unsure]), UPDATED, &[second]).await;
    assert!(has("unconfirmed_ticket"), "{:?}", booking.open());
    let mut odd = both();
    odd["tickets"][1]["denormalized_price_including_vat"] = Value::Null;
    odd.as_object_mut().unwrap().remove("confirmation");
    booking.change(odd, UPDATED, &[second]).await;
    assert!(has("price_missing") && has("confirmation_missing") && !has("unconfirmed_ticket"), "{:?}", booking.open());
    let mut without = both();
    without.as_object_mut().unwrap().remove("tickets");
    booking.change(without, UPDATED, &[second]).await;
    for _ in 0..6 {
        daemon.settle_after_seconds(3_600).await;
    }
    assert!(has("section_absent"), "{:?}", booking.open());
    booking.change(both(), UPDATED, &[first, second]).await;
    assert_eq!(booking.open(), Vec::<String>::new());
    booking.change(both(), "booking-cancelled", &[]).await;
    assert_eq!(booking.open(), ["confirmed_after_cancel", "refund_unobservable"]);
    daemon
        .stand_in
        .put_booking(&booking.pid, BookingExample { confirmation: false, ..BookingExample::default() }.json());
    booking.pay("r", "-50.00").await;
    assert_eq!(booking.open(), Vec::<String>::new());
    daemon.finish().await;
});
