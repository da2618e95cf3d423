//! Answers, and the headers that all of them have.

use askama::Template;
use serde_json::Value;
use warp::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, LOCATION, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use warp::http::{HeaderValue, StatusCode};
use warp::hyper::body::Bytes;
use warp::reply::{Reply as _, Response};

use super::fault::Fault;
use super::tickets;
use super::visit::Visit;

/// What an action or a page answers.
pub(super) type Answered = Result<Response, Fault>;

/// Nothing but our own files: no inline script or style, no frame around us, no form that leads elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    ),
];

/// Adds the headers that every answer has. A page is not stored anywhere unless the answer says otherwise.
pub(super) fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

pub(super) fn bytes(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response {
    let mut response = warp::http::Response::new(body.into()).into_response();
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// What a page shows, for programs: the same, masked as it is there, with codes and numbers in place of words and
/// figures in the language of the reader.
pub(super) trait Told {
    fn told(&self) -> Value;
}

/// A page with data: as HTML, or told to a program.
pub(super) fn shown(visit: &Visit, page: &(impl Template + Told)) -> Answered {
    if visit.wants_json() { json(page.told()) } else { self::page(StatusCode::OK, page) }
}

/// Where a list goes on, for programs.
pub(super) fn next(path: &str, query: Option<&String>) -> Value {
    query.map_or(Value::Null, |query| Value::from(format!("{path}?{query}")))
}

/// A page that has no data, such as the form of signing in.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Answered {
    let text = template.render().map_err(|error| Fault::Failed(error.into()))?;
    Ok(bytes(status, "text/html; charset=utf-8", tickets::hidden(&text)))
}

/// A page with everything as it came, for whoever has asked for it.
pub(super) fn whole(template: &impl Template) -> Answered {
    let text = template.render().map_err(|error| Fault::Failed(error.into()))?;
    Ok(bytes(StatusCode::OK, "text/html; charset=utf-8", text))
}

/// Every number is a text, so that none is rounded on its way: programs read numbers as floating point.
pub(super) fn json(mut value: Value) -> Answered {
    numbers_as_texts(&mut value);
    tickets::hide(&mut value);
    let text = serde_json::to_vec_pretty(&value).map_err(|error| Fault::Failed(error.into()))?;
    Ok(bytes(StatusCode::OK, "application/json", text))
}

fn numbers_as_texts(value: &mut Value) {
    match value {
        Value::Number(number) => *value = Value::String(number.to_string()),
        Value::Array(items) => items.iter_mut().for_each(numbers_as_texts),
        Value::Object(fields) => fields.values_mut().for_each(numbers_as_texts),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// What can be serialized, as a part of what a page tells.
pub(super) fn value(value: &impl serde::Serialize) -> Value {
    // Rows of ours have texts for keys: they can always be written.
    serde_json::to_value(value).unwrap_or_default()
}

/// To another address by GET, so that a page that is loaded again sends no form again.
pub(super) fn see_other(address: &str) -> Response {
    let mut response = bytes(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", "");
    // An address of ours has only characters that a header takes.
    if let Ok(value) = HeaderValue::from_str(address) {
        response.headers_mut().insert(LOCATION, value);
    }
    response
}

/// A file to be stored by the browser. `name` is cut to characters that need no escape.
pub(super) fn download(name: &str, content_type: &'static str, body: impl Into<Bytes>) -> Response {
    let mut response = bytes(StatusCode::OK, content_type, body);
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' }).collect();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{plain}\"")) {
        response.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    response
}
