//! Amounts in integer minor units, currencies and rates; floating point is never used.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types;
use serde::{Deserialize, Serialize};

/// An ISO 4217 currency that has minor units, so one in which something can be paid.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow, Serialize, Deserialize,
)]
#[diesel(sql_type = sql_types::Text)]
#[serde(into = "&'static str", try_from = "String")]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// Parses a code such as `EUR`, in any letter case. `None` if it is not a currency or cannot be paid in (`XAU`).
    pub fn parse(code: &str) -> Option<Self> {
        let currency = iso_currency::Currency::from_code(&code.trim().to_ascii_uppercase())?;
        currency.exponent().map(|_| Self(currency))
    }

    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Decimal places of the minor unit: 2 for EUR, 0 for JPY.
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl From<Currency> for &'static str {
    fn from(currency: Currency) -> Self {
        currency.code()
    }
}

impl TryFrom<String> for Currency {
    type Error = String;

    fn try_from(code: String) -> Result<Self, String> {
        Self::parse(&code).ok_or_else(|| format!("`{code}` is not a currency"))
    }
}

impl<DB: Backend> ToSql<sql_types::Text, DB> for Currency
where
    str: ToSql<sql_types::Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.code().to_sql(out)
    }
}

impl<DB: Backend> FromSql<sql_types::Text, DB> for Currency
where
    String: FromSql<sql_types::Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::try_from(String::from_sql(bytes)?)?)
    }
}

/// Why a text is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not a decimal number: letters, a thousands separator, a decimal comma, NaN.
    #[error("not a decimal number")]
    NotANumber,
    /// More decimal places than the minor unit has; amounts are never rounded.
    #[error("more decimal places than the currency has")]
    TooPrecise,
    /// Does not fit 64 bits of minor units.
    #[error("out of range")]
    OutOfRange,
}

/// A sum exceeds the range of 64-bit minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an amount is out of range")]
pub struct Overflow;

/// Parses a decimal text exactly into integer units of `10^-exponent`: `parse_decimal("20.1", 2)` is 2010.
///
/// Surrounding spaces, a sign, trailing zeros and an exponent (`1.1e2`) are accepted as long as the value is exact.
///
/// # Errors
/// See [`AmountError`]; nothing is ever rounded.
pub fn parse_decimal(text: &str, exponent: u32) -> Result<i64, AmountError> {
    let text = text.trim();
    let (mantissa, power) = match text.split_once(['e', 'E']) {
        Some((mantissa, power)) => (mantissa, power.parse::<i32>().map_err(|_| AmountError::NotANumber)?),
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || digits.ends_with('.') {
        return Err(AmountError::NotANumber);
    }
    let significant = format!("{whole}{fraction}");
    let significant = significant.trim_start_matches('0');
    let kept = significant.trim_end_matches('0');
    if kept.is_empty() {
        return Ok(0);
    }
    // The value is `kept` * 10^`scale` units.
    let dropped = length(significant)? - length(kept)?;
    let scale = i64::from(exponent) + i64::from(power) + dropped - length(fraction)?;
    if scale < 0 {
        return Err(AmountError::TooPrecise);
    }
    let units = kept.parse::<i64>().map_err(|_| AmountError::OutOfRange)?;
    let factor = u32::try_from(scale).ok().and_then(|scale| 10_i64.checked_pow(scale));
    let units = factor.and_then(|factor| units.checked_mul(factor)).ok_or(AmountError::OutOfRange)?;
    Ok(if negative { -units } else { units })
}

fn length(text: &str) -> Result<i64, AmountError> {
    i64::try_from(text.len()).map_err(|_| AmountError::OutOfRange)
}

/// Formats minor units for people: `1050` EUR is `10.50`.
pub fn format_minor(minor: i64, exponent: u32) -> String {
    let unit = 10_u64.pow(exponent);
    let sign = if minor < 0 { "-" } else { "" };
    let magnitude = minor.unsigned_abs();
    if exponent == 0 {
        return format!("{sign}{magnitude}");
    }
    let width = usize::try_from(exponent).unwrap_or(0);
    format!("{sign}{}.{:0width$}", magnitude / unit, magnitude % unit)
}

/// Formats a rate in basis points as percent: `1900` is `19`, `260` is `2.6`.
pub fn format_percent(rate_bp: i64) -> String {
    format_minor(rate_bp, 2).trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Adds amounts without wrapping.
///
/// # Errors
/// [`Overflow`] when the sum does not fit.
pub fn sum(amounts: impl IntoIterator<Item = i64>) -> Result<i64, Overflow> {
    amounts.into_iter().try_fold(0_i64, |total, amount| total.checked_add(amount).ok_or(Overflow))
}

/// The VAT contained in a gross amount, rounded half away from zero, so that a reversal is exact. `rate_bp` is in basis
/// points: 1900 = 19 %.
///
/// # Errors
/// [`Overflow`] when an intermediate product does not fit.
pub fn vat_in_gross(gross_minor: i64, rate_bp: i32) -> Result<i64, Overflow> {
    let rate = i128::from(rate_bp);
    let divisor = 10_000 + rate;
    let product = i128::from(gross_minor).abs() * rate;
    let (quotient, remainder) = (product / divisor, product % divisor);
    let rounded = if 2 * remainder >= divisor { quotient + 1 } else { quotient };
    let vat = i64::try_from(rounded).map_err(|_| Overflow)?;
    Ok(if gross_minor < 0 { -vat } else { vat })
}

/// The gross of which this is the net after [`vat_in_gross`]; the smallest one, where two have the same net.
///
/// # Errors
/// [`Overflow`] when it does not fit.
pub fn gross_of_net(net_minor: i64, rate_bp: i32) -> Result<i64, Overflow> {
    let magnitude = i128::from(net_minor).abs();
    let about = magnitude + magnitude * i128::from(rate_bp) / 10_000;
    let about = i64::try_from(about).map_err(|_| Overflow)?;
    let net = |gross: i64| Ok(gross - vat_in_gross(gross, rate_bp)?);
    let mut gross = about.checked_sub(2).ok_or(Overflow)?.max(0);
    while i128::from(net(gross)?) < magnitude {
        gross = gross.checked_add(1).ok_or(Overflow)?;
    }
    Ok(if net_minor < 0 { -gross } else { gross })
}

/// Splits `total` over `weights` by largest remainder; ties go to the earlier one. Weights and total must not be
/// negative. No share exceeds its weight as long as `total` does not exceed the sum of the weights.
///
/// # Errors
/// [`Overflow`] when the sum of the weights does not fit.
pub fn split_by_largest_remainder(total: i64, weights: &[i64]) -> Result<Vec<i64>, Overflow> {
    let whole = i128::from(sum(weights.iter().copied())?);
    if whole == 0 {
        return Ok(vec![0; weights.len()]);
    }
    let mut shares = Vec::with_capacity(weights.len());
    for (index, weight) in weights.iter().enumerate() {
        let product = i128::from(total) * i128::from(*weight);
        let share = i64::try_from(product / whole).map_err(|_| Overflow)?;
        shares.push((share, product % whole, index));
    }
    let missing = total.checked_sub(sum(shares.iter().map(|share| share.0))?).ok_or(Overflow)?;
    shares.sort_by(|a, b| b.1.cmp(&a.1).then(a.2.cmp(&b.2)));
    for share in shares.iter_mut().take(usize::try_from(missing).map_err(|_| Overflow)?) {
        share.0 += 1;
    }
    shares.sort_by_key(|share| share.2);
    Ok(shares.into_iter().map(|share| share.0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gross_is_found_again_from_its_net() {
        for rate_bp in [0, 260, 700, 1900, 2500] {
            for gross in (0..2_000).chain([11_900, 1_000_003]) {
                let net = gross - vat_in_gross(gross, rate_bp).unwrap();
                let found = gross_of_net(net, rate_bp).unwrap();
                assert_eq!(found - vat_in_gross(found, rate_bp).unwrap(), net);
                assert!(found <= gross && gross - found <= 1, "{gross} at {rate_bp}");
                assert_eq!(gross_of_net(-net, rate_bp).unwrap(), -found);
            }
        }
    }

    #[test]
    fn amounts_are_exact_or_refused() {
        for text in ["110", "110.0", "110.00", "1.1e2", " +110 ", "110.000", "1100e-1"] {
            assert_eq!(parse_decimal(text, 2), Ok(11_000), "{text}");
        }
        assert_eq!(parse_decimal("-10", 2), Ok(-1000));
        assert_eq!(parse_decimal("0.00", 2), Ok(0));
        assert_eq!(parse_decimal("90071992547409.93", 2), Ok(9_007_199_254_740_993));
        assert_eq!(parse_decimal("0.005", 2), Err(AmountError::TooPrecise));
        assert_eq!(parse_decimal("1e30", 2), Err(AmountError::OutOfRange));
        for text in ["NaN", "1,00", "1.000,00", "1'000", "", ".", "5.", ".5", "--1", "1e", "1 0", "0x10", "٣"] {
            assert_eq!(parse_decimal(text, 2), Err(AmountError::NotANumber), "{text}");
        }
    }

    #[test]
    fn vat_follows_the_reference_values() {
        for (gross, rate, vat) in [
            (1000, 1900, 160),
            (2000, 1900, 319),
            (10_000, 1900, 1597),
            (50_000, 1900, 7983),
            (3000, 700, 196),
            (300, 1900, 48),
            (2500, 260, 63),
            (5000, 260, 127),
            (2500, 810, 187),
            (9999, 1900, 1596),
            (-1000, 1900, -160),
        ] {
            assert_eq!(vat_in_gross(gross, rate), Ok(vat));
        }
    }

    #[test]
    fn shares_are_exact_and_ties_go_to_the_earlier_line() {
        assert_eq!(split_by_largest_remainder(500, &[3000, 2000]), Ok(vec![300, 200]));
        assert_eq!(split_by_largest_remainder(500, &[999, 999, 999]), Ok(vec![167, 167, 166]));
        assert_eq!(split_by_largest_remainder(200, &[10_000, 300]), Ok(vec![194, 6]));
        assert_eq!(split_by_largest_remainder(7, &[0, 0]), Ok(vec![0, 0]));
    }

    #[test]
    fn minor_units_read_back() {
        assert_eq!(format_minor(-5, 2), "-0.05");
        assert_eq!(format_minor(123_456, 2), "1234.56");
        assert_eq!(format_minor(7, 0), "7");
    }
}
