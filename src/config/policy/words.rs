//! A policy in words, for an accountant who reads `config check`.

use crate::money::format_percent;
use crate::policy::{
    AfterDays, CashRounding, CouponScope, FlexRegime, OnPaymentVanish, Policy, PricesAre, RecogniseOn, Retained,
    RetainedVat, RevenueMode, VatReportBasis, VatRounding, VoucherRegime,
};

/// One sentence for each switch.
pub(in crate::config) fn in_words(policy: &Policy) -> Vec<String> {
    let mut lines = vec![
        match policy.recognise_on {
            RecogniseOn::Accepted => "items count once they are accepted".to_owned(),
            RecogniseOn::Pending => "items count while they are still pending".to_owned(),
        },
        match policy.revenue_mode {
            RevenueMode::OnSale => "tickets are revenue when sold".to_owned(),
            RevenueMode::OnEventDate => {
                "tickets are revenue on the day of the event, until then liabilities:deferred:tickets".to_owned()
            }
        },
        match policy.vat_rounding {
            VatRounding::Line => "VAT is rounded line by line".to_owned(),
            VatRounding::Document => "VAT is rounded once per document".to_owned(),
            VatRounding::SumByRate => "VAT is rounded on the sum of each rate".to_owned(),
        },
        match policy.vat_report_basis {
            VatReportBasis::Booking => "VAT is reported by the date of booking".to_owned(),
            VatReportBasis::Payment => "VAT is reported by the date of payment".to_owned(),
            VatReportBasis::Service => {
                "VAT is reported by the date of payment or of service, whichever comes first".to_owned()
            }
        },
        match policy.voucher_regime {
            VoucherRegime::Auto => "vouchers are taxed by the rate sent: 0 % when used, any other when sold".to_owned(),
            VoucherRegime::Mpv => "vouchers are taxed when used".to_owned(),
            VoucherRegime::Spv(bp) => format!("vouchers are taxed when sold, at {} if no rate is sent", percent(bp)),
        },
        match policy.flex_regime {
            FlexRegime::Auto => {
                "flex tickets are taxed by the rate sent: 0 % when used, any other when sold".to_owned()
            }
            FlexRegime::Prepaid => "flex tickets are taxed when used".to_owned(),
            FlexRegime::Taxed(bp) => format!("flex tickets are taxed when sold, at {} if no rate is sent", percent(bp)),
            FlexRegime::RecogniseAtSale => "flex tickets without a limit are revenue when sold".to_owned(),
        },
        match policy.prices_are {
            PricesAre::Before => format!("prices are before discounts; {}", scope(policy.coupon_scope)),
            PricesAre::After => "prices are after discounts: coupons post nothing".to_owned(),
        },
        match &policy.total_formula {
            None => "no formula is set for the provider's total".to_owned(),
            Some(name) => format!("the provider's total is compared with `{name}`"),
        },
        match policy.on_payment_vanish {
            OnPaymentVanish::Reverse => "a payment that is no longer sent is reversed".to_owned(),
            OnPaymentVanish::Hold => {
                "a payment that is no longer sent stays booked until somebody has checked it".to_owned()
            }
        },
        retained(policy.retained),
    ];
    lines.push(match &policy.cash_rounding {
        CashRounding::Off => "cash is not rounded".to_owned(),
        CashRounding::FiveHundredths(methods) => {
            let methods: Vec<&str> = methods.iter().map(String::as_str).collect();
            format!("francs are rounded to 0.05 when paid by {}", methods.join(", "))
        }
    });
    let renamed = policy.payment_method_map.iter();
    lines.extend(renamed.map(|(method, name)| format!("payments by `{method}` go to assets:clearing:{name}")));
    lines
}

fn scope(scope: CouponScope) -> &'static str {
    match scope {
        CouponScope::Tickets => "coupons reduce tickets",
        CouponScope::TicketsAndProducts => "coupons reduce tickets and products",
    }
}

fn retained(retained: Retained) -> String {
    let Retained::IncomeAfterDays(AfterDays { days, vat }) = retained else {
        return "money kept after a cancellation stays the guest's credit".to_owned();
    };
    let vat = match vat {
        RetainedVat::Undecided => "without VAT until retained_vat is set".to_owned(),
        RetainedVat::Untaxed => "without VAT".to_owned(),
        RetainedVat::Taxed(bp) => format!("with VAT at {}", percent(bp)),
    };
    format!("money kept after a cancellation is income after {days} days without activity, {vat}")
}

fn percent(bp: i32) -> String {
    format!("{} %", format_percent(bp.into()))
}
