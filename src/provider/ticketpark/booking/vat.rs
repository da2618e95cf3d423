//! The dated VAT rules of the settings. No rule means undetermined, never 0 %.

use chrono::NaiveDate;

use crate::config::VatRule;

/// The names that rules go by.
pub(super) struct Names<'t> {
    pub(super) event: Option<&'t str>,
    pub(super) price: Option<&'t str>,
    pub(super) host: Option<&'t str>,
}

/// The rate of the rule that matches: the latest `from` wins, then the first listed.
pub(super) fn rate(rules: &[VatRule], day: NaiveDate, names: &Names<'_>) -> Option<i32> {
    let mut best: Option<&VatRule> = None;
    for rule in rules {
        let holds = rule.from <= day
            && matches(&rule.event, names.event)
            && matches(&rule.price, names.price)
            && matches(&rule.host, names.host);
        if holds && best.is_none_or(|best| rule.from > best.from) {
            best = Some(rule);
        }
    }
    best.map(|rule| rule.rate_bp)
}

fn matches(wanted: &Option<String>, name: Option<&str>) -> bool {
    wanted.as_deref().is_none_or(|wanted| wanted == "*" || Some(wanted) == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(from: &str, event: Option<&str>, price: Option<&str>, rate_bp: i32) -> VatRule {
        let own = |text: Option<&str>| text.map(str::to_owned);
        VatRule { from: day(from), event: own(event), price: own(price), host: None, rate_bp }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn names<'t>(event: &'t str, price: &'t str) -> Names<'t> {
        Names { event: Some(event), price: Some(price), host: Some("Host") }
    }

    #[test]
    fn the_latest_rule_that_matches_wins() {
        let rules = [
            rule("2018-01-01", None, None, 770),
            rule("2024-01-01", Some("*"), None, 810),
            rule("2024-01-01", Some("Opera"), None, 260),
            rule("2024-01-01", Some("Opera"), Some("Child"), 0),
        ];
        assert_eq!(rate(&rules, day("2017-12-31"), &names("Opera", "Adult")), None);
        assert_eq!(rate(&rules, day("2023-12-31"), &names("Opera", "Adult")), Some(770));
        // Equal dates: the first listed, so a special rule has to stand before the general one.
        assert_eq!(rate(&rules, day("2024-01-01"), &names("Opera", "Child")), Some(810));
        assert_eq!(rate(&rules[2..], day("2024-01-01"), &names("Opera", "Child")), Some(260));
        assert_eq!(rate(&rules[3..], day("2024-01-01"), &names("Opera", "Child")), Some(0));
        assert_eq!(rate(&rules[3..], day("2024-01-01"), &names("opera", "Child")), None);
        assert_eq!(rate(&rules[3..], day("2024-01-01"), &Names { event: None, price: None, host: None }), None);
    }
}
