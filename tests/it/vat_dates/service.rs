//! When a service takes place.

use super::*;
use crate::support::order::{product, voucher};

/// VAT by month of what is due by service at 19 %.
fn months(daemon: &TestDaemon) -> Vec<Row> {
    daemon.view_where("v_vat_by_service", &["period", "vat_minor"], "WHERE vat_bp = 1900")
}

on_both_engines!(each_show_is_due_on_its_own_day, async |database| {
    let daemon = TestDaemon::start(database).await;
    let tickets = json!([seat("a", "119.00", "19", "2026-10-05"), seat("b", "59.50", "19", "2026-12-05")]);
    let sold = |payments: Value| placed("A", json!({"tickets": tickets, "payments": payments}));
    daemon.on("2026-08-10", sold(json!([]))).await;
    assert_eq!(months(&daemon), [row(["2026-10", "1900"]), row(["2026-12", "950"])]);
    // A third is paid in September: it pays a third of each.
    let part = paid("p1", "59.50", "2026-09-01");
    daemon.on("2026-09-01", sold(json!([part]))).await;
    let thirds = [row(["2026-09", "950"]), row(["2026-10", "1267"]), row(["2026-12", "633"])];
    assert_eq!(months(&daemon), thirds);
    daemon.on("2026-11-01", sold(json!([part, paid("p2", "119.00", "2026-11-01")]))).await;
    assert_eq!(months(&daemon), [row(["2026-09", "950"]), row(["2026-10", "1267"]), row(["2026-11", "633"])]);
    holds(daemon).await;
});

on_both_engines!(a_product_goes_with_the_first_show_of_its_order, async |database| {
    let daemon = TestDaemon::start(database).await;
    let tickets = json!([seat("a", "119.00", "19", "2026-12-05"), seat("b", "119.00", "19", "2026-10-05")]);
    let mug = product("mug", "11.90", 1, "19");
    daemon.on("2026-08-10", placed("A", json!({"tickets": tickets, "products": [mug]}))).await;
    assert_eq!(months(&daemon), [row(["2026-10", "2090"]), row(["2026-12", "1900"])]);
    daemon.on("2026-08-11", placed("B", json!({"products": [mug]}))).await;
    assert_eq!(months(&daemon), [row(["2026-08", "190"]), row(["2026-10", "2090"]), row(["2026-12", "1900"])]);
    holds(daemon).await;
});

on_both_engines!(a_discount_goes_with_its_line, async |database| {
    let daemon = TestDaemon::start(database).await;
    let sold = json!({"tickets": [seat("a", "119.00", "19", "2026-10-05")], "additional_discount": "11.90"});
    daemon.on("2026-08-10", placed("A", sold)).await;
    assert_eq!(months(&daemon), [row(["2026-10", "1710"])]);
    assert_eq!(daemon.by_payment(), Vec::<Row>::new());
    holds(daemon).await;
});

on_both_engines!(a_single_purpose_voucher_is_served_when_it_is_sold, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.on("2026-08-10", placed("A", json!({"voucherOrders": [voucher("V", "119.00", "19")]}))).await;
    assert_eq!(months(&daemon), [row(["2026-08", "1900"])]);
    assert_eq!(daemon.by_payment(), Vec::<Row>::new());
    holds(daemon).await;
});

on_both_engines!(a_show_that_is_moved_is_due_on_its_new_day, async |database| {
    let daemon = TestDaemon::start(database).await;
    let sold = |day: &str| placed("A", json!({"tickets": [seat("a", "119.00", "19", day)]}));
    daemon.on("2026-08-10", sold("2026-10-05")).await;
    daemon.on("2026-09-01", sold("2026-12-05")).await;
    assert_eq!(months(&daemon), [row(["2026-12", "1900"])]);
    holds(daemon).await;
});

on_both_engines!(what_took_place_before_it_was_booked_is_due_when_it_is_booked, async |database| {
    let daemon = TestDaemon::start(database).await;
    let first = seat("a", "119.00", "19", "2026-08-05");
    daemon.on("2026-08-10", placed("A", json!({"tickets": [first]}))).await;
    let both = json!({"tickets": [first, seat("b", "59.50", "19", "2026-08-05")]});
    daemon.on("2026-09-01", placed("A", both)).await;
    assert_eq!(months(&daemon), [row(["2026-08", "1900"]), row(["2026-09", "950"])]);
    holds(daemon).await;
});

on_both_engines!(an_unpaid_ticket_that_is_cancelled_after_the_show_was_due_and_is_not, async |database| {
    let daemon = TestDaemon::start(database).await;
    let sold = json!({"tickets": [seat("a", "119.00", "19", "2026-08-20")]});
    daemon.on("2026-08-10", placed("A", sold.clone())).await;
    let cancelled = json!({"status": "CANCELLED", "cancellation_date": "2026-09-01T10:00:00Z"});
    daemon.on("2026-09-01", placed("A", but(sold, cancelled))).await;
    assert_eq!(months(&daemon), [row(["2026-08", "1900"]), row(["2026-09", "-1900"])]);
    assert_eq!(daemon.by_payment(), Vec::<Row>::new());
    holds(daemon).await;
});
