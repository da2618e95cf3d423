//! How a reader writes amounts, rates and times. In integers: floating point is never used.

use super::words::{DE, DE_CH, EN, Words};
use crate::money::{Currency, format_minor, format_percent};

/// In which language, and with which separators, a pack is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// English: 1,234.56
    #[default]
    En,
    /// German: 1.234,56
    De,
    /// German of Switzerland: 1'234.56
    #[value(name = "de-CH", alias = "de-ch")]
    DeCh,
}

impl Language {
    /// A step of the bridge between VAT and revenue, as a pack calls it.
    pub fn step(self, step: &str) -> String {
        self.words().step(step)
    }

    pub const ALL: [Self; 3] = [Self::En, Self::De, Self::DeCh];

    /// As in HTML and in the names of files.
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::DeCh => "de-CH",
        }
    }

    pub(super) const fn words(self) -> &'static Words {
        match self {
            Self::En => &EN,
            Self::De => &DE,
            Self::DeCh => &DE_CH,
        }
    }

    /// Between thousands, and before decimals.
    const fn separators(self) -> (char, char) {
        match self {
            Self::En => (',', '.'),
            Self::De => ('.', ','),
            Self::DeCh => ('\'', '.'),
        }
    }

    /// Minor units in the units of their currency.
    pub fn amount(self, minor: i64, currency: &str) -> String {
        let exponent = Currency::parse(currency).map_or(0, Currency::exponent);
        self.localised(&format_minor(minor, exponent))
    }

    /// The same without decimals, for the scale of a chart; what is not whole keeps them.
    pub(crate) fn scale(self, minor: i64, currency: &str) -> String {
        let exponent = Currency::parse(currency).map_or(0, Currency::exponent);
        let text = format_minor(minor, exponent);
        let zeros = format!(".{}", "0".repeat(usize::try_from(exponent).unwrap_or(0)));
        self.localised(text.strip_suffix(zeros.as_str()).unwrap_or(&text))
    }

    pub fn count(self, number: i64) -> String {
        self.localised(&number.to_string())
    }

    /// Basis points in percent.
    pub(super) fn rate(self, basis_points: i32) -> String {
        format!("{}\u{a0}%", self.localised(&format_percent(i64::from(basis_points))))
    }

    /// A decimal number with a point, as the reader writes it.
    pub(crate) fn localised(self, number: &str) -> String {
        let (thousands, decimal) = self.separators();
        let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
        let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
        let mut text = sign.to_owned();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                text.push(thousands);
            }
            text.push(digit);
        }
        if let Some(fraction) = fraction {
            text.push(decimal);
            text += fraction;
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reader_gets_the_separators_of_his_country() {
        for (minor, currency, expected) in [
            (123_456_789, "EUR", ["1,234,567.89", "1.234.567,89", "1'234'567.89"]),
            (-123_456, "CHF", ["-1,234.56", "-1.234,56", "-1'234.56"]),
            (-5, "EUR", ["-0.05", "-0,05", "-0.05"]),
            (99_900, "EUR", ["999.00", "999,00", "999.00"]),
            (0, "EUR", ["0.00", "0,00", "0.00"]),
            (1_234_567, "JPY", ["1,234,567", "1.234.567", "1'234'567"]),
            (
                i64::MIN,
                "EUR",
                ["-92,233,720,368,547,758.08", "-92.233.720.368.547.758,08", "-92'233'720'368'547'758.08"],
            ),
        ] {
            assert_eq!(Language::ALL.map(|language| language.amount(minor, currency)), expected);
        }
        assert_eq!(Language::ALL.map(|language| language.rate(260)), ["2.6\u{a0}%", "2,6\u{a0}%", "2.6\u{a0}%"]);
        assert_eq!(Language::ALL.map(|language| language.count(12_345)), ["12,345", "12.345", "12'345"]);
        assert_eq!(Language::De.scale(1_000_000, "EUR"), "10.000");
        assert_eq!(Language::De.scale(1_050, "EUR"), "10,50");
    }
}
