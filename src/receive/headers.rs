//! The headers of a delivery that are stored, to help find it in the sender's logs. Never a credential.

use serde_json::{Map, Value};
use warp::http::HeaderMap;

const KEPT: [&str; 10] = [
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "traceparent",
    "user-agent",
    "x-correlation-id",
    "x-event-id",
    "x-request-id",
    "x-webhook-id",
];

/// How a webhook out of a list tells its place.
const PART: &str = "x-ticketledger-part";

/// The stored headers of one webhook out of a list. What they say of the bytes of the whole list is left away.
pub(super) fn of_part(headers: &HeaderMap, number: usize, count: usize) -> String {
    let mut object = collected(headers);
    object.remove("content-encoding");
    object.remove("content-length");
    object.insert(PART.to_owned(), Value::String(format!("{number} of {count}")));
    Value::Object(object).to_string()
}

/// The stored headers as a JSON object. A header that occurs twice is joined by a comma, as in HTTP.
pub(super) fn kept(headers: &HeaderMap) -> String {
    Value::Object(collected(headers)).to_string()
}

fn collected(headers: &HeaderMap) -> Map<String, Value> {
    let mut object = Map::new();
    for name in KEPT {
        let values: Vec<_> =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        if !values.is_empty() {
            object.insert(name.to_owned(), Value::String(values.join(", ")));
        }
    }
    object
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
}
