//! `report vat` by each date.

use ticketledger::policy::{DatedPolicy, Policy};

use super::*;
use crate::support::db::TestDatabase;
use crate::support::program::Program;

/// An invoice of August that is half paid in October.
async fn invoice(database: &TestDatabase, basis: VatReportBasis) -> TestDaemon {
    let policy = Policy { vat_report_basis: basis, ..Policy::default() };
    let dated = vec![DatedPolicy { from: None, policy }];
    let daemon = TestDaemon::start(database).await.restart(|config| config.sources[0].policies = dated).await;
    let sold = |payments: Value| {
        placed("A", json!({"tickets": [seat("a", "119.00", "19", "2026-12-05")], "payments": payments}))
    };
    daemon.on("2026-08-10", sold(json!([]))).await;
    daemon.on("2026-10-01", sold(json!([paid("p", "59.50", "2026-10-01")]))).await;
    daemon
}

on_both_engines!(the_vat_report_is_by_the_date_of_the_policy, async |database| {
    let daemon = invoice(database, VatReportBasis::Payment).await;
    let program = Program::new(database);
    let (code, table, error) = program.run(&["report", "vat", "--source", "museum"]);
    assert_eq!((code, error.as_str()), (0, ""));
    assert_eq!(
        table,
        "VAT that is due: museum by the date of payment

 source   currency   period    rate     net    vat   gross
───────────────────────────────────────────────────────────
 museum   EUR        2026-10   19 %   50.00   9.50   59.50

VAT that is posted and not due yet

 source   currency   basis     rate   period    opening   posted    due   closing
──────────────────────────────────────────────────────────────────────────────────
 museum   EUR        payment   19 %   2026-08      0.00    19.00   0.00     19.00
 museum   EUR        payment   19 %   2026-10     19.00     0.00   9.50      9.50
"
    );
    let booking = program.run(&["report", "vat", "--source", "museum", "--basis", "booking"]).1;
    assert!(booking.starts_with(" source   currency   period ") && booking.contains("2026-08"), "{booking}");
    let not_due =
        program.run(&["report", "vat", "--not-due", "--period", "2026-09", "--format", "csv", "--amounts", "minor"]).1;
    assert_eq!(
        not_due,
        "source,currency,basis,vat_bp,period,opening_minor,posted_minor,due_minor,closing_minor\n\
         museum,EUR,payment,1900,2026-09,1900,0,0,1900\n"
    );
    let json = program.run(&["report", "vat", "--basis", "service", "--period", "2026-12", "--format", "json"]).1;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json[0]["vat_minor"], json.as_array().map(Vec::len)), (&json!(950), Some(1)));
    daemon.finish().await;
});

on_both_engines!(the_vat_report_is_by_booking_unless_said_otherwise, async |database| {
    let daemon = invoice(database, VatReportBasis::Booking).await;
    let program = Program::new(database);
    let table = program.run(&["report", "vat", "--format", "csv", "--amounts", "minor"]).1;
    assert_eq!(
        table,
        "source,currency,period,vat_bp,net_minor,vat_minor,gross_minor\nmuseum,EUR,2026-08,1900,10000,1900,11900\n"
    );
    daemon.finish().await;
});

on_both_engines!(a_closed_month_is_shown_as_it_was_closed_by_any_date, async |database| {
    let daemon = invoice(database, VatReportBasis::Payment).await;
    daemon.set_clock("2026-11-02T08:00:00Z");
    daemon.close_month(database, "2026-08");
    daemon.close_month(database, "2026-10");
    daemon.on("2026-11-03", placed("A", json!({"tickets": [], "payments": []}))).await;
    let program = Program::new(database);
    let closed = |arguments: &[&str]| {
        let all = [
            &["report", "vat", "--source", "museum", "--as-closed", "--format", "csv", "--amounts", "minor"],
            arguments,
        ]
        .concat();
        let (code, text, error) = program.run(&all);
        assert_eq!(code, 0, "{error}");
        text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(closed(&["--period", "2026-10"]), ["museum,EUR,2026-10,1900,5000,950,5950"]);
    assert_eq!(closed(&["--period", "2026-10", "--not-due"]), ["museum,EUR,payment,1900,2026-10,1900,0,950,950"]);
    assert_eq!(closed(&["--period", "2026-08", "--basis", "booking"]), ["museum,EUR,2026-08,1900,10000,1900,11900"]);
    // As of the day before it was paid, nothing was due.
    let early = program.run(&["report", "vat", "--as-of", "2026-09-30T00:00:00Z", "--format", "csv"]).1;
    assert_eq!(early.lines().count(), 1, "{early}");
    daemon.finish().await;
});
