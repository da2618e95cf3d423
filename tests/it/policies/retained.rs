//! Money that stays on a dead order: kept as a credit, or income once its time is over.

use ticketledger::ledger::book::KnownSource;
use ticketledger::ledger::entered::import::{File, FileKind, import};
use ticketledger::ledger::entered::recognise_credit::{Swept, recognise};
use ticketledger::ledger::proof::rebuild::rebuild;

use super::*;
use crate::support::daemon::at;
use crate::support::wait::until;

const DAYS: u32 = 30;

async fn keeping(database: &TestDatabase, vat: RetainedVat) -> TestDaemon {
    let retained = Retained::IncomeAfterDays(AfterDays { days: DAYS, vat });
    under(database, Policy { retained, ..Policy::default() }).await
}

/// A ticket of 11.90, paid; the payments as they are after a cancellation on 11 November, at noon in Berlin.
fn cancelled(id: &str, given_back: &[(&str, &str)]) -> String {
    let mut payments = vec![payment(&format!("{id}-paid"), "11.90")];
    payments.extend(given_back.iter().map(|(refund, value)| payment(&format!("{id}-{refund}"), value)));
    let gone = json!({"status": "CANCELLED", "cancellation_date": "2025-11-11T11:00:00Z", "payments": payments});
    order(id, but(json!({"tickets": [admission(id, "11.90", "19")]}), gone))
}

fn sweep(daemon: &TestDaemon) -> Swept {
    let swept = recognise(daemon.database(), None, daemon.clock.now(), false, || true).expect("the sweep works");
    assert_eq!(swept.failed, Vec::<String>::new());
    swept
}

/// Before and after, order by order.
fn changes(swept: &Swept) -> Vec<(&str, i64, i64)> {
    swept.changes.iter().map(|change| (change.order_id.as_str(), change.before_minor, change.after_minor)).collect()
}

fn retained(daemon: &TestDaemon) -> Vec<String> {
    daemon.lines(
        "SELECT e.booking_date || ' ' || e.kind || ' ' || e.reason_code || ' ' || e.effective_basis || ' ' \
         || p.amount_minor AS line FROM journal_entries e \
         JOIN postings p ON p.source = e.source AND p.entry_no = e.entry_no \
         WHERE e.event_type = 'retain' AND p.account_code = 'assets:receivable' ORDER BY e.entry_no",
    )
}

fn open_findings(daemon: &TestDaemon) -> Vec<String> {
    daemon.lines("SELECT reason AS line FROM findings WHERE state = 'open' ORDER BY 1")
}

/// The books hold, and are the same when they are built anew without a clock.
async fn holds(daemon: TestDaemon) {
    for rebuilt in rebuild(daemon.database(), None, None, 10, |_, _| {}).expect("a rebuild") {
        assert!(rebuilt.is_identical(), "{rebuilt:?}");
    }
    daemon.finish().await;
}

on_both_engines!(what_is_kept_stays_a_credit, async |database| {
    let daemon = under(database, Policy::default()).await;
    daemon.deliver(cancelled("A", &[("back", "-10.00")])).await;
    daemon.set_clock("2027-01-01T00:00:00Z");
    assert_eq!(sweep(&daemon), Swept::default());
    assert_eq!(daemon.balances_of("A"), expected([("assets:clearing:Card", 190), ("assets:receivable", -190)]));
    holds(daemon).await;
});

on_both_engines!(what_is_kept_is_income_after_its_days, async |database| {
    let daemon = keeping(database, RetainedVat::Undecided).await;
    daemon.deliver(order("A", json!({"tickets": [admission("A", "11.90", "19")]}))).await;
    daemon.deliver(cancelled("A", &[("back", "-10.00")])).await;
    daemon.deliver(cancelled("settled", &[("back", "-11.90")])).await;
    daemon.deliver(order("alive", json!({"payments": [payment("too-much", "5.00")]}))).await;
    assert!(open_findings(&daemon).contains(&"retained_after_cancel".to_owned()));
    // Recorded on 11 November; 30 days later it is noon in Berlin at 11:00Z.
    daemon.set_clock("2025-12-11T10:59:59Z");
    assert_eq!(sweep(&daemon), Swept::default());
    daemon.set_clock("2025-12-11T11:00:00Z");
    let shown = recognise(daemon.database(), None, daemon.clock.now(), true, || true).expect("a dry run");
    assert_eq!((changes(&shown), retained(&daemon)), (vec![("A", 0, 190)], Vec::new()));
    assert_eq!(changes(&sweep(&daemon)), [("A", 0, 190)]);
    assert_eq!(retained(&daemon), ["2025-12-11 post new retained_due 190"]);
    assert_eq!(daemon.balances_of("A"), expected([("assets:clearing:Card", 190), ("income:retained", -190)]));
    let open = open_findings(&daemon);
    assert!(!open.contains(&"retained_after_cancel".to_owned()), "{open:?}");
    assert!(open.contains(&"retained_vat_undecided".to_owned()), "{open:?}");
    // A redelivery, and the next sweep, post nothing.
    daemon.deliver(cancelled("A", &[("back", "-10.00")])).await;
    daemon.set_clock("2026-12-11T11:00:00Z");
    assert_eq!((sweep(&daemon), retained(&daemon).len()), (Swept::default(), 1));
    let caused = "SELECT i.kind || ' ' || i.entity || ' ' || i.state AS line FROM journal_entries e \
        JOIN inbox_events i ON i.id = e.inbox_event_id WHERE e.event_type = 'retain'";
    assert_eq!(daemon.lines(caused), ["retain retain:A done"]);
    holds(daemon).await;
});

on_both_engines!(the_day_of_the_sweep_does_not_matter, async |database| {
    let daemon = keeping(database, RetainedVat::Untaxed).await;
    daemon.deliver(cancelled("A", &[])).await;
    daemon.set_clock("2026-01-20T08:00:00Z");
    assert_eq!(changes(&sweep(&daemon)), [("A", 0, 1190)]);
    assert_eq!(retained(&daemon), ["2025-12-11 post new retained_due 1190"]);
    assert!(!open_findings(&daemon).contains(&"retained_vat_undecided".to_owned()));
    holds(daemon).await;
});

on_both_engines!(what_is_due_in_a_closed_month_is_booked_in_the_open_one, async |database| {
    let daemon = keeping(database, RetainedVat::Untaxed).await;
    daemon.deliver(cancelled("A", &[])).await;
    daemon.set_clock("2026-01-20T08:00:00Z");
    daemon.close_month(database, "2025-11");
    daemon.close_month(database, "2025-12");
    sweep(&daemon);
    assert_eq!(retained(&daemon), ["2026-01-01 post late_for_2025-12 retained_due 1190"]);
    // What is given back is taken off in the month in which that becomes known.
    daemon.set_clock("2026-02-03T08:00:00Z");
    daemon.close_month(database, "2026-01");
    daemon.deliver(cancelled("A", &[("back", "-11.90")])).await;
    assert_eq!(retained(&daemon)[1..], ["2026-02-03 reverse gone receipt -1190"]);
    holds(daemon).await;
});

on_both_engines!(a_refund_that_comes_later_takes_the_income_back, async |database| {
    let daemon = keeping(database, RetainedVat::Taxed(1900)).await;
    daemon.deliver(cancelled("A", &[])).await;
    daemon.set_clock("2025-12-20T08:00:00Z");
    sweep(&daemon);
    assert_eq!(
        daemon.balances_of("A"),
        expected([("assets:clearing:Card", 1190), ("income:retained", -1000), ("liabilities:vat:1900", -190)])
    );
    // Half of it: what is left stays income, without another wait.
    daemon.set_clock("2025-12-21T08:00:00Z");
    daemon.deliver(cancelled("A", &[("back", "-5.95")])).await;
    assert_eq!(
        retained(&daemon)[1..],
        ["2025-12-21 reverse changed receipt -1190", "2025-12-21 post changed receipt 595"]
    );
    assert_eq!(
        daemon.balances_of("A"),
        expected([("assets:clearing:Card", 595), ("income:retained", -500), ("liabilities:vat:1900", -95)])
    );
    sweep(&daemon);
    assert_eq!(retained(&daemon).len(), 3);
    // All of it.
    daemon.set_clock("2025-12-22T08:00:00Z");
    daemon.deliver(cancelled("A", &[("back", "-5.95"), ("rest", "-5.95")])).await;
    assert_eq!(retained(&daemon)[3..], ["2025-12-22 reverse gone receipt -595"]);
    assert_eq!(daemon.balances_of("A"), expected([]));
    // A refund that is undone makes a new credit, which waits for its days anew.
    sweep(&daemon);
    daemon.deliver(cancelled("A", &[("back", "-5.95")])).await;
    assert_eq!((sweep(&daemon).entries, daemon.balances_of("A").get("assets:receivable")), (0, Some(&-595)));
    daemon.set_clock("2026-01-21T11:00:00Z");
    assert_eq!(changes(&sweep(&daemon)), [("A", 0, 595)]);
    holds(daemon).await;
});

on_both_engines!(money_that_comes_after_it_waits_for_its_own_days, async |database| {
    let daemon = keeping(database, RetainedVat::Untaxed).await;
    daemon.deliver(cancelled("A", &[])).await;
    daemon.set_clock("2025-12-20T08:00:00Z");
    sweep(&daemon);
    daemon.deliver(cancelled("A", &[("more", "3.00")])).await;
    assert_eq!((sweep(&daemon).entries, daemon.balances_of("A").get("assets:receivable")), (0, Some(&-300)));
    daemon.set_clock("2026-01-19T11:00:00Z");
    assert_eq!(changes(&sweep(&daemon)), [("A", 1190, 1490)]);
    assert_eq!(daemon.balances_of("A").get("income:retained"), Some(&-1490));
    holds(daemon).await;
});

on_both_engines!(an_order_that_lives_again_gives_its_income_back, async |database| {
    let daemon = keeping(database, RetainedVat::Untaxed).await;
    daemon.deliver(cancelled("A", &[])).await;
    daemon.set_clock("2025-12-20T08:00:00Z");
    sweep(&daemon);
    let alive =
        order("A", json!({"tickets": [admission("A", "11.90", "19")], "payments": [payment("A-paid", "11.90")]}));
    daemon.deliver(alive).await;
    assert_eq!(retained(&daemon)[1..], ["2025-12-20 reverse gone receipt -1190"]);
    assert_eq!(daemon.balances_of("A").get("assets:receivable"), None);
    daemon.deliver(cancelled("A", &[])).await;
    assert_eq!((sweep(&daemon).entries, daemon.balances_of("A").get("assets:receivable")), (0, Some(&-1190)));
    holds(daemon).await;
});

on_both_engines!(what_others_post_on_the_order_counts, async |database| {
    let daemon = keeping(database, RetainedVat::Untaxed).await;
    daemon.deliver(cancelled("by-voucher", &[])).await;
    daemon.deliver(cancelled("by-hand", &[])).await;
    daemon.deliver(cancelled("late", &[])).await;
    daemon.deliver(order("V", json!({"voucherOrders": [refund_voucher("v", "11.90", &["by-voucher"])]}))).await;
    let file = "date,reference,kind,currency,amount,order_id\n2025-11-11,r1,retain,EUR,11.90,by-hand\n";
    let file = File { kind: FileKind::Manual, bytes: file.as_bytes().to_vec(), opened_on: None };
    let reason = ticketledger::inbox::operator::Reason { actor: "anna".to_owned(), why: "fee".to_owned() };
    let museum = KnownSource { name: "museum".to_owned(), timezone: chrono_tz::Europe::Berlin };
    import(daemon.database(), &museum, &file, &reason, None, at("2025-11-11T20:00:00Z")).expect("an import");
    daemon.set_clock("2025-12-20T08:00:00Z");
    assert_eq!(changes(&sweep(&daemon)), [("late", 0, 1190)]);
    // A voucher of another order gives it back after all: the next sweep sees it.
    daemon.deliver(order("W", json!({"voucherOrders": [refund_voucher("w", "10.00", &["late"])]}))).await;
    assert_eq!(changes(&sweep(&daemon)), [("late", 1190, 190)]);
    assert_eq!(daemon.balances_of("late").get("income:retained"), Some(&-190));
    let open = "SELECT order_id || ' ' || balance_minor AS line FROM v_order_balance WHERE balance_minor <> 0";
    assert_eq!(daemon.lines(open), Vec::<String>::new());
    holds(daemon).await;
});

on_both_engines!(the_daemon_sweeps_by_itself, async |database| {
    let daemon = keeping(database, RetainedVat::Untaxed).await;
    daemon.deliver(cancelled("A", &[])).await;
    daemon.set_clock("2025-12-20T08:00:00Z");
    let daemon = daemon.restart_working().await;
    until("the credit becomes income", || !retained(&daemon).is_empty()).await;
    holds(daemon).await;
});
