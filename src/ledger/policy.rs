//! How a source's book is kept where accountants may differ. Stored with every entry.

use serde::{Deserialize, Serialize};

/// The switches of a source, each with its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Items count once the order is accepted.
    pub recognise_on: String,
    /// Revenue is booked at the sale.
    pub revenue_mode: String,
    /// VAT is rounded line by line.
    pub vat_rounding: String,
    /// Single- or multi-purpose by the VAT field of the voucher order.
    pub voucher_regime: String,
    /// Prepaid or taxed by the VAT field of the flex ticket.
    pub flex_regime: String,
    /// What coupons reduce.
    pub coupon_scope: String,
    /// Whether prices are before or after discounts.
    pub prices_are: String,
    /// A payment that vanishes from a section that is present is reversed.
    pub on_payment_vanish: String,
    /// What is kept after a cancellation stays a credit.
    pub retained: String,
    /// No rounding of cash to five hundredths.
    pub cash_rounding: String,
}

impl Default for Policy {
    fn default() -> Self {
        let word = str::to_owned;
        Self {
            recognise_on: word("accepted"),
            revenue_mode: word("on_sale"),
            vat_rounding: word("line"),
            voucher_regime: word("auto"),
            flex_regime: word("auto"),
            coupon_scope: word("tickets+products"),
            prices_are: word("before_discounts"),
            on_payment_vanish: word("reverse"),
            retained: word("keep_credit"),
            cash_rounding: word("off"),
        }
    }
}
