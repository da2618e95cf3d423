//! Measures how many deliveries one, two and three daemons on the same server store and settle.
//!
//! `TICKETLEDGER_BENCH_URL=postgres://USER@HOST/postgres cargo bench --bench daemons -- [DELIVERIES]`. Each run has its
//! own database, which is dropped afterwards. The senders run on the same machine as the daemons.
#![expect(clippy::expect_used, clippy::panic, reason = "a bench ends at the first fault")]
#![expect(clippy::float_arithmetic, clippy::indexing_slicing, reason = "a bench prints ratios of a known order")]
#![expect(clippy::disallowed_methods, reason = "to look all the time would take time from the daemons")]

#[path = "common/program.rs"]
mod program;
#[path = "common/serving.rs"]
mod serving;

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel::{Connection as _, PgConnection, RunQueryDsl as _};

use self::serving::{SECRET, Serving, Source, serve, settings};

const SENDERS: usize = 48;

fn vendor(source: usize) -> String {
    format!("{source:032x}")
}

/// The sources as the settings have them.
fn sources(count: usize) -> Vec<Source> {
    (0..count).map(|source| (format!("source-{source}"), vendor(source))).collect()
}

/// The documented paid order of bookingkit with another id and another vendor.
fn body(number: usize, source: usize) -> String {
    let seed = include_str!("../tests/fixtures/bookingkit/paid_order.json");
    let mut order: serde_json::Value = serde_json::from_str(seed).expect("the seed order");
    let renamed = |id: &serde_json::Value| format!("{}-{number}", id.as_str().unwrap_or_default()).into();
    order["id"] = renamed(&order["id"]);
    order["vendor_id"] = vendor(source).into();
    for payment in order["payments"].as_array_mut().into_iter().flatten() {
        payment["id"] = renamed(&payment["id"]);
    }
    for ticket in order["tickets"].as_array_mut().into_iter().flatten() {
        for participant in ticket["participants"].as_array_mut().into_iter().flatten() {
            participant["id"] = renamed(&participant["id"]);
        }
    }
    order.to_string()
}

/// Sends all bodies; each sender uses one daemon.
async fn send(daemons: &[Serving], bodies: Arc<Vec<(usize, String)>>) {
    let next = Arc::new(AtomicUsize::new(0));
    let client = reqwest::Client::new();
    let mut senders = tokio::task::JoinSet::new();
    for (_, daemon) in (0..SENDERS).zip(daemons.iter().cycle()) {
        let (next, bodies, client, address) = (Arc::clone(&next), Arc::clone(&bodies), client.clone(), daemon.address);
        senders.spawn(async move {
            while let Some((source, body)) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                let url = format!("http://{address}/webhooks/source-{source}/{SECRET}source-{source}");
                let answer = client.post(url).body(body.clone()).send().await.expect("an answer");
                assert_eq!(answer.status().as_u16(), 200);
            }
        });
    }
    while let Some(ended) = senders.join_next().await {
        ended.expect("a sender");
    }
}

fn count(connection: &mut PgConnection, query: &'static str) -> i64 {
    diesel::select(sql::<BigInt>(query)).get_result(connection).expect("a number")
}

/// Returns answers per second, and events settled per second from the first delivery to the last entry.
fn run(server: &str, daemons: usize, sources: usize, deliveries: usize) -> (f64, f64) {
    let name = format!("ticketledger_bench_{daemons}_{sources}");
    let mut administrator = PgConnection::establish(server).expect("the server answers");
    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    administrator.batch_execute(&drop).expect("the database goes");
    administrator.batch_execute(&format!("CREATE DATABASE {name}")).expect("a database");
    let (before, options) = server.split_once('?').unwrap_or((server, ""));
    let (address, _) = before.rsplit_once('/').unwrap_or_else(|| panic!("{server} names no database"));
    let url = if options.is_empty() { format!("{address}/{name}") } else { format!("{address}/{name}?{options}") };
    let folder = tempfile::tempdir().expect("a folder");
    let named = self::sources(sources);
    settings(folder.path(), &format!("[database]\nurl = \"{url}\"\n"), &named);
    let serving: Vec<Serving> = (0..daemons).map(|_| serve(folder.path(), &named)).collect();
    let bodies = (0..deliveries).map(|number| (number % sources, body(number, number % sources)));
    let bodies = Arc::new(bodies.collect::<Vec<_>>());
    let mut connection = PgConnection::establish(&url).expect("the database answers");
    let started = Instant::now();
    tokio::runtime::Runtime::new().expect("a runtime").block_on(send(&serving, bodies));
    let sent = started.elapsed();
    while count(&mut connection, "(SELECT count(*) FROM (SELECT FROM inbox_events WHERE state = 'pending' LIMIT 1) p)")
        > 0
    {
        std::thread::sleep(Duration::from_millis(20));
    }
    let settled = started.elapsed();
    let done = count(&mut connection, "(SELECT count(*) FROM inbox_events WHERE state = 'done')");
    assert_eq!(usize::try_from(done).ok(), Some(deliveries), "all are settled");
    drop_all(serving);
    administrator.batch_execute(&drop).expect("the database goes");
    let all = f64::from(u32::try_from(deliveries).unwrap_or(u32::MAX));
    (all / sent.as_secs_f64(), all / settled.as_secs_f64())
}

fn drop_all(serving: Vec<Serving>) {
    for daemon in &serving {
        // Daemons are stopped with SIGTERM, so that none leaves a lease or a row behind.
        let _ = Command::new("kill").args(["-TERM", &daemon.process.id().to_string()]).status();
    }
    for mut daemon in serving {
        let _ = daemon.process.wait();
    }
}

fn main() {
    let Ok(server) = std::env::var("TICKETLEDGER_BENCH_URL") else {
        println!("skipped: TICKETLEDGER_BENCH_URL names no PostgreSQL server");
        return;
    };
    let deliveries = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(10_000);
    println!("{deliveries} deliveries each, {SENDERS} senders on the same machine");
    println!("daemons  sources  answered/s  settled/s");
    for sources in [1, 4] {
        for daemons in 1..=3 {
            let (answered, settled) = run(&server, daemons, sources, deliveries);
            println!("{daemons:>7}  {sources:>7}  {answered:>10.0}  {settled:>9.0}");
        }
    }
}
