//! The words of the current state.

use crate::ledger::posting::StoredValueClass;
use crate::policy::Regime;
use crate::vocabulary;

vocabulary! {
    /// Whether a part counts.
    pub(in crate::ledger) enum PartState in "order_lines.state" {
        Live = "live",
        Dead = "dead",
    }
}

vocabulary! {
    /// Whether an order has a payment, or had it once.
    pub enum PaymentState in "payments.state" {
        Current = "current",
        /// An older delivery had it, and the newest one that says payments has not.
        Vanished = "vanished",
    }
}

vocabulary! {
    /// How a voucher or flex ticket came to be.
    pub(in crate::ledger) enum VoucherOrigin in "vouchers.origin" {
        Sale = "sale",
        /// Issued instead of money given back.
        Refund = "refund",
        /// Sold or issued before the first day of the book: what it is worth comes by import.
        Opening = "opening",
        Import = "import",
        /// It is redeemed, and no order or import says where it comes from.
        Unknown = "unknown",
    }
}

vocabulary! {
    /// How a voucher or flex ticket is taxed, in a word; the rate is in another column.
    pub enum RegimeWord in "vouchers.regime" {
        /// A multi-purpose voucher: taxed when used.
        Mpv = "mpv",
        /// A single-purpose voucher: taxed when sold.
        Spv = "spv",
        /// A flex ticket that is taxed when used.
        Prepaid = "prepaid",
        /// A flex ticket that is taxed when sold.
        Taxed = "taxed",
        /// A flex ticket that is revenue when sold.
        Recognised = "recognised",
        Unknown = "unknown",
    }
}

impl PartState {
    pub(in crate::ledger) fn of(counts: bool) -> Self {
        if counts { Self::Live } else { Self::Dead }
    }
}

impl RegimeWord {
    pub(in crate::ledger) fn of(class: StoredValueClass, regime: Regime) -> Self {
        match (class, regime) {
            (StoredValueClass::Voucher, Regime::Untaxed) => Self::Mpv,
            (StoredValueClass::Voucher, Regime::Taxed(_) | Regime::Recognised(_)) => Self::Spv,
            (StoredValueClass::Flex, Regime::Untaxed) => Self::Prepaid,
            (StoredValueClass::Flex, Regime::Taxed(_)) => Self::Taxed,
            (StoredValueClass::Flex, Regime::Recognised(_)) => Self::Recognised,
        }
    }

    /// With the rate of the other column; `None` when it is unknown how it was sold.
    pub(in crate::ledger) fn with_rate(self, vat_bp: Option<i32>) -> Option<Regime> {
        match self {
            Self::Mpv | Self::Prepaid => Some(Regime::Untaxed),
            Self::Spv | Self::Taxed => vat_bp.map(Regime::Taxed),
            Self::Recognised => vat_bp.map(Regime::Recognised),
            Self::Unknown => None,
        }
    }
}
