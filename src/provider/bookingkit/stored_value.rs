//! What is sold to be used later: flex tickets and vouchers.

use std::collections::HashSet;

use super::reader::{Reader, conflicting_duplicate};
use super::schema;
use crate::order::{FlexOffer, FlexTicket, RefundedOrder, Voucher, VoucherOrder, mask_code};
use crate::provider::Unreadable;
use crate::provider::json::Object;

impl Reader {
    pub(super) fn flex_tickets(&mut self, object: &Object<'_>) -> Result<Option<Vec<FlexTicket>>, Unreadable> {
        let flex_tickets = self.each(object, "flexTickets", schema::FLEX_TICKET, Self::flex_ticket)?;
        flex_tickets.map(|parts| self.once_each(parts, "flex_ticket", |flex| &flex.id)).transpose()
    }

    fn flex_ticket(&mut self, object: &Object<'_>) -> Result<FlexTicket, Unreadable> {
        let currency = self.currency_of(object)?;
        let (code_sha256, code_last4) = mask_code(object.text("code"));
        let offers = self.each(object, "flexOffer", schema::FLEX_OFFER, |_, offer| {
            Ok(FlexOffer {
                id: offer.required_id("id")?,
                price_category_id: offer.id("price_category_id")?,
                event_id: offer.id("event_id")?,
            })
        })?;
        Ok(FlexTicket {
            id: object.required_id("id")?,
            status: Self::flex_ticket_status(object)?,
            title: object.text("title"),
            price_minor: object.required_amount("price", currency)?,
            currency,
            vat_bp: object.rate_bp("vat")?.unwrap_or(0),
            price_title: object.text("price_title"),
            redemption_total: object.quantity("redemption_total")?.unwrap_or(0),
            redemption_available: object.quantity("redemption_available")?.unwrap_or(0),
            unlimited: object.flag("unlimited_redemptions")?.unwrap_or(false),
            code_sha256,
            code_last4,
            offers: offers.unwrap_or_default(),
        })
    }

    pub(super) fn voucher_orders(&mut self, object: &Object<'_>) -> Result<Option<Vec<VoucherOrder>>, Unreadable> {
        let said = self.each(object, "voucherOrders", schema::VOUCHER_ORDER, Self::voucher_order)?;
        let Some(said) = said else { return Ok(None) };
        let voucher_orders = self.once_each(said, "voucher_order", |voucher_order| &voucher_order.id)?;
        // The same voucher in two voucher orders: its rate and what it refunds would be unknown.
        let mut seen = HashSet::new();
        if voucher_orders.iter().flat_map(|parts| &parts.vouchers).any(|voucher| !seen.insert(voucher.id.as_str())) {
            return Err(conflicting_duplicate("voucher"));
        }
        Ok(Some(voucher_orders))
    }

    fn voucher_order(&mut self, object: &Object<'_>) -> Result<VoucherOrder, Unreadable> {
        let vouchers = self.each(object, "voucher", schema::VOUCHER, |reader, voucher| {
            let currency = reader.currency_of(voucher)?;
            let (code_sha256, code_last4) = mask_code(voucher.text("code"));
            Ok(Voucher {
                id: voucher.required_id("id")?,
                value_minor: voucher.required_amount("value", currency)?,
                currency,
                code_sha256,
                code_last4,
            })
        })?;
        let (refunded_orders, refunded_payment_ids) = match object.object("related_items")? {
            None => (Vec::new(), Vec::new()),
            Some(related) => {
                self.note_unknown_fields(&related, schema::RELATED_ITEMS);
                (self.refunded_orders(&related)?, self.refunded_payment_ids(&related)?)
            }
        };
        Ok(VoucherOrder {
            id: object.required_id("id")?,
            status: Self::part_status(object)?,
            vat_bp: object.rate_bp("vat")?.unwrap_or(0),
            vouchers: self.once_each(vouchers.unwrap_or_default(), "voucher", |voucher| &voucher.id)?,
            refunded_orders,
            refunded_payment_ids,
        })
    }

    fn refunded_orders(&mut self, related: &Object<'_>) -> Result<Vec<RefundedOrder>, Unreadable> {
        let orders = self.each(related, "refundedOrders", schema::REFUNDED_ORDER, |_, order| {
            Ok(RefundedOrder { order_id: order.required_id("order_id")?, order_code: order.id("order_code")? })
        })?;
        let mut orders = orders.unwrap_or_default();
        let mut seen = HashSet::new();
        orders.retain(|order| seen.insert(order.order_id.clone()));
        Ok(orders)
    }

    fn refunded_payment_ids(&mut self, related: &Object<'_>) -> Result<Vec<String>, Unreadable> {
        let ids = self.each(related, "payments", schema::REFUNDED_PAYMENT, |_, payment| payment.required_id("id"))?;
        Ok(ids.unwrap_or_default())
    }
}
