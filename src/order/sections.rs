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
pub struct Versions(BTreeMap<String, i64>);

impl Versions {
    /// Notes that `section` is said by `version`; true when that is at least as new as what was known.
    pub fn advance(&mut self, section: &str, version: i64) -> bool {
        match self.0.get(section) {
            Some(known) if *known > version => false,
            _ => {
                self.0.insert(section.to_owned(), version);
                true
            }
        }
    }

    /// The version that `section` was taken from.
    pub fn of(&self, section: &str) -> Option<i64> {
        self.0.get(section).copied()
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
