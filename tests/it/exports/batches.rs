//! Every posting goes out exactly once for each target, and a batch can be written again.

use ticketledger::export::BatchName;

use super::{file, files, late, objects, orders, run};
use crate::histories::{World, play};
use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, rows};
use crate::support::program::Program;
use crate::support::random::Random;

const TARGETS: [&str; 5] = ["csv", "jsonl", "hledger", "beancount", "parquet"];

fn export(program: &Program, target: &str, folder: &str) -> String {
    run(program, 0, &["export", target, "--period", "2025-11", "--source", "museum", "--out", folder])
}

on_both_engines!(a_posting_goes_out_once_and_a_late_one_with_the_next_batch, async |database| {
    let daemon = TestDaemon::start(database).await;
    orders(&daemon).await;
    let program = Program::new(database);
    for target in TARGETS {
        let said = run(&program, 0, &["export", target, "--period", "2025-11", "--dry-run", "--out", "dry"]);
        assert!(said.contains("Nothing was written"), "{said}");
        assert!(!program.path("dry").exists());
        let said = export(&program, target, "first");
        assert!(said.contains(&format!("{target}/museum/2025-11/1:")), "{said}");
        let said = export(&program, target, "first");
        assert!(said.contains("nothing new"), "{said}");
    }
    let first = files(&program.path("first"));
    assert_eq!(first.len(), TARGETS.len(), "one file each, and none that is unfinished: {:?}", first.keys());

    late(&daemon).await;
    // Names change as well; what went out does not.
    database.execute(
        "UPDATE event_titles SET title = 'renamed', version = version + 1; UPDATE orders SET order_code = 'OTHER'",
    );
    for target in TARGETS {
        export(&program, target, "second");
        run(&program, 0, &["export", "again", &format!("{target}/museum/2025-11/1"), "--out", "again"]);
    }
    assert_eq!(files(&program.path("again")), first, "byte for byte");

    let wanted = rows(
        daemon.database(),
        &["entry_no", "line_no", "account", "amount_minor"],
        "FROM v_gl WHERE source = 'museum' AND period = '2025-11' ORDER BY entry_no, line_no",
    );
    let lines = |folder, name| objects(&file(&program, folder, name).1);
    let mut all = lines("first", "museum-2025-11-1.jsonl");
    let second = lines("second", "museum-2025-11-2.jsonl");
    assert_eq!(second.len(), 5, "a reversal and a refund");
    assert!(second.iter().all(|line| line["order_code"] == "RQW-ETD72D"), "an order keeps its code: {second:?}");
    all.extend(second);
    let said = |line: &serde_json::Value, name: &str| match &line[name] {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut found: Vec<Vec<String>> = all
        .iter()
        .map(|line| ["entry_no", "line_no", "account", "amount_minor"].map(|name| said(line, name)).into())
        .collect();
    found.sort_by_key(|row| (row[0].parse::<i64>().unwrap(), row[1].parse::<i64>().unwrap()));
    assert_eq!(found, wanted);
    daemon.finish().await;
});

on_both_engines!(the_newest_batch_can_be_taken_back, async |database| {
    let daemon = TestDaemon::start(database).await;
    orders(&daemon).await;
    let program = Program::new(database);
    export(&program, "jsonl", "out");
    late(&daemon).await;
    export(&program, "jsonl", "out");
    let take_back = |code, batch: &str| run(&program, code, &["export", "take-back", batch, "--reason", "wrong month"]);
    let said = take_back(1, "jsonl/museum/2025-11/1");
    assert!(said.contains("take back jsonl/museum/2025-11/2 first"), "{said}");
    assert!(take_back(0, "jsonl/museum/2025-11/2").contains("Delete museum-2025-11-2.jsonl"));
    assert!(take_back(1, "jsonl/museum/2025-11/2").contains("was taken back"));
    let said = run(&program, 1, &["export", "again", "jsonl/museum/2025-11/2"]);
    assert!(said.contains("was taken back"), "{said}");
    take_back(0, "jsonl/museum/2025-11/1");
    assert!(export(&program, "jsonl", "out").contains("jsonl/museum/2025-11/3: "));
    let all = objects(&file(&program, "out", "museum-2025-11-3.jsonl").1);
    let lines = rows(daemon.database(), &["line_no"], "FROM v_gl WHERE source = 'museum' AND period = '2025-11'");
    assert_eq!(all.len(), lines.len());

    let listed = run(&program, 0, &["export", "list"]);
    assert_eq!(listed.lines().count(), 5, "{listed}");
    assert_eq!(listed.matches("taken back by operator").count(), 2, "{listed}");
    let json: serde_json::Value =
        serde_json::from_str(&run(&program, 0, &["export", "list", "--format", "json"])).unwrap();
    assert_eq!(json[2]["batch"], "jsonl/museum/2025-11/3");
    assert_eq!(json[2]["files"][0]["rows"], all.len());
    assert!(json[2]["debit_minor"]["EUR"].as_i64().unwrap() > 0);
    run(&program, 2, &["export", "take-back", "jsonl/museum/2025-11/3"]);
    run(&program, 2, &["export", "again", "jsonl/museum/3"]);
    assert!(run(&program, 1, &["export", "again", "csv/museum/2025-11/1"]).contains("there is no batch"));
    daemon.finish().await;

    // Whoever knows SQL cannot make a batch unhappen either.
    for sql in [
        "DELETE FROM export_batches",
        "UPDATE export_batches SET until_no = until_no + 1",
        "UPDATE export_batches SET taken_back_at = NULL",
        "UPDATE export_batches SET taken_back_at = created_at, taken_back_by = 'x', taken_back_reason = 'x'",
    ] {
        assert!(database.try_execute(sql).is_err(), "{sql}");
    }
});

on_both_engines!(a_file_that_would_differ_is_not_written, async |database| {
    let daemon = TestDaemon::start(database).await;
    orders(&daemon).await;
    let program = Program::new(database);
    export(&program, "csv", "out");
    let before = files(&program.path("out"));
    // The code of an order in what was fixed: no command does this.
    database.execute("UPDATE export_orders SET order_code = 'X'");
    let said = run(&program, 1, &["export", "again", "csv/museum/2025-11/1", "--out", "out"]);
    assert!(said.contains("cannot be written again as it was") && said.contains("museum-2025-11-1.csv"), "{said}");
    assert_eq!(files(&program.path("out")), before, "the file is as it was, and none is left over");
    // A file that is in the way is not replaced by a new batch.
    late(&daemon).await;
    std::fs::write(program.path("out/museum-2025-11-2.csv"), "mine").unwrap();
    let said = run(&program, 1, &["export", "csv", "--period", "2025-11", "--out", "out"]);
    assert!(said.contains("is there already"), "{said}");
    assert_eq!(run(&program, 0, &["export", "list"]).lines().count(), 3, "nothing was remembered");
    daemon.finish().await;
});

on_both_engines!(a_year_has_a_batch_for_each_month_and_every_source_its_own, async |database| {
    let daemon = TestDaemon::start(database).await;
    orders(&daemon).await;
    daemon.set_clock("2025-12-03T12:00:00Z");
    daemon.deliver(crate::support::daemon::refunded("2025-12-02T09:00:00Z", "2025-12-02T10:00:00Z")).await;
    let program = Program::new(database);
    let said = run(&program, 0, &["export", "csv", "--period", "2025", "--out", "out"]);
    assert!(said.contains("csv/museum/2025-11/1:") && said.contains("csv/museum/2025-12/1:"), "{said}");
    let said = run(&program, 0, &["export", "csv", "--period", "2024"]);
    assert!(said.contains("There are no entries in 2024"), "{said}");
    run(&program, 2, &["export", "csv"]);
    run(&program, 2, &["export", "csv", "--period", "2025-11", "--source", "nobody"]);
    daemon.finish().await;
});

// Deliveries, exports and batches taken back in any order: in the end each posting is in one batch that holds.
on_both_engines!(whatever_is_exported_when_each_posting_is_in_one_batch, async |database| {
    let daemon = TestDaemon::start(database).await;
    let mut random = Random::new(7);
    let deliveries = World::new(&mut random, 12).mixed(&mut random);
    let program = Program::new(database);
    for part in deliveries.chunks(4) {
        play(&daemon, part, 2).await;
        run(&program, 0, &["export", "jsonl", "--period", "2025", "--out", "out"]);
        if random.one_in(2) {
            let live = "FROM export_batches WHERE taken_back_at IS NULL";
            let live = rows(
                daemon.database(),
                &["target", "source", "period", "MAX(number)"],
                &format!("{live} GROUP BY target, source, period ORDER BY period"),
            );
            let batch = live[random.index(live.len())].join("/");
            run(&program, 0, &["export", "take-back", &batch, "--reason", "to see"]);
        }
    }
    run(&program, 0, &["export", "jsonl", "--period", "2025", "--out", "out"]);
    let live = "FROM export_batches WHERE taken_back_at IS NULL ORDER BY source, period, number";
    let names = rows(daemon.database(), &["source", "period", "number"], live);
    let lines = names.iter().flat_map(|name| objects(&file(&program, "out", &format!("{}.jsonl", name.join("-"))).1));
    let mut found: Vec<(i64, i64)> =
        lines.map(|line| (line["entry_no"].as_i64().unwrap(), line["line_no"].as_i64().unwrap())).collect();
    found.sort_unstable();
    let all = rows(daemon.database(), &["entry_no", "line_no"], "FROM v_gl ORDER BY entry_no, line_no");
    let all: Vec<(i64, i64)> = all.iter().map(|row| (row[0].parse().unwrap(), row[1].parse().unwrap())).collect();
    assert_eq!(found, all);
    assert!(rows(daemon.database(), &["number"], "FROM export_batches WHERE taken_back_at IS NOT NULL").len() > 1);
    daemon.finish().await;
});

#[test]
fn names_of_batches_read_back() {
    for name in ["datev/museum/2025-11/1", "csv-pairs/a-b/2026-01/12"] {
        assert_eq!(BatchName::parse(name).map(|name| name.to_string()).as_deref(), Some(name));
    }
    for name in ["", "datev/museum/2025-11", "datev/museum/2025-11/0", "x/museum/2025-11/1", "datev//2025-11/1/2"] {
        assert!(BatchName::parse(name).is_none(), "{name}");
    }
}
