//! The customer. Nothing about a person ever hinders a booking.

use serde_json::{Map, Value};

use crate::order::Contact;
use crate::provider::json::Object;

/// What has no field of its own, and is kept beside.
const DETAILS: [&str; 3] = ["salutation", "newsletter", "mailing"];

/// The customer of a booking; `None` when there is none, as at a box office.
pub(super) fn of_booking(booking: &Object<'_>, order_id: &str) -> Option<Contact> {
    let customer = booking.object("customer").ok().flatten()?;
    // A key is indexed, so what is no pid and no address in form is none.
    let pid = customer.id("pid").ok().flatten();
    let match_key = pid
        .map_or_else(|| Contact::match_key(customer.text("email").as_deref(), order_id), |pid| format!("person:{pid}"));
    Some(contact(&customer, match_key))
}

pub(super) fn contact(person: &Object<'_>, match_key: String) -> Contact {
    let address = person.object("address").ok().flatten();
    let of_address = |key: &str| address.as_ref().and_then(|address| address.text(key));
    let names: Vec<String> = ["firstname", "lastname"].iter().filter_map(|key| person.text(key)).collect();
    Contact {
        match_key,
        name: Some(names.join(" ")).filter(|name| !name.is_empty()),
        email: person.text("email"),
        phone: person.text("phone"),
        company: person.text("company"),
        vat_number: None,
        street: of_address("address1"),
        postal_code: of_address("zip"),
        city: of_address("city"),
        country: of_address("country"),
        language: person.text("locale"),
        details: details(person, of_address("address2")),
    }
}

fn details(person: &Object<'_>, second_address_line: Option<String>) -> Option<String> {
    let mut details = Map::new();
    for key in DETAILS {
        let value = person.get(key).filter(|element| !element.is_blank());
        if let Some(value) = value.and_then(|element| serde_json::to_value(&element).ok()) {
            details.insert(key.to_owned(), value);
        }
    }
    if let Some(line) = second_address_line {
        details.insert("address2".to_owned(), Value::String(line));
    }
    (!details.is_empty()).then(|| Value::Object(details).to_string())
}
