//! `/readyz`: the result of each readiness check by name. Responds within a few seconds, whatever hangs.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use tokio::sync::Semaphore;
use warp::http::{Method, StatusCode};

use super::answer::{self, Answer};
use super::console::Console;
use super::store::{self, StoredToken};
use crate::db::{self, Error, pending_migrations};
use crate::limits;
use crate::monitor::disk;

/// Name of a check, and its error if it fails.
type Check = (&'static str, Result<(), String>);

/// Lets one request at a time ask the database, so that a database that hangs blocks only one thread.
#[derive(Clone, Debug)]
pub struct Turn(Arc<Semaphore>);

impl Default for Turn {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

pub(super) async fn ready(method: Method, console: Arc<Console>) -> Answer {
    if !matches!(method, Method::GET | Method::HEAD) {
        return answer::method_not_allowed("GET, HEAD");
    }
    let alive = |alive: bool| if alive { Ok(()) } else { Err("not running; restart the daemon".to_owned()) };
    let mut checks = of_database(&console).await;
    checks.push(("inbox_writer", alive(console.writer.is_alive())));
    checks.push(("workers", alive(console.workers.load(Ordering::Relaxed))));
    let ready = checks.iter().all(|(_, result)| result.is_ok());
    let shown: serde_json::Map<String, Value> = checks
        .into_iter()
        .map(|(name, result)| (name.to_owned(), Value::String(result.err().unwrap_or_else(|| "ok".to_owned()))))
        .collect();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    // For whoever reads it: a source that is behind does not make the daemon unready.
    let freshness = (console.statements)();
    answer::json(status, &json!({ "ready": ready, "checks": shown, "freshness": freshness }))
}

async fn of_database(console: &Arc<Console>) -> Vec<Check> {
    let asked = Arc::clone(console);
    let checks = async {
        // The semaphore is never closed.
        let turn = Arc::clone(&console.turn.0).acquire_owned().await;
        let checks = console.database.run(move |_| {
            let checks = ask(&asked);
            drop(turn);
            Ok::<_, Error>(checks)
        });
        checks.await.unwrap_or_else(|error| vec![("database", Err(error.to_string()))])
    };
    tokio::time::timeout(console.timeout, checks).await.unwrap_or_else(|_| {
        let text = format!("no answer within {} s; check the database and its disk", console.timeout.as_secs());
        vec![("database", Err(text))]
    })
}

fn ask(console: &Console) -> Vec<Check> {
    let migrations = match pending_migrations(&console.database) {
        Ok(0) => Ok(()),
        Ok(missing) => Err(format!("{missing} not applied; restart the daemon to apply them")),
        Err(error) => Err(error.to_string()),
    };
    let mut checks =
        vec![("database", writable(console).map_err(|error| error.to_string())), ("migrations", migrations)];
    if let Some(file) = &console.database_file {
        checks.push(("disk", space(file)));
    }
    checks
}

fn space(file: &Path) -> Result<(), String> {
    let free = disk::free_bytes(file).map_err(|error| error.to_string())?;
    if free >= limits::DISK_LEAST_BYTES {
        return Ok(());
    }
    let (free, least) = (free / 1_048_576, limits::DISK_LEAST_BYTES / 1_048_576);
    Err(format!("{free} MiB free at {}, {least} MiB needed; free some space", file.display()))
}

/// How the write check ends; both are errors, so that the row is rolled back.
enum Undone {
    Written,
    Failed(db::Error),
}

impl From<db::Error> for Undone {
    fn from(error: db::Error) -> Self {
        Self::Failed(error)
    }
}

/// Writes a row and rolls it back: a read-only database is not ready.
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
