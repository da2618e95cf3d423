//! All responses that a sender can get. All are JSON.

use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use warp::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
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

#[derive(Serialize)]
struct Stored<'a> {
    status: &'static str,
    event: EventId,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

pub(super) fn accepted(event: EventId) -> Answer {
    json(StatusCode::OK, &Stored { status: "accepted", event, reason: None })
}

pub(super) fn parked(event: EventId, reason: &str) -> Answer {
    json(StatusCode::ACCEPTED, &Stored { status: "parked", event, reason: Some(reason) })
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
        assert_eq!(accepted(7).status(), StatusCode::OK);
        assert_eq!(accepted(7).body(), r#"{"status":"accepted","event":7}"#);
        assert_eq!(parked(7, "bad_amount").status(), StatusCode::ACCEPTED);
        assert_eq!(parked(7, "bad_amount").body(), r#"{"status":"parked","event":7,"reason":"bad_amount"}"#);
        let retry = too_many(Duration::from_millis(500)).headers().get(RETRY_AFTER).cloned();
        assert_eq!(retry, Some(HeaderValue::from(1)));
    }
}
