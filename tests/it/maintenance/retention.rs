//! What is no longer needed goes, and nothing else.

use serde_json::{Value, json};
use ticketledger::config::Retention;
use ticketledger::inbox::operator::Reason;
use ticketledger::ledger::book::Month;
use ticketledger::ledger::close::{Request, Settings, close};
use ticketledger::ledger::proof::rebuild::rebuild;
use ticketledger::maintenance::retention::{Class, Pruned, Rule, prune, rules};

use super::{traffic, under_load};
use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon, changed, check_invariants, lines};
use crate::support::db::Engine;
use crate::support::home::Home;
use crate::support::order::{admission, order};
use crate::support::program::Program;
use crate::support::wait::until;

fn reason() -> Reason {
    Reason { actor: "anna".to_owned(), why: "yearly".to_owned() }
}

impl TestDaemon {
    fn prune_class(&self, class: Class, days: i64, dry_run: bool) -> (i64, i64) {
        let now = self.clock.now();
        let reason = reason();
        let rules = [Rule::older_than(class, days, now)];
        let reason = (!dry_run).then_some(&reason);
        let pruned = prune(self.database(), &rules, None, now, reason, |_| true).unwrap();
        (pruned.taken[0].rows, pruned.taken[0].bytes)
    }

    /// Numbers of the events that have lost their body.
    fn bodiless(&self) -> Vec<String> {
        self.lines("SELECT CAST(id AS TEXT) AS line FROM inbox_events WHERE body IS NULL ORDER BY id")
    }

    /// All that must never change.
    fn kept(&self) -> Vec<String> {
        let tables = [
            "SELECT source || entry_no || entry_hash AS line FROM journal_entries ORDER BY source, entry_no",
            "SELECT source || snapshot_no || doc_sha256 AS line FROM order_snapshots ORDER BY source, snapshot_no",
            "SELECT id || state || body_sha256 || COALESCE(reason, '') AS line FROM inbox_events ORDER BY id",
            "SELECT id || COALESCE(body_sha256, '-') AS line FROM documents ORDER BY id",
            "SELECT contact_id || COALESCE(name, '') AS line FROM contacts ORDER BY contact_id",
            "SELECT source || entry_no || COALESCE(body_sha256, '-') AS line FROM v_trace ORDER BY source, entry_no",
        ];
        tables.iter().flat_map(|sql| self.lines(sql)).collect()
    }
}

/// Closes a month of a book, whatever is parked or found.
fn close_month_of(daemon: &TestDaemon, source: &str, month: &str) {
    let request = Request { month: Month::parse(month).unwrap(), soft: false, force: true, reason: reason() };
    let closing = close(daemon.database(), &daemon.clock, source, &request, Settings::default()).unwrap();
    assert_eq!(closing.result, "closed", "{:?}", closing.blockers);
}

on_both_engines!(each_class_goes_by_its_own_age_and_only_when_its_month_is_closed, async |database| {
    let daemon = TestDaemon::start(database).await;
    traffic(&daemon).await;
    daemon.settle_again(database, "id = 1").await;
    // An older delivery that came late, and one that waits.
    let waiting = daemon.accepted("museum", order("w", json!({}))).await;
    daemon.set_clock("2026-02-15T12:00:00Z");
    database.execute(&format!("UPDATE inbox_events SET due_at = '2027-01-01 00:00:00' WHERE id = {waiting}"));
    database.execute(
        "INSERT INTO inbox_attempts (event_id, at, attempt, verdict, reason) \
         SELECT id, received_at, 1, 'transient', 'timeout' FROM inbox_events; \
         UPDATE inbox_events SET state = 'superseded' WHERE id = 2",
    );
    for class in Class::ALL {
        assert_eq!(daemon.prune_class(class, 0, false), (0, 0), "no month is closed: {class}");
    }
    daemon.close_month(database, "2025-11");
    assert_eq!(daemon.prune_class(Class::Done, 97, false).0, 0, "too young");
    let would = daemon.prune_class(Class::Done, 90, true);
    assert_eq!(daemon.bodiless(), Vec::<String>::new(), "a preview takes nothing");
    assert_eq!(daemon.prune_class(Class::Done, 90, false), would);
    assert_eq!(daemon.bodiless(), ["3", "4"], "the museum's applied ones; not superseded, parked, waiting");
    assert!(would.1 > 2_000, "their bytes are counted: {would:?}");
    assert_eq!(daemon.prune_class(Class::Done, 90, false), (0, 0), "once");
    assert_eq!(daemon.prune_class(Class::Superseded, 90, false).0, 2);
    assert_eq!(daemon.prune_class(Class::Documents, 90, false).0, 0, "the theatre has no closed month");
    database.execute("UPDATE findings SET state = 'acknowledged'");
    close_month_of(&daemon, "theatre", "2025-11");
    let kept = daemon.kept();
    let theatre = daemon.lines("SELECT CAST(COUNT(*) AS TEXT) AS line FROM documents WHERE body IS NOT NULL");
    assert_eq!(daemon.prune_class(Class::Documents, 90, false).0.to_string(), theatre[0]);
    assert_eq!(daemon.prune_class(Class::Attempts, 90, false).0, 7, "not of the parked and the waiting one");
    assert_eq!(daemon.prune_class(Class::Parked, 90, false).0, 1);
    assert_eq!(daemon.prune_class(Class::Done, 90, false).0, 3, "those of the theatre");
    assert!(!daemon.bodiless().contains(&waiting.to_string()));
    assert_eq!(daemon.kept(), kept);
    assert_eq!(
        daemon.rows(
            &["action", "actor", "why", "filter", "events"],
            "FROM operator_actions WHERE action = 'prune' ORDER BY id LIMIT 1"
        ),
        [["prune", "anna", "yearly", &format!("done before=2025-11-17T12:00:00Z rows=2 bytes={}", would.1), "2"]]
    );
    assert!(rebuild(daemon.database(), None, None, 10, |_, _| {}).unwrap().iter().all(|book| book.is_identical()));
    database.execute("DELETE FROM inbox_attempts WHERE action_id IS NULL");
    check_invariants(daemon.database());
});

on_both_engines!(an_order_that_still_moves_keeps_its_bodies, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(order("a", json!({"tickets": [admission("p", "10.00", "19.00")]}))).await;
    daemon.deliver(order("b", json!({"tickets": [admission("q", "10.00", "19.00")]}))).await;
    daemon.set_clock("2025-12-03T12:00:00Z");
    daemon.close_month(database, "2025-11");
    // News of December about an order of November.
    daemon.deliver(order("b", json!({"tickets": []}))).await;
    daemon.set_clock("2026-03-03T12:00:00Z");
    assert_eq!(daemon.prune_class(Class::Done, 30, false).0, 1);
    assert_eq!(daemon.bodiless(), ["1"]);
    daemon.close_month(database, "2025-12");
    assert_eq!(daemon.prune_class(Class::Done, 30, false).0, 2);
    daemon.finish().await;
});

on_both_engines!(a_pruned_delivery_is_traced_and_its_replay_is_refused, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(PAID_ORDER).await;
    daemon.deliver(changed(PAID_ORDER, &[("/name", json!("Else"))])).await;
    daemon.set_clock("2025-12-03T12:00:00Z");
    daemon.close_month(database, "2025-11");
    database.execute("UPDATE inbox_events SET state = 'parked', reason = 'x' WHERE id = 2");
    daemon.prune_class(Class::Done, 0, false);
    daemon.prune_class(Class::Parked, 0, false);
    let kept = daemon.kept();
    let replayed = daemon.replay(&[1, 2]);
    assert_eq!((replayed.replayed, replayed.pruned), (0, 2));
    daemon.settle().await;
    assert_eq!(daemon.kept(), kept);
    let program = Program::new(database);
    let (code, said, _) = program.run(&["inbox", "replay", "1", "--yes"]);
    assert_eq!(code, 0);
    assert!(said.contains("because their bodies were deleted: 1"), "{said}");
    let (code, trace, _) = program.run(&["ledger", "trace", "event:1"]);
    assert!(code == 0 && trace.contains("pruned"), "{trace}");
    assert!(program.run(&["inbox", "show", "1", "--body"]).2.contains("was pruned"));
    assert_eq!(program.run(&["ledger", "verify"]).0, 0);
    assert_eq!(program.run(&["ledger", "rebuild"]).0, 0);
    daemon.finish().await;
});

on_both_engines!(the_command_asks_shows_and_takes, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(PAID_ORDER).await;
    daemon.set_clock("2025-12-03T12:00:00Z");
    daemon.close_month(database, "2025-11");
    let program = Program::new(database);
    let (code, said, _) = program.run(&["inbox", "prune", "--dry-run"]);
    assert_eq!(code, 0);
    assert!(said.contains("Total to delete: 0 rows, 0 bytes."), "ten years have not passed: {said}");
    assert!(said.contains("museum: only up to 2025-11, the last closed month."), "{said}");
    assert!(said.contains("theatre: nothing, because no month is closed"), "{said}");
    assert_eq!(program.run(&["inbox", "prune", "--older-than", "1d"]).0, 2);
    let both = ["inbox", "prune", "--older-than", "1d", "--class", "done", "--class", "parked", "--yes"];
    let (code, _, errors) = program.run(&both);
    assert!(code == 2 && errors.contains("never share an age"), "{errors}");
    let one = ["inbox", "prune", "--older-than", "1d", "--class", "done"];
    let (code, _, errors) = program.run(&one);
    assert!(code == 2 && errors.contains("delete the contents of 1 rows for good; pass --yes"), "{errors}");
    assert_eq!(daemon.bodiless(), Vec::<String>::new());
    let (code, json, _) = program.run(&[&one[..], &["--yes", "--format", "json"]].concat());
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (code, &json["taken"][0]["class"], &json["taken"][0]["rows"], &json["closed"]),
        (0, &json!("done"), &json!(1), &json!({"museum": "2025-11", "theatre": null}))
    );
    assert_eq!(daemon.bodiless(), ["1"]);
    assert!(program.run(&["inbox", "prune", "--class", "parked"]).1.contains("keeps this for ever"));
    assert_eq!(program.run(&["inbox", "prune", "--older-than", "1w", "--class", "done"]).0, 2);
    daemon.finish().await;
});

on_both_engines!(a_run_that_is_stopped_has_written_down_what_it_took, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(PAID_ORDER).await;
    let hash = "a".repeat(64);
    let bytes = if daemon.database().is_embedded() { "zeroblob(1000)" } else { "decode(repeat('00', 1000), 'hex')" };
    database.execute(&format!(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 12000)
         INSERT INTO inbox_events (source, kind, entity, received_at, method, headers, body, body_sha256, state, due_at)
         SELECT 'museum', 'order', 'order:' || n, '2025-11-11 14:36:50', 'POST', '{{}}', {bytes}, '{hash}',
             CASE WHEN n % 3 = 0 THEN 'superseded' ELSE 'done' END, '2025-11-11 14:36:50' FROM n"
    ));
    daemon.set_clock("2025-12-03T12:00:00Z");
    daemon.close_month(database, "2025-11");
    let now = daemon.clock.now();
    let all = [Rule::older_than(Class::Done, 0, now), Rule::older_than(Class::Superseded, 0, now)];
    let mut steps = 0;
    let Pruned { taken, unfinished, .. } = prune(daemon.database(), &all, None, now, Some(&reason()), |_| {
        steps += 1;
        steps < 3
    })
    .unwrap();
    assert!(unfinished && steps == 3);
    let gone: i64 = taken.iter().map(|taken| taken.rows).sum();
    assert!((30..2_000).contains(&gone), "steps are small: {gone}");
    assert_eq!(daemon.bodiless().len(), usize::try_from(gone).unwrap());
    let written = daemon.lines("SELECT CAST(events AS TEXT) AS line FROM operator_actions WHERE action = 'prune'");
    assert_eq!(written, [gone.to_string()]);
    let rest = prune(daemon.database(), &all, None, now, Some(&reason()), |_| true).unwrap();
    assert_eq!(rest.taken.iter().map(|taken| taken.rows).sum::<i64>() + gone, 12_001);
    assert_eq!(rest.taken[1].bytes + taken[1].bytes, 4_000_000);
    daemon.finish().await;
});

on_both_engines!(the_daemon_takes_by_itself_when_it_is_told_to, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(PAID_ORDER).await;
    daemon.set_clock("2025-12-03T12:00:00Z");
    daemon.close_month(database, "2025-11");
    let daemon = daemon
        .restart(|config| {
            config.retention = Retention { automatic: true, done_days: 10, ..Retention::default() };
        })
        .await
        .restart_working()
        .await;
    until("a body is gone", || !daemon.bodiless().is_empty()).await;
    let written = daemon.rows(&["actor", "why"], "FROM operator_actions WHERE action = 'prune'");
    assert_eq!(written, [["ticketledger serve", "the ages of [retention] in the settings"]]);
    daemon.finish().await;
});

#[test]
fn the_defaults_are_those_of_the_law_and_a_parked_body_is_kept_for_ever() {
    let now = crate::support::daemon::at("2036-12-31T23:00:00Z");
    let rules = rules(&Retention::default(), now);
    let classes: Vec<Class> = rules.iter().map(|rule| rule.class).collect();
    assert_eq!(classes, [Class::Done, Class::Superseded, Class::Documents, Class::Attempts]);
    // Of 1 January 2026: ten years from the end of 2026 on.
    assert!(rules[0].before < crate::support::daemon::at("2026-01-01T00:00:00Z"));
    assert!(rules[0].before > crate::support::daemon::at("2025-12-28T00:00:00Z"));
}

on_both_engines!(a_daemon_under_load_accepts_everything_while_it_is_pruned, |database| {
    let mut home = Home::new();
    home.set("TICKETLEDGER_DATABASE__URL", &database.url);
    let serving = home.serve();
    let hash = "a".repeat(64);
    let bytes = match database.engine {
        Engine::Sqlite => "zeroblob(2000)",
        Engine::Postgres => "decode(repeat('00', 2000), 'hex')",
    };
    database.execute(&format!(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 10000)
         INSERT INTO inbox_events (source, kind, entity, received_at, method, headers, body, body_sha256, state, due_at)
         SELECT 'museum', 'order', 'order:old' || n, '2025-01-11 14:36:50', 'POST', '{{}}', {bytes}, '{hash}', 'done',
             '2025-01-11 14:36:50' FROM n"
    ));
    let close = ["ledger", "close", "2025-01", "--source", "museum", "--why", "test"];
    assert_eq!(home.run(&close).code, Some(0));
    let (mut before, mut during) = (0, 0);
    under_load(&serving, |answered| {
        before = answered.lock().unwrap().len();
        let said = home.fine(&["inbox", "prune", "--class", "done", "--older-than", "30d", "--yes"]);
        during = answered.lock().unwrap().len() - before;
        assert!(said.contains("Total deleted: 10000 rows, 20000000 bytes."), "{said}");
    });
    assert!(during > 0, "deliveries were accepted meanwhile");
    let opened = database.open();
    let waiting = "SELECT 'x' AS line FROM inbox_events WHERE state = 'pending' LIMIT 1";
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(until("all is settled", || lines(&opened, waiting).is_empty()));
    assert_eq!(home.run(&["ledger", "verify"]).code, Some(0));
    assert_eq!(home.run(&["ledger", "rebuild"]).code, Some(0));
    serving.terminate();
    assert_eq!(serving.ended().code(), Some(0));
});
