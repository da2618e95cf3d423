//! Refunds, cancellations, vouchers, corrections, and what a person enters.

use ticketledger::inbox::operator::Reason;
use ticketledger::ledger::book::KnownSource;
use ticketledger::ledger::entered::import::{File, FileKind, import, reverse};

use super::*;
use crate::support::order::{redeemed, refund_voucher, voucher};

fn museum() -> KnownSource {
    KnownSource { name: "museum".to_owned(), timezone: chrono_tz::Europe::Berlin }
}

fn reason() -> Reason {
    Reason { actor: "anna".to_owned(), why: "as agreed".to_owned() }
}

impl TestDaemon {
    /// Enters rows by hand, on the day that the clock shows.
    fn enter(&self, rows: &str) {
        let text = format!("date,reference,kind,currency,amount,method,account,order_id,vat_rate\n{rows}\n");
        let file = File { kind: FileKind::Manual, bytes: text.into_bytes(), opened_on: None };
        import(self.database(), &museum(), &file, &reason(), None, self.clock.now())
            .unwrap_or_else(|error| panic!("{error}"));
    }
}

/// An order of one ticket of 119.00 and its money.
fn of_119(status: &str, fields: Value) -> String {
    let ticket = seat("a", "119.00", "19", "2026-12-05");
    placed("A", but(json!({"status": status, "tickets": [ticket]}), fields))
}

const BACK: [&str; 4] = ["2026-10", "1900", "-10000", "-1900"];
const IN: [&str; 4] = ["2026-08", "1900", "10000", "1900"];

on_both_engines!(what_is_cancelled_is_given_back_with_the_money, async |database| {
    let daemon = TestDaemon::start(database).await;
    let money = paid("p", "119.00", "2026-08-10");
    daemon.on("2026-08-10", of_119("ACCEPTED", json!({"payments": [money]}))).await;
    let cancelled = |payments: Value| {
        of_119("CANCELLED", json!({"cancellation_date": "2026-09-07T10:00:00Z", "payments": payments}))
    };
    daemon.on("2026-09-07", cancelled(json!([money]))).await;
    assert_eq!(daemon.by_payment(), [row(IN)], "the money is still here");
    assert_eq!(daemon.not_due("payment").last(), Some(&row(["2026-09", "0", "-1900", "0", "-1900"])));
    let part = paid("r1", "-59.50", "2026-10-01");
    daemon.on("2026-10-01", cancelled(json!([money, part]))).await;
    assert_eq!(daemon.by_payment(), [row(IN), row(["2026-10", "1900", "-5000", "-950"])]);
    daemon.on("2026-10-02", cancelled(json!([money, part, paid("r2", "-59.50", "2026-10-02")]))).await;
    assert_eq!(daemon.by_payment(), [row(IN), row(BACK)]);
    assert_eq!(daemon.by_service(), [row(IN), row(BACK)]);
    holds(daemon).await;
});

on_both_engines!(a_refund_voucher_gives_back_like_money, async |database| {
    let daemon = TestDaemon::start(database).await;
    let money = paid("p", "119.00", "2026-08-10");
    daemon.on("2026-08-10", of_119("ACCEPTED", json!({"payments": [money]}))).await;
    let cancelled = json!({"cancellation_date": "2026-09-07T10:00:00Z", "payments": [money]});
    daemon.on("2026-09-07", of_119("CANCELLED", cancelled)).await;
    let refund = json!({"date": "2026-10-01T10:00:00Z", "voucherOrders": [refund_voucher("V", "119.00", &["A"])]});
    daemon.on("2026-10-01", order("B", refund)).await;
    assert_eq!(daemon.by_payment(), [row(IN), row(BACK)]);
    holds(daemon).await;
});

on_both_engines!(a_payment_that_vanishes_is_no_longer_due, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.on("2026-08-10", of_119("ACCEPTED", json!({"payments": [paid("p", "119.00", "2026-08-10")]}))).await;
    daemon.on("2026-10-01", of_119("ACCEPTED", json!({"payments": []}))).await;
    assert_eq!(daemon.by_payment(), [row(IN), row(BACK)]);
    assert_eq!(daemon.by_service(), [row(IN), row(BACK), row(["2026-12", "1900", "10000", "1900"])]);
    holds(daemon).await;
});

on_both_engines!(a_later_discount_reduces_the_tax_when_it_is_paid_out, async |database| {
    let daemon = TestDaemon::start(database).await;
    let money = paid("p", "119.00", "2026-08-10");
    daemon.on("2026-08-10", of_119("ACCEPTED", json!({"payments": [money]}))).await;
    let reduced = |payments: Value| of_119("ACCEPTED", json!({"additional_discount": "11.90", "payments": payments}));
    daemon.on("2026-09-01", reduced(json!([money]))).await;
    assert_eq!(daemon.by_payment(), [row(IN)]);
    daemon.on("2026-10-01", reduced(json!([money, paid("r", "-11.90", "2026-10-01")]))).await;
    assert_eq!(daemon.by_payment(), [row(IN), row(["2026-10", "1900", "-1000", "-190"])]);
    holds(daemon).await;
});

on_both_engines!(a_discount_on_what_is_unpaid_leaves_what_is_due, async |database| {
    let daemon = TestDaemon::start(database).await;
    let money = paid("p", "59.50", "2026-08-10");
    daemon.on("2026-08-10", of_119("ACCEPTED", json!({"payments": [money]}))).await;
    daemon.on("2026-09-01", of_119("ACCEPTED", json!({"additional_discount": "59.50", "payments": [money]}))).await;
    assert_eq!(daemon.by_payment(), [row(["2026-08", "1900", "5000", "950"])]);
    holds(daemon).await;
});

on_both_engines!(what_is_paid_too_much_is_a_deposit, async |database| {
    let daemon = TestDaemon::start(database).await;
    let money = paid("p", "130.00", "2026-08-10");
    daemon.on("2026-08-10", of_119("ACCEPTED", json!({"payments": [money]}))).await;
    assert_eq!(daemon.by_payment(), [row(["2026-08", "-", "1100", "0"]), row(IN)]);
    daemon.on("2026-10-01", of_119("ACCEPTED", json!({"payments": [money, paid("r", "-11.00", "2026-10-01")]}))).await;
    let given_back = [row(["2026-08", "-", "1100", "0"]), row(IN), row(["2026-10", "-", "-1100", "0"])];
    assert_eq!(daemon.by_payment(), given_back);
    holds(daemon).await;
});

on_both_engines!(released_money_settles_what_is_booked_instead, async |database| {
    let daemon = TestDaemon::start(database).await;
    let money = paid("p", "119.00", "2026-08-10");
    daemon.on("2026-08-10", of_119("ACCEPTED", json!({"payments": [money]}))).await;
    // Another ticket at another rate instead, and twelve euros of the money are left.
    let other = json!({"tickets": [seat("b", "107.00", "7", "2026-12-05")], "payments": [money]});
    daemon.on("2026-09-01", placed("A", other)).await;
    let september = [row(["2026-09", "1900", "-8992", "-1708"]), row(["2026-09", "700", "10000", "700"])];
    assert_eq!(daemon.by_payment(), [vec![row(IN)], september.to_vec()].concat());
    holds(daemon).await;
});

on_both_engines!(a_voucher_pays_and_its_tax_counts_once, async |database| {
    let daemon = TestDaemon::start(database).await;
    let sale =
        json!({"voucherOrders": [voucher("V", "119.00", "19")], "payments": [paid("p", "119.00", "2026-08-10")]});
    daemon.on("2026-08-10", placed("S", sale)).await;
    daemon.on("2026-09-01", of_119("ACCEPTED", json!({"date": "2026-09-01T10:00:00Z"}))).await;
    assert_eq!(daemon.by_payment(), [row(IN)], "unpaid");
    let used = but(redeemed("V", "119.00"), json!({"usage_date": "2026-10-01T10:00:00Z"}));
    let using = json!({"date": "2026-09-01T10:00:00Z", "redeemed_vouchers": [used]});
    daemon.on("2026-10-01", of_119("ACCEPTED", using)).await;
    assert_eq!(daemon.by_payment(), [row(IN)], "the ticket is due, and relieved of it");
    assert_eq!(daemon.not_due("payment").last().map(|row| row[4].clone()), Some("0".to_owned()));
    holds(daemon).await;
});

on_both_engines!(a_multi_purpose_voucher_is_taxed_when_it_is_used, async |database| {
    let daemon = TestDaemon::start(database).await;
    let sale = json!({"voucherOrders": [voucher("V", "119.00", "0")], "payments": [paid("p", "119.00", "2026-08-10")]});
    daemon.on("2026-08-10", placed("S", sale)).await;
    let used = but(redeemed("V", "119.00"), json!({"usage_date": "2026-10-01T10:00:00Z"}));
    let using = json!({"date": "2026-09-01T10:00:00Z", "redeemed_vouchers": [used]});
    daemon.on("2026-10-01", of_119("ACCEPTED", using)).await;
    assert_eq!(daemon.by_payment(), [row(["2026-10", "1900", "10000", "1900"])]);
    holds(daemon).await;
});

on_both_engines!(what_a_person_enters_pays_and_is_taken_back, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.on("2026-08-10", of_119("ACCEPTED", json!({"payments": []}))).await;
    daemon.set_clock("2026-09-02T12:00:00Z");
    daemon.enter("2026-09-01,bank-1,payment,EUR,119.00,bank,,A,");
    assert_eq!(daemon.by_payment(), [row(["2026-09", "1900", "10000", "1900"])]);
    let number = daemon.lines("SELECT CAST(entry_no AS TEXT) AS line FROM journal_entries WHERE kind = 'manual'");
    daemon.set_clock("2026-10-01T12:00:00Z");
    reverse(daemon.database(), &museum(), number[0].parse().unwrap(), &reason(), daemon.clock.now(), false).unwrap();
    assert_eq!(daemon.by_payment(), [row(["2026-09", "1900", "10000", "1900"]), row(BACK)]);
    holds(daemon).await;
});

on_both_engines!(what_is_kept_is_taxed_as_it_says, async |database| {
    let daemon = TestDaemon::start(database).await;
    let money = paid("p", "119.00", "2026-08-10");
    daemon.on("2026-08-10", of_119("ACCEPTED", json!({"payments": [money]}))).await;
    let back = paid("r", "-95.20", "2026-09-07");
    let cancelled = json!({"cancellation_date": "2026-09-07T10:00:00Z", "payments": [money, back]});
    daemon.on("2026-09-07", of_119("CANCELLED", cancelled)).await;
    let first = [row(IN), row(["2026-09", "1900", "-8000", "-1520"])];
    assert_eq!(daemon.by_payment(), first);
    // Kept without tax: its VAT goes back when that is decided.
    daemon.set_clock("2026-10-01T12:00:00Z");
    daemon.enter("2026-10-01,fee-1,retain,EUR,23.80,,,A,");
    let untaxed = [row(["2026-10", "-", "2380", "0"]), row(["2026-10", "1900", "-2000", "-380"])];
    assert_eq!(daemon.by_payment(), [first.to_vec(), untaxed.to_vec()].concat());
    holds(daemon).await;
});

on_both_engines!(a_claim_that_is_given_up_was_never_paid, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.on("2026-08-10", of_119("ACCEPTED", json!({"payments": [paid("p", "59.50", "2026-08-10")]}))).await;
    let half = [row(["2026-08", "1900", "5000", "950"])];
    daemon.set_clock("2026-09-01T12:00:00Z");
    daemon.enter("2026-09-01,lost-1,write-off,EUR,23.80,,expenses:bad_debt,A,");
    assert_eq!(daemon.by_payment(), half);
    daemon.enter("2026-09-01,lost-2,write-off,EUR,35.70,,expenses:bad_debt,A,19");
    assert_eq!(daemon.by_payment(), half);
    // The tax of what was given up without it stays posted, and is never due.
    assert_eq!(daemon.not_due("payment").last(), Some(&row(["2026-09", "950", "-570", "0", "380"])));
    holds(daemon).await;
});
