//! What a person enters about an order: kept, given up, reduced.

use serde_json::json;
use ticketledger::ledger::entered::import::FileKind;

use super::ORDERS;
use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, expected};
use crate::support::order::{admission, but, coupon, order, participant, payment, product, ticket};

const HEADER: &str = "date,reference,kind,account,order_id,currency,amount,vat_rate\n";
const VAT: [&str; 4] = ["vat_bp", "net_minor", "vat_minor", "gross_minor"];

/// An order of one ticket at 119.00 with 19 % of VAT, of which `paid` is paid.
fn of_119(id: &str, paid: &str) -> serde_json::Value {
    let fields = json!({"tickets": [admission("p", "119.00", "19")], "payments": [payment("m", paid)]});
    serde_json::from_str(&order(id, fields)).unwrap()
}

on_both_engines!(what_is_kept_of_a_cancelled_order_is_income, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(but(of_119("A", "119.00"), json!({"status": "CANCELLED"})).to_string()).await;
    let kept = format!("{HEADER}2025-11-11,k1,retain,,A,EUR,30.00,19\n");
    let imported = daemon.imported_and_undone(&kept);
    let of_a = &imported.effect.orders[0];
    let balances = [of_a.before.balance_minor, of_a.after.balance_minor, of_a.after.billed_minor];
    assert_eq!(balances, [-11_900, -8900, 0]);
    let untaxed = format!("{HEADER}2025-11-11,k2,retain,,A,EUR,30.00,\n2025-11-11,k3,retain,,A,EUR,89.00,19\n");
    let imported = daemon.imported(FileKind::Manual, &untaxed);
    assert_eq!(imported.effect.findings.len(), 1);
    assert_eq!(
        daemon.balances("museum"),
        expected([
            ("assets:clearing:Card", 11_900),
            ("income:retained", -3000 - 7479),
            ("liabilities:vat:1900", -1421)
        ])
    );
    assert_eq!(
        daemon.view("v_vat_by_rate", &VAT),
        [["-", "3000", "0", "3000"], ["1900", "7479", "1421", "8900"]],
        "what is kept without a rate is undetermined"
    );
    assert_eq!(
        daemon.lines("SELECT reason AS line FROM findings WHERE state = 'open' AND currency = 'EUR'"),
        Vec::<String>::new()
    );
    daemon.finish().await;
});

on_both_engines!(a_part_that_is_cancelled_is_enough_to_keep_its_money, async |database| {
    let daemon = TestDaemon::start(database).await;
    let gone = but(participant("b", "50.00", "19"), json!({"status": "CANCELLED"}));
    let tickets = json!([ticket(&[participant("a", "50.00", "19")]), ticket(&[gone])]);
    daemon.deliver(order("A", json!({"tickets": tickets, "payments": [payment("m", "100.00")]}))).await;
    daemon.imported_and_undone(&format!("{HEADER}2025-11-11,k,retain,,A,EUR,50.00,19\n"));
    daemon.finish().await;
});

on_both_engines!(what_is_open_is_given_up_whoever_owes_it, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(of_119("A", "111.00").to_string()).await;
    daemon.deliver(of_119("B", "119.02").to_string()).await;
    daemon.deliver(of_119("C", "119.01").to_string()).await;
    let rows = "2025-11-11,w1,write-off,expenses:bad_debt,A,EUR,8.00,19\n\
                2025-11-11,w2,write-off,suspense:rounding,B,EUR,0.02,\n\
                2025-11-11,w3,write-off,income:retained,C,EUR,0.01,\n";
    let imported = daemon.imported_and_undone(&format!("{HEADER}{rows}"));
    let sums: Vec<String> = imported.sums.iter().map(|sum| format!("{} {}", sum.account, sum.amount_minor)).collect();
    assert_eq!(
        sums,
        [
            "assets:receivable -797",
            "expenses:bad_debt 672",
            "income:retained -1",
            "liabilities:vat:1900 128",
            "suspense:rounding -2"
        ]
    );
    // In parts, as long as something is open.
    let part = |reference: &str| format!("{HEADER}2025-11-11,{reference},write-off,expenses:bad_debt,A,EUR,4.00,\n");
    daemon.imported(FileKind::Manual, &part("p1"));
    daemon.imported(FileKind::Manual, &part("p2"));
    assert_eq!(daemon.refused(&part("p3")), ["line 2: `amount`: nothing is open of order CODE-A in EUR"]);
    assert_eq!(daemon.view_where("v_order_balance", &ORDERS, "WHERE order_id = 'A'"), [["A", "11900", "11900", "0"]]);
    daemon.finish().await;
});

on_both_engines!(a_price_reduction_lowers_what_is_billed_at_the_rates_of_the_lines, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(of_119("A", "114.00").to_string()).await;
    let imported = daemon.imported_and_undone(&format!("{HEADER}2025-11-11,r,price-reduction,,A,EUR,5.00,\n"));
    let sums: Vec<String> = imported.sums.iter().map(|sum| format!("{} {}", sum.account, sum.amount_minor)).collect();
    assert_eq!(sums, ["assets:receivable -500", "income:discount 420", "liabilities:vat:1900 80"]);
    let of_a = &imported.effect.orders[0];
    assert_eq!([of_a.before.billed_minor, of_a.after.billed_minor, of_a.after.balance_minor], [11_900, 11_400, 0]);
    assert_eq!(
        imported.effect.findings.iter().map(|finding| finding.reason.as_str()).collect::<Vec<_>>(),
        ["underpaid"],
        "the preview says what closes"
    );

    // Two rates and a coupon that has taken a part: 100.00 at 19 % and 50.00 at 7 %, of which 15.00 are off.
    let sold = json!({"tickets": [admission("t", "100.00", "19")], "products": [product("x", "50.00", 1, "7")],
        "redeemed_coupons": [coupon("c", "15.00")]});
    daemon.deliver(order("B", sold)).await;
    let reduce =
        |reference: &str, amount: &str| format!("{HEADER}2025-11-11,{reference},price-reduction,,B,EUR,{amount},\n");
    daemon.imported(FileKind::Manual, &reduce("b1", "10.01"));
    let of_b = |condition: &str| {
        daemon.rows(
            &["account_code", "vat_bp", "amount_minor", "event_id"],
            &format!("FROM postings WHERE item_kind = 'price_reduction' AND {condition} ORDER BY entry_no, line_no"),
        )
    };
    let net_and_tax = "order_id = 'B' AND account_code <> 'assets:receivable'";
    assert_eq!(
        of_b(net_and_tax),
        [
            ["income:discount", "1900", "561", "E1"],
            ["liabilities:vat:1900", "1900", "106", "E1"],
            ["income:discount", "700", "312", "-"],
            ["liabilities:vat:700", "700", "22", "-"]
        ]
    );
    // What takes the rest leaves no tax and no revenue.
    daemon.imported(FileKind::Manual, &reduce("b2", "124.99"));
    let left = "FROM v_gl WHERE order_id = 'B' GROUP BY vat_bp HAVING SUM(amount_minor) <> 0";
    assert_eq!(daemon.rows(&["vat_bp", "SUM(amount_minor)"], left), Vec::<Vec<String>>::new());
    assert_eq!(daemon.view_where("v_order_balance", &ORDERS, "WHERE order_id = 'B'"), [["B", "0", "0", "0"]]);
    assert_eq!(
        daemon.mistakes(FileKind::Manual, &reduce("b3", "0.01")),
        ["line 2: `amount`: only 0.00 EUR is left of the tickets and products of the order"]
    );
    daemon.proved();
    daemon.finish().await;
});

on_both_engines!(ties_of_a_price_reduction_go_to_the_earlier_line, async |database| {
    let daemon = TestDaemon::start(database).await;
    // The keys of the lines sort otherwise than the document, and one has no rate.
    let tickets = json!([admission("c", "9.99", "19"), admission("a", "9.99", ""), admission("b", "9.99", "19")]);
    daemon.deliver(order("A", json!({"tickets": tickets}))).await;
    let text =
        format!("{HEADER}2025-11-11,r1,price-reduction,,A,EUR,2.00,\n2025-11-11,r2,price-reduction,,A,EUR,3.00,\n");
    daemon.imported(FileKind::Manual, &text);
    assert_eq!(
        daemon.rows(
            &["line_key", "amount_minor"],
            "FROM postings WHERE item_kind = 'price_reduction' AND account_code = 'assets:receivable' \
             ORDER BY entry_no, line_no"
        ),
        [
            ["price-reduction:r1@participant:c", "-67"],
            ["price-reduction:r1@participant:a", "-67"],
            ["price-reduction:r1@participant:b", "-66"],
            ["price-reduction:r2@participant:c", "-100"],
            ["price-reduction:r2@participant:a", "-100"],
            ["price-reduction:r2@participant:b", "-100"],
        ]
    );
    assert_eq!(daemon.balances_of("A")["suspense:vat_undetermined"], -999 + 167);
    daemon.proved();
    daemon.finish().await;
});

on_both_engines!(payments_and_refunds_that_no_webhook_tells_move_the_order, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(of_119("A", "100.00").to_string()).await;
    let rows = "date,reference,kind,method,order_id,currency,amount\n\
                2025-11-11,p,payment,Bank wire,A,EUR,19.00\n\
                2025-11-11,f,refund,Bank wire,A,EUR,4.00\n";
    let imported = daemon.imported_and_undone(rows);
    let sums: Vec<String> = imported.sums.iter().map(|sum| format!("{} {}", sum.account, sum.amount_minor)).collect();
    assert_eq!(sums, ["assets:clearing:Bank_wire 1500", "assets:receivable -1500"]);
    daemon.finish().await;
});
