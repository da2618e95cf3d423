//! Files for other programs.

mod accounts;
mod batches;
mod cut;
mod datev;
mod plaintext;
mod tables;
mod year;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use ticketledger::db::Database;

use crate::support::daemon::{PAID_ORDER, TestDaemon, UNIFIED_EXAMPLE, changed, refunded, rows};
use crate::support::db::TestDatabase;
use crate::support::order::{admission, but, order, payment};
use crate::support::program::Program;

/// A title that tries to be a comment, a date, a payee, the end of a string, a formula and another line.
const HOSTILE: &str = "=1+1 ; [2030-01-01] date:2030-02-02 | \"x\" \\ <b>  \n2025-11-01 * y\t= 5 EUR \u{202e}";

/// The program with more settings for the source.
pub(crate) fn with_settings(database: &TestDatabase, settings: &str) -> Program {
    let program = Program::new(database);
    let path = program.path("ticketledger.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, text + settings).unwrap();
    program
}

/// Both seed orders, a hostile title, and a payment method that needs a name of its own.
async fn orders(daemon: &TestDaemon) {
    daemon.deliver(PAID_ORDER).await;
    daemon.deliver(changed(UNIFIED_EXAMPLE, &[("/id", json!("another-order"))])).await;
    let mut hostile = admission("h1", "11.90", "19");
    hostile["title"] = json!(HOSTILE);
    hostile["event_id"] = json!("E2");
    let paid = but(payment("hp", "11.90"), json!({"payment_method": "paypal.express"}));
    daemon.deliver(order("hostile", json!({"tickets": [hostile], "payments": [paid]}))).await;
}

/// A later fact of November: a cancelled participant and the money given back.
async fn late(daemon: &TestDaemon) {
    daemon.set_clock("2025-11-20T12:00:00Z");
    daemon.deliver(refunded("2025-11-16T09:00:00Z", "2025-11-17T09:00:00Z")).await;
}

/// Runs a command that must end with a code, and answers its output.
fn run(program: &Program, code: i32, arguments: &[&str]) -> String {
    let (ended, out, errors) = program.run(arguments);
    assert_eq!(ended, code, "{arguments:?}\n{out}{errors}");
    out + &errors
}

/// Names and bytes of the files in a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect()
}

/// The one file whose name ends so.
fn file(program: &Program, folder: &str, name: &str) -> (PathBuf, String) {
    let path = program.path(folder).join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (path, text)
}

/// Movement of each account in a month, by code.
fn movements(database: &Database, month: &str) -> BTreeMap<String, i64> {
    let from = format!(
        "FROM v_gl WHERE source = 'museum' AND period = '{month}' GROUP BY account HAVING SUM(amount_minor) <> 0"
    );
    let rows = rows(database, &["account", "SUM(amount_minor)"], &from);
    rows.iter().map(|row| (row[0].clone(), row[1].parse().unwrap())).collect()
}

/// A foreign program's run: exit code and what it says. `None`, with a note, when it is not installed.
fn tool(program: &str, required: &str, arguments: &[&str]) -> Option<(bool, String)> {
    let mut command = std::process::Command::new(program);
    match command.args(arguments).env("BEANCOUNT_DISABLE_LOAD_CACHE", "1").output() {
        Ok(output) => {
            let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            Some((output.status.success(), said.concat()))
        }
        Err(error) => {
            let required = std::env::var(required).is_ok_and(|value| value == "1");
            assert!(!required, "{program} is not installed, and CI needs it: {error}");
            eprintln!("skipped: {program} is not installed ({error})");
            None
        }
    }
}

/// The objects of JSON lines.
fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A Python that has modules of somebody else.
struct Python(String);

impl Python {
    /// The one that `TICKETLEDGER_<NAME>` names, else `python3`. `None`, with a note, when it lacks a module, unless
    /// `TICKETLEDGER_REQUIRE_<NAME>=1` wants it.
    fn with(name: &str, modules: &[&str]) -> Option<Self> {
        let python = std::env::var(format!("TICKETLEDGER_{name}")).unwrap_or_else(|_| "python3".to_owned());
        let import = format!("import {}", modules.join(", "));
        let found = std::process::Command::new(&python).args(["-c", &import]).output();
        if found.is_ok_and(|output| output.status.success()) {
            return Some(Self(python));
        }
        let required = std::env::var(format!("TICKETLEDGER_REQUIRE_{name}")).is_ok_and(|value| value == "1");
        assert!(!required, "{python} lacks one of {modules:?}, and CI needs them");
        eprintln!("skipped: {python} lacks one of {modules:?}");
        None
    }

    /// What a script prints.
    fn run(&self, script: &str, paths: &[&Path]) -> String {
        let output = std::process::Command::new(&self.0).args(["-c", script]).args(paths).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}
