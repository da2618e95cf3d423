//! A story of orders that are placed, paid, cancelled in part and refunded, of which deliveries can be lost.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::bookingkit::Bookingkit;
use crate::clock::Timestamp;

/// One change of one order.
#[derive(Clone, Debug)]
pub struct Step {
    pub at: Timestamp,
    /// The id of the order.
    pub id: String,
    /// The order after it, as its webhook sends it.
    pub order: Value,
}

/// All steps, oldest first.
#[derive(Clone, Debug)]
pub struct Story {
    pub steps: Vec<Step>,
}

/// Minutes between the steps of one order: placed, paid, one cancelled, refunded.
const MINUTES: [i64; 4] = [0, 3, 300, 1600];

impl Story {
    /// Orders placed one after another, so many minutes apart. All are paid; every third loses one of its two
    /// participants, and of these every second gets the money back.
    pub fn of_orders(orders: u32, first: Timestamp, minutes_apart: i64) -> Self {
        let mut steps = Vec::new();
        for number in 0..orders {
            let placed = first.plus_milliseconds(i64::from(number) * minutes_apart * 60_000);
            let last = match (number % 3, number % 6) {
                (0, 0) => 4,
                (0, _) => 3,
                _ => 2,
            };
            for (index, minutes) in MINUTES.into_iter().enumerate().take(last) {
                let at = placed.plus_milliseconds(minutes * 60_000);
                let order = order(number, index, placed);
                steps.push(Step { at, id: id(number), order });
            }
        }
        steps.sort_by_key(|step| step.at);
        Self { steps }
    }

    /// Which deliveries are lost when so many of a hundred are, by chance: the same for the same seed.
    pub fn lost_by_chance(&self, percent: u64, seed: u64) -> Vec<bool> {
        let mut state = seed;
        let mut chance = || {
            // SplitMix64.
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            (z ^ (z >> 31)) % 100
        };
        self.steps.iter().map(|_| chance() < percent).collect()
    }

    /// Which deliveries are lost when none arrives in a span of time.
    pub fn lost_between(&self, from: Timestamp, until: Timestamp) -> Vec<bool> {
        self.steps.iter().map(|step| from <= step.at && step.at < until).collect()
    }

    /// How many orders end in a state that never arrived: the last delivery of each was lost.
    pub fn never_replaced(&self, lost: &[bool]) -> usize {
        let mut last: BTreeMap<&str, bool> = BTreeMap::new();
        for (step, lost) in self.steps.iter().zip(lost) {
            last.insert(&step.id, *lost);
        }
        last.values().filter(|lost| **lost).count()
    }
}

fn id(number: u32) -> String {
    format!("{number:032x}")
}

/// An order after so many of its steps.
fn order(number: u32, step: usize, placed: Timestamp) -> Value {
    let at = |index: usize| {
        let minutes = MINUTES.get(index).copied().unwrap_or_default();
        placed.plus_milliseconds(minutes * 60_000).utc().format("%Y-%m-%dT%H:%M:%SZ").to_string()
    };
    let participant = |place: u32| {
        let cancelled = place == 1 && step >= 2;
        json!({
            "id": format!("{:030x}{place:02x}", number), "status": if cancelled { "CANCELED" } else { "ACCEPTED" },
            "price_id": 5, "price_value": "10.00", "price_title": "standard", "vat": "19.00",
            "cancellation_date": if cancelled { at(2) } else { String::new() },
        })
    };
    let mut payments = Vec::new();
    for (index, value, kind) in [(1, 20, "payment"), (3, -10, "refund")] {
        if step >= index {
            payments.push(json!({
                "id": format!("{:030x}f{index}", number), "code": "StripePayment", "payment_method": "StripePayment",
                "name": "Card", "value": value, "type": kind, "payment_date": at(index),
            }));
        }
    }
    json!({
        "id": id(number), "code": format!("ORD-{number:06}"), "vendor_id": Bookingkit::VENDOR, "date": at(0),
        "payment_date": if step >= 1 { at(1) } else { String::new() }, "status": "ACCEPTED", "currency": "EUR",
        "total_invoice": if step >= 2 { "10.00" } else { "20.00" }, "additional_discount": "0.00",
        "tickets": [{
            "id": format!("{:030x}aa", number), "event_date_id": "8e4f8e59727e843f87d58930e1676565",
            "date_id": "8e4f8e59727e843f87d58930e1676565", "event_id": "8f9f810d91b7323a7a433d303b80cc77",
            "status": "ACCEPTED", "cancellation_date": "", "title": "Guided tour", "date": "2026-01-10T10:00:00Z",
            "vat": "19.00", "participants": [participant(0), participant(1)],
        }],
        "voucherOrders": [], "products": [], "flexTickets": [], "redeemed_vouchers": [], "redeemed_coupons": [],
        "payments": payments,
    })
}
