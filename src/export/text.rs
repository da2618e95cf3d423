//! Foreign texts in files that have a syntax of their own: a title must not be taken for anything but a title.

use crate::money::{Currency, format_minor};
use crate::report::format::printable;

/// An amount with the decimals of its currency and a decimal point.
pub(super) fn amount(minor: i64, currency: &str) -> String {
    format_minor(minor, Currency::parse(currency).map_or(2, Currency::exponent))
}

/// A text on one line: control characters and what turns texts around become blanks.
pub(super) fn one_line(text: &str) -> String {
    let text = printable(text).replace('\u{fffd}', " ");
    text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A text of which only some characters are allowed; the others become `-`.
pub(super) fn only(text: &str, allowed: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || allowed.contains(c);
    text.chars().map(|c| if allowed(c) { c } else { '-' }).collect()
}

/// The first characters of a text.
pub(super) fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}
