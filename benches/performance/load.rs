//! Senders that keep their connections: each sends the next delivery when the last one is answered.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::daemon::{PATH, VENDOR};

/// What is sent.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Orders of a vendor that the source does not know: stored, and settled by nobody.
    Unsettled,
    /// Paid orders of 1.8 kB with one ticket, each with ids of its own that come in no order.
    Orders,
}

/// What was answered.
pub(crate) struct Load {
    /// Of each answer, the shortest first.
    times: Vec<Duration>,
    took: Duration,
}

impl Load {
    pub(crate) fn send(address: SocketAddr, kind: Kind, senders: usize, time: Duration) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let begun = Instant::now();
        let mut times = runtime.block_on(async {
            let mut tasks = tokio::task::JoinSet::new();
            for _ in 0..senders {
                tasks.spawn(sender(address, kind, begun + time));
            }
            tasks.join_all().await.concat()
        });
        let took = begun.elapsed();
        times.sort_unstable();
        Self { times, took }
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.times.len() as f64 / self.took.as_secs_f64()
    }

    /// The time within which that many of a hundred were answered.
    pub(crate) fn milliseconds(&self, percent: usize) -> f64 {
        let at = self.times.len() * percent / 100;
        self.times.get(at).or(self.times.last()).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
    }
}

async fn sender(address: SocketAddr, kind: Kind, until: Instant) -> Vec<Duration> {
    let mut stream = TcpStream::connect(address).await.expect("it accepts");
    stream.set_nodelay(true).expect("a socket");
    let (mut times, mut answer) = (Vec::new(), [0_u8; 1024]);
    while Instant::now() < until {
        let body = body(kind);
        let head = format!("POST {PATH} HTTP/1.1\r\nhost: bench\r\ncontent-length: {}\r\n\r\n", body.len());
        let sent = Instant::now();
        stream.write_all((head + &body).as_bytes()).await.expect("it reads");
        // The answers are short, and come in one piece.
        let length = stream.read(&mut answer).await.expect("it answers");
        let status = answer.get(9..12).unwrap_or_default();
        assert!(length > 12 && status.starts_with(b"20"), "{}", String::from_utf8_lossy(&answer));
        times.push(sent.elapsed());
    }
    times
}

/// Numbers that follow one another far apart, as random ids do.
fn next_id() -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    COUNT.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn body(kind: Kind) -> String {
    let id = next_id();
    let vendor = match kind {
        Kind::Unsettled => "somebody-else",
        Kind::Orders => VENDOR,
    };
    let (day, event) = (id % 28 + 1, id % 20);
    // The fields, blanks and lengths of ids of bookingkit's documented example.
    format!(
        r#"{{"id":"{id:016x}{id:016x}","code":"{id:X}","external_reference":"","vendor_id":"{vendor}","date":"2025-11-{day:02}T10:00:00Z","payment_date":"2025-11-{day:02}T10:05:00Z","expire_date":"","status":"ACCEPTED","lang":"en","currency":"EUR","email":"a{id:x}@example.org","name":"Ada L{id:x}","company":"","vat_number":"","phone":"0177 1234 789","street":"Hauptstrasse","streetnr":"5","zip":"10115","city":"Berlin","country":"DE","internal_notes":"","comment":"","cancellation_date":"","total_invoice":"20.00","additional_discount":"0.00","shipping_country":"","shipping_city":"","shipping_zip":"","shipping_street":"","shipping_streetnr":"","shipping_name":"","sale_params":"","external_order_url":"","affiliate_id":"","email_newsletter_opt_in":"","tickets":[{{"id":"a{id:015x}{id:016x}","event_date_id":"{event:016x}{day:016x}","date_id":"{event:016x}{day:016x}","event_id":"{event:032x}","code":"2M388R","status":"ACCEPTED","comment":"","cancellation_date":"","title":"Some awesome experience {event}","date":"2025-12-{day:02}T10:00:00Z","vat":"19.00","participants":[{{"id":"b{id:015x}{id:016x}","status":"ACCEPTED","name":"","email":"","phone":"","comment":"","price_id":5,"price_value":"20.00","price_title":"standard","vat":"19.00","cancellation_date":"","code":"XN3-CSJG87-HNH","checked_in":"","entry_units":[{{"type":"ADULT"}}],"redeemed_flexTicket":[]}}]}}],"voucherOrders":[],"products":[],"flexTickets":[],"redeemed_vouchers":[],"redeemed_coupons":[],"additional_information":[],"booking_channel":[],"payments":[{{"id":"c{id:015x}{id:016x}","code":"StripeBankWire","payment_method":"StripeBankWire","name":"Bank wire","value":20,"type":"payment","payment_date":"2025-11-{day:02}T10:05:00Z"}}]}}"#
    )
}
