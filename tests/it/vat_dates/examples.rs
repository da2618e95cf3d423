//! Deposits and invoices.

use super::*;

/// A deposit in August for an order that is accepted in September and paid in October.
fn deposit(status: &str, payments: Value) -> String {
    let ticket = seat("a", "1190.00", "19", "2026-12-05");
    placed("A", json!({"status": status, "tickets": [ticket], "payments": payments}))
}

on_both_engines!(a_deposit_is_taxed_in_its_month_once_there_is_something_to_pay_for, async |database| {
    let daemon = TestDaemon::start(database).await;
    let first = paid("p1", "238.00", "2026-08-10");
    daemon.on("2026-08-10", deposit("PENDING", json!([first]))).await;
    assert_eq!(daemon.by_payment(), [row(["2026-08", "-", "23800", "0"])]);
    assert_eq!(daemon.vat("v_vat_by_rate"), Vec::<Row>::new());
    daemon.on("2026-09-05", deposit("ACCEPTED", json!([first]))).await;
    assert_eq!(daemon.by_payment(), [row(["2026-08", "1900", "20000", "3800"])]);
    daemon.on("2026-10-07", deposit("ACCEPTED", json!([first, paid("p2", "952.00", "2026-10-07")]))).await;
    let both = [row(["2026-08", "1900", "20000", "3800"]), row(["2026-10", "1900", "80000", "15200"])];
    assert_eq!(daemon.by_payment(), both);
    assert_eq!(daemon.by_service(), both);
    assert_eq!(daemon.vat("v_vat_by_rate"), [row(["2026-09", "1900", "100000", "19000"])]);
    let not_due = [
        row(["2026-08", "0", "0", "3800", "-3800"]),
        row(["2026-09", "-3800", "19000", "0", "15200"]),
        row(["2026-10", "15200", "0", "15200", "0"]),
    ];
    assert_eq!(daemon.not_due("payment"), not_due);
    holds(daemon).await;
});

on_both_engines!(an_invoice_is_due_when_paid_or_when_the_service_took_place, async |database| {
    let daemon = TestDaemon::start(database).await;
    let invoice = |payments: Value| {
        placed("A", json!({"tickets": [seat("a", "119.00", "19", "2026-10-15")], "payments": payments}))
    };
    daemon.on("2026-08-10", invoice(json!([]))).await;
    assert_eq!(daemon.by_payment(), Vec::<Row>::new());
    // The day of the show lies ahead and is known.
    let in_october = [row(["2026-10", "1900", "10000", "1900"])];
    assert_eq!(daemon.by_service(), in_october);
    daemon.on("2026-11-03", invoice(json!([paid("p", "119.00", "2026-11-03")]))).await;
    assert_eq!(daemon.by_payment(), [row(["2026-11", "1900", "10000", "1900"])]);
    assert_eq!(daemon.by_service(), in_october);
    let not_due = [row(["2026-08", "0", "1900", "0", "1900"]), row(["2026-10", "1900", "0", "1900", "0"])];
    assert_eq!(daemon.not_due("service"), not_due);
    holds(daemon).await;
});

on_both_engines!(an_order_that_is_paid_in_the_month_of_its_sale_has_no_rows_of_its_own, async |database| {
    let daemon = TestDaemon::start(database).await;
    let tickets = json!([seat("a", "119.00", "19", "2026-12-05"), seat("b", "10.70", "7", "2026-12-06")]);
    let sold = json!({"tickets": tickets, "payments": [paid("p", "129.70", "2026-08-25")]});
    daemon.on("2026-08-25", placed("A", sold)).await;
    assert_eq!(daemon.view("vat_shifts", &["order_id"]), Vec::<Row>::new());
    assert_eq!(daemon.by_payment(), daemon.vat("v_vat_by_rate"));
    assert_eq!(daemon.by_service(), daemon.vat("v_vat_by_rate"));
    holds(daemon).await;
});

on_both_engines!(a_part_of_the_money_settles_every_line_in_proportion, async |database| {
    let daemon = TestDaemon::start(database).await;
    let tickets = json!([seat("a", "107.00", "7", "2026-12-05"), seat("b", "238.00", "19", "2026-12-05")]);
    let sold = |payments: Value| placed("A", json!({"tickets": tickets, "payments": payments}));
    let part = paid("p1", "100.00", "2026-09-01");
    daemon.on("2026-08-10", sold(json!([]))).await;
    daemon.on("2026-09-01", sold(json!([part]))).await;
    let september = [row(["2026-09", "1900", "5798", "1101"]), row(["2026-09", "700", "2898", "203"])];
    assert_eq!(daemon.by_payment(), september);
    daemon.on("2026-10-01", sold(json!([part, paid("p2", "245.00", "2026-10-01")]))).await;
    let october = [row(["2026-10", "1900", "14202", "2699"]), row(["2026-10", "700", "7102", "497"])];
    assert_eq!(daemon.by_payment(), [september, october].concat());
    holds(daemon).await;
});

on_both_engines!(a_rate_that_is_not_known_is_due_as_undetermined, async |database| {
    let daemon = TestDaemon::start(database).await;
    let sold = json!({"tickets": [seat("a", "119.00", "", "2026-12-05")], "payments": []});
    daemon.on("2026-08-10", placed("A", sold.clone())).await;
    assert_eq!(daemon.by_payment(), Vec::<Row>::new());
    let money = json!({"payments": [paid("p", "19.00", "2026-09-01")]});
    daemon.on("2026-09-01", placed("A", but(sold, money))).await;
    assert_eq!(daemon.by_payment(), [row(["2026-09", "-", "1900", "0"])]);
    let by_service = [row(["2026-09", "-", "1900", "0"]), row(["2026-12", "-", "10000", "0"])];
    assert_eq!(daemon.by_service(), by_service);
    holds(daemon).await;
});

on_both_engines!(a_deposit_settles_vouchers_without_tax, async |database| {
    let daemon = TestDaemon::start(database).await;
    let sold = |status: &str| {
        let voucher = crate::support::order::voucher("V", "50.00", "0");
        let money = paid("p", "50.00", "2026-08-10");
        placed("A", json!({"status": status, "voucherOrders": [voucher], "payments": [money]}))
    };
    daemon.on("2026-08-10", sold("PENDING")).await;
    assert_eq!(daemon.by_payment(), [row(["2026-08", "-", "5000", "0"])]);
    daemon.on("2026-09-01", sold("ACCEPTED")).await;
    assert_eq!(daemon.by_payment(), Vec::<Row>::new());
    holds(daemon).await;
});
