//! The headers of a delivery that are stored, to help find it in the sender's logs. Never a credential.

use serde_json::{Map, Value};
use warp::http::HeaderMap;
use warp::http::header::CONTENT_TYPE;

/// The length is not among them: it is that of the stored body.
const KEPT: [&str; 9] = [
    "content-encoding",
    "content-type",
    "date",
    "traceparent",
    "user-agent",
    "x-correlation-id",
    "x-event-id",
    "x-request-id",
    "x-webhook-id",
];

/// Bytes of all stored headers together. Ids and names of programs are short; what is longer is not stored with each of
/// a million deliveries.
const BYTES: usize = 4096;
/// Bytes of one.
const BYTES_OF_ONE: usize = 512;

/// How a webhook out of a list tells its place.
const PART: &str = "x-ticketledger-part";

/// The stored headers of one webhook out of a list. What they say of the bytes of the whole list is left away.
pub(super) fn of_part(headers: &HeaderMap, number: usize, count: usize) -> String {
    let mut object = collected(headers);
    object.remove("content-encoding");
    object.insert(PART.to_owned(), Value::String(format!("{number} of {count}")));
    Value::Object(object).to_string()
}

/// The stored headers as a JSON object, which is never larger than some kilobytes: a value that is too long is cut, and
/// ends in `…`. A header that occurs twice is joined by a comma, as in HTTP.
pub(super) fn kept(headers: &HeaderMap) -> String {
    Value::Object(collected(headers)).to_string()
}

fn collected(headers: &HeaderMap) -> Map<String, Value> {
    let mut object = Map::new();
    let mut left = BYTES;
    for name in KEPT {
        let values: Vec<_> =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        if !values.is_empty() {
            let value = cut(values.join(", "), BYTES_OF_ONE.min(left));
            left = left.saturating_sub(value.len());
            object.insert(name.to_owned(), Value::String(value));
        }
    }
    object
}

/// The type that the sender gives the body, cut like the others.
pub(super) fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?;
    Some(cut(String::from_utf8_lossy(value.as_bytes()).into_owned(), BYTES_OF_ONE))
}

/// At most `bytes` of a text, in whole characters.
fn cut(mut text: String, bytes: usize) -> String {
    if text.len() > bytes {
        text.truncate(text.floor_char_boundary(bytes));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use warp::http::HeaderValue;

    use super::*;

    #[test]
    fn credentials_are_not_kept() {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static("Bearer secret"));
        headers.insert("cookie", HeaderValue::from_static("secret"));
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        headers.append("x-request-id", HeaderValue::from_static("a"));
        headers.append("x-request-id", HeaderValue::from_static("b"));
        assert_eq!(kept(&headers), r#"{"content-type":"application/json","x-request-id":"a, b"}"#);
    }

    #[test]
    fn long_values_are_cut() {
        let mut headers = HeaderMap::new();
        for name in KEPT {
            // In JSON each of these bytes takes two.
            headers.insert(name, HeaderValue::from_bytes(&b"\"".repeat(60_000)).expect("a value"));
        }
        let stored = kept(&headers);
        assert!(stored.len() < 3 * BYTES, "{} bytes", stored.len());
        assert!(stored.contains("…"), "{stored}");
        assert_eq!(cut("äöü".to_owned(), 3), "ä…");
    }
}
