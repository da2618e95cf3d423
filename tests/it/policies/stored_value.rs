//! How vouchers and flex tickets are taxed.

use super::*;

/// Sells a voucher of 11.90 with a rate and one without, redeems both, and issues one as a refund. The redeeming order
/// comes first, so that the regime becomes known late.
async fn vouchers(database: &TestDatabase, voucher_regime: VoucherRegime) -> TestDaemon {
    let daemon = under(database, Policy { voucher_regime, ..Policy::default() }).await;
    daemon.deliver(order("R", json!({"redeemed_vouchers": [redeemed("v7", "5.35"), redeemed("v0", "11.90")]}))).await;
    let sold = json!([voucher("v7", "10.70", "7"), voucher("v0", "11.90", "0"), refund_voucher("vr", "3.00", &["X"])]);
    daemon.deliver(order("S", json!({"voucherOrders": sold}))).await;
    daemon
}

on_both_engines!(vouchers_are_taxed_by_their_rate, async |database| {
    let daemon = vouchers(database, VoucherRegime::Auto).await;
    assert_eq!(
        daemon.balances("museum"),
        expected([
            ("assets:receivable", 835),
            ("liabilities:vat:700", -35),
            ("liabilities:voucher:mpv", -300),
            ("liabilities:voucher:spv:700", -500),
        ])
    );
    daemon.finish().await;
});

on_both_engines!(vouchers_are_all_taxed_when_used, async |database| {
    let daemon = vouchers(database, VoucherRegime::Mpv).await;
    assert_eq!(daemon.balances("museum"), expected([("assets:receivable", 835), ("liabilities:voucher:mpv", -835)]));
    daemon.finish().await;
});

on_both_engines!(vouchers_are_all_taxed_when_sold, async |database| {
    let daemon = vouchers(database, VoucherRegime::Spv(1900)).await;
    let mut sold = daemon.journal_of("S", 0);
    sold.retain(|entry| entry.says("voucher.issue"));
    assert_eq!(
        sold,
        [
            entry(
                "2025-11-08 post voucher.issue",
                [("assets:receivable", 1190), ("liabilities:voucher:spv:1900", -1000), ("liabilities:vat:1900", -190)]
            ),
            entry(
                "2025-11-08 post voucher.issue",
                [("assets:receivable", 1070), ("liabilities:voucher:spv:700", -1000), ("liabilities:vat:700", -70)]
            ),
        ]
    );
    // A refund voucher follows the policy like any other; the redeemed one is used up, its VAT with it.
    assert_eq!(
        daemon.balances("museum"),
        expected([
            ("assets:receivable", 835),
            ("liabilities:vat:1900", -48),
            ("liabilities:vat:700", -35),
            ("liabilities:voucher:spv:1900", -252),
            ("liabilities:voucher:spv:700", -500),
        ])
    );
    assert_eq!(
        daemon.view("v_voucher_balance", &["voucher_id", "kind", "balance_minor"]),
        [["v0", "spv", "0"], ["v7", "spv", "500"], ["vr", "spv", "252"]]
    );
    daemon.finish().await;
});

/// Sells a limited flex ticket of 50.00 and an unlimited one of 119.00, both without and with a rate, and redeems
/// 11.90 of each, the redeeming order first.
async fn flexes(database: &TestDatabase, flex_regime: FlexRegime) -> TestDaemon {
    let daemon = under(database, Policy { flex_regime, ..Policy::default() }).await;
    let unlimited = |id: &str, vat: &str| but(flex(id, "119.00", vat), json!({"unlimited_redemptions": 1}));
    let used = ["f0", "f19", "u0", "u19"].map(|id| flex_participant(&format!("p-{id}"), "11.90", "19", id));
    daemon.deliver(order("R", json!({"tickets": [ticket(&used)]}))).await;
    let sold =
        json!([flex("f0", "59.50", "0"), flex("f19", "59.50", "19"), unlimited("u0", "0"), unlimited("u19", "19")]);
    daemon.deliver(order("S", json!({"flexTickets": sold}))).await;
    daemon
}

on_both_engines!(flex_tickets_are_taxed_by_their_rate, async |database| {
    let daemon = flexes(database, FlexRegime::Auto).await;
    assert_eq!(
        daemon.balances("museum"),
        expected([
            ("assets:receivable", 35_700),
            ("income:tickets", -4000),
            // 59.50 + 119.00 less two admissions as they are; 50.00 + 100.00 less two admissions as net.
            ("liabilities:flex", -(17_850 - 2380) - (15_000 - 2000)),
            ("liabilities:vat:1900", -(2850 - 380) - 760),
        ])
    );
    assert_eq!(daemon.lines("SELECT reason AS line FROM v_open_findings WHERE reason = 'flex_unlimited'").len(), 2);
    daemon.finish().await;
});

on_both_engines!(flex_tickets_are_all_taxed_when_used, async |database| {
    let daemon = flexes(database, FlexRegime::Prepaid).await;
    assert_eq!(
        daemon.balances("museum"),
        expected([
            ("assets:receivable", 35_700),
            ("income:tickets", -4000),
            ("liabilities:flex", -(35_700 - 4760)),
            ("liabilities:vat:1900", -760),
        ])
    );
    daemon.finish().await;
});

on_both_engines!(flex_tickets_are_all_taxed_when_sold, async |database| {
    let daemon = flexes(database, FlexRegime::Taxed(1900)).await;
    assert_eq!(
        daemon.balances("museum"),
        expected([
            ("assets:receivable", 35_700),
            ("income:tickets", -4000),
            ("liabilities:flex", -(30_000 - 4000)),
            // Of what was sold; the admissions and their relief cancel out.
            ("liabilities:vat:1900", -5700),
        ])
    );
    daemon.finish().await;
});

on_both_engines!(flex_tickets_without_a_limit_are_revenue_when_sold, async |database| {
    let daemon = flexes(database, FlexRegime::RecogniseAtSale).await;
    assert_eq!(
        daemon.balances("museum"),
        expected([
            ("assets:receivable", 35_700),
            // What is admitted is revenue of its ticket, and so much less of the flex ticket.
            ("income:flex", -(11_900 - 1190) - (10_000 - 1000)),
            ("income:tickets", -4000),
            ("liabilities:flex", -(5950 - 1190) - (5000 - 1000)),
            ("liabilities:vat:1900", -950 - 1900 + 380 - 760),
        ])
    );
    assert_eq!(daemon.lines("SELECT reason AS line FROM v_open_findings WHERE reason = 'flex_unlimited'").len(), 0);
    assert_eq!(
        daemon.view("vouchers", &["voucher_id", "regime", "vat_bp"]),
        [["f0", "prepaid", "0"], ["f19", "taxed", "1900"], ["u0", "recognised", "0"], ["u19", "recognised", "1900"]]
    );
    daemon.finish().await;
});
