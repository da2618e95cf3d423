//! The dated VAT rules of the settings. No rule means undetermined, never 0 %.

use chrono::NaiveDate;

use crate::config::VatRule;

/// The names that rules go by.
pub(super) struct Names<'t> {
    pub(super) event: Option<&'t str>,
    pub(super) price: Option<&'t str>,
    pub(super) host: Option<&'t str>,
}

impl Names<'_> {
    /// Whether all that a rule names is so here.
    fn match_all(&self, wanted: [Option<&str>; 3]) -> bool {
        let names = [self.event, self.price, self.host];
        wanted.into_iter().zip(names).all(|(wanted, name)| wanted.is_none() || wanted == name)
    }
}

/// The rate of the rule that wins: of those that match, the one that names most keys; among these the latest `from`,
/// then the first listed. So a special rate outlives a change of the general one.
pub(super) fn rate(rules: &[VatRule], day: NaiveDate, names: &Names<'_>) -> Option<i32> {
    let mut best: Option<(usize, &VatRule)> = None;
    for rule in rules.iter().filter(|rule| rule.from <= day && names.match_all(rule.names())) {
        let specific = rule.names().iter().flatten().count();
        if best.is_none_or(|(most, best)| (specific, rule.from) > (most, best.from)) {
            best = Some((specific, rule));
        }
    }
    best.map(|(_, rule)| rule.rate_bp)
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
    fn the_rule_that_names_most_wins_then_the_latest_then_the_first_listed() {
        let rules = [
            rule("2018-01-01", None, None, 770),
            rule("2024-01-01", Some("*"), None, 810),
            rule("2018-01-01", Some("Opera"), None, 250),
            rule("2024-01-01", Some("Opera"), None, 260),
            rule("2024-01-01", Some("Opera"), None, 999),
            rule("2019-01-01", None, Some("Child"), 370),
            rule("2018-01-01", Some("Opera"), Some("Child"), 0),
        ];
        let of = |on: &str, event, price| rate(&rules, day(on), &names(event, price));
        assert_eq!(of("2017-12-31", "Opera", "Adult"), None);
        assert_eq!(of("2023-12-31", "Ballet", "Adult"), Some(770));
        assert_eq!(of("2024-01-01", "Ballet", "Adult"), Some(810));
        assert_eq!(of("2023-12-31", "Opera", "Adult"), Some(250));
        assert_eq!(of("2024-01-01", "Opera", "Adult"), Some(260), "of equal ones the first listed");
        assert_eq!(of("2024-01-01", "Ballet", "Child"), Some(370), "older than the general rule, and more specific");
        assert_eq!(of("2030-01-01", "Opera", "Child"), Some(0), "the change of the general rate does not end it");
        assert_eq!(of("2024-01-01", "opera", "Adult"), Some(810), "names are exact");
        // `*` is not a name: both are general, so the later one wins although it stands first.
        let general = [rule("2024-01-01", None, None, 810), rule("2018-01-01", Some("*"), Some("*"), 770)];
        assert_eq!(rate(&general, day("2024-01-01"), &names("Opera", "Adult")), Some(810));
        // Of two with one name each, the later one.
        let each = [rule("2024-01-01", None, Some("Child"), 1), rule("2023-01-01", Some("Opera"), None, 2)];
        assert_eq!(rate(&each, day("2024-01-01"), &names("Opera", "Child")), Some(1));
        assert_eq!(rate(&each, day("2023-12-31"), &names("Opera", "Child")), Some(2));
        let nameless = Names { event: None, price: None, host: None };
        assert_eq!(rate(&rules, day("2024-01-01"), &nameless), Some(810));
    }
}
