//! What was paid, given back, redeemed and let off.

use std::collections::HashSet;

use super::reader::Reader;
use super::schema::{self, METHOD_IS_GUESSED};
use crate::money::format_minor;
use crate::order::{NoteReason, Order, Payment, RedeemedCoupon, RedeemedVoucher};
use crate::provider::Unreadable;
use crate::provider::json::Object;

impl Reader {
    pub(super) fn payments(&mut self, object: &Object<'_>) -> Result<Option<Vec<Payment>>, Unreadable> {
        let payments = self.each(object, "payments", schema::PAYMENT, Self::payment)?;
        payments.map(|parts| self.once_each(parts, "payment", |payment| &payment.id)).transpose()
    }

    fn payment(&mut self, object: &Object<'_>) -> Result<Payment, Unreadable> {
        let id = object.required_id("id")?;
        let subject = format!("payment:{id}");
        // An id in form, for it becomes part of an account code.
        let method = match object.id("payment_method")? {
            None => object.id("code")?,
            said => said,
        };
        let amount_minor = object.required_amount("value", self.currency)?;
        let kind = object.text("type");
        let expected_sign = match kind.as_deref().map(|kind| kind.trim().to_ascii_lowercase()).as_deref() {
            Some("payment") => 1,
            Some("refund") => -1,
            _ => 0,
        };
        if amount_minor.signum() * expected_sign < 0 {
            let value = format_minor(amount_minor, self.currency.exponent());
            let evidence =
                format!("payment {id} has a type that contradicts the sign of its value {value}; the sign counts");
            self.note(NoteReason::PaymentSignMismatch, subject.as_str(), evidence);
        }
        Ok(Payment {
            method: method.unwrap_or_else(|| "unknown".to_owned()),
            method_is_guessed: object.flag(METHOD_IS_GUESSED).ok().flatten().unwrap_or(false),
            amount_minor,
            currency: self.currency,
            kind,
            paid_at: object.expected_timestamp("payment_date", &subject, &mut self.notes),
            id,
        })
    }

    /// A voucher may be redeemed several times in one order, so equal entries all count.
    pub(super) fn redeemed_vouchers(
        &mut self,
        object: &Object<'_>,
    ) -> Result<Option<Vec<RedeemedVoucher>>, Unreadable> {
        self.each(object, "redeemed_vouchers", schema::REDEEMED_VOUCHER, |reader, voucher| {
            let id = voucher.required_id("id")?;
            let subject = format!("voucher:{id}");
            Ok(RedeemedVoucher {
                value_minor: voucher.required_amount("redeemed_value", reader.currency)?,
                currency: reader.currency,
                used_at: voucher.expected_timestamp("usage_date", &subject, &mut reader.notes),
                created_at: voucher.timestamp("creation_date", &subject, &mut reader.notes),
                purchasing_order_id: voucher.id("purchasing_order_id")?,
                id,
            })
        })
    }

    pub(super) fn redeemed_coupons(&mut self, object: &Object<'_>) -> Result<Option<Vec<RedeemedCoupon>>, Unreadable> {
        let coupons = self.each(object, "redeemed_coupons", schema::REDEEMED_COUPON, |reader, coupon| {
            let id = coupon.required_id("id")?;
            let subject = format!("coupon:{id}");
            let value_minor = coupon.required_amount("redeemed_value", reader.currency)?;
            if value_minor < 0 {
                reader.note(NoteReason::NegativeDiscount, subject.as_str(), "redeemed_value is negative");
            }
            Ok(RedeemedCoupon {
                title: coupon.text("title"),
                value_minor,
                used_at: coupon.expected_timestamp("usage_date", &subject, &mut reader.notes),
                id,
            })
        })?;
        coupons.map(|parts| self.once_each(parts, "coupon", |coupon| &coupon.id)).transpose()
    }

    /// Vouchers that say which payment they refund, while the order has no such payment.
    pub(super) fn note_dangling_payments(&mut self, order: &Order) {
        let (Some(payments), Some(voucher_orders)) = (&order.payments, &order.voucher_orders) else { return };
        let known: HashSet<&str> = payments.iter().map(|payment| payment.id.as_str()).collect();
        for id in voucher_orders.iter().flat_map(|voucher_order| &voucher_order.refunded_payment_ids) {
            if !known.contains(id.as_str()) {
                let evidence = "voucherOrders[].related_items.payments names it, payments does not";
                self.note(NoteReason::DanglingPaymentRef, format!("payment:{id}"), evidence);
            }
        }
    }
}
