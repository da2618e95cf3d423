//! What both clients have in common: how a request is made, and what an answer or a failure means. Details name
//! statuses and network errors only: an address holds an id, a body may hold a person or a token.

use std::error::Error;

use chrono::DateTime;
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use reqwest::{Response, redirect};
use serde::de::IgnoredAny;

use crate::clock::Timestamp;
use crate::inbox::ParkReason;
use crate::limits;
use crate::provider::Failure;

/// Longer than any identifier; what is longer is not asked for.
const ID_BYTES: usize = 200;
/// How many records there are on all pages.
const TOTAL: HeaderName = HeaderName::from_static("x-count");

/// What the provider answered. The body may hold personal data, so there is no `Debug`.
pub struct Fetched {
    /// 200, or 404 for a record that is not there (or that we may not see).
    pub status: u16,
    /// The bytes as received; JSON when the status is 200.
    pub body: Vec<u8>,
    /// The provider's clock, if it says one.
    pub served_at: Option<Timestamp>,
    /// How many records there are on all pages, if it says so.
    pub total: Option<i64>,
    pub headers: HeaderMap,
}

/// The outcome of a request that reached the provider.
pub enum Answer {
    /// An answer to work with.
    Fetched(Fetched),
    /// 401 or 403: the access token may be at fault.
    Refused(u16),
}

/// The HTTP client could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up HTTPS (is the package ca-certificates installed?): {0}")]
pub struct SetupError(String);

/// A client for what is at `base_url`.
pub(in crate::provider) fn client(base_url: &str, timeout: std::time::Duration) -> Result<reqwest::Client, SetupError> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("ticketledger/", env!("CARGO_PKG_VERSION")))
        .timeout(timeout)
        .redirect(redirect::Policy::none())
        // Repeating is the business of whoever asks, who counts and logs it.
        .retry(reqwest::retry::never());
    if base_url.starts_with("http://") {
        // Plain HTTP is allowed on loopback only, where no proxy can help.
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| SetupError(root_cause(&error)))
}

/// Takes over an answer of 200 or 404.
pub(in crate::provider) async fn fetched(response: Response) -> Result<Fetched, Failure> {
    let fetched = fetched_or_blank(response).await?;
    if fetched.status == 200 && fetched.body.trim_ascii().is_empty() {
        return Err(garbage("the response is empty"));
    }
    Ok(fetched)
}

/// The same, of what may have no body: a list with nothing in it.
///
/// # Errors
/// When it cannot be read to its end, is too large or is no JSON.
pub(in crate::provider) async fn fetched_or_blank(response: Response) -> Result<Fetched, Failure> {
    let status = response.status().as_u16();
    let header = |name: &HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok());
    let served_at = header(&DATE).and_then(|text| DateTime::parse_from_rfc2822(text.trim()).ok());
    let served_at = served_at.map(|date| Timestamp::new(date.to_utc()));
    let total = header(&TOTAL).and_then(|text| text.trim().parse().ok());
    let headers = response.headers().clone();
    let body = read_body(response).await?;
    if status == 200 && !body.trim_ascii().is_empty() {
        // Half an answer must never be taken for an order without tickets.
        let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body);
        serde_json::from_slice::<IgnoredAny>(text).map_err(|_| garbage("the response is not JSON"))?;
    }
    Ok(Fetched { status, body, served_at, total, headers })
}

/// An id as one segment of a path: whatever it holds, it addresses one record or none.
pub(in crate::provider) fn path_segment(id: &str) -> Result<String, Failure> {
    // Dots cannot be escaped: `%2E%2E` is read as `..` as well.
    if id.is_empty() || id == "." || id == ".." || id.len() > ID_BYTES {
        return Err(Failure::Permanent {
            reason: ParkReason::BadPid,
            detail: "the pid cannot be part of an API address".to_owned(),
        });
    }
    Ok(escaped(id))
}

/// A text as a part of an address.
pub(in crate::provider) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// A status that is no answer to work with.
pub(in crate::provider) fn of_status(response: &Response, now: Timestamp) -> Failure {
    let status = response.status().as_u16();
    let header = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after_milliseconds = header.and_then(|text| retry_after(text, now));
    let detail = format!("the provider answered {status}");
    match status {
        429 => Failure::RateLimited { detail, retry_after_milliseconds },
        500..=599 => Failure::ProviderDown { detail, retry_after_milliseconds },
        403 => Failure::Transient { reason: ParkReason::Forbidden, detail, retry_after_milliseconds },
        _ => Failure::Transient { reason: ParkReason::UnexpectedStatus, detail, retry_after_milliseconds },
    }
}

/// A request that got no answer.
pub(in crate::provider) fn of_transport(error: &reqwest::Error) -> Failure {
    let detail = if error.is_timeout() {
        "no answer in time".to_owned()
    } else if error.is_connect() {
        format!("cannot connect: {}", root_cause(error))
    } else if error.is_builder() {
        // Its text could quote a token.
        "cannot build the request".to_owned()
    } else {
        format!("the connection was lost: {}", root_cause(error))
    };
    Failure::ProviderDown { detail, retry_after_milliseconds: None }
}

/// An answer that cannot be what was asked for.
pub(in crate::provider) fn garbage(detail: &str) -> Failure {
    Failure::Transient { reason: ParkReason::GarbageAnswer, detail: detail.to_owned(), retry_after_milliseconds: None }
}

/// Reads a body up to the bound, without ever holding more.
pub(in crate::provider) async fn read_body(mut response: Response) -> Result<Vec<u8>, Failure> {
    let announced = response.content_length().unwrap_or(0);
    let too_large = || Failure::Transient {
        reason: ParkReason::AnswerTooLarge,
        detail: format!("the response has more than {} bytes", limits::FETCH_BYTES),
        retry_after_milliseconds: None,
    };
    if usize::try_from(announced).map_or(true, |bytes| bytes > limits::FETCH_BYTES) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > limits::FETCH_BYTES => return Err(too_large()),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) if error.is_timeout() => return Err(of_transport(&error)),
            Err(_) => return Err(garbage("the response is incomplete")),
        }
    }
}

/// The innermost error: the outer ones repeat the address.
pub(in crate::provider) fn root_cause(error: &dyn Error) -> String {
    let mut cause = error.source();
    while let Some(inner) = cause.and_then(Error::source) {
        cause = Some(inner);
    }
    cause.map_or_else(|| "unknown".to_owned(), ToString::to_string)
}

/// A longer pause is taken for a slip: no quota is counted for more than a month.
const LONGEST_MILLISECONDS: i64 = 31 * 24 * 3_600_000;

/// Seconds or an HTTP date.
fn retry_after(text: &str, now: Timestamp) -> Option<i64> {
    let text = text.trim();
    let milliseconds = match text.parse::<u32>() {
        Ok(seconds) => i64::from(seconds) * 1000,
        Err(_) => {
            let date = DateTime::parse_from_rfc2822(text).ok()?;
            Timestamp::new(date.to_utc()).milliseconds_since(now)
        }
    };
    Some(milliseconds.clamp(0, LONGEST_MILLISECONDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date_within_reason() {
        let now = Timestamp::parse("2025-11-11T08:00:00Z").unwrap();
        for (text, expected) in [
            ("120", Some(120_000)),
            (" 0 ", Some(0)),
            ("7200", Some(7_200_000)),
            ("4000000000", Some(LONGEST_MILLISECONDS)),
            ("Tue, 11 Nov 2025 08:00:30 GMT", Some(30_000)),
            ("Tue, 11 Nov 2025 07:00:00 GMT", Some(0)),
            ("Wed, 11 Nov 2026 08:00:00 GMT", Some(LONGEST_MILLISECONDS)),
            ("-5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(retry_after(text, now), expected, "{text}");
        }
    }
}
