//! Every policy switch in each of its positions, and what a change of policy does: nothing to what is booked.

mod change;
mod every;
mod payments;
mod retained;
mod revenue;
mod settings;
mod stored_value;

use serde_json::{Value, json};
use ticketledger::config;
use ticketledger::policy::{
    AfterDays, CashRounding, CouponScope, DatedPolicy, FlexRegime, OnPaymentVanish, Policy, PricesAre, RecogniseOn,
    Retained, RetainedVat, RevenueMode, VatReportBasis, VatRounding, VoucherRegime,
};

use crate::on_both_engines;
use crate::support::daemon::{Row, TestDaemon, entry, expected, row};
use crate::support::db::TestDatabase;
use crate::support::order::{
    admission, but, coupon, flex, flex_participant, order, participant, payment, product, redeemed, refund_voucher,
    ticket, voucher,
};

/// A daemon whose museum keeps its book under one policy.
pub(crate) async fn under(database: &TestDatabase, policy: Policy) -> TestDaemon {
    let policies = vec![DatedPolicy { from: None, policy }];
    TestDaemon::start_with(database, |config| config.sources[0].policies = policies, std::sync::Arc::new(|_| {})).await
}

/// Number, first instant and switches of the stored policies of the museum.
pub(crate) fn stored(daemon: &TestDaemon) -> Vec<Row> {
    daemon.view("policies WHERE source = 'museum'", &["policy_id", "valid_from", "doc"])
}

/// A ticket of the tour on 23 December.
pub(crate) fn in_december(participants: &[Value]) -> Value {
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

/// A ticket and a mug for 11.90 each, less a coupon of 2.38 and an additional discount of 1.00.
pub(crate) fn discounted() -> String {
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
            "coupon:c@participant:a coupon:c@participant:a -119",
            "coupon:c@product:mug:1 coupon:c@product:mug:1 -119",
            "discount:additional@participant:a discount:additional@participant:a -50",
            "discount:additional@product:mug:1 discount:additional@product:mug:1 -50",
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
            "coupon:c@participant:a coupon:c@participant:a -238",
            "discount:additional@participant:a discount:additional@participant:a -50",
            "discount:additional@product:mug:1 discount:additional@product:mug:1 -50",
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
            "discount:additional@participant:a discount:additional@participant:a -50",
            "discount:additional@product:mug:1 discount:additional@product:mug:1 -50",
        ]
    );
    assert_eq!(daemon.balances_of("A").get("assets:receivable"), Some(&2280));
    daemon.finish().await;
});
