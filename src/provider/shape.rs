//! What an answer looks like, in words: enough to see what came, and none of its values, which may be about a person.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// Keys that are named; more are counted.
const NAMED: usize = 8;
/// Longest key that is named. A longer one, or one that is no plain word, may be a name or an address.
const KEY_CHARACTERS: usize = 40;

/// The kind of a JSON text and, of an object, its keys with the kind of each value.
pub(super) fn shape(body: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(body) else { return "bytes that are not UTF-8".to_owned() };
    if text.trim().is_empty() {
        return "nothing".to_owned();
    }
    if let Ok(object) = serde_json::from_str::<BTreeMap<String, &RawValue>>(text) {
        return of_object(&object);
    }
    if let Ok(list) = serde_json::from_str::<Vec<IgnoredAny>>(text) {
        return if list.is_empty() { "an empty list".to_owned() } else { format!("a list of {}", list.len()) };
    }
    match serde_json::from_str::<&RawValue>(text) {
        Ok(value) => kind(value).to_owned(),
        Err(_) => "a text that is not JSON".to_owned(),
    }
}

fn of_object(object: &BTreeMap<String, &RawValue>) -> String {
    if object.is_empty() {
        return "an empty object".to_owned();
    }
    let named = object.iter().take(NAMED).map(|(key, value)| {
        let plain = key.len() <= KEY_CHARACTERS && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
        format!("`{}` ({})", if plain { key.as_str() } else { "…" }, kind(value))
    });
    let named = named.collect::<Vec<_>>().join(", ");
    match object.len().saturating_sub(NAMED) {
        0 => format!("an object with {named}"),
        more => format!("an object with {named} and {more} more"),
    }
}

fn kind(value: &RawValue) -> &'static str {
    match value.get().bytes().next() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "a text",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => "a number",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_of_an_answer_has_no_values() {
        for (body, said) in [
            (&b"{}"[..], "an empty object"),
            (b"[]", "an empty list"),
            (b"null", "null"),
            (b" ", "nothing"),
            (b"\xff", "bytes that are not UTF-8"),
            (b"<html>", "a text that is not JSON"),
            (b"[1, {}]", "a list of 2"),
            (br#"{"error":"Ada Lovelace","code":503}"#, "an object with `code` (a number), `error` (a text)"),
            (br#"{"ada@example.com":true,"a b":{}}"#, "an object with `…` (an object), `…` (true or false)"),
        ] {
            assert_eq!(shape(body), said);
        }
        let wide: BTreeMap<String, u8> = (0..12).map(|number| (format!("k{number:02}"), 0)).collect();
        let said = shape(serde_json::to_string(&wide).expect("JSON").as_bytes());
        assert!(said.ends_with("`k07` (a number) and 4 more"), "{said}");
    }
}
