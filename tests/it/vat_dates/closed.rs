//! What a close froze stays, and what changes later is due in the first open month.

use super::*;

/// Month, rate, net and VAT of the months up to this one.
fn until(rows: Vec<Row>, month: &str) -> Vec<Row> {
    rows.into_iter().filter(|row| row[0].as_str() <= month).collect()
}

on_both_engines!(a_deposit_of_a_closed_month_is_taxed_in_the_first_open_one, async |database| {
    let daemon = TestDaemon::start(database).await;
    let order = |status: &str, payments: Value| {
        let ticket = seat("a", "1190.00", "19", "2026-12-05");
        placed("A", json!({"status": status, "tickets": [ticket], "payments": payments}))
    };
    let first = paid("p1", "238.00", "2026-08-10");
    daemon.on("2026-08-10", order("PENDING", json!([first]))).await;
    daemon.set_clock("2026-09-03T08:00:00Z");
    daemon.close_month(database, "2026-08");
    let august = until(daemon.by_payment(), "2026-08");
    assert_eq!(august, [row(["2026-08", "-", "23800", "0"])]);
    daemon.on("2026-09-05", order("ACCEPTED", json!([first]))).await;
    let september = [row(["2026-09", "-", "-23800", "0"]), row(["2026-09", "1900", "20000", "3800"])];
    assert_eq!(daemon.by_payment(), [august, september.to_vec()].concat());
    // Again with something new to say, before and after the close of September: nothing moves twice.
    let second = paid("p2", "100.00", "2026-09-20");
    daemon.on("2026-09-20", order("ACCEPTED", json!([first, second]))).await;
    daemon.set_clock("2026-10-02T08:00:00Z");
    daemon.close_month(database, "2026-09");
    let closed = until(daemon.by_payment(), "2026-09");
    daemon.on("2026-10-07", order("ACCEPTED", json!([first, second, paid("p3", "852.00", "2026-10-07")]))).await;
    assert_eq!(until(daemon.by_payment(), "2026-09"), closed);
    assert_eq!(daemon.not_due("payment").last(), Some(&row(["2026-10", "13603", "0", "13603", "0"])));
    holds(daemon).await;
});

on_both_engines!(a_late_fact_leaves_the_closed_months_as_they_were, async |database| {
    let daemon = TestDaemon::start(database).await;
    let order = |payments: Value| {
        placed("A", json!({"tickets": [seat("a", "119.00", "19", "2026-08-20")], "payments": payments}))
    };
    daemon.on("2026-08-10", order(json!([]))).await;
    daemon.set_clock("2026-09-03T08:00:00Z");
    daemon.close_month(database, "2026-08");
    let closed = daemon.by_service();
    assert_eq!(closed, [row(["2026-08", "1900", "10000", "1900"])]);
    // Paid in August, as we learn in September: the entry is booked in September, and so it is due there.
    daemon.on("2026-09-04", order(json!([paid("p", "119.00", "2026-08-15")]))).await;
    assert_eq!(daemon.by_payment(), [row(["2026-09", "1900", "10000", "1900"])]);
    assert_eq!(daemon.by_service(), closed);
    holds(daemon).await;
});

on_both_engines!(the_database_keeps_the_dates_of_a_closed_month, async |database| {
    let daemon = TestDaemon::start(database).await;
    let sold = json!({"tickets": [seat("a", "119.00", "19", "2026-12-20")]});
    daemon.on("2026-08-10", placed("A", sold)).await;
    daemon.set_clock("2026-09-03T08:00:00Z");
    daemon.close_month(database, "2026-08");
    let late = "INSERT INTO vat_shifts SELECT source, order_id, entry_no, row_no + 100, basis, currency, booking_date, \
        vat_bp, net_minor, vat_minor FROM vat_shifts WHERE net_minor < 0";
    for (refused, why) in [
        (late, "period is not open"),
        ("UPDATE vat_shifts SET vat_minor = 1", "append-only"),
        ("DELETE FROM vat_shifts", "append-only"),
    ] {
        let error = database.try_execute(refused).expect_err(refused).to_string();
        assert!(error.contains(why), "{refused}: {error}");
    }
    holds(daemon).await;
});

on_both_engines!(rows_that_the_journal_does_not_give_are_found, async |database| {
    let daemon = TestDaemon::start(database).await;
    let sold = json!({"tickets": [seat("a", "119.00", "19", "2026-12-20")]});
    daemon.on("2026-08-10", placed("A", sold)).await;
    let stray = "INSERT INTO vat_shifts SELECT source, order_id, entry_no, 100, basis, currency, booking_date, \
        vat_bp, 1, 1 \
        FROM vat_shifts WHERE basis = 'payment' AND row_no = 1";
    database.execute(stray);
    let verdict = ticketledger::ledger::proof::verify::verify(daemon.database(), None).unwrap();
    let broken = verdict.broken.unwrap();
    assert!(broken.contains("source museum, order A") && broken.contains("vat_shifts"), "{broken}");
    let rebuilt = rebuild(daemon.database(), None, None, 10, |_, _| {}).unwrap();
    assert_eq!(rebuilt.iter().map(|rebuilt| rebuilt.differences_total).sum::<i64>(), 1);
});
