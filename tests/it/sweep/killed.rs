//! The program itself, killed in the middle of pages: the rest is found, and nothing twice.

use serde_json::json;
use ticketledger::clock::Clock;
use ticketledger::demo::stand_in::{Bookingkit, Fault, StandIn};

use super::order;
use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, check_invariants, lines};
use crate::support::program::Program;

const ORDERS: usize = 45;

on_both_engines!(a_sweep_that_is_killed_goes_on_where_it_was, async |database| {
    let stand_in = StandIn::start(Clock::System).await.expect("the stand-in starts");
    let bookingkit = stand_in.bookingkit();
    for number in 0..ORDERS {
        let date = format!("2025-11-11T12:00:{number:02}Z");
        bookingkit.put_order(order(&format!("order-{number:02}"), &[("/date", json!(date))]));
    }
    let daemon = TestDaemon::start(database).await;
    let program = Program::new(database);
    let settings = program.path("ticketledger.toml");
    let api = format!(
        "{}\n[sources.api]\nbase_url = \"{}\"\nclient_id = \"{}\"\nclient_secret = \"env:MUSEUM_API\"\n\n\
         [sources.sweep]\nrate = 1000\npage_size = 20\n",
        std::fs::read_to_string(&settings).expect("settings"),
        stand_in.base_url(),
        Bookingkit::CLIENT_ID
    );
    std::fs::write(&settings, api).expect("settings");
    let command = move || {
        let mut command = program.command(&["sweep", "museum", "--format", "json"]);
        command.env("MUSEUM_API", Bookingkit::CLIENT_SECRET);
        command
    };
    // In the first page, before the second, in the second, and in the third.
    for requests in [0, 1, 30, 41, 20, 25] {
        bookingkit.script(std::iter::repeat_n(Fault::None, requests).chain([Fault::Hang]));
        let mut child = command().stdout(std::process::Stdio::null()).spawn().expect("the program runs");
        stand_in.hanging(1).await;
        child.kill().expect("it is killed");
        child.wait().expect("it is gone");
        stand_in.release();
        stand_in.at_rest().await;
        // Whoever died holds the source for some minutes.
        database.execute("UPDATE sweep_progress SET held_by = NULL, held_until = NULL");
    }
    let ended = tokio::task::spawn_blocking(move || command().output()).await.expect("no panic").expect("it runs");
    assert_eq!(ended.status.code(), Some(3), "{}", String::from_utf8_lossy(&ended.stderr));
    let stored =
        lines(daemon.database(), "SELECT entity AS line FROM inbox_events WHERE kind <> 'order' ORDER BY entity");
    assert_eq!(stored, (0..ORDERS).map(|number| format!("order:order-{number:02}")).collect::<Vec<_>>());
    let results = lines(daemon.database(), "SELECT result AS line FROM sweep_runs ORDER BY id");
    assert_eq!(results, ["stopped"; 6].into_iter().chain(["repaired"]).collect::<Vec<_>>());
    assert_eq!(bookingkit.counts().tokens, 1);
    check_invariants(daemon.database());
    daemon.finish().await;
});
