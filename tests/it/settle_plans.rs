//! Every statement on the way of an event, from its receipt to the end of its claim, finds its rows by an index that
//! names more than the source, however long the book is.

use std::collections::BTreeSet;

use serde_json::json;
use ticketledger::demo::stand_in::BookingExample;

use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::order::{
    admission, flex, flex_participant, order, payment, redeemed, refund_voucher, ticket, voucher,
};
use crate::support::plans::{plan, reads_all, record};

on_both_engines!(settling_reads_what_it_needs_and_not_the_book, async |database| {
    let daemon = TestDaemon::start(database).await;
    let all = |id: &str, more: serde_json::Value| {
        let mut fields = json!({"tickets": [admission(&format!("p-{id}"), "10.00", "19")],
            "payments": [payment(&format!("pay-{id}"), "10.00"), payment("shared", "1.00")],
            "redeemed_vouchers": [redeemed("V", "1.00"), redeemed("S", "1.00")]});
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        order(id, fields)
    };
    for number in 0..150 {
        let sold = json!({"voucherOrders": [voucher(&format!("W{number}"), "1.00", "0")]});
        daemon.accepted("museum", all(&format!("o-{number:03}"), sold)).await;
    }
    daemon.settle().await;
    let daemon = daemon.restart(|_| {}).await;
    let recorded = record(daemon.database());
    let seller = |status: &str| {
        json!({"status": status, "voucherOrders": [voucher("S", "50.00", "19")],
            "flexTickets": [flex("F", "20.00", "0")]})
    };
    let bodies = [
        all("seller", seller("ACCEPTED")),
        all("user", json!({"tickets": [ticket(&[flex_participant("f", "5.00", "19", "F")])]})),
        all("seller", seller("CANCELLED")),
        all("refund", json!({"voucherOrders": [refund_voucher("R", "5.00", &["o-001", "unknown"])]})),
        all("o-001", json!({"payments": []})),
    ];
    for body in bodies {
        // Alone, and beside another, which takes other statements.
        daemon.accepted("museum", body.clone()).await;
        daemon.settle().await;
        daemon.accepted("museum", body).await;
        daemon.accepted("museum", all("beside", json!({"customer": {"id": "1", "email": "a@example.org"}}))).await;
        daemon.settle().await;
    }
    // Parked at receipt, and found nowhere but at the provider, which does not answer here.
    daemon.parked("museum", order("foreign", json!({"vendor_id": "unknown"}))).await;
    let booking = BookingExample::default();
    daemon.stand_in.put_booking(&booking.pid(), booking.json());
    daemon.ticketpark("new-booking", json!({"booking_pid": booking.pid()})).await;
    daemon.ticketpark("new-booking", json!({"booking_pid": "unknown"})).await;
    daemon.settle().await;
    daemon.settle_after_seconds(3600).await;
    let statements: BTreeSet<String> = recorded.try_iter().collect();
    let mut connection = daemon.database().reader().unwrap();
    let mut wrong = BTreeSet::new();
    for statement in &statements {
        let statement = statement.split(" -- binds").next().unwrap();
        if !["SELECT", "UPDATE", "DELETE"].iter().any(|word| statement.starts_with(word)) {
            continue;
        }
        // The last row of a source is the first one from the end of an index.
        if statement.contains(" DESC LIMIT ") {
            continue;
        }
        let plan = plan(&mut connection, statement);
        if plan.iter().any(|step| reads_all(step)) {
            wrong.insert(format!("{statement}\n    {}", plan.join("\n    ")));
        }
    }
    for on_the_way in ["inbox_events", "inbox_attempts", "documents", "postings", "contacts", "order_sums"] {
        assert!(statements.iter().any(|statement| statement.contains(on_the_way)), "nothing about {on_the_way}");
    }
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
    drop(connection);
    daemon.finish().await;
});
