//! Handles one delivery, from its credential to the response.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Buf;
use futures_util::Stream;
use warp::http::header::{AUTHORIZATION, CONTENT_ENCODING};
use warp::http::{HeaderMap, HeaderName};

use super::answer::{self, Answer};
use super::body::Unread;
use super::routes::{Request, discarded};
use super::{Admission, Intake, body, headers};
use crate::config::Source;
use crate::inbox::writer::Refused;
use crate::inbox::{Classified, Delivery, ParkReason};
use crate::provider::wrapped::{self, Received, Said};

/// The credential that a sender presents.
pub(super) enum Credential<'r> {
    /// A secret in the path.
    Path(&'r str),
    /// A token in the `Authorization` header.
    Bearer,
}

/// Why a delivery is refused before its body is read.
struct Refusal {
    reason: &'static str,
    answer: Answer,
}

/// Authenticates the sender, stores the body, and returns the response.
pub(super) async fn deliver<B: Buf, E: Send + 'static>(
    intake: &Intake,
    request: &Request,
    source: &str,
    credential: Credential<'_>,
    stream: impl Stream<Item = Result<B, E>> + Send + 'static,
) -> Answer {
    let admission = intake.admission();
    let admitted = authenticate(intake, &admission, source, &credential, &request.headers).await;
    let admitted = match admitted {
        Ok(source) => match admission.rates.get(&source.name).map(|rate| rate.take()) {
            Some(Err(wait)) => Err(Refusal { reason: "rate_limited", answer: answer::too_many(wait) }),
            _ => Ok(source),
        },
        refused => refused,
    };
    let source = match admitted {
        Ok(source) => source,
        Err(refusal) => {
            intake.refused(refusal.reason, source, request);
            return discarded(intake, request, refusal.answer, stream);
        }
    };
    let limit = admission.config.limits.body_bytes;
    let body = match body::read(&request.headers, stream, limit, intake.timeouts.body).await {
        Ok(body) => body,
        Err(unread) => {
            intake.refused(unread.reason(), &source.name, request);
            return unread.answer(limit);
        }
    };
    let Some(deliveries) = deliveries(intake, request, source, body, limit) else {
        intake.refused(Unread::TooLarge.reason(), &source.name, request);
        return answer::too_large(limit);
    };
    store(intake, request, source, deliveries).await
}

/// What is to be stored: the body as it came, or the webhooks of a list. `None` when it is too large unpacked.
fn deliveries(
    intake: &Intake,
    request: &Request,
    source: &Source,
    body: Vec<u8>,
    limit: usize,
) -> Option<Vec<Delivery>> {
    let content_type = headers::content_type(&request.headers);
    let delivery = |class, headers, body| Delivery {
        source: source.name.clone(),
        class,
        received_at: intake.clock.now(),
        method: request.method.to_string(),
        content_type: content_type.clone(),
        headers,
        body,
    };
    let content_encoding = text_of(&request.headers, &CONTENT_ENCODING);
    let said = Said { content_encoding: content_encoding.as_deref(), content_type: content_type.as_deref() };
    match classify(source, said, &body, limit) {
        Received::TooLarge => None,
        Received::Whole(class) => Some(vec![delivery(class, headers::kept(&request.headers), body)]),
        Received::Parts(parts) => {
            let count = parts.len();
            let part = |(index, (class, body)): (usize, (Classified, Vec<u8>))| {
                delivery(class, headers::of_part(&request.headers, index + 1, count), body)
            };
            Some(parts.into_iter().enumerate().map(part).collect())
        }
    }
}

/// Stores the deliveries of a request, and says how it went.
async fn store(intake: &Intake, request: &Request, source: &Source, deliveries: Vec<Delivery>) -> Answer {
    let reasons: Vec<Option<&'static str>> = deliveries
        .iter()
        .map(|delivery| match &delivery.class {
            Classified::Parked { reason, .. } => Some(reason.as_str()),
            Classified::Understood { .. } => None,
        })
        .collect();
    let events = match intake.writer.store_all(deliveries).await {
        Ok(events) => events,
        Err(refused) => {
            // The writer has logged the database error, once for the whole batch.
            if refused == Refused::Full {
                tracing::warn!(source = source.name, %refused, "webhook refused");
            }
            intake.refused("not_stored", &source.name, request);
            return answer::unavailable();
        }
    };
    let mut first_parked = None;
    for (event, reason) in events.iter().copied().zip(reasons) {
        count_accepted(&source.name, if reason.is_some() { "parked" } else { "pending" });
        if let Some(reason) = reason {
            tracing::info!(source = source.name, event, reason, "webhook parked");
            first_parked = first_parked.or(Some((event, reason)));
        }
    }
    answer::stored(&events, first_parked)
}

/// Returns the source if the sender may deliver to it, otherwise the response.
async fn authenticate<'a>(
    intake: &Intake,
    admission: &'a Admission,
    name: &str,
    credential: &Credential<'_>,
    headers: &HeaderMap,
) -> Result<&'a Source, Refusal> {
    let refuse = |reason, answer| Refusal { reason, answer };
    let source = admission.config.source(name);
    match credential {
        Credential::Path(secret) => {
            // Compares for an unknown source too, so that both take the same time.
            let open = admission.secrets.opens(name, secret);
            source.filter(|_| open).ok_or_else(|| refuse("wrong_secret", answer::not_found()))
        }
        Credential::Bearer => {
            let source = source.ok_or_else(|| refuse("unknown_source", answer::not_found()))?;
            let token = bearer(headers).ok_or_else(|| refuse("no_token", answer::unauthorized()))?;
            match intake.tokens.open(token, source).await {
                Ok(true) => Ok(source),
                Ok(false) => Err(refuse("invalid_token", answer::unauthorized())),
                Err(error) => {
                    tracing::warn!(source = name, %error, "cannot check a token");
                    Err(refuse("token_check_failed", answer::unavailable()))
                }
            }
        }
    }
}

fn count_accepted(source: &str, state: &'static str) {
    let source = source.to_owned();
    metrics::counter!("ticketledger_deliveries_accepted_total", "source" => source, "state" => state).increment(1);
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// All values of a header, joined by a comma as in HTTP.
fn text_of(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Vec<_> = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// Finds what the body is about. A bug of ours must not lose a delivery, so after a panic it is stored and parked.
fn classify(source: &Source, said: Said<'_>, body: &[u8], limit: usize) -> Received {
    catch_unwind(AssertUnwindSafe(|| wrapped::receive(source, said, body, limit))).unwrap_or_else(|_| {
        Received::Whole(Classified::Parked {
            kind: "unknown".to_owned(),
            entity: None,
            reason: ParkReason::Panic,
            detail: "reading the body panicked; this is a bug in ticketledger".to_owned(),
        })
    })
}
