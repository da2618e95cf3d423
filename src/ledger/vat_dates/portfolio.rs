//! Amounts by rate, and what a part of the money pays of them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::money::Overflow;

/// The rate of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rate {
    /// It has to be paid and is no turnover: a multi-purpose voucher, an untaxed flex ticket, an opening item.
    Untaxed,
    /// In basis points; `None`: undetermined.
    Of(Option<i32>),
}

/// A gross amount and the VAT in it. Sums of 64-bit numbers do not leave 128 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Taxed {
    pub(super) gross: i128,
    pub(super) vat: i128,
}

impl Taxed {
    pub(super) const ZERO: Self = Self { gross: 0, vat: 0 };

    pub(super) fn plus(self, other: Self) -> Self {
        Self { gross: self.gross + other.gross, vat: self.vat + other.vat }
    }

    pub(super) fn less(self, other: Self) -> Self {
        Self { gross: self.gross - other.gross, vat: self.vat - other.vat }
    }
}

/// Amounts by rate; zeros are not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Portfolio(BTreeMap<Rate, Taxed>);

impl Portfolio {
    pub(super) fn add(&mut self, rate: Rate, amount: Taxed) {
        let sum = self.get(rate).plus(amount);
        if sum == Taxed::ZERO {
            self.0.remove(&rate);
        } else {
            self.0.insert(rate, sum);
        }
    }

    pub(super) fn get(&self, rate: Rate) -> Taxed {
        self.0.get(&rate).copied().unwrap_or_default()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Rate, Taxed)> {
        self.0.iter().map(|(rate, amount)| (*rate, *amount))
    }

    /// Gross of all rates.
    pub(super) fn gross(&self) -> i128 {
        self.0.values().map(|amount| amount.gross).sum()
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        let mut sum = self.clone();
        other.iter().for_each(|(rate, amount)| sum.add(rate, amount));
        sum
    }

    pub(super) fn less(&self, other: &Self) -> Self {
        let mut rest = self.clone();
        other.iter().for_each(|(rate, amount)| rest.add(rate, Taxed::ZERO.less(amount)));
        rest
    }

    /// What `paid` of the whole gross pays: the gross by largest remainder, ties to the lower rate, so that it sums to
    /// what is paid; the VAT of each rate in proportion, rounded half away from zero, so that what is paid in full is
    /// taxed in full. Where nothing has to be paid, all is.
    ///
    /// # Errors
    /// [`Overflow`] when a product does not fit.
    pub(super) fn share(&self, paid: i128) -> Result<Self, Overflow> {
        let whole = self.gross();
        if whole == paid || whole == 0 {
            return Ok(self.clone());
        }
        // A negative whole is paid by a negative amount.
        let (part, divisor) = if whole < 0 { (-paid, -whole) } else { (paid, whole) };
        let mut shares = Vec::with_capacity(self.0.len());
        for (rate, amount) in self.iter() {
            let product = amount.gross.checked_mul(part).ok_or(Overflow)?;
            let vat = proportion(amount.vat, part, divisor)?;
            let gross = product.div_euclid(divisor);
            shares.push((Reverse(product.rem_euclid(divisor)), rate, Taxed { gross, vat }));
        }
        let missing = paid - shares.iter().map(|share| share.2.gross).sum::<i128>();
        shares.sort_by_key(|share| (share.0, share.1));
        let mut portfolio = Self::default();
        for ((_, rate, mut amount), place) in shares.into_iter().zip(0_i128..) {
            amount.gross += i128::from(place < missing);
            portfolio.add(rate, amount);
        }
        Ok(portfolio)
    }
}

/// `amount` * `part` / `whole`, rounded half away from zero. `whole` is positive.
///
/// # Errors
/// [`Overflow`] when the product does not fit.
pub(super) fn proportion(amount: i128, part: i128, whole: i128) -> Result<i128, Overflow> {
    let product = amount.checked_mul(part).ok_or(Overflow)?;
    let (quotient, remainder) = (product.abs() / whole, product.abs() % whole);
    let rounded = quotient + i128::from(remainder >= whole - remainder);
    Ok(if product < 0 { -rounded } else { rounded })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portfolio(amounts: &[(i32, i128, i128)]) -> Portfolio {
        let mut portfolio = Portfolio::default();
        for (bp, gross, vat) in amounts {
            portfolio.add(Rate::Of(Some(*bp)), Taxed { gross: *gross, vat: *vat });
        }
        portfolio
    }

    #[test]
    fn a_part_is_shared_by_gross_and_the_whole_is_exact() {
        let lines = portfolio(&[(700, 10_700, 700), (1900, 23_800, 3800)]);
        assert_eq!(lines.share(0).unwrap(), Portfolio::default());
        assert_eq!(lines.share(34_500).unwrap(), lines);
        assert_eq!(lines.share(10_000).unwrap(), portfolio(&[(700, 3101, 203), (1900, 6899, 1101)]));
        let thirds = portfolio(&[(0, 1, 0), (700, 1, 0), (1900, 1, 0)]);
        assert_eq!(thirds.share(1).unwrap(), portfolio(&[(0, 1, 0)]));
        assert_eq!(thirds.share(2).unwrap(), portfolio(&[(0, 1, 0), (700, 1, 0)]));
    }

    #[test]
    fn what_costs_nothing_is_paid() {
        let reduced = portfolio(&[(700, 100, 7), (1900, -100, -16)]);
        assert_eq!(reduced.share(0).unwrap(), reduced);
    }

    #[test]
    fn proportions_are_rounded_half_away_from_zero() {
        assert_eq!(proportion(190, 238, 1190), Ok(38));
        assert_eq!([proportion(1, 1, 2), proportion(-1, 1, 2), proportion(3, 1, 7)], [Ok(1), Ok(-1), Ok(0)]);
        assert_eq!(proportion(i128::MAX, 2, 1), Err(Overflow));
    }
}
