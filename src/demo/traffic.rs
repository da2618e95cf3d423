//! Example traffic of both providers, as in their documentation.

use std::net::SocketAddr;

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::place::Place;
use super::stand_in::{BookingExample, StandIn, TicketExample, person_example};
use crate::clock::Timestamp;
use crate::sweep::{Difference, Span, Sweeper};

/// The first order in bookingkit's documentation, byte for byte.
const PAID_ORDER: &str = include_str!("../../tests/fixtures/bookingkit/paid_order.json");
/// The second order, with everything that an order can have.
const UNIFIED_EXAMPLE: &str = include_str!("../../tests/fixtures/bookingkit/unified_example.json");
/// The documentation gives both orders the same id; here the second one gets its own.
const SHARED_ID: &str = "1a3c5e7f9b2d4f6a8c0e1f23456789ab";
const SECOND_ID: &str = "2b4d6f8091a3c5e7f9b2d4f6a8c0e1f2";
const THIRD_ID: &str = "3c5e7f9012b4d6f8a0c3e5f7b9d1f203";

/// Sends deliveries to a daemon as the providers do.
pub(super) struct Sender {
    client: reqwest::Client,
    address: SocketAddr,
    secrets: [(&'static str, String); 2],
}

impl Sender {
    pub(super) fn new(address: SocketAddr, place: &Place) -> Self {
        let secrets = ["museum", "theatre"].map(|source| (source, place.secret(source).to_owned()));
        Self { client: reqwest::Client::new(), address, secrets }
    }

    async fn send(&self, source: &str, body: String) -> anyhow::Result<String> {
        let secret = self.secrets.iter().find(|(name, _)| *name == source).map_or("", |(_, secret)| secret);
        let address = format!("http://{}/webhooks/{source}/{secret}", self.address);
        let request = self.client.post(address).header("content-type", "application/json").body(body);
        let answer = request.send().await.context("the demo's daemon did not answer")?;
        Ok(format!("{} {}", answer.status().as_u16(), answer.text().await?))
    }
}

/// One step of the demo.
pub(super) struct Scene {
    /// What happens, as a sentence.
    pub(super) happens: &'static str,
    /// How it is booked, as a sentence.
    pub(super) meaning: &'static str,
    event: Event,
}

enum Event {
    Bookingkit(String),
    /// What the API returns from now on, and the webhooks that announce it.
    Ticketpark {
        booking: Box<BookingExample>,
        webhooks: Vec<(&'static str, Value)>,
    },
    Person,
    /// An order that is known at bookingkit, and whose webhook does not arrive.
    Lost(String),
    /// bookingkit is asked what changed.
    Sweep,
}

impl Scene {
    /// Performs the step and returns the daemon's response to each delivery, or what a sweep found.
    pub(super) async fn play(
        &self,
        sender: &Sender,
        stand_in: &StandIn,
        sweeper: &Sweeper,
    ) -> anyhow::Result<Vec<String>> {
        match &self.event {
            Event::Bookingkit(body) => {
                put_order(stand_in, body);
                Ok(vec![format!("answered {}", sender.send("museum", body.clone()).await?)])
            }
            Event::Lost(body) => {
                put_order(stand_in, body);
                Ok(Vec::new())
            }
            Event::Sweep => {
                let (_stop, stopped) = watch::channel(false);
                let swept = sweeper.sweep(Span::Delta, &stopped, &|_| {}).await?;
                let (listed, equal, found) = (swept.run.listed, swept.run.equal, swept.run.found);
                let summary = format!("{listed} orders changed lately: {equal} known, {found} not known");
                Ok(std::iter::once(summary).chain(swept.differences.iter().map(Difference::in_words)).collect())
            }
            Event::Person => {
                stand_in.put_person("8CB96870-68AC-4296-BEC2-F0F04B29D4F0", person_example());
                let payload = json!({ "person_pid": "8CB96870-68AC-4296-BEC2-F0F04B29D4F0" });
                let body = json!({ "type": "new-person", "payload": payload }).to_string();
                Ok(vec![format!("answered {}", sender.send("theatre", body).await?)])
            }
            Event::Ticketpark { booking, webhooks } => {
                stand_in.put_booking(&booking.pid(), booking.json());
                let mut answers = Vec::new();
                for (kind, payload) in webhooks {
                    let body = json!({ "type": kind, "payload": payload }).to_string();
                    answers.push(format!("answered {}", sender.send("theatre", body).await?));
                }
                Ok(answers)
            }
        }
    }
}

/// What bookingkit's API knows from now on; a body that is no order changes nothing there.
fn put_order(stand_in: &StandIn, body: &str) {
    if let Ok(order) = serde_json::from_str::<Value>(body) {
        stand_in.bookingkit().put_order(order);
    }
}

/// Another order like the first one, placed and paid now.
fn third_order(now: Timestamp) -> String {
    // Orders have whole seconds: this one was placed after the source was set up, within the same second.
    let now = now.plus_milliseconds(1000).utc().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let own = [
        (SHARED_ID, THIRD_ID),
        ("RQW-ETD72D", "RQW-LOST01"),
        ("5677664545693063f1209942b9190b35", "5677664545693063f1209942b9190b36"),
        ("76f46c39e491221e4004fef6edea987f", "76f46c39e491221e4004fef6edea9880"),
        ("8b38027ccab4c18531f3a724203c9a09", "8b38027ccab4c18531f3a724203c9a0a"),
        ("2025-11-08T14:36:19Z", &now),
        ("2025-11-11T14:36:45Z", &now),
    ];
    own.into_iter().fold(PAID_ORDER.to_owned(), |order, (before, own)| order.replace(before, own))
}

/// The paid order after its second participant was cancelled and 10.00 was refunded.
fn partly_refunded() -> String {
    let mut order: Value = serde_json::from_str(PAID_ORDER).unwrap_or_default();
    if let Some(participant) = order.pointer_mut("/tickets/0/participants/1").and_then(Value::as_object_mut) {
        participant.insert("status".to_owned(), json!("CANCELED"));
        participant.insert("cancellation_date".to_owned(), json!("2025-12-02T09:00:00Z"));
    }
    if let Some(payments) = order.pointer_mut("/payments").and_then(Value::as_array_mut) {
        payments.push(json!({
            "id": "5c0f4b7d9e2a4c6e8f1a3b5d7c9e0f12", "code": "StripeBankWire", "payment_method": "StripeBankWire",
            "name": "Bank wire", "value": -10, "type": "refund", "payment_date": "2025-12-02T09:30:00Z"
        }));
    }
    order.to_string()
}

fn booking(third_ticket: bool) -> BookingExample {
    let mut booking = BookingExample::default();
    if third_ticket {
        booking.tickets.push(TicketExample {
            pid: "6445cdbe3e9509ea".to_owned(),
            seat: "Sector A, Row 12, Seat 5".to_owned(),
            price: "30.00".to_owned(),
            ..TicketExample::default()
        });
    }
    booking
}

/// The steps of the demo, in order.
pub(super) fn scenes(now: Timestamp) -> Vec<Scene> {
    let pid = BookingExample::default().pid();
    let scene = |happens, meaning, event| Scene { happens, meaning, event };
    let bookingkit = |body: &str| Event::Bookingkit(body.to_owned());
    vec![
        scene(
            "bookingkit: an order of two tickets for 20.00 EUR is paid",
            "two sales and one payment; the customer owes nothing",
            bookingkit(PAID_ORDER),
        ),
        scene("bookingkit: the same webhook again", "a duplicate: nothing is posted", bookingkit(PAID_ORDER)),
        scene(
            "bookingkit: one participant cancels and gets 10.00 back",
            "that sale is reversed in the month of the cancellation; nothing is rewritten",
            Event::Bookingkit(partly_refunded()),
        ),
        scene(
            "bookingkit: an order with vouchers, a flex ticket, a coupon and a product",
            "vouchers and flex tickets are liabilities until they are used, a coupon is a discount",
            Event::Bookingkit(UNIFIED_EXAMPLE.replace(SHARED_ID, SECOND_ID)),
        ),
        scene(
            "bookingkit: a body that is truncated",
            "stored and parked with its reason: nothing is lost, nothing is guessed",
            bookingkit("{\"id\": \"3c5e7f\", \"status\": \"ACC"),
        ),
        scene(
            "Ticketpark: a booking of three tickets, and its payment",
            "the webhooks only point to the booking; it is read from the API, its VAT comes from the settings",
            Event::Ticketpark {
                booking: Box::new(booking(true)),
                webhooks: vec![
                    ("new-booking", json!({ "booking_pid": pid })),
                    (
                        "new-payment",
                        json!({ "booking_pid": pid, "payment_pid": "payment-1", "payment_method": "card",
                            "currency": "CHF", "amount": "80.00" }),
                    ),
                ],
            },
        ),
        scene(
            "Ticketpark: one of the tickets is deleted",
            "its sale is reversed; Ticketpark announces no refunds, so 30.00 CHF remain owed to the customer",
            Event::Ticketpark {
                booking: Box::new(booking(false)),
                webhooks: vec![(
                    "booking-tickets-deleted",
                    json!({ "booking_pid": pid, "ticket_pids": ["6445cdbe3e9509ea"] }),
                )],
            },
        ),
        scene(
            "bookingkit: an order of two tickets is paid, and its webhook is lost on the way",
            "nobody knows of it: no inbox, no retry and no log can tell",
            Event::Lost(third_order(now)),
        ),
        scene(
            "a sweep asks bookingkit what changed, as the daemon does every ten minutes",
            "the lost order is stored like any delivery and booked; a finding says what was missed, with its money",
            Event::Sweep,
        ),
        scene("Ticketpark: a new customer", "a contact is stored beside the ledger; nothing is posted", Event::Person),
    ]
}
