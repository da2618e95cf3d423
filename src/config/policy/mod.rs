//! The `policies` of a source: how its book is kept, from which day on.

mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

pub(super) use self::words::in_words;

use super::problem::Problems;
use super::read::{Section, Text};
use super::vat;
use crate::policy::{AfterDays, CashRounding, DatedPolicy, FlexRegime, Policy, Retained, RetainedVat, VoucherRegime};

/// Reads them in their order. What a policy does not say stays as in the one before it.
pub(super) fn policies(sections: Vec<Section>, problems: &mut Problems) -> Vec<DatedPolicy> {
    let mut dated: Vec<DatedPolicy> = Vec::new();
    for mut section in sections {
        let from = section.text("from", problems);
        let day = from.as_ref().and_then(|text| vat::date(text, problems));
        let previous = dated.last();
        match (&from, previous) {
            (None, Some(_)) => {
                section.wrong(problems, "from", "is missing; only the first policy can apply from the beginning");
            }
            (Some(text), Some(before)) if day.is_some() && day <= before.from => {
                text.wrong(problems, "is not after the previous policy's date; list the policies by date");
            }
            _ => {}
        }
        let mut policy = previous.map_or_else(Policy::default, |before| before.policy.clone());
        switches(&mut section, &mut policy, problems);
        section.finish(problems);
        dated.push(DatedPolicy { from: day, policy });
    }
    dated
}

fn switches(section: &mut Section, policy: &mut Policy, problems: &mut Problems) {
    word(section, "recognise_on", &["accepted", "pending"], &mut policy.recognise_on, problems);
    word(section, "revenue_mode", &["on_sale", "on_event_date"], &mut policy.revenue_mode, problems);
    word(section, "vat_rounding", &["line", "document", "sum_by_rate"], &mut policy.vat_rounding, problems);
    let bases = ["booking", "payment", "service"];
    word(section, "vat_report_basis", &bases, &mut policy.vat_report_basis, problems);
    voucher_regime(section, &mut policy.voucher_regime, problems);
    flex_regime(section, &mut policy.flex_regime, problems);
    word(section, "coupon_scope", &["tickets", "tickets+products"], &mut policy.coupon_scope, problems);
    word(section, "prices_are", &["before_discounts", "after_discounts"], &mut policy.prices_are, problems);
    total_formula(section, policy, problems);
    word(section, "on_payment_vanish", &["reverse", "hold"], &mut policy.on_payment_vanish, problems);
    retained(section, &mut policy.retained, problems);
    cash_rounding(section, &mut policy.cash_rounding, problems);
    if let Some(map) = section.map("payment_method_map", problems) {
        policy.payment_method_map = names(map, problems);
    }
}

/// A switch that is one of some words: those of its stored form.
fn word<T: DeserializeOwned>(
    section: &mut Section,
    key: &'static str,
    words: &[&str],
    switch: &mut T,
    problems: &mut Problems,
) {
    let Some(text) = section.text(key, problems) else { return };
    let known = words.contains(&text.value.as_str());
    match serde_json::from_value(serde_json::Value::String(text.value.clone())) {
        Ok(value) if known => *switch = value,
        _ => unknown_word(&text, words, problems),
    }
}

fn unknown_word(text: &Text, words: &[&str], problems: &mut Problems) {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    text.wrong(problems, format!("`{}` is not a valid value; write {}", text.value, quoted.join(" or ")));
}

fn voucher_regime(section: &mut Section, regime: &mut VoucherRegime, problems: &mut Problems) {
    let written = section.text("voucher_regime", problems);
    let rate = rate(section, "voucher_vat", problems);
    if let Some(text) = written {
        match (text.value.as_str(), rate) {
            ("auto", _) => *regime = VoucherRegime::Auto,
            ("mpv", _) => *regime = VoucherRegime::Mpv,
            ("spv", Some(bp)) => *regime = VoucherRegime::Spv(bp),
            ("spv", None) => text.wrong(problems, "needs voucher_vat, the rate of vouchers sent without one"),
            _ => unknown_word(&text, &["auto", "mpv", "spv"], problems),
        }
    }
    match (rate, regime) {
        (Some(bp), VoucherRegime::Spv(known)) => *known = bp,
        (Some(_), _) => section.wrong(problems, "voucher_vat", "has no effect unless voucher_regime is \"spv\""),
        (None, _) => {}
    }
}

fn flex_regime(section: &mut Section, regime: &mut FlexRegime, problems: &mut Problems) {
    let written = section.text("flex_regime", problems);
    let rate = rate(section, "flex_vat", problems);
    if let Some(text) = written {
        match (text.value.as_str(), rate) {
            ("auto", _) => *regime = FlexRegime::Auto,
            ("prepaid", _) => *regime = FlexRegime::Prepaid,
            ("recognise_at_sale", _) => *regime = FlexRegime::RecogniseAtSale,
            ("taxed", Some(bp)) => *regime = FlexRegime::Taxed(bp),
            ("taxed", None) => text.wrong(problems, "needs flex_vat, the rate of flex tickets sent without one"),
            _ => unknown_word(&text, &["auto", "prepaid", "taxed", "recognise_at_sale"], problems),
        }
    }
    match (rate, regime) {
        (Some(bp), FlexRegime::Taxed(known)) => *known = bp,
        (Some(_), _) => section.wrong(problems, "flex_vat", "has no effect unless flex_regime is \"taxed\""),
        (None, _) => {}
    }
}

/// A rate above zero: at 0 % nothing would be taxed when sold.
fn rate(section: &mut Section, key: &'static str, problems: &mut Problems) -> Option<i32> {
    let text = section.text(key, problems)?;
    let bp = vat::basis_points(&text, problems)?;
    if bp == 0 {
        text.wrong(problems, "is 0 %, which taxes nothing when it is sold; write a rate above 0");
        return None;
    }
    Some(bp)
}

fn total_formula(section: &mut Section, policy: &mut Policy, problems: &mut Problems) {
    let Some(text) = section.text("total_formula", problems) else { return };
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_+-".contains(&byte);
    if text.value.is_empty() || !text.value.bytes().all(plain) {
        text.wrong(problems, "must be the name of a formula, as shown by `ledger calibrate`, or \"unknown\"");
    }
    policy.total_formula = Some(text.value).filter(|name| name != "unknown");
}

fn retained(section: &mut Section, retained: &mut Retained, problems: &mut Problems) {
    let written = section.text("retained", problems);
    let days = section.number("retained_days", 1..=3650, 0, problems);
    let days = u32::try_from(days).ok().filter(|days| *days > 0);
    let vat = retained_vat(section, problems);
    if let Some(text) = written {
        match (text.value.as_str(), days) {
            ("keep_credit", _) => *retained = Retained::KeepCredit,
            ("income_after_days", Some(days)) => {
                *retained = Retained::IncomeAfterDays(AfterDays { days, vat: RetainedVat::Undecided });
            }
            ("income_after_days", None) => {
                text.wrong(
                    problems,
                    "needs retained_days, the days without activity after which the credit becomes income",
                );
            }
            _ => unknown_word(&text, &["keep_credit", "income_after_days"], problems),
        }
    }
    match retained {
        Retained::IncomeAfterDays(after) => {
            after.days = days.unwrap_or(after.days);
            after.vat = vat.unwrap_or(after.vat);
        }
        Retained::KeepCredit => {
            for key in ["retained_days", "retained_vat"] {
                let given = if key == "retained_days" { days.is_some() } else { vat.is_some() };
                if given {
                    section.wrong(problems, key, "has no effect unless retained is \"income_after_days\"");
                }
            }
        }
    }
}

/// A rate, or `none` where it was decided that there is no VAT in it.
fn retained_vat(section: &mut Section, problems: &mut Problems) -> Option<RetainedVat> {
    let text = section.text("retained_vat", problems)?;
    if text.value == "none" {
        return Some(RetainedVat::Untaxed);
    }
    vat::basis_points(&text, problems).map(RetainedVat::Taxed)
}

fn cash_rounding(section: &mut Section, rounding: &mut CashRounding, problems: &mut Problems) {
    let written = section.text("cash_rounding", problems);
    let methods: BTreeSet<String> =
        section.texts("cash_methods", problems).into_iter().map(|text| text.value).collect();
    if let Some(text) = written {
        match text.value.as_str() {
            "off" => *rounding = CashRounding::Off,
            "five_hundredths" if methods.is_empty() => {
                text.wrong(problems, "needs cash_methods, the payment methods that are cash, spelled as they are sent");
            }
            "five_hundredths" => *rounding = CashRounding::FiveHundredths(methods.clone()),
            _ => unknown_word(&text, &["off", "five_hundredths"], problems),
        }
    }
    match (methods.is_empty(), rounding) {
        (false, CashRounding::FiveHundredths(known)) => *known = methods,
        (false, CashRounding::Off) => {
            section.wrong(problems, "cash_methods", "have no effect unless cash_rounding is \"five_hundredths\"");
        }
        (true, _) => {}
    }
}

fn names(map: BTreeMap<String, Text>, problems: &mut Problems) -> BTreeMap<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let mut names = BTreeMap::new();
    for (method, name) in map {
        if name.value.is_empty() || !name.value.bytes().all(allowed) {
            name.wrong(problems, "is part of an account code; use letters, digits and `._-` only");
        }
        names.insert(method, name.value);
    }
    names
}
