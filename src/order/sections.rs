//! The version rule: each section of an order is taken from the newest delivery that has it.
//!
//! Merging is commutative: the result depends on which deliveries are stored, never on the order in which they are
//! worked on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Order;

/// For each section the version it was taken from: an inbox id for bookingkit, a fetch number for Ticketpark. Facts
/// with an id of their own have an entry each (`payment:ID`), for there the highest inbox id wins one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Stored", from = "Stored")]
pub struct Versions {
    sections: BTreeMap<String, i64>,
    /// The rates that each delivery said for what the order sells to be used later, oldest first, by the name of the
    /// voucher or flex ticket.
    rates: BTreeMap<String, Vec<(i64, i32)>>,
}

/// The sections that a delivery of a whole order has.
const SECTIONS: [&str; 8] = [
    "header",
    "tickets",
    "products",
    "flex_tickets",
    "voucher_orders",
    "redeemed_vouchers",
    "redeemed_coupons",
    "payments",
];
/// Stands for all [`SECTIONS`] where they are stored: most orders are delivered once, and whole.
const ALL: &str = "all";

#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(flatten)]
    sections: BTreeMap<String, i64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    rates: BTreeMap<String, Vec<(i64, i32)>>,
}

impl From<Versions> for Stored {
    fn from(Versions { mut sections, rates }: Versions) -> Self {
        let first = sections.get(SECTIONS[0]).copied();
        if let Some(version) =
            first.filter(|first| SECTIONS.iter().all(|section| sections.get(*section) == Some(first)))
        {
            sections.retain(|section, _| !SECTIONS.contains(&section.as_str()));
            sections.insert(ALL.to_owned(), version);
        }
        Self { sections, rates }
    }
}

impl From<Stored> for Versions {
    fn from(Stored { mut sections, rates }: Stored) -> Self {
        if let Some(version) = sections.remove(ALL) {
            sections.extend(SECTIONS.map(|section| (section.to_owned(), version)));
        }
        Self { sections, rates }
    }
}

/// Deliveries of which the rates are remembered one by one; of more, those that bring a change.
const REMEMBERED: usize = 64;

impl Versions {
    /// Notes that `section` is said by `version`; true when that is at least as new as what was known.
    pub fn advance(&mut self, section: &str, version: i64) -> bool {
        match self.sections.get(section) {
            Some(known) if *known > version => false,
            _ => {
                self.sections.insert(section.to_owned(), version);
                true
            }
        }
    }

    /// The version that `section` was taken from.
    pub fn of(&self, section: &str) -> Option<i64> {
        self.sections.get(section).copied()
    }

    /// Notes the rate in basis points at which `version` says that `sold` is sold.
    pub fn note_rate(&mut self, sold: &str, version: i64, vat_bp: i32) {
        let said = self.rates.entry(sold.to_owned()).or_default();
        // What one delivery says does not change.
        if let Err(place) = said.binary_search_by_key(&version, |(known, _)| *known) {
            said.insert(place, (version, vat_bp));
        }
        if said.len() > REMEMBERED {
            said.dedup_by_key(|(_, vat_bp)| *vat_bp);
        }
    }

    /// Whether deliveries said different rates for `sold`.
    pub fn rates_differ(&self, sold: &str) -> bool {
        let mut rates = self.rates.get(sold).into_iter().flatten().map(|(_, vat_bp)| vat_bp);
        let first = rates.next();
        rates.any(|vat_bp| Some(vat_bp) != first)
    }

    /// The rate that held for `sold` when version `used` first used it: what the newest delivery before that said, else
    /// the first one.
    pub fn rate_when_used(&self, sold: &str, used: i64) -> Option<i32> {
        let said = self.rates.get(sold)?;
        let before = said.iter().rev().find(|(version, _)| *version <= used);
        before.or(said.first()).map(|(_, vat_bp)| *vat_bp)
    }
}

impl Order {
    /// Takes over every section that `said` has, unless a newer version of that section is known already.
    /// True when at least one section was taken.
    pub fn merge(&mut self, said: Order, version: i64, versions: &mut Versions) -> bool {
        let mut taken = false;
        let mut take = |section: &str| {
            let newer = versions.advance(section, version);
            taken |= newer;
            newer
        };
        replace(&mut self.header, said.header, || take("header"));
        replace(&mut self.tickets, said.tickets, || take("tickets"));
        replace(&mut self.products, said.products, || take("products"));
        replace(&mut self.flex_tickets, said.flex_tickets, || take("flex_tickets"));
        replace(&mut self.voucher_orders, said.voucher_orders, || take("voucher_orders"));
        replace(&mut self.redeemed_vouchers, said.redeemed_vouchers, || take("redeemed_vouchers"));
        replace(&mut self.redeemed_coupons, said.redeemed_coupons, || take("redeemed_coupons"));
        replace(&mut self.payments, said.payments, || take("payments"));
        taken
    }
}

fn replace<T>(known: &mut Option<T>, said: Option<T>, newer: impl FnOnce() -> bool) {
    if said.is_some() && newer() {
        *known = said;
    }
}
