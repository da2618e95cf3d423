//! A year of both providers through every export, read back by whoever is there: each posting exactly once for each
//! target, and the sums of each account those of the trial balance, to the cent.

mod book;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use self::book::{YEAR, Year};
use super::datev::{self, Reader};
use super::{files, objects, run, with_settings};
use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, rows};
use crate::support::program::Program;

/// What is exported, and of which sources.
const TARGETS: [(&str, &[&str]); 8] = [
    ("csv", &["csv"]),
    ("jsonl", &["jsonl"]),
    ("parquet", &["parquet"]),
    ("hledger", &["hledger"]),
    ("beancount", &["beancount"]),
    ("csv-pairs", &["csv", "--shape", "pairs"]),
    ("datev", &["datev", "--source", "museum"]),
    ("banana", &["banana", "--source", "theatre"]),
];

/// Sums by source and account.
type Sums = BTreeMap<(String, String), i64>;

fn settings() -> String {
    let theatre = "[[sources]]\nname = \"theatre\"\nprovider = \"ticketpark\"\ntimezone = \"Europe/Zurich\"\n\
        country = \"CH\"\npath_secrets = [\"file:theatre-hook\"]\n\
        api = { base_url = \"http://127.0.0.1:9\", client_key = \"env:MUSEUM_HOOK\", \
        client_secret = \"env:MUSEUM_HOOK\" }\n\
        [sources.exports]\naccounts = [{ code = \"assets:clearing:\", account = \"1099\" }]\n";
    datev::settings("") + theatre
}

fn export(program: &Program, folder: &str) {
    for (target, arguments) in TARGETS {
        let folder = format!("{folder}/{target}");
        let period = YEAR.to_string();
        run(program, 0, &[&["export"], arguments, &["--period", &period, "--out", &folder]].concat());
    }
}

/// The files of a target in the order of their names, over all folders.
fn written(program: &Program, folders: &[&str], target: &str) -> Vec<(String, Vec<u8>)> {
    let of = |folder: &&str| files(&program.path(folder).join(target)).into_iter();
    folders.iter().filter(|folder| program.path(folder).join(target).exists()).flat_map(of).collect()
}

/// The lines of the journal: source, number of entry and line, account, amount.
fn journal(daemon: &TestDaemon) -> Vec<Vec<String>> {
    let columns = ["source", "entry_no", "line_no", "account", "amount_minor"];
    let mut lines = rows(daemon.database(), &columns, &format!("FROM v_gl WHERE period LIKE '{YEAR}-%'"));
    lines.sort();
    lines
}

/// Entries that have lines, by source.
fn entries(lines: &[Vec<String>]) -> Vec<String> {
    let entries: BTreeSet<String> = lines.iter().map(|line| format!("{}/{}", line[0], line[1])).collect();
    entries.into_iter().collect()
}

fn sums(lines: &[Vec<String>]) -> Sums {
    let mut sums = Sums::new();
    for line in lines {
        *sums.entry((line[0].clone(), line[3].clone())).or_default() += line[4].parse::<i64>().unwrap();
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

on_both_engines!(a_year_goes_out_once_and_ties_everywhere, async |database| {
    let year = Year::start(database).await;
    let program = with_settings(database, &settings());
    std::fs::write(program.path("theatre-hook"), "fedcba9876543210fedcba9876543210").unwrap();
    for month in 1..=6 {
        year.month(month).await;
        year.month_end(month).await;
        if month < 6 {
            year.close(database, month);
        }
    }
    export(&program, "first");
    // May is closed, so what comes late for it is booked in June; June itself is open.
    year.late(5).await;
    year.late(6).await;
    export(&program, "late");
    year.close(database, 6);
    for month in 7..=12 {
        year.month(month).await;
        year.month_end(month).await;
        year.close(database, month);
    }
    export(&program, "last");
    export(&program, "nothing");
    assert!(!program.path("nothing").exists(), "nothing is new");

    let daemon = &year.daemon;
    let lines = journal(daemon);
    assert!(lines.len() > 500, "{}", lines.len());
    let reversed = rows(daemon.database(), &["COUNT(*)"], "FROM v_late_adjustments WHERE source = 'museum'");
    assert_ne!(reversed[0][0], "0", "there are late facts");
    let folders = ["first", "late", "last"];
    tables(&program, &folders, &lines);
    plaintext(daemon, &program, &folders, &lines);
    let museum: Vec<Vec<String>> = lines.iter().filter(|line| line[0] == "museum").cloned().collect();
    let theatre: Vec<Vec<String>> = lines.iter().filter(|line| line[0] == "theatre").cloned().collect();
    in_datev(daemon, &program, &folders, &museum);
    in_banana(&program, &folders, &theatre);
    in_pairs(daemon, &program, &folders, &lines);
    again(&program, &folders);
    packs(&program);
    year.daemon.finish().await;
});

/// CSV, JSON lines and Parquet have each line once.
fn tables(program: &Program, folders: &[&str], lines: &[Vec<String>]) {
    let mut found: Vec<Vec<String>> = Vec::new();
    for (_, bytes) in written(program, folders, "jsonl") {
        for line in objects(&String::from_utf8(bytes).unwrap()) {
            let text = |name: &str| line[name].as_str().map_or_else(|| line[name].to_string(), str::to_owned);
            found.push(["source", "entry_no", "line_no", "account", "amount_minor"].map(text).into());
        }
    }
    found.sort();
    assert_eq!(found, lines);
    let mut found: Vec<Vec<String>> = Vec::new();
    for (_, bytes) in written(program, folders, "csv") {
        let text = String::from_utf8(bytes).unwrap();
        let titles: Vec<&str> = text.lines().next().unwrap().split(',').collect();
        let place = |name: &str| titles.iter().position(|title| *title == name).unwrap();
        let places = ["source", "entry_no", "line_no", "account", "amount"].map(place);
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            let mut row: Vec<String> = places.map(|place| fields[place].to_owned()).into();
            row[4] = row[4].replace('.', "").parse::<i64>().unwrap().to_string();
            found.push(row);
        }
    }
    found.sort();
    assert_eq!(found, lines);
    let paths: Vec<PathBuf> = folders.iter().map(|folder| program.path(folder).join("parquet")).collect();
    let Some(read) = super::tables::python_sums(&paths) else { return };
    for found in read {
        assert_eq!(found, sums(lines));
    }
}

/// hledger and beancount accept each file; the last of a source has the balances of its book.
fn plaintext(daemon: &TestDaemon, program: &Program, folders: &[&str], lines: &[Vec<String>]) {
    for target in ["hledger", "beancount"] {
        let mut named = Vec::new();
        for folder in folders {
            for (name, bytes) in written(program, &[folder], target) {
                let path = program.path(folder).join(target).join(&name);
                let checked = super::plaintext::accepted(&path);
                assert!(checked.as_ref().is_none_or(|(fine, _)| *fine), "{name}: {checked:?}");
                named.extend(super::plaintext::entries(&String::from_utf8(bytes).unwrap()));
            }
        }
        assert_eq!(sorted(named), entries(lines), "{target}");
    }
    let wanted = rows(
        daemon.database(),
        &["source", "account", "balance_minor"],
        "FROM v_trial_balance WHERE balance_minor <> 0 ORDER BY source, account",
    );
    let mut found = Vec::new();
    for source in ["museum", "theatre"] {
        let name = format!("last/hledger/{source}-{YEAR}-12-1.journal");
        let Some(balances) = super::plaintext::balances(&program.path(&name)) else { return };
        found.extend(balances.into_iter().map(|(account, minor)| vec![source.to_owned(), account, minor.to_string()]));
    }
    assert_eq!(found, wanted);
}

fn in_datev(daemon: &TestDaemon, program: &Program, folders: &[&str], lines: &[Vec<String>]) {
    let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
    let mut batches: Vec<String> = Vec::new();
    let (mut paths, mut gross) = (Vec::new(), Vec::new());
    for folder in folders {
        for (name, bytes) in written(program, &[folder], "datev") {
            assert_eq!(datev::wrong(&bytes), Vec::<String>::new(), "{name}");
            let month = name["EXTF_Buchungsstapel_museum-".len()..][..7].to_owned();
            for (account, minor) in datev::booked(&bytes) {
                *sums.entry((month.clone(), account)).or_default() += minor;
            }
            // Every entry is whole in one batch.
            let of_batch: BTreeSet<String> = datev::entries(&bytes).into_iter().collect();
            batches.extend(of_batch);
            paths.push(program.path(folder).join("datev").join(&name));
            gross.push(datev::gross(&bytes));
        }
    }
    assert_eq!(sorted(batches), entries(lines));
    if let Some(reader) = Reader::find() {
        assert_eq!(reader.legs(&paths), gross);
    }
    let months: BTreeSet<String> = sums.keys().map(|(month, _)| month.clone()).collect();
    assert_eq!(months.len(), 12);
    for month in months {
        let found = sums.iter().filter(|((of, _), minor)| *of == month && **minor != 0);
        let found: Vec<(String, i64)> = found.map(|((_, account), minor)| (account.clone(), *minor)).collect();
        assert_eq!(found, datev::wanted(daemon, &month).into_iter().collect::<Vec<_>>(), "{month}");
    }
}

/// The VAT that Banana takes out by the code is ours.
fn in_banana(program: &Program, folders: &[&str], lines: &[Vec<String>]) {
    let mut found: BTreeMap<&str, i64> = BTreeMap::new();
    let texts: Vec<String> =
        written(program, folders, "banana").into_iter().map(|(_, bytes)| String::from_utf8(bytes).unwrap()).collect();
    let mut named = BTreeSet::new();
    for line in texts.iter().flat_map(|text| text.lines().skip(1)) {
        let fields: Vec<&str> = line.split('\t').collect();
        let minor: i64 = fields[6].replace('.', "").parse().unwrap();
        *found.entry(fields[4]).or_default() += minor;
        *found.entry(fields[5]).or_default() -= minor;
        named.insert(fields[2].to_owned());
        let side = if fields[5] == "3400" { 1 } else { -1 };
        match fields[7] {
            "" => continue,
            "V26" => {}
            other => panic!("{other}"),
        }
        let vat = side * ((2 * minor * 260 + 10_260) / (2 * 10_260));
        *found.entry("3400").or_default() += vat;
        *found.entry("2200").or_default() -= vat;
    }
    assert_eq!(named.into_iter().collect::<Vec<_>>(), entries(lines));
    let mut wanted: BTreeMap<&str, i64> = BTreeMap::new();
    for ((_, account), minor) in &sums(lines) {
        let number = match account.as_str() {
            "assets:receivable" => "1100",
            "assets:clearing:twint" => "1099",
            "income:tickets" => "3400",
            "liabilities:vat:260" => "2200",
            other => panic!("{other}"),
        };
        *wanted.entry(number).or_default() += minor;
    }
    found.retain(|_, minor| *minor != 0);
    assert_eq!(found, wanted);
}

/// Pairs say the VAT beside the gross: without it the accounts have our net.
fn in_pairs(daemon: &TestDaemon, program: &Program, folders: &[&str], lines: &[Vec<String>]) {
    let mut found: BTreeMap<String, i64> = BTreeMap::new();
    let mut named = BTreeSet::new();
    let mut vat_of_rows = 0;
    for (name, bytes) in written(program, folders, "csv-pairs") {
        for line in String::from_utf8(bytes).unwrap().lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            let minor = |place: usize| fields[place].replace('.', "").parse::<i64>().unwrap_or(0);
            named.insert(fields[1].to_owned());
            if !name.starts_with("museum") {
                continue;
            }
            let (debit, credit, vat) = (fields[3].to_owned(), fields[4].to_owned(), minor(10));
            // The receivable is never the side that has the tax.
            let credit_is_taxed = debit == "10000";
            *found.entry(debit).or_default() += minor(5) - if credit_is_taxed { 0 } else { vat };
            *found.entry(credit).or_default() -= minor(5) - if credit_is_taxed { vat } else { 0 };
            vat_of_rows += if credit_is_taxed { -vat } else { vat };
        }
    }
    assert_eq!(named.into_iter().collect::<Vec<_>>(), entries(lines));
    let mut wanted: BTreeMap<String, i64> = BTreeMap::new();
    for month in 1..=12 {
        for (account, minor) in datev::wanted(daemon, &format!("{YEAR}-{month:02}")) {
            *wanted.entry(account).or_default() += minor;
        }
    }
    let vat =
        |sums: &mut BTreeMap<String, i64>| ["1776", "1771"].map(|account| sums.remove(account)).iter().flatten().sum();
    let (in_found, in_wanted): (i64, i64) = (vat(&mut found), vat(&mut wanted));
    found.retain(|_, minor| *minor != 0);
    wanted.retain(|_, minor| *minor != 0);
    assert_eq!(found, wanted);
    assert_eq!(in_found + vat_of_rows, in_wanted);
}

/// The packs of a month with late facts, its quarter and the year tie, as known and as closed.
fn packs(program: &Program) {
    for (period, language) in [("2026-06", "en"), ("2026-Q2", "de"), ("2026", "de-CH")] {
        for closed in [&[][..], &["--as-closed"]] {
            let arguments = ["report", "pack", "--period", period, "--out", "packs", "--language", language];
            let said = run(program, 0, &[&arguments[..], closed].concat());
            assert!(said.matches(" 0 failed").count() == 2, "{said}");
        }
    }
    let page = std::fs::read_to_string(program.path("packs/museum-2026.de-CH.html")).unwrap();
    for number in [">10000<", ">1776<", ">8400, 8300<", ">8640, 8630, 8603<"] {
        assert!(page.contains(number), "{number}");
    }
}

/// Every batch can be written again, byte for byte.
fn again(program: &Program, folders: &[&str]) {
    let list: Vec<Value> = serde_json::from_str(&run(program, 0, &["export", "list", "--format", "json"])).unwrap();
    // Two sources or one, twelve months, and more batches of the museum for what came late.
    let late: Vec<&str> =
        list.iter().filter_map(|batch| batch["batch"].as_str()).filter(|name| !name.ends_with("/1")).collect();
    assert!(late.contains(&"datev/museum/2026-06/2"), "{late:?}");
    assert_eq!(list.len(), 7 * 12 + 7 * 12 + late.len());
    for batch in &list {
        let name = batch["batch"].as_str().unwrap();
        run(program, 0, &["export", "again", name, "--out", &format!("again/{}", name.split('/').next().unwrap())]);
    }
    for (target, _) in TARGETS {
        let first: BTreeMap<String, Vec<u8>> = written(program, folders, target).into_iter().collect();
        let second = files(Path::new(&program.path("again").join(target)));
        assert!(first == second, "{target}: {:?}, {:?}", first.keys(), second.keys());
    }
}
