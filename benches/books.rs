//! Measures what intake, settling, a rebuild and every export cost, one after the other on the same database.
//!
//! `cargo bench --bench books -- [sqlite|postgres] [orders]`; PostgreSQL is the server of `TICKETLEDGER_BENCH_URL`.
//! There are two rounds of so many orders with eight postings each: 62500 orders make a million postings.
#![expect(clippy::expect_used, clippy::float_arithmetic, reason = "a bench ends at the first fault and prints ratios")]
#![expect(clippy::panic, clippy::indexing_slicing, reason = "see above")]

#[path = "common/memory.rs"]
mod memory;
#[path = "common/program.rs"]
mod program;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ticketledger::clock::Clock;
use ticketledger::cluster::Presence;
use ticketledger::config::{self, Config};
use ticketledger::daemon::prepare;
use ticketledger::db::{Database, Role};
use ticketledger::inbox::writer::Writer;
use ticketledger::inbox::{Classified, Delivery, Entity};
use ticketledger::ledger::proof::rebuild::rebuild;
use ticketledger::worker::Worker;
use tokio::sync::Notify;

use self::memory::most_memory;

fn settings(folder: &Path, url: &str) -> Config {
    std::fs::write(folder.join("hook"), "0123456789abcdef0123456789abcdef").expect("a secret");
    let text = format!(
        "[database]\nurl = \"{url}\"\n\n[[sources]]\nname = \"museum\"\nprovider = \"bookingkit\"\n\
         timezone = \"Europe/Berlin\"\ncountry = \"DE\"\nvendor_ids = [\"0f1e2d3c4b5a69788796a5b4c3d2e1f0\"]\n\
         path_secrets = [\"file:{}\"]\n[sources.exports]\naccounts = [\n\
         {{ code = \"assets:clearing:\", account = \"1361\" }},\n\
         {{ code = \"income:tickets\", rate = \"19\", account = \"8400\", automatic = \"on\", \
         vat_code = \"V19\" }},\n]\n\
         [sources.exports.datev]\nconsultant = 1001\nclient = 1\n",
        folder.join("hook").display()
    );
    let file = folder.join("ticketledger.toml");
    std::fs::write(&file, text).expect("the settings");
    config::load(Some(&file), &BTreeMap::new()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The documented paid order of bookingkit with another id.
fn body(number: usize) -> Vec<u8> {
    let seed = include_str!("../tests/fixtures/bookingkit/paid_order.json");
    let mut order: serde_json::Value = serde_json::from_str(seed).expect("the seed order");
    let renamed = |id: &serde_json::Value| format!("{}-{number}", id.as_str().unwrap_or_default()).into();
    order["id"] = renamed(&order["id"]);
    for payment in order["payments"].as_array_mut().into_iter().flatten() {
        payment["id"] = renamed(&payment["id"]);
    }
    for ticket in order["tickets"].as_array_mut().into_iter().flatten() {
        for participant in ticket["participants"].as_array_mut().into_iter().flatten() {
            participant["id"] = renamed(&participant["id"]);
        }
    }
    serde_json::to_vec(&order).expect("an order")
}

fn delivery(clock: &Clock, number: usize) -> Delivery {
    let body = body(number);
    let order: serde_json::Value = serde_json::from_slice(&body).expect("an order");
    let class = Classified::Understood {
        kind: "order".to_owned(),
        entity: Entity::Order(order["id"].as_str().unwrap_or_default().to_owned()),
    };
    Delivery {
        source: "museum".to_owned(),
        class,
        received_at: clock.now(),
        method: "PATCH".to_owned(),
        content_type: Some("application/json".to_owned()),
        headers: "{}".to_owned(),
        body,
    }
}

/// CPU time of this process so far.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 = [11, 12].iter().filter_map(|index| fields.get(*index)?.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn measured<T>(what: &str, count: usize, body: impl FnOnce() -> T) -> T {
    let (begun, used) = (Instant::now(), cpu());
    let value = body();
    let (took, used) = (begun.elapsed(), cpu() - used);
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    println!(
        "{what:<28} {count:>8} in {:>7.2} s {:>9.0}/s   {:>6.3} ms CPU each",
        took.as_secs_f64(),
        f64::from(count) / took.as_secs_f64(),
        used.as_secs_f64() * 1000.0 / f64::from(count),
    );
    value
}

/// Every target, as its command.
const EXPORTS: [&[&str]; 8] = [
    &["csv"],
    &["csv", "--shape", "pairs"],
    &["jsonl"],
    &["parquet"],
    &["hledger"],
    &["beancount"],
    &["datev"],
    &["banana"],
];

/// Lines of the journal.
fn postings(database: &Database) -> i64 {
    use diesel::prelude::*;
    let query = ticketledger::db::schema::postings::table.count();
    let mut connection = database.reader().expect("a connection");
    ticketledger::on_engine!(&mut connection, |c| query.get_result(c)).expect("a count")
}

/// Exports everything with the program itself, whose memory is then that of one export.
#[expect(clippy::disallowed_methods, reason = "the memory of another process is looked at again and again")]
fn export(folder: &Path, target: &[&str], postings: i64) {
    let mut command = program::program();
    command.arg("--config").arg(folder.join("ticketledger.toml")).arg("export").args(target);
    command.args(["--period", "2025", "--actor", "bench", "--out"]).arg(folder.join("out"));
    let begun = Instant::now();
    let mut child = command.stdout(std::process::Stdio::null()).spawn().expect("the program starts");
    let mut most = 0;
    let status = loop {
        most = most_memory(child.id()).unwrap_or(0).max(most);
        match child.try_wait().expect("the program can be waited for") {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    assert!(status.success(), "export {target:?} failed");
    let took = begun.elapsed().as_secs_f64();
    println!("export {:<21} {postings:>8} in {took:>7.2} s   {:>5} MiB at most", target.join(" "), most / 1024);
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let postgres = arguments.iter().any(|argument| argument == "postgres");
    let orders: usize = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(5_000);
    let folder = tempfile::tempdir().expect("a folder");
    let url = match postgres {
        true => std::env::var("TICKETLEDGER_BENCH_URL").expect("TICKETLEDGER_BENCH_URL names an empty database"),
        false => format!("sqlite:{}", folder.path().join("books.db").display()),
    };
    let config = settings(folder.path(), &url);
    let database = Database::open(&url, Role::Daemon).expect("the database opens");
    let clock = Clock::System;
    prepare(&database, &config, clock.now()).expect("the sources are prepared");
    let wake = Arc::new(Notify::new());
    let (writer, thread) = Writer::start(database.clone(), Arc::clone(&wake)).expect("the writer starts");
    let presence = Presence::register(database.clone(), clock.clone()).expect("the daemon is entered");
    let worker = Worker::new(database.clone(), clock.clone(), &config, wake, Arc::new(|_| {}), presence);
    let worker = worker.expect("workers");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let rounds = 2;
    for round in 0..rounds {
        let deliveries: Vec<Delivery> = (0..orders).map(|number| delivery(&clock, round * orders + number)).collect();
        measured("stored by the inbox writer", orders, || {
            runtime.block_on(async {
                let mut senders = tokio::task::JoinSet::new();
                let shares: Vec<Vec<Delivery>> = deliveries.chunks(orders.div_ceil(64)).map(<[_]>::to_vec).collect();
                for share in shares {
                    let writer = writer.clone();
                    senders.spawn(async move {
                        for delivery in share {
                            writer.store(delivery).await.expect("it is stored");
                        }
                    });
                }
                while let Some(ended) = senders.join_next().await {
                    ended.expect("a sender");
                }
            });
        });
        measured("settled", orders, || runtime.block_on(worker.run_until_idle()));
    }
    let books = measured("rebuilt and compared", orders * rounds, || rebuild(&database, None, None, 5, |_, _| {}));
    let books = books.expect("the books are rebuilt");
    assert!(
        books.iter().all(|book| book.is_identical() && book.snapshots > 0),
        "the rebuilt ledger differs: {books:?}"
    );
    let postings = postings(&database);
    for target in EXPORTS {
        export(folder.path(), target, postings);
    }
    drop(writer);
    thread.join().expect("the writer ends");
}
