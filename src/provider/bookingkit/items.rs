//! Tickets with their participants, and products.

use std::collections::HashSet;

use super::reader::{Reader, conflicting_duplicate};
use super::schema;
use crate::clock::Timestamp;
use crate::inbox::ParkReason;
use crate::money::format_percent;
use crate::order::{NoteReason, PartStatus, Participant, Product, RedeemedFlexTicket, Ticket};
use crate::provider::Unreadable;
use crate::provider::json::{LARGEST_AMOUNT, Object};

impl Reader {
    pub(super) fn tickets(&mut self, object: &Object<'_>) -> Result<Option<Vec<Ticket>>, Unreadable> {
        let Some(tickets) = self.each(object, "tickets", schema::TICKET, Self::ticket)? else { return Ok(None) };
        let tickets = self.once_each(tickets, "ticket", |ticket| &ticket.id)?;
        // A participant of two different tickets would be two sales, or one of an unknown event.
        let mut seen = HashSet::new();
        let mut participants = tickets.iter().flat_map(|ticket| &ticket.participants);
        if participants.any(|participant| !seen.insert(participant.id.as_str())) {
            return Err(conflicting_duplicate("participant"));
        }
        Ok(Some(tickets))
    }

    fn ticket(&mut self, object: &Object<'_>) -> Result<Ticket, Unreadable> {
        let id = object.required_id("id")?;
        let subject = format!("ticket:{id}");
        let vat_bp = object.rate_bp("vat")?;
        let status = Self::part_status(object)?;
        let cancelled_at = self.cancelled_at(object, status, &subject);
        self.note_undated_cancellation(status, cancelled_at, &subject);
        let event_date_id = match object.id("event_date_id")? {
            None => object.id("date_id")?,
            said => said,
        };
        let participants = self.each(object, "participants", schema::PARTICIPANT, |reader, participant| {
            reader.participant(participant, vat_bp, cancelled_at)
        })?;
        Ok(Ticket {
            event_id: object.id("event_id")?,
            event_date_id,
            title: object.text("title"),
            starts_at: object.timestamp("date", &subject, &mut self.notes),
            status,
            vat_bp,
            cancelled_at,
            participants: self.once_each(participants.unwrap_or_default(), "participant", |part| &part.id)?,
            id,
        })
    }

    fn participant(
        &mut self,
        object: &Object<'_>,
        ticket_vat_bp: Option<i32>,
        ticket_cancelled_at: Option<Timestamp>,
    ) -> Result<Participant, Unreadable> {
        let id = object.required_id("id")?;
        let subject = format!("participant:{id}");
        let vat_bp = object.rate_bp("vat")?;
        if let (Some(own), Some(ticket)) = (vat_bp, ticket_vat_bp)
            && own != ticket
        {
            let (own, ticket) = (format_percent(own.into()), format_percent(ticket.into()));
            let evidence = format!("the participant says {own} %, which counts, and the ticket {ticket} %");
            self.note(NoteReason::TicketParticipantVatDiffer, subject.as_str(), evidence);
        }
        let status = Self::part_status(object)?;
        let cancelled_at = self.cancelled_at(object, status, &subject);
        let known_since = cancelled_at.or(ticket_cancelled_at);
        self.note_undated_cancellation(status, known_since, &subject);
        let currency = self.currency_of(object)?;
        Ok(Participant {
            status,
            price_minor: object.amount("price_value", currency)?,
            currency: Some(currency),
            price_id: object.id("price_id")?,
            price_title: object.text("price_title"),
            vat_bp,
            cancelled_at,
            checked_in_at: object.timestamp("checked_in", &subject, &mut self.notes),
            entry_units: self.entry_units(object)?,
            redeemed_flex_tickets: self.redeemed_flex_tickets(object)?,
            id,
        })
    }

    /// A date of cancellation counts only on a part that is cancelled: providers send one beside other states too.
    fn cancelled_at(&mut self, object: &Object<'_>, status: PartStatus, subject: &str) -> Option<Timestamp> {
        let said = object.timestamp("cancellation_date", subject, &mut self.notes);
        said.filter(|_| status == PartStatus::Cancelled)
    }

    /// A part takes the date of what contains it, if that is cancelled too; without any the receipt stands in.
    fn note_undated_cancellation(&mut self, status: PartStatus, date: Option<Timestamp>, subject: &str) {
        if status == PartStatus::Cancelled && date.or(self.order_cancelled_at).is_none() {
            let evidence = "cancelled, and nothing says when";
            self.note(NoteReason::DateUnreadable, format!("{subject}:cancellation_date"), evidence);
        }
    }

    fn entry_units(&mut self, object: &Object<'_>) -> Result<Vec<String>, Unreadable> {
        let units =
            self.each(object, "entry_units", schema::ENTRY_UNIT, |_, unit| Ok(unit.text("type")))?.unwrap_or_default();
        Ok(units.into_iter().flatten().collect())
    }

    fn redeemed_flex_tickets(&mut self, object: &Object<'_>) -> Result<Vec<RedeemedFlexTicket>, Unreadable> {
        let redeemed = self.each(object, "redeemed_flexTicket", schema::REDEEMED_FLEX_TICKET, |reader, flex| {
            let id = flex.required_id("id")?;
            let subject = format!("flex_ticket:{id}");
            Ok(RedeemedFlexTicket {
                value_minor: flex.required_amount("redeemed_value", reader.currency)?,
                currency: reader.currency,
                redeemed_at: flex.expected_timestamp("creation_date", &subject, &mut reader.notes),
                purchasing_order_id: flex.id("purchasing_order_id")?,
                id,
            })
        })?;
        // A participant is one admission, so a flex ticket can pay it once.
        self.once_each(redeemed.unwrap_or_default(), "flex_ticket", |flex| &flex.id)
    }

    /// Lines have no id of their own, so equal lines are as many sales.
    pub(super) fn products(&mut self, object: &Object<'_>) -> Result<Option<Vec<Product>>, Unreadable> {
        self.each(object, "products", schema::PRODUCT, |reader, product| {
            let currency = reader.currency_of(product)?;
            let price_minor = product.required_amount("price", currency)?;
            let quantity = product.quantity("amount")?.ok_or_else(|| {
                Unreadable::new(ParkReason::BadQuantity, format!("{} is missing", product.path("amount")))
            })?;
            let gross = price_minor.checked_mul(quantity);
            if gross.is_none_or(|gross| gross.unsigned_abs() > LARGEST_AMOUNT.unsigned_abs()) {
                let path = product.path("price");
                return Err(Unreadable::new(ParkReason::BadAmount, format!("{path} times the amount is out of range")));
            }
            Ok(Product {
                product_id: product.required_id("product_id")?,
                status: Self::part_status(product)?,
                price_minor,
                quantity,
                currency,
                vat_bp: product.rate_bp("vat")?,
                title: product.text("title"),
            })
        })
    }
}
