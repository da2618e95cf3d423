//! What receiving, settling and the commands of every day cost while the book grows:
//! `cargo bench --bench performance -- growth 10000 100000 1000000`. Prints each size, and writes what was acknowledged
//! and settled as a picture to `target/growth-ENGINE.svg`.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::daemon;
use crate::engine::{Engine, Place};
use crate::load::{Kind, Load};
use crate::plot::{self, Line};
use crate::program::program;
use crate::serving::{SECRET, Serving};

/// Orders that are settled in a book of each size to time it.
const TRIED: Duration = Duration::from_secs(3);

/// Commands that people run every day; each is timed from its start to its end, three times.
const COMMANDS: [&[&str]; 6] = [
    &["inbox", "stats"],
    &["report", "trial-balance"],
    &["report", "trial-balance", "--period", "2025-11"],
    &["report", "revenue"],
    &["report", "revenue", "--period", "2025-11"],
    &["ledger", "explain", "9e3779b97f4a7c159e3779b97f4a7c15"],
];

pub(crate) fn print(engine: &Engine, sizes: &[u64]) {
    let place = engine.fresh();
    let mut serving = daemon::start(&place);
    println!("\n{}: while the book grows", engine.name());
    let mut acknowledged = Line::new("acknowledged per second, nothing to settle");
    let mut settled = Line::new("received and settled per second");
    for size in sizes {
        while place.count("orders") < *size {
            Load::send(serving.address, Kind::Orders, 16, Duration::from_secs(2));
            drain(&place);
        }
        let (before, begun) = (place.count("orders"), Instant::now());
        Load::send(serving.address, Kind::Orders, 16, TRIED);
        drain(&place);
        let orders = place.count("orders");
        settled.point(orders, (orders - before) as f64 / begun.elapsed().as_secs_f64());
        acknowledged.point(orders, Load::send(serving.address, Kind::Unsettled, 16, TRIED).per_second());
        println!("{orders:>9} orders: {:>6.0} {}", settled.last(), settled.name);
        println!("{:>23.0} {}", acknowledged.last(), acknowledged.name);
        println!("{:>9} MiB on disk, {:.0} MiB of memory", place.bytes() / 1_048_576, daemon::memory(&serving));
        for command in COMMANDS {
            println!("{:>9.0} ms  ticketledger {}", milliseconds(&place, command), command.join(" "));
        }
        serving = restarted(serving, &place);
    }
    let picture = plot::svg(&format!("{}: orders in the book", engine.name()), &[acknowledged, settled]);
    let file = format!("target/growth-{}.svg", engine.name().to_lowercase());
    std::fs::write(&file, picture).expect("the picture is written");
    println!("{file}");
}

fn drain(place: &Place) {
    while place.count("inbox_events WHERE state = 'pending'") > 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The median of three runs.
fn milliseconds(place: &Place, arguments: &[&str]) -> f64 {
    let mut times: Vec<Duration> = (0..3)
        .map(|_| {
            let begun = Instant::now();
            let mut command = program();
            command.args(arguments).current_dir(place.folder.path()).env("HOOK_0", SECRET);
            command.stdout(Stdio::null()).stderr(Stdio::null());
            command.status().expect("the program runs");
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    times.get(1).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
}

/// Kills the daemon and starts it anew, and says how long it takes until it listens.
fn restarted(serving: Serving, place: &Place) -> Serving {
    drop(serving);
    let begun = Instant::now();
    let serving = daemon::start(place);
    println!("{:>9.0} ms  from the start after a kill to listening", begun.elapsed().as_secs_f64() * 1000.0);
    serving
}
