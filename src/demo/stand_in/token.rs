//! The token endpoint: the password grant, and the refresh grant, which rotates the refresh token.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hyper::body::{Body as _, Incoming};
use hyper::header::AUTHORIZATION;
use hyper::{HeaderMap, Request, StatusCode};
use serde_json::json;

use super::answer::{self, Answer};
use super::serve::apply;
use super::state::{Records, State};
use super::{Fault, StandIn};

pub(super) const PATH: &str = "/oauth/v2/token";

const LIFETIME_SECONDS: i64 = 600;

type Form = BTreeMap<String, String>;

pub(super) async fn handle(state: &State, request: Request<Incoming>) -> io::Result<Answer> {
    let (head, body) = request.into_parts();
    let form: Form = serde_urlencoded::from_bytes(&read(body).await?).unwrap_or_default();
    let refreshes = form.get("grant_type").is_some_and(|grant| grant == "refresh_token");
    let _in_hand = refreshes.then(|| Refreshing::enter(state));
    let fault: Option<Fault> = state.lock().token_faults.pop_front();
    apply(state, fault, || grant(state, &head.headers, &form)).await
}

fn grant(state: &State, headers: &HeaderMap, form: &Form) -> Answer {
    let expires_at = state.clock.now().plus_milliseconds(1000 * LIFETIME_SECONDS);
    let mut records = state.lock();
    if !is_our_client(headers) {
        return refuse(&mut records, StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let said = |name: &str| form.get(name).map(String::as_str);
    match said("grant_type") {
        Some("password") => {
            if said("username") != Some(StandIn::USERNAME) || said("password") != Some(StandIn::PASSWORD) {
                return refuse(&mut records, StatusCode::BAD_REQUEST, "invalid_grant");
            }
            records.counts.password_grants += 1;
        }
        Some("refresh_token") => {
            // Removed at once: a refresh token works only once.
            if !said("refresh_token").is_some_and(|token| records.refresh_tokens.remove(token)) {
                return refuse(&mut records, StatusCode::BAD_REQUEST, "invalid_grant");
            }
            records.counts.refresh_grants += 1;
        }
        _ => return refuse(&mut records, StatusCode::BAD_REQUEST, "unsupported_grant_type"),
    }
    records.tokens_issued += 1;
    let access = format!("access-{}", records.tokens_issued);
    let refresh = format!("refresh-{}", records.tokens_issued);
    records.access_tokens.insert(access.clone(), expires_at);
    records.refresh_tokens.insert(refresh.clone());
    let body = json!({ "access_token": access, "refresh_token": refresh, "expires_in": LIFETIME_SECONDS });
    answer::json(StatusCode::OK, &body)
}

fn refuse(records: &mut Records, status: StatusCode, error: &str) -> Answer {
    records.counts.refused_grants += 1;
    answer::json(status, &json!({ "error": error }))
}

fn is_our_client(headers: &HeaderMap) -> bool {
    let credentials = format!("{}:{}", StandIn::CLIENT_KEY, StandIn::CLIENT_SECRET);
    let expected = format!("Basic {}", BASE64_STANDARD.encode(credentials));
    headers.get(AUTHORIZATION).is_some_and(|value| value.as_bytes() == expected.as_bytes())
}

pub(super) async fn read(mut body: Incoming) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(io::Error::other)?;
        bytes.extend(frame.data_ref().into_iter().flatten());
    }
    Ok(bytes)
}

/// Counts the running refresh requests.
struct Refreshing<'a>(&'a State);

impl<'a> Refreshing<'a> {
    fn enter(state: &'a State) -> Self {
        let mut records = state.lock();
        records.refreshing += 1;
        records.counts.most_concurrent_refreshes = records.counts.most_concurrent_refreshes.max(records.refreshing);
        Self(state)
    }
}

impl Drop for Refreshing<'_> {
    fn drop(&mut self) {
        let mut records = self.0.lock();
        records.refreshing = records.refreshing.saturating_sub(1);
    }
}
