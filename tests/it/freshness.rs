//! How complete a book is, told alike everywhere: reports, metrics, `/readyz`, packs, exports, closes.

use serde_json::{Value, json};
use ticketledger::freshness::{Freshness, ToldPayment};
use ticketledger::inbox::operator::Reason;
use ticketledger::ledger::book::Month;
use ticketledger::ledger::close::{Request, Settings, close, preview};
use ticketledger::ledger::totals::{Period, closed_month};
use ticketledger::report::pack::{self, Outcome, Tie};

use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, at, changed};
use crate::support::db::TestDatabase;
use crate::support::program::Program;

/// A sweep of the museum that ended.
fn swept(database: &TestDatabase, kind: &str, asked_at: &str, result: &str, found: i64) {
    let error = if result == "failed" { "'provider_down'" } else { "NULL" };
    database.execute(&format!(
        "INSERT INTO sweep_runs (source, resource, kind, asked_at, page_size, result, error, found, finished_at) \
         VALUES ('museum', 'orders', '{kind}', '{asked_at}', 200, '{result}', {error}, {found}, '{asked_at}')"
    ));
}

fn complete_until(database: &TestDatabase, until: &str) {
    database.execute("DELETE FROM sweep_progress");
    database.execute(&format!(
        "INSERT INTO sweep_progress (source, resource, complete_until) VALUES ('museum', 'orders', {until})"
    ));
}

fn freshness(daemon: &TestDaemon) -> Freshness {
    let tell = |_: &[u8]| Some(vec![ToldPayment { id: "p".into(), currency: "EUR".into(), amount_minor: 13_500 }]);
    let now = daemon.clock.now();
    daemon.database().read(|connection| Freshness::read(connection, "museum", &tell, now)).unwrap()
}

fn words(daemon: &TestDaemon) -> String {
    freshness(daemon).in_words(chrono_tz::Europe::Berlin)
}

on_both_engines!(a_source_is_unknown_until_a_sweep_came_to_its_end, async |database| {
    let daemon = TestDaemon::start(database).await;
    assert_eq!(words(&daemon), "complete up to: unknown; nothing parked; never swept for changes");
    // A run that goes on says nothing yet, and one that failed does not say that all is there.
    swept(database, "delta", "2025-11-11 10:00:00", "failed", 0);
    complete_until(database, "NULL");
    assert_eq!(
        words(&daemon),
        "complete up to: unknown; nothing parked; the last sweep, 2025-11-11 11:00 CET, failed: the provider is down"
    );
    swept(database, "delta", "2025-11-11 11:00:00", "clean", 0);
    complete_until(database, "'2025-11-11 11:00:00'");
    // A walk over a month is no sweep of what changed.
    swept(database, "period", "2025-11-11 11:30:00", "repaired", 9);
    assert_eq!(
        words(&daemon),
        "complete up to 2025-11-11 12:00 CET; nothing parked; last sweep 2025-11-11 12:00 CET, 0 differences"
    );
    swept(database, "nightly", "2025-11-11 11:40:00", "repaired", 1);
    assert!(words(&daemon).ends_with("last sweep 2025-11-11 12:40 CET, 1 difference"), "{}", words(&daemon));
    daemon.finish().await;
});

on_both_engines!(what_waits_or_is_parked_is_not_complete, async |database| {
    let daemon = TestDaemon::start(database).await;
    complete_until(database, "'2025-11-11 14:00:00'");
    assert_eq!(freshness(&daemon).complete_up_to, Some(at("2025-11-11T14:00:00Z")));
    // Received at noon, before that time, and not booked.
    daemon.accepted("museum", PAID_ORDER).await;
    assert_eq!(freshness(&daemon).complete_up_to, Some(at("2025-11-11T12:00:00Z")));
    daemon.settle().await;
    assert_eq!(freshness(&daemon).complete_up_to, Some(at("2025-11-11T14:00:00Z")));
    for _ in 0..2 {
        daemon.parked("museum", changed(PAID_ORDER, &[("/payments/0/value", json!("a lot"))])).await;
    }
    daemon.parked("theatre", "no JSON").await;
    // Both tell of the same payment, which counts once.
    assert!(words(&daemon).contains("; 2 parked (135.00 EUR); "), "{}", words(&daemon));
    daemon.finish().await;
});

on_both_engines!(the_daemon_tells_it_in_metrics_and_to_whoever_asks_whether_it_is_ready, async |database| {
    let daemon = TestDaemon::start(database).await;
    let ready = async || -> Value {
        let address = format!("http://{}/readyz", daemon.daemon.console());
        let text = reqwest::get(address).await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    };
    daemon.observe().await;
    let before = ready().await["ready"].clone();
    let never = "complete up to: unknown; nothing parked; never swept for changes";
    assert_eq!(ready().await["freshness"], json!({ "museum": never, "theatre": never }));
    swept(database, "delta", "2025-11-11 11:00:00", "failed", 0);
    complete_until(database, "'2025-11-11 10:00:00'");
    daemon.observe().await;
    let answer = ready().await;
    let stale = "complete up to 2025-11-11 11:00 CET; nothing parked; the last sweep, 2025-11-11 12:00 CET, failed: \
                 the provider is down";
    assert_eq!(answer["freshness"]["museum"], json!(stale));
    assert_eq!(answer["ready"], before, "a source that is behind does not make the daemon unready");
    daemon.finish().await;
});

/// Closes November as a person does.
fn request(month: &str) -> Request {
    let reason = Reason { actor: "test".to_owned(), why: "month end".to_owned() };
    Request { month: Month::parse(month).unwrap(), soft: false, force: false, reason }
}

on_both_engines!(a_close_warns_unless_the_month_is_complete_and_freezes_what_was_known, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(PAID_ORDER).await;
    daemon.set_clock("2025-12-02T09:00:00Z");
    let warned = || -> Vec<&'static str> {
        let closing =
            preview(daemon.database(), &daemon.clock, "museum", &request("2025-11"), Settings::default()).unwrap();
        let codes = closing.warnings.iter().map(|warning| warning.code);
        codes.filter(|code| *code != "earlier_months_late").collect()
    };
    assert_eq!(warned(), ["never_swept"]);
    // November ends at 23:00 UTC; a webhook may be a quarter of an hour late.
    for (until, expected) in [
        ("2025-11-30 22:59:59", &["not_complete"][..]),
        ("2025-11-30 23:14:59", &["not_complete"]),
        ("2025-11-30 23:15:00", &[]),
    ] {
        complete_until(database, &format!("'{until}'"));
        assert_eq!(warned(), expected, "{until}");
    }
    swept(database, "delta", "2025-12-02 08:00:00", "clean", 0);
    complete_until(database, "'2025-12-02 08:00:00'");
    let patient = Settings { grace_milliseconds: 3 * 86_400_000, ..Settings::default() };
    let closing = close(daemon.database(), &daemon.clock, "museum", &request("2025-11"), patient).unwrap();
    assert_eq!(closing.result, "closed", "{:?}", closing.blockers);
    assert!(closing.warnings.iter().any(|warning| warning.code == "not_complete"));
    complete_until(database, "'2025-12-09 08:00:00'");
    let month = daemon.database().read(|connection| {
        Ok::<_, ticketledger::db::Error>(closed_month(connection, "museum", Month::parse("2025-11").unwrap()))
    });
    let month = month.unwrap().unwrap().unwrap();
    let seen = month.freshness().unwrap();
    assert_eq!(seen.complete_up_to, Some(at("2025-12-02T08:00:00Z")));
    assert_eq!(seen.last_sweep.as_ref().map(|sweep| sweep.result.as_str()), Some("clean"));
    daemon.finish().await;
});

on_both_engines!(a_pack_checks_that_somebody_looked_after_the_end_of_its_period, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(PAID_ORDER).await;
    let of = |as_closed| {
        let request = pack::Request {
            numbers: None,
            source: "museum",
            period: Period::parse("2025-11").unwrap(),
            as_closed,
            now: daemon.clock.now(),
            made_by: "a test",
            told: &|_| None,
        };
        let pack = pack::read(daemon.database(), &request).unwrap();
        let sweep = pack.checks.iter().find(|check| check.code == Tie::Sweep).unwrap().outcome;
        (sweep, pack.cover.freshness.statement, pack.cover.freshness.missed_found)
    };
    assert_eq!(of(false).0, Outcome::NotChecked);
    complete_until(database, "'2025-11-11 11:00:00'");
    swept(database, "delta", "2025-11-11 11:00:00", "clean", 0);
    assert_eq!(of(false).0, Outcome::NotChecked, "the month is not over");
    daemon.set_clock("2025-12-02T09:00:00Z");
    let (behind, statement, missed) = of(false);
    assert_eq!((behind, missed), (Outcome::Failed, Some(0)));
    assert!(statement.starts_with("complete up to 2025-11-11 12:00 CET; nothing parked"), "{statement}");
    complete_until(database, "'2025-12-01 00:00:00'");
    assert_eq!(of(false).0, Outcome::Passed);
    daemon.close_month(database, "2025-11");
    complete_until(database, "'2025-12-02 08:00:00'");
    // As closed, it is what the close knew.
    assert!(of(true).1.starts_with("complete up to 2025-12-01 01:00"), "{}", of(true).1);
    assert!(of(false).1.starts_with("complete up to 2025-12-02 09:00"), "{}", of(false).1);
    daemon.finish().await;
});

on_both_engines!(the_report_is_a_sentence_for_people_and_columns_for_programs, async |database| {
    let daemon = TestDaemon::start(database).await;
    swept(database, "delta", "2025-11-11 11:00:00", "clean", 0);
    complete_until(database, "'2025-11-11 11:00:00'");
    daemon.finish().await;
    let program = Program::new(database);
    let (code, text, _) = program.run(&["report", "freshness", "--source", "museum"]);
    assert_eq!(code, 0);
    let statement =
        "complete up to 2025-11-11 12:00 CET; nothing parked; last sweep 2025-11-11 12:00 CET, 0 differences";
    assert!(text.contains(statement), "{text}");
    let rows: Value = serde_json::from_str(&program.run(&["report", "freshness", "--format", "json"]).1).unwrap();
    assert_eq!(rows[0]["complete_up_to"], json!("2025-11-11T11:00:00Z"));
    assert_eq!((&rows[0]["differences"], &rows[0]["parked"]), (&json!(0), &json!(0)));
    let csv = program.run(&["report", "freshness", "--format", "csv"]).1;
    assert!(csv.starts_with("source,complete_up_to,last_sweep,last_result,last_error,differences,"), "{csv}");
    swept(database, "delta", "2025-11-11 11:10:00", "failed", 0);
    assert_eq!(program.run(&["report", "freshness"]).0, 3, "the last sweep failed");
    assert_eq!(program.run(&["report", "freshness", "--period", "2025-11"]).0, 2);
});

on_both_engines!(an_export_says_how_complete_the_book_was_and_says_it_again, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(PAID_ORDER).await;
    daemon.finish().await;
    let program = Program::new(database);
    let (code, text, errors) = program.run(&["export", "hledger", "--period", "2025-11", "--out", "books"]);
    assert_eq!(code, 0, "{errors}");
    let unknown = "complete up to: unknown; nothing parked; never swept for changes";
    assert!(text.contains(unknown), "{text}");
    let file = || std::fs::read_to_string(program.path("books/museum-2025-11-1.journal")).unwrap();
    let first = file();
    assert!(first.contains(&format!("; {unknown}")), "{first}");
    // What is known since does not change what went out.
    complete_until(database, "'2025-12-01 00:00:00'");
    std::fs::remove_file(program.path("books/museum-2025-11-1.journal")).unwrap();
    assert_eq!(program.run(&["export", "again", "hledger/museum/2025-11/1", "--out", "books"]).0, 0);
    assert_eq!(file(), first);
    let list: Value = serde_json::from_str(&program.run(&["export", "list", "--format", "json"]).1).unwrap();
    assert_eq!(list[0]["freshness"], json!(unknown));
});
