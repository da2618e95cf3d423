//! The smallest facts that can be undone alone, each a balanced set of lines.

use chrono::NaiveDate;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::ledger::book::chain::sha256_of_json;
use crate::ledger::book::{Account, EntryKind, ItemKind};
use crate::money::Currency;

/// One fact: a participant sold, a payment, a redemption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atom {
    /// Identity within its order, such as `payment:ID`.
    pub key: String,
    /// What happened, such as `sale.ticket`.
    pub event_type: &'static str,
    /// Of all its lines.
    pub currency: Currency,
    /// When it happened in the world.
    pub effective: Effective,
    /// What else makes it another fact when it changes though no line does: the price category.
    pub category: Option<String>,
    /// At least two, summing to zero.
    pub lines: Vec<Line>,
}

/// Where the date of an atom comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effective {
    /// The provider's own date of this fact; receipt when it says none.
    Said {
        /// The date, if one is said.
        at: Option<Timestamp>,
        /// Which one, such as `payment_date`.
        basis: &'static str,
    },
    /// The order's date when the atom comes with the first delivery of the order, else receipt.
    Sale {
        /// The order's date.
        ordered_at: Option<Timestamp>,
    },
    /// The first instant of the book: it was there before.
    Opening(Timestamp),
    /// The start of the booked date, which may lie ahead; the date of the sale when that is later.
    Release {
        on: Timestamp,
        /// The order's date.
        ordered_at: Option<Timestamp>,
    },
}

/// One line of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it goes.
    pub account: Account,
    /// Minor units; debit positive, credit negative.
    pub amount_minor: i64,
    pub dimensions: Dimensions,
    /// Rate of a net or tax line.
    pub vat_bp: Option<i32>,
    /// Of a tax line: the net on which it was computed, with the sign of the line.
    pub tax_base_minor: Option<i64>,
    /// Of a net line: how many were sold; a reversal negates it.
    pub qty: Option<i64>,
}

impl Line {
    /// A line that is neither net nor tax.
    pub(super) fn new(account: Account, amount_minor: i64, dimensions: &Dimensions) -> Self {
        let dimensions = dimensions.clone();
        Self { account, amount_minor, dimensions, vat_bp: None, tax_base_minor: None, qty: None }
    }
}

/// What a line is about: kept on the line, so that a report needs no joins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dimensions {
    /// The order whose balance it moves.
    pub order_id: String,
    pub line_key: String,
    pub item_kind: ItemKind,
    /// The provider's id of the event.
    pub event_id: Option<String>,
    /// The event's id, or a hash of its title where the provider gives no id.
    pub event_key: Option<String>,
    pub event_date_id: Option<String>,
    /// The local day of the booked date.
    pub service_date: Option<NaiveDate>,
    pub payment_id: Option<String>,
    /// As the provider writes it.
    pub payment_method: Option<String>,
    pub voucher_id: Option<String>,
    pub channel_id: Option<String>,
}

/// What the hash of an atom covers: its content, not the dates that we derived.
#[derive(Serialize)]
struct Content<'a> {
    event_type: &'a str,
    currency: Currency,
    said_at: Option<Timestamp>,
    category: Option<&'a str>,
    lines: Vec<LineContent<'a>>,
}

#[derive(Serialize)]
struct LineContent<'a> {
    account: String,
    amount_minor: i64,
    vat_bp: Option<i32>,
    tax_base_minor: Option<i64>,
    qty: Option<i64>,
    dimensions: &'a Dimensions,
}

impl Dimensions {
    /// A part of an order, and nothing else.
    pub fn of(order_id: &str, item_kind: ItemKind, line_key: String) -> Self {
        Self {
            order_id: order_id.to_owned(),
            line_key,
            item_kind,
            event_id: None,
            event_key: None,
            event_date_id: None,
            service_date: None,
            payment_id: None,
            payment_method: None,
            voucher_id: None,
            channel_id: None,
        }
    }
}

impl Atom {
    /// The kind of the entry that posts it.
    pub fn kind(&self) -> EntryKind {
        match self.effective {
            Effective::Opening(_) => EntryKind::Opening,
            Effective::Said { .. } | Effective::Sale { .. } | Effective::Release { .. } => EntryKind::Post,
        }
    }

    /// Equal hash, equal fact: nothing is posted.
    pub fn hash(&self) -> String {
        let said_at = match self.effective {
            Effective::Said { at, .. } => at,
            Effective::Sale { .. } | Effective::Opening(_) => None,
            Effective::Release { on, .. } => Some(on),
        };
        let lines = self.lines.iter().map(|line| LineContent {
            account: line.account.to_string(),
            amount_minor: line.amount_minor,
            vat_bp: line.vat_bp,
            tax_base_minor: line.tax_base_minor,
            qty: line.qty,
            dimensions: &line.dimensions,
        });
        let content = Content {
            event_type: self.event_type,
            currency: self.currency,
            said_at,
            category: self.category.as_deref(),
            lines: lines.collect(),
        };
        sha256_of_json(&content)
    }
}
