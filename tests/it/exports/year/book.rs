//! A year of both providers: vouchers of both regimes, flex tickets, discounts, refunds, credit that becomes income,
//! and a close of every month.

use serde_json::{Value, json};
use ticketledger::config::Config;
use ticketledger::demo::stand_in::{BookingExample, TicketExample};
use ticketledger::inbox::operator::Reason;
use ticketledger::ledger::book::Month;
use ticketledger::ledger::close::{Request, Settings, close};
use ticketledger::ledger::entered::recognise_credit::recognise;
use ticketledger::policy::{AfterDays, DatedPolicy, Policy, Retained, RetainedVat, VatRounding};

use crate::support::daemon::{TestDaemon, at};
use crate::support::db::TestDatabase;
use crate::support::order::{
    admission, but, coupon, flex, flex_participant, order, participant, payment, product, redeemed, refund_voucher,
    ticket, voucher,
};

/// The year of the book.
pub(crate) const YEAR: i32 = 2026;

/// Sales, refunds and closes, month after month.
pub(crate) struct Year {
    pub(crate) daemon: TestDaemon,
}

fn rules(config: &mut Config) {
    let retained = Retained::IncomeAfterDays(AfterDays { days: 30, vat: RetainedVat::Taxed(1900) });
    let policy = Policy { retained, vat_rounding: VatRounding::Document, ..Policy::default() };
    config.sources[0].policies = vec![DatedPolicy { from: None, policy }];
}

fn day(month: u32, day: u32) -> String {
    let (year, month) = if month > 12 { (YEAR + 1, month - 12) } else { (YEAR, month) };
    format!("{year}-{month:02}-{day:02}T10:00:00Z")
}

/// An order of that day; what it lists happened then, if it does not say otherwise.
fn of(id: &str, month: u32, on: u32, fields: Value) -> String {
    order(id, but(json!({"date": day(month, on)}), fields))
}

fn paid(id: &str, amount: &str, method: &str, month: u32, on: u32) -> Value {
    but(payment(id, amount), json!({"payment_method": method, "payment_date": day(month, on)}))
}

fn show(month: u32, people: &[Value]) -> Value {
    let about = json!({"event_id": format!("S{}", month % 3), "title": format!("Show {}", month % 3),
        "date": day(month, 25)});
    but(ticket(people), about)
}

impl Year {
    pub(crate) async fn start(database: &TestDatabase) -> Self {
        Self { daemon: TestDaemon::start_with(database, rules, std::sync::Arc::new(|_| {})).await }
    }

    /// What is sold and paid in a month, at both.
    pub(crate) async fn month(&self, month: u32) {
        let daemon = &self.daemon;
        daemon.set_clock(&day(month, 6));
        // Two lines whose VAT is 0.01 more than that of their sum, another rate, and a coupon over both.
        let mixed = json!({
            "tickets": [show(month, &[participant(&format!("a{month}"), "10.00", "19"),
                participant(&format!("b{month}"), "10.00", "19")])],
            "products": [product("mug", "9.99", 2, "7")],
            "redeemed_coupons": [but(coupon("autumn", "1.01"), json!({"usage_date": day(month, 5)}))],
            "payments": [paid(&format!("mix{month}"), "38.97", "Card", month, 5)],
        });
        daemon.deliver(of(&format!("MIX{month}"), month, 5, mixed)).await;
        let vouchers = [voucher(&format!("mpv{month}"), "50.00", "0"), voucher(&format!("spv{month}"), "47.60", "19")];
        let stored = json!({
            "voucherOrders": vouchers,
            "flexTickets": [flex(&format!("flex{month}"), "59.50", "19")],
            "payments": [paid(&format!("stored{month}"), "157.10", "paypal.express", month, 6)],
        });
        daemon.deliver(of(&format!("STORED{month}"), month, 6, stored)).await;
        if month > 1 {
            daemon.deliver(self.user(month)).await;
        }
        daemon.deliver(self.given_up(month, &[])).await;
        self.booking(month).await;
    }

    /// Vouchers and a flex ticket of the month before pay for some of an order.
    fn user(&self, month: u32) -> String {
        let before = month - 1;
        let used = |id: String, amount: &str| but(redeemed(&id, amount), json!({"usage_date": day(month, 8)}));
        let entry = but(
            flex_participant(&format!("x{month}"), "11.90", "19", &format!("flex{before}")),
            json!({"redeemed_flexTicket": [{"id": format!("flex{before}"), "redeemed_value": "11.90",
                "creation_date": day(month, 8)}]}),
        );
        let fields = json!({
            "tickets": [show(month, &[participant(&format!("u{month}"), "71.40", "19")]), show(month, &[entry])],
            "redeemed_vouchers": [used(format!("spv{before}"), "47.60"), used(format!("mpv{before}"), "20.00")],
            "payments": [paid(&format!("user{month}"), "3.80", "Card", month, 8)],
        });
        of(&format!("USER{month}"), month, 8, fields)
    }

    /// An order that is given up later: some of the money goes back, and the rest becomes income after its days.
    fn given_up(&self, month: u32, given_back: &[(&str, &str)]) -> String {
        let mut payments = vec![paid(&format!("gone{month}"), "23.80", "Card", month, 9)];
        let back = |(id, amount): &(&str, &str)| paid(&format!("{id}{month}"), amount, "Card", month, 20);
        payments.extend(given_back.iter().map(back));
        let state = match given_back.is_empty() {
            true => json!({}),
            false => json!({"status": "CANCELLED", "cancellation_date": day(month, 19)}),
        };
        let tickets = json!({"tickets": [show(month, &[participant(&format!("g{month}"), "23.80", "19")])],
            "payments": payments});
        of(&format!("GONE{month}"), month, 9, but(tickets, state))
    }

    async fn booking(&self, month: u32) {
        let daemon = &self.daemon;
        let pid = 700_000_000_000 + u64::from(month);
        let seat = |place: u32, price: &str| TicketExample {
            pid: format!("{:016x}", u64::from(month) * 10 + u64::from(place)),
            event: format!("Play {}", month % 2),
            show_start: format!("{YEAR}-{month:02}-28T20:00:00+0100"),
            price: price.to_owned(),
            ..TicketExample::default()
        };
        let tickets = vec![seat(1, "25.00"), seat(2, "33.35")];
        let example = BookingExample { pid, tickets, ..BookingExample::default() };
        daemon.stand_in.put_booking(&pid.to_string(), example.json());
        daemon.ticketpark("new-booking", json!({"booking_pid": pid.to_string()})).await;
        self.booking_payment(month, "p", "58.35").await;
        daemon.settle().await;
    }

    async fn booking_payment(&self, month: u32, id: &str, amount: &str) {
        let pid = (700_000_000_000 + u64::from(month)).to_string();
        let payload = json!({"booking_pid": pid, "payment_pid": format!("{id}{month}"), "payment_method": "twint",
            "currency": "CHF", "amount": amount});
        self.daemon.ticketpark("new-payment", payload).await;
    }

    /// The end of a month: orders given up, money and vouchers given back, a booking cancelled.
    pub(crate) async fn month_end(&self, month: u32) {
        let daemon = &self.daemon;
        daemon.set_clock(&day(month, 21));
        daemon.deliver(self.given_up(month, &[("back", "-20.00")])).await;
        let instead = refund_voucher(&format!("instead{month}"), "1.00", &[&format!("GONE{month}")]);
        daemon.deliver(of(&format!("INSTEAD{month}"), month, 21, json!({"voucherOrders": [instead]}))).await;
        if month.is_multiple_of(3) {
            let pid = (700_000_000_000 + u64::from(month)).to_string();
            daemon.ticketpark("booking-cancelled", json!({"booking_pid": pid})).await;
            self.booking_payment(month, "back", "-58.35").await;
            daemon.settle().await;
        }
        daemon.set_clock(&day(month + 1, 2));
        let swept = recognise(daemon.database(), None, daemon.clock.now(), false, || true).expect("the sweep works");
        assert_eq!(swept.failed, Vec::<String>::new());
    }

    /// A participant of the mixed order is cancelled on the 15th of its month, and the money given back.
    pub(crate) async fn late(&self, month: u32) {
        let gone = json!({"status": "CANCELED", "cancellation_date": day(month, 15)});
        let people = [
            participant(&format!("a{month}"), "10.00", "19"),
            but(participant(&format!("b{month}"), "10.00", "19"), gone),
        ];
        let mixed = json!({
            "tickets": [show(month, &people)],
            "products": [product("mug", "9.99", 2, "7")],
            "redeemed_coupons": [but(coupon("autumn", "1.01"), json!({"usage_date": day(month, 5)}))],
            "payments": [paid(&format!("mix{month}"), "38.97", "Card", month, 5),
                paid(&format!("mixback{month}"), "-9.75", "Card", month, 16)],
        });
        self.daemon.deliver(of(&format!("MIX{month}"), month, 5, mixed)).await;
        // And one that nobody had heard of.
        let unheard = json!({"tickets": [admission(&format!("late{month}"), "119.00", "19")],
            "payments": [paid(&format!("late{month}"), "119.00", "Card", month, 17)]});
        self.daemon.deliver(of(&format!("LATE{month}"), month, 17, unheard)).await;
    }

    /// Closes a month of both books, eight days after its end.
    pub(crate) fn close(&self, database: &TestDatabase, month: u32) {
        let ends = at(&day(month + 1, 8));
        let now = self.daemon.clock.now();
        self.daemon.clock.advance_milliseconds(ends.milliseconds_since(now).max(0));
        let name = format!("{YEAR}-{month:02}");
        self.daemon.close_month(database, &name);
        let request = Request {
            month: Month::parse(&name).expect("a month"),
            soft: false,
            force: true,
            reason: Reason { actor: "test".to_owned(), why: "month end".to_owned() },
        };
        let closing = close(self.daemon.database(), &self.daemon.clock, "theatre", &request, Settings::default())
            .expect("a close");
        assert_eq!(closing.result, "closed");
    }
}
