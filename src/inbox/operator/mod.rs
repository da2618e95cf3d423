//! What an operator does with the inbox: look, set events back to be worked on again, and set events aside.
//!
//! A replay works beside a running daemon. It goes in steps, each a short transaction, so that deliveries are stored
//! in between; it leaves alone what a worker is at, and it is written down: who, when, why, what was chosen.

mod action;
pub mod dismiss;
mod filter;
pub mod store;
mod turn;

use serde::Serialize;

use super::{Classified, Entity, EventId, ParkReason, State};
use crate::clock::{Clock, Timestamp};
use crate::db::vocabulary::Vocabulary as _;
use crate::db::{Database, Error, Result};

pub use self::action::{Action, ActionKind, record};
pub use self::filter::Filter;
pub use self::turn::{Undone, last_act};

/// Events that one transaction of a replay or a dismissal changes: on SQLite all writers wait for it.
const STEP: i64 = 2_000;

#[derive(Clone, Debug, PartialEq, Eq, diesel::Queryable, diesel::Selectable)]
#[diesel(table_name = crate::db::schema::inbox_events)]
pub struct Summary {
    pub id: EventId,
    pub source: String,
    pub kind: String,
    pub entity: Option<String>,
    pub received_at: Timestamp,
    pub state: String,
    /// Why it is parked, or why its last attempt failed.
    pub reason: Option<String>,
    pub attempts: i32,
    /// When it is due; for an event in work the end of its lease.
    pub due_at: Timestamp,
}

/// All that is known of an event but its body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, diesel::Queryable)]
pub struct Detail {
    pub id: EventId,
    pub source: String,
    pub kind: String,
    pub entity: Option<String>,
    pub received_at: Timestamp,
    /// `POST`, `PATCH` or `PUT`.
    pub method: String,
    pub content_type: Option<String>,
    /// JSON object of the headers that are kept.
    pub headers: String,
    /// Hash of the body, which outlives the body.
    pub body_sha256: String,
    pub state: String,
    /// Why it is parked, or why its last attempt failed.
    pub reason: Option<String>,
    /// The reason in words.
    pub detail: Option<String>,
    pub attempts: i32,
    /// When it is due; for an event in work the end of its lease.
    pub due_at: Timestamp,
    /// When it was applied, parked or dismissed.
    pub finished_at: Option<Timestamp>,
}

/// One line of the history of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, diesel::Queryable)]
pub struct Attempt {
    pub at: Timestamp,
    pub attempt: i32,
    /// How it failed, or the name of an operator's action.
    pub verdict: String,
    pub reason: String,
    pub detail: Option<String>,
    /// When it was to be tried again.
    pub next_due_at: Option<Timestamp>,
    /// Who acted, if it was an operator.
    pub actor: Option<String>,
    pub why: Option<String>,
}

/// How many events are in a state; of the parked ones, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, diesel::Queryable)]
pub struct Count {
    pub source: String,
    pub state: String,
    /// The reason, where it tells events of a state apart.
    pub reason: Option<String>,
    pub events: i64,
    pub oldest_received_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// These, whatever their state.
    Ids(Vec<EventId>),
    Matching(Filter),
}

/// Who replays, and why: it is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    pub actor: String,
    pub why: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// Set back to pending.
    pub replayed: i64,
    /// Left alone, because a worker is at them right now.
    pub in_work: i64,
    /// Looked at anew and still not understood: parked with the reason of today.
    pub still_parked: i64,
    /// Left as they are, because their bodies were pruned or erased: they can never be worked on again.
    pub pruned: i64,
}

/// The first numbers of `ids` that are no event.
///
/// # Errors
/// When the database cannot be read.
pub fn unknown(database: &Database, ids: &[EventId]) -> Result<Vec<EventId>> {
    let known = store::existing(&mut database.reader()?, ids)?;
    Ok(ids.iter().filter(|id| !known.contains(id)).copied().collect())
}

/// What a replay would set back, counted by source, state and reason.
///
/// # Errors
/// When the database cannot be read.
pub fn preview(database: &Database, selection: &Selection) -> Result<Vec<Count>> {
    let mut counts = store::count(&mut database.reader()?, selection)?;
    counts.sort();
    Ok(counts)
}

/// How many events are in which state, the parked ones by reason.
///
/// # Errors
/// When the database cannot be read.
pub fn stats(database: &Database, source: Option<&str>) -> Result<Vec<Count>> {
    let parked = Filter { source: source.map(str::to_owned), states: Some(vec![State::Parked]), ..Filter::default() };
    let mut counts: Vec<Count> = database.read(|connection| {
        let mut counts = store::count_states(connection, source)?;
        counts.retain(|count| count.state != State::Parked.as_str());
        counts.extend(store::count(connection, &Selection::Matching(parked))?);
        Ok::<_, Error>(counts)
    })?;
    counts.sort();
    Ok(counts)
}

/// A delivery as it is stored.
#[derive(diesel::Queryable)]
pub struct Stored {
    pub content_type: Option<String>,
    /// JSON object of the headers that were kept.
    pub headers: String,
    /// `None` once it is pruned.
    pub body: Option<Vec<u8>>,
}

impl Stored {
    /// The value of a kept header.
    pub fn header(&self, name: &str) -> Option<String> {
        let headers: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&self.headers).ok()?;
        headers.get(name)?.as_str().map(str::to_owned)
    }
}

/// Tells what a stored delivery to a source is about; `None` when the settings have no such source.
pub type Classify<'a> = dyn Fn(&str, &Stored, &[u8]) -> Option<Classified> + 'a;

/// Sets the chosen events back to pending with a fresh budget of attempts. Events that were not understood when they
/// came are read anew by `classify`. With `known`, the last act that was known when these were looked at, nothing is
/// done if there was another one since.
///
/// # Errors
/// When somebody was faster. When a statement fails; the steps before it stay done and are written down.
pub fn replay(
    database: &Database,
    clock: &Clock,
    classify: &Classify<'_>,
    selection: &Selection,
    reason: &Reason,
    known: Option<i64>,
    mut progress: impl FnMut(&Replayed),
) -> std::result::Result<Replayed, Undone> {
    // What is parked from now on is not part of this replay, so that it comes to an end.
    let last = store::last_id(&mut database.reader()?)?;
    let now = clock.now();
    let mut total = Replayed::default();
    let mut action = None;
    let mut after = 0;
    while after < last {
        let step = database.transaction("replay", |connection| {
            turn::take(connection, known.filter(|_| action.is_none()))?;
            let chosen = store::choose(connection, selection, after, last, STEP)?;
            let Some(&(end, _)) = chosen.last() else { return Ok::<_, Undone>(None) };
            let action = match action {
                Some(action) => action,
                None => record(connection, &opening(now, reason, &selection.to_string()))?,
            };
            let replayed = replay_step(connection, now, classify, &chosen, action)?;
            store::add_to_action(connection, action, replayed.replayed)?;
            Ok(Some((end, action, replayed)))
        })?;
        let Some((end, step_action, replayed)) = step else { break };
        (after, action) = (end, Some(step_action));
        total.replayed += replayed.replayed;
        total.in_work += replayed.in_work;
        total.still_parked += replayed.still_parked;
        total.pruned += replayed.pruned;
        progress(&total);
    }
    Ok(total)
}

/// The record of a replay that begins.
pub(crate) fn opening<'a>(at: Timestamp, reason: &'a Reason, selection: &'a str) -> Action<'a> {
    Action { kind: ActionKind::Replay, at, reason, selection, changed: 0 }
}

/// Sets events back that nobody works on, in the caller's transaction.
pub(crate) fn replay_step(
    connection: &mut crate::db::Connection,
    now: Timestamp,
    classify: &Classify<'_>,
    chosen: &[(EventId, String)],
    action: i64,
) -> Result<Replayed> {
    let free = store::lock_free(connection, chosen, now)?;
    let mut replayed =
        Replayed { in_work: i64::try_from(chosen.len() - free.len()).unwrap_or(0), ..Replayed::default() };
    let mut ready = Vec::with_capacity(free.len());
    for event in free {
        if event.was_understood() && event.is_pruned() {
            replayed.pruned += 1;
            continue;
        }
        if event.was_understood() {
            ready.push(event.id);
            continue;
        }
        match read_anew(connection, classify, &event)? {
            Classified::Understood { kind, entity } => {
                store::understand(connection, event.id, &kind, &entity.to_string())?;
                ready.push(event.id);
            }
            Classified::Parked { kind, entity, reason, detail } => {
                let entity = entity.map(|entity| entity.to_string());
                store::park_again(connection, event.id, &kind, entity.as_deref(), reason.as_str(), &detail)?;
                replayed.still_parked += 1;
            }
        }
    }
    store::set_back(connection, &ready, now, action)?;
    replayed.replayed = i64::try_from(ready.len()).unwrap_or(i64::MAX);
    Ok(replayed)
}

fn read_anew(
    connection: &mut crate::db::Connection,
    classify: &Classify<'_>,
    event: &store::Free,
) -> Result<Classified> {
    let entity = event.entity.as_deref().map(|text| Entity::stored(text, format_args!("event {}", event.id)));
    let entity = entity.transpose()?;
    let parked = |reason, detail: String| Classified::Parked {
        kind: event.kind.clone(),
        entity: entity.clone(),
        reason,
        detail,
    };
    let stored = store::stored(connection, event.id)?;
    let Some(body) = &stored.body else {
        return Ok(parked(ParkReason::BodyPruned, "the body was deleted, so it cannot be read again".to_owned()));
    };
    let unknown = || parked(ParkReason::SourceNotConfigured, format!("the settings have no source `{}`", event.source));
    Ok(classify(&event.source, &stored, body).unwrap_or_else(unknown))
}

impl std::fmt::Display for Selection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Matching(filter) => filter.fmt(f),
            Self::Ids(ids) => {
                let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
                write!(f, "id={}", ids.join(","))
            }
        }
    }
}
