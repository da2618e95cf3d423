//! Amounts and rates in the words of a finding.

use std::fmt::Display;

use crate::money::{Currency, format_minor, format_percent};

/// Parts that a finding names; how many more there are it says.
const NAMED: usize = 5;

/// `10.00 EUR`
pub(super) fn money(minor: i64, code: &str) -> String {
    format!("{} {code}", format_minor(minor, Currency::parse(code).map_or(0, Currency::exponent)))
}

/// `1900` is `19 %`, `260` is `2.6 %`.
pub(super) fn percent(rate_bp: i32) -> String {
    format!("{} %", format_percent(rate_bp.into()))
}

/// `a, b, c`, or the first few `and 7 more`.
pub(super) fn list<T: Display>(parts: impl IntoIterator<Item = T>) -> String {
    let parts: Vec<String> = parts.into_iter().map(|part| part.to_string()).collect();
    let more = parts.len().saturating_sub(NAMED);
    let named = parts.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if more == 0 { named } else { format!("{named} and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_short() {
        assert_eq!(money(-11_900, "EUR"), "-119.00 EUR");
        assert_eq!(
            (percent(1900), percent(260), percent(0)),
            ("19 %".to_owned(), "2.6 %".to_owned(), "0 %".to_owned())
        );
        assert_eq!(list(["a"]), "a");
        assert_eq!(list(1..=5), "1, 2, 3, 4, 5");
        assert_eq!(list(1..=7), "1, 2, 3, 4, 5 and 2 more");
    }
}
