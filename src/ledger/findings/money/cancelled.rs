//! How much of an order was called off.

use std::collections::BTreeMap;

use crate::ledger::book::EntryKind;
use crate::ledger::findings::OrderFacts;
use crate::ledger::posting::rules;
use crate::money::Currency;
use crate::order::PartStatus;

/// Gross of what was sold and is called off: by the journal, or, when it was cancelled from the start, by the document.
pub(super) fn cancelled(facts: &OrderFacts<'_>, code: &str) -> i64 {
    let mut reversed: BTreeMap<&str, i64> = BTreeMap::new();
    for line in facts.lines.iter().filter(|line| line.currency == code && line.kind == EntryKind::Reverse) {
        if line.item_kind.is_sale() && !facts.wanted.atoms.contains_key(&line.atom_key) {
            reversed.insert(&line.atom_key, line.amount_minor.saturating_neg());
        }
    }
    // What was brought in when the book began stays, and is taken back by an entry of its own.
    let taken_back = facts.lines.iter().filter(|line| line.currency == code && line.item_kind.is_sale());
    let taken_back = taken_back.filter(|line| line.atom_key.starts_with(rules::TAKEN_BACK));
    let taken_back = taken_back.fold(0_i64, |sum, line| sum.saturating_sub(line.amount_minor));
    let posted = reversed.values().fold(taken_back, |sum, amount| sum.saturating_add(*amount));
    posted.max(cancelled_in_document(facts, code))
}

fn cancelled_in_document(facts: &OrderFacts<'_>, code: &str) -> i64 {
    let order = &facts.snapshot.order;
    let own = order.header.as_ref().and_then(|header| header.currency);
    let gone = |status: PartStatus| status == PartStatus::Cancelled;
    let mut parts: Vec<(i64, Option<Currency>)> = Vec::new();
    for ticket in order.tickets.iter().flatten() {
        let who = ticket.participants.iter().filter(|who| gone(ticket.status) || gone(who.status));
        parts.extend(who.map(|who| (who.price_minor.unwrap_or(0), who.currency.or(own))));
    }
    let products = order.products.iter().flatten().filter(|product| gone(product.status));
    parts.extend(products.map(|line| (line.price_minor.saturating_mul(line.quantity), Some(line.currency))));
    let flex = order.flex_tickets.iter().flatten().filter(|flex| gone(flex.status));
    parts.extend(flex.map(|flex| (flex.price_minor, Some(flex.currency))));
    let sold =
        order.voucher_orders.iter().flatten().filter(|sold| gone(sold.status) && sold.refunded_orders.is_empty());
    parts.extend(sold.flat_map(|sold| &sold.vouchers).map(|voucher| (voucher.value_minor, Some(voucher.currency))));
    let ours = parts.into_iter().filter(|(_, currency)| currency.is_some_and(|currency| currency.code() == code));
    ours.fold(0, |sum, (minor, _)| sum.saturating_add(minor))
}
