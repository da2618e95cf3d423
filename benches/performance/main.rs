//! What the daemon reaches beside bare loops that do only the part that cannot be left out, in one run:
//! `cargo bench --bench performance -- [seconds] [rounds]`. See `growth.rs` for what a growing book costs.
//!
//! SQLite is measured, and PostgreSQL too when `TICKETLEDGER_BENCH_URL` names a server on which databases may be made;
//! or only the one that is named, `-- sqlite` or `-- postgresql`. Rounds are interleaved, and the median of each figure
//! counts. The table goes to standard output, and the figures as JSON to `target/performance.json`.
#![expect(clippy::expect_used, clippy::float_arithmetic, reason = "a bench ends at the first fault and prints ratios")]
#![expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "figures for people")]
#![expect(clippy::disallowed_methods, reason = "to look all the time would take time from the daemon")]

mod bare;
mod daemon;
mod engine;
mod growth;
mod load;
#[path = "../common/memory.rs"]
mod memory;
mod plot;
#[path = "../common/program.rs"]
mod program;
#[path = "../common/serving.rs"]
mod serving;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::{Duration, Instant};

use self::engine::Engine;
use self::load::{Kind, Load};

/// Senders of most rows.
const SENDERS: usize = 64;

/// Figures of all rounds, by row.
type Figures = BTreeMap<&'static str, Vec<f64>>;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--bench")).collect();
    if let [role, url] = arguments.as_slice()
        && role == "bare-server"
    {
        return bare::serve(url);
    }
    if arguments.first().is_some_and(|first| first == "growth") {
        println!("{}", machine());
        let sizes: Vec<u64> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
        return Engine::chosen(&arguments).iter().for_each(|engine| growth::print(engine, &sizes));
    }
    let mut numbers = arguments.iter().filter_map(|argument| argument.parse::<u64>().ok());
    let (seconds, rounds) = (numbers.next().unwrap_or(8), numbers.next().unwrap_or(3));
    println!("{}", machine());
    let mut all = BTreeMap::new();
    for engine in Engine::chosen(&arguments) {
        let mut figures = Figures::new();
        for round in 1..=rounds {
            eprintln!("{} round {round} of {rounds}", engine.name());
            measure(&engine, Duration::from_secs(seconds), &mut figures);
        }
        let medians: BTreeMap<&str, f64> = figures.iter().map(|(row, values)| (*row, median(values))).collect();
        print(engine.name(), &medians);
        all.insert(
            engine.name(),
            medians.into_iter().map(|(row, value)| (row.to_owned(), serde_json::json!(value))).collect(),
        );
    }
    write_json(&all);
}

/// One round: each row for the daemon and for its bare loop, one after the other.
fn measure(engine: &Engine, time: Duration, figures: &mut Figures) {
    let mut note = |row: &'static str, value: f64| figures.entry(row).or_default().push(value);
    for (row, bare_row, p99_row, senders) in
        [("acks_64", "bare_acks_64", "acks_64_p99_ms", SENDERS), ("acks_1", "bare_acks_1", "acks_1_p99_ms", 1)]
    {
        let (place, bare_place) = (engine.fresh(), engine.fresh());
        let serving = daemon::start(&place);
        let load = Load::send(serving.address, Kind::Unsettled, senders, time);
        note(row, load.per_second());
        note(p99_row, load.milliseconds(99));
        drop(serving);
        let bare = bare::start(&bare_place);
        note(bare_row, Load::send(bare.address, Kind::Unsettled, senders, time).per_second());
    }
    let place = engine.fresh();
    let serving = daemon::start(&place);
    let begun = Instant::now();
    let load = Load::send(serving.address, Kind::Orders, SENDERS, time);
    note("acks_64_settling", load.per_second());
    note("acks_64_settling_p99_ms", load.milliseconds(99));
    let settled = |count: u64| count as f64 / begun.elapsed().as_secs_f64();
    note("settled_while_receiving", settled(place.count("inbox_events WHERE state = 'done'")));
    let (waiting, drained) = (place.count("inbox_events WHERE state = 'pending'"), Instant::now());
    while place.count("inbox_events WHERE state = 'pending'") > 0 {
        std::thread::sleep(Duration::from_millis(50));
    }
    note("settled_alone", waiting as f64 / drained.elapsed().as_secs_f64());
    let orders = place.count("orders");
    note("received_and_settled", settled(orders));
    note("memory_mib", daemon::memory(&serving));
    note("bytes_per_order", place.bytes() as f64 / orders as f64);
    drop(serving);
    note("bare_rows", orders as f64 / bare::copy_rows(engine, &place).as_secs_f64());
}

/// What is compared: the row, what it is, what it is measured beside, and the part of it that is the goal.
const ROWS: [(&str, &str, &str, &str); 7] = [
    ("acks_64", "acks, 64 senders, nothing to settle (per s)", "bare_acks_64", "at least 0.9"),
    ("acks_1", "acks, one sender (per s)", "bare_acks_1", "at least 0.9"),
    ("acks_64_settling", "acks, 64 senders, while settling (per s)", "acks_64", "at least 0.7"),
    ("acks_64_settling_p99_ms", "their p99 (ms)", "acks_64_p99_ms", "at most 3"),
    ("settled_while_receiving", "orders settled while receiving (per s)", "bare_rows", "at least 0.6"),
    ("settled_alone", "orders settled, nothing received (per s)", "bare_rows", "at least 0.6"),
    ("received_and_settled", "orders, first delivery to last entry (per s)", "bare_rows", "at least 0.6"),
];

fn print(engine: &str, medians: &BTreeMap<&str, f64>) {
    let value = |row: &str| medians.get(row).copied().unwrap_or(f64::NAN);
    println!("\n{engine}\n{:<46} {:>9} {:>9} {:>7}  goal", "", "measured", "beside", "ratio");
    for (row, what, beside, goal) in ROWS {
        let (measured, beside) = (value(row), value(beside));
        // What was not measured is not a number.
        println!("{what:<46} {measured:>9.1} {beside:>9.1} {:>7.2}  {goal}", measured / beside);
    }
    println!(
        "{:<46} {:>9.0} {:>9} {:>7}  at most 7168",
        "bytes on disk for each order",
        value("bytes_per_order"),
        "",
        ""
    );
    println!("{:<46} {:>9.0} {:>9} {:>7}  at most 64", "memory of the daemon (MiB)", value("memory_mib"), "", "");
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The processor, and how often this disk makes 4 KiB durable in a second.
fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let mut file = tempfile::tempfile_in("target").expect("a file in target");
    let begun = Instant::now();
    for _ in 0..200 {
        file.write_all(&[1; 4096]).and_then(|()| file.sync_data()).expect("it is durable");
    }
    let syncs = 200.0 / begun.elapsed().as_secs_f64();
    format!(
        "{cores} cores,{}; {syncs:.0} durable writes of 4 KiB per second",
        model.trim_start_matches([':', ' ', '\t'])
    )
}

fn write_json(all: &BTreeMap<&str, serde_json::Map<String, serde_json::Value>>) {
    let text = serde_json::to_string_pretty(all).expect("figures are JSON");
    std::fs::write("target/performance.json", text + "\n").expect("target/ can be written");
}
