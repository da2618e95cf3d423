//! Handles one delivery, from its credential to the response.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Buf;
use futures_util::Stream;
use warp::http::header::AUTHORIZATION;
use warp::http::{HeaderMap, Method};

use super::answer::{self, Answer};
use super::{Admission, Intake, body, headers};
use crate::config::Source;
use crate::inbox::writer::Refused;
use crate::inbox::{Classified, Delivery, ParkReason};
use crate::provider;

/// The credential that a sender presents.
pub(super) enum Credential {
    /// A secret in the path.
    Path(String),
    /// A token in the `Authorization` header.
    Bearer,
}

/// Authenticates the sender, stores the body, and returns the response.
pub(super) async fn deliver<B: Buf, E>(
    intake: &Intake,
    method: &Method,
    source: &str,
    credential: &Credential,
    header_map: &HeaderMap,
    stream: impl Stream<Item = Result<B, E>>,
) -> Answer {
    let admission = intake.admission();
    let source = match authenticate(intake, &admission, source, credential, header_map).await {
        Ok(source) => source,
        Err(answer) => return answer,
    };
    if let Some(Err(wait)) = admission.rates.get(&source.name).map(|rate| rate.take()) {
        return refuse(&source.name, "rate_limited", answer::too_many(wait));
    }
    let limit = admission.config.limits.body_bytes;
    let body = match body::read(header_map, stream, limit, intake.timeouts.body).await {
        Ok(body) => body,
        Err(unread) => return refuse(&source.name, unread.reason(), unread.answer(limit)),
    };
    let class = classify(source, &body);
    let parked = match &class {
        Classified::Parked { reason, .. } => Some(reason.as_str()),
        Classified::Understood { .. } => None,
    };
    let stored = intake.writer.store(Delivery {
        source: source.name.clone(),
        class,
        received_at: intake.clock.now(),
        method: method.to_string(),
        content_type: headers::content_type(header_map),
        headers: headers::kept(header_map),
        body,
    });
    match (stored.await, parked) {
        (Ok(event), None) => {
            count_accepted(&source.name, "pending");
            answer::accepted(event)
        }
        (Ok(event), Some(reason)) => {
            count_accepted(&source.name, "parked");
            tracing::info!(source = source.name, event, reason, "webhook parked");
            answer::parked(event, reason)
        }
        (Err(refused), _) => {
            // The writer has logged the database error, once for the whole batch.
            if refused == Refused::Full {
                tracing::warn!(source = source.name, %refused, "webhook refused");
            }
            refuse(&source.name, "not_stored", answer::unavailable())
        }
    }
}

/// Returns the source if the sender may deliver to it, otherwise the response.
async fn authenticate<'a>(
    intake: &Intake,
    admission: &'a Admission,
    name: &str,
    credential: &Credential,
    headers: &HeaderMap,
) -> Result<&'a Source, Answer> {
    let source = admission.config.source(name);
    match credential {
        Credential::Path(secret) => {
            // Compares for an unknown source too, so that both take the same time.
            let open = admission.secrets.opens(name, secret);
            let known = source.map_or("", |source| source.name.as_str());
            source.filter(|_| open).ok_or_else(|| refuse(known, "wrong_secret", answer::not_found()))
        }
        Credential::Bearer => {
            let source = source.ok_or_else(|| refuse("", "unknown_source", answer::not_found()))?;
            let token = bearer(headers).ok_or_else(|| refuse(name, "no_token", answer::unauthorized()))?;
            match intake.tokens.open(token, source).await {
                Ok(true) => Ok(source),
                Ok(false) => Err(refuse(name, "invalid_token", answer::unauthorized())),
                Err(error) => {
                    tracing::warn!(source = name, %error, "cannot check a token");
                    Err(refuse(name, "token_check_failed", answer::unavailable()))
                }
            }
        }
    }
}

/// Counts a delivery that is not stored. `source` is a configured source, or empty.
fn refuse(source: &str, reason: &'static str, answer: Answer) -> Answer {
    let source = source.to_owned();
    metrics::counter!("ticketledger_deliveries_refused_total", "source" => source, "reason" => reason).increment(1);
    answer
}

fn count_accepted(source: &str, state: &'static str) {
    let source = source.to_owned();
    metrics::counter!("ticketledger_deliveries_accepted_total", "source" => source, "state" => state).increment(1);
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Finds what the body is about. A bug of ours must not lose a delivery, so after a panic it is stored and parked.
fn classify(source: &Source, body: &[u8]) -> Classified {
    catch_unwind(AssertUnwindSafe(|| provider::classify(source, body))).unwrap_or_else(|_| Classified::Parked {
        kind: "unknown".to_owned(),
        entity: None,
        reason: ParkReason::Panic,
        detail: "reading the body panicked; this is a bug in ticketledger".to_owned(),
    })
}
