//! Erasing a person: the contact, and the bytes of every delivery and document about their orders.
//!
//! What the books need stays: the hashes of the bytes, opaque ids, amounts, and the snapshots, which never held
//! anything personal. So the chain, the balances, a rebuild and a trace are as before.

mod store;

use serde::Serialize;

use super::store as contacts;
use crate::clock::Timestamp;
use crate::db::{Connection, Database};
use crate::inbox::Entity;
use crate::inbox::operator::{Reason, store as operator};

/// What an erasure took, or would take. Nothing in it is personal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// The contact.
    pub contact_id: i64,
    /// Its source.
    pub source: String,
    /// Its orders, whose deliveries lost their bytes.
    pub orders: Vec<String>,
    /// Deliveries that lost their bytes.
    pub events: usize,
    /// Of these, parked ones: they cannot be replayed any more.
    pub parked: Vec<i64>,
    /// Fetched documents that lost their bytes.
    pub documents: usize,
    /// Other contacts of the same orders; they keep their own data until they are erased themselves.
    pub other_contacts: Vec<i64>,
}

/// Why nobody was erased.
#[derive(Debug, thiserror::Error)]
pub enum Unerasable {
    /// There is no such contact.
    #[error("there is no contact {0}")]
    Unknown(i64),
    /// It is done already.
    #[error("contact {0} was erased before, at {1}")]
    Already(i64, Timestamp),
    /// Deliveries are still to be worked on, and need their bytes for that.
    #[error(
        "webhooks {0:?} about this person are not worked on yet and need their bytes for it; wait until they are done, \
         or park them"
    )]
    Pending(Vec<i64>),
    /// Deliveries are parked: erased, they can never be replayed.
    #[error(
        "webhooks {0:?} about this person are parked and could never be replayed afterwards; replay them first, or say \
         --parked-too"
    )]
    Parked(Vec<i64>),
    /// A statement failed.
    #[error(transparent)]
    Database(#[from] crate::db::Error),
}

/// Erases a person in one transaction. With `dry_run` it only says what that would take.
///
/// # Errors
/// When it cannot be done without losing what the books still need, or a statement fails.
pub fn erase(
    database: &Database,
    contact_id: i64,
    parked_too: bool,
    reason: &Reason,
    now: Timestamp,
    dry_run: bool,
) -> Result<Erased, Unerasable> {
    if dry_run {
        return database.read(|connection| Ok(plan(connection, contact_id, parked_too)?.erased));
    }
    let erased = database.transaction("erase", |connection| {
        store::lock(connection, contact_id)?;
        let Plan { erased, events, documents } = plan(connection, contact_id, parked_too)?;
        store::take_bytes(connection, &events, &documents)?;
        store::erase(connection, contact_id, now)?;
        let what = format!(
            "contact={contact_id} source={} orders={} events={} documents={}",
            erased.source,
            erased.orders.len(),
            erased.events,
            erased.documents
        );
        operator::record(connection, now, "erase", reason, &what, i64::try_from(erased.events).unwrap_or(i64::MAX))?;
        Ok::<_, Unerasable>(erased)
    })?;
    // What is erased is erased; this only takes its last copy, in the log, as soon as possible.
    if let Err(error) = database.write_back() {
        tracing::warn!(%error, "the log of the database still holds what was erased, until it is next written back");
    }
    Ok(erased)
}

/// An event about a person, without what it says.
#[derive(Clone, Debug, PartialEq, Eq, diesel::Queryable)]
struct Event {
    id: i64,
    state: String,
}

struct Plan {
    erased: Erased,
    events: Vec<i64>,
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
    // Of Ticketpark the key is the person itself, who has webhooks and documents of their own.
    entities.extend(contact.match_key.filter(|key| matches!(Entity::parse(key), Some(Entity::Person(_)))));
    let events = store::events(connection, &contact.source, &entities)?;
    let in_state = |state: &str| -> Vec<i64> {
        events.iter().filter(|event: &&Event| event.state == state).map(|event| event.id).collect()
    };
    let (pending, parked) = (in_state("pending"), in_state("parked"));
    if !pending.is_empty() {
        return Err(Unerasable::Pending(pending));
    }
    if !parked.is_empty() && !parked_too {
        return Err(Unerasable::Parked(parked));
    }
    let documents = store::documents_of(connection, &contact.source, &entities)?;
    let other_contacts = store::others_of(connection, &contact.source, &orders, contact_id)?;
    let erased = Erased {
        contact_id,
        source: contact.source,
        orders,
        events: events.len(),
        parked,
        documents: documents.len(),
        other_contacts,
    };
    Ok(Plan { erased, events: events.iter().map(|event| event.id).collect(), documents })
}
