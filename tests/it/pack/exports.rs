//! Page 13: what was handed to other programs.

use super::{as_known, outcome};
use crate::on_both_engines;
use crate::support::daemon::{PAID_ORDER, TestDaemon};
use crate::support::order::{order, payment};
use crate::support::program::Program;
use serde_json::json;
use ticketledger::report::pack::{Outcome, Tie};

on_both_engines!(exports_are_listed_and_what_is_missing_is_said, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(PAID_ORDER).await;
    assert_eq!(outcome(&as_known(&daemon, "2025-11"), Tie::Exports), Outcome::NotChecked, "nothing takes exports");
    let program = Program::new(database);
    let export = || {
        let (code, said, errors) = program.run(&["export", "csv", "--period", "2025-11", "--out", "out"]);
        assert_eq!(code, 0, "{said}{errors}");
    };
    export();
    let pack = as_known(&daemon, "2025-11");
    assert_eq!(outcome(&pack, Tie::Exports), Outcome::Passed);
    let listed: Vec<(&str, &str, usize)> =
        pack.exports.iter().map(|one| (one.target.as_str(), one.batch.as_str(), one.sha256.len())).collect();
    assert_eq!(listed, [("csv", "csv/museum/2025-11/1", 64)]);
    // What comes later is missing until it goes out, also in the pack of the quarter.
    daemon.deliver(order("A", json!({"payments": [payment("m", "5.00")]}))).await;
    for period in ["2025-11", "2025-Q4"] {
        let pack = as_known(&daemon, period);
        let check = pack.checks.iter().find(|check| check.code == Tie::Exports).unwrap();
        assert_eq!((check.outcome, check.count), (Outcome::Failed, Some(1)), "{period}");
    }
    export();
    let pack = as_known(&daemon, "2025-Q4");
    assert_eq!((outcome(&pack, Tie::Exports), pack.exports.len()), (Outcome::Passed, 2));
    let (code, said, errors) = program.run(&["export", "take-back", "csv/museum/2025-11/2", "--reason", "too early"]);
    assert_eq!(code, 0, "{said}{errors}");
    let pack = as_known(&daemon, "2025-11");
    assert_eq!((outcome(&pack, Tie::Exports), pack.exports.len()), (Outcome::Failed, 1));
    daemon.finish().await;
});
