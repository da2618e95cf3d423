//! The customer. All that is personal ends here: the order itself holds none of it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::inbox::ParkReason;
use crate::order::Contact;
use crate::provider::Unreadable;
use crate::provider::json::{Element, Object};

/// Of the order: about the person, beyond the fields that a contact has.
const ORDER_DETAILS: &[&str] = &[
    "internal_notes",
    "comment",
    "shipping_name",
    "shipping_street",
    "shipping_streetnr",
    "shipping_zip",
    "shipping_city",
    "shipping_country",
    "email_newsletter_opt_in",
    "additional_information",
];
/// Of the order: about the sale. Kept beside the person, as a link may identify one, but alone they are no person.
const SALE_DETAILS: &[&str] = &["sale_params", "external_order_url", "affiliate_id"];
const TICKET_DETAILS: &[&str] = &["comment"];
const PARTICIPANT_DETAILS: &[&str] = &["name", "email", "phone", "comment"];

type Fields<'d> = BTreeMap<&'static str, Element<'d>>;

#[derive(Serialize)]
struct Details<'d> {
    #[serde(flatten)]
    order: Fields<'d>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tickets: Vec<Fields<'d>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    participants: Vec<Fields<'d>>,
}

impl Details<'_> {
    fn is_empty(&self) -> bool {
        self.order.is_empty() && self.tickets.is_empty() && self.participants.is_empty()
    }

    fn to_json(&self) -> Result<Option<String>, Unreadable> {
        if self.is_empty() {
            return Ok(None);
        }
        // The keys are texts, so this cannot fail; if it did, the delivery could not be kept whole.
        serde_json::to_string(self)
            .map(Some)
            .map_err(|error| Unreadable::new(ParkReason::InvalidJson, error.to_string()))
    }
}

/// The customer of an order; `None` when nothing is said about one.
pub(super) fn read(object: &Object<'_>, order_id: &str) -> Result<Option<Contact>, Unreadable> {
    let mut details = details(object)?;
    let contact = Contact {
        name: object.text("name"),
        phone: object.text("phone"),
        company: object.text("company"),
        vat_number: object.text("vat_number"),
        street: street(object),
        postal_code: object.text("zip"),
        city: object.text("city"),
        country: object.text("country"),
        email: object.text("email").map(|email| email.trim().to_owned()),
        ..Contact::default()
    };
    if contact == Contact::default() && details.is_empty() {
        return Ok(None);
    }
    details.order.extend(said(object, SALE_DETAILS));
    let match_key = Contact::match_key(contact.email.as_deref(), order_id);
    Ok(Some(Contact { match_key, language: object.text("lang"), details: details.to_json()?, ..contact }))
}

/// Without an `@` it is a stand-in such as `-`, by which all guests without an address would become one.
fn street(object: &Object<'_>) -> Option<String> {
    let parts: Vec<String> = ["street", "streetnr"].into_iter().filter_map(|key| object.text(key)).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn details<'d>(object: &Object<'d>) -> Result<Details<'d>, Unreadable> {
    let mut details = Details { order: said(object, ORDER_DETAILS), tickets: Vec::new(), participants: Vec::new() };
    for ticket in object.list("tickets")?.unwrap_or_default() {
        let ticket = ticket.object()?;
        details.tickets.extend(with_id(&ticket, TICKET_DETAILS));
        for participant in ticket.list("participants")?.unwrap_or_default() {
            details.participants.extend(with_id(&participant.object()?, PARTICIPANT_DETAILS));
        }
    }
    Ok(details)
}

fn said<'d>(object: &Object<'d>, keys: &[&'static str]) -> Fields<'d> {
    let field = |key: &'static str| Some((key, object.get(key).filter(|value| !value.is_blank())?));
    keys.iter().copied().filter_map(field).collect()
}

/// What a part says about a person, with the id of the part; `None` when it says nothing.
fn with_id<'d>(part: &Object<'d>, keys: &[&'static str]) -> Option<Fields<'d>> {
    let mut fields = said(part, keys);
    if fields.is_empty() {
        return None;
    }
    fields.extend(said(part, &["id"]));
    Some(fields)
}
