//! The order's own fields.

use super::reader::Reader;
use super::schema;
use crate::config::Source;
use crate::inbox::ParkReason;
use crate::money::Currency;
use crate::order::{Header, NoteReason, OrderStatus};
use crate::provider::Unreadable;
use crate::provider::json::Object;

/// Refuses the order of a vendor that the source does not list: it belongs into another book.
pub(super) fn check_vendor(source: &Source, object: &Object<'_>) -> Result<(), Unreadable> {
    match object.word("vendor_id", ParkReason::UnknownVendor)? {
        None => Err(Unreadable::new(ParkReason::UnknownVendor, "vendor_id is missing")),
        Some(vendor) if source.vendor_ids.contains(&vendor) => Ok(()),
        Some(_) => Err(Unreadable::new(ParkReason::UnknownVendor, "vendor_id is none of the source's vendor_ids")),
    }
}

/// The order's currency; without one no amount has a meaning.
pub(super) fn currency(object: &Object<'_>) -> Result<Currency, Unreadable> {
    let code = object.word("currency", ParkReason::UnknownCurrency)?.unwrap_or_default();
    Currency::parse(&code).ok_or_else(|| unknown_word(ParkReason::UnknownCurrency, "currency", &code))
}

/// A word that is in none of our tables. It is repeated only when it looks like the words that belong there.
pub(super) fn unknown_word(reason: ParkReason, path: &str, word: &str) -> Unreadable {
    let word = word.trim();
    let like_a_code = word.len() <= 20 && word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let detail = match word {
        "" => format!("{path} is missing"),
        word if like_a_code => format!("{path} is `{word}`, which is not known"),
        _ => format!("{path} is not known"),
    };
    Unreadable::new(reason, detail)
}

impl Reader {
    pub(super) fn header(&mut self, object: &Object<'_>) -> Result<Header, Unreadable> {
        let word = object.word("status", ParkReason::UnknownStatus)?.unwrap_or_default();
        let status =
            OrderStatus::parse(&word).ok_or_else(|| unknown_word(ParkReason::UnknownStatus, "status", &word))?;
        let additional_discount_minor = object.amount("additional_discount", self.currency)?.unwrap_or(0);
        if additional_discount_minor < 0 {
            self.note(NoteReason::NegativeDiscount, "order", "additional_discount is negative");
        }
        let (channel_id, channel_name) = self.channel(object)?;
        // A date that cannot be read is noted in any case; it counts only on an order that is cancelled.
        let cancelled = status == OrderStatus::Cancelled;
        let said = if cancelled {
            object.expected_timestamp("cancellation_date", "order", &mut self.notes)
        } else {
            object.timestamp("cancellation_date", "order", &mut self.notes)
        };
        Ok(Header {
            code: object.id("code")?,
            external_reference: object.text("external_reference"),
            status,
            currency: Some(self.currency),
            ordered_at: object.expected_timestamp("date", "order", &mut self.notes),
            paid_at: object.timestamp("payment_date", "order", &mut self.notes),
            cancelled_at: said.filter(|_| cancelled),
            expires_at: object.timestamp("expire_date", "order", &mut self.notes),
            total_minor: object.amount("total_invoice", self.currency)?,
            additional_discount_minor,
            channel_id,
            channel_name,
        })
    }

    /// Id and name of the sales channel: the first of the list, which is called as if it held only one.
    fn channel(&mut self, object: &Object<'_>) -> Result<(Option<String>, Option<String>), Unreadable> {
        let channels = self.each(object, "booking_channel", schema::BOOKING_CHANNEL, |_, channel| {
            Ok((channel.id("id")?, channel.text("name")))
        })?;
        Ok(channels.and_then(|channels| channels.into_iter().next()).unwrap_or_default())
    }
}
