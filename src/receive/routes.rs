//! Routes of the public listener. Every branch returns a response by itself: a rejection would fall through to the next
//! route and end as plain text that no sender expects. Query parameters are ignored.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Buf;
use futures_util::Stream;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::http::{HeaderMap, Method};

use super::answer::{self, Answer};
use super::deliver::{self, Credential};
use super::{Intake, oauth};

/// Methods of a delivery: bookingkit's text says PATCH, its example POST.
const DELIVERY_METHODS: [Method; 3] = [Method::POST, Method::PATCH, Method::PUT];

pub(super) fn public(
    intake: Arc<Intake>,
) -> impl Filter<Extract = (Answer,), Error = Infallible, Future: Send> + Clone + Send + Sync + 'static {
    let request = warp::any()
        .map(move || Arc::clone(&intake))
        .and(warp::method())
        .and(warp::header::headers_cloned())
        .and(warp::body::stream());
    let by_path = warp::path!("webhooks" / String / String).and(request.clone()).then(
        |source: String, secret: String, intake, method, headers, body| {
            delivery(intake, method, source, Credential::Path(secret), headers, body)
        },
    );
    let by_token =
        warp::path!("webhooks" / String).and(request.clone()).then(|source: String, intake, method, headers, body| {
            delivery(intake, method, source, Credential::Bearer, headers, body)
        });
    let token = warp::path!("oauth" / "token").and(request).then(token);
    let health = warp::path!("healthz").and(warp::method()).map(health);
    let known: BoxedFilter<(Answer,)> = by_path.or(by_token).unify().or(token).unify().or(health).unify().boxed();
    known.or(warp::any().map(answer::not_found)).unify()
}

fn health(method: Method) -> Answer {
    match method {
        Method::GET | Method::HEAD => answer::alive(),
        _ => answer::method_not_allowed("GET, HEAD"),
    }
}

async fn token<B: Buf, E>(
    intake: Arc<Intake>,
    method: Method,
    headers: HeaderMap,
    body: impl Stream<Item = Result<B, E>>,
) -> Answer {
    if method != Method::POST {
        return answer::method_not_allowed("POST");
    }
    oauth::issue(&intake, &headers, body).await
}

async fn delivery<B: Buf, E>(
    intake: Arc<Intake>,
    method: Method,
    source: String,
    credential: Credential,
    headers: HeaderMap,
    body: impl Stream<Item = Result<B, E>>,
) -> Answer {
    if !DELIVERY_METHODS.contains(&method) {
        return answer::method_not_allowed("POST, PATCH, PUT");
    }
    deliver::deliver(&intake, &method, &source, &credential, &headers, body).await
}
