//! A body with what may be personal hidden: shown is what is certainly not, such as amounts, dates, ids and states.

use serde_json::Value;

/// What stands for a hidden text.
const HIDDEN: &str = "•••";

/// Names of fields whose text is a word or an id of the provider.
const PLAIN: [&str; 27] = [
    "type",
    "status",
    "state",
    "currency",
    "kind",
    "id",
    "pid",
    "uuid",
    "code",
    "version",
    "method",
    "payment_method",
    "source",
    "event",
    "rate",
    "vat",
    "vat_rate",
    "value",
    "amount",
    "price",
    "total",
    "quantity",
    "number",
    "locale",
    "lang",
    "language",
    "payment_type",
];

/// Parts of names of fields that tell of a person, whatever stands in them.
const PERSONAL: [&str; 20] = [
    "name",
    "mail",
    "phone",
    "mobile",
    "fax",
    "street",
    "address",
    "zip",
    "postal",
    "postcode",
    "city",
    "birth",
    "person",
    "company",
    "salutation",
    "note",
    "comment",
    "iban",
    "token",
    "secret",
];

/// The JSON of a body, formatted, with everything that may be personal hidden; `None` when it is no JSON.
pub(super) fn masked(body: &[u8]) -> Option<String> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    hide("", &mut value);
    serde_json::to_string_pretty(&value).ok()
}

/// The JSON of a body, formatted as it is.
pub(super) fn formatted(body: &[u8]) -> Option<String> {
    // `RawValue` would keep the layout; what is shown here is for reading, the bytes are beside it.
    let value: Value = serde_json::from_slice(body).ok()?;
    serde_json::to_string_pretty(&value).ok()
}

fn hide(name: &str, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                hide(name, value);
            }
        }
        // The items of a list are what the list is called.
        Value::Array(items) => items.iter_mut().for_each(|item| hide(name, item)),
        Value::String(text) if !is_plain(name, text) => *value = Value::String(HIDDEN.to_owned()),
        Value::Number(_) if is_personal(name) => *value = Value::String(HIDDEN.to_owned()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_personal(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    PERSONAL.iter().any(|part| name.contains(part))
}

/// Whether a text is certainly not personal: an empty one, a date, an amount, an id, or a word where words stand.
fn is_plain(name: &str, text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    if is_personal(name) {
        return false;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_amount = digits > 0
        && digits <= 9
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"-.,".contains(&byte))
        && text.contains(['.', ',']);
    let is_date = text.len() >= 10
        && text.bytes().take(10).enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"-:.+TZ ".contains(&byte));
    let is_hash = text.len() >= 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let lower = name.to_ascii_lowercase();
    let is_word = (PLAIN.contains(&lower.as_str()) || lower.ends_with("_id") || lower.ends_with("_pid"))
        && text.len() <= 64
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    is_amount || is_date || is_hash || is_word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persons_are_hidden_and_facts_are_not() {
        let body = br#"{"id":"a1","status":"CONFIRMED","total":"12.50","placed":"2025-11-11T10:00:00+01:00",
            "customer":{"first_name":"Erika","email":"erika@example.com","phone":"0301234567","phone_number":301234567,
            "zip":"10115","id":"0f1e2d3c4b5a69788796a5b4c3d2e1f0"},"notes":["Erika calls back"],
            "title":"Concert for Erika","value":12.5,"code":"Erika M.","paid":true}"#;
        let shown = masked(body).unwrap();
        for text in ["Erika", "example.com", "030", "301234567", "10115"] {
            assert!(!shown.contains(text), "{text}: {shown}");
        }
        for text in ["\"a1\"", "CONFIRMED", "12.50", "2025-11-11T10", "0f1e2d3c", "12.5", "true"] {
            assert!(shown.contains(text), "{text}: {shown}");
        }
        assert_eq!(masked(b"name=Erika"), None);
        assert!(formatted(body).unwrap().contains("Erika"));
    }
}
