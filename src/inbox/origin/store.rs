//! The statements that tell how events came. None opens a transaction.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::{Origin, run_in};
use crate::clock::Timestamp;
use crate::db::schema::{inbox_events, sweep_runs};
use crate::db::{Connection, Result};
use crate::inbox::EventId;
use crate::on_engine;

/// How sweeps and people bring events; whatever else there is, a provider sent.
const METHODS: [&str; 2] = ["GET", "IMPORT"];
/// Numbers in one statement.
const STEP: usize = 500;

type Brought = (EventId, String, String, String, Timestamp);

/// How each of these events came; what is missing, came as a webhook.
///
/// # Errors
/// When a statement fails.
pub fn origins(connection: &mut Connection, ids: &[EventId]) -> Result<BTreeMap<EventId, Origin>> {
    let mut origins = BTreeMap::new();
    for ids in ids.chunks(STEP) {
        let query = inbox_events::table
            .filter(inbox_events::id.eq_any(ids))
            .filter(inbox_events::method.eq_any(METHODS))
            .select((
                inbox_events::id,
                inbox_events::method,
                inbox_events::kind,
                inbox_events::headers,
                inbox_events::received_at,
            ));
        let brought: Vec<Brought> = on_engine!(connection, |c| query.load(c))?;
        let runs: Vec<i64> = brought.iter().filter_map(|(_, _, _, headers, _)| run_in(headers)).collect();
        let runs = runs_of(connection, &runs)?;
        for (id, method, kind, headers, received_at) in brought {
            let run = run_in(&headers).and_then(|run| runs.get(&run));
            let run_at = run.map_or(received_at, |(asked_at, _)| *asked_at);
            let origin = match (method.as_str(), kind.as_str(), run) {
                ("GET", _, Some((_, kind))) if kind == "history" => Origin::Past { run_at },
                ("GET", "history", None) => Origin::Past { run_at },
                ("GET", ..) => Origin::Sweep { run_at },
                (_, "retain", _) => Origin::Decision,
                _ => Origin::Import,
            };
            origins.insert(id, origin);
        }
    }
    Ok(origins)
}

/// When each of these runs began, and its kind.
fn runs_of(connection: &mut Connection, runs: &[i64]) -> Result<BTreeMap<i64, (Timestamp, String)>> {
    if runs.is_empty() {
        return Ok(BTreeMap::new());
    }
    let query = sweep_runs::table.filter(sweep_runs::id.eq_any(runs)).select((
        sweep_runs::id,
        sweep_runs::asked_at,
        sweep_runs::kind,
    ));
    let rows: Vec<(i64, Timestamp, String)> = on_engine!(connection, |c| query.load(c))?;
    Ok(rows.into_iter().map(|(id, asked_at, kind)| (id, (asked_at, kind))).collect())
}
