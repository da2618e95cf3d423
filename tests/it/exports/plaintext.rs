//! hledger and beancount accept what is written for them, and refuse a copy with one cent changed.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use super::{file, files, late, movements, orders, run, tool};
use crate::histories::{World, play};
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::db::TestDatabase;
use crate::support::order::{admission, order};
use crate::support::program::Program;
use crate::support::random::Random;

fn hledger(path: &Path) -> Option<(bool, String)> {
    let path = path.to_str().unwrap();
    tool("hledger", "TICKETLEDGER_REQUIRE_HLEDGER", &["-f", path, "check", "--strict", "ordereddates"])
}

fn bean_check(path: &Path) -> Option<(bool, String)> {
    tool("bean-check", "TICKETLEDGER_REQUIRE_BEANCOUNT", &[path.to_str().unwrap()])
}

/// What the program for a file says of it.
pub(super) fn accepted(path: &Path) -> Option<(bool, String)> {
    if path.extension().is_some_and(|extension| extension == "journal") { hledger(path) } else { bean_check(path) }
}

/// The entries that are transactions of a file, in either language.
pub(super) fn entries(text: &str) -> Vec<String> {
    let named = |line: &str| {
        let transaction = || line.starts_with("20").then_some(line)?.split_once(" * (")?.1.split_once(')');
        let (name, _) = line.strip_prefix("  entry: \"").map_or_else(transaction, |entry| entry.split_once('"'))?;
        name.rsplit_once('/')?.1.bytes().all(|byte| byte.is_ascii_digit()).then(|| name.to_owned())
    };
    text.lines().filter_map(named).collect()
}

/// What hledger finds on each account at the end of a file.
pub(super) fn balances(path: &Path) -> Option<BTreeMap<String, i64>> {
    let path = path.to_str().unwrap();
    let arguments = ["-f", path, "balance", "--layout", "bare", "-O", "csv", "-N", "--flat"];
    let (fine, said) = tool("hledger", "TICKETLEDGER_REQUIRE_HLEDGER", &arguments)?;
    assert!(fine, "{said}");
    let mut found: BTreeMap<String, i64> = BTreeMap::new();
    for line in said.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').map(|field| field.trim_matches('"')).collect();
        *found.entry(fields[0].to_owned()).or_default() += fields[2].replace('.', "").parse::<i64>().unwrap();
    }
    found.retain(|_, minor| *minor != 0);
    Some(found)
}

/// The file with one cent more in one posting of an entry.
fn with_a_cent(path: &Path, text: &str, amount: &str, changed: &str) -> std::path::PathBuf {
    assert!(text.contains(amount), "{text}");
    let wrong = path.with_file_name(format!("wrong-{}", path.file_name().unwrap().to_str().unwrap()));
    std::fs::write(&wrong, text.replacen(amount, changed, 1)).unwrap();
    wrong
}

fn check(path: &Path, text: &str, checked: fn(&Path) -> Option<(bool, String)>, cents: &[(&str, &str)]) {
    let Some((fine, said)) = checked(path) else { return };
    assert!(fine, "{said}\n{text}");
    for (amount, changed) in cents {
        let (fine, said) = checked(&with_a_cent(path, text, amount, changed)).unwrap();
        assert!(!fine, "{changed} instead of {amount} was accepted: {said}");
    }
}

on_both_engines!(hledger_accepts_the_journal_and_refuses_another_cent, async |database| {
    let daemon = TestDaemon::start(database).await;
    orders(&daemon).await;
    let program = Program::new(database);
    let export = |folder: &str| {
        run(&program, 0, &["export", "hledger", "--period", "2025-11", "--out", folder]);
    };
    export("out");
    late(&daemon).await;
    daemon.set_clock("2025-12-03T12:00:00Z");
    export("out");
    let (path, text) = file(&program, "out", "museum-2025-11-1.journal");
    let balance = text.lines().rfind(|line| line.contains("assets:receivable")).unwrap();
    let cent = balance.replacen(".00 EUR = ", ".01 EUR = ", 1);
    check(&path, &text, hledger, &[("-8.40 EUR", "-8.41 EUR"), (balance, &cent)]);
    let (second, late) = file(&program, "out", "museum-2025-11-2.journal");
    assert!(late.contains("(museum/opening 2025-11)"), "{late}");
    check(&second, &late, hledger, &[("8.40 EUR", "8.41 EUR")]);

    // The title moves nothing: each account has in November what the ledger says.
    let arguments = ["-f", path.to_str().unwrap(), "balance", "--layout", "bare", "-O", "csv", "-b", "2025-11-01"];
    let first_batch = ["-e", "2025-12-01", "-N", "--flat"];
    let Some((fine, said)) = tool("hledger", "TICKETLEDGER_REQUIRE_HLEDGER", &[&arguments[..], &first_batch].concat())
    else {
        return;
    };
    assert!(fine, "{said}");
    let mut found: BTreeMap<String, i64> = BTreeMap::new();
    for line in said.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').map(|field| field.trim_matches('"')).collect();
        *found.entry(fields[0].to_owned()).or_default() += fields[2].replace('.', "").parse::<i64>().unwrap();
    }
    found.retain(|_, minor| *minor != 0);
    let mut wanted = movements(daemon.database(), "2025-11");
    // The later batch has the rest: a ticket cancelled and its money given back.
    for (account, minor) in
        [("income:tickets", -840), ("liabilities:vat:1900", -160), ("assets:clearing:StripeBankWire", 1000)]
    {
        *wanted.entry(account.to_owned()).or_default() += minor;
    }
    assert_eq!(found, wanted, "{text}");
    daemon.finish().await;
});

on_both_engines!(beancount_accepts_the_ledger_and_refuses_another_cent, async |database| {
    let daemon = TestDaemon::start(database).await;
    orders(&daemon).await;
    let program = Program::new(database);
    run(&program, 0, &["export", "beancount", "--period", "2025-11", "--out", "out"]);
    late(&daemon).await;
    run(&program, 0, &["export", "beancount", "--period", "2025-11", "--out", "out"]);
    let (path, text) = file(&program, "out", "museum-2025-11-1.beancount");
    let balance = text.lines().rfind(|line| line.contains("balance Liabilities:Vat:1900")).unwrap();
    let cent = balance.replacen(" ~ ", "1 ~ ", 1).replacen(balance.split_whitespace().nth(3).unwrap(), "-0.01", 1);
    check(&path, &text, bean_check, &[("-8.40 EUR", "-8.41 EUR"), (balance, &cent)]);
    assert!(text.contains("Assets:Clearing:Paypal-express-"), "{text}");
    let (second, late) = file(&program, "out", "museum-2025-11-2.beancount");
    check(&second, &late, bean_check, &[("8.40 EUR", "8.41 EUR")]);
    daemon.finish().await;
});

/// Titles that are something else in one of the languages.
const TRAPS: [&str; 24] = [
    "\"",
    "\\",
    "\\\"",
    "a \"quoted\" end\\",
    "; comment",
    "# tag #tag ^link",
    "[2025-12-01]",
    "[2025-12-01=2025-12-02] x",
    "date:2025-12-01, date2:2025-12-02",
    "type: X",
    "\n2025-11-01 * \"x\"\n  Assets:Receivable  5.00 EUR\n  Income:Tickets",
    "\r\n    assets:receivable  5.00 EUR\r\n    income:tickets",
    "x\u{85}y\u{2028}z\u{2029}",
    "\tassets:receivable\t5 EUR",
    "  two blanks  in a row  ",
    "(code) * ! | payee | note",
    "= 5 EUR @ 3 CHF {2 EUR}",
    "include /etc/passwd",
    "comment",
    "end comment",
    "\u{202e}drawkcab\u{2066}",
    "option \"title\" \"x\"",
    "%(payee) ~ monthly",
    "日本語 — Ünïcødé 🎭",
];

on_both_engines!(no_title_is_taken_for_anything_else, async |database| {
    let daemon = TestDaemon::start(database).await;
    for (number, title) in TRAPS.iter().enumerate() {
        let mut of_it = admission(&format!("p{number}"), "11.90", "19");
        of_it["title"] = json!(title);
        of_it["event_id"] = json!(format!("E{number}"));
        let code = json!({"code": format!("C{title}"), "tickets": [of_it]});
        daemon.accepted("museum", order(&format!("O{number}"), code)).await;
    }
    daemon.settle().await;
    let program = Program::new(database);
    for (target, name, checked) in [
        ("hledger", "museum-2025-11-1.journal", hledger as fn(&Path) -> Option<(bool, String)>),
        ("beancount", "museum-2025-11-1.beancount", bean_check),
    ] {
        run(&program, 0, &["export", target, "--period", "2025-11", "--out", "out"]);
        let (path, text) = file(&program, "out", name);
        check(&path, &text, checked, &[("-10.00 EUR", "-10.01 EUR")]);
        // As many transactions as there are entries, the balances before and those asserted.
        let transactions = text.lines().filter(|line| line.starts_with("2025-11-") && line[10..].starts_with(" * "));
        let asserted = if target == "hledger" { 1 } else { 0 };
        assert_eq!(transactions.count(), TRAPS.len() + asserted, "{text}");
    }
    daemon.finish().await;
});

// Whatever happened, in two currencies: the programs find what the ledger says.
on_both_engines!(both_accept_random_histories, async |database| {
    for seed in 1..=2 {
        let fresh = TestDatabase::new(database.engine).unwrap();
        let daemon = TestDaemon::start(&fresh).await;
        let mut random = Random::new(seed);
        let world = World::new(&mut random, 30);
        let deliveries = world.mixed(&mut random);
        let program = Program::new(&fresh);
        let (first, second) = deliveries.split_at(deliveries.len() / 2);
        for (part, deliveries) in [first, second].into_iter().enumerate() {
            play(&daemon, deliveries, 16).await;
            let folder = format!("out{part}");
            for target in ["hledger", "beancount"] {
                run(&program, 0, &["export", target, "--period", "2025", "--out", &folder]);
            }
            for name in files(&program.path(&folder)).keys() {
                let path = program.path(&folder).join(name);
                let checked = if name.ends_with(".journal") { hledger(&path) } else { bean_check(&path) };
                assert!(checked.as_ref().is_none_or(|(fine, _)| *fine), "seed {seed}: {checked:?}");
            }
        }
        assert!(run(&program, 0, &["export", "list"]).lines().count() >= 6, "two targets, twice");
        daemon.finish().await;
    }
});
