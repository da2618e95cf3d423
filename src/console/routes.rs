//! From a request to its page: who asks, whether he may, and which page it is.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use serde_json::json;
use warp::http::header::{ALLOW, WWW_AUTHENTICATE};
use warp::http::{HeaderValue, Method, StatusCode};
use warp::reply::Response;

use super::access::{self, Identity, refusals};
use super::actions::Actions;
use super::again::{self, Filter};
use super::fault::Fault;
use super::layout::{Area, Shell};
use super::reply::{self, Answered};
use super::site::Site;
use super::visit::Visit;
use super::words::Table as _;
use super::{act, assets, books, contacts, findings, inbox, live, orders, overview, takes, vouchers};
use crate::receive::{PageRequest, Pages};
use crate::report::pack::paper::Language;

/// How old the sentence above every page may be.
const FRESH: Duration = Duration::from_secs(10);

/// The pages of a site, for the private listener.
pub fn pages(site: Arc<Site>) -> Pages {
    Arc::new(move |request| {
        let site = Arc::clone(&site);
        Box::pin(async move { reply::guarded(answer(&site, request).await) })
    })
}

async fn answer(site: &Arc<Site>, request: PageRequest) -> Response {
    if let Some(file) = assets::file(&request.path) {
        return file;
    }
    let mut visit = Visit::new(request, site.clock.now(), site.zone());
    if !matches!(visit.method, Method::GET | Method::HEAD | Method::POST) {
        return not_allowed("GET, HEAD, POST");
    }
    match identified(site, &mut visit).await {
        Ok(response) => response,
        Err(fault) => {
            refusals::note_fault(site, &visit, &fault).await;
            let again = again::page(site, &visit, &fault).await;
            again.unwrap_or_else(|| faulty(site, &visit, &fault))
        }
    }
}

async fn identified(site: &Arc<Site>, visit: &mut Visit) -> Answered {
    let identity = access::identify(site, visit).await?;
    let is_foreign = visit.is_post() && !visit.is_same_origin();
    // Whoever signs in once more becomes somebody else, or gets a new session.
    if visit.is_post() && visit.segments == ["sign-in"] && !is_foreign && !matches!(identity, Identity::Refused(_)) {
        takes::checked(visit)?;
        return access::pages::signed_out(site, visit).await;
    }
    match identity {
        Identity::Known(viewer) => visit.viewer = Some(viewer),
        Identity::Refused(why) => return Ok(unauthorized(site, visit, why)),
        Identity::Unknown if is_foreign => {}
        Identity::Unknown => return access::pages::signed_out(site, visit).await,
    }
    if is_foreign {
        return Err(Fault::Forged("form_origin"));
    }
    let Some(viewer) = &visit.viewer else { return Err(Fault::Forbidden) };
    if visit.is_post() {
        if viewer.is_program() {
            refusals::note(site, visit, "page_refused", "token_reads", String::new()).await;
            return Ok(not_allowed("GET, HEAD"));
        }
        if !access::is_genuine(viewer, visit.form.get("csrf").unwrap_or_default()) {
            return Err(Fault::Forged("form_token"));
        }
    }
    takes::checked(visit)?;
    if !visit.is_post() && visit.segments == ["live"] {
        return live::stream(site, visit.clone()).await;
    }
    // What stands around every page says how fresh the figures are, and must not be old itself. A database that does
    // not answer is told by the page.
    if !visit.is_post() && !visit.segments.is_empty() {
        let _ = site.seen(FRESH).await;
    }
    page(site, visit).await
}

/// How every address of the console begins, but for the first page and the files.
pub(super) const FIRST: [&str; 12] = [
    "access", "books", "contacts", "done", "findings", "inbox", "language", "live", "orders", "sign-in", "sign-out",
    "vouchers",
];

/// Every address of the console. An area routes its own.
pub(super) async fn page(site: &Arc<Site>, visit: &Visit) -> Answered {
    let segments: Vec<&str> = visit.segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        [] if !visit.is_post() => overview::page(site, visit).await,
        ["done", key] if !visit.is_post() => act::result(site, visit, key).await,
        ["inbox", rest @ ..] => inbox::route(site, visit, rest).await,
        ["orders", rest @ ..] => orders::route(site, visit, rest).await,
        ["vouchers", rest @ ..] => vouchers::route(site, visit, rest).await,
        ["findings", rest @ ..] => findings::route(site, visit, rest).await,
        ["books", rest @ ..] => books::route(site, visit, rest).await,
        ["contacts", rest @ ..] => contacts::route(site, visit, rest).await,
        ["access" | "sign-in" | "sign-out" | "language", ..] => access::pages::route(site, visit, &segments).await,
        _ => Err(Fault::NotFound),
    }
}

#[derive(Template)]
#[template(path = "fault.html", config = "src/console/askama.toml")]
struct FaultPage<'a> {
    shell: Shell,
    text: &'a str,
    path: String,
    /// To write the address anew, if one of them is wrong.
    filters: Vec<Filter>,
}

/// The page that says what went wrong; a program gets it as JSON.
fn faulty(site: &Arc<Site>, visit: &Visit, fault: &Fault) -> Response {
    if let Fault::Failed(error) = fault {
        let area = visit.segments.first().map_or("", String::as_str);
        tracing::warn!(%error, area, "a page of the console failed");
    }
    let (title, text) = fault.in_words(visit.language);
    let status = fault.status();
    if visit.wants_json() {
        let mut body = json!({ "error": fault.code(), "error_description": text });
        if let (Fault::Wrong(wrong), Some(fields)) = (fault, body.as_object_mut()) {
            fields.insert("error_description".to_owned(), wrong.described(visit.language).into());
            fields.insert("wrong".to_owned(), wrong.told(visit.language));
        }
        return reply::bytes(status, "application/json", body.to_string());
    }
    let (path, filters) = (again::path(visit), again::filters(visit, fault));
    let has_list = filters.iter().any(|filter| !filter.choices.is_empty());
    let text = match fault {
        Fault::Wrong(wrong) if has_list => wrong.beside_choices(visit.language).into(),
        _ => text,
    };
    let text = text.as_ref();
    let shell = Shell::new(site, visit, Area::Other, title);
    reply::page(status, &FaultPage { shell, text, path, filters })
        .unwrap_or_else(|_| reply::bytes(status, "text/plain", title))
}

/// For programs, and for people behind a proxy that is not set up as it should be.
fn unauthorized(site: &Arc<Site>, visit: &Visit, why: &'static str) -> Response {
    let is_browser = visit.header("accept").is_some_and(|accept| accept.contains("text/html"));
    let language = if is_browser { visit.language } else { Language::En };
    let text = Actions::named(language, why).unwrap_or(why);
    let body = || {
        let body = json!({ "error": "unauthorized", "error_description": text }).to_string();
        reply::bytes(StatusCode::UNAUTHORIZED, "application/json", body)
    };
    let mut response = if is_browser && visit.header("authorization").is_none() {
        let shell = Shell::new(site, visit, Area::Other, visit.words().unknown_title);
        let page = FaultPage { shell, text, path: String::new(), filters: Vec::new() };
        reply::page(StatusCode::UNAUTHORIZED, &page).unwrap_or_else(|_| body())
    } else {
        body()
    };
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

fn not_allowed(allowed: &'static str) -> Response {
    let mut response =
        reply::bytes(StatusCode::METHOD_NOT_ALLOWED, "application/json", "{\"error\":\"method_not_allowed\"}");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}
