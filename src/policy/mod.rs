//! The switches where accountants may differ: how the book of a source is kept, from which day on.
//!
//! A policy is stored in the book and named by every entry.

mod regime;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use self::regime::Regime;
use crate::order::{OrderStatus, PartStatus};

/// The switches of a source, each with its default.
///
/// The JSON of this type is stored and hashed: a switch that came later is left out while it has its default, so that
/// a policy that was stored before stays the same policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// From when on items count.
    pub recognise_on: RecogniseOn,
    /// When the net price of a ticket is revenue.
    pub revenue_mode: RevenueMode,
    /// What VAT is rounded on.
    pub vat_rounding: VatRounding,
    /// By which date the VAT report is, unless it is asked for another.
    #[serde(skip_serializing_if = "VatReportBasis::is_default")]
    pub vat_report_basis: VatReportBasis,
    /// Whether vouchers are taxed when sold or when used.
    pub voucher_regime: VoucherRegime,
    /// Whether flex tickets are taxed when sold or when used.
    pub flex_regime: FlexRegime,
    /// What coupons reduce.
    pub coupon_scope: CouponScope,
    /// Whether the prices that are sent have the coupons in them already.
    pub prices_are: PricesAre,
    /// Name of the formula that the provider's total follows; compared, never posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_formula: Option<String>,
    /// What becomes of a payment that is no longer sent.
    pub on_payment_vanish: OnPaymentVanish,
    /// What becomes of money that is kept after a cancellation.
    pub retained: Retained,
    /// Rounding of what is paid in cash.
    pub cash_rounding: CashRounding,
    /// Raw payment method to the name in its clearing account.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub payment_method_map: BTreeMap<String, String>,
}

/// From when on the items of an order count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecogniseOn {
    /// Once order and part are accepted.
    #[default]
    Accepted,
    /// Also while they are pending or open.
    Pending,
}

/// When the net price of a ticket is revenue. Its VAT is due at the sale either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevenueMode {
    /// At the sale.
    #[default]
    OnSale,
    /// On the day of the event; until then it is a liability.
    OnEventDate,
}

/// What VAT is rounded on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VatRounding {
    /// On every line.
    #[default]
    Line,
    /// Once on the whole document, over all rates.
    Document,
    /// Once for each rate of the document.
    SumByRate,
}

/// By which date VAT is reported. It is posted on the booking date either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VatReportBasis {
    /// The booking date.
    #[default]
    Booking,
    /// The date of payment.
    Payment,
    /// The date of payment or of service, whichever comes first.
    Service,
}

impl VatReportBasis {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// How value vouchers are taxed, those issued as a refund like any other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoucherRegime {
    /// By the VAT field of the voucher order: 0 is multi-purpose.
    #[default]
    Auto,
    /// All multi-purpose: taxed when used.
    Mpv,
    /// All single-purpose: taxed when sold, at the voucher order's rate, or at this one, in basis points, when it is 0.
    Spv(i32),
}

/// How flex tickets are taxed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlexRegime {
    /// By the VAT field of the flex ticket: 0 is prepaid.
    #[default]
    Auto,
    /// All prepaid: taxed when used.
    Prepaid,
    /// All taxed when sold, at the flex ticket's rate, or at this one, in basis points, when it is 0.
    Taxed(i32),
    /// Like `Auto`, but one without a limit is revenue when it is sold.
    RecogniseAtSale,
}

/// What coupons reduce.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CouponScope {
    /// Tickets only.
    #[serde(rename = "tickets")]
    Tickets,
    /// Tickets and products.
    #[default]
    #[serde(rename = "tickets+products")]
    TicketsAndProducts,
}

/// Whether the prices that are sent have the coupons in them already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PricesAre {
    /// They are before discounts: a coupon reduces them.
    #[default]
    #[serde(rename = "before_discounts")]
    Before,
    /// They are after discounts: a coupon posts nothing.
    #[serde(rename = "after_discounts")]
    After,
}

/// What becomes of a payment that is no longer sent though the section is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnPaymentVanish {
    /// It is reversed.
    #[default]
    Reverse,
    /// It stays until a person has checked it.
    Hold,
}

/// What becomes of money that is kept after a cancellation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retained {
    /// It stays the guest's credit until a person books it.
    #[default]
    KeepCredit,
    /// It is income once nothing moved on the order's receivable for some time.
    IncomeAfterDays(AfterDays),
}

/// When a credit becomes income, and at which VAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterDays {
    /// Local days without a movement.
    pub days: u32,
    /// The VAT in it.
    pub vat: RetainedVat,
}

/// VAT in money that is kept. Whether a cancellation fee is a damage, which is not taxed, or the price of a service is
/// for a tax advisor to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetainedVat {
    /// Not decided: none is booked, and a finding says so.
    Undecided,
    /// None, as somebody decided.
    Untaxed,
    /// At this rate, in basis points.
    Taxed(i32),
}

/// Rounding of what is paid in cash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CashRounding {
    /// None.
    #[default]
    Off,
    /// Swiss francs to 0.05 when paid by one of these raw methods.
    FiveHundredths(BTreeSet<String>),
}

impl Policy {
    /// Whether the items of an order with that status count.
    pub fn counts_order(&self, status: OrderStatus) -> bool {
        status == OrderStatus::Accepted || (status == OrderStatus::Pending && self.recognise_on == RecogniseOn::Pending)
    }

    /// Whether a part with that status counts, as long as what contains it does.
    pub fn counts_part(&self, status: PartStatus) -> bool {
        status.is_live() || (status == PartStatus::Pending && self.recognise_on == RecogniseOn::Pending)
    }

    /// How a voucher is taxed that is sold at this rate; 0 when none is said.
    pub fn voucher_regime(&self, vat_bp: i32) -> Regime {
        match self.voucher_regime {
            VoucherRegime::Auto => Regime::from_rate(vat_bp),
            VoucherRegime::Mpv => Regime::Untaxed,
            VoucherRegime::Spv(bp) => Regime::Taxed(if vat_bp == 0 { bp } else { vat_bp }),
        }
    }

    /// How a flex ticket is taxed that is sold at this rate, with or without a limit of admissions.
    pub fn flex_regime(&self, vat_bp: i32, unlimited: bool) -> Regime {
        match self.flex_regime {
            FlexRegime::RecogniseAtSale if unlimited => Regime::Recognised(vat_bp),
            FlexRegime::Auto | FlexRegime::RecogniseAtSale => Regime::from_rate(vat_bp),
            FlexRegime::Prepaid => Regime::Untaxed,
            FlexRegime::Taxed(bp) => Regime::Taxed(if vat_bp == 0 { bp } else { vat_bp }),
        }
    }

    /// When the credit of a dead order becomes income; `None`: never by itself.
    pub fn retained_after(&self) -> Option<AfterDays> {
        match self.retained {
            Retained::KeepCredit => None,
            Retained::IncomeAfterDays(after) => Some(after),
        }
    }

    /// The name of a raw payment method in its clearing account.
    pub fn clearing_name<'a>(&'a self, method: &'a str) -> &'a str {
        self.payment_method_map.get(method).map_or(method, String::as_str)
    }
}

/// A policy and from when on it holds.
#[derive(Clone, Debug)]
pub struct DatedPolicy {
    /// First local day of the orders that it is for; the first policy holds for all before it as well.
    pub from: Option<NaiveDate>,
    pub policy: Policy,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first form in which a policy was ever stored. Were it written otherwise now, every source would get a new
    /// policy at its next start.
    const FIRST: &str = "{\"recognise_on\":\"accepted\",\"revenue_mode\":\"on_sale\",\"vat_rounding\":\"line\",\
        \"voucher_regime\":\"auto\",\"flex_regime\":\"auto\",\"coupon_scope\":\"tickets+products\",\
        \"prices_are\":\"before_discounts\",\"on_payment_vanish\":\"reverse\",\"retained\":\"keep_credit\",\
        \"cash_rounding\":\"off\"}";

    #[test]
    fn the_stored_form_is_stable() {
        assert_eq!(serde_json::to_string(&Policy::default()).unwrap(), FIRST);
        assert_eq!(serde_json::from_str::<Policy>(FIRST).unwrap(), Policy::default());
        let all = Policy {
            voucher_regime: VoucherRegime::Spv(1900),
            flex_regime: FlexRegime::Taxed(700),
            total_formula: Some("billed".to_owned()),
            retained: Retained::IncomeAfterDays(AfterDays { days: 30, vat: RetainedVat::Taxed(700) }),
            cash_rounding: CashRounding::FiveHundredths(["cash".to_owned()].into()),
            payment_method_map: [("StripeBankWire".to_owned(), "bank".to_owned())].into(),
            ..Policy::default()
        };
        let written = serde_json::to_string(&all).unwrap();
        assert!(written.contains("\"voucher_regime\":{\"spv\":1900}"), "{written}");
        let retained = "\"retained\":{\"income_after_days\":{\"days\":30,\"vat\":{\"taxed\":700}}}";
        assert!(written.contains(retained), "{written}");
        assert!(
            written.ends_with("{\"five_hundredths\":[\"cash\"]},\"payment_method_map\":{\"StripeBankWire\":\"bank\"}}")
        );
        assert_eq!(serde_json::from_str::<Policy>(&written).unwrap(), all);
    }
}
