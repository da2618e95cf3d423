//! All that the postings of an order are computed from, and nothing else: no personal data, no clock, no configuration.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::order::{Order, OrderStatus};
use crate::provider::Note;

/// The state of an order at one step of its settling; stored as canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The policy under which the order came in, and which it keeps; 0 before it came in.
    pub policy_id: i32,
    /// What the provider says, section by section from its newest delivery.
    pub order: Order,
    /// A cancellation of the whole booking was announced: from then on it has no items, whatever is read.
    pub cancelled: bool,
    /// Regimes of the vouchers and flex tickets that this order redeems, as far as they are known.
    pub regimes: BTreeMap<String, Regime>,
    /// Oddities met while reading the newest delivery.
    pub notes: Vec<Note>,
}

/// How a voucher or flex ticket is taxed: a fact of the order that sold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// Taxed when used: multi-purpose vouchers and prepaid flex tickets.
    Untaxed,
    /// Taxed when sold, at this rate in basis points.
    Taxed(i32),
}

impl Regime {
    /// 0 = taxed when used, else taxed when sold.
    pub fn from_rate(vat_bp: i32) -> Self {
        if vat_bp == 0 { Self::Untaxed } else { Self::Taxed(vat_bp) }
    }
}

/// Vouchers and flex tickets have ids of their own each; one text names either.
pub(super) fn stored_value_key(class: &str, id: &str) -> String {
    format!("{class}:{id}")
}

/// The class of value vouchers.
pub(super) const VOUCHER: &str = "voucher";
/// The class of flex tickets.
pub(super) const FLEX: &str = "flex";

impl Snapshot {
    /// An order of which nothing is known yet.
    pub fn unknown(order_id: &str) -> Self {
        Self {
            policy_id: 0,
            order: Order::unknown(order_id),
            cancelled: false,
            regimes: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    /// Normal form of the status, cancellations announced by webhook included.
    pub fn status(&self) -> OrderStatus {
        if self.cancelled { OrderStatus::Cancelled } else { self.order.status() }
    }

    /// `(class, id)` of every voucher and flex ticket that the order redeems.
    pub fn redeemed(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let vouchers = self.order.redeemed_vouchers.iter().flatten().map(|voucher| (VOUCHER, voucher.id.as_str()));
        let participants = self.order.tickets.iter().flatten().flat_map(|ticket| &ticket.participants);
        let flex = participants.flat_map(|participant| &participant.redeemed_flex_tickets);
        vouchers.chain(flex.map(|flex| (FLEX, flex.id.as_str())))
    }

    /// Regime of every voucher and flex ticket that the order sells or issues, by `stored_value_key`.
    pub fn sold_regimes(&self) -> BTreeMap<String, Regime> {
        let mut regimes = BTreeMap::new();
        for flex in self.order.flex_tickets.iter().flatten() {
            regimes.insert(stored_value_key(FLEX, &flex.id), Regime::from_rate(flex.vat_bp));
        }
        for order in self.order.voucher_orders.iter().flatten() {
            // A refund voucher is multi-purpose, whatever rate stands beside it.
            let regime =
                if order.refunded_orders.is_empty() { Regime::from_rate(order.vat_bp) } else { Regime::Untaxed };
            for voucher in &order.vouchers {
                regimes.insert(stored_value_key(VOUCHER, &voucher.id), regime);
            }
        }
        regimes
    }

    /// The canonical JSON: compact, fields in the order of their definition, maps sorted.
    ///
    /// # Errors
    /// None in practice: all keys are strings.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}
