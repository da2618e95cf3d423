//! Makes of what the API answers what a webhook would have said.
//!
//! The API leaves out what a webhook has: the payments stand elsewhere, the title and the start of a ticket's date are
//! absent, and a payment's method goes by another name. What is known of them, from this order or from others, is
//! filled in, so that the books lose nothing by it; what is not known is taken as it is, and named.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::clock::Timestamp;
use crate::inbox::ParkReason;
use crate::order::Order;
use crate::provider::bookingkit::schema;
use crate::provider::{Unreadable, records};

/// The members of a JSON object, with the digits that were sent.
type Members = BTreeMap<String, Box<RawValue>>;

/// What other webhooks have told of what the API leaves out or calls otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToldElsewhere {
    /// By the id of the date of an event.
    pub dates: BTreeMap<String, ToldDate>,
    /// The method of a payment, by its name in the API.
    pub methods: BTreeMap<String, String>,
}

/// The date of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldDate {
    pub title: Option<String>,
    pub starts_at: Timestamp,
}

/// An order as a webhook would have told it, as far as that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Composed {
    pub body: Vec<u8>,
    /// Dates of events that the answer does not tell, by their id: what was filled in, or none.
    pub untold_dates: BTreeMap<String, Option<ToldDate>>,
    /// Names of payment methods of which nobody knows how webhooks call them.
    pub unknown_methods: BTreeSet<String>,
    /// What the API calls the methods of payments that no webhook has told, by the id of the payment.
    pub api_methods: BTreeMap<String, String>,
}

/// The body of an order with its payments. Without `payments` none are said, which reverses nothing.
///
/// # Errors
/// When the answer is not an order.
pub fn compose(
    order: &[u8],
    payments: Option<&[u8]>,
    known: Option<&Order>,
    elsewhere: &ToldElsewhere,
) -> Result<Composed, Unreadable> {
    let mut members = members(order)?;
    if let Some(payments) = payments {
        let text = std::str::from_utf8(payments).map_err(|_| broken("the payments are not UTF-8"))?;
        // Anything else would take back what is paid, or be taken for an order that nobody paid.
        records::elements(text)?;
        let payments = RawValue::from_string(text.trim().to_owned());
        members.insert("payments".to_owned(), payments.map_err(|_| broken("the payments are not JSON"))?);
    }
    let mut composed = Composed::default();
    fill_tickets(&mut members, known, elsewhere, &mut composed.untold_dates)?;
    fill_payments(&mut members, known, elsewhere, &mut composed)?;
    composed.body = written(&members)?;
    Ok(composed)
}

/// The same body with what was told since; `None` when that changes nothing. `elsewhere` has the dates that the API did
/// not tell: an event may have moved since. `api_methods` are those of [`Composed`].
///
/// # Errors
/// When the body is not an order.
pub fn complete(
    body: &[u8],
    elsewhere: &ToldElsewhere,
    api_methods: &BTreeMap<String, String>,
) -> Result<Option<Vec<u8>>, Unreadable> {
    let mut members = members(body)?;
    let before = written(&members)?;
    each(&mut members, "tickets", |ticket| match elsewhere.date_of(ticket) {
        Some((_, Some(told))) if !is_told(ticket, told) => {
            set(ticket, "date", &told.starts_at.to_string())?;
            told.title.as_ref().map_or(Ok(()), |title| set(ticket, "title", title))
        }
        _ => Ok(()),
    })?;
    each(&mut members, "payments", |payment| {
        let ours = text(payment, "id").and_then(|id| api_methods.get(&id)).cloned();
        let guessed = || text(payment, "payment_method").filter(|_| payment.contains_key(schema::METHOD_IS_GUESSED));
        let Some(name) = ours.clone().or_else(guessed) else { return Ok(()) };
        let code = text(payment, "code").filter(|code| ours.is_some() && *code != name);
        // What was learned of the name may have been taken back.
        let method = elsewhere.methods.get(&name).cloned().or(code).or(ours);
        method.map_or(Ok(()), |method| set(payment, "payment_method", &method))
    })?;
    let after = written(&members)?;
    Ok((after != before).then_some(after))
}

/// The ids of the dates of events that an answer names.
pub fn date_ids(order: &[u8]) -> Vec<String> {
    let Ok(mut members) = members(order) else { return Vec::new() };
    let mut ids = Vec::new();
    let read = each(&mut members, "tickets", |ticket| {
        ids.extend(date_id(ticket));
        Ok(())
    });
    if read.is_err() { Vec::new() } else { ids }
}

/// The name that the API gives to the method of each payment, by the id of the payment.
pub fn method_names(payments: &[u8]) -> Vec<(String, String)> {
    let Ok(payments) =
        std::str::from_utf8(payments).map_err(drop).and_then(|text| records::elements(text).map_err(drop))
    else {
        return Vec::new();
    };
    let payments = payments.into_iter().filter_map(|payment| serde_json::from_str::<Members>(payment.get()).ok());
    payments.filter_map(|payment| Some((text(&payment, "id")?, text(&payment, "payment_method")?))).collect()
}

impl ToldElsewhere {
    /// Id and date of a ticket that names one.
    fn date_of(&self, ticket: &Members) -> Option<(String, Option<&ToldDate>)> {
        let id = date_id(ticket)?;
        let told = self.dates.get(&id);
        Some((id, told))
    }
}

/// Fills in title and start of tickets: as the newest webhook told them of the date, else as they are known.
fn fill_tickets(
    members: &mut Members,
    known: Option<&Order>,
    elsewhere: &ToldElsewhere,
    untold: &mut BTreeMap<String, Option<ToldDate>>,
) -> Result<(), Unreadable> {
    let tickets = known.and_then(|known| known.tickets.as_deref()).unwrap_or_default();
    each(members, "tickets", |ticket| {
        let date = elsewhere.date_of(ticket);
        if says_nothing(ticket, "date") {
            untold.extend(date.clone().map(|(id, told)| (id, told.cloned())));
        }
        if let Some((_, Some(told))) = &date {
            fill_date(ticket, told)?;
        }
        if let Some(before) = tickets.iter().find(|before| names(ticket, &before.id)) {
            if let Some(title) = &before.title {
                fill(ticket, "title", title)?;
            }
            if let Some(starts_at) = before.starts_at {
                fill(ticket, "date", &starts_at.to_string())?;
            }
        }
        Ok(())
    })
}

/// Whether a ticket has this date, however it is written.
fn is_told(ticket: &Members, told: &ToldDate) -> bool {
    let is_same_title = told.title.is_none() || text(ticket, "title") == told.title;
    is_same_title && text(ticket, "date").and_then(|date| Timestamp::parse(&date)) == Some(told.starts_at)
}

fn fill_date(ticket: &mut Members, told: &ToldDate) -> Result<(), Unreadable> {
    if let Some(title) = &told.title {
        fill(ticket, "title", title)?;
    }
    fill(ticket, "date", &told.starts_at.to_string())
}

/// Gives payments the name of the method that a webhook gives them: as it is known of the payment itself, else as the
/// API's name is known to mean, else the `code`, which in webhooks is the same.
fn fill_payments(
    members: &mut Members,
    known: Option<&Order>,
    elsewhere: &ToldElsewhere,
    composed: &mut Composed,
) -> Result<(), Unreadable> {
    let payments = known.and_then(|known| known.payments.as_deref()).unwrap_or_default();
    each(members, "payments", |payment| {
        let name = text(payment, "payment_method");
        let told = name.as_ref().and_then(|name| elsewhere.methods.get(name));
        let known = payments.iter().find(|known| names(payment, &known.id));
        set_flag(payment, schema::METHOD_IS_GUESSED, known.is_none_or(|known| known.method_is_guessed))?;
        let before = known.map(|known| &known.method);
        // What is known by the API's own name was told by the API.
        let is_told = known.is_some_and(|known| !known.method_is_guessed);
        let before = before.filter(|before| is_told || told.is_none() || name.as_ref() != Some(*before));
        let code = text(payment, "code").filter(|code| Some(code) != name.as_ref());
        if before.is_none() {
            composed.api_methods.extend(text(payment, "id").zip(name.clone()));
        }
        match (before.or(told), code, name) {
            (Some(method), ..) => set(payment, "payment_method", method),
            (None, Some(code), _) => set(payment, "payment_method", &code),
            (None, None, name) => {
                composed.unknown_methods.extend(name);
                Ok(())
            }
        }
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
    text(object, "id").is_some_and(|said| said == id)
}

/// The id of the date of an event that a ticket is for.
fn date_id(ticket: &Members) -> Option<String> {
    text(ticket, "event_date_id").or_else(|| text(ticket, "date_id"))
}

/// A text or a number; `None` when it is absent or says nothing.
fn text(object: &Members, key: &str) -> Option<String> {
    let said = object.get(key)?.get();
    let text = match serde_json::from_str::<Value>(said).ok()? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(_) => said.to_owned(),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

fn says_nothing(object: &Members, key: &str) -> bool {
    object.get(key).is_none_or(|value| matches!(value.get(), "null" | "\"\""))
}

/// Sets a text that is absent or says nothing.
fn fill(object: &mut Members, key: &str, text: &str) -> Result<(), Unreadable> {
    if says_nothing(object, key) { set(object, key, text) } else { Ok(()) }
}

fn set(object: &mut Members, key: &str, text: &str) -> Result<(), Unreadable> {
    let value = to_raw_value(text).map_err(|_| broken("the order cannot be written"))?;
    object.insert(key.to_owned(), value);
    Ok(())
}

/// A switch that is off is left out.
fn set_flag(object: &mut Members, key: &str, is_on: bool) -> Result<(), Unreadable> {
    object.remove(key);
    if is_on {
        let value = RawValue::from_string("true".to_owned()).map_err(|_| broken("the order cannot be written"))?;
        object.insert(key.to_owned(), value);
    }
    Ok(())
}

fn members(order: &[u8]) -> Result<Members, Unreadable> {
    serde_json::from_slice(order).map_err(|_| broken("the order is not an object"))
}

fn written(members: &Members) -> Result<Vec<u8>, Unreadable> {
    serde_json::to_vec(members).map_err(|_| broken("the order cannot be written"))
}

fn broken(what: &str) -> Unreadable {
    Unreadable::new(ParkReason::BadObject, what)
}

#[cfg(test)]
mod tests {
    use super::*;
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
            method_is_guessed: false,
            amount_minor: 1990,
            currency: Currency::parse("EUR").unwrap(),
            kind: None,
            paid_at: None,
        };
        Order { tickets: Some(vec![ticket]), payments: Some(vec![payment]), ..Order::unknown("A") }
    }

    fn composed(order: &str, payments: Option<&str>) -> String {
        let (payments, elsewhere) = (payments.map(str::as_bytes), ToldElsewhere::default());
        String::from_utf8(compose(order.as_bytes(), payments, Some(&known()), &elsewhere).unwrap().body).unwrap()
    }

    fn elsewhere() -> ToldElsewhere {
        let starts_at = Timestamp::parse("2026-03-04T10:00:00Z").unwrap();
        let dates = BTreeMap::from([("d1".to_owned(), ToldDate { title: Some("Walk".to_owned()), starts_at })]);
        ToldElsewhere { dates, methods: BTreeMap::from([("WIRE".to_owned(), "StripeBankWire".to_owned())]) }
    }

    #[test]
    fn what_the_api_leaves_out_is_filled_in_from_what_is_known() {
        let order = r#"{"id":"A","total":19.90,"tickets":[{"id":"t1","title":""},{"id":"t2"}]}"#;
        let payments = r#"[{"id":7,"payment_method":"bank_wire","value":19.90},{"id":"8","value":1}]"#;
        assert_eq!(
            composed(order, Some(payments)),
            r#"{"id":"A","payments":[{"id":7,"payment_method":"StripeBankWire","value":19.90},"#.to_owned()
                + r#"{"id":"8","method_is_guessed":true,"value":1}],"#
                + r#""tickets":[{"date":"2026-01-02T10:00:00Z","id":"t1","title":"Tour"},{"id":"t2"}],"total":19.90}"#
        );
        let php = r#"{"id":"A","tickets":{"1":{"id":"t1","date":"2026-02-02T10:00:00Z"}}}"#;
        assert!(composed(php, None).contains(r#""1":{"date":"2026-02-02T10:00:00Z","id":"t1","title":"Tour"}"#));
    }

    #[test]
    fn what_other_orders_told_is_filled_in_and_what_nobody_told_is_named() {
        let order = r#"{"tickets":[{"id":"t1","date_id":"d1"},{"id":"t2","event_date_id":"d2"},{"id":"t3"}]}"#;
        let payments = r#"[{"id":7,"payment_method":"WIRE"},{"id":8,"payment_method":"WIRE"},
            {"id":9,"payment_method":"CARD","code":"StripePayment"},{"id":10,"payment_method":"CASH","code":"CASH"}]"#;
        let composed = compose(order.as_bytes(), Some(payments.as_bytes()), Some(&known()), &elsewhere()).unwrap();
        let body: serde_json::Value = serde_json::from_slice(&composed.body).unwrap();
        // The date may have moved since the order was told.
        let ticket = &body["tickets"][0];
        assert_eq!((&ticket["title"], &ticket["date"]), (&"Walk".into(), &"2026-03-04T10:00:00Z".into()));
        let methods: Vec<&str> =
            (0..4).map(|place| body["payments"][place]["payment_method"].as_str().unwrap()).collect();
        assert_eq!(methods, ["StripeBankWire", "StripeBankWire", "StripePayment", "CASH"]);
        let untold = BTreeMap::from([("d1".to_owned(), elsewhere().dates.remove("d1")), ("d2".to_owned(), None)]);
        assert_eq!(composed.untold_dates, untold);
        assert_eq!(composed.unknown_methods, BTreeSet::from(["CASH".to_owned()]));
        let names: Vec<&str> = composed.api_methods.values().map(String::as_str).collect();
        assert_eq!(names, ["CASH", "WIRE", "CARD"]);
        assert_eq!(date_ids(order.as_bytes()), ["d1", "d2"]);
        assert_eq!(method_names(payments.as_bytes()).len(), 4);
    }

    #[test]
    fn a_stored_body_is_completed_once_by_what_was_told_since() {
        let body = r#"{"payments":[{"id":8,"method_is_guessed":true,"payment_method":"WIRE"},"#.to_owned()
            + r#"{"id":9,"payment_method":"WIRE"}],"tickets":[{"date_id":"d1","id":"t1"}]}"#;
        let completed = complete(body.as_bytes(), &elsewhere(), &BTreeMap::new()).unwrap().unwrap();
        assert_eq!(
            String::from_utf8(completed.clone()).unwrap(),
            r#"{"payments":[{"id":8,"method_is_guessed":true,"payment_method":"StripeBankWire"},"#.to_owned()
                // A webhook calls one so, too.
                + r#"{"id":9,"payment_method":"WIRE"}],"#
                + r#""tickets":[{"date":"2026-03-04T10:00:00Z","date_id":"d1","id":"t1","title":"Walk"}]}"#
        );
        assert_eq!(complete(&completed, &elsewhere(), &BTreeMap::new()).unwrap(), None);
        let mut moved = elsewhere();
        moved.dates.get_mut("d1").unwrap().starts_at = Timestamp::parse("2026-05-06T10:00:00Z").unwrap();
        let moved = String::from_utf8(complete(&completed, &moved, &BTreeMap::new()).unwrap().unwrap()).unwrap();
        assert!(moved.contains(r#""date":"2026-05-06T10:00:00Z""#), "{moved}");
        let nothing = ToldElsewhere::default();
        assert_eq!(complete(body.as_bytes(), &nothing, &BTreeMap::new()).unwrap(), None);
        // The name turned out to mean several methods.
        let names = BTreeMap::from([("8".to_owned(), "WIRE".to_owned())]);
        let taken_back = String::from_utf8(complete(&completed, &nothing, &names).unwrap().unwrap()).unwrap();
        assert!(!taken_back.contains("StripeBankWire"), "{taken_back}");
    }

    #[test]
    fn without_payments_none_are_said() {
        assert_eq!(composed(r#"{"id":"A"}"#, None), r#"{"id":"A"}"#);
        assert_eq!(composed(r#"{"id":"A"}"#, Some("[]")), r#"{"id":"A","payments":[]}"#);
        let compose = |order, payments| compose(order, payments, None, &ToldElsewhere::default());
        assert!(compose(b"[]", None).is_err());
        assert!(compose(br#"{"id":"A"}"#, Some(b"[1")).is_err());
    }
}
