//! What a person enters about a voucher or flex ticket: it expires, or is worth something else.

use serde_json::json;
use ticketledger::ledger::entered::import::FileKind;

use crate::on_both_engines;
use crate::support::daemon::{Row, TestDaemon, expected};
use crate::support::order::{admission, flex, order, payment, redeemed, voucher};

const HEADER: &str = "date,reference,kind,voucher_id,account,order_id,currency,amount\n";
const VOUCHERS: [&str; 5] = ["voucher_id", "kind", "issued_minor", "redeemed_minor", "balance_minor"];
const VAT: [&str; 4] = ["vat_bp", "net_minor", "vat_minor", "gross_minor"];

/// A multi-purpose voucher `m` and a single-purpose voucher `s` of 119.00 each, and two flex tickets alike, all paid.
async fn sold(daemon: &TestDaemon) {
    let sold = json!({
        "voucherOrders": [voucher("m", "119.00", "0"), voucher("s", "119.00", "19")],
        "flexTickets": [flex("untaxed", "119.00", ""), flex("taxed", "119.00", "19")],
        "payments": [payment("pay", "476.00")],
    });
    daemon.deliver(order("S", sold)).await;
}

async fn used(daemon: &TestDaemon, order_id: &str, id: &str, value: &str) {
    let sold = admission(&format!("p{order_id}"), value, "19");
    daemon.deliver(order(order_id, json!({"tickets": [sold], "redeemed_vouchers": [redeemed(id, value)]}))).await;
}

impl TestDaemon {
    fn vouchers(&self) -> Vec<Row> {
        self.view("v_voucher_balance", &VOUCHERS)
    }
}

fn expires(reference: &str, id: &str, amount: &str) -> String {
    format!("{HEADER}2025-11-11,{reference},breakage,{id},,,EUR,{amount}\n")
}

on_both_engines!(what_is_left_of_a_voucher_expires_without_vat, async |database| {
    let daemon = TestDaemon::start(database).await;
    sold(&daemon).await;
    let before = daemon.view("v_vat_by_rate", &VAT);
    let rows = ["m", "s", "flex:untaxed", "flex:taxed"];
    let rows = rows.map(|id| format!("2025-11-11,x-{id},breakage,{id},,,EUR,119.00\n")).concat();
    let imported = daemon.imported_and_undone(&format!("{HEADER}{rows}"));
    let sums: Vec<String> = imported.sums.iter().map(|sum| format!("{} {}", sum.account, sum.amount_minor)).collect();
    assert_eq!(
        sums,
        [
            "income:breakage -43800",
            "liabilities:flex 21900",
            "liabilities:voucher:mpv 11900",
            "liabilities:voucher:spv:1900 10000"
        ]
    );
    let effect: Vec<_> =
        imported.effect.vouchers.iter().map(|voucher| (voucher.before_minor, voucher.after_minor)).collect();
    assert_eq!(effect, [(10_000, 0), (11_900, 0), (11_900, 0), (10_000, 0)]);
    assert_eq!(daemon.view("v_vat_by_rate", &VAT), before);

    daemon.imported(FileKind::Manual, &expires("m1", "m", "19.00"));
    daemon.imported(FileKind::Manual, &expires("s1", "s", "23.80"));
    assert_eq!(daemon.view("v_vat_by_rate", &VAT), before, "nothing is supplied when a voucher expires");
    assert_eq!(
        daemon.vouchers(),
        [
            ["m", "mpv", "11900", "1900", "10000"],
            ["s", "spv", "10000", "2000", "8000"],
            ["taxed", "flex", "10000", "0", "10000"],
            ["untaxed", "flex", "11900", "0", "11900"]
        ]
    );
    let other = daemon.view("v_rollforward_voucher", &["account", "issued_minor", "other_minor", "closing_minor"]);
    assert_eq!(
        other,
        [
            ["liabilities:flex", "21900", "0", "21900"],
            ["liabilities:voucher:mpv", "11900", "-1900", "10000"],
            ["liabilities:voucher:spv:1900", "10000", "-2000", "8000"]
        ]
    );
    daemon.proved();
    daemon.finish().await;
});

on_both_engines!(what_expires_last_takes_what_rounding_left, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(order("S", json!({"voucherOrders": [voucher("s", "30.03", "19")]}))).await;
    // 30.03 is 25.24 net; two parts of 10.01 are 8.41 each, which leaves 8.42.
    daemon.imported(FileKind::Manual, &expires("a", "s", "10.01"));
    daemon.imported(FileKind::Manual, &expires("b", "s", "10.01"));
    daemon.imported(FileKind::Manual, &expires("c", "s", "10.01"));
    assert_eq!(daemon.vouchers(), [["s", "spv", "2524", "2524", "0"]]);
    assert_eq!(
        daemon.refused(&expires("d", "s", "0.01")),
        ["line 2: `amount`: voucher:s is worth 0.00 EUR net; no more can expire"]
    );
    daemon.proved();
    daemon.finish().await;
});

on_both_engines!(after_a_use_only_the_rest_can_expire, async |database| {
    let daemon = TestDaemon::start(database).await;
    sold(&daemon).await;
    used(&daemon, "A", "s", "23.80").await;
    used(&daemon, "B", "m", "19.00").await;
    let too_much = [expires("s", "s", "119.00"), expires("m", "m", "100.01")];
    assert_eq!(
        too_much.map(|text| daemon.refused(&text)).concat(),
        [
            "line 2: `amount`: voucher:s is worth 80.00 EUR net; no more can expire",
            "line 2: `amount`: voucher:m is worth 100.00 EUR; no more can expire"
        ]
    );
    // The second row of a file sees the first.
    let rows = "2025-11-11,m1,breakage,m,,,EUR,60.00\n2025-11-11,m2,breakage,m,,,EUR,60.00\n";
    assert_eq!(
        daemon.refused(&format!("{HEADER}{rows}")),
        ["line 3: `amount`: voucher:m is worth 40.00 EUR; no more can expire"]
    );
    daemon.imported_and_undone(&format!(
        "{HEADER}2025-11-11,s1,breakage,s,,,EUR,95.20\n2025-11-11,m3,breakage,m,,,EUR,100.00\n"
    ));
    let late = daemon.forced(&expires("late", "m", "119.00"), "the guest used it by mistake");
    assert_eq!(late.forced, ["line 2: `amount`: voucher:m is worth 100.00 EUR; no more can expire"]);
    daemon.proved();
    daemon.finish().await;
});

on_both_engines!(a_correction_changes_a_voucher_against_the_named_account, async |database| {
    let daemon = TestDaemon::start(database).await;
    sold(&daemon).await;
    daemon.deliver(order("A", json!({"tickets": [admission("p", "11.90", "19")]}))).await;
    let rows = "2025-11-11,c1,voucher-correction,m,assets:bank,,EUR,-19.00\n\
                2025-11-11,c2,voucher-correction,m,expenses:fees,,EUR,5.00\n\
                2025-11-11,c3,voucher-correction,s,assets:clearing:Cash,,EUR,-23.80\n\
                2025-11-11,c4,voucher-correction,s,equity:opening,,EUR,11.90\n\
                2025-11-11,c5,voucher-correction,s,suspense:rounding,,EUR,0.04\n\
                2025-11-11,c6,voucher-correction,flex:taxed,assets:receivable,A,EUR,-11.90\n";
    let imported = daemon.imported_and_undone(&format!("{HEADER}{rows}"));
    let sums: Vec<String> = imported.sums.iter().map(|sum| format!("{} {}", sum.account, sum.amount_minor)).collect();
    assert_eq!(
        sums,
        [
            "assets:bank -1900",
            "assets:clearing:Cash -2380",
            "assets:receivable -1190",
            "equity:opening 1000",
            "expenses:fees 500",
            "liabilities:flex 1000",
            "liabilities:vat:1900 570",
            "liabilities:voucher:mpv 1400",
            "liabilities:voucher:spv:1900 996",
            "suspense:rounding 4"
        ]
    );
    assert_eq!(imported.effect.orders[0].after.balance_minor, 0);
    assert_eq!(
        daemon.mistakes(
            FileKind::Manual,
            &format!(
                "{HEADER}2025-11-11,d1,voucher-correction,nobody,assets:bank,,EUR,1.00\n\
                 2025-11-11,d2,voucher-correction,m,income:tickets,,EUR,1.00\n\
                 2025-11-11,d3,voucher-correction,m,assets:receivable,,EUR,1.00\n\
                 2025-11-11,d4,breakage,nobody,,,EUR,1.00\n"
            )
        ),
        [
            "line 2: `voucher_id`: source museum knows no voucher or flex ticket nobody",
            "line 3: `account` must be one of: assets:bank, assets:clearing:METHOD, assets:receivable (with \
             `order_id`), assets:voucher_refund_unallocated, equity:opening, expenses:bad_debt, expenses:fees, \
             income:breakage, suspense:rounding",
            "line 4: `order_id` is empty",
            "line 5: `voucher_id`: source museum knows no voucher or flex ticket nobody",
        ]
    );
    daemon.finish().await;
});

on_both_engines!(a_voucher_of_unknown_origin_is_opened_not_corrected, async |database| {
    let daemon = TestDaemon::start(database).await;
    used(&daemon, "A", "old", "11.90").await;
    let correct = |reference: &str, amount: &str| {
        format!("{HEADER}2025-11-11,{reference},voucher-correction,old,equity:opening,,EUR,{amount}\n")
    };
    assert_eq!(
        daemon.refused(&correct("c", "11.90")),
        ["line 2: `voucher_id`: nobody told how voucher:old was sold, so it counts as taxed when used; \
          `opening-vouchers` opens it"]
    );
    let opening = "date,reference,kind,voucher_id,currency,amount,vat_rate\n\
                   2025-11-11,o,opening-vouchers,old,EUR,20.00,\n";
    daemon.imported(FileKind::Manual, opening);
    assert_eq!(daemon.vouchers(), [["old", "mpv", "2000", "1190", "810"]]);
    assert_eq!(
        daemon.refused(&correct("less", "-8.50")),
        ["line 2: `amount`: voucher:old is worth 8.10 EUR, and would be worth -0.40 EUR"]
    );
    daemon.imported(FileKind::Manual, &correct("fine", "-8.10"));
    assert_eq!(
        daemon.balances("museum"),
        expected([("equity:opening", 1190), ("income:tickets", -1000), ("liabilities:vat:1900", -190)])
    );
    daemon.proved();
    daemon.finish().await;
});
