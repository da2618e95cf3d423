//! Routes of the public listener. Every request gets an answer here: a rejection of warp would end as plain text that
//! no sender expects.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Buf;
use futures_util::Stream;
use warp::Filter;
use warp::filters::path::FullPath;
use warp::http::{HeaderMap, Method};

use super::answer::{self, Answer};
use super::deliver::{self, Credential};
use super::{Intake, address, body, oauth};

/// Methods of a delivery: bookingkit's text says PATCH, its example POST.
const DELIVERY_METHODS: [Method; 3] = [Method::POST, Method::PATCH, Method::PUT];

/// A request without its body.
pub(super) struct Request {
    pub(super) method: Method,
    /// The path, segment by segment.
    pub(super) segments: Vec<String>,
    /// What follows the question mark. Deliveries ignore it.
    pub(super) query: String,
    pub(super) headers: HeaderMap,
}

pub(super) fn public(
    intake: Arc<Intake>,
) -> impl Filter<Extract = (Answer,), Error = Infallible, Future: Send> + Clone + Send + Sync + 'static {
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    warp::any()
        .map(move || Arc::clone(&intake))
        .and(warp::method())
        .and(warp::path::full())
        .and(query)
        .and(warp::header::headers_cloned())
        .and(warp::body::stream())
        .then(|intake: Arc<Intake>, method, path: FullPath, query, headers, body| {
            let request = Request { method, segments: address::segments(path.as_str()), query, headers };
            answered(intake, request, body)
        })
        .or(warp::any().map(answer::not_found))
        .unify()
}

async fn answered<B: Buf, E: Send + 'static>(
    intake: Arc<Intake>,
    request: Request,
    body: impl Stream<Item = Result<B, E>> + Send + 'static,
) -> Answer {
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    let allowed = match segments.as_slice() {
        ["webhooks", _] | ["webhooks", _, _] if !DELIVERY_METHODS.contains(&request.method) => "POST, PATCH, PUT",
        ["webhooks", source] => {
            return deliver::deliver(&intake, &request, source, Credential::Bearer, body).await;
        }
        ["webhooks", source, secret] => {
            return deliver::deliver(&intake, &request, source, Credential::Path(secret), body).await;
        }
        ["oauth", "token"] if request.method != Method::POST => "POST",
        ["oauth", "token"] => return oauth::issue(&intake, &request, body).await,
        ["healthz"] if !matches!(request.method, Method::GET | Method::HEAD) => "GET, HEAD",
        ["healthz"] => return discarded(&intake, &request, answer::alive(), body),
        _ => {
            intake.refused("unknown_path", "", &request);
            return discarded(&intake, &request, answer::not_found(), body);
        }
    };
    let source = segments.get(1).copied().unwrap_or_default();
    intake.refused("wrong_method", source, &request);
    discarded(&intake, &request, answer::method_not_allowed(allowed), body)
}

/// The answer to a request whose body nobody reads.
pub(super) fn discarded<B: Buf, E: Send + 'static>(
    intake: &Intake,
    request: &Request,
    answer: Answer,
    stream: impl Stream<Item = Result<B, E>> + Send + 'static,
) -> Answer {
    let limit = intake.admission().config.limits.body_bytes;
    body::discard(answer, &request.headers, stream, limit, intake.timeouts.body)
}
