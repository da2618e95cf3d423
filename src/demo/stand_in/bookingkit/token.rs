//! The token endpoint: client credentials, and one active token for a client.

use std::collections::BTreeMap;
use std::io;

use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use serde_json::json;

use super::super::answer::{self, Answer};
use super::super::serve::apply;
use super::super::state::State;
use super::super::token::read;
use super::Bookingkit;
use super::records::Token;

pub(super) const PATH: &str = "/oauth/token";

pub(super) async fn handle(state: &State, request: Request<Incoming>) -> io::Result<Answer> {
    let bookingkit = &state.bookingkit;
    if request.method() != Method::POST {
        return Ok(answer::method_not_allowed());
    }
    let form: BTreeMap<String, String> =
        serde_urlencoded::from_bytes(&read(request.into_body()).await?).unwrap_or_default();
    let (fault, readings) = {
        let mut records = bookingkit.lock();
        (records.token_faults.pop_front(), records.readings.clone())
    };
    let mut answer = apply(state, fault, || grant(bookingkit, &form)).await?;
    readings.date(&bookingkit.clock, &mut answer);
    Ok(answer)
}

fn grant(bookingkit: &Bookingkit, form: &BTreeMap<String, String>) -> Answer {
    let said = |name: &str| form.get(name).map(String::as_str);
    if said("client_id") != Some(Bookingkit::CLIENT_ID) || said("client_secret") != Some(Bookingkit::CLIENT_SECRET) {
        return answer::json(StatusCode::UNAUTHORIZED, &json!({ "error": "invalid_client" }));
    }
    if said("grant_type") != Some("client_credentials") {
        return answer::json(StatusCode::BAD_REQUEST, &json!({ "error": "unsupported_grant_type" }));
    }
    let now = bookingkit.clock.now();
    let mut records = bookingkit.lock();
    if records.token.as_ref().is_some_and(|token| token.expires_at > now) {
        records.counts.refused_tokens += 1;
        return answer::reuse_the_token();
    }
    records.counts.tokens += 1;
    records.token_works = true;
    let seconds = records.readings.token_seconds;
    // Forty hexadecimal digits, as documented.
    let text = format!("{:040x}", 0xb454_0b43_u64 + records.counts.tokens);
    records.token = Some(Token { text: text.clone(), expires_at: now.plus_milliseconds(1000 * seconds) });
    let body = json!({
        "access_token": text, "token_type": "Bearer", "expires_in": seconds, "scope": "orders_read_owned"
    });
    answer::json(StatusCode::OK, &body)
}
