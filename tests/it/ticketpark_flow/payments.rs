//! Payments: told by webhooks only, whether their booking can be read or not.

use serde_json::json;
use ticketledger::demo::stand_in::BookingExample;

use super::{HOURS, PID, failing, paid_only, pay, sold_and_paid, start};
use crate::on_both_engines;
use crate::support::daemon::TestDaemon;

on_both_engines!(a_payment_counts_before_with_and_after_its_booking, async |database| {
    let daemon = TestDaemon::start(database).await;
    for pid in 1..=3 {
        daemon.stand_in.put_booking(&pid.to_string(), BookingExample { pid, ..BookingExample::default() }.json());
    }
    let pay = async |pid: u64| {
        let payload = json!({ "booking_pid": pid, "payment_pid": format!("p{pid}"), "payment_method": "twint",
            "currency": "CHF", "amount": "50.00" });
        daemon.ticketpark("new-payment", payload).await;
    };
    let announce = async |pid: u64| {
        daemon.ticketpark("new-booking", json!({ "booking_pid": pid })).await;
    };
    pay(1).await;
    announce(2).await;
    daemon.settle().await;
    announce(1).await;
    pay(2).await;
    pay(3).await;
    announce(3).await;
    daemon.settle().await;
    let open = daemon.rows(
        &["order_id", "billed_minor", "settled_minor", "balance_minor"],
        "FROM v_order_balance ORDER BY order_id",
    );
    assert_eq!(open, [["1", "5000", "5000", "0"], ["2", "5000", "5000", "0"], ["3", "5000", "5000", "0"]]);
    assert_eq!(daemon.states(), ["done"; 6]);
    daemon.finish().await;
});

on_both_engines!(a_payment_is_posted_although_its_booking_cannot_be_read, async |database| {
    let daemon = start(database).await;
    daemon.stand_in.script([failing(500), failing(502)]);
    pay(&daemon, "p1", json!("50.00")).await;
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre"), paid_only());
    assert_eq!(daemon.states(), ["pending provider_down"]);
    daemon.settle_after_seconds(HOURS).await;
    assert_eq!(daemon.states(), ["pending provider_down"]);
    assert_eq!(daemon.entries("theatre"), 1, "tried again, the payment is not posted again");
    daemon.settle_after_seconds(HOURS).await;
    assert_eq!(daemon.balances("theatre"), sold_and_paid());
    assert_eq!(daemon.states(), ["done"]);
    daemon.finish().await;
});

on_both_engines!(a_payment_of_an_unknown_booking_is_posted_and_parked_and_completed_by_a_replay, async |database| {
    let daemon = TestDaemon::start(database).await;
    let event = pay(&daemon, "p1", json!("50.00")).await;
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre"), paid_only());
    for _ in 1..4 {
        assert_eq!(daemon.states(), ["pending not_found"]);
        daemon.settle_after_seconds(HOURS).await;
    }
    assert_eq!(daemon.states(), ["parked not_found"]);
    assert_eq!(daemon.entries("theatre"), 1);
    daemon.stand_in.put_booking(PID, BookingExample::default().json());
    daemon.replay(&[event]);
    daemon.settle().await;
    assert_eq!(daemon.states(), ["done"]);
    assert_eq!(daemon.balances("theatre"), sold_and_paid());
    daemon.finish().await;
});

on_both_engines!(a_payment_announced_twice_counts_once, async |database| {
    let daemon = start(database).await;
    pay(&daemon, "p1", json!("50.00")).await;
    pay(&daemon, "p1", json!("50.00")).await;
    daemon.settle().await;
    pay(&daemon, "p1", json!(50)).await;
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre"), sold_and_paid());
    assert_eq!(daemon.states(), ["done"; 3]);
    assert_eq!(daemon.entries("theatre"), 3);
    daemon.finish().await;
});

on_both_engines!(amounts_are_read_from_texts_and_from_numbers_to_the_rappen, async |database| {
    let daemon = start(database).await;
    // A sum that shows each of its parts: 1 + 20 + 300 + 4_000 + 50_000 rappen.
    let amounts = [json!("0.01"), json!(0.2), json!(3), json!("40"), json!("500.00")];
    for (index, amount) in amounts.into_iter().enumerate() {
        pay(&daemon, &format!("p{index}"), amount).await;
    }
    pay(&daemon, "refund", json!("-0.01")).await;
    for (amount, reason) in [(json!("1,50"), "bad_amount"), (json!("0.001"), "bad_amount"), (json!(null), "bad_amount")]
    {
        let payload = json!({ "booking_pid": PID, "payment_pid": "bad", "payment_method": "twint", "currency": "CHF",
            "amount": amount });
        let body = json!({ "type": "new-payment", "payload": payload }).to_string();
        assert_eq!(daemon.parked("theatre", body).await, reason, "{amount}");
    }
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre").get("assets:clearing:twint"), Some(&54_320));
    let by_method =
        daemon.rows(&["payment_method", "paid_minor", "refunded_minor", "net_minor"], "FROM v_payments_by_method");
    assert_eq!(by_method, [["twint", "54321", "-1", "54320"]]);
    daemon.finish().await;
});

on_both_engines!(of_two_payments_with_one_pid_the_one_stored_last_wins_whatever_is_settled_last, async |database| {
    let daemon = start(database).await;
    let first = pay(&daemon, "p1", json!("10.00")).await;
    pay(&daemon, "p1", json!("20.00")).await;
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre").get("assets:clearing:twint"), Some(&2000), "settled together");
    pay(&daemon, "p1", json!("50.00")).await;
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre"), sold_and_paid(), "settled later");
    daemon.replay(&[first]);
    daemon.settle().await;
    assert_eq!(daemon.balances("theatre"), sold_and_paid(), "the first once more");
    assert_eq!(daemon.states(), ["superseded", "done", "done"]);
    daemon.finish().await;
});
