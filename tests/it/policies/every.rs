//! The books hold under every policy, also while policies follow each other.

use super::*;
use crate::support::daemon::{UNIFIED_EXAMPLE, changed};

/// Each switch alone away from its default, then all at once.
fn policies() -> Vec<Policy> {
    let default = Policy::default;
    let all = Policy {
        recognise_on: RecogniseOn::Pending,
        revenue_mode: RevenueMode::OnEventDate,
        vat_rounding: VatRounding::Document,
        voucher_regime: VoucherRegime::Spv(1900),
        flex_regime: FlexRegime::RecogniseAtSale,
        coupon_scope: CouponScope::Tickets,
        on_payment_vanish: OnPaymentVanish::Hold,
        retained: Retained::IncomeAfterDays(AfterDays { days: 30, vat: RetainedVat::Taxed(1900) }),
        cash_rounding: CashRounding::FiveHundredths(["StripeBankWire".to_owned()].into()),
        payment_method_map: [("StripeBankWire".to_owned(), "bank".to_owned())].into(),
        ..default()
    };
    vec![
        default(),
        Policy { recognise_on: all.recognise_on, ..default() },
        Policy { revenue_mode: all.revenue_mode, ..default() },
        Policy { vat_rounding: all.vat_rounding, ..default() },
        Policy { vat_rounding: VatRounding::SumByRate, ..default() },
        Policy { voucher_regime: all.voucher_regime, ..default() },
        Policy { flex_regime: FlexRegime::Taxed(700), ..default() },
        Policy { prices_are: PricesAre::After, ..default() },
        all,
    ]
}

on_both_engines!(the_books_hold_under_every_policy, async |database| {
    let mut daemon = TestDaemon::start(database).await;
    let id = |number: usize| json!(format!("order-{number}"));
    for (number, policy) in policies().into_iter().enumerate() {
        let dated = vec![DatedPolicy { from: None, policy }];
        daemon = daemon.restart(|config| config.sources[0].policies = dated).await;
        // Every kind of item; all ids but the order's are shared, so that regimes meet across policies.
        let unlimited = ("/flexTickets/0/unlimited_redemptions", json!(number % 2));
        let coupon = ("/redeemed_coupons/0/redeemed_value", json!("33.33"));
        let pending = ("/status", json!("PENDING"));
        let me = ("/id", id(number));
        daemon.deliver(changed(UNIFIED_EXAMPLE, &[me.clone(), pending])).await;
        daemon.deliver(changed(UNIFIED_EXAMPLE, &[me.clone(), unlimited, coupon])).await;
        daemon
            .deliver(changed(UNIFIED_EXAMPLE, &[me, ("/payments", json!([])), ("/products/0/amount", json!(3))]))
            .await;
        // The order before goes on under its own policy.
        if let Some(before) = number.checked_sub(1) {
            let cancelled = [("/status", json!("CANCELLED")), ("/cancellation_date", json!("2025-11-11T11:00:00Z"))];
            let cancelled = [vec![("/id", id(before))], cancelled.to_vec()].concat();
            daemon.deliver(changed(UNIFIED_EXAMPLE, &cancelled)).await;
        }
        crate::support::daemon::check_invariants(daemon.database());
    }
    let kept = "SELECT order_id || ' ' || COUNT(DISTINCT policy_id) AS line FROM journal_entries GROUP BY order_id \
        HAVING COUNT(DISTINCT policy_id) <> 1";
    assert_eq!(daemon.lines(kept), Vec::<String>::new(), "an order keeps its policy");
    assert_eq!(stored(&daemon).len(), policies().len());
    daemon.finish().await;
});
