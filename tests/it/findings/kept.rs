//! Money that stays after a cancellation, and money that was given back though somebody booked it as kept.

use super::*;
use crate::support::order::{admission, but, order, participant, redeemed, ticket, voucher};
use crate::support::program::Program;

fn paid(id: &str, value: &str) -> Value {
    crate::support::order::payment(id, value)
}

/// `reason severity expected actual: evidence` of what is open on an order.
pub(super) fn open(daemon: &TestDaemon, order: &str) -> Vec<String> {
    let again = reconcile_everything(daemon.database(), None, daemon.clock.now(), true, |_| {}).unwrap();
    assert_eq!(again.changes, std::collections::BTreeMap::new());
    daemon.lines(&format!(
        "SELECT reason || ' ' || severity || ' ' || expected_minor || ' ' || actual_minor || ': ' || evidence AS line \
         FROM findings WHERE state = 'open' AND expected_minor IS NOT NULL AND order_id = '{order}' ORDER BY 1"
    ))
}

/// An order of 100.00 that is cancelled, with these payments.
fn cancelled(payments: &[Value]) -> String {
    let cancelled = json!({"status": "CANCELLED", "cancellation_date": "2025-11-10T10:00:00Z",
        "tickets": [admission("a", "100.00", "19")], "payments": payments});
    order("A", cancelled)
}

/// Two admissions of 50.00 of which one is cancelled.
fn half_cancelled(fields: Value) -> String {
    let gone = json!({"status": "CANCELED", "cancellation_date": "2025-11-10T10:00:00Z"});
    let people = [participant("a", "50.00", "19"), but(participant("b", "50.00", "19"), gone)];
    order("A", but(json!({"tickets": [ticket(&people)]}), fields))
}

fn back(value: &str) -> Value {
    but(paid(&format!("r{value}"), value), json!({"payment_date": "2025-11-11T10:00:00Z"}))
}

/// Imports a row `retain` for the order, and answers the number of its entry.
fn retain(daemon: &TestDaemon, program: &Program, amount: &str) -> usize {
    let row = format!("date,reference,kind,order_id,currency,amount\n2025-11-11,fee,retain,A,EUR,{amount}\n");
    std::fs::write(program.path("kept.csv"), row).unwrap();
    let (code, _, errors) =
        program.run(&["ledger", "import", "kept.csv", "--source", "museum", "--why", "fee", "--yes"]);
    assert_eq!(code, 0, "{errors}");
    daemon.entries("museum")
}

on_both_engines!(money_of_a_cancelled_order_says_how_to_settle_it, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(cancelled(&[paid("p", "100.00")])).await;
    assert_eq!(
        open(&daemon, "A"),
        ["retained_after_cancel medium 0 10000: the order is cancelled; 100.00 EUR was received, nothing \
          was given back: 100.00 EUR is the guest's since 2025-11-08; give it back, or import what is kept as `retain`"]
    );
    // A fee is usual.
    daemon.deliver(cancelled(&[paid("p", "100.00"), back("-80.00")])).await;
    assert_eq!(
        open(&daemon, "A"),
        ["retained_after_cancel low 0 2000: the order is cancelled; 100.00 EUR was received, 80.00 EUR \
          was given back: 20.00 EUR is the guest's since 2025-11-11; give it back, or import what is kept as `retain`"]
    );
    daemon.deliver(cancelled(&[paid("p", "100.00"), back("-80.00"), back("-20.00")])).await;
    assert_eq!(open(&daemon, "A"), Vec::<String>::new());
    daemon.finish().await;
});

on_both_engines!(what_a_voucher_paid_goes_back_as_a_voucher, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon
        .deliver(order("S", json!({"voucherOrders": [voucher("v", "60.00", "0")], "payments": [paid("s", "60.00")]})))
        .await;
    let paid = json!({"redeemed_vouchers": [redeemed("v", "60.00")], "payments": [paid("p", "40.00")]});
    daemon.deliver(half_cancelled(paid)).await;
    assert_eq!(
        open(&daemon, "A"),
        ["retained_after_cancel medium 5000 10000: a part of the order is cancelled; 100.00 EUR was \
          received, 60.00 EUR of it with voucher v, nothing was given back: 50.00 EUR is the guest's since \
          2025-11-10; give it back by a refund voucher that names the order, or import what is kept as `retain`"]
    );
    daemon.finish().await;
});

on_both_engines!(a_credit_that_the_policy_takes_says_so, async |database| {
    use ticketledger::policy::{AfterDays, Policy, Retained, RetainedVat};
    let after = AfterDays { days: 30, vat: RetainedVat::Untaxed };
    let policy = Policy { retained: Retained::IncomeAfterDays(after), ..Policy::default() };
    let daemon = crate::policies::under(database, policy).await;
    daemon.deliver(cancelled(&[paid("p", "100.00")])).await;
    let said = open(&daemon, "A");
    assert!(
        said[0].ends_with(
            "give it back, or leave it: the policy `retained` makes it income once nothing has moved for \
            30 days since 2025-11-08"
        ),
        "{said:?}"
    );
    daemon.finish().await;
});

on_both_engines!(who_gives_back_what_was_booked_as_kept_is_told_which_entry_to_reverse, async |database| {
    let daemon = TestDaemon::start(database).await;
    let program = Program::new(database);
    daemon.deliver(cancelled(&[paid("p", "100.00")])).await;
    let entry = retain(&daemon, &program, "20.00");
    daemon.deliver(cancelled(&[paid("p", "100.00"), back("-90.00")])).await;
    assert_eq!(
        open(&daemon, "A"),
        [format!(
            "refund_exceeds_payments high 8000 9000: 90.00 EUR was given back, the last on 2025-11-11, though entry \
             {entry} (`retain` of 20.00 EUR) says that it is not: 10.00 EUR is open; reverse entry {entry} (`ledger \
             reverse`), and import the 10.00 EUR that is still kept as `retain`"
        )]
    );
    daemon.deliver(cancelled(&[paid("p", "100.00"), back("-90.00"), back("-10.00")])).await;
    let said = open(&daemon, "A");
    assert!(said[0].starts_with("refund_exceeds_payments high 8000 10000: 100.00 EUR was given back"), "{said:?}");
    assert!(said[0].ends_with(&format!(": 20.00 EUR is open; reverse entry {entry} (`ledger reverse`)")), "{said:?}");
    // Who does what it says is done.
    let reverse = ["ledger", "reverse", &entry.to_string(), "--source", "museum", "--why", "given back after all"];
    let (code, _, errors) = program.run(&reverse);
    assert_eq!((code, open(&daemon, "A")), (0, Vec::<String>::new()), "{errors}");
    daemon.finish().await;
});

on_both_engines!(a_part_that_was_kept_and_given_back_is_no_debt_of_the_guest, async |database| {
    let daemon = TestDaemon::start(database).await;
    let program = Program::new(database);
    daemon.deliver(half_cancelled(json!({"payments": [paid("p", "100.00")]}))).await;
    let entry = retain(&daemon, &program, "10.00");
    daemon.deliver(half_cancelled(json!({"payments": [paid("p", "100.00"), back("-50.00")]}))).await;
    assert_eq!(
        open(&daemon, "A"),
        [format!(
            "refund_exceeds_payments high 4000 5000: 50.00 EUR was given back, the last on 2025-11-11, though entry \
             {entry} (`retain` of 10.00 EUR) says that it is not: 10.00 EUR is open; reverse entry {entry} (`ledger \
             reverse`)"
        )]
    );
    daemon.finish().await;
});

on_both_engines!(what_was_kept_and_more_was_given_back_says_both, async |database| {
    let daemon = TestDaemon::start(database).await;
    let program = Program::new(database);
    daemon.deliver(cancelled(&[paid("p", "100.00")])).await;
    let entry = retain(&daemon, &program, "20.00");
    daemon.deliver(cancelled(&[paid("p", "100.00"), back("-105.00")])).await;
    let said = open(&daemon, "A");
    assert!(
        said[0].ends_with(&format!(
            ": 25.00 EUR is open; reverse entry {entry} (`ledger reverse`), and check the refunds: 5.00 EUR more is \
             missing"
        )),
        "{said:?}"
    );
    daemon.finish().await;
});

on_both_engines!(more_given_back_than_received_says_how_much, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(cancelled(&[paid("p", "100.00"), back("-130.00")])).await;
    assert_eq!(
        open(&daemon, "A"),
        ["refund_exceeds_payments high 10000 13000: 130.00 EUR was given back, the last on 2025-11-11, \
          and 100.00 EUR was received; check the refunds: one may be double, or a payment is missing"]
    );
    daemon.finish().await;
});
