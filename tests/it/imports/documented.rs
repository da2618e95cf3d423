//! The examples of docs/imports.md, as they stand there.

use std::collections::BTreeMap;

use serde_json::json;
use ticketledger::ledger::entered::import::FileKind;

use crate::on_both_engines;
use crate::support::daemon::TestDaemon;
use crate::support::documented::{IMPORTS_PAGE, deliver_what_imports_name, import_examples};
use crate::support::order::{but, order, payment, refund_voucher};

/// What the page says that each kind books, by account in minor units.
fn documented() -> BTreeMap<String, BTreeMap<String, i64>> {
    let table =
        IMPORTS_PAGE.split("| kind | The row books (+ debit, − credit) |\n|---|---|\n").nth(1).expect("the table");
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let line_of = |text: &str| {
            let (amount, account) = text.split_once(' ').expect("an amount and an account");
            let minor: i64 = amount.replace('−', "-").replace(['.', '+'], "").parse().expect("an amount");
            (account.trim_matches('`').to_owned(), minor)
        };
        (cells[1].trim_matches('`').to_owned(), cells[2].split(", ").map(line_of).collect())
    };
    rows.map(row).collect()
}

on_both_engines!(each_kind_books_what_the_page_says, async |database| {
    let daemon = TestDaemon::start(database).await;
    deliver_what_imports_name(&daemon).await;
    let imported = daemon.imported_and_undone(&import_examples()[0]);
    assert_eq!(imported.posted, documented().len());
    let lines = daemon.rows(
        &["e.atom_key", "e.event_type", "p.account_code", "p.amount_minor"],
        "FROM journal_entries e JOIN postings p ON p.source = e.source AND p.entry_no = e.entry_no \
         WHERE e.kind = 'manual'",
    );
    let mut booked: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    for line in lines {
        let kind = match line[1].as_str() {
            "manual.opening_voucher" => "opening-vouchers".to_owned(),
            event_type => event_type.trim_start_matches("manual.").replace('_', "-"),
        };
        booked.entry(kind).or_default().insert(line[2].clone(), line[3].parse().unwrap());
    }
    assert_eq!(booked, documented());
    daemon.finish().await;
});

on_both_engines!(a_refund_voucher_of_several_orders_is_allocated_in_pairs, async |database| {
    let daemon = TestDaemon::start(database).await;
    for id in ["X", "Y"] {
        let fields = json!({"payments": [payment(&format!("m{id}"), "30.00")]});
        let paid = serde_json::from_str(&order(id, fields)).unwrap();
        daemon.deliver(but(paid, json!({"status": "CANCELLED"})).to_string()).await;
    }
    let refund = refund_voucher("v-refund", "50.00", &["X", "Y"]);
    daemon.deliver(order("R", json!({"voucherOrders": [refund]}))).await;
    assert_eq!(daemon.balances("museum")["assets:voucher_refund_unallocated"], 5000);
    let open = || {
        let open = "WHERE state = 'open' AND reason = 'refund_voucher_unallocated'";
        daemon.view_where("findings", &["order_id", "difference_minor"], open)
    };
    assert_eq!(open(), [["R", "5000"]]);
    let imported = daemon.imported_and_undone(&import_examples()[1]);
    assert_eq!(imported.effect.orders[0].after.balance_minor, 0);
    assert_eq!(imported.effect.vouchers, [], "the voucher is worth what it was");
    let rest = import_examples()[1].replace("al_", "rest_").replace(",X,", ",Y,").replace("30.00", "20.00");
    daemon.imported(FileKind::Manual, &rest);
    assert_eq!(open(), [["R", "3000"]], "the first part was taken back");
    daemon.imported(FileKind::Manual, &import_examples()[1].replace("al_", "again_"));
    assert_eq!(daemon.balances("museum").get("assets:voucher_refund_unallocated"), None);
    assert_eq!(open(), Vec::<Vec<String>>::new());
    assert_eq!(daemon.balances("museum")["liabilities:voucher:mpv"], -5000);
    daemon.finish().await;
});
