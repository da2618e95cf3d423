//! `vat.rounding` of `docs/posting-rules.md`: what VAT is rounded on. Each line is rounded by itself; where the policy
//! rounds a sum instead, the difference is posted by explicit lines, one entry for each rate, beside the largest line
//! of that rate.
//!
//! Tickets, products and discounts in the order's currency are summed. Vouchers and flex tickets are not: each is
//! redeemed by itself, and what is then relieved must be what was taxed.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::discounts::ReducedLine;
use super::release::Release;
use super::{Builder, SoldLine};
use crate::ledger::book::Account;
use crate::ledger::posting::{Atom, Line};
use crate::money::{Overflow, vat_in_gross};
use crate::policy::VatRounding;

/// All lines of one rate.
struct RateSum {
    /// What was sold, less its discounts.
    gross_minor: i64,
    /// VAT of these lines, each rounded by itself.
    vat_minor: i64,
    /// The largest line.
    home: SoldLine,
}

impl Builder<'_> {
    /// `reduced` is what was sold and how much of it every discount took.
    pub(super) fn vat_rounding(&mut self, reduced: &[ReducedLine]) -> Result<(), Overflow> {
        let mode = self.rules.policy.vat_rounding;
        let Some(currency) = self.currency.filter(|_| mode != VatRounding::Line) else { return Ok(()) };
        let rates = rates(reduced)?;
        let wanted = match mode {
            VatRounding::Line | VatRounding::SumByRate => by_rate(&rates)?,
            VatRounding::Document => by_document(&rates)?,
        };
        for (bp, rate) in rates {
            let difference = wanted.get(&bp).map_or(0, |wanted| wanted - rate.vat_minor);
            let SoldLine { mut dimensions, income, on, .. } = rate.home;
            dimensions.line_key = format!("vat.rounding:{bp}");
            let net = Line {
                account: income.clone(),
                amount_minor: difference,
                dimensions,
                vat_bp: Some(bp),
                tax_base_minor: None,
                qty: Some(0),
            };
            let vat = Line {
                account: Account::Vat(bp),
                amount_minor: -difference,
                tax_base_minor: Some(difference),
                qty: None,
                ..net.clone()
            };
            let mut lines = vec![net, vat];
            if let Some(on) = on {
                let key = format!("release:vat.rounding:{bp}");
                self.defer(&mut lines, Release { key, event_type: "release.rounding", currency, income, on });
            }
            let key = format!("vat.rounding:{bp}");
            let event_type = "vat.rounding";
            self.add(Atom { key, event_type, currency, effective: self.sale, category: None, lines });
        }
        Ok(())
    }
}

fn rates(reduced: &[ReducedLine]) -> Result<BTreeMap<i32, RateSum>, Overflow> {
    let mut rates: BTreeMap<i32, RateSum> = BTreeMap::new();
    for ReducedLine { line, taken } in reduced {
        let Some(bp) = line.vat_bp else { continue };
        let rate = rates.entry(bp).or_insert_with(|| RateSum { gross_minor: 0, vat_minor: 0, home: line.clone() });
        // Ties by the key, for the place in the document must not matter.
        let size = |line: &SoldLine| (line.gross_minor, Reverse(line.dimensions.line_key.clone()));
        if size(line) > size(&rate.home) {
            rate.home = line.clone();
        }
        for part in std::iter::once(line.gross_minor).chain(taken.iter().map(|share| -share)) {
            rate.gross_minor = rate.gross_minor.checked_add(part).ok_or(Overflow)?;
            rate.vat_minor = rate.vat_minor.checked_add(vat_in_gross(part, bp)?).ok_or(Overflow)?;
        }
    }
    Ok(rates)
}

/// VAT of each rate, rounded on the sum of its lines.
fn by_rate(rates: &BTreeMap<i32, RateSum>) -> Result<BTreeMap<i32, i64>, Overflow> {
    rates.iter().map(|(bp, rate)| Ok((*bp, vat_in_gross(rate.gross_minor, *bp)?))).collect()
}

/// VAT of the whole document, rounded once, half away from zero; then given to the rates by largest remainder, ties
/// to the lower rate.
fn by_document(rates: &BTreeMap<i32, RateSum>) -> Result<BTreeMap<i32, i64>, Overflow> {
    let denominator = |bp: i32| 10_000 + i128::from(bp);
    let common = rates.keys().try_fold(1_i128, |product, bp| product.checked_mul(denominator(*bp)).ok_or(Overflow))?;
    let mut parts = Vec::new();
    let (mut whole, mut fraction) = (0_i128, 0_i128);
    for (bp, rate) in rates {
        let exact = i128::from(rate.gross_minor) * i128::from(*bp);
        let (floor, rest) = (exact.div_euclid(denominator(*bp)), exact.rem_euclid(denominator(*bp)));
        let rest = rest * (common / denominator(*bp));
        whole += floor;
        fraction = fraction.checked_add(rest).ok_or(Overflow)?;
        parts.push((rest, *bp, floor));
    }
    let twice = fraction.checked_mul(2).and_then(|twice| twice.checked_add(common)).ok_or(Overflow)?;
    let double = common.checked_mul(2).ok_or(Overflow)?;
    let half_of_a_negative = whole.checked_mul(common).ok_or(Overflow)? + fraction < 0 && twice % double == 0;
    let missing = twice / double - i128::from(half_of_a_negative);
    parts.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut wanted = BTreeMap::new();
    for ((_, bp, floor), place) in parts.into_iter().zip(0_i128..) {
        let vat = floor + i128::from(place < missing);
        wanted.insert(bp, i64::try_from(vat).map_err(|_| Overflow)?);
    }
    Ok(wanted)
}
