//! What a failed request means. Details name statuses and network errors only: an address holds a pid, a body may hold
//! a person or a token.

use std::error::Error;

use chrono::DateTime;
use reqwest::Response;
use reqwest::header::RETRY_AFTER;

use crate::clock::Timestamp;
use crate::inbox::ParkReason;
use crate::limits;
use crate::provider::Failure;

/// A status that is no answer to work with.
pub(super) fn of_status(response: &Response, now: Timestamp) -> Failure {
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
pub(super) fn of_transport(error: &reqwest::Error) -> Failure {
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
pub(super) fn garbage(detail: &str) -> Failure {
    Failure::Transient { reason: ParkReason::GarbageAnswer, detail: detail.to_owned(), retry_after_milliseconds: None }
}

/// Reads a body up to the bound, without ever holding more.
pub(super) async fn read_body(mut response: Response) -> Result<Vec<u8>, Failure> {
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
pub(super) fn root_cause(error: &dyn Error) -> String {
    let mut cause = error.source();
    while let Some(inner) = cause.and_then(Error::source) {
        cause = Some(inner);
    }
    cause.map_or_else(|| "unknown".to_owned(), ToString::to_string)
}

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
    Some(milliseconds.clamp(0, limits::LONGEST_RETRY_AFTER_MILLISECONDS))
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
            ("4000000000", Some(3_600_000)),
            ("Tue, 11 Nov 2025 08:00:30 GMT", Some(30_000)),
            ("Tue, 11 Nov 2025 07:00:00 GMT", Some(0)),
            ("Wed, 11 Nov 2026 08:00:00 GMT", Some(3_600_000)),
            ("-5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(retry_after(text, now), expected, "{text}");
        }
    }
}
