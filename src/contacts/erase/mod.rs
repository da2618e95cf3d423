//! Erases a person: the contact, the bodies of all deliveries and documents about their orders, and what was written
//! down about those deliveries: their headers, and why they failed.
//!
//! What the books need stays: the hashes of the bodies, opaque ids, amounts, and the snapshots, which never held
//! personal data. So the hash chain, the balances, a rebuild and a trace do not change.

mod store;

use serde::Serialize;

use super::store as contacts;
use crate::clock::Timestamp;
use crate::db::{Connection, Database};
use crate::hash;
use crate::inbox::operator::{self, Action, ActionKind, Reason};
use crate::inbox::{Entity, State};

/// What an erasure deleted, or would delete. Contains no personal data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    pub contact_id: i64,
    pub source: String,
    /// Orders of the contact, whose deliveries lost their bodies.
    pub orders: Vec<String>,
    /// Deliveries that lost their bodies.
    pub events: usize,
    /// Parked deliveries among them, which can no longer be replayed.
    pub parked: Vec<i64>,
    /// Fetched documents that lost their bodies.
    pub documents: usize,
    /// Other contacts of the same orders; they keep their data until they are erased themselves.
    pub other_contacts: Vec<i64>,
    /// Hash of which deliveries, documents and contacts these are.
    #[serde(skip)]
    pub shown_sha256: String,
}

/// Why an erasure was refused.
#[derive(Debug, thiserror::Error)]
pub enum Unerasable {
    #[error("there is no contact {0}")]
    Unknown(i64),
    #[error("contact {0} was already erased, at {1}")]
    Already(i64, Timestamp),
    #[error(
        "webhooks {0:?} about this person are not processed yet and still need their contents; wait until they are \
         done or parked"
    )]
    Pending(Vec<i64>),
    #[error(
        "webhooks {0:?} about this person are parked and could never be replayed afterwards; replay them first, or \
         pass --parked-too"
    )]
    Parked(Vec<i64>),
    #[error("what would be erased is not what was shown any more; look again, nothing was changed")]
    Changed,
    #[error(transparent)]
    Database(#[from] crate::db::Error),
}

/// Erases a person in one transaction. With `dry_run` only returns what would be deleted. With `shown`, the hash of
/// what was to be deleted then, nothing else is.
///
/// # Errors
/// When the contact is unknown or already erased, when it is not what was shown, when deliveries still need their
/// bodies, or when a statement fails.
pub fn erase(
    database: &Database,
    contact_id: i64,
    parked_too: bool,
    reason: &Reason,
    now: Timestamp,
    shown: Option<&str>,
    dry_run: bool,
) -> Result<Erased, Unerasable> {
    if dry_run {
        return database.read(|connection| Ok(plan(connection, contact_id, parked_too)?.erased));
    }
    let erased = database.transaction("erase", |connection| {
        store::lock(connection, contact_id)?;
        let Plan { erased, events, all_events, documents } = plan(connection, contact_id, parked_too)?;
        if shown.is_some_and(|shown| shown != erased.shown_sha256) {
            return Err(Unerasable::Changed);
        }
        store::take_bytes(connection, &events, &documents)?;
        store::take_words(connection, &all_events)?;
        store::erase(connection, contact_id, now)?;
        if !store::wipe_free_pages(connection)? {
            tracing::warn!("free pages of the database may hold copies of what was erased; run VACUUM at a quiet hour");
        }
        let what = format!(
            "contact={contact_id} source={} orders={} events={} documents={}",
            erased.source,
            erased.orders.len(),
            erased.events,
            erased.documents
        );
        let (kind, changed) = (ActionKind::Erase, erased.events);
        operator::record(connection, &Action { kind, at: now, reason, selection: &what, changed })?;
        Ok::<_, Unerasable>(erased)
    })?;
    // The erasure is committed; this removes the last copy, in the write-ahead log, as soon as possible.
    if let Err(error) = database.write_back() {
        tracing::warn!(%error, "the SQLite log still contains the erased data until its next checkpoint");
    }
    Ok(erased)
}

/// An event about a person, without its body.
#[derive(Clone, Debug, PartialEq, Eq, diesel::Queryable)]
struct Event {
    id: i64,
    state: State,
}

struct Plan {
    erased: Erased,
    events: Vec<i64>,
    /// Also those without a body.
    all_events: Vec<i64>,
    documents: Vec<i64>,
}

fn plan(connection: &mut Connection, contact_id: i64, parked_too: bool) -> Result<Plan, Unerasable> {
    let Some(contact) = contacts::stored(connection, contact_id)? else { return Err(Unerasable::Unknown(contact_id)) };
    if let Some(at) = contact.erased_at {
        return Err(Unerasable::Already(contact_id, at));
    }
    let orders = contacts::orders_of(connection, contact_id)?;
    let about_orders = orders.iter().flat_map(|order_id| Entity::of_order(order_id));
    let mut entities: Vec<String> = about_orders.map(|entity| entity.to_string()).collect();
    // For Ticketpark the match key is the person itself, who has webhooks and documents of its own.
    entities.extend(contact.match_key.filter(|key| matches!(Entity::parse(key), Some(Entity::Person(_)))));
    let events = store::events(connection, &contact.source, &entities)?;
    let in_state = |state: State| -> Vec<i64> {
        events.iter().filter(|event: &&Event| event.state == state).map(|event| event.id).collect()
    };
    let (pending, parked) = (in_state(State::Pending), in_state(State::Parked));
    if !pending.is_empty() {
        return Err(Unerasable::Pending(pending));
    }
    if !parked.is_empty() && !parked_too {
        return Err(Unerasable::Parked(parked));
    }
    let documents = store::documents_of(connection, &contact.source, &entities)?;
    let other_contacts = store::others_of(connection, &contact.source, &orders, contact_id)?;
    let ids: Vec<i64> = events.iter().map(|event| event.id).collect();
    let erased = Erased {
        shown_sha256: hash::sha256(format!("{contact_id} {orders:?} {ids:?} {documents:?} {other_contacts:?}")),
        contact_id,
        source: contact.source,
        orders,
        events: events.len(),
        parked,
        documents: documents.len(),
        other_contacts,
    };
    let all_events = store::all_events(connection, &erased.source, &entities)?;
    Ok(Plan { erased, events: ids, all_events, documents })
}
