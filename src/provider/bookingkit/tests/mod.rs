//! The reading of both documented examples, of every reading rule, and of broken input.

mod amounts;
mod contact;
mod parts;
mod receipt;
mod robustness;
mod seeds;

use serde_json::{Value, json};

use super::*;
use crate::order::{Contact, Note, NoteReason, Provider};

const PAID_ORDER: &str = include_str!("../../../../tests/fixtures/bookingkit/paid_order.json");
const UNIFIED_EXAMPLE: &str = include_str!("../../../../tests/fixtures/bookingkit/unified_example.json");
const ORDER_ID: &str = "1a3c5e7f9b2d4f6a8c0e1f23456789ab";

fn source() -> Source {
    Source {
        vendor_ids: vec!["0f1e2d3c4b5a69788796a5b4c3d2e1f0".to_owned()],
        ..Source::new("museum", Provider::Bookingkit, chrono_tz::Europe::Berlin, "DE")
    }
}

fn said(text: &str) -> OrderReading {
    match read(&source(), text.as_bytes()) {
        Ok(said) => said,
        Err(refused) => panic!("{refused}"),
    }
}

/// Why the text is refused, and that its receipt parks it for the same reason.
fn refused(text: &str) -> Unreadable {
    let refused = read(&source(), text.as_bytes()).err().unwrap_or_else(|| panic!("was read: {text}"));
    match classify(&source(), text.as_bytes()) {
        Classified::Parked { reason, detail, .. } => {
            assert_eq!((reason, detail.as_str()), (refused.reason, refused.detail.as_str()));
        }
        Classified::Understood { .. } => panic!("was understood: {text}"),
    }
    refused
}

/// The unified example with the value at `pointer` replaced, added or (`None`) removed.
fn edited(pointer: &str, value: Option<Value>) -> String {
    edit(UNIFIED_EXAMPLE, pointer, value)
}

fn edit(text: &str, pointer: &str, value: Option<Value>) -> String {
    let mut document: Value = serde_json::from_str(text).unwrap();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent}"));
    match (parent, value) {
        (Value::Object(fields), Some(value)) => {
            fields.insert(key.to_owned(), value);
        }
        (Value::Object(fields), None) => {
            fields.remove(key);
        }
        (Value::Array(items), Some(value)) if key == "-" => items.push(value),
        (Value::Array(items), Some(value)) => items[key.parse::<usize>().unwrap()] = value,
        (parent, value) => panic!("{parent} {key} {value:?}"),
    }
    document.to_string()
}

fn with(pointer: &str, value: Value) -> String {
    edited(pointer, Some(value))
}

fn without(pointer: &str) -> String {
    edited(pointer, None)
}

/// The unified example with its text changed as such: for digits that a JSON library would rewrite.
fn rewritten(from: &str, to: &str) -> String {
    assert!(UNIFIED_EXAMPLE.contains(from), "{from}");
    UNIFIED_EXAMPLE.replacen(from, to, 1)
}

fn noted(said: &OrderReading, reason: &str) -> Vec<String> {
    said.notes.iter().filter(|note| note.reason.as_str() == reason).map(|note| note.subject.clone()).collect()
}

fn no_contact() -> Contact {
    Contact::default()
}

fn at(text: &str) -> Option<crate::clock::Timestamp> {
    Some(crate::clock::Timestamp::parse(text).unwrap())
}

fn note(reason: &str, subject: &str, evidence: &str) -> Note {
    let known = NoteReason::ALL.into_iter().find(|known| known.as_str() == reason);
    Note::new(known.unwrap(), subject, evidence)
}

fn empty() -> Value {
    json!("")
}

const PARTICIPANT: &str = "/tickets/0/participants/0";

/// Each case: the place, the value put there, the reason, and how the detail starts.
fn check_refused(cases: &[(&str, Value, &str, &str)]) {
    for (pointer, value, reason, path) in cases {
        let refused = refused(&with(pointer, value.clone()));
        assert_eq!(refused.reason.as_str(), *reason, "{pointer} {value}: {}", refused.detail);
        assert!(refused.detail.starts_with(path), "{pointer}: {}", refused.detail);
    }
}
