//! PolicyHistory as an operator writes them.

use super::*;

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
        r#"
[[sources.policies]]
recognise_on = "pending"
revenue_mode = "on_event_date"
vat_rounding = "document"
vat_report_basis = "payment"
voucher_regime = "spv"
voucher_vat = "19"
flex_regime = "taxed"
flex_vat = 7
coupon_scope = "tickets"
prices_are = "after_discounts"
total_formula = "billed"
on_payment_vanish = "hold"
retained = "income_after_days"
retained_days = 30
retained_vat = "none"
cash_rounding = "five_hundredths"
cash_methods = ["Cash", "Bar"]
payment_method_map = { "Stripe Bank" = "bank" }

[[sources.policies]]
from = "2026-01-01"
vat_rounding = "sum_by_rate"
voucher_vat = "7"
total_formula = "unknown"
retained_days = 60
retained_vat = "19"
cash_rounding = "off"
payment_method_map = {}"#,
    );
    let policies = config.expect("valid").sources.remove(0).policies;
    let first = Policy {
        recognise_on: RecogniseOn::Pending,
        revenue_mode: RevenueMode::OnEventDate,
        vat_rounding: VatRounding::Document,
        vat_report_basis: VatReportBasis::Payment,
        voucher_regime: VoucherRegime::Spv(1900),
        flex_regime: FlexRegime::Taxed(700),
        coupon_scope: CouponScope::Tickets,
        prices_are: PricesAre::After,
        total_formula: Some("billed".to_owned()),
        on_payment_vanish: OnPaymentVanish::Hold,
        retained: Retained::IncomeAfterDays(AfterDays { days: 30, vat: RetainedVat::Untaxed }),
        cash_rounding: CashRounding::FiveHundredths(["Bar".to_owned(), "Cash".to_owned()].into()),
        payment_method_map: [("Stripe Bank".to_owned(), "bank".to_owned())].into(),
    };
    assert_eq!((policies[0].from, &policies[0].policy), (None, &first));
    // What the second one does not say stays as it was.
    let second = Policy {
        vat_rounding: VatRounding::SumByRate,
        voucher_regime: VoucherRegime::Spv(700),
        total_formula: None,
        retained: Retained::IncomeAfterDays(AfterDays { days: 60, vat: RetainedVat::Taxed(1900) }),
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
            "8: sources.museum.policies[0].revenue_mode: `later` is not a valid value; write \"on_sale\" or \
             \"on_event_date\"",
            "8: sources.museum.policies[0].stale: unknown key; known here: from, recognise_on, revenue_mode, \
             vat_rounding, vat_report_basis, voucher_regime, voucher_vat, flex_regime, flex_vat, coupon_scope, \
             prices_are, total_formula, on_payment_vanish, retained, retained_days, retained_vat, cash_rounding, \
             cash_methods, payment_method_map",
        ]
    );
    assert_eq!(
        mistakes(r#"{ voucher_regime = "spv", flex_vat = "7", cash_rounding = "five_hundredths" }, {}"#),
        [
            "8: sources.museum.policies[0].voucher_regime: needs voucher_vat, the rate of vouchers sent without one",
            "8: sources.museum.policies[0].flex_vat: has no effect unless flex_regime is \"taxed\"",
            "8: sources.museum.policies[0].cash_rounding: needs cash_methods, the payment methods that are cash, \
             spelled as they are sent",
            "8: sources.museum.policies[1].from: is missing; only the first policy can apply from the beginning",
        ]
    );
    assert_eq!(
        mistakes(r#"{ from = "2026-01-01", payment_method_map = { a = "b c" } }, { from = "2026-01-01" }"#),
        [
            "8: sources.museum.policies[0].payment_method_map.a: is part of an account code; use letters, \
             digits and `._-` only",
            "8: sources.museum.policies[1].from: is not after the previous policy's date; list the policies by date",
        ]
    );
    assert_eq!(
        mistakes(r#"{ retained = "income_after_days" }, { from = "2026-01-01", retained_days = 0, retained_vat = 7 }"#),
        [
            "8: sources.museum.policies[0].retained: needs retained_days, the days without activity after which the \
             credit becomes income",
            "8: sources.museum.policies[1].retained_days: must be a whole number from 1 to 3650",
            "8: sources.museum.policies[1].retained_vat: has no effect unless retained is \"income_after_days\"",
        ]
    );
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
    let words = config::summary(&config::load(Some(&path), &environment).expect("the example is valid"));
    for sentence in ["tickets are revenue when sold", "VAT is rounded line by line", "cash is not rounded"] {
        assert!(words.contains(sentence), "{words}");
    }
}
