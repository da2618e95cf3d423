//! Whether what the API says of an order is what is known of it.
//!
//! Only what both say is compared: a section that the API leaves out says nothing. The order of lists and times of
//! check-in make no difference. Of Ticketpark, VAT is not compared: the settings say it.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::clock::Timestamp;
use crate::order::{Header, Order, OrderStatus, PartStatus, Provider};

/// The sections that differ; empty if everything is known.
pub(super) fn differences(provider: Provider, known: Option<&Order>, said: &Order) -> Vec<&'static str> {
    let Some(known) = known else { return vec!["order"] };
    let said = as_known(said.clone(), known);
    let (known, said) = (plain(known.clone(), provider), plain(said, provider));
    let mut differences = Vec::new();
    let mut check = |name, differs: bool| {
        if differs {
            differences.push(name);
        }
    };
    if let Some(said) = &said.header {
        let known = known.header.as_ref();
        check("status", known.is_none_or(|known| said.status != known.status));
        check("code", known.is_some_and(|known| said.code != known.code));
        let total = |header: &Header| (header.total_minor, header.currency, header.additional_discount_minor);
        check("total", known.is_some_and(|known| total(said) != total(known)));
        let dates = |header: &Header| (header.ordered_at, header.paid_at, header.cancelled_at, header.expires_at);
        check("dates", known.is_some_and(|known| dates(said) != dates(known)));
        let others = |header: &Header| {
            (header.external_reference.clone(), header.channel_id.clone(), header.channel_name.clone())
        };
        check("reference_or_channel", known.is_some_and(|known| others(said) != others(known)));
    }
    check("tickets", differs(&known.tickets, &said.tickets));
    check("products", differs(&known.products, &said.products));
    check("flex_tickets", differs(&known.flex_tickets, &said.flex_tickets));
    check("voucher_orders", differs(&known.voucher_orders, &said.voucher_orders));
    check("redeemed_vouchers", differs(&known.redeemed_vouchers, &said.redeemed_vouchers));
    check("redeemed_coupons", differs(&known.redeemed_coupons, &said.redeemed_coupons));
    check("payments", differs(&known.payments, &said.payments));
    differences
}

/// Whether a webhook says what a sweep found, which says less: the API leaves out what a webhook has, and what was
/// filled in from elsewhere says nothing of it.
pub(super) fn same(provider: Provider, webhook: &Order, found: &Order) -> bool {
    let mut found = found.clone();
    for ticket in found.tickets.iter_mut().flatten() {
        (ticket.title, ticket.starts_at) = (None, None);
    }
    for payment in found.payments.iter_mut().flatten() {
        if let Some(told) = webhook.payments.iter().flatten().find(|told| told.id == payment.id) {
            payment.method.clone_from(&told.method);
        }
    }
    differences(provider, Some(webhook), &found).is_empty()
}

/// Fills in what is not said from what is known.
fn as_known(mut said: Order, known: &Order) -> Order {
    if let (Some(said), Some(known)) = (&mut said.header, &known.header) {
        said.code = said.code.take().or_else(|| known.code.clone());
        said.external_reference = said.external_reference.take().or_else(|| known.external_reference.clone());
        said.currency = said.currency.or(known.currency);
        said.ordered_at = said.ordered_at.or(known.ordered_at);
        said.paid_at = said.paid_at.or(known.paid_at);
        said.cancelled_at = said.cancelled_at.or(known.cancelled_at);
        said.expires_at = said.expires_at.or(known.expires_at);
        said.total_minor = said.total_minor.or(known.total_minor);
        said.channel_id = said.channel_id.take().or_else(|| known.channel_id.clone());
        said.channel_name = said.channel_name.take().or_else(|| known.channel_name.clone());
    }
    for ticket in said.tickets.iter_mut().flatten() {
        let Some(before) = known.tickets.iter().flatten().find(|before| before.id == ticket.id) else { continue };
        ticket.title = ticket.title.take().or_else(|| before.title.clone());
        ticket.starts_at = ticket.starts_at.or(before.starts_at);
    }
    said
}

/// Without what makes no difference.
fn plain(order: Order, provider: Provider) -> Order {
    let mut order = order.with_told_methods();
    for ticket in order.tickets.iter_mut().flatten() {
        for participant in &mut ticket.participants {
            participant.checked_in_at = None;
            participant.entry_units.sort();
            if provider == Provider::Ticketpark {
                participant.vat_bp = None;
            }
        }
        if provider == Provider::Ticketpark {
            ticket.vat_bp = None;
        }
        ticket.participants.sort_by(|a, b| a.id.cmp(&b.id));
    }
    for sold in order.voucher_orders.iter_mut().flatten() {
        sold.vouchers.sort_by(|a, b| a.id.cmp(&b.id));
        sold.refunded_orders.sort_by(|a, b| a.order_id.cmp(&b.order_id));
        sold.refunded_payment_ids.sort();
    }
    order
}

/// Whether a section differs whatever the order of its parts. To say that there are none is to say nothing, where
/// nothing was known.
fn differs<T: Serialize>(known: &Option<Vec<T>>, said: &Option<Vec<T>>) -> bool {
    let Some(said) = said else { return false };
    sorted(said) != sorted(known.as_deref().unwrap_or_default())
}

fn sorted<T: Serialize>(parts: &[T]) -> Vec<String> {
    // Writing our own types cannot fail; what did would differ from everything.
    let mut parts: Vec<String> = parts.iter().map(|part| serde_json::to_string(part).unwrap_or_default()).collect();
    parts.sort();
    parts
}

/// Whether one state of an order is older than another: the other has all that happened to it and more, or something
/// later.
pub(super) fn is_older(one: &Order, other: &Order) -> bool {
    let (facts, more) = (facts(one), facts(other));
    let later = latest(one).zip(latest(other)).is_some_and(|(one, other)| one < other);
    later || facts.len() < more.len() && facts.is_subset(&more)
}

/// What happened to an order: payments, cancellations, uses of vouchers.
fn facts(order: &Order) -> BTreeSet<String> {
    let payments = order.payments.iter().flatten().map(|payment| format!("payment:{}", payment.id));
    let used = order.redeemed_vouchers.iter().flatten().map(|used| format!("voucher:{}", used.id));
    let tickets = order.tickets.iter().flatten();
    let parts = tickets.clone().flat_map(|ticket| &ticket.participants);
    let parts = parts.filter(|part| part.status == PartStatus::Cancelled).map(|part| format!("part:{}", part.id));
    let gone = tickets.filter(|ticket| ticket.status == PartStatus::Cancelled);
    let gone = gone.map(|ticket| format!("ticket:{}", ticket.id));
    let whole =
        order.header.iter().filter(|header| header.status == OrderStatus::Cancelled).map(|_| "order".to_owned());
    payments.chain(used).chain(parts).chain(gone).chain(whole).collect()
}

/// The latest instant of which an order tells that something happened to it.
pub(super) fn latest(order: &Order) -> Option<Timestamp> {
    let header = order.header.iter().flat_map(|header| [header.ordered_at, header.paid_at, header.cancelled_at]);
    let tickets = order.tickets.iter().flatten();
    let participants = tickets.clone().flat_map(|ticket| &ticket.participants).map(|part| part.cancelled_at);
    let payments = order.payments.iter().flatten().map(|payment| payment.paid_at);
    header.chain(tickets.map(|ticket| ticket.cancelled_at)).chain(participants).chain(payments).flatten().max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use crate::order::Payment;

    fn payment(id: &str, method: &str, amount_minor: i64) -> Payment {
        let currency = Currency::parse("EUR").unwrap();
        Payment {
            id: id.to_owned(),
            method: method.to_owned(),
            method_is_guessed: false,
            amount_minor,
            currency,
            kind: None,
            paid_at: None,
        }
    }

    fn paid(payments: Option<Vec<Payment>>) -> Order {
        Order { payments, ..Order::unknown("A") }
    }

    #[test]
    fn what_is_not_said_makes_no_difference() {
        let known = paid(Some(vec![payment("1", "StripeBankWire", 100), payment("2", "Cash", 50)]));
        let compare = |said: Option<Vec<Payment>>| differences(Provider::Bookingkit, Some(&known), &paid(said));
        assert_eq!(compare(None), Vec::<&str>::new());
        let (wire, cash) = (payment("1", "StripeBankWire", 100), payment("2", "Cash", 50));
        assert_eq!(compare(Some(vec![cash.clone(), wire.clone()])), Vec::<&str>::new());
        assert_eq!(compare(Some(vec![wire.clone()])), ["payments"]);
        assert_eq!(compare(Some(vec![wire.clone(), payment("2", "Cash", 51)])), ["payments"]);
        assert_eq!(compare(Some(vec![wire, payment("2", "cash", 50)])), ["payments"]);
        let by_another_name = paid(Some(vec![payment("1", "bank_wire", 100), payment("2", "cash", 50)]));
        assert!(same(Provider::Bookingkit, &known, &by_another_name));
        assert_eq!(compare(Some(Vec::new())), ["payments"]);
        assert_eq!(differences(Provider::Bookingkit, None, &paid(None)), ["order"]);
        let header = |ordered_at, total_minor| Header {
            code: None,
            external_reference: None,
            status: OrderStatus::Accepted,
            currency: None,
            ordered_at: Timestamp::parse(ordered_at),
            paid_at: None,
            cancelled_at: None,
            expires_at: None,
            total_minor,
            additional_discount_minor: 0,
            channel_id: None,
            channel_name: None,
        };
        let with = |header| Order { header: Some(header), ..Order::unknown("A") };
        let known = with(header("2025-11-11T12:00:00Z", Some(100)));
        let said = |said| differences(Provider::Bookingkit, Some(&known), &with(said));
        assert_eq!(said(header("2025-11-12T12:00:00Z", Some(100))), ["dates"]);
        assert_eq!(said(header("2025-11-11T12:00:00Z", Some(101))), ["total"]);
        let nothing = Order::unknown("A");
        assert!(differences(Provider::Bookingkit, Some(&nothing), &paid(Some(Vec::new()))).is_empty());
    }
}
