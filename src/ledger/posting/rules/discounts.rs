//! Rules 6 and 7: coupons and the additional discount, shared over the sold lines.

use super::release::Release;
use super::{Builder, SoldLine, taxed_lines};
use crate::ledger::book::{Account, ItemKind};
use crate::ledger::posting::{Atom, Effective, Finding, FindingReason};
use crate::money::{Overflow, split_by_largest_remainder};
use crate::policy::{CouponScope, PricesAre};

/// Key of the discount that the order's own field says.
const ADDITIONAL: &str = "discount:additional";

/// What is left of a sold line after the discounts so far.
struct Discountable {
    line: SoldLine,
    left_minor: i64,
    /// What each discount took.
    taken: Vec<i64>,
}

/// One discount.
struct Discount {
    key: String,
    event_type: &'static str,
    value_minor: i64,
    effective: Effective,
    /// Whether products are reduced too.
    products: bool,
}

impl Builder<'_> {
    /// Coupons in document order, then the additional discount. Each takes its share of every line's gross before any
    /// discount, and at most what is left of the line. Answers every sold line with what was taken.
    pub(super) fn discounts(&mut self, sold: Vec<SoldLine>) -> Result<Vec<(SoldLine, Vec<i64>)>, Overflow> {
        let reduce = |line: SoldLine| Discountable { left_minor: line.gross_minor.max(0), line, taken: Vec::new() };
        let mut lines: Vec<Discountable> = sold.into_iter().map(reduce).collect();
        let snapshot = self.snapshot;
        let policy = &self.rules.policy;
        // When the prices have them in already, coupons are for information.
        let coupons_count = self.live && policy.prices_are == PricesAre::Before;
        for coupon in snapshot.order.redeemed_coupons.iter().flatten().filter(|_| coupons_count) {
            let discount = Discount {
                key: format!("coupon:{}", coupon.id),
                event_type: "coupon",
                value_minor: coupon.value_minor,
                effective: Effective::Said { at: coupon.used_at, basis: "usage_date" },
                products: policy.coupon_scope == CouponScope::TicketsAndProducts,
            };
            self.discount(discount, &mut lines)?;
        }
        let additional = snapshot.order.header.as_ref().filter(|_| self.live);
        let discount = Discount {
            key: ADDITIONAL.to_owned(),
            event_type: "discount",
            value_minor: additional.map_or(0, |header| header.additional_discount_minor),
            effective: self.sale,
            products: true,
        };
        self.discount(discount, &mut lines)?;
        Ok(lines.into_iter().map(|line| (line.line, line.taken)).collect())
    }

    fn discount(&mut self, discount: Discount, lines: &mut [Discountable]) -> Result<(), Overflow> {
        let Discount { key, event_type, value_minor, effective, products } = discount;
        let Some(currency) = self.currency.filter(|_| value_minor != 0) else { return Ok(()) };
        let wanted = value_minor.checked_abs().ok_or(Overflow)?;
        if value_minor < 0 {
            let evidence = format!("{key} is negative; its absolute value is used");
            // The reader notes it too, under these subjects: one problem, one finding.
            let subject = if key == ADDITIONAL { "order" } else { key.as_str() };
            self.find(Finding::new(FindingReason::NegativeDiscount, subject, evidence));
        }
        let shares = shares(wanted, lines, products)?;
        let given: i64 = shares.iter().sum();
        if given < wanted {
            let evidence = format!("{key} is larger than what is left of the lines it reduces");
            let finding = Finding::new(FindingReason::DiscountExceedsLines, key.clone(), evidence);
            self.find(finding.with_amounts(Some(currency), given, wanted));
        }
        let mut postings = Vec::new();
        for (share, line) in shares.into_iter().zip(lines) {
            line.left_minor -= share;
            line.taken.push(share);
            let mut dimensions = line.line.dimensions.clone();
            dimensions.item_kind = ItemKind::Discount;
            dimensions.line_key = format!("{key}@{}", dimensions.line_key);
            let income = Account::IncomeDiscount;
            let mut reduction = taxed_lines(&dimensions, income.clone(), -share, line.line.vat_bp, 0)?;
            if let Some(on) = line.line.on {
                let release = format!("release:{}", dimensions.line_key);
                let event_type = "release.discount";
                self.defer(&mut reduction, Release { key: release, event_type, currency, income, on });
            }
            postings.extend(reduction);
        }
        // The place of a line in the document decides ties and nothing else: reordering lines changes no entry.
        postings.sort_by(|a, b| a.dimensions.line_key.cmp(&b.dimensions.line_key));
        self.add(Atom { key, event_type, currency, effective, category: None, lines: postings });
        Ok(())
    }
}

/// Shares by largest remainder of the gross; what a line cannot take any more goes to the others by the same rule.
fn shares(wanted: i64, lines: &[Discountable], products: bool) -> Result<Vec<i64>, Overflow> {
    let mut shares = vec![0_i64; lines.len()];
    let mut open = wanted;
    while open > 0 {
        let reducible = |line: &Discountable| products || line.line.income != Account::IncomeProducts;
        let room = |share: i64, line: &Discountable| if reducible(line) { line.left_minor - share } else { 0 };
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
