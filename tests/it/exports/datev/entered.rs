//! What a person entered, and what was there before the book began.

use std::sync::Arc;

use serde_json::json;

use super::{automatic, booked, decoded, exported, mistakes, read, settings, wanted};
use crate::exports::{run, with_settings};
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::documented::{deliver_what_imports_name, import_examples};
use crate::support::order::{but, order, participant, payment, ticket};

on_both_engines!(every_kind_of_import_reaches_datev, async |database| {
    let daemon = TestDaemon::start(database).await;
    deliver_what_imports_name(&daemon).await;
    let program = with_settings(database, &settings(""));
    std::fs::write(program.path("manual.csv"), &import_examples()[0]).unwrap();
    run(&program, 0, &["ledger", "import", "manual.csv", "--source", "museum", "--why", "to see", "--yes"]);
    let said = run(&program, 3, &["export", "datev", "--period", "2025-11", "--out", "out"]);
    assert!(said.contains("unmapped_account: income:breakage"), "{said}");
    let breakage =
        settings("").replace("accounts = [", "accounts = [{ code = \"income:breakage\", account = \"2709\" },");
    let program = with_settings(database, &breakage);
    let bytes = exported(&program, "2025-11", "out");
    assert_eq!(mistakes(&bytes, &automatic()), Vec::<String>::new());
    assert_eq!(booked(&bytes), wanted(&daemon, "2025-11"), "{}", decoded(&bytes));
    let rows = read(&bytes);
    let payout = rows.iter().find(|row| row.of(121) == "po_1").expect("the reference of the payout");
    assert_eq!([1, 2, 7, 8].map(|number| payout.of(number)), ["98,81", "S", "1200", "1361"]);
    let fee = rows.iter().find(|row| row.of(121) == "ch_1").expect("the reference of the fee");
    assert_eq!([1, 2, 7, 8, 9].map(|number| fee.of(number)), ["1,19", "H", "1361", "4970", "0009"]);
    // A single-purpose voucher expires: its account would take out VAT that was declared when it was sold.
    let expired = rows.iter().find(|row| row.of(8) == "2709" || row.of(7) == "2709").expect("the breakage");
    assert_eq!([1, 9].map(|number| expired.of(number)), ["100,00", "0040"]);
    daemon.finish().await;
});

on_both_engines!(what_was_there_before_reaches_datev_without_turnover, async |database| {
    let first = "2025-11-01".parse().ok();
    let daemon =
        TestDaemon::start_with(database, |config| config.sources[0].books_from = first, Arc::new(|_| {})).await;
    let people = |status: &str| {
        let gone = json!({"status": status, "cancellation_date": "2025-11-12T10:00:00Z"});
        json!([ticket(&[participant("a", "119.00", "19"), but(participant("b", "119.00", "19"), gone)])])
    };
    let of_march = |people: serde_json::Value| {
        let paid = but(payment("m", "238.00"), json!({"payment_date": "2025-03-08T10:00:00Z"}));
        let fields = json!({"date": "2025-03-08T10:00:00Z", "tickets": people, "payments": [paid]});
        order("M", fields)
    };
    daemon.deliver(of_march(people("ACCEPTED"))).await;
    daemon.set_clock("2025-11-13T12:00:00Z");
    daemon.deliver(of_march(people("CANCELED"))).await;
    let program = with_settings(database, &settings(""));
    let bytes = exported(&program, "2025-11", "out");
    assert_eq!(mistakes(&bytes, &automatic()), Vec::<String>::new());
    let sums = booked(&bytes);
    assert_eq!(sums, wanted(&daemon, "2025-11"), "{}", decoded(&bytes));
    assert_eq!((sums["8400"], sums["1776"]), (10_000, 1_900), "the cancelled ticket is turnover taken back");
    daemon.finish().await;
});
