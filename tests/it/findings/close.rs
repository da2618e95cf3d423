//! What findings do to the close of a month.

use ticketledger::inbox::operator::Reason;
use ticketledger::ledger::book::Month;
use ticketledger::ledger::close::{Request, Settings, preview};

use super::*;
use crate::support::order::{admission, order, payment as paid};

/// What stands in the way of closing a month, as `code: detail`.
fn blockers(daemon: &TestDaemon, month: &str) -> Vec<String> {
    let request = Request {
        month: Month::parse(month).unwrap(),
        soft: false,
        force: false,
        reason: Reason { actor: "ada".to_owned(), why: "month end".to_owned() },
    };
    let closing = preview(daemon.database(), &daemon.clock, "museum", &request, Settings::default()).unwrap();
    closing.blockers.iter().map(|blocker| format!("{}: {}", blocker.code, blocker.detail)).collect()
}

on_both_engines!(every_open_finding_of_high_severity_stops_a_close, async |database| {
    let daemon = TestDaemon::start(database).await;
    let sold = |payments: Value| order("A", json!({"tickets": [admission("a", "119.00", "19")], "payments": payments}));
    daemon.deliver(sold(json!([paid("p", "119.00")]))).await;
    daemon.set_clock("2025-12-02T10:00:00Z");
    assert_eq!(blockers(&daemon, "2025-11"), Vec::<String>::new());
    // The payment goes in December; that is still a question about an order of November.
    daemon.deliver(sold(json!([]))).await;
    assert_eq!(
        blockers(&daemon, "2025-11"),
        ["findings_open: 1 findings of severity high are open, such as payment_vanished of order A; resolve or \
          acknowledge each (`ticketledger findings list --severity high`)"]
    );
    // What follows from something else counts like any other.
    database.execute("UPDATE findings SET severity = 'high' WHERE reason = 'unpaid'");
    assert!(blockers(&daemon, "2025-11")[0].starts_with("findings_open: 2 findings"));
    database.execute("UPDATE findings SET state = 'acknowledged' WHERE reason = 'payment_vanished'");
    assert_eq!(marked(&daemon), ["unpaid follows from payment_vanished"]);
    assert!(
        blockers(&daemon, "2025-11")[0].contains("such as unpaid of order A"),
        "{:?}",
        blockers(&daemon, "2025-11")
    );
    database.execute("UPDATE findings SET state = 'acknowledged' WHERE reason = 'unpaid'");
    assert_eq!(blockers(&daemon, "2025-11"), Vec::<String>::new());

    // An order of December stands in the way of December.
    let december = order("B", json!({"tickets": [admission("b", "119.00", "")]}));
    daemon.deliver(changed(&december, &[("/date", json!("2025-12-01T10:00:00Z"))])).await;
    assert_eq!(reasons(&daemon, "open"), ["stale_snapshot_suspected", "unpaid", "vat_unknown"]);
    assert_eq!(blockers(&daemon, "2025-11"), Vec::<String>::new());
    daemon.set_clock("2026-01-02T10:00:00Z");
    assert!(blockers(&daemon, "2025-12").iter().any(|blocker| blocker.contains("vat_unknown of order B")));
    // A finding about no order, or about one without entries, belongs to every month.
    database.execute("UPDATE findings SET order_id = NULL WHERE reason = 'vat_unknown'");
    assert!(blockers(&daemon, "2025-11")[0].contains("such as vat_unknown; "), "{:?}", blockers(&daemon, "2025-11"));
    daemon.finish().await;
});
