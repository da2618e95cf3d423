//! What a delivery tells of the time before the book began. Whichever delivery is worked on first, the result is the
//! same.

use std::collections::BTreeMap;

use super::{CANCELLED, Part, SoldBefore};
use crate::clock::Timestamp;
use crate::ledger::book::Rules;
use crate::ledger::posting::{Snapshot, part_key};
use crate::order::{Header, Order, OrderStatus, PartStatus, Product, Ticket, Versions, VoucherOrder};
use crate::policy::Policy;

/// A delivery that says sections of an order.
#[derive(Clone, Copy)]
pub(in crate::ledger) struct Told<'a> {
    pub(in crate::ledger) order: &'a Order,
    pub(in crate::ledger) event_id: i64,
    pub(in crate::ledger) received_at: Timestamp,
    /// How new its sections are.
    pub(in crate::ledger) version: i64,
}

/// Takes over what a delivery tells of the time before the book began.
pub(in crate::ledger) fn learn(snapshot: &mut Snapshot, versions: &mut Versions, told: Told<'_>, rules: &Rules) {
    let (Some(begins_at), Some(header)) = (rules.begins_at, told.order.header.as_ref()) else { return };
    let early = told.received_at < begins_at;
    if early {
        for key in undated(told.order) {
            learn_undated(snapshot, key);
        }
    }
    let placed_at = header.ordered_at.unwrap_or(told.received_at);
    if placed_at >= begins_at {
        return;
    }
    let delivery = Delivery { told, header, policy: &rules.policy, begins_at };
    let sold = &mut snapshot.opening.get_or_insert_default().sold;
    let known = sold.get_or_insert_with(|| SoldBefore::empty(placed_at, told.event_id, early));
    let is_first = if early { !known.early } else { !known.early && told.event_id < known.event_id };
    if is_first || (known.early, known.event_id) == (early, told.event_id) || (early && known.early) {
        known.materialise(versions);
        if is_first {
            let latest = std::mem::take(&mut known.latest);
            *known = SoldBefore { latest, ..SoldBefore::empty(placed_at, told.event_id, early) };
        }
        known.event_id = known.event_id.min(told.event_id);
        known.at = known.at.min(placed_at);
        known.take_newer(&delivery, versions);
    }
    known.learn_latest(&delivery, versions);
}

/// Notes a fact without a date of its own that was told before the book began.
pub(in crate::ledger) fn learn_undated(snapshot: &mut Snapshot, atom_key: String) {
    snapshot.opening.get_or_insert_default().told_before.insert(atom_key);
}

/// Notes that the whole booking was cancelled before the book began.
pub(in crate::ledger) fn learn_cancelled(snapshot: &mut Snapshot) {
    learn_undated(snapshot, CANCELLED.to_owned());
}

/// Atom keys of the money of an order that says no date.
fn undated(order: &Order) -> Vec<String> {
    let payments = order.payments.iter().flatten().filter(|payment| payment.paid_at.is_none());
    let mut keys: Vec<String> = payments.map(|payment| format!("payment:{}", payment.id)).collect();
    let redeemed = order.redeemed_vouchers.iter().flatten().filter(|redeemed| redeemed.used_at.is_none());
    keys.extend(redeemed.map(|redeemed| format!("voucher.redeem:{}:", redeemed.id)));
    for who in order.tickets.iter().flatten().flat_map(|ticket| &ticket.participants) {
        let redeemed = who.redeemed_flex_tickets.iter().filter(|redeemed| redeemed.redeemed_at.is_none());
        keys.extend(redeemed.map(|redeemed| format!("flex.redeem:{}:{}", redeemed.id, who.id)));
    }
    keys
}

impl SoldBefore {
    fn empty(at: Timestamp, event_id: i64, early: bool) -> Self {
        Self {
            at,
            event_id,
            early,
            parts: BTreeMap::new(),
            products: Vec::new(),
            coupons: None,
            additional_discount_minor: 0,
            redeemed: None,
            latest: BTreeMap::new(),
        }
    }

    /// Takes every section from the newest delivery that says it. An order that does not count has none.
    fn take_newer(&mut self, delivery: &Delivery<'_>, versions: &mut Versions) {
        let (order, version) = (delivery.told.order, delivery.told.version);
        let (nothing, early) = (!delivery.was_live(), self.early);
        let mut newer = |section: &str, said: bool| {
            (said || nothing) && (!early || versions.advance(&format!("opening:{section}"), version))
        };
        let tickets = newer("tickets", order.tickets.is_some());
        let flex = newer("flex_tickets", order.flex_tickets.is_some());
        let vouchers = newer("voucher_orders", order.voucher_orders.is_some());
        let (products, header) = (newer("products", order.products.is_some()), newer("header", true));
        let coupons = newer("redeemed_coupons", order.redeemed_coupons.is_some());
        let redeemed = newer("redeemed_vouchers", order.redeemed_vouchers.is_some());
        self.parts.retain(|_, part| match part {
            Part::Ticket(_) => !tickets,
            Part::Flex(_) => !flex,
            Part::Voucher(_) => !vouchers,
        });
        self.parts.extend(
            delivery
                .parts()
                .filter(|(_, part, was_live)| {
                    let taken = match part {
                        Part::Ticket(_) => tickets,
                        Part::Flex(_) => flex,
                        Part::Voucher(_) => vouchers,
                    };
                    taken && *was_live
                })
                .map(|(key, part, _)| (key, part)),
        );
        if products {
            self.products = delivery.products();
        }
        if header {
            self.additional_discount_minor = delivery.header.additional_discount_minor;
        }
        if coupons {
            self.coupons.clone_from(&order.redeemed_coupons);
        }
        if redeemed {
            self.redeemed.clone_from(&order.redeemed_vouchers);
        }
    }

    /// Lists how each part was when it was last live, also where that is as at first.
    fn materialise(&mut self, versions: &Versions) {
        for (key, part) in &self.parts {
            if versions.of(&live(key)).is_some() && !self.latest.contains_key(key) {
                self.latest.insert(key.clone(), part.clone());
            }
        }
    }

    /// Keeps how each part was when it was last live: when it is cancelled or gone, its price may be gone with it.
    fn learn_latest(&mut self, delivery: &Delivery<'_>, versions: &mut Versions) {
        for (key, part, _) in delivery.parts() {
            if delivery.is_live(&part) && versions.advance(&live(&key), delivery.told.version) {
                self.latest.insert(key, part);
            }
        }
        let parts = &self.parts;
        self.latest.retain(|key, part| parts.get(key) != Some(part));
    }
}

/// Where the version is kept in which a part was last live.
fn live(part_key: &str) -> String {
    format!("live:{part_key}")
}

/// A delivery, and what makes its parts count.
struct Delivery<'a> {
    told: Told<'a>,
    header: &'a Header,
    policy: &'a Policy,
    begins_at: Timestamp,
}

impl Delivery<'_> {
    /// Every part that has an id, with whether it was live when the book began.
    fn parts(&self) -> impl Iterator<Item = (String, Part, bool)> {
        let order = self.told.order;
        let tickets = order.tickets.iter().flatten().flat_map(singles).map(|ticket| {
            let who = ticket.participants.first();
            let mut parts: Vec<(PartStatus, Option<Timestamp>)> =
                who.map(|who| (who.status, who.cancelled_at)).into_iter().collect();
            parts.push((ticket.status, ticket.cancelled_at));
            let key = part_key::participant(who.map_or("", |who| who.id.as_str()));
            (key, self.lived(&parts), Part::Ticket(ticket))
        });
        let flex = order
            .flex_tickets
            .iter()
            .flatten()
            .map(|flex| (part_key::flex(&flex.id), self.lived(&[(flex.status, None)]), Part::Flex(flex.clone())));
        let vouchers = order.voucher_orders.iter().flatten().flat_map(single_vouchers).map(|sold| {
            let id = sold.vouchers.first().map_or("", |voucher| voucher.id.as_str());
            let lives = if sold.refunded_orders.is_empty() {
                self.lived(&[(sold.status, None)])
            } else {
                self.policy.counts_part(sold.status) && self.header.status != OrderStatus::Pending
            };
            (part_key::voucher(id), lives, Part::Voucher(sold))
        });
        tickets.chain(flex).chain(vouchers).map(|(key, lived, part)| (key, part, lived))
    }

    fn products(&self) -> Vec<Product> {
        let products = self.told.order.products.iter().flatten();
        let lived = products.filter(|line| self.lived(&[(line.status, None)]));
        lived.map(|line| Product { status: PartStatus::Accepted, ..line.clone() }).collect()
    }

    /// Whether anything of the order counted when the book began.
    fn was_live(&self) -> bool {
        self.lived(&[])
    }

    /// Whether what consists of these parts, from the inside out, counted when the book began: it counts now, or was
    /// cancelled on the first day or later.
    fn lived(&self, parts: &[(PartStatus, Option<Timestamp>)]) -> bool {
        let status = self.header.status;
        let counts = |part: PartStatus| self.policy.counts_part(part);
        let may_have_counted = |part: PartStatus| counts(part) || part == PartStatus::Cancelled;
        let order_may = self.policy.counts_order(status) || status == OrderStatus::Cancelled;
        if !order_may || !parts.iter().all(|(part, _)| may_have_counted(*part)) {
            return false;
        }
        if self.policy.counts_order(status) && parts.iter().all(|(part, _)| counts(*part)) {
            return true;
        }
        died_at(self.header, status, parts).unwrap_or(self.told.received_at) >= self.begins_at
    }

    /// Whether a part counts in this delivery.
    fn is_live(&self, part: &Part) -> bool {
        let counts = |part: PartStatus| self.policy.counts_part(part);
        self.policy.counts_order(self.header.status)
            && match part {
                Part::Ticket(ticket) => {
                    counts(ticket.status) && ticket.participants.iter().all(|who| counts(who.status))
                }
                Part::Flex(flex) => counts(flex.status),
                Part::Voucher(sold) => counts(sold.status),
            }
    }
}

/// When what consists of these parts, from the inside out, was cancelled: the date of a cancelled part, else of the
/// order. `None`: nobody says.
pub(super) fn died_at(
    header: &Header,
    status: OrderStatus,
    parts: &[(PartStatus, Option<Timestamp>)],
) -> Option<Timestamp> {
    let mut cancelled = parts.iter().filter(|(part, _)| *part == PartStatus::Cancelled).peekable();
    let by_order = cancelled.peek().is_some() || status == OrderStatus::Cancelled;
    cancelled.find_map(|(_, at)| *at).or_else(|| header.cancelled_at.filter(|_| by_order))
}

/// The ticket once for each participant.
pub(super) fn singles(ticket: &Ticket) -> impl Iterator<Item = Ticket> {
    ticket.participants.iter().map(|who| Ticket { participants: vec![who.clone()], ..ticket.clone() })
}

/// The voucher order once for each voucher.
pub(super) fn single_vouchers(order: &VoucherOrder) -> impl Iterator<Item = VoucherOrder> {
    order.vouchers.iter().map(|voucher| VoucherOrder { vouchers: vec![voucher.clone()], ..order.clone() })
}
