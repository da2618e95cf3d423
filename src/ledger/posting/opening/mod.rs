//! What of an order was there before the first day of the book: what its first usable delivery says, or, when
//! deliveries came before that day, the newest of those.
//!
//! It is part of the snapshot, so that later deliveries cannot change it and nothing depends on when they were worked
//! on. Orders that were placed later, and books without a first day, have none of it.

mod revive;
#[cfg(test)]
mod tests;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::order::{FlexTicket, Product, RedeemedCoupon, RedeemedVoucher, Ticket, VoucherOrder};

pub(super) use self::revive::{Fate, Revived};
pub(in crate::ledger) use self::told::{Told, learn, learn_cancelled, learn_undated};

/// What of an order was there before the book began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// What was sold; `None` when the order was placed later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sold: Option<SoldBefore>,
    /// Atom keys of what has no date of its own and was told before that day, and [`CANCELLED`].
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    told_before: BTreeSet<String>,
}

/// The whole booking was cancelled before the book began.
const CANCELLED: &str = "cancelled";

/// What an order had sold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SoldBefore {
    /// When it was placed, or else received.
    at: Timestamp,
    /// The delivery that says it; of several the first.
    event_id: i64,
    /// Deliveries that came before the book began say it; else only the first one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    early: bool,
    /// Tickets (each with one participant), flex tickets and vouchers that were live when the book began, by part key.
    parts: BTreeMap<String, Part>,
    /// Products have no id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    products: Vec<Product>,
    /// Reductions, and what paid: to see whether they are told otherwise later. `None`: nothing was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    coupons: Option<Vec<RedeemedCoupon>>,
    #[serde(default)]
    additional_discount_minor: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redeemed: Option<Vec<RedeemedVoucher>>,
    /// What was told otherwise later, or added, as it was when it was last live.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    latest: BTreeMap<String, Part>,
}

/// One part, as a delivery says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    /// A ticket with one participant.
    Ticket(Ticket),
    Flex(FlexTicket),
    /// A voucher order with one voucher.
    Voucher(VoucherOrder),
}

impl Opening {
    /// Whether what has this atom key and no date of its own was told before the book began.
    pub(super) fn was_told_before(&self, atom_key: &str) -> bool {
        // The second of two equal facts has an ordinal.
        let key = atom_key.rsplit_once('#').map_or(atom_key, |(key, _)| key);
        self.told_before.contains(key)
    }

    /// Whether the order sold this voucher or flex ticket before the book began: then its value comes by import.
    pub(in crate::ledger) fn has_part(&self, part_key: &str) -> bool {
        self.sold.as_ref().is_some_and(|sold| sold.parts.contains_key(part_key))
    }
}
