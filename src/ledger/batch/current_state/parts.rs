//! The rows of an order's parts.

use diesel::prelude::*;

use super::{PartState, PaymentState, RegimeWord, VoucherOrigin};
use crate::clock::Timestamp;
use crate::db::schema::{order_lines, payments, redemptions, vouchers};
use crate::ledger::book::ItemKind;
use crate::ledger::posting::rules::event_key;
use crate::ledger::posting::{Snapshot, StoredValueClass, part_key};
use crate::order::{PartStatus, Ticket};
use crate::policy::Policy;

#[derive(Insertable)]
#[diesel(table_name = order_lines, treat_none_as_default_value = false)]
pub(super) struct LineRow {
    source: String,
    order_id: String,
    line_key: String,
    item_kind: ItemKind,
    state: PartState,
    event_id: Option<String>,
    event_key: Option<String>,
    event_date_id: Option<String>,
    starts_at: Option<Timestamp>,
    title: Option<String>,
    price_title: Option<String>,
    currency: String,
    qty: i64,
    gross_minor: Option<i64>,
    vat_bp: Option<i32>,
    cancelled_at: Option<Timestamp>,
}

#[derive(Insertable)]
#[diesel(table_name = payments, treat_none_as_default_value = false)]
pub(super) struct PaymentRow {
    source: String,
    order_id: String,
    payment_id: String,
    payment_method: String,
    currency: String,
    amount_minor: i64,
    paid_at: Option<Timestamp>,
    state: PaymentState,
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = vouchers, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(super) struct VoucherRow {
    pub(super) source: String,
    pub(super) class: StoredValueClass,
    pub(super) voucher_id: String,
    regime: RegimeWord,
    origin: VoucherOrigin,
    state: PartState,
    face_minor: Option<i64>,
    currency: Option<String>,
    vat_bp: Option<i32>,
    purchase_order_id: Option<String>,
    code_sha256: Option<String>,
    code_last4: Option<String>,
    units_total: Option<i64>,
    units_left: Option<i64>,
}

#[derive(Insertable)]
#[diesel(table_name = redemptions, treat_none_as_default_value = false)]
pub(super) struct RedemptionRow {
    source: String,
    order_id: String,
    redemption_key: String,
    class: StoredValueClass,
    voucher_id: String,
    participant_id: Option<String>,
    currency: String,
    amount_minor: i64,
    redeemed_at: Option<Timestamp>,
    state: PartState,
}

/// The rows of one snapshot.
pub(super) struct Parts<'a> {
    source: &'a str,
    snapshot: &'a Snapshot,
    policy: &'a Policy,
    live: bool,
}

impl<'a> Parts<'a> {
    pub(super) fn of(source: &'a str, snapshot: &'a Snapshot, policy: &'a Policy) -> Self {
        Self { source, snapshot, policy, live: policy.counts_order(snapshot.status()) }
    }

    fn order_id(&self) -> String {
        self.snapshot.order.order_id.clone()
    }

    fn counts(&self, part: PartStatus) -> bool {
        self.live && self.policy.counts_part(part)
    }

    fn state(&self, part: PartStatus) -> PartState {
        PartState::of(self.counts(part))
    }

    pub(super) fn lines(&self) -> Vec<LineRow> {
        let tickets = self.snapshot.order.tickets.iter().flatten();
        let mut rows: Vec<LineRow> = tickets.flat_map(|ticket| self.ticket_lines(ticket)).collect();
        let products = self.snapshot.order.products.as_deref().unwrap_or_default();
        let keys = part_key::products(products, |product| self.counts(product.status));
        for (product, line_key) in products.iter().zip(keys) {
            rows.push(LineRow {
                source: self.source.to_owned(),
                order_id: self.order_id(),
                line_key,
                item_kind: ItemKind::Product,
                state: self.state(product.status),
                event_id: None,
                event_key: None,
                event_date_id: None,
                starts_at: None,
                title: product.title.clone(),
                price_title: None,
                currency: product.currency.code().to_owned(),
                qty: product.quantity,
                gross_minor: product.price_minor.checked_mul(product.quantity),
                vat_bp: product.vat_bp,
                cancelled_at: None,
            });
        }
        rows
    }

    fn ticket_lines(&self, ticket: &Ticket) -> Vec<LineRow> {
        let header = self.snapshot.order.header.as_ref();
        let currency = header.and_then(|header| header.currency);
        let row = |who: &crate::order::Participant| LineRow {
            source: self.source.to_owned(),
            order_id: self.order_id(),
            line_key: part_key::participant(&who.id),
            item_kind: ItemKind::Ticket,
            state: PartState::of(self.counts(ticket.status) && self.counts(who.status)),
            event_id: ticket.event_id.clone(),
            event_key: event_key(ticket),
            event_date_id: ticket.event_date_id.clone(),
            starts_at: ticket.starts_at,
            title: ticket.title.clone(),
            price_title: who.price_title.clone(),
            currency: who.currency.or(currency).map_or_else(String::new, |currency| currency.code().to_owned()),
            qty: 1,
            gross_minor: who.price_minor,
            vat_bp: who.vat_bp.or(ticket.vat_bp),
            cancelled_at: who.cancelled_at.or(ticket.cancelled_at),
        };
        ticket.participants.iter().map(row).collect()
    }

    pub(super) fn payments(&self) -> Vec<PaymentRow> {
        let row = |payment: &crate::order::Payment, state| PaymentRow {
            source: self.source.to_owned(),
            order_id: self.order_id(),
            payment_id: payment.id.clone(),
            payment_method: payment.method.clone(),
            currency: payment.currency.code().to_owned(),
            amount_minor: payment.amount_minor,
            paid_at: payment.paid_at,
            state,
        };
        let current = self.snapshot.order.payments.iter().flatten();
        let current = current.map(|payment| row(payment, PaymentState::Current));
        let vanished = self.snapshot.vanished_payments.iter();
        current.chain(vanished.map(|payment| row(payment, PaymentState::Vanished))).collect()
    }

    /// What the order sells or issues.
    pub(super) fn vouchers_sold(&self) -> Vec<VoucherRow> {
        let mut rows = Vec::new();
        for flex in self.snapshot.order.flex_tickets.iter().flatten() {
            let regime = self.snapshot.flex_regime(self.policy, flex);
            rows.push(VoucherRow {
                regime: RegimeWord::of(StoredValueClass::Flex, regime),
                origin: self.origin(&part_key::flex(&flex.id), VoucherOrigin::Sale),
                state: self.state(flex.status),
                face_minor: Some(flex.price_minor),
                currency: Some(flex.currency.code().to_owned()),
                vat_bp: Some(regime.rate().unwrap_or(flex.vat_bp)),
                purchase_order_id: Some(self.order_id()),
                code_sha256: flex.code_sha256.clone(),
                code_last4: flex.code_last4.clone(),
                units_total: Some(flex.redemption_total),
                units_left: Some(flex.redemption_available),
                ..Self::unknown_voucher(self.source, StoredValueClass::Flex, &flex.id)
            });
        }
        for order in self.snapshot.order.voucher_orders.iter().flatten() {
            let refund = !order.refunded_orders.is_empty();
            let state = PartState::of(self.snapshot.issues(self.policy, order));
            for voucher in &order.vouchers {
                let regime = self.snapshot.voucher_regime(self.policy, order, voucher);
                rows.push(VoucherRow {
                    regime: RegimeWord::of(StoredValueClass::Voucher, regime),
                    origin: self.origin(
                        &part_key::voucher(&voucher.id),
                        if refund { VoucherOrigin::Refund } else { VoucherOrigin::Sale },
                    ),
                    state,
                    face_minor: Some(voucher.value_minor),
                    currency: Some(voucher.currency.code().to_owned()),
                    vat_bp: Some(regime.rate().unwrap_or(order.vat_bp)),
                    purchase_order_id: Some(self.order_id()),
                    code_sha256: voucher.code_sha256.clone(),
                    code_last4: voucher.code_last4.clone(),
                    ..Self::unknown_voucher(self.source, StoredValueClass::Voucher, &voucher.id)
                });
            }
        }
        rows
    }

    /// How a voucher or flex ticket of this order came to be.
    fn origin(&self, part_key: &str, sold: VoucherOrigin) -> VoucherOrigin {
        let before = self.snapshot.opening.as_ref().is_some_and(|opening| opening.has_part(part_key));
        if before { VoucherOrigin::Opening } else { sold }
    }

    /// A voucher that is redeemed although it is unknown how it was sold.
    pub(super) fn unknown_voucher(source: &str, class: StoredValueClass, voucher_id: &str) -> VoucherRow {
        VoucherRow {
            source: source.to_owned(),
            class,
            voucher_id: voucher_id.to_owned(),
            regime: RegimeWord::Unknown,
            origin: VoucherOrigin::Unknown,
            state: PartState::Live,
            face_minor: None,
            currency: None,
            vat_bp: None,
            purchase_order_id: None,
            code_sha256: None,
            code_last4: None,
            units_total: None,
            units_left: None,
        }
    }

    pub(super) fn vouchers_redeemed(&self) -> Vec<VoucherRow> {
        self.snapshot.redeemed().map(|(class, id)| Self::unknown_voucher(self.source, class, id)).collect()
    }

    pub(super) fn redemptions(&self) -> Vec<RedemptionRow> {
        let row = |number: usize, class: StoredValueClass, voucher_id: &str| RedemptionRow {
            source: self.source.to_owned(),
            order_id: self.order_id(),
            redemption_key: format!("{class}:{voucher_id}:{number}"),
            class,
            voucher_id: voucher_id.to_owned(),
            participant_id: None,
            currency: String::new(),
            amount_minor: 0,
            redeemed_at: None,
            state: PartState::of(self.snapshot.takes_vouchers(self.policy)),
        };
        let mut rows = Vec::new();
        for redeemed in self.snapshot.order.redeemed_vouchers.iter().flatten() {
            rows.push(RedemptionRow {
                currency: redeemed.currency.code().to_owned(),
                amount_minor: redeemed.value_minor,
                redeemed_at: redeemed.used_at,
                ..row(rows.len(), StoredValueClass::Voucher, &redeemed.id)
            });
        }
        for ticket in self.snapshot.order.tickets.iter().flatten() {
            for who in &ticket.participants {
                for redeemed in &who.redeemed_flex_tickets {
                    rows.push(RedemptionRow {
                        participant_id: Some(who.id.clone()),
                        currency: redeemed.currency.code().to_owned(),
                        amount_minor: redeemed.value_minor,
                        redeemed_at: redeemed.redeemed_at,
                        state: PartState::of(self.counts(ticket.status) && self.counts(who.status)),
                        ..row(rows.len(), StoredValueClass::Flex, &redeemed.id)
                    });
                }
            }
        }
        rows
    }
}

/// The rows of an order's parts that are replaced whenever it changes.
#[derive(Default)]
pub(in crate::ledger) struct PartRows {
    lines: Vec<LineRow>,
    payments: Vec<PaymentRow>,
    redemptions: Vec<RedemptionRow>,
}

impl PartRows {
    /// Of one snapshot.
    pub(in crate::ledger) fn of(source: &str, snapshot: &Snapshot, policy: &Policy) -> Self {
        let parts = Parts::of(source, snapshot, policy);
        Self { lines: parts.lines(), payments: parts.payments(), redemptions: parts.redemptions() }
    }

    /// Takes the rows of another order as well.
    pub(in crate::ledger) fn append(&mut self, mut other: Self) {
        self.lines.append(&mut other.lines);
        self.payments.append(&mut other.payments);
        self.redemptions.append(&mut other.redemptions);
    }

    /// The rows of lines, payments and redemptions.
    pub(super) fn rows(&self) -> (&[LineRow], &[PaymentRow], &[RedemptionRow]) {
        (&self.lines, &self.payments, &self.redemptions)
    }
}

/// `(order id, order code)` of every order that a voucher of this one refunds.
pub(in crate::ledger) fn refunded_orders(snapshot: &Snapshot) -> Vec<(String, Option<String>)> {
    let orders = snapshot.order.voucher_orders.iter().flatten().flat_map(|order| &order.refunded_orders);
    orders.map(|order| (order.order_id.clone(), order.order_code.clone())).collect()
}

/// `(event key, event id, title)` of every event named.
pub(in crate::ledger) fn titles(snapshot: &Snapshot) -> Vec<(String, Option<String>, String)> {
    let tickets = snapshot.order.tickets.iter().flatten();
    tickets.filter_map(|ticket| Some((event_key(ticket)?, ticket.event_id.clone(), ticket.title.clone()?))).collect()
}
