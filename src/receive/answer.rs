//! All responses that a sender can get. All are JSON.

use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use warp::http::header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use warp::http::{HeaderName, HeaderValue, Response, StatusCode};
use warp::hyper::body::Bytes;

use crate::inbox::EventId;

/// A response with its body in one piece.
pub(super) type Answer = Response<Bytes>;

/// `Retry-After` of a 503, in seconds.
const RETRY_SECONDS: u64 = 5;

pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    // Our bodies are plain structs and values, whose serialization cannot fail.
    let text = serde_json::to_string(body).unwrap_or_default();
    let mut answer = Response::new(Bytes::from(text));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

fn error(status: StatusCode, code: &str) -> Answer {
    json(status, &json!({ "error": code }))
}

fn with(mut answer: Answer, name: HeaderName, value: &'static str) -> Answer {
    answer.headers_mut().insert(name, HeaderValue::from_static(value));
    answer
}

fn retry_after(mut answer: Answer, seconds: u64) -> Answer {
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    answer
}

/// The host in the request is none of ours.
pub(super) fn misdirected() -> Answer {
    let text = "this page is read by an IP address, by localhost, or by the name of the machine";
    json(StatusCode::MISDIRECTED_REQUEST, &json!({ "error": "foreign_host", "error_description": text }))
}

#[derive(Serialize)]
struct Stored<'a> {
    status: &'static str,
    event: EventId,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// All events of a list, in its order.
    #[serde(skip_serializing_if = "<[EventId]>::is_empty")]
    events: &'a [EventId],
}

/// What is stored: one event, or those of a list. `parked` is the first that is, with its reason.
pub(super) fn stored(events: &[EventId], parked: Option<(EventId, &str)>) -> Answer {
    let first = events.first().copied().unwrap_or_default();
    let list = if events.len() > 1 { events } else { &[] };
    match parked {
        None => json(StatusCode::OK, &Stored { status: "accepted", event: first, reason: None, events: list }),
        Some((event, reason)) => {
            let body = Stored { status: "parked", event, reason: Some(reason), events: list };
            json(StatusCode::ACCEPTED, &body)
        }
    }
}

/// The connection ends with this answer.
pub(super) fn closing(answer: Answer) -> Answer {
    with(answer, CONNECTION, "close")
}

pub(super) fn alive() -> Answer {
    json(StatusCode::OK, &json!({ "status": "alive" }))
}

/// The token is missing, wrong or no longer valid.
pub(super) fn unauthorized() -> Answer {
    with(error(StatusCode::UNAUTHORIZED, "invalid_token"), WWW_AUTHENTICATE, "Bearer")
}

/// The same for an unknown address, an unknown source and a wrong secret, so that nobody learns which sources exist.
pub(super) fn not_found() -> Answer {
    error(StatusCode::NOT_FOUND, "not_found")
}

pub(super) fn method_not_allowed(allowed: &'static str) -> Answer {
    with(error(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"), ALLOW, allowed)
}

/// The body ended early. The sender is most likely gone.
pub(super) fn incomplete() -> Answer {
    error(StatusCode::BAD_REQUEST, "incomplete_body")
}

pub(super) fn too_slow() -> Answer {
    error(StatusCode::REQUEST_TIMEOUT, "body_too_slow")
}

pub(super) fn too_large(limit: usize) -> Answer {
    json(StatusCode::PAYLOAD_TOO_LARGE, &json!({ "error": "body_too_large", "limit_bytes": limit }))
}

pub(super) fn too_many(wait: Duration) -> Answer {
    // Rounded up, so that a sender that returns exactly then is not a moment early.
    retry_after(error(StatusCode::TOO_MANY_REQUESTS, "too_many_requests"), wait.as_secs() + 1)
}

/// The delivery is not confirmed: the sender must send it again.
pub(super) fn unavailable() -> Answer {
    retry_after(error(StatusCode::SERVICE_UNAVAILABLE, "unavailable"), RETRY_SECONDS)
}

/// A token, or an error of RFC 6749; neither may be cached.
pub(super) fn of_token_endpoint(status: StatusCode, body: &impl Serialize) -> Answer {
    let answer = with(json(status, body), CACHE_CONTROL, "no-store");
    if status == StatusCode::UNAUTHORIZED {
        return with(answer, WWW_AUTHENTICATE, "Basic realm=\"ticketledger\"");
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bodies_are_the_agreed_ones() {
        let accepted = stored(&[7], None);
        assert_eq!(
            (accepted.status(), accepted.body().as_ref()),
            (StatusCode::OK, &b"{\"status\":\"accepted\",\"event\":7}"[..])
        );
        let parked = stored(&[7], Some((7, "bad_amount")));
        assert_eq!(parked.status(), StatusCode::ACCEPTED);
        assert_eq!(parked.body(), r#"{"status":"parked","event":7,"reason":"bad_amount"}"#);
        assert_eq!(stored(&[7, 8], None).body(), r#"{"status":"accepted","event":7,"events":[7,8]}"#);
        let retry = too_many(Duration::from_millis(500)).headers().get(RETRY_AFTER).cloned();
        assert_eq!(retry, Some(HeaderValue::from(1)));
    }
}
