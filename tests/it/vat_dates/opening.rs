//! Orders from before the book: their VAT was posted in the earlier books, and is due here when it is paid here.

use super::*;
use crate::support::db::TestDatabase;

/// A daemon whose museum has a book from 1 November 2025 on. It is 11 November.
async fn begun(database: &TestDatabase) -> TestDaemon {
    let change = |config: &mut ticketledger::config::Config| {
        config.sources[0].books_from = chrono::NaiveDate::from_ymd_opt(2025, 11, 1);
    };
    TestDaemon::start_with(database, change, std::sync::Arc::new(|_| {})).await
}

/// Two tickets of 119.00, sold in March.
fn of_march(fields: Value) -> String {
    let tickets = [seat("a", "119.00", "19", "2026-01-20"), seat("b", "119.00", "19", "2025-10-20")];
    order("A", but(json!({"date": "2025-03-10T10:00:00Z", "tickets": tickets}), fields))
}

on_both_engines!(what_was_paid_before_is_given_back_in_its_month, async |database| {
    let daemon = begun(database).await;
    let before = paid("p", "238.00", "2025-03-10");
    daemon.deliver(of_march(json!({"payments": [before]}))).await;
    assert_eq!((daemon.by_payment(), daemon.by_service()), (vec![], vec![]));
    let gone = json!({"status": "CANCELLED", "cancellation_date": "2025-11-12T09:00:00Z"});
    let cancelled = but(seat("a", "119.00", "19", "2026-01-20"), gone);
    let tickets = json!([cancelled, seat("b", "119.00", "19", "2025-10-20")]);
    daemon.on("2025-11-12", of_march(json!({"tickets": tickets, "payments": [before]}))).await;
    assert_eq!(daemon.vat("v_vat_by_rate"), [row(["2025-11", "1900", "-10000", "-1900"])]);
    assert_eq!(daemon.by_payment(), Vec::<Row>::new(), "the money is still here");
    let back = paid("r", "-119.00", "2025-12-02");
    daemon.on("2025-12-02", of_march(json!({"tickets": tickets, "payments": [before, back]}))).await;
    assert_eq!(daemon.by_payment(), [row(["2025-12", "1900", "-10000", "-1900"])]);
    assert_eq!(daemon.by_service(), daemon.by_payment());
    holds(daemon).await;
});

on_both_engines!(what_is_paid_here_is_due_here, async |database| {
    let daemon = begun(database).await;
    daemon.deliver(of_march(json!({"payments": []}))).await;
    assert_eq!(daemon.by_payment(), Vec::<Row>::new());
    // One show took place in October, in the earlier books; the other one is still to come.
    let january = [row(["2026-01", "1900", "10000", "1900"])];
    assert_eq!(daemon.by_service(), january);
    daemon.on("2025-12-02", of_march(json!({"payments": [paid("p", "238.00", "2025-12-02")]}))).await;
    assert_eq!(daemon.by_payment(), [row(["2025-12", "1900", "20000", "3800"])]);
    assert_eq!(daemon.by_service(), [row(["2025-12", "1900", "10000", "1900"])]);
    assert_eq!(daemon.vat("v_vat_by_rate"), Vec::<Row>::new());
    assert_eq!(daemon.not_due("payment"), [row(["2025-12", "0", "0", "3800", "-3800"])]);
    holds(daemon).await;
});

on_both_engines!(what_is_cancelled_unpaid_was_never_due, async |database| {
    let daemon = begun(database).await;
    daemon.deliver(of_march(json!({"payments": []}))).await;
    let cancelled = json!({"status": "CANCELLED", "cancellation_date": "2025-11-12T09:00:00Z", "payments": []});
    daemon.on("2025-11-12", of_march(cancelled)).await;
    assert_eq!(daemon.vat("v_vat_by_rate"), [row(["2025-11", "1900", "-20000", "-3800"])]);
    assert_eq!(daemon.by_payment(), Vec::<Row>::new());
    // What took place in October was due then, and is not any more.
    assert_eq!(daemon.by_service(), [row(["2025-11", "1900", "-10000", "-1900"])]);
    holds(daemon).await;
});
