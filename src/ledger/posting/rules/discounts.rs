//! Rules 6 and 7: coupons and the additional discount, shared over the lines.

use super::release::Release;
use super::{Builder, SoldLine, taxed_lines};
use crate::clock::Timestamp;
use crate::ledger::book::{Account, ItemKind};
use crate::ledger::posting::{Atom, Effective, Finding, FindingReason, part_key};
use crate::money::{Currency, Overflow, split_by_largest_remainder};
use crate::policy::{CouponScope, PricesAre};

/// Key of the discount that the order's own field says.
const ADDITIONAL: &str = "discount:additional";

/// What is left of a line after the discounts so far.
struct Discountable {
    line: SoldLine,
    left_minor: i64,
    /// What each discount took.
    taken: Vec<i64>,
}

/// A live line with what every discount took of it.
pub(super) struct ReducedLine {
    pub(super) line: SoldLine,
    pub(super) taken: Vec<i64>,
}

/// One discount.
struct Discount {
    key: String,
    event_type: &'static str,
    value_minor: i64,
    effective: Effective,
    scope: Scope,
}

/// The lines of which a discount takes its shares.
struct Scope {
    /// Products too.
    products: bool,
    /// Also lines that do not count, unless they were called off before this instant: their shares are theirs, and are
    /// not posted.
    dead_since: Option<Option<Timestamp>>,
}

impl Scope {
    fn has(&self, line: &SoldLine) -> bool {
        let counts = match self.dead_since {
            None => line.live,
            Some(used_at) => line.live || line.cancelled_at.zip(used_at).is_none_or(|(gone, used)| gone >= used),
        };
        counts && (self.products || line.income != Account::IncomeProducts)
    }
}

impl Builder<'_> {
    /// Coupons in document order, then the additional discount. Each takes its share of every line's gross before any
    /// discount, and at most what is left of the line. Answers every live line with what was taken.
    pub(super) fn discounts(&mut self, sold: Vec<SoldLine>) -> Result<Vec<ReducedLine>, Overflow> {
        let reduce = |line: SoldLine| Discountable { left_minor: line.gross_minor.max(0), line, taken: Vec::new() };
        let mut lines: Vec<Discountable> = sold.into_iter().map(reduce).collect();
        let snapshot = self.snapshot;
        let policy = &self.rules.policy;
        // When the prices have them in already, coupons are for information.
        let coupons_count = self.live && policy.prices_are == PricesAre::Before;
        for coupon in snapshot.order.redeemed_coupons.iter().flatten().filter(|_| coupons_count) {
            let products = policy.coupon_scope == CouponScope::TicketsAndProducts;
            let discount = Discount {
                key: format!("coupon:{}", coupon.id),
                event_type: "coupon",
                value_minor: coupon.value_minor,
                effective: Effective::Said { at: coupon.used_at, basis: "usage_date" },
                scope: Scope { products, dead_since: Some(coupon.used_at) },
            };
            self.discount(&discount, &mut lines)?;
        }
        let additional = snapshot.order.header.as_ref().filter(|_| self.live);
        let discount = Discount {
            key: ADDITIONAL.to_owned(),
            event_type: "discount",
            value_minor: additional.map_or(0, |header| header.additional_discount_minor),
            effective: self.sale,
            // It has no date, so nobody can say whether a line that is gone had a share.
            scope: Scope { products: true, dead_since: None },
        };
        self.discount(&discount, &mut lines)?;
        let live = lines.into_iter().filter(|line| line.line.live);
        Ok(live.map(|line| ReducedLine { line: line.line, taken: line.taken }).collect())
    }

    fn discount(&mut self, discount: &Discount, lines: &mut [Discountable]) -> Result<(), Overflow> {
        let Discount { key, value_minor, .. } = discount;
        let Some(currency) = self.currency.filter(|_| *value_minor != 0) else { return Ok(()) };
        let wanted = value_minor.checked_abs().ok_or(Overflow)?;
        if *value_minor < 0 {
            let evidence = format!("{} is negative; its absolute value is used", part_key::in_words(key));
            // The reader notes it too, under these subjects: one problem, one finding.
            let subject = if key == ADDITIONAL { "order" } else { key.as_str() };
            self.find(Finding::new(FindingReason::NegativeDiscount, subject, evidence));
        }
        let shares = shares(wanted, lines, &discount.scope)?;
        let given: i64 = shares.iter().sum();
        if given < wanted {
            let name = part_key::in_words(key);
            let evidence = match lines.iter().any(|line| discount.scope.has(&line.line)) {
                true => format!("{name} is larger than what is left of the lines that it reduces"),
                false => format!(
                    "{name} finds nothing that it reduces: a discount never reduces vouchers or flex tickets, so the \
                     guest owes their full price"
                ),
            };
            let finding = Finding::new(FindingReason::DiscountExceedsLines, key.clone(), evidence);
            self.find(finding.with_amounts(Some(currency), given, wanted));
        }
        for (share, line) in shares.into_iter().zip(lines) {
            line.left_minor -= share;
            line.taken.push(share);
            if line.line.live {
                self.reduce(discount, currency, &line.line, share)?;
            }
        }
        Ok(())
    }

    /// Posts the share of one line. It is an atom of its own, because it goes with its line.
    fn reduce(
        &mut self,
        discount: &Discount,
        currency: Currency,
        line: &SoldLine,
        share_minor: i64,
    ) -> Result<(), Overflow> {
        let key = part_key::share(&discount.key, &line.dimensions.line_key);
        let mut dimensions = line.dimensions.clone();
        dimensions.item_kind = ItemKind::Discount;
        dimensions.line_key.clone_from(&key);
        let income = Account::IncomeDiscount;
        let mut lines = taxed_lines(&dimensions, income.clone(), -share_minor, line.vat_bp, 0)?;
        if let Some(on) = line.on.filter(|_| share_minor != 0) {
            let key = format!("release:{key}");
            self.defer(&mut lines, Release { key, event_type: "release.discount", currency, income, on });
        }
        let Discount { event_type, effective, .. } = *discount;
        self.add(Atom { key, event_type, currency, effective, category: None, lines });
        Ok(())
    }
}

/// Shares by largest remainder of the gross; what a line cannot take any more goes to the others by the same rule.
fn shares(wanted: i64, lines: &[Discountable], scope: &Scope) -> Result<Vec<i64>, Overflow> {
    let mut shares = vec![0_i64; lines.len()];
    let mut open = wanted;
    while open > 0 {
        let room = |share: i64, line: &Discountable| if scope.has(&line.line) { line.left_minor - share } else { 0 };
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
