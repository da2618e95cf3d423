//! Amounts and VAT in words.

use crate::money::{Currency, format_minor, format_percent};

/// `10.00 EUR`
pub(super) fn money(minor: i64, currency: &str) -> String {
    format!("{} {currency}", number(minor, currency))
}

/// `10.00`
pub(super) fn number(minor: i64, currency: &str) -> String {
    format_minor(minor, Currency::parse(currency).map_or(0, Currency::exponent))
}

/// `1900` is `19`, `260` is `2.6`.
pub(super) fn percent(basis_points: i32) -> String {
    format_percent(basis_points.into())
}

/// `10.00 at 19 % contains 1.60 VAT (10.00 × 19 / 119, rounded)`
pub(super) fn contained_vat(gross_minor: i64, vat_minor: i64, basis_points: i32, currency: &str) -> String {
    let (gross, vat) = (number(gross_minor, currency), number(vat_minor, currency));
    if basis_points == 0 {
        return format!("{gross} at 0 % contains no VAT");
    }
    let (rate, whole) = (percent(basis_points), percent(basis_points.saturating_add(10_000)));
    let product = i128::from(gross_minor) * i128::from(basis_points);
    let exact = product % i128::from(basis_points.saturating_add(10_000)) == 0;
    let rounded = if exact { "" } else { ", rounded" };
    format!("{gross} at {rate} % contains {vat} VAT ({gross} × {rate} / {whole}{rounded})")
}

/// A text as it stands at the beginning of a sentence.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
