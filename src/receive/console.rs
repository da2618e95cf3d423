//! The private listener: readiness, metrics, and a page that says where they are.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::{Value, json};
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::http::header::CONTENT_TYPE;
use warp::http::{HeaderValue, Method, Response, StatusCode};
use warp::hyper::body::Bytes;

use super::answer::{self, Answer};
use super::store::{self, StoredToken};
use crate::clock::Clock;
use crate::db::{self, Database, pending_migrations};
use crate::inbox::writer::Pulse;

const PAGE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>ticketledger</title>\
    <h1>ticketledger</h1><ul><li><a href=\"/readyz\">readiness</a></li><li><a href=\"/metrics\">metrics</a></li></ul>";

/// What the private listener shows.
pub struct Console {
    /// Is it readable, writable, up to date?
    pub database: Database,
    /// For the rows that the check writes and takes back.
    pub clock: Clock,
    /// Is the inbox writer there?
    pub writer: Pulse,
    /// Set while the workers run.
    pub workers: Arc<AtomicBool>,
    /// Renders `/metrics`.
    pub metrics: PrometheusHandle,
}

/// All routes.
pub(super) fn routes(
    console: Arc<Console>,
) -> impl Filter<Extract = (Answer,), Error = Infallible, Future: Send> + Clone + Send + Sync + 'static {
    let with_console = warp::any().map(move || Arc::clone(&console));
    let ready = warp::path!("readyz").and(warp::method()).and(with_console.clone()).then(ready);
    let metrics = warp::path!("metrics").and(warp::method()).and(with_console).map(metrics);
    let page = warp::path::end().and(warp::method()).map(|method| page(&method, PAGE, "text/html; charset=utf-8"));
    let known: BoxedFilter<(Answer,)> = ready.or(metrics).unify().or(page).unify().boxed();
    known.or(warp::any().map(answer::not_found)).unify()
}

fn page(method: &Method, text: impl Into<Bytes>, content_type: &'static str) -> Answer {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return answer::method_not_allowed("GET, HEAD");
    }
    let mut answer = Response::new(text.into());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

fn metrics(method: Method, console: Arc<Console>) -> Answer {
    page(&method, console.metrics.render(), "text/plain; version=0.0.4; charset=utf-8")
}

async fn ready(method: Method, console: Arc<Console>) -> Answer {
    if !matches!(method, Method::GET | Method::HEAD) {
        return answer::method_not_allowed("GET, HEAD");
    }
    let checked = tokio::task::spawn_blocking(move || checks(&console)).await;
    let checks = checked.unwrap_or_else(|_| vec![("checks", Err("ended early".to_owned()))]);
    let ready = checks.iter().all(|(_, result)| result.is_ok());
    let shown: serde_json::Map<String, Value> = checks
        .into_iter()
        .map(|(name, result)| (name.to_owned(), Value::String(result.err().unwrap_or_else(|| "ok".to_owned()))))
        .collect();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    answer::json(status, &json!({ "ready": ready, "checks": shown }))
}

/// Each check with what is wrong.
fn checks(console: &Console) -> Vec<(&'static str, Result<(), String>)> {
    let migrations = match pending_migrations(&console.database) {
        Ok(0) => Ok(()),
        Ok(missing) => Err(format!("{missing} missing; restart the daemon to apply them")),
        Err(error) => Err(error.to_string()),
    };
    let alive = |alive: bool| if alive { Ok(()) } else { Err("not running; restart the daemon".to_owned()) };
    vec![
        ("database", writable(console).map_err(|error| error.to_string())),
        ("migrations", migrations),
        ("inbox_writer", alive(console.writer.is_alive())),
        ("workers", alive(console.workers.load(Ordering::Relaxed))),
    ]
}

/// How a check that writes ends.
enum Undone {
    Written,
    Failed(db::Error),
}

impl From<db::Error> for Undone {
    fn from(error: db::Error) -> Self {
        Self::Failed(error)
    }
}

/// Writes a row and takes it back: a database that can only be read is not ready.
fn writable(console: &Console) -> db::Result<()> {
    let row = StoredToken {
        token_sha256: "0".repeat(64),
        source: "readyz".to_owned(),
        client_id: "readyz".to_owned(),
        expires_at: console.clock.now(),
    };
    let undone = console.database.transaction("readyz", |connection| {
        store::insert_token(connection, &row)?;
        Err::<(), _>(Undone::Written)
    });
    match undone {
        Err(Undone::Failed(error)) => Err(error),
        Ok(()) | Err(Undone::Written) => Ok(()),
    }
}
