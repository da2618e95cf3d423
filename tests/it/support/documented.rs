//! The book that the page on imports speaks of.

use serde_json::json;

use super::daemon::TestDaemon;
use super::order::{admission, but, order, payment, voucher};

pub(crate) const IMPORTS_PAGE: &str = include_str!("../../../docs/imports.md");

/// The CSV examples of the page.
pub(crate) fn import_examples() -> Vec<String> {
    let blocks = IMPORTS_PAGE.split("```csv\n").skip(1);
    blocks.map(|block| block.split("```").next().expect("an end").to_owned()).collect()
}

/// Delivers the orders and vouchers that the first example names.
pub(crate) async fn deliver_what_imports_name(daemon: &TestDaemon) {
    for (id, paid, status) in [
        ("o-part", "100.00", "ACCEPTED"),
        ("o-gone", "119.00", "CANCELLED"),
        ("o-lost", "111.00", "ACCEPTED"),
        ("o-late", "114.00", "ACCEPTED"),
    ] {
        let pay = json!([payment(&format!("pay-{id}"), paid)]);
        let fields = json!({"tickets": [admission(&format!("p-{id}"), "119.00", "19")], "payments": pay});
        daemon.deliver(order(id, but(fields, json!({"status": status})))).await;
    }
    let vouchers = json!([voucher("v-mpv", "119.00", "0"), voucher("v-spv", "119.00", "19")]);
    daemon.deliver(order("o-sold", json!({"voucherOrders": vouchers, "payments": [payment("m", "238.00")]}))).await;
}
