//! The `vat_rules` of a Ticketpark source.

use chrono::NaiveDate;

use super::VatRule;
use super::problem::Problems;
use super::read::{Section, Text};
use crate::money::parse_decimal;

pub(super) fn rule(mut section: Section, problems: &mut Problems) -> Option<VatRule> {
    let from = section.required("from", "write the first day on which the rate applies, YYYY-MM-DD", problems);
    let from = from.and_then(|text| date(&text, problems));
    let keys = ["event", "price", "host"].map(|key| section.text(key, problems));
    if keys.iter().all(Option::is_none) {
        section.wrong(problems, "event", "name what the rule is for: event, price or host; `event = \"*\"` is for all");
    }
    let rate = section.required("rate", "write the percentage as a string, such as \"8.1\"", problems);
    let rate_bp = rate.and_then(|text| basis_points(&text, problems));
    section.finish(problems);
    let [event, price, host] = keys.map(|key| key.map(|text| text.value).filter(|name| name != "*"));
    Some(VatRule { from: from?, event, price, host, rate_bp: rate_bp? })
}

pub(super) fn date(text: &Text, problems: &mut Problems) -> Option<NaiveDate> {
    let date = NaiveDate::parse_from_str(&text.value, "%Y-%m-%d").ok().filter(|_| text.value.len() == 10);
    if date.is_none() {
        text.wrong(problems, format!("`{}` is not a date; write YYYY-MM-DD", text.value));
    }
    date
}

pub(super) fn basis_points(text: &Text, problems: &mut Problems) -> Option<i32> {
    let rate = parse_decimal(&text.value, 2).ok().filter(|rate| (0..=10_000).contains(rate));
    if rate.is_none() {
        let message =
            format!("`{}` is not a rate; write a percentage from 0 to 100 with at most two decimals", text.value);
        text.wrong(problems, message);
    }
    rate.and_then(|rate| i32::try_from(rate).ok())
}
