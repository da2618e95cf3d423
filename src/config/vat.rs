//! The `vat_rules` of a Ticketpark source.

use chrono::NaiveDate;

use super::VatRule;
use super::problem::{Origin, Problems};
use super::read::{Section, Text};
use super::source::place_of;
use crate::money::parse_decimal;

/// Reads the rules in the order of the file, and warns of each that can never win.
pub(super) fn rules(sections: Vec<Section>, problems: &mut Problems) -> Vec<VatRule> {
    let mut placed: Vec<(VatRule, Origin)> = Vec::new();
    for section in sections {
        let (origin, path) = (section.origin.clone(), section.path_of("from"));
        let Some(rule) = rule(section, problems) else { continue };
        let path = path.trim_end_matches(".from");
        // Names are open sets, so only a rule for the same names and the same day can leave nothing over.
        let first = placed.iter().find(|(first, _)| first.names() == rule.names() && first.from == rule.from);
        if let Some((_, first)) = first {
            let text = format!(
                "this rule can never win: the rule on {} has the same names and the same `from`, and stands first; \
                 remove one of them",
                place_of(first)
            );
            problems.warn(&origin, path, text);
        } else if rule.names().into_iter().flatten().any(|name| name.trim().is_empty()) {
            let text = "this rule can never win: it names an event, price or host that is empty; write the name, or \
                        `*` for all";
            problems.warn(&origin, path, text);
        }
        placed.push((rule, origin));
    }
    placed.into_iter().map(|(rule, _)| rule).collect()
}

fn rule(mut section: Section, problems: &mut Problems) -> Option<VatRule> {
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
