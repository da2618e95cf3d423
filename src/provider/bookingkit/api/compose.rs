//! Makes of what the API answers what a webhook would have said.
//!
//! The API leaves out what a webhook has: the payments stand elsewhere, the title and the start of a ticket's date are
//! absent, and a payment's method goes by another name. What is known of them is filled in, so that the books lose
//! nothing by it; what is not known is taken as it is.

use std::collections::BTreeMap;

use serde_json::value::{RawValue, to_raw_value};

use crate::inbox::ParkReason;
use crate::order::Order;
use crate::provider::{Unreadable, records};

/// The members of a JSON object, with the digits that were sent.
type Members = BTreeMap<String, Box<RawValue>>;

/// The body of an order with its payments. Without `payments` none are said, which reverses nothing.
///
/// # Errors
/// When the answer is not an order.
pub fn compose(order: &[u8], payments: Option<&[u8]>, known: Option<&Order>) -> Result<Vec<u8>, Unreadable> {
    let mut members: Members = serde_json::from_slice(order).map_err(|_| broken("the order is not an object"))?;
    if let Some(payments) = payments {
        let text = std::str::from_utf8(payments).map_err(|_| broken("the payments are not UTF-8"))?;
        // Anything else would take back what is paid, or be taken for an order that nobody paid.
        records::elements(text)?;
        let payments = RawValue::from_string(text.trim().to_owned());
        members.insert("payments".to_owned(), payments.map_err(|_| broken("the payments are not JSON"))?);
    }
    if let Some(known) = known {
        fill_tickets(&mut members, known)?;
        fill_payments(&mut members, known)?;
    }
    serde_json::to_vec(&members).map_err(|_| broken("the order cannot be written"))
}

/// Fills in title and start of tickets that are known.
fn fill_tickets(members: &mut Members, known: &Order) -> Result<(), Unreadable> {
    let tickets = known.tickets.as_deref().unwrap_or_default();
    each(members, "tickets", |ticket| {
        let Some(before) = tickets.iter().find(|before| names(ticket, &before.id)) else { return Ok(()) };
        if let Some(title) = &before.title {
            fill(ticket, "title", title)?;
        }
        match before.starts_at {
            Some(starts_at) => fill(ticket, "date", &starts_at.to_string()),
            None => Ok(()),
        }
    })
}

/// Gives payments that are known the name of the method that a webhook gave them.
fn fill_payments(members: &mut Members, known: &Order) -> Result<(), Unreadable> {
    let payments = known.payments.as_deref().unwrap_or_default();
    each(members, "payments", |payment| {
        let Some(before) = payments.iter().find(|before| names(payment, &before.id)) else { return Ok(()) };
        payment.insert("payment_method".to_owned(), raw(&before.method)?);
        Ok(())
    })
}

/// Changes each object of a list, be it a list or what PHP makes of one. Anything else is left to the reader.
fn each(
    members: &mut Members,
    key: &str,
    mut change: impl FnMut(&mut Members) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let Some(value) = members.get_mut(key) else { return Ok(()) };
    let written = if let Ok(mut list) = serde_json::from_str::<Vec<Members>>(value.get()) {
        list.iter_mut().try_for_each(&mut change)?;
        to_raw_value(&list)
    } else if let Ok(mut list) = serde_json::from_str::<BTreeMap<u64, Members>>(value.get()) {
        list.values_mut().try_for_each(&mut change)?;
        to_raw_value(&list)
    } else {
        return Ok(());
    };
    *value = written.map_err(|_| broken("the order cannot be written"))?;
    Ok(())
}

/// Whether the object has this id, as a text or a number.
fn names(object: &Members, id: &str) -> bool {
    let said = object.get("id").map(|value| value.get());
    said.is_some_and(|said| said == id || serde_json::from_str::<String>(said).is_ok_and(|said| said.trim() == id))
}

/// Sets a text that is absent or says nothing.
fn fill(object: &mut Members, key: &str, text: &str) -> Result<(), Unreadable> {
    let blank = object.get(key).is_none_or(|value| matches!(value.get(), "null" | "\"\""));
    if blank {
        object.insert(key.to_owned(), raw(text)?);
    }
    Ok(())
}

fn raw(text: &str) -> Result<Box<RawValue>, Unreadable> {
    to_raw_value(text).map_err(|_| broken("the order cannot be written"))
}

fn broken(what: &str) -> Unreadable {
    Unreadable::new(ParkReason::BadObject, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::money::Currency;
    use crate::order::{PartStatus, Payment, Ticket};

    fn known() -> Order {
        let ticket = Ticket {
            id: "t1".to_owned(),
            event_id: None,
            event_date_id: None,
            title: Some("Tour".to_owned()),
            starts_at: Timestamp::parse("2026-01-02T10:00:00Z"),
            status: PartStatus::Unsaid,
            vat_bp: None,
            cancelled_at: None,
            participants: Vec::new(),
        };
        let payment = Payment {
            id: "7".to_owned(),
            method: "StripeBankWire".to_owned(),
            amount_minor: 1990,
            currency: Currency::parse("EUR").unwrap(),
            kind: None,
            paid_at: None,
        };
        Order { tickets: Some(vec![ticket]), payments: Some(vec![payment]), ..Order::unknown("A") }
    }

    fn composed(order: &str, payments: Option<&str>) -> String {
        String::from_utf8(compose(order.as_bytes(), payments.map(str::as_bytes), Some(&known())).unwrap()).unwrap()
    }

    #[test]
    fn what_the_api_leaves_out_is_filled_in_from_what_is_known() {
        let order = r#"{"id":"A","total":19.90,"tickets":[{"id":"t1","title":""},{"id":"t2"}]}"#;
        let payments = r#"[{"id":7,"payment_method":"bank_wire","value":19.90},{"id":"8","value":1}]"#;
        assert_eq!(
            composed(order, Some(payments)),
            r#"{"id":"A","payments":[{"id":7,"payment_method":"StripeBankWire","value":19.90},{"id":"8","value":1}],"#
                .to_owned()
                + r#""tickets":[{"date":"2026-01-02T10:00:00Z","id":"t1","title":"Tour"},{"id":"t2"}],"total":19.90}"#
        );
        let php = r#"{"id":"A","tickets":{"1":{"id":"t1","date":"2026-02-02T10:00:00Z"}}}"#;
        assert!(composed(php, None).contains(r#""1":{"date":"2026-02-02T10:00:00Z","id":"t1","title":"Tour"}"#));
    }

    #[test]
    fn without_payments_none_are_said() {
        assert_eq!(composed(r#"{"id":"A"}"#, None), r#"{"id":"A"}"#);
        assert_eq!(composed(r#"{"id":"A"}"#, Some("[]")), r#"{"id":"A","payments":[]}"#);
        assert!(compose(b"[]", None, None).is_err());
        assert!(compose(br#"{"id":"A"}"#, Some(b"[1"), None).is_err());
    }
}
