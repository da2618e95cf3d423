//! An order that is not what is known of it: what differs, with the money on both sides.

use serde::Serialize;

use super::Decided;
use crate::inbox::EventId;
use crate::money::{Currency, format_minor};
use crate::order::{Order, PartStatus};

/// An order that is not what is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub order_id: String,
    pub order_code: Option<String>,
    /// The event of the inbox that tells it; `None` of a dry run.
    pub event_id: Option<EventId>,
    /// Nothing was known of the order.
    pub is_new: bool,
    /// It happened before the source was first known here, so no webhook of it was ever to come.
    pub is_past: bool,
    /// It cannot be read as it is, so it is parked until somebody looks at it.
    pub is_parked: bool,
    /// The sections that differ.
    pub sections: Vec<&'static str>,
    pub currency: Option<String>,
    /// What the order comes to by the provider, and by what was known.
    pub total_minor: Option<i64>,
    pub known_total_minor: Option<i64>,
    /// What was paid, less refunds, by the provider and by what was known.
    pub paid_minor: Option<i64>,
    pub known_paid_minor: Option<i64>,
    /// `late`, `missed` or `replaced`; `None` while its webhook may still come.
    pub decided: Option<String>,
}

impl Difference {
    /// What differs between what is known of an order and what the provider says; `said` is `None` when that cannot be
    /// read.
    pub(super) fn between(
        order_id: &str,
        known: Option<&Order>,
        said: Option<&Order>,
        sections: Vec<&'static str>,
    ) -> Self {
        let header = |order: Option<&Order>| order.and_then(|order| order.header.clone());
        let code = |order| header(order).and_then(|header| header.code);
        Self {
            order_id: order_id.to_owned(),
            order_code: code(said).or_else(|| code(known)),
            is_new: known.is_none(),
            sections,
            currency: said.and_then(currency).or_else(|| known.and_then(currency)),
            total_minor: said.and_then(total),
            known_total_minor: known.and_then(total),
            // An order of which the API says no payments is paid as it is known to be.
            paid_minor: said.and_then(paid).or_else(|| known.and_then(paid)),
            known_paid_minor: known.and_then(paid),
            ..Self::default()
        }
    }

    /// In one line: `order 3c5e7f (RQW-LOST01): new, total 20.00 EUR, paid 20.00 EUR; event 12`.
    pub fn in_words(&self) -> String {
        let mut parts = vec![match (self.is_new, self.sections.as_slice()) {
            (true, _) => "new".to_owned(),
            (false, ["order"]) => "cannot be read".to_owned(),
            (false, sections) => {
                let sections: Vec<&str> = sections.iter().map(|section| section_in_words(section)).collect();
                format!("{} differ", sections.join(", "))
            }
        }];
        let currency = self.currency.as_deref();
        parts.extend(amount("total", self.total_minor, self.known_total_minor, currency));
        parts.extend(amount("paid", self.paid_minor, self.known_paid_minor, currency));
        let event = self.event_id.map_or_else(String::new, |id| format!("; event {id}"));
        let decided = self.decided.as_deref().map(decided_in_words);
        let decided = decided.map_or_else(String::new, |words| format!(", {words}"));
        let past = match self.is_past {
            true => ", from before the first start",
            false => "",
        };
        let parked = if self.is_parked { ", parked" } else { "" };
        let order = named(&self.order_id, self.order_code.as_deref());
        format!("{order}: {}{event}{parked}{decided}{past}", parts.join(", "))
    }
}

impl Decided {
    /// In one line: `order 3c5e7f (RQW-LOST01): missed: no webhook came; event 12`.
    pub fn in_words(&self) -> String {
        let order = named(&self.order_id, self.order_code.as_deref());
        format!("{order}: {}; event {}", decided_in_words(&self.decided), self.event_id)
    }
}

fn named(order_id: &str, code: Option<&str>) -> String {
    let code = code.map_or_else(String::new, |code| format!(" ({code})"));
    format!("order {order_id}{code}")
}

/// `paid 10.00 EUR instead of 20.00`
fn amount(what: &str, said: Option<i64>, known: Option<i64>, currency: Option<&str>) -> Option<String> {
    let (said, currency) = (said?, currency?);
    let exponent = Currency::parse(currency).map_or(2, Currency::exponent);
    let instead = match known {
        Some(known) if known != said => format!(" instead of {}", format_minor(known, exponent)),
        _ => String::new(),
    };
    Some(format!("{what} {} {currency}{instead}", format_minor(said, exponent)))
}

fn section_in_words(section: &'static str) -> &'static str {
    match section {
        "dates" => "dates of the order",
        "reference_or_channel" => "reference or channel",
        "flex_tickets" => "flex tickets",
        "voucher_orders" => "vouchers sold",
        "redeemed_vouchers" => "vouchers used",
        "redeemed_coupons" => "coupons",
        section => section,
    }
}

fn decided_in_words(decided: &str) -> &'static str {
    match decided {
        "late" => "its webhook came late",
        "missed" => "missed: no webhook came",
        _ => "a newer webhook came instead",
    }
}

fn currency(order: &Order) -> Option<String> {
    let of_payments = || order.payments.iter().flatten().map(|payment| payment.currency).next();
    let currency = order.header.as_ref().and_then(|header| header.currency).or_else(of_payments);
    currency.map(|currency| currency.code().to_owned())
}

/// What it comes to: as the provider says, else the prices of what is not cancelled.
fn total(order: &Order) -> Option<i64> {
    let said = order.header.as_ref().and_then(|header| header.total_minor);
    said.or_else(|| {
        let participants = order.tickets.as_ref()?.iter().flat_map(|ticket| &ticket.participants);
        let counts = participants.filter(|one| one.status != PartStatus::Cancelled);
        Some(counts.filter_map(|one| one.price_minor).fold(0, i64::saturating_add))
    })
}

fn paid(order: &Order) -> Option<i64> {
    let payments = order.payments.as_ref()?;
    Some(payments.iter().map(|payment| payment.amount_minor).fold(0, i64::saturating_add))
}
