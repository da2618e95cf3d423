//! The private listener: readiness, metrics, and a page that links to both.

use std::convert::Infallible;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::watch;
use warp::filters::BoxedFilter;
use warp::http::header::{CONTENT_TYPE, HOST};
use warp::http::{HeaderMap, HeaderValue, Method};
use warp::hyper::body::Bytes;
use warp::reply::Response;
use warp::{Filter, Reply as _};

use super::answer::{self, Answer};
use super::pages::Pages;
use super::ready::{Turn, ready};
use crate::clock::Clock;
use crate::db::Database;
use crate::inbox::writer::Pulse;
use crate::monitor::{Statements, process};

const PAGE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>ticketledger</title>\
    <h1>ticketledger</h1><ul><li><a href=\"/readyz\">readiness</a></li><li><a href=\"/metrics\">metrics</a></li></ul>";

/// What the private listener reports on.
pub struct Console {
    /// Is it readable, writable and migrated?
    pub database: Database,
    /// For the row that the readiness check writes and rolls back.
    pub clock: Clock,
    /// Is the inbox writer running?
    pub writer: Pulse,
    /// True while the workers run.
    pub workers: Arc<AtomicBool>,
    /// Path of the database if it is a file: is there free space?
    pub database_file: Option<PathBuf>,
    /// Names by which it may be asked for, besides addresses and the names of this machine.
    pub names: Vec<String>,
    /// Lets one readiness check at a time ask the database.
    pub turn: Turn,
    /// Of all database checks together.
    pub timeout: Duration,
    /// Tells how complete each source is.
    pub statements: Statements,
    /// Renders `/metrics`.
    pub metrics: PrometheusHandle,
    /// Makes all other pages; `None` = there is only a front page that links to these two.
    pub pages: Option<Pages>,
}

pub(super) fn routes(
    console: Arc<Console>,
    stopped: watch::Receiver<bool>,
) -> impl Filter<Extract = (Response,), Error = Infallible, Future: Send> + Clone + Send + Sync + 'static {
    let names = console.names.clone();
    let pages = console.pages.clone();
    let with_console = warp::any().map(move || Arc::clone(&console));
    let ready = warp::path!("readyz").and(warp::method()).and(with_console.clone()).then(ready);
    let metrics = warp::path!("metrics").and(warp::method()).and(with_console).map(metrics);
    let page = warp::path::end().and(warp::method()).map(|method| page(&method, PAGE, "text/html; charset=utf-8"));
    let known = ready.or(metrics).unify().map(Answer::into_response).boxed();
    let ours: BoxedFilter<(Response,)> = match pages {
        Some(pages) => known.or(super::pages::routes(pages, stopped)).unify().boxed(),
        None => known.or(page.map(Answer::into_response)).unify().boxed(),
    };
    let ours = ours.or(warp::any().map(|| answer::not_found().into_response())).unify();
    let foreign = warp::header::headers_cloned().and_then(move |headers: HeaderMap| {
        let foreign = is_foreign(&headers, &names);
        async move { if foreign { Ok(answer::misdirected().into_response()) } else { Err(warp::reject::not_found()) } }
    });
    foreign.or(ours).unify()
}

/// Whether a request was meant for somebody else. A web page can make the browser of somebody here ask for a name that
/// it has pointed at this machine; it cannot make the browser ask for an address of ours by its number.
fn is_foreign(headers: &HeaderMap, names: &[String]) -> bool {
    let Some(host) = headers.get(HOST) else { return false };
    let host = host.to_str().unwrap_or_default();
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(address, _)| address);
    let name = bracketed.unwrap_or_else(|| host.rsplit_once(':').map_or(host, |(name, _)| name));
    if name.parse::<IpAddr>().is_ok() {
        return false;
    }
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let machine = rustix::system::uname().nodename().to_string_lossy().to_ascii_lowercase();
    let own = ["localhost", machine.as_str()];
    !(own.contains(&name.as_str()) || name.ends_with(".localhost") || names.contains(&name))
}

fn page(method: &Method, text: impl Into<Bytes>, content_type: &'static str) -> Answer {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return answer::method_not_allowed("GET, HEAD");
    }
    let mut answer = Answer::new(text.into());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

fn metrics(method: Method, console: Arc<Console>) -> Answer {
    process::record();
    page(&method, console.metrics.render(), "text/plain; version=0.0.4; charset=utf-8")
}
