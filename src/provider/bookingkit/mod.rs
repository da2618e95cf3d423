//! bookingkit: the webhook carries the whole order.
//!
//! The reading is all or nothing: whatever could make a posting wrong (an amount, a status, a currency, an id, a list
//! in an undocumented shape) refuses the whole delivery, so that never half of an order is booked. Dates,
//! texts and fields that only inform are noted and read on.
//!
//! | Said as | Means |
//! | --- | --- |
//! | section absent or `null` | not said: what was known stays |
//! | section `[]`, `{}` or `""` | there are none |
//! | `""` for a date, a rate or a name | not said |
//!
//! Personal data goes to the [`Contact`](crate::order::Contact) and nowhere else. Codes of tickets are not kept at all;
//! of codes that are as good as money only a hash and the last four characters.

pub mod api;
mod contact;
mod header;
mod items;
mod money;
mod reader;
mod schema;
mod stored_value;

#[cfg(test)]
mod tests;

use self::reader::Reader;
pub(super) use self::schema::PARTS as DOCUMENTED;
use super::json::{self, Object};
use super::{OrderReading, ParkReason, Unreadable};
use crate::config::Source;
use crate::inbox::{Classified, Entity};
use crate::limits;
use crate::order::{Order, Payment};

/// What a delivery is about. The whole order is read, so that what would be parked later is parked at receipt and the
/// sender's answer says why.
pub fn classify(source: &Source, body: &[u8]) -> Classified {
    let document = json::parse(body);
    let object = match document.as_ref().map_err(Clone::clone).and_then(|document| document.object()) {
        Ok(object) => object,
        Err(refused) => return parked("unknown", None, refused),
    };
    let entity = object.required_id("id").map(Entity::Order);
    match (read_order(source, &object), entity) {
        (Ok(_), Ok(entity)) => Classified::Understood { kind: "order".to_owned(), entity },
        (Err(refused), entity) => parked("order", entity.ok(), refused),
        (Ok(_), Err(refused)) => parked("order", None, refused),
    }
}

/// Reads a delivery: the order, the customer, and the oddities.
///
/// # Errors
/// Why the delivery has to be parked, with the place in the document.
pub fn read(source: &Source, body: &[u8]) -> Result<OrderReading, Unreadable> {
    read_order(source, &json::parse(body)?.object()?)
}

fn read_order(source: &Source, object: &Object<'_>) -> Result<OrderReading, Unreadable> {
    let order_id = object.required_id("id")?;
    header::check_vendor(source, object)?;
    let mut reader = Reader::new(header::currency(object)?);
    reader.note_unknown_fields(object, schema::ORDER);
    let header = reader.header(object)?;
    reader.order_cancelled_at = header.cancelled_at;
    let order = Order {
        tickets: reader.tickets(object)?,
        products: reader.products(object)?,
        flex_tickets: reader.flex_tickets(object)?,
        voucher_orders: reader.voucher_orders(object)?,
        redeemed_vouchers: reader.redeemed_vouchers(object)?,
        redeemed_coupons: reader.redeemed_coupons(object)?,
        payments: reader.payments(object)?,
        header: Some(header),
        order_id,
    };
    reader.note_dangling_payments(&order);
    bound_shares(&order)?;
    let contact = contact::read(object, &order.order_id)?;
    Ok(OrderReading { order, contact, notes: reader.into_notes() })
}

/// The payments of a delivery of which nothing else can be used, if they can be read.
pub fn payments_alone(body: &[u8]) -> Option<Vec<Payment>> {
    let document = json::parse(body).ok()?;
    let object = document.object().ok()?;
    Reader::new(header::currency(&object).ok()?).payments(&object).ok()?
}

/// Each coupon and each voucher may be spread over all lines of an order.
fn bound_shares(order: &Order) -> Result<(), Unreadable> {
    let participants: usize = order.tickets.iter().flatten().map(|ticket| ticket.participants.len()).sum();
    let lines = participants + order.products.as_ref().map_or(0, Vec::len);
    let coupons = order.redeemed_coupons.as_ref().map_or(0, Vec::len);
    let spread = coupons + order.redeemed_vouchers.as_ref().map_or(0, Vec::len);
    if spread > 1 && lines.saturating_mul(spread) > limits::ORDER_SHARES {
        let most = limits::ORDER_SHARES;
        let detail = format!(
            "{spread} coupons and vouchers over {lines} tickets and products are up to {} shares in one order, and at \
             most {most} are posted",
            lines.saturating_mul(spread)
        );
        return Err(Unreadable::new(ParkReason::TooManyParts, detail));
    }
    Ok(())
}

fn parked(kind: &str, entity: Option<Entity>, refused: Unreadable) -> Classified {
    Classified::Parked { kind: kind.to_owned(), entity, reason: refused.reason, detail: refused.detail }
}
