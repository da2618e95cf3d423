//! What `total_invoice` may mean: sixteen readings of one number that the provider never defined.

use crate::ledger::posting::Snapshot;
use crate::money::{Currency, Overflow, sum};
use crate::order::{OrderStatus, PartStatus};
use crate::policy::Policy;

/// One reading. The numbers follow the worked list of the specification: in each group of four, what vouchers and
/// flex tickets paid is left in, or taken off (flex tickets, vouchers, both).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Formula {
    /// What flex tickets paid for is taken off.
    pub less_flex: bool,
    /// What vouchers paid for is taken off.
    pub less_vouchers: bool,
    /// Coupons and discounts are taken off.
    pub less_discounts: bool,
    /// Vouchers issued as a refund count as sold.
    pub with_refund_vouchers: bool,
}

impl Formula {
    /// All readings, `G1` first.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..16_u8).map(|number| Self {
            less_flex: number & 1 != 0,
            less_vouchers: number & 2 != 0,
            less_discounts: number & 4 == 0,
            with_refund_vouchers: number & 8 == 0,
        })
    }

    /// `G1` to `G16`.
    pub fn name(self) -> String {
        let bit = |set: bool, value: u8| if set { value } else { 0 };
        let number = bit(self.less_flex, 1)
            + bit(self.less_vouchers, 2)
            + bit(!self.less_discounts, 4)
            + bit(!self.with_refund_vouchers, 8);
        format!("G{}", number + 1)
    }

    /// The reading with that name, in any letter case; `billed` is `G1`, which is what our books call billed.
    pub fn parse(name: &str) -> Option<Self> {
        let name = if name.trim().eq_ignore_ascii_case("billed") { "G1" } else { name };
        Self::all().find(|formula| formula.name().eq_ignore_ascii_case(name.trim()))
    }

    pub fn meaning(self) -> String {
        let vouchers = if self.with_refund_vouchers { "vouchers" } else { "vouchers (no refund vouchers)" };
        let mut text = format!("tickets + products + flex tickets + {vouchers}");
        for (taken, what) in [
            (self.less_discounts, "discounts and coupons"),
            (self.less_flex, "flex tickets used"),
            (self.less_vouchers, "vouchers used"),
        ] {
            if taken {
                text = text + " - " + what;
            }
        }
        text
    }

    /// The reading that the policy chose, if it chose one.
    pub fn chosen(policy: &Policy) -> Option<Self> {
        // By its name in the stored policy, which is where the switches are contract.
        let policy = serde_json::to_value(policy).ok()?;
        Self::parse(policy.get("total_formula")?.as_str()?)
    }

    /// The total of an order by this reading.
    ///
    /// # Errors
    /// [`Overflow`] when it leaves the range of minor units.
    pub fn total(self, amounts: &Amounts) -> Result<i64, Overflow> {
        let less = |taken: bool, amount: i64| if taken { amount.checked_neg().ok_or(Overflow) } else { Ok(0) };
        sum([
            amounts.items,
            if self.with_refund_vouchers { amounts.refund_vouchers } else { 0 },
            less(self.less_discounts, amounts.discounts)?,
            less(self.less_flex, amounts.flex_used)?,
            less(self.less_vouchers, amounts.vouchers_used)?,
        ])
    }
}

/// What a total can be made of, in the order's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    items: i64,
    refund_vouchers: i64,
    discounts: i64,
    flex_used: i64,
    vouchers_used: i64,
}

/// Which parts are added up: it is not documented whether a total drops when a part is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    /// Only what counts.
    Live,
    /// What was cancelled as well.
    Cancelled,
}

impl Parts {
    fn count(self, status: PartStatus) -> bool {
        status.is_live() || (self == Self::Cancelled && status == PartStatus::Cancelled)
    }
}

/// The total that an accepted order says, and its currency; `None` when there is nothing to compare.
pub fn said_total(snapshot: &Snapshot) -> Option<(i64, Currency)> {
    let header = snapshot.order.header.as_ref().filter(|_| snapshot.status() == OrderStatus::Accepted)?;
    header.total_minor.zip(header.currency)
}

impl Amounts {
    /// The amounts of an order. `None` when a part is in another currency, or a sum is out of range.
    pub fn of(snapshot: &Snapshot, currency: Currency, parts: Parts) -> Option<Self> {
        let order = &snapshot.order;
        let mut amounts = Self::default();
        let mut add = |into: fn(&mut Self) -> &mut i64, minor: i64, of: Currency| {
            let sum = into(&mut amounts);
            *sum = sum.checked_add(minor).filter(|_| of == currency)?;
            Some(())
        };
        for ticket in order.tickets.iter().flatten().filter(|ticket| parts.count(ticket.status)) {
            for who in ticket.participants.iter().filter(|who| parts.count(who.status)) {
                add(|sums| &mut sums.items, who.price_minor.unwrap_or(0), who.currency.unwrap_or(currency))?;
                for flex in &who.redeemed_flex_tickets {
                    add(|sums| &mut sums.flex_used, flex.value_minor, flex.currency)?;
                }
            }
        }
        for product in order.products.iter().flatten().filter(|product| parts.count(product.status)) {
            add(|sums| &mut sums.items, product.price_minor.checked_mul(product.quantity)?, product.currency)?;
        }
        for flex in order.flex_tickets.iter().flatten().filter(|flex| parts.count(flex.status)) {
            add(|sums| &mut sums.items, flex.price_minor, flex.currency)?;
        }
        for sold in order.voucher_orders.iter().flatten().filter(|sold| parts.count(sold.status)) {
            for voucher in &sold.vouchers {
                let into: fn(&mut Self) -> &mut i64 = if sold.refunded_orders.is_empty() {
                    |sums| &mut sums.items
                } else {
                    |sums| &mut sums.refund_vouchers
                };
                add(into, voucher.value_minor, voucher.currency)?;
            }
        }
        for redeemed in order.redeemed_vouchers.iter().flatten() {
            add(|sums| &mut sums.vouchers_used, redeemed.value_minor, redeemed.currency)?;
        }
        let coupons = order.redeemed_coupons.iter().flatten().map(|coupon| coupon.value_minor);
        let additional = order.header.iter().map(|header| header.additional_discount_minor);
        for discount in coupons.chain(additional) {
            add(|sums| &mut sums.discounts, discount.checked_abs()?, currency)?;
        }
        Some(amounts)
    }

    /// Whether the readings differ: an order with only tickets fits all of them or none.
    pub fn discriminate(&self) -> bool {
        self.refund_vouchers != 0 || self.discounts != 0 || self.flex_used != 0 || self.vouchers_used != 0
    }
}

/// Whether a part of the order was cancelled.
pub fn has_cancelled_parts(snapshot: &Snapshot) -> bool {
    let order = &snapshot.order;
    let gone = |status: PartStatus| status == PartStatus::Cancelled;
    let tickets = order.tickets.iter().flatten();
    tickets.clone().any(|ticket| gone(ticket.status) || ticket.participants.iter().any(|who| gone(who.status)))
        || order.products.iter().flatten().any(|product| gone(product.status))
        || order.flex_tickets.iter().flatten().any(|flex| gone(flex.status))
        || order.voucher_orders.iter().flatten().any(|sold| gone(sold.status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unified_example_gives_the_documented_list() {
        let amounts = Amounts {
            items: 60_300,
            refund_vouchers: 10_000,
            discounts: 200,
            flex_used: 10_000,
            vouchers_used: 10_000,
        };
        let totals: Vec<i64> = Formula::all().map(|formula| formula.total(&amounts).unwrap() / 100).collect();
        assert_eq!(totals, [701, 601, 601, 501, 703, 603, 603, 503, 601, 501, 501, 401, 603, 503, 503, 403]);
        assert!(amounts.discriminate());
    }

    #[test]
    fn names_read_back() {
        let names: Vec<String> = Formula::all().map(Formula::name).collect();
        assert_eq!((names[0].as_str(), names[15].as_str()), ("G1", "G16"));
        assert!(Formula::all().all(|formula| Formula::parse(&formula.name().to_lowercase()) == Some(formula)));
        assert_eq!(Formula::parse("none"), None);
    }
}
