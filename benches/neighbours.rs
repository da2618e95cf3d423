//! Measures what a source feels while another one sends what is costly: `cargo bench --bench neighbours -- [ORDERS]`.
//!
//! Each case has a daemon and a SQLite file of its own. The costly source sends everything at once; the quiet one sends
//! a small order every 20 ms, and its answers are timed until all is settled. `TICKETLEDGER_CASE=payment` runs one case.
#![expect(clippy::expect_used, reason = "a bench ends at the first fault")]

#[path = "common/memory.rs"]
mod memory;
#[path = "common/program.rs"]
mod program;
#[path = "common/serving.rs"]
mod serving;

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};
use serde_json::{Value, json};

use self::memory::most_memory;
use self::serving::{SECRET, Serving, serve, settings};

const COSTLY: &str = "00000000000000000000000000000001";
const QUIET: &str = "00000000000000000000000000000002";
const PACE: Duration = Duration::from_millis(20);
/// A case that has not ended by then is cut off.
const AT_MOST: Duration = Duration::from_secs(120);

fn started(folder: &Path) -> Serving {
    let given = "[database]\nurl = \"sqlite:bench.db\"\n[limits]\nbody_bytes = 4194304\n\
                 requests_per_second = 100000\n";
    let sources = [("costly", COSTLY), ("quiet", QUIET)].map(|(name, vendor)| (name.to_owned(), vendor.to_owned()));
    settings(folder, given, &sources);
    serve(folder, &sources)
}

fn order(vendor: &str, id: &str, fields: Value) -> Value {
    let ticket = json!({"id": format!("t-{id}"), "status": "ACCEPTED", "event_id": "E", "date": "2025-11-23T10:00:00Z",
        "participants": [{"id": format!("p-{id}"), "status": "ACCEPTED", "price_value": "10.00", "vat": "19"}]});
    let mut order = json!({"id": id, "code": id, "vendor_id": vendor, "date": "2025-11-08T10:00:00Z",
        "status": "ACCEPTED", "currency": "EUR", "tickets": [ticket], "products": [], "flexTickets": [],
        "voucherOrders": [], "redeemed_vouchers": [], "redeemed_coupons": [], "payments": [payment(id)]});
    if let (Some(order), Value::Object(fields)) = (order.as_object_mut(), fields) {
        order.extend(fields);
    }
    order
}

fn payment(id: &str) -> Value {
    json!({"id": format!("pay-{id}"), "payment_method": "Card", "value": "10.00", "payment_date": "2025-11-08T10:05:00Z"})
}

fn redeemed(id: &str) -> Value {
    json!({"id": id, "redeemed_value": "1.00", "usage_date": "2025-11-10T10:00:00Z"})
}

/// What the costly source sends.
fn bodies(case: &str, orders: usize) -> Vec<Value> {
    let ids = || (0..orders).map(|number| format!("order-{number:05}"));
    let each = |fields: fn() -> Value| ids().map(|id| order(COSTLY, &id, fields())).collect();
    let one = |fields: Value| vec![order(COSTLY, "large", fields)];
    match case {
        "unique" => each(|| json!({})),
        "voucher" => each(|| json!({"redeemed_vouchers": [redeemed("V")]})),
        "payment" => each(|| json!({"payments": [payment("shared")]})),
        "sold after use" => (0..orders)
            .map(|n| {
                order(COSTLY, &format!("order-{n:05}"), json!({"redeemed_vouchers": [redeemed(&format!("V{n}"))]}))
            })
            .collect(),
        "refund" => {
            let named: Vec<Value> = ids().map(|id| json!({"order_id": id, "order_code": id})).collect();
            let payments: Vec<String> = ids().map(|id| format!("pay-{id}")).collect();
            let voucher = json!({"id": "vo", "vat": "0", "voucher": [{"id": "R", "value": "3000.00"}],
                "related_items": {"refundedOrders": named, "payments": payments}});
            let mut all = vec![order(COSTLY, "refunds-all", json!({"voucherOrders": [voucher]}))];
            all.extend(ids().map(|id| order(COSTLY, &id, json!({}))));
            all
        }
        "11000 redemptions" => {
            one(json!({"redeemed_vouchers": (0..11_000).map(|n| redeemed(&format!("V{n}"))).collect::<Vec<_>>()}))
        }
        "16000 bad dates" => one(json!({"payments": (0..16_000)
            .map(|n| json!({"id": n, "payment_method": "C", "value": "1", "payment_date": "x"})).collect::<Vec<_>>()})),
        "2500 participants" | "5000 participants" | "15500 participants" => {
            let count: usize = case.split(' ').next().and_then(|count| count.parse().ok()).expect("a number");
            let participants: Vec<Value> = (0..count)
                .map(|n| json!({"id": n, "status": "ACCEPTED", "price_value": "1.00", "vat": "19"}))
                .collect();
            one(json!({"tickets": [{"id": "t", "status": "ACCEPTED", "event_id": "E", "participants": participants}]}))
        }
        _ => Vec::new(),
    }
}

/// What the costly source sends when the rest is settled.
fn last(case: &str, orders: usize) -> Option<Value> {
    let sold = |n| json!({"id": format!("V{n}"), "value": "1.00", "status": "ACCEPTED"});
    let vouchers: Vec<Value> = (0..orders).map(sold).collect();
    let order = json!({"id": "vo", "vat": "19", "status": "ACCEPTED", "voucher": vouchers});
    (case == "sold after use").then(|| self::order(COSTLY, "sells-all", json!({"voucherOrders": [order]})))
}

async fn post(client: &reqwest::Client, address: SocketAddr, source: &str, body: String) -> u16 {
    let url = format!("http://{address}/webhooks/{source}/{SECRET}{source}");
    client.post(url).body(body).send().await.map_or(0, |answer| answer.status().as_u16())
}

fn count(path: &Path, table: &str) -> i64 {
    let mut connection = SqliteConnection::establish(&path.display().to_string()).expect("the file opens");
    diesel::select(sql::<BigInt>(&format!("(SELECT count(*) FROM {table})"))).get_result(&mut connection).unwrap_or(-1)
}

async fn run(case: &str, orders: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let (serving, path) = (started(folder.path()), folder.path().join("bench.db"));
    let (client, address) = (reqwest::Client::new(), serving.address);
    let mut started = Instant::now();
    let mut senders = tokio::task::JoinSet::new();
    let mut last = last(case, orders);
    for body in bodies(case, orders) {
        let client = client.clone();
        senders.spawn(async move { post(&client, address, "costly", body.to_string()).await });
    }
    let (mut times, mut refused, mut settled) = (Vec::new(), 0, None);
    let mut number = 0;
    // The quiet source is heard for three seconds at least.
    while started.elapsed() < AT_MOST && (settled.is_none() || number < 150) {
        number += 1;
        let body = order(QUIET, &format!("quiet-{number:05}"), json!({})).to_string();
        let sent = Instant::now();
        refused += usize::from(post(&client, address, "quiet", body).await != 200);
        times.push(sent.elapsed());
        tokio::time::sleep(PACE.saturating_sub(sent.elapsed())).await;
        while senders.try_join_next().is_some() {}
        let waits = || count(&path, "inbox_events WHERE state = 'pending' AND source = 'costly'");
        if settled.is_none() && senders.is_empty() && number % 5 == 0 && waits() == 0 {
            settled = Some(started.elapsed());
            // What is measured is this one then.
            if let Some(body) = last.take() {
                (started, settled, number, times) = (Instant::now(), None, 0, Vec::new());
                let client = client.clone();
                senders.spawn(async move { post(&client, address, "costly", body.to_string()).await });
            }
        }
    }
    times.sort_unstable();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    let shown = settled.map_or_else(|| "cut off".to_owned(), |settled| format!("{settled:.1?}"));
    let done = count(&path, "inbox_events WHERE state = 'done' AND source = 'costly'");
    println!(
        "{case:<20} {shown:>8} {done:>6} {:>8} {:>5} MiB {:>9.1?} {:>9.1?} {:>9.1?} {refused:>7}",
        count(&path, "findings WHERE source = 'costly'"),
        most_memory(serving.process.id()).unwrap_or(0) / 1024,
        at(50),
        at(99),
        times.last().copied().unwrap_or_default(),
    );
}

fn main() {
    let orders = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(300);
    let only = std::env::var("TICKETLEDGER_CASE").ok();
    println!("{orders} orders of one source, and what another one feels");
    println!("case                  settled   done findings    memory       p50       p99       max refused");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for case in [
        "idle",
        "unique",
        "voucher",
        "sold after use",
        "payment",
        "refund",
        "11000 redemptions",
        "16000 bad dates",
        "2500 participants",
        "5000 participants",
        "15500 participants",
    ] {
        if only.as_deref().is_none_or(|only| only == case) {
            runtime.block_on(run(case, orders));
        }
    }
}
