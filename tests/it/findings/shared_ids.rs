//! Orders that share an id: what is done for one more of them does not grow with their number.

use serde_json::json;

use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::db::TestDatabase;
use crate::support::order::{admission, order, payment, redeemed, refund_voucher, voucher};

/// The body of the order with this number.
type Body = fn(usize) -> String;

const SHARED: [(&str, Body); 4] = [
    ("one payment", |number| {
        let paid = json!({"tickets": [admission("p", "10.00", "19")], "payments": [payment("same", "10.00")]});
        order(&format!("o{number:04}"), paid)
    }),
    ("one voucher", |number| {
        let used = json!({"tickets": [admission("p", "10.00", "19")], "redeemed_vouchers": [redeemed("same", "1.00")]});
        order(&format!("o{number:04}"), used)
    }),
    ("one refunded order", |number| {
        let id = format!("v{number}");
        order(&format!("o{number:04}"), json!({"voucherOrders": [refund_voucher(&id, "1.00", &["same"])]}))
    }),
    ("one voucher sold", |number| {
        let paid = [payment(&format!("m{number}"), "10.00")];
        let sold = json!({"voucherOrders": [voucher("same", "10.00", "0")], "payments": paid});
        order(&format!("o{number:04}"), sold)
    }),
];

fn findings(daemon: &TestDaemon, order: &str) -> usize {
    daemon.lines(&format!("SELECT reason AS line FROM findings WHERE order_id = '{order}'")).len()
}

on_both_engines!(one_more_order_with_a_shared_id_costs_what_the_one_before_did, async |database| {
    for (what, body) in SHARED {
        let database = TestDatabase::new(database.engine).expect("a database for each id");
        let daemon = TestDaemon::start(&database).await;
        let mut snapshots = Vec::new();
        for number in 0..60 {
            daemon.deliver(body(number)).await;
            let written = daemon.lines("SELECT 'x' AS line FROM order_snapshots").len();
            snapshots.push(written);
        }
        let at = |number: usize| snapshots[number] - snapshots[number - 1];
        assert!(at(59) <= at(20) && at(59) <= 2, "{what}: {snapshots:?}");
        let most = (0..60).map(|number| findings(&daemon, &format!("o{number:04}"))).max();
        assert!(most <= Some(4), "{what}: {most:?}");
        assert!(findings(&daemon, "same") <= 60, "{what}");
        let again = daemon.lines("SELECT 'x' AS line FROM findings WHERE state = 'open'").len();
        assert!(again <= 60 * 4 + 60, "{what}: {again}");
        daemon.finish().await;
    }
});
