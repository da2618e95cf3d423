//! Whether it is still the same order, and whether a delivery is newer than the one before.

use std::collections::{BTreeMap, BTreeSet};

use super::{Compared, OrderFacts, Raised};
use crate::clock::Timestamp;
use crate::ledger::posting::{Finding, FindingReason, Snapshot};
use crate::order::{OrderStatus, PartStatus, Product};

pub(super) fn check(facts: &OrderFacts<'_>, raised: &mut Raised) {
    order_code_changed(facts, raised);
    stale_snapshot(facts, raised);
    for section in &facts.absent {
        let evidence = format!("the newest delivery has no `{section}`, an older one had; what was known is kept");
        raised.raise(Finding::new(FindingReason::SectionAbsentAfterPresent, *section, evidence));
    }
    ambiguous_product_lines(facts, raised);
}

/// The code that the customer knows is compared with the first one that was known.
fn order_code_changed(facts: &OrderFacts<'_>, raised: &mut Raised) {
    const REASON: FindingReason = FindingReason::OrderCodeChanged;
    let code = |snapshot: &Snapshot| snapshot.order.header.as_ref().and_then(|header| header.code.clone());
    let Compared::Changed { previous: Some(previous), first_code } = &facts.compared else {
        raised.keep(REASON);
        return;
    };
    let (Some(before), Some(now)) = (code(previous), code(facts.snapshot)) else { return };
    if before == now {
        raised.keep(REASON);
        return;
    }
    let first = first_code.clone().unwrap_or(before);
    if first != now {
        raised.raise(Finding::new(REASON, "order", format!("the order was known as {first} and is now called {now}")));
    }
}

/// The newest delivery looks older than the one before: facts are missing that do not go away by themselves.
fn stale_snapshot(facts: &OrderFacts<'_>, raised: &mut Raised) {
    const REASON: FindingReason = FindingReason::StaleSnapshotSuspected;
    if facts.source.provider.is_fetched() {
        // What is fetched is numbered by the fetch, so it cannot be older.
        return;
    }
    let Compared::Changed { previous: Some(previous), .. } = &facts.compared else {
        raised.keep(REASON);
        return;
    };
    if previous.order == facts.snapshot.order {
        raised.keep(REASON);
        return;
    }
    let (before, now) = (newest_instant(previous), newest_instant(facts.snapshot));
    let status = |snapshot: &Snapshot| snapshot.order.status();
    let evidence = if previous.order.header.is_some() && went_back(status(previous), status(facts.snapshot)) {
        format!("the status went back from {} to {}", status(previous).as_str(), status(facts.snapshot).as_str())
    } else if let Some(id) = came_back(previous, facts.snapshot) {
        format!("participant {id} was cancelled and is sold again")
    } else if let (Some(before), Some(now)) = (before, now)
        && now < before
    {
        format!("its newest fact is of {now}, that of the delivery before is of {before}")
    } else {
        return;
    };
    raised.raise(Finding::new(REASON, "order", evidence));
}

/// A cancelled order cannot be brought back, and a sold one is no request any more.
fn went_back(before: OrderStatus, now: OrderStatus) -> bool {
    use OrderStatus::{Accepted, Cancelled, Declined, Pending};
    matches!((before, now), (Cancelled, Accepted | Pending | Declined) | (Accepted | Declined, Pending))
}

/// The first participant that was cancelled and is not any more.
fn came_back<'a>(before: &Snapshot, now: &'a Snapshot) -> Option<&'a str> {
    fn participants(snapshot: &Snapshot) -> impl Iterator<Item = (&str, PartStatus)> {
        let tickets = snapshot.order.tickets.iter().flatten();
        tickets.flat_map(|ticket| ticket.participants.iter().map(|who| (who.id.as_str(), who.status)))
    }
    let cancelled: BTreeSet<&str> =
        participants(before).filter(|(_, status)| *status == PartStatus::Cancelled).map(|(id, _)| id).collect();
    participants(now).find(|(id, status)| status.is_live() && cancelled.contains(id)).map(|(id, _)| id)
}

/// Of everything that has happened; booked days and deadlines lie ahead and say nothing.
fn newest_instant(snapshot: &Snapshot) -> Option<Timestamp> {
    let order = &snapshot.order;
    let header = order.header.iter().flat_map(|header| [header.ordered_at, header.paid_at, header.cancelled_at]);
    let tickets = order.tickets.iter().flatten().flat_map(|ticket| {
        let participants = ticket.participants.iter().flat_map(|who| {
            let redeemed = who.redeemed_flex_tickets.iter().map(|flex| flex.redeemed_at);
            [who.cancelled_at, who.checked_in_at].into_iter().chain(redeemed)
        });
        std::iter::once(ticket.cancelled_at).chain(participants)
    });
    let payments = order.payments.iter().flatten().map(|payment| payment.paid_at);
    let vouchers = order.redeemed_vouchers.iter().flatten().map(|voucher| voucher.used_at);
    let coupons = order.redeemed_coupons.iter().flatten().map(|coupon| coupon.used_at);
    header.chain(tickets).chain(payments).chain(vouchers).chain(coupons).flatten().max()
}

/// Lines of one product have no id, so a change of one of them may be shown as a change of another.
fn ambiguous_product_lines(facts: &OrderFacts<'_>, raised: &mut Raised) {
    let mut lines: BTreeMap<&str, Vec<&Product>> = BTreeMap::new();
    for product in facts.snapshot.order.products.iter().flatten().filter(|product| product.status.is_live()) {
        lines.entry(&product.product_id).or_default().push(product);
    }
    for (product_id, same) in lines.into_iter().filter(|(_, same)| same.len() > 1) {
        let evidence = format!("{} lines of product {product_id} cannot be told apart over time", same.len());
        raised.raise(Finding::new(FindingReason::AmbiguousProductLines, format!("product:{product_id}"), evidence));
    }
}
