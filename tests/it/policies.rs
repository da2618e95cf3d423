//! Every policy switch in each of its positions, and what a change of policy does: nothing to what is booked.

use serde_json::{Value, json};
use ticketledger::config::{self, DatedPolicy};
use ticketledger::ledger::Policy;
use ticketledger::ledger::policy::{
    CashRounding, CouponScope, FlexRegime, OnPaymentVanish, PricesAre, RecogniseOn, RevenueMode, VatRounding,
    VoucherRegime,
};

use crate::on_both_engines;
use crate::support::daemon::{TestDaemon, expected};
use crate::support::db::TestDatabase;
use crate::support::order::{
    admission, but, coupon, flex, flex_participant, order, participant, payment, product, redeemed, refund_voucher,
    ticket, voucher,
};

/// A daemon whose museum keeps its book under one policy.
async fn under(database: &TestDatabase, policy: Policy) -> TestDaemon {
    let policies = vec![DatedPolicy { from: None, policy }];
    TestDaemon::start_with(database, |config| config.sources[0].policies = policies, std::sync::Arc::new(|_| {})).await
}

/// Lines of an order's entries as `day event account amount`, from the `after`-th entry on.
fn journal(daemon: &TestDaemon, order: &str, after: usize) -> Vec<String> {
    let entries = daemon.lines(&format!(
        "SELECT entry_no || '' AS line FROM journal_entries WHERE order_id = '{order}' ORDER BY entry_no"
    ));
    let Some(first) = entries.get(after) else { return Vec::new() };
    daemon.lines(&format!(
        "SELECT e.booking_date || ' ' || CASE WHEN e.kind = 'reverse' THEN '-' ELSE '' END || e.event_type || ' ' \
         || p.account_code || ' ' || p.amount_minor AS line \
         FROM journal_entries e JOIN postings p ON p.source = e.source AND p.entry_no = e.entry_no \
         WHERE e.order_id = '{order}' AND e.entry_no >= {first} ORDER BY e.entry_no, p.line_no"
    ))
}

/// Number, first instant and switches of the stored policies of the museum.
fn stored(daemon: &TestDaemon) -> Vec<String> {
    daemon.view("policies WHERE source = 'museum'", &["policy_id", "valid_from", "doc"])
}

/// A ticket of the tour on 23 December.
fn in_december(participants: &[Value]) -> Value {
    but(ticket(participants), json!({"date": "2025-12-23T10:00:00Z"}))
}

on_both_engines!(items_count_when_accepted_or_already_while_pending, async |database| {
    let pending = order(
        "A",
        json!({"status": "PENDING", "payments": [payment("p", "5.00")],
            "tickets": [but(admission("a", "11.90", "19"), json!({"status": "PENDING"}))]}),
    );
    let accepted = order("A", json!({"payments": [payment("p", "5.00")], "tickets": [admission("a", "11.90", "19")]}));

    let daemon = TestDaemon::start(database).await;
    daemon.deliver(&pending).await;
    assert_eq!(daemon.balances_of("A"), expected([("assets:clearing:Card", 500), ("assets:receivable", -500)]));
    daemon.deliver(&accepted).await;
    assert_eq!(daemon.entries("museum"), 2);
    daemon.finish().await;
});

on_both_engines!(items_count_already_while_pending, async |database| {
    let pending = order(
        "A",
        json!({"status": "PENDING", "payments": [payment("p", "5.00")],
            "tickets": [but(admission("a", "11.90", "19"), json!({"status": "PENDING"}))]}),
    );
    let accepted = order("A", json!({"payments": [payment("p", "5.00")], "tickets": [admission("a", "11.90", "19")]}));
    let declined = order(
        "A",
        json!({"status": "DECLINED", "payments": [payment("p", "5.00")], "tickets": [admission("a", "11.90", "19")]}),
    );
    let daemon = under(database, Policy { recognise_on: RecogniseOn::Pending, ..Policy::default() }).await;
    daemon.deliver(&pending).await;
    let sold = expected([
        ("assets:clearing:Card", 500),
        ("assets:receivable", 690),
        ("income:tickets", -1000),
        ("liabilities:vat:1900", -190),
    ]);
    assert_eq!(daemon.balances_of("A"), sold);
    daemon.deliver(&accepted).await;
    assert_eq!((daemon.entries("museum"), daemon.balances_of("A")), (2, sold));
    daemon.deliver(&declined).await;
    assert_eq!(daemon.balances_of("A"), expected([("assets:clearing:Card", 500), ("assets:receivable", -500)]));
    daemon.finish().await;
});

on_both_engines!(revenue_is_booked_on_the_day_of_the_event, async |database| {
    let daemon = under(database, Policy { revenue_mode: RevenueMode::OnEventDate, ..Policy::default() }).await;
    let tickets = |date: &str| json!([but(ticket(&[participant("a", "11.90", "19")]), json!({"date": date}))]);
    let with = |date: &str, fields: Value| {
        let sections = json!({"tickets": tickets(date), "products": [product("mug", "11.90", 1, "19")],
            "redeemed_coupons": [coupon("c", "2.38")], "payments": [payment("p", "21.42")]});
        order("A", but(sections, fields))
    };
    // 23:30Z on the 30th is the 1st of December in Berlin.
    daemon.deliver(with("2025-11-30T23:30:00Z", json!({}))).await;
    assert_eq!(
        journal(&daemon, "A", 0),
        [
            "2025-11-08 coupon assets:receivable -119",
            "2025-11-08 coupon liabilities:deferred:tickets 100",
            "2025-11-08 coupon liabilities:vat:1900 19",
            "2025-11-08 coupon assets:receivable -119",
            "2025-11-08 coupon income:discount 100",
            "2025-11-08 coupon liabilities:vat:1900 19",
            "2025-11-08 payment assets:clearing:Card 2142",
            "2025-11-08 payment assets:receivable -2142",
            "2025-12-01 release.discount liabilities:deferred:tickets -100",
            "2025-12-01 release.discount income:discount 100",
            "2025-12-01 release.ticket liabilities:deferred:tickets 1000",
            "2025-12-01 release.ticket income:tickets -1000",
            "2025-11-08 sale.ticket assets:receivable 1190",
            "2025-11-08 sale.ticket liabilities:deferred:tickets -1000",
            "2025-11-08 sale.ticket liabilities:vat:1900 -190",
            "2025-11-08 sale.product assets:receivable 1190",
            "2025-11-08 sale.product income:products -1000",
            "2025-11-08 sale.product liabilities:vat:1900 -190",
        ]
    );
    let vat = ["period", "vat_bp", "net_minor", "vat_minor", "gross_minor"];
    assert_eq!(daemon.view("v_vat_by_rate", &vat), ["2025-11|1900|1800|342|2142", "2025-12|1900|0|0|0"]);
    let revenue = ["period", "event_title", "qty", "net_minor", "vat_minor"];
    assert_eq!(
        daemon.view("v_revenue_by_event", &revenue),
        ["2025-11|-|1|900|171", "2025-11|Tour|0|0|171", "2025-12|Tour|1|900|0"]
    );
    daemon.deliver(with("2025-11-30T23:30:00Z", json!({}))).await;
    assert_eq!(daemon.entries("museum"), 6, "sent again, nothing is posted");

    // The date moves: what lies ahead is taken back on its own day, so that December shows nothing.
    daemon.deliver(with("2026-01-15T10:00:00Z", json!({}))).await;
    assert_eq!(
        daemon.view("v_revenue_by_event", &revenue)[1..],
        ["2025-11|Tour|0|0|171", "2025-12|Tour|0|0|0", "2026-01|Tour|1|900|0"]
    );
    let december = "SELECT account || ' ' || SUM(amount_minor) AS line FROM v_gl WHERE period = '2025-12' \
        GROUP BY account HAVING SUM(amount_minor) <> 0";
    assert_eq!(daemon.lines(december), Vec::<String>::new());

    // Cancelled before the day: sale and release go, each in its own month.
    daemon.set_clock("2025-12-05T10:00:00Z");
    let before = daemon.entries("museum");
    daemon
        .deliver(with(
            "2026-01-15T10:00:00Z",
            json!({"status": "CANCELLED", "cancellation_date": "2025-12-04T10:00:00Z"}),
        ))
        .await;
    assert_eq!(
        daemon.booked("A", before),
        [
            "2025-12-04 reverse coupon:c (gone)",
            "2026-01-15 reverse release:coupon:c@participant:a (gone)",
            "2026-01-15 reverse release:participant:a (gone)",
            "2025-12-04 reverse sale:participant:a (gone)",
            "2025-12-04 reverse sale:product:mug:1 (gone)",
        ]
    );
    assert_eq!(daemon.balances_of("A"), expected([("assets:clearing:Card", 2142), ("assets:receivable", -2142)]));
    daemon.finish().await;
});

on_both_engines!(what_is_sold_after_the_event_is_revenue_at_once, async |database| {
    let daemon = under(database, Policy { revenue_mode: RevenueMode::OnEventDate, ..Policy::default() }).await;
    daemon.set_clock("2026-01-07T10:00:00Z");
    // The day is past when the order comes in, and the sale is dated by its order: so is the release by its day.
    daemon.deliver(order("A", json!({"tickets": [in_december(&[participant("a", "11.90", "19")])]}))).await;
    // Another one is added afterwards: it cannot be released before it is sold.
    let two = [participant("a", "11.90", "19"), participant("b", "11.90", "19")];
    daemon.deliver(order("A", json!({"tickets": [in_december(&two)]}))).await;
    // A cancellation after the event takes back both on its day.
    let gone = but(
        participant("a", "11.90", "19"),
        json!({"status": "CANCELED", "cancellation_date": "2026-01-06T10:00:00Z"}),
    );
    daemon.deliver(order("A", json!({"tickets": [in_december(&[gone, two[1].clone()])]}))).await;
    assert_eq!(
        daemon.booked("A", 0),
        [
            "2025-12-23 post release:participant:a (new)",
            "2025-11-08 post sale:participant:a (new)",
            "2026-01-07 post release:participant:b (new)",
            "2026-01-07 post sale:participant:b (new)",
            "2026-01-06 reverse release:participant:a (gone)",
            "2026-01-06 reverse sale:participant:a (gone)",
        ]
    );
    // Without a date, without a rate: booked as without the switch.
    let dateless = but(admission("d", "11.90", "19"), json!({"date": ""}));
    daemon.deliver(order("B", json!({"tickets": [dateless, admission("u", "5.00", "")]}))).await;
    assert_eq!(
        daemon.balances_of("B"),
        expected([
            ("assets:receivable", 1690),
            ("income:tickets", -1000),
            ("liabilities:vat:1900", -190),
            ("suspense:vat_undetermined", -500),
        ])
    );
    assert!(daemon.view("v_open_findings", &["order_id", "reason"]).contains(&"B|service_date_unknown".to_owned()));
    daemon.finish().await;
});

/// VAT by rate of two orders: 2 × 10.00 at 19 %; and 30.00 at 7 % with 20.00 at 19 %.
async fn rounded(database: &TestDatabase, vat_rounding: VatRounding) -> (TestDaemon, Vec<String>) {
    let daemon = under(database, Policy { vat_rounding, ..Policy::default() }).await;
    let twins = ticket(&[participant("a", "10.00", "19"), participant("b", "10.00", "19")]);
    daemon.deliver(order("A", json!({"tickets": [twins]}))).await;
    daemon.deliver(order("B", json!({"tickets": [admission("c", "30.00", "7"), admission("d", "20.00", "19")]}))).await;
    let sql = "SELECT order_id || ' ' || account || ' ' || SUM(amount_minor) AS line FROM v_gl \
        GROUP BY order_id, account ORDER BY order_id, account";
    let lines = daemon.lines(sql);
    (daemon, lines)
}

on_both_engines!(vat_is_rounded_line_by_line, async |database| {
    let (daemon, lines) = rounded(database, VatRounding::Line).await;
    assert_eq!(
        lines,
        [
            "A assets:receivable 2000",
            "A income:tickets -1680",
            "A liabilities:vat:1900 -320",
            "B assets:receivable 5000",
            "B income:tickets -4485",
            "B liabilities:vat:1900 -319",
            "B liabilities:vat:700 -196",
        ]
    );
    daemon.finish().await;
});

on_both_engines!(vat_is_rounded_on_the_sum_of_each_rate, async |database| {
    let (daemon, lines) = rounded(database, VatRounding::SumByRate).await;
    assert_eq!(
        lines,
        [
            "A assets:receivable 2000",
            "A income:tickets -1681",
            "A liabilities:vat:1900 -319",
            "B assets:receivable 5000",
            "B income:tickets -4485",
            "B liabilities:vat:1900 -319",
            "B liabilities:vat:700 -196",
        ]
    );
    assert_eq!(
        journal(&daemon, "A", 2),
        ["2025-11-08 vat.rounding income:tickets -1", "2025-11-08 vat.rounding liabilities:vat:1900 1"]
    );
    let sums = ["vat_bp", "net_minor", "vat_minor", "gross_minor"];
    assert_eq!(daemon.view("v_vat_by_rate", &sums), ["1900|3362|638|4000", "700|2804|196|3000"]);
    assert_eq!(daemon.view("v_revenue_by_event", &sums), ["1900|3362|638|4000", "700|2804|196|3000"]);
    // One of the two goes: then there is nothing to round.
    let left = but(participant("b", "10.00", "19"), json!({"status": "CANCELED"}));
    daemon.deliver(order("A", json!({"tickets": [ticket(&[participant("a", "10.00", "19"), left])]}))).await;
    assert_eq!(
        daemon.balances_of("A"),
        expected([("assets:receivable", 1000), ("income:tickets", -840), ("liabilities:vat:1900", -160)])
    );
    // The documented coupon: 5.00 on 3 × 9.99 at 19 %, VAT relief 0.80 on the sum.
    let three: Vec<Value> = ["x", "y", "z"].map(|id| participant(id, "9.99", "19")).into();
    daemon.deliver(order("C", json!({"tickets": [ticket(&three)], "redeemed_coupons": [coupon("c", "5.00")]}))).await;
    assert_eq!(daemon.balances_of("C").get("liabilities:vat:1900"), Some(&-399), "24.97 at 19 %");
    daemon.finish().await;
});

on_both_engines!(vat_is_rounded_once_on_the_document, async |database| {
    let (daemon, lines) = rounded(database, VatRounding::Document).await;
    // 1.9626 + 3.1933 = 5.1559: the cent goes to the rate with the larger remainder.
    assert_eq!(
        lines,
        [
            "A assets:receivable 2000",
            "A income:tickets -1681",
            "A liabilities:vat:1900 -319",
            "B assets:receivable 5000",
            "B income:tickets -4484",
            "B liabilities:vat:1900 -320",
            "B liabilities:vat:700 -196",
        ]
    );
    daemon.finish().await;
});

on_both_engines!(a_rounding_difference_waits_for_the_event_too, async |database| {
    let policy =
        Policy { vat_rounding: VatRounding::SumByRate, revenue_mode: RevenueMode::OnEventDate, ..Policy::default() };
    let daemon = under(database, policy).await;
    let twins = in_december(&[participant("a", "10.00", "19"), participant("b", "10.00", "19")]);
    daemon.deliver(order("A", json!({"tickets": [twins]}))).await;
    let sql = "SELECT period || ' ' || account || ' ' || SUM(amount_minor) AS line FROM v_gl \
        GROUP BY period, account ORDER BY period, account";
    assert_eq!(
        daemon.lines(sql),
        [
            "2025-11 assets:receivable 2000",
            "2025-11 liabilities:deferred:tickets -1681",
            "2025-11 liabilities:vat:1900 -319",
            "2025-12 income:tickets -1681",
            "2025-12 liabilities:deferred:tickets 1681",
        ]
    );
    daemon.finish().await;
});

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
    let sold: Vec<String> =
        journal(&daemon, "S", 0).into_iter().filter(|line| line.contains("voucher.issue")).collect();
    assert_eq!(
        sold,
        [
            "2025-11-08 voucher.issue assets:receivable 1190",
            "2025-11-08 voucher.issue liabilities:voucher:spv:1900 -1000",
            "2025-11-08 voucher.issue liabilities:vat:1900 -190",
            "2025-11-08 voucher.issue assets:receivable 1070",
            "2025-11-08 voucher.issue liabilities:voucher:spv:700 -1000",
            "2025-11-08 voucher.issue liabilities:vat:700 -70",
        ]
    );
    // A refund voucher is multi-purpose whatever the policy says; the redeemed one is used up, its VAT with it.
    assert_eq!(
        daemon.balances("museum"),
        expected([
            ("assets:receivable", 835),
            ("liabilities:vat:700", -35),
            ("liabilities:voucher:mpv", -300),
            ("liabilities:voucher:spv:700", -500),
        ])
    );
    assert_eq!(
        daemon.view("v_voucher_balance", &["voucher_id", "kind", "balance_minor"]),
        ["v0|spv|0", "v7|spv|500", "vr|mpv|300"]
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
        ["f0|prepaid|0", "f19|taxed|1900", "u0|recognised|0", "u19|recognised|1900"]
    );
    daemon.finish().await;
});

/// A ticket and a mug for 11.90 each, less a coupon of 2.38 and an additional discount of 1.00.
fn discounted() -> String {
    order(
        "A",
        json!({"tickets": [admission("a", "11.90", "19")], "products": [product("mug", "11.90", 1, "19")],
            "redeemed_coupons": [coupon("c", "2.38")], "additional_discount": "1.00"}),
    )
}

fn discounts(daemon: &TestDaemon) -> Vec<String> {
    daemon.lines(
        "SELECT e.atom_key || ' ' || p.line_key || ' ' || p.amount_minor AS line FROM journal_entries e \
         JOIN postings p ON p.source = e.source AND p.entry_no = e.entry_no \
         WHERE p.item_kind = 'discount' AND p.account_code = 'assets:receivable' ORDER BY e.entry_no, p.line_no",
    )
}

on_both_engines!(coupons_reduce_tickets_and_products, async |database| {
    let daemon = TestDaemon::start(database).await;
    daemon.deliver(discounted()).await;
    assert_eq!(
        discounts(&daemon),
        [
            "coupon:c coupon:c@participant:a -119",
            "coupon:c coupon:c@product:mug:1 -119",
            "discount:additional discount:additional@participant:a -50",
            "discount:additional discount:additional@product:mug:1 -50",
        ]
    );
    daemon.finish().await;
});

on_both_engines!(coupons_reduce_tickets_only, async |database| {
    let daemon = under(database, Policy { coupon_scope: CouponScope::Tickets, ..Policy::default() }).await;
    daemon.deliver(discounted()).await;
    assert_eq!(
        discounts(&daemon),
        [
            "coupon:c coupon:c@participant:a -238",
            "discount:additional discount:additional@participant:a -50",
            "discount:additional discount:additional@product:mug:1 -50",
        ]
    );
    daemon.finish().await;
});

on_both_engines!(coupons_post_nothing_when_the_prices_have_them_in, async |database| {
    let daemon = under(database, Policy { prices_are: PricesAre::After, ..Policy::default() }).await;
    daemon.deliver(discounted()).await;
    assert_eq!(
        discounts(&daemon),
        [
            "discount:additional discount:additional@participant:a -50",
            "discount:additional discount:additional@product:mug:1 -50",
        ]
    );
    assert_eq!(daemon.balances_of("A").get("assets:receivable"), Some(&2280));
    daemon.finish().await;
});

/// A payment of 11.90 comes and is then no longer sent.
async fn vanished(database: &TestDatabase, on_payment_vanish: OnPaymentVanish) -> TestDaemon {
    let daemon = under(database, Policy { on_payment_vanish, ..Policy::default() }).await;
    let with = |payments: Value| order("A", json!({"tickets": [admission("a", "11.90", "19")], "payments": payments}));
    daemon.deliver(with(json!([payment("p", "11.90")]))).await;
    daemon.deliver(with(json!([]))).await;
    daemon
}

on_both_engines!(a_payment_that_is_no_longer_sent_is_reversed, async |database| {
    let daemon = vanished(database, OnPaymentVanish::Reverse).await;
    assert_eq!(daemon.booked("A", 2), ["2025-11-11 reverse payment:p (gone)"]);
    assert_eq!(daemon.balances_of("A").get("assets:receivable"), Some(&1190));
    daemon.finish().await;
});

on_both_engines!(a_payment_that_is_no_longer_sent_is_held, async |database| {
    let daemon = vanished(database, OnPaymentVanish::Hold).await;
    assert_eq!(daemon.booked("A", 2), Vec::<String>::new());
    assert_eq!(daemon.balances_of("A").get("assets:clearing:Card"), Some(&1190));
    let finding = "SELECT severity || ' ' || expected_minor || ' ' || actual_minor || ' ' || evidence AS line \
        FROM v_open_findings WHERE reason = 'payment_vanished'";
    assert_eq!(
        daemon.lines(finding),
        ["high 1190 0 payment p was sent before and is no longer sent; it stays booked until somebody has looked"]
    );
    // It comes back: the finding is healed, and still nothing is posted.
    daemon
        .deliver(order("A", json!({"tickets": [admission("a", "11.90", "19")], "payments": [payment("p", "11.90")]})))
        .await;
    assert_eq!((daemon.lines(finding), daemon.entries("museum")), (Vec::new(), 2));
    daemon.finish().await;
});

/// An order of 12.43 francs, paid 12.45 in cash and another one by card.
async fn cash(database: &TestDatabase, cash_rounding: CashRounding) -> TestDaemon {
    let daemon = under(database, Policy { cash_rounding, ..Policy::default() }).await;
    let paid = |id: &str, method: &str| {
        let payment = but(payment("p", "12.45"), json!({"payment_method": method, "id": format!("p-{id}")}));
        order(id, json!({"currency": "CHF", "tickets": [admission(id, "12.43", "2.6")], "payments": [payment]}))
    };
    daemon.deliver(paid("A", "Cash")).await;
    daemon.deliver(paid("B", "Card")).await;
    daemon
}

on_both_engines!(cash_is_not_rounded, async |database| {
    let daemon = cash(database, CashRounding::Off).await;
    assert_eq!(daemon.balances_of("A").get("assets:receivable"), Some(&-2));
    assert_eq!(daemon.balances("museum").get("suspense:rounding"), None);
    daemon.finish().await;
});

on_both_engines!(cash_is_rounded_to_five_hundredths, async |database| {
    let daemon = cash(database, CashRounding::FiveHundredths(["Cash".to_owned()].into())).await;
    assert_eq!(
        journal(&daemon, "A", 0),
        [
            "2025-11-08 payment assets:clearing:Cash 1245",
            "2025-11-08 payment assets:receivable -1245",
            "2025-11-08 cash.rounding suspense:rounding -2",
            "2025-11-08 cash.rounding assets:receivable 2",
            "2025-11-08 sale.ticket assets:receivable 1243",
            "2025-11-08 sale.ticket income:tickets -1212",
            "2025-11-08 sale.ticket liabilities:vat:260 -31",
        ]
    );
    assert_eq!(
        daemon.view("v_order_balance", &["order_id", "billed_minor", "settled_minor", "balance_minor"]),
        ["A|1243|1243|0", "B|1243|1245|-2"]
    );
    // A whole coin is no rounding: somebody owes it.
    let short = order(
        "C",
        json!({"currency": "CHF", "tickets": [admission("c", "12.50", "2.6")],
            "payments": [but(payment("pc", "12.45"), json!({"payment_method": "Cash"}))]}),
    );
    daemon.deliver(short).await;
    assert_eq!(daemon.balances_of("C").get("assets:receivable"), Some(&5));
    daemon.finish().await;
});

on_both_engines!(a_payment_method_gets_another_name_in_its_account_only, async |database| {
    let map = [("Stripe Bank Wire".to_owned(), "bank".to_owned())].into();
    let daemon = under(database, Policy { payment_method_map: map, ..Policy::default() }).await;
    let wire = but(payment("w", "5.00"), json!({"payment_method": "Stripe Bank Wire"}));
    daemon.deliver(order("A", json!({"payments": [wire, payment("c", "6.00")]}))).await;
    assert_eq!(
        daemon.balances("museum"),
        expected([("assets:clearing:Card", 600), ("assets:clearing:bank", 500), ("assets:receivable", -1100)])
    );
    assert_eq!(
        daemon.view("v_payments_by_method", &["payment_method", "paid_minor"]),
        ["Card|600", "Stripe Bank Wire|500"]
    );
    daemon.finish().await;
});

on_both_engines!(without_the_map_a_method_is_its_own_account, async |database| {
    let daemon = TestDaemon::start(database).await;
    let wire = but(payment("w", "5.00"), json!({"payment_method": "Stripe Bank Wire"}));
    daemon.deliver(order("A", json!({"payments": [wire]}))).await;
    assert_eq!(
        daemon.balances("museum"),
        expected([("assets:clearing:Stripe_Bank_Wire", 500), ("assets:receivable", -500)])
    );
    daemon.finish().await;
});

on_both_engines!(a_change_of_policy_is_for_the_orders_after_it, async |database| {
    let day = |day: u32| chrono::NaiveDate::from_ymd_opt(2025, 12, day);
    let deferred = Policy { revenue_mode: RevenueMode::OnEventDate, ..Policy::default() };
    let dated = vec![
        DatedPolicy { from: None, policy: Policy::default() },
        DatedPolicy { from: day(1), policy: deferred.clone() },
    ];
    let placed = |id: &str, date: &str| {
        order(id, json!({"date": date, "tickets": [in_december(&[participant(id, "11.90", "19")])]}))
    };
    let daemon = under(database, Policy::default()).await;
    daemon.set_clock("2025-12-01T12:00:00Z");
    daemon.deliver(placed("old", "2025-11-30T22:59:59Z")).await;
    assert_eq!(stored(&daemon).len(), 1);

    // The second policy begins at midnight in Berlin, which is 23:00Z.
    let daemon = daemon.restart(|config| config.sources[0].policies = dated).await;
    assert_eq!(stored(&daemon).len(), 2);
    assert!(stored(&daemon)[1].starts_with("2|2025-11-30 23:00:00"), "{:?}", stored(&daemon));
    daemon.deliver(placed("late", "2025-11-30T22:59:59Z")).await;
    daemon.deliver(placed("new", "2025-11-30T23:00:00Z")).await;
    // The order that is older than the change keeps its policy whatever happens to it.
    let two = in_december(&[participant("old", "11.90", "19"), participant("old2", "23.80", "19")]);
    daemon.deliver(order("old", json!({"date": "2025-11-30T22:59:59Z", "tickets": [two]}))).await;
    let used =
        "SELECT order_id || ' ' || event_type || ' ' || policy_id AS line FROM journal_entries ORDER BY entry_no";
    let entries =
        ["old sale.ticket 1", "late sale.ticket 1", "new release.ticket 2", "new sale.ticket 2", "old sale.ticket 1"];
    assert_eq!(daemon.lines(used), entries);

    let daemon = daemon.restart(|_| {}).await;
    assert_eq!(stored(&daemon).len(), 2, "the same settings add no policy");

    // Another second policy is a third one; taking it out again is a fourth.
    let coupons = Policy { coupon_scope: CouponScope::Tickets, ..deferred };
    let daemon = daemon.restart(|config| config.sources[0].policies[1].policy = coupons).await;
    daemon.deliver(placed("third", "2025-12-01T10:00:00Z")).await;
    let daemon = daemon.restart(|config| config.sources[0].policies.truncate(1)).await;
    daemon.deliver(placed("fourth", "2025-12-01T10:00:00Z")).await;
    let numbers: Vec<String> = stored(&daemon).iter().map(|row| row.chars().take(21).collect()).collect();
    assert_eq!(
        numbers,
        ["1|1970-01-01 00:00:00", "2|2025-11-30 23:00:00", "3|2025-11-30 23:00:00", "4|2025-11-30 23:00:00"]
    );
    assert_eq!(daemon.lines(used)[5..], ["third release.ticket 3", "third sale.ticket 3", "fourth sale.ticket 4"]);
    daemon.finish().await;
});

on_both_engines!(the_formula_of_the_total_is_kept_with_the_policy, async |database| {
    let policy = Policy { total_formula: Some("billed-vouchers".to_owned()), ..Policy::default() };
    let daemon = under(database, policy).await;
    assert!(stored(&daemon)[0].contains("\"total_formula\":\"billed-vouchers\""));
    daemon.deliver(discounted()).await;
    assert_eq!(daemon.balances_of("A").get("assets:receivable"), Some(&2042), "it posts nothing");
    daemon.finish().await;
});

/// What the settings say of a museum with these lines under it, or every mistake.
fn settings(lines: &str) -> Result<config::Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.toml");
    let museum = "[[sources]]\nname = \"museum\"\nprovider = \"bookingkit\"\ntimezone = \"Europe/Berlin\"\n\
        country = \"DE\"\nvendor_ids = [\"v1\"]\npath_secrets = [\"env:HOOK\"]\n";
    std::fs::write(&path, format!("{museum}{lines}\n")).unwrap();
    let environment = [("HOOK".to_owned(), "secret".to_owned())].into();
    config::load(Some(&path), &environment)
        .map_err(|problems| problems.to_string().replace(&format!("{}:", path.display()), ""))
}

#[test]
fn every_switch_can_be_set() {
    let config = settings(
        r#"policies = [
  { recognise_on = "pending", revenue_mode = "on_event_date", vat_rounding = "document", voucher_regime = "spv", voucher_vat = "19", flex_regime = "taxed", flex_vat = 7, coupon_scope = "tickets", prices_are = "after_discounts", total_formula = "billed", on_payment_vanish = "hold", retained = "keep_credit", cash_rounding = "five_hundredths", cash_methods = ["Cash", "Bar"], payment_method_map = { "Stripe Bank" = "bank" } },
  { from = "2026-01-01", vat_rounding = "sum_by_rate", voucher_vat = "7", total_formula = "unknown", cash_rounding = "off", payment_method_map = {} },
]"#,
    );
    let policies = config.expect("valid").sources.remove(0).policies;
    let first = Policy {
        recognise_on: RecogniseOn::Pending,
        revenue_mode: RevenueMode::OnEventDate,
        vat_rounding: VatRounding::Document,
        voucher_regime: VoucherRegime::Spv(1900),
        flex_regime: FlexRegime::Taxed(700),
        coupon_scope: CouponScope::Tickets,
        prices_are: PricesAre::After,
        total_formula: Some("billed".to_owned()),
        on_payment_vanish: OnPaymentVanish::Hold,
        cash_rounding: CashRounding::FiveHundredths(["Bar".to_owned(), "Cash".to_owned()].into()),
        payment_method_map: [("Stripe Bank".to_owned(), "bank".to_owned())].into(),
        ..Policy::default()
    };
    assert_eq!((policies[0].from, &policies[0].policy), (None, &first));
    // What the second one does not say stays as it was.
    let second = Policy {
        vat_rounding: VatRounding::SumByRate,
        voucher_regime: VoucherRegime::Spv(700),
        total_formula: None,
        cash_rounding: CashRounding::Off,
        payment_method_map: std::collections::BTreeMap::new(),
        ..first
    };
    assert_eq!(policies[1].from, chrono::NaiveDate::from_ymd_opt(2026, 1, 1));
    assert_eq!(policies[1].policy, second);
}

#[test]
fn a_policy_that_cannot_be_kept_is_refused() {
    let mistakes = |policies: &str| -> Vec<String> {
        let problems = settings(&format!("policies = [{policies}]")).expect_err("must be refused");
        problems.lines().map(str::to_owned).collect()
    };
    assert_eq!(
        mistakes(r#"{ revenue_mode = "later", stale = "x" }"#),
        [
            "8: sources.museum.policies[0].revenue_mode: `later` is not known; write \"on_sale\" or \"on_event_date\"",
            "8: sources.museum.policies[0].stale: unknown key; known here: from, recognise_on, revenue_mode, vat_rounding, \
             voucher_regime, voucher_vat, flex_regime, flex_vat, coupon_scope, prices_are, total_formula, \
             on_payment_vanish, retained, cash_rounding, cash_methods, payment_method_map",
        ]
    );
    assert_eq!(
        mistakes(r#"{ voucher_regime = "spv", flex_vat = "7", cash_rounding = "five_hundredths" }, {}"#),
        [
            "8: sources.museum.policies[0].voucher_regime: needs voucher_vat, the rate of vouchers that are sent without one",
            "8: sources.museum.policies[0].flex_vat: has no effect unless flex_regime is \"taxed\"",
            "8: sources.museum.policies[0].cash_rounding: needs cash_methods, the payment methods that are cash, as they are sent",
            "8: sources.museum.policies[1].from: is missing; only the first policy holds from the beginning",
        ]
    );
    assert_eq!(
        mistakes(r#"{ from = "2026-01-01", payment_method_map = { a = "b c" } }, { from = "2026-01-01" }"#),
        [
            "8: sources.museum.policies[0].payment_method_map.a: is part of an account code; use letters, digits and `._-` only",
            "8: sources.museum.policies[1].from: is not after the policy before it; list the policies in the order of their days",
        ]
    );
    let retained = mistakes(r#"{ retained = "income_after_days=30" }"#);
    assert!(retained[0].contains("write \"keep_credit\" and book it"), "{retained:?}");
}

#[test]
fn the_example_shows_the_defaults_and_the_check_says_them_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.toml");
    std::fs::write(&path, config::EXAMPLE).unwrap();
    let names = ["MUSEUM_HOOK", "MUSEUM_OAUTH", "THEATRE_HOOK", "TICKETPARK_KEY", "TICKETPARK_SECRET"];
    let environment = names.map(|name| (name.to_owned(), format!("{name}-secret"))).into();
    let config = config::load(Some(&path), &environment).expect("the example is valid");
    let museum = config.source("museum").expect("a source");
    assert_eq!((museum.policies.len(), &museum.policies[0].policy), (1, &Policy::default()));
    let words = config::check(Some(&path), &environment).expect("the example is valid");
    for sentence in ["tickets are revenue at their sale", "VAT is rounded line by line", "cash is not rounded"] {
        assert!(words.contains(sentence), "{words}");
    }
}
