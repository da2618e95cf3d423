//! Exports that are cut, overtaken, split or moved to another database.

use std::io::Read as _;
use std::path::Path;

use ticketledger::clock::Clock;
use ticketledger::db::{Database, Role};
use ticketledger::export::{Error, Parameters, Request, Target, export};
use ticketledger::ledger::book::Month;
use ticketledger::maintenance::copy::copy;

use super::datev::settings;
use super::{files, late, orders, run, with_settings};
use crate::on_both_engines;
use crate::support::book::{Book, Line};
use crate::support::daemon::TestDaemon;
use crate::support::db::{Engine, TestDatabase};
use crate::support::program::Program;

on_both_engines!(an_export_that_is_killed_leaves_nothing_behind_that_could_be_used, async |database| {
    let daemon = TestDaemon::start(database).await;
    orders(&daemon).await;
    let program = Program::new(database);
    let out = program.path("out");
    std::fs::create_dir(&out).unwrap();
    // The unfinished file is a pipe, so that the export stands still when it is full of what we do not read.
    let pipe = out.join("museum-2025-11-1.jsonl.partial");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let arguments = ["export", "jsonl", "--period", "2025-11", "--out", "out"];
    let mut child = program.command(&arguments).spawn().unwrap();
    let mut reader = std::fs::File::open(&pipe).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).unwrap();
    assert_eq!(files_but_pipes(&out), Vec::<String>::new());
    assert_eq!(run(&program, 0, &["export", "list"]), "Nothing was exported yet.\n");
    std::fs::remove_file(&pipe).unwrap();
    // What is left of a cut export is in nobody's way.
    std::fs::write(&pipe, "half of an obj").unwrap();
    run(&program, 0, &arguments);
    let files = files(&out);
    assert_eq!(files.keys().collect::<Vec<_>>(), ["museum-2025-11-1.jsonl"]);
    assert!(super::objects(std::str::from_utf8(&files["museum-2025-11-1.jsonl"]).unwrap()).len() > 30);
    daemon.finish().await;
});

fn files_but_pipes(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_file()).map(|path| path.display().to_string()).collect()
}

on_both_engines!(of_two_exports_at_once_one_is_told_that_it_was_overtaken, async |database| {
    let daemon = TestDaemon::start(database).await;
    orders(&daemon).await;
    let folder = tempfile::Builder::new().prefix("ticketledger-").tempdir().unwrap();
    let [slow, fast] = ["slow", "fast"].map(|name| folder.path().join(name));
    let parameters = Parameters::default();
    let request = |folder| Request {
        target: Target::Csv,
        source: "museum",
        month: Month::parse("2025-11").unwrap(),
        folder,
        parameters: &parameters,
        by: "test",
        dry_run: false,
    };
    let clock = Clock::manual(daemon.clock.now());
    let mut faster = None;
    let slower = export(daemon.database(), &clock, &request(&slow), &mut |_| {
        if faster.is_none() {
            faster = Some(export(daemon.database(), &clock, &request(&fast), &mut |_| {}));
        }
    });
    assert_eq!(faster.unwrap().unwrap().result, "exported");
    assert!(matches!(slower, Err(Error::Overtaken(_))), "{slower:?}");
    assert!(files(&slow).is_empty(), "its files are gone");
    assert_eq!(files(&fast).len(), 1);
    assert_eq!(export(daemon.database(), &clock, &request(&slow), &mut |_| {}).unwrap().result, "nothing_new");
    daemon.finish().await;
});

#[test]
fn a_batch_of_the_embedded_database_is_the_same_on_the_server() {
    let (Some(from), Some(to)) = (TestDatabase::new(Engine::Sqlite), TestDatabase::new(Engine::Postgres)) else {
        return;
    };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let daemon = TestDaemon::start(&from).await;
        orders(&daemon).await;
        let settings = settings("");
        let program = with_settings(&from, &settings);
        let targets = ["csv", "jsonl", "hledger", "beancount", "parquet", "datev"];
        for target in targets {
            run(&program, 0, &["export", target, "--period", "2025-11", "--out", "out"]);
        }
        late(&daemon).await;
        let now = daemon.clock.now();
        daemon.finish().await;
        let [source, target] = [&from, &to].map(|database| Database::open(&database.url, Role::Copier).unwrap());
        copy(&source, &target, now, |_, _, _| {}).unwrap();
        drop((source, target));
        let moved = with_settings(&to, &settings);
        for target in targets {
            run(&moved, 0, &["export", "again", &format!("{target}/museum/2025-11/1"), "--out", "out"]);
        }
        assert_eq!(files(&moved.path("out")), files(&program.path("out")));
        assert!(run(&moved, 0, &["export", "csv", "--period", "2025-11"]).contains("csv/museum/2025-11/2: 2 entries"));
    });
}

/// A month with more entries than DATEV takes rows in one file.
fn write_large_month(database: &TestDatabase) {
    drop(database.open());
    let mut book = Book::new(database, "museum");
    let line = |account, minor| Line { account, minor, ..Line::default() };
    book.post("2025-11-08", "X", "payment", &[line("assets:clearing:Card", 100), line("assets:receivable", -100)]);
    // The guards of the ledger look at each entry, and here only the number of them matters.
    database.execute(
        "DROP TRIGGER postings_insert; DROP TRIGGER journal_entries_insert;
         WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 100001)
         INSERT INTO postings SELECT source, i, line_no, account_code, currency, amount_minor, order_id, line_key,
            item_kind, event_id, event_key, event_date_id, service_date, vat_bp, tax_base_minor, qty, payment_id,
            payment_method, voucher_id, channel_id FROM n, postings WHERE entry_no = 1;
         WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 100001)
         INSERT INTO journal_entries SELECT source, i, kind, event_type, order_id, snapshot_no, atom_key, atom_hash,
            reverses_no, reason_code, currency, effective_at, effective_basis, booking_date, recorded_at,
            inbox_event_id, policy_id, line_count, 'key ' || i, hash_version, printf('%064x', i - 1),
            printf('%064x', i) FROM n, journal_entries WHERE entry_no = 1",
    );
}

/// More rows than DATEV takes in one file.
#[test]
fn a_large_month_is_split_into_files_that_datev_takes() {
    let Some(database) = TestDatabase::new(Engine::Sqlite) else { return };
    write_large_month(&database);
    let program = with_settings(&database, &settings(""));
    run(&program, 0, &["export", "datev", "--period", "2025-11", "--out", "out"]);
    let files = files(&program.path("out"));
    let names: Vec<&String> = files.keys().collect();
    let name = |file| format!("EXTF_Buchungsstapel_museum-2025-11-1-{file}of2.csv");
    assert_eq!(names, [&name(1), &name(2)]);
    let rows: Vec<usize> = files.values().map(|bytes| bytes.iter().filter(|byte| **byte == b'\n').count()).collect();
    assert_eq!(rows, [99_999 + 2, 2 + 2]);
    let second = String::from_utf8_lossy(&files[&name(2)]).into_owned();
    assert!(second.contains("\"museum 2025/11 2/2\""), "{}", second.lines().next().unwrap());
}

/// The memory is looked at while the export waits for us to read on.
#[test]
fn memory_does_not_grow_with_the_month() {
    let Some(database) = TestDatabase::new(Engine::Sqlite) else { return };
    write_large_month(&database);
    let program = Program::new(&database);
    let out = program.path("out");
    std::fs::create_dir(&out).unwrap();
    let pipe = out.join("museum-2025-11-1.csv.partial");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut child = program.command(&["export", "csv", "--period", "2025-11", "--out", "out"]).spawn().unwrap();
    let mut reader = std::fs::File::open(&pipe).unwrap();
    let mut memory_after = |bytes: usize| -> u64 {
        reader.read_exact(&mut vec![0; bytes]).unwrap();
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    let (early, late) = (memory_after(1_000_000), memory_after(25_000_000));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(late < 48 * 1024 && late < early + 8 * 1024, "{early} kB, then {late} kB");
}
