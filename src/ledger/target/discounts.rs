//! Rules 6 and 7: coupons and the additional discount, shared over the sold lines.

use super::{Builder, SoldLine, taxed_lines};
use crate::ledger::{Account, Atom, Effective, Finding, Severity};
use crate::money::{Overflow, split_by_largest_remainder};

/// Key of the discount that the order's own field says.
const ADDITIONAL: &str = "discount:additional";

/// What is left of a sold line after the discounts so far.
struct Discountable {
    line: SoldLine,
    left_minor: i64,
}

impl Builder<'_> {
    /// Coupons in document order, then the additional discount. Each takes its share of every line's gross before any
    /// discount, and at most what is left of the line.
    pub(super) fn discounts(&mut self, sold: Vec<SoldLine>) -> Result<(), Overflow> {
        if !self.live {
            return Ok(());
        }
        let snapshot = self.snapshot;
        let positive = sold.into_iter().filter(|line| line.gross_minor > 0);
        let mut lines: Vec<Discountable> =
            positive.map(|line| Discountable { left_minor: line.gross_minor, line }).collect();
        for coupon in snapshot.order.redeemed_coupons.iter().flatten() {
            let effective = Effective::Said { at: coupon.used_at, basis: "usage_date" };
            self.discount(format!("coupon:{}", coupon.id), "coupon", coupon.value_minor, effective, &mut lines)?;
        }
        let additional = snapshot.order.header.as_ref().map_or(0, |header| header.additional_discount_minor);
        self.discount(ADDITIONAL.to_owned(), "discount", additional, self.sale, &mut lines)
    }

    fn discount(
        &mut self,
        key: String,
        event_type: &'static str,
        value_minor: i64,
        effective: Effective,
        lines: &mut [Discountable],
    ) -> Result<(), Overflow> {
        let Some(currency) = self.currency.filter(|_| value_minor != 0) else { return Ok(()) };
        let wanted = value_minor.checked_abs().ok_or(Overflow)?;
        if value_minor < 0 {
            let evidence = format!("{key} is negative; its absolute value is used");
            // The reader notes it too, under these subjects: one problem, one finding.
            let subject = if key == ADDITIONAL { "order" } else { key.as_str() };
            self.find(Finding::new("negative_discount", subject, Severity::Low, evidence));
        }
        let shares = shares(wanted, lines)?;
        let given: i64 = shares.iter().sum();
        if given < wanted {
            let evidence = format!("{key} is larger than what is left of the lines it reduces");
            let finding = Finding::new("discount_exceeds_lines", key.clone(), Severity::Medium, evidence);
            self.find(finding.with_amounts(Some(currency), given, wanted));
        }
        let mut postings = Vec::new();
        for (share, line) in shares.into_iter().zip(lines) {
            line.left_minor -= share;
            let mut dimensions = line.line.dimensions.clone();
            dimensions.item_kind = "discount";
            dimensions.line_key = format!("{key}@{}", dimensions.line_key);
            postings.extend(taxed_lines(&dimensions, Account::IncomeDiscount, -share, line.line.vat_bp, 0)?);
        }
        self.add(Atom { key, event_type, currency, effective, category: None, lines: postings });
        Ok(())
    }
}

/// Shares by largest remainder of the gross; what a line cannot take any more goes to the others by the same rule.
fn shares(wanted: i64, lines: &[Discountable]) -> Result<Vec<i64>, Overflow> {
    let mut shares = vec![0_i64; lines.len()];
    let mut open = wanted;
    while open > 0 {
        let room = |share: i64, line: &Discountable| line.left_minor - share;
        let weights: Vec<i64> = shares
            .iter()
            .zip(lines)
            .map(|(share, line)| if room(*share, line) > 0 { line.line.gross_minor } else { 0 })
            .collect();
        let proposed = split_by_largest_remainder(open, &weights)?;
        let mut taken = 0;
        for ((share, line), more) in shares.iter_mut().zip(lines).zip(proposed) {
            let more = more.min(room(*share, line));
            *share += more;
            taken += more;
        }
        if taken == 0 {
            break;
        }
        open -= taken;
    }
    Ok(shares)
}
