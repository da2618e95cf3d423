//! Settle time of many first deliveries, for comparing by hand:
//! `cargo test --test it settle_time -- --ignored --nocapture`.

use super::*;

on_both_engines!(of_many_orders, async |database| {
    if std::env::var("TICKETLEDGER_MEASURE").is_err() {
        return;
    }
    let daemon = TestDaemon::start(database).await;
    daemon.clock.advance_milliseconds(at("2025-11-11T14:36:50Z").milliseconds_since(daemon.clock.now()));
    let orders = 1500;
    for number in 0..orders {
        let order = changed(
            PAID_ORDER,
            &[
                ("/id", json!(format!("order-{number:08}"))),
                ("/code", json!(format!("C-{number}"))),
                ("/payments/0/id", json!(format!("payment-{number:08}"))),
                ("/tickets/0/participants/0/id", json!(format!("p-{number:08}-a"))),
                ("/tickets/0/participants/1/id", json!(format!("p-{number:08}-b"))),
            ],
        );
        daemon.accepted("museum", order).await;
    }
    let start = std::time::Instant::now();
    daemon.settle().await;
    let took = start.elapsed();
    eprintln!(
        "{:?}: {orders} orders settled in {took:?}, {} a second",
        database.engine,
        (orders as u128) * 1_000_000 / took.as_micros()
    );
    daemon.finish().await;
});
