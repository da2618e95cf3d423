//! The inbox commands: look, count, and work on events again beside a running daemon.

use ticketledger::clock::{Clock, Timestamp};
use ticketledger::config::{self, Source};
use ticketledger::inbox::State;
use ticketledger::inbox::operator::{self, Filter, Reason, Replayed, Selection};
use ticketledger::provider::classify_by_name;

use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, lines, rows};
use crate::support::db::{Engine, TestDatabase};
use crate::support::home::Home;
use crate::support::program::Program;

fn now() -> Timestamp {
    Timestamp::parse("2025-11-12T10:00:00Z").unwrap()
}

/// Number, state, whether leased, attempts and reason of every event.
fn events(database: &TestDatabase) -> Vec<String> {
    lines(
        &database.open(),
        "SELECT id || ' ' || state || ' ' || COALESCE(lease_token, '-') || ' ' || attempts || ' '
            || COALESCE(reason, '-') AS line FROM inbox_events ORDER BY id",
    )
}

/// One event of each kind that a replay meets. All but the last have been understood.
fn fill(database: &TestDatabase) {
    drop(database.open());
    let sha = "c".repeat(64);
    let bytes = match database.engine {
        Engine::Sqlite => "X'7b7d'",
        Engine::Postgres => "'\\x7b7d'",
    };
    let row = |id: i64, entity: &str, hour: i64, rest: &str| {
        format!(
            "({id}, 'museum', '{}', {entity}, '2025-11-11 {hour:02}:00:00', 'POST', '{{}}', {}, '{sha}', {rest})",
            if entity == "NULL" { "unknown" } else { "order" },
            if id < 4 { bytes } else { "NULL" }
        )
    };
    let rows = [
        row(1, "'order:A'", 8, "'parked', 'bad_amount', 1, '2025-11-11 08:00:00', NULL, '2025-11-11 08:00:00'"),
        row(2, "'order:B'", 9, "'parked', 'not_found', 12, '2025-11-11 09:00:00', NULL, '2025-11-11 09:00:00'"),
        row(3, "'order:C'", 10, "'done', NULL, 1, '2025-11-11 10:00:00', NULL, '2025-11-11 10:00:00'"),
        row(4, "'order:D'", 11, "'pending', NULL, 1, '2025-11-12 10:01:00', 'live', NULL"),
        row(5, "'order:E'", 12, "'pending', 'timeout', 3, '2025-11-12 09:59:00', 'expired', NULL"),
        row(6, "NULL", 13, "'parked', 'unread', 0, '2025-11-11 13:00:00', NULL, '2025-11-11 13:00:00'"),
    ];
    database.execute(&format!(
        "INSERT INTO inbox_events (id, source, kind, entity, received_at, method, headers, body, body_sha256, state,
            reason, attempts, due_at, lease_token, finished_at) VALUES {}",
        rows.join(", ")
    ));
}

fn sources(database: &TestDatabase) -> Vec<Source> {
    let program = Program::new(database);
    let environment = [("MUSEUM_HOOK".to_owned(), "0123456789abcdef0123456789abcdef".to_owned())].into();
    config::load(Some(&program.path("ticketledger.toml")), &environment).unwrap().sources
}

fn replay(database: &TestDatabase, selection: &Selection) -> Replayed {
    let reason = Reason { actor: "operator".to_owned(), why: "the rate is known now".to_owned() };
    let (opened, clock) = (database.open(), Clock::manual(now()));
    operator::replay(&opened, &clock, &classify_by_name(&sources(database)), selection, &reason, None, |_| ()).unwrap()
}

fn all() -> Selection {
    Selection::Matching(Filter::default())
}

on_both_engines!(replay_sets_parked_events_back_and_writes_it_down, |database| {
    fill(database);
    let parked = Filter {
        states: Some(vec![State::Parked]),
        reason: Some("not_found".to_owned()),
        since: Timestamp::parse("2025-11-11T09:00:00Z"),
        ..Filter::default()
    };
    let selection = Selection::Matching(parked);
    assert_eq!(operator::preview(&database.open(), &selection).unwrap().len(), 1);
    assert_eq!(replay(database, &selection), Replayed { replayed: 1, in_work: 0, still_parked: 0, pruned: 0 });
    assert_eq!(
        events(database)[..3],
        ["1 parked - 1 bad_amount", "2 pending - 0 -", "3 done - 1 -"],
        "only the chosen one, with a fresh budget"
    );
    let action = || rows(&database.open(), &["action", "actor", "why", "filter", "events"], "FROM operator_actions");
    assert_eq!(
        action(),
        [[
            "replay",
            "operator",
            "the rate is known now",
            "state=parked reason=not_found since=2025-11-11T09:00:00Z",
            "1"
        ]]
    );
    let history = operator::store::attempts(&mut database.open().reader().unwrap(), 2).unwrap();
    let line =
        (history[0].verdict.as_str(), history[0].reason.as_str(), history[0].attempt, history[0].actor.as_deref());
    assert_eq!(line, ("replay", "not_found", 12, Some("operator")), "the history keeps what it was parked for");
});

on_both_engines!(replay_leaves_alone_what_a_worker_is_at, |database| {
    fill(database);
    // 4 has a live lease; the lease of 5 has run out; 6 cannot be understood, as its body is gone.
    assert_eq!(replay(database, &all()), Replayed { replayed: 4, in_work: 1, still_parked: 1, pruned: 0 });
    assert_eq!(
        events(database),
        [
            "1 pending - 0 -",
            "2 pending - 0 -",
            "3 pending - 0 -",
            "4 pending live 1 -",
            "5 pending - 0 -",
            "6 parked - 0 body_pruned",
        ]
    );
    assert_eq!(
        replay(database, &Selection::Ids(vec![3, 4])),
        Replayed { replayed: 1, in_work: 1, still_parked: 0, pruned: 0 }
    );
});

on_both_engines!(replay_reads_anew_what_was_not_understood, |database| {
    fill(database);
    let body = |bytes: &[u8]| match database.engine {
        Engine::Sqlite => format!("X'{}'", hex::encode(bytes)),
        Engine::Postgres => format!("'\\x{}'", hex::encode(bytes)),
    };
    let only = Selection::Ids(vec![6]);
    database.execute(&format!("UPDATE inbox_events SET body = {} WHERE id = 6", body(b"{ no json")));
    assert_eq!(replay(database, &only), Replayed { replayed: 0, in_work: 0, still_parked: 1, pruned: 0 });
    let read = &events(database)[5];
    assert!(read.starts_with("6 parked - 0 ") && !read.ends_with("unread"), "{read}");
    database.execute(&format!("UPDATE inbox_events SET body = {} WHERE id = 6", body(PAID_ORDER.as_bytes())));
    assert_eq!(replay(database, &only), Replayed { replayed: 1, in_work: 0, still_parked: 0, pruned: 0 });
    assert_eq!(events(database)[5], "6 pending - 0 -");
    let about = lines(&database.open(), "SELECT kind || ' ' || entity AS line FROM inbox_events WHERE id = 6");
    assert!(about[0].starts_with("order order:"), "{about:?}");
});

on_both_engines!(stats_count_parked_events_by_reason, |database| {
    fill(database);
    let counts = operator::stats(&database.open(), Some("museum")).unwrap();
    let lines: Vec<String> = counts
        .iter()
        .map(|count| format!("{} {} {}", count.state, count.reason.as_deref().unwrap_or("-"), count.events))
        .collect();
    assert_eq!(lines, ["done - 1", "parked bad_amount 1", "parked not_found 1", "parked unread 1", "pending - 2"]);
    assert_eq!(counts[4].oldest_received_at, Timestamp::parse("2025-11-11T11:00:00Z"));
    assert_eq!(operator::stats(&database.open(), Some("theatre")).unwrap(), []);
});

on_both_engines!(the_inbox_commands_say_what_they_see, |database| {
    fill(database);
    let program = Program::new(database);
    let (code, stats, _) = program.run(&["inbox", "stats", "--format", "csv"]);
    assert_eq!(code, 3, "something is parked");
    assert!(stats.starts_with("source,state,reason,events,oldest_received_at\n"), "{stats}");

    let list = program.run(&["inbox", "list", "--state", "parked", "--format", "csv", "--limit", "2"]).1;
    let ids: Vec<&str> = list.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(ids, ["6", "2"], "the newest first");
    let entity = program.run(&["inbox", "list", "--entity", "order:A", "--until", "2025-11-12", "--format", "csv"]).1;
    assert_eq!(entity.lines().count(), 2, "{entity}");

    let shown = program.run(&["inbox", "show", "1", "--format", "json"]).1;
    assert!(shown.contains("\"reason\": \"bad_amount\"") && shown.contains("\"history\": []"), "{shown}");
    assert!(program.run(&["inbox", "show", "4", "--body"]).2.contains("was pruned"));

    let (code, preview, _) = program.run(&["inbox", "replay", "--dry-run"]);
    assert_eq!(code, 0);
    assert!(preview.contains("Effect of processing 3 webhooks again"), "{preview}");
    let (code, _, errors) = program.run(&["inbox", "replay"]);
    assert!(code == 2 && errors.contains("--yes"), "{errors}");
    assert_eq!(events(database)[0], "1 parked - 1 bad_amount", "nothing has happened yet");

    let (code, done, errors) = program.run(&["inbox", "replay", "--yes", "--why", "fixed", "--format", "json"]);
    assert_eq!((code, errors.as_str()), (0, ""));
    assert!(done.contains("\"replayed\": 2") && done.contains("\"still_parked\": 1"), "{done}");
    assert!(program.run(&["inbox", "show", "1"]).1.contains("operator"), "the history names who replayed it");
    database.execute("UPDATE inbox_events SET state = 'done', lease_token = NULL");
    assert_eq!(program.run(&["inbox", "stats"]).0, 0);
});

#[test]
fn a_manual_act_without_an_operator_is_refused_and_a_dry_run_needs_none() {
    let home = Home::new();
    drop(home.database());
    std::fs::write(home.path("fees.csv"), "date,reference,kind,currency,amount\n").unwrap();
    let acts: [&[&str]; 7] = [
        &["inbox", "replay", "--yes"],
        &["inbox", "prune", "--yes"],
        &["findings", "ack", "--reason", "underpaid", "--why", "known"],
        &["ledger", "import", "fees.csv", "--source", "museum", "--why", "fees", "--yes"],
        &["ledger", "reverse", "1", "--source", "museum", "--why", "wrong month"],
        &["ledger", "close", "2025-10", "--source", "museum"],
        &["contact", "erase", "1", "--why", "asked for", "--yes"],
    ];
    for act in acts {
        let refused = home.command(act).env_remove("USER").output().unwrap();
        let errors = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{act:?}: {errors}");
        assert!(errors.contains("no operator is named; pass --actor NAME"), "{act:?}: {errors}");
        let unnamed = home.command(act).env_remove("USER").arg("--actor= ").output().unwrap();
        assert_eq!(unnamed.status.code(), Some(2), "{act:?}: an empty name is no name");
        let preview = home.command(act).env_remove("USER").arg("--dry-run").output().unwrap();
        let errors = String::from_utf8(preview.stderr).unwrap();
        assert!(!errors.contains("no operator"), "{act:?}: {errors}");
    }
}
