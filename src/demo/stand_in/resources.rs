//! Bookings and persons; reading them needs a valid access token.

use std::collections::BTreeSet;

use hyper::header::AUTHORIZATION;
use hyper::{Request, StatusCode, Uri};
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::bookings;
use super::state::State;

/// Members of a booking that are returned only on request.
const EMBEDDED: [&str; 2] = ["tickets", "customer"];

pub(super) fn answer<B>(state: &State, request: &Request<B>) -> Answer {
    let bearer = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = bearer.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let now = state.clock.now();
    let mut records = state.lock();
    if records.access_tokens.get(token).is_none_or(|expires_at| *expires_at <= now) {
        return answer::json(StatusCode::UNAUTHORIZED, &json!({ "error": "invalid_grant" }));
    }
    let mut segments = request.uri().path().split('/').skip(1);
    let found = match (segments.next(), segments.next(), segments.next()) {
        (Some("bookings"), Some("") | None, None) => return bookings::list(&mut records, request.uri(), now),
        (Some("bookings"), Some(pid), None) => records.bookings.get(&decode(pid)).map(|booking| {
            let mut value = booking.value.clone();
            remove_what_nobody_asked_for(&mut value, request.uri());
            value
        }),
        (Some("persons"), Some(pid), None) => records.persons.get(&decode(pid)).cloned(),
        _ => None,
    };
    match found {
        Some(record) => answer::json(StatusCode::OK, &record),
        None => answer::json(StatusCode::NOT_FOUND, &json!({ "error": "not found" })),
    }
}

/// Without `properties[tickets]` this API returns a booking that looks as if it had no tickets.
pub(super) fn remove_what_nobody_asked_for(booking: &mut Value, uri: &Uri) {
    let query: Vec<(String, String)> = serde_urlencoded::from_str(uri.query().unwrap_or_default()).unwrap_or_default();
    let asked: BTreeSet<String> =
        query.into_iter().filter(|(_, value)| value == "true" || value == "1").map(|(name, _)| name).collect();
    if let Some(members) = booking.as_object_mut() {
        members.retain(|name, _| !EMBEDDED.contains(&name.as_str()) || asked.contains(&format!("properties[{name}]")));
    }
}

/// Decodes the percent-encoding of a path segment.
fn decode(segment: &str) -> String {
    let mut decoded = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = after.split_at_checked(2).filter(|_| *first == b'%');
        let byte = escaped.and_then(|(digits, _)| hex::decode(digits).ok());
        match (escaped, byte) {
            (Some((_, behind)), Some(byte)) => {
                decoded.extend(byte);
                rest = behind;
            }
            _ => {
                decoded.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
