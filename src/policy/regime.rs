//! How stored value is taxed.

use serde::{Deserialize, Serialize};

/// How a voucher or flex ticket is taxed: a fact of the order that sold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// Taxed when used: multi-purpose vouchers and prepaid flex tickets.
    Untaxed,
    /// Taxed when sold, at this rate in basis points.
    Taxed(i32),
    /// Revenue when sold, at this rate in basis points: flex tickets without a limit, under such a policy.
    Recognised(i32),
}

impl Regime {
    /// 0 = taxed when used, else taxed when sold.
    pub fn from_rate(vat_bp: i32) -> Self {
        if vat_bp == 0 { Self::Untaxed } else { Self::Taxed(vat_bp) }
    }

    /// The rate at which it was taxed when sold.
    pub fn rate(self) -> Option<i32> {
        match self {
            Self::Untaxed => None,
            Self::Taxed(bp) | Self::Recognised(bp) => Some(bp),
        }
    }
}
