//! Bookings from the provider's documentation, as builders for tests and the demo.

use serde_json::{Value, json};

/// A booking; the default is the documented one.
#[derive(Clone, Debug)]
pub struct BookingExample {
    /// `pid`: a JSON number, larger than 32 bits.
    pub pid: u64,
    pub confirmation: bool,
    pub tickets: Vec<TicketExample>,
    pub customer: Value,
}

/// A ticket; the default is the first documented one.
#[derive(Clone, Debug)]
pub struct TicketExample {
    /// `pid`: hexadecimal digits; the barcode is the same in upper case.
    pub pid: String,
    pub confirmation: bool,
    pub seat: String,
    /// `denormalized_host_name`.
    pub host: String,
    /// `denormalized_event_name`.
    pub event: String,
    /// `denormalized_show_start`: the offset has no colon.
    pub show_start: String,
    /// `denormalized_price_name`.
    pub price_name: String,
    /// `denormalized_price_including_vat`: a decimal text, gross.
    pub price: String,
    /// `denormalized_currency_pid`.
    pub currency: String,
}

impl Default for TicketExample {
    fn default() -> Self {
        Self {
            pid: "6445cdbe3e9509e8".to_owned(),
            confirmation: true,
            seat: "Sector A, Row 12, Seat 3".to_owned(),
            host: "My Event Agency".to_owned(),
            event: "Shakespeare Day".to_owned(),
            show_start: "2019-08-11T12:00:00+0200".to_owned(),
            price_name: "Normalpreis".to_owned(),
            price: "25.00".to_owned(),
            currency: "CHF".to_owned(),
        }
    }
}

impl Default for BookingExample {
    fn default() -> Self {
        let second = TicketExample {
            pid: "6445cdbe3e9509e9".to_owned(),
            seat: "Sector A, Row 12, Seat 4".to_owned(),
            ..TicketExample::default()
        };
        Self {
            pid: 293_233_446_073,
            confirmation: true,
            tickets: vec![TicketExample::default(), second],
            customer: person_example(),
        }
    }
}

impl TicketExample {
    /// The ticket in the API's JSON.
    pub fn json(&self) -> Value {
        json!({
            "confirmation": self.confirmation,
            "seat_string": self.seat,
            "denormalized_host_name": self.host,
            "denormalized_event_name": self.event,
            "denormalized_show_start": self.show_start,
            "denormalized_venue_name": "Cellar Theatre",
            "denormalized_sector_name": "A",
            "denormalized_price_name": self.price_name,
            "denormalized_price_including_vat": self.price,
            "denormalized_currency_pid": self.currency,
            "pid": self.pid,
            "code": self.pid.to_ascii_uppercase(),
        })
    }
}

impl BookingExample {
    /// The pid as text, as in webhooks and addresses.
    pub fn pid(&self) -> String {
        self.pid.to_string()
    }

    /// The booking in the API's JSON, with tickets and customer.
    pub fn json(&self) -> Value {
        let tickets: Vec<Value> = self.tickets.iter().map(TicketExample::json).collect();
        json!({
            "pid": self.pid,
            "pid_readable": readable(&self.pid.to_string()),
            "confirmation": self.confirmation,
            "delivery_method": "digital",
            "tickets": tickets,
            "customer": self.customer,
        })
    }
}

/// Formats `293233446073` as `2932-3344-6073`, for people.
fn readable(pid: &str) -> String {
    let mut text = String::new();
    for (index, digit) in pid.chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

pub fn person_example() -> Value {
    json!({
        "pid": "8CB96870-68AC-4296-BEC2-F0F04B29D4F0",
        "salutation": "m",
        "firstname": "Manuel",
        "lastname": "Reinhard",
        "company": "Ticketpark",
        "email": "tech@ticketpark.ch",
        "newsletter": true,
        "mailing": true,
        "locale": "de",
        "address": {
            "pid": "1A64A213-AF6C-462C-B5ED-6A0D1967B9CE",
            "address1": "Birkenweg 61",
            "zip": "3013",
            "city": "Bern",
            "country": "CH",
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_documented_booking() {
        let documented = include_str!("../../../tests/fixtures/ticketpark/booking.json");
        assert_eq!(serde_json::from_str::<Value>(documented).unwrap(), BookingExample::default().json());
    }
}
