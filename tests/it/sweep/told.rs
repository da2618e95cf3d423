//! What a sweep says: on the command line, in the inbox, in the story of an order.

use serde_json::{Value, json};
use ticketledger::clock::Clock;
use ticketledger::demo::stand_in::{Bookingkit, Fault, StandIn};
use ticketledger::ledger::reading::explain::{Length, explain};
use ticketledger::sweep::{Span, SweepError};
use tokio::sync::watch;

use super::{delta, order, started, started_with, sweeper, swept};
use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, refund};
use crate::support::db::TestDatabase;
use crate::support::program::Program;

fn refunded(id: &str) -> Value {
    order(id, &[("/payments/-", refund("2025-11-11T13:00:00Z"))])
}

on_both_engines!(a_run_lists_what_it_found_with_code_money_and_event, async |database| {
    let daemon = started_with(database, |museum| museum.sweep.nightly_milliseconds = 0).await;
    let bookingkit = daemon.stand_in.bookingkit();
    daemon.deliver(bookingkit.put_order(order("A", &[]))).await;
    bookingkit.put_order(refunded("A"));
    bookingkit.put_order(order("B", &[]));
    let (_stop, stopped) = watch::channel(false);
    let dry = sweeper(&daemon, "museum").dry_run().sweep(Span::Delta, &stopped, &|_| {}).await.expect("it works");
    let found = delta(&daemon).await;
    assert_eq!((dry.differing, found.differing), (2, 2));
    for (swept, events) in [(&dry, [None, None]), (&found, [Some(2), Some(3)])] {
        let [a, b] = swept.differences.as_slice() else { panic!("{:?}", swept.differences) };
        assert_eq!((a.order_id.as_str(), a.order_code.as_deref(), a.is_new), ("A", Some("CODE-A"), false));
        assert_eq!((a.sections.as_slice(), a.currency.as_deref()), (["payments"].as_slice(), Some("EUR")));
        assert_eq!((a.total_minor, a.paid_minor, a.known_paid_minor), (Some(2000), Some(1000), Some(2000)));
        assert_eq!((b.order_id.as_str(), b.order_code.as_deref(), b.is_new), ("B", Some("CODE-B"), true));
        assert_eq!((b.total_minor, b.paid_minor, b.known_paid_minor), (Some(2000), Some(2000), None));
        assert_eq!([a.event_id, b.event_id], events);
        assert_eq!((a.decided.as_deref(), b.decided.as_deref()), (None, None));
    }
    // What became of it is told by the run that decides it.
    daemon.clock.advance_milliseconds(16 * 60_000);
    let later = delta(&daemon).await;
    let decided: Vec<_> = later.decided.iter().map(|one| (one.event_id, one.decided.as_str())).collect();
    assert_eq!((decided, later.differing), (vec![(2, "missed"), (3, "missed")], 0));
    assert_eq!(later.decided[1].order_code.as_deref(), Some("CODE-B"));
    daemon.finish().await;
});

on_both_engines!(the_list_is_bounded_and_the_rest_is_counted, async |database| {
    let daemon = started(database).await;
    for number in 0..230 {
        daemon.stand_in.bookingkit().put_order(order(&format!("order-{number:03}"), &[]));
    }
    let found = swept(&daemon, "museum", Span::Nightly).await;
    assert_eq!((found.differing, found.differences.len()), (230, 200));
    daemon.settle().await;
    daemon.finish().await;
});

on_both_engines!(the_story_of_an_order_names_the_sweep_that_found_it, async |database| {
    let daemon = started(database).await;
    daemon.stand_in.bookingkit().put_order(order("B", &[]));
    delta(&daemon).await;
    let told = |name: &str| {
        let stories = explain(daemon.database(), None, name, Length::Whole).expect("the database works");
        serde_json::to_string(&stories).expect("JSON")
    };
    let story = told("B");
    assert!(story.contains("by the sweep of 2025-11-11 13:00 (event 1)"), "{story}");
    assert!(story.contains("the sweep of 2025-11-11 13:00 (event 1) is the first to mention it"), "{story}");
    assert!(!story.contains("webhook 1"), "{story}");
    // A webhook of it stays one.
    daemon.deliver(refunded("B").to_string()).await;
    assert!(told("B").contains("webhook 2 updates it"), "{}", told("B"));
    daemon.finish().await;
});

/// A book with order A, a stand-in that knows it, and the program with settings to sweep it.
async fn at_the_shell(database: &TestDatabase) -> (Program, StandIn) {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(order("A", &[]).to_string()).await;
    daemon.finish().await;
    let stand_in = StandIn::start(Clock::System).await.expect("a stand-in");
    stand_in.bookingkit().put_order(order("A", &[]));
    let program = Program::new(database);
    let settings = std::fs::read_to_string(program.path("ticketledger.toml")).expect("settings");
    let api = format!(
        "api = {{ base_url = \"{}\", client_id = \"{}\", client_secret = \"file:secret\" }}\n\
         sweep = {{ every = \"10m\", rate = 1000 }}\n",
        stand_in.base_url(),
        Bookingkit::CLIENT_ID
    );
    std::fs::write(program.path("ticketledger.toml"), settings + &api).expect("settings");
    std::fs::write(program.path("secret"), Bookingkit::CLIENT_SECRET).expect("a secret");
    (program, stand_in)
}

/// Runs the program beside the stand-in.
async fn run(program: Program, arguments: &[&str]) -> (Program, (i32, String, String)) {
    let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
    let run = move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ended = program.run(&arguments);
        (program, ended)
    };
    tokio::task::spawn_blocking(run).await.expect("no panic")
}

on_both_engines!(the_command_and_the_inbox_say_what_was_found, async |database| {
    let (program, stand_in) = at_the_shell(database).await;
    stand_in.bookingkit().put_order(refunded("A"));
    stand_in.bookingkit().put_order(order("B", &[]));
    let (program, (code, text, errors)) = run(program, &["sweep", "museum", "--dry-run"]).await;
    assert_eq!((code, errors.as_str()), (3, ""), "{text}");
    for line in [
        "  order A (CODE-A): payments differ, total 20.00 EUR, paid 10.00 EUR instead of 20.00\n",
        "  order B (CODE-B): new, total 20.00 EUR, paid 20.00 EUR\n",
        "They would be repaired; nothing was stored, because it was a dry run.\n",
    ] {
        assert!(text.contains(line), "no `{line}` in {text}");
    }
    let (program, (_, text, _)) = run(program, &["sweep", "museum", "--dry-run", "--format", "json"]).await;
    let told: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&told["result"], &told["more_differences"]), (&json!("would_be_repaired"), &json!(0)));
    assert_eq!(told["differences"][1]["order_code"], json!("CODE-B"));
    let (program, (code, text, _)) = run(program, &["sweep", "museum"]).await;
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("  order B (CODE-B): new, total 20.00 EUR, paid 20.00 EUR; event 3\n"), "{text}");
    assert!(text.contains("Complete up to ") && text.ends_with(" CET.\n") || text.ends_with(" CEST.\n"), "{text}");
    let (program, (_, shown, _)) = run(program, &["inbox", "show", "3"]).await;
    assert!(shown.contains("event         3\n"), "{shown}");
    assert!(shown.contains("origin        found by the sweep of "), "{shown}");
    let (program, (_, shown, _)) = run(program, &["inbox", "show", "1"]).await;
    assert!(shown.starts_with("webhook       1\n") && !shown.contains("origin"), "{shown}");
    let (program, (_, list, _)) = run(program, &["inbox", "list", "--format", "csv"]).await;
    let origins: Vec<&str> = list.lines().skip(1).filter_map(|line| line.rsplit(',').next()).collect();
    assert!(origins[0].starts_with("found by the sweep of ") && origins[2] == "webhook", "{list}");
    let (_, (_, traced, _)) = run(program, &["ledger", "trace", "event:3"]).await;
    assert!(traced.contains("Event 3 of museum, found by the sweep of "), "{traced}");
});

on_both_engines!(why_a_run_failed_is_said_once_and_in_words, async |database| {
    let (program, stand_in) = at_the_shell(database).await;
    let down = || Fault::Status { status: 500, retry_after: None };
    stand_in.bookingkit().script([down()]);
    let (program, (code, text, errors)) = run(program, &["sweep", "museum"]).await;
    assert_eq!(code, 1, "{text}{errors}");
    assert!(errors.contains("the sweep of museum failed: the provider is down (HTTP status 500)"), "{errors}");
    assert!(!text.contains("500") && text.contains("It failed, so nothing is taken for complete."), "{text}");
    stand_in.bookingkit().script([down()]);
    let (program, (_, text, errors)) = run(program, &["sweep", "museum", "--format", "json"]).await;
    let told: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(told["error"], json!("provider_down"));
    assert!(!errors.contains("500"), "{errors}");
    let (_, (code, text, _)) = run(program, &["report", "freshness"]).await;
    assert!(code == 3 && text.contains(" failed: the provider is down") && !text.contains('_'), "{text}");
});

on_both_engines!(a_process_that_was_killed_is_succeeded_at_once, async |database| {
    let (program, stand_in) = at_the_shell(database).await;
    stand_in.bookingkit().script([Fault::Hang]);
    let mut command = program.command(&["sweep", "museum"]);
    let mut child = command.stdout(std::process::Stdio::null()).spawn().expect("it starts");
    stand_in.hanging(1).await;
    let (program, (code, text, errors)) = run(program, &["sweep", "museum"]).await;
    assert_eq!(code, 1, "{text}");
    let who = format!("process {} on ", child.id());
    assert!(errors.contains(&who) && errors.contains("has been sweeping museum since 20"), "{errors}");
    child.kill().expect("it can be killed");
    child.wait().expect("it ended");
    stand_in.release();
    let (program, (_, text, _)) = run(program, &["doctor"]).await;
    assert!(!text.contains("has been sweeping"), "{text}");
    let (_, (code, text, errors)) = run(program, &["sweep", "museum"]).await;
    assert_eq!(code, 0, "{text}{errors}");
});

on_both_engines!(whoever_cannot_be_proven_gone_is_named_and_waited_for, async |database| {
    let daemon = started(database).await;
    delta(&daemon).await;
    let hold = |by: &str| {
        database.execute(&format!("UPDATE sweep_progress SET held_by = '{by}', held_until = '2025-11-11 12:02:00'"));
    };
    let (_stop, stopped) = watch::channel(false);
    let elsewhere = json!({ "is_daemon": true, "since": "2025-11-11T11:59:00Z", "unique": "x", "process": {
        "host": "books-2", "boot_id": "b", "space": "s", "id": 4711, "started": 1 } });
    for (by, who) in [
        (
            elsewhere.to_string(),
            "process 4711 on books-2 (a daemon) has been sweeping museum since 2025-11-11 12:59 CET",
        ),
        ("4711-abcdef".to_owned(), "another process is sweeping museum"),
    ] {
        hold(&by);
        let busy = sweeper(&daemon, "museum").sweep(Span::Delta, &stopped, &|_| {}).await;
        let Err(SweepError::Busy(busy)) = busy else { panic!("{busy:?}") };
        let text = busy.to_string();
        assert!(text.starts_with(who) && text.contains("museum is free at 2025-11-11 13:02 CET"), "{text}");
    }
    daemon.clock.advance_milliseconds(121_000);
    assert!(delta(&daemon).await.run.result.is_complete());
    daemon.finish().await;
});
