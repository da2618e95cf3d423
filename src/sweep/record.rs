//! One record of a page: whether it is known, and if not, what to store of it.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::Sweeper;
use super::compare::{differences, latest};
use super::halt::Halt;
use super::store::{self, Newest};
use crate::clock::Timestamp;
use crate::db::Database;
use crate::inbox::{Entity, EventId, State};
use crate::ledger::{self, batch::known_orders};
use crate::order::{Order, Provider, Versions};
use crate::provider::bookingkit::api::compose;
use crate::provider::{self, Record, WebhookContent, ticketpark};

/// What is known of the orders of a page.
#[derive(Default)]
pub(super) struct Known {
    /// Number of the newest event of the inbox when this was read, or before.
    pub(super) mark: EventId,
    /// What is settled and what waits to be settled, together.
    orders: BTreeMap<String, Order>,
    newest: BTreeMap<String, Newest>,
    /// Something of it waits to be settled.
    waiting: BTreeMap<String, usize>,
}

/// Something that is not known.
pub(super) struct Found {
    pub(super) order_id: String,
    pub(super) entity: Entity,
    pub(super) sections: Vec<&'static str>,
    pub(super) body: Vec<u8>,
    /// The same for the same content, in the same place of the order's history.
    pub(super) key: String,
    /// An event after this one is newer than the answer.
    pub(super) mark: EventId,
    /// The latest instant that it tells of.
    pub(super) latest: Option<Timestamp>,
}

/// What a record is.
pub(super) enum Verdict {
    /// Everything is known.
    Equal,
    /// A webhook came after the answer was asked for, and is newer.
    Overtaken,
    /// To be read alone.
    Differs,
    Found(Box<Found>),
}

pub(super) fn entity_of(provider: Provider, id: &str) -> Entity {
    match provider {
        Provider::Bookingkit => Entity::Order(id.to_owned()),
        Provider::Ticketpark => Entity::Booking(id.to_owned()),
    }
}

impl Sweeper {
    /// Reads what is known of these orders. `mark` is the newest event from before their answer was asked for.
    pub(super) fn known(&self, ids: &[String], mark: EventId) -> Result<Known, ledger::Error> {
        let provider = self.source.provider;
        let name = &self.source.name;
        let entities: Vec<String> = ids.iter().map(|id| entity_of(provider, id).to_string()).collect();
        let order_ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        self.database.read(|connection| {
            let mut settled = known_orders(connection, name, &order_ids)?;
            let newest = store::newest(connection, name, &entities)?;
            let mut waiting: BTreeMap<String, usize> = BTreeMap::new();
            for (entity, id, body) in store::pending(connection, name, &entities)? {
                let order_id = entity.split_once(':').map_or("", |(_, id)| id).to_owned();
                *waiting.entry(order_id.clone()).or_default() += 1;
                if let Some(said) = body.and_then(|body| self.order_in(&body)) {
                    let known = settled
                        .entry(order_id)
                        .or_insert_with(|| (Order::unknown(&said.order_id), Versions::default()));
                    known.0.merge(said, id, &mut known.1);
                }
            }
            let orders = settled.into_iter().map(|(id, (order, _))| (id, order)).collect();
            Ok(Known { mark, orders, newest, waiting })
        })
    }

    /// The order that a webhook holds, if it holds one that can be read.
    pub(super) fn order_in(&self, body: &[u8]) -> Option<Order> {
        match provider::read_webhook(&self.source, body).ok()?.content? {
            WebhookContent::Order(reading) => Some(reading.order),
            WebhookContent::Payment(_) | WebhookContent::Cancelled => None,
        }
    }

    /// What a record of a list is.
    pub(super) fn compare(&self, known: &Known, record: &Record, now: Timestamp) -> Verdict {
        let provider = self.source.provider;
        let entity = entity_of(provider, &record.id);
        let newest = known.newest.get(&entity.to_string());
        let overtaken = newest.is_some_and(|newest| newest.id > known.mark);
        if provider == Provider::Ticketpark && (overtaken || known.waiting.contains_key(&record.id)) {
            // The workers read the booking after this answer.
            return Verdict::Equal;
        }
        if overtaken {
            return Verdict::Overtaken;
        }
        let read = provider::read_listed(&self.source, &record.body, now);
        if read.is_err() && newest.is_some_and(|newest| newest.state == State::Parked) {
            // Somebody has to look at it already.
            return Verdict::Equal;
        }
        let order = read.ok().map(|reading| reading.order);
        let sections = match &order {
            Some(order) => differences(provider, known.orders.get(&record.id), order),
            None => vec!["order"],
        };
        if sections.is_empty() {
            return Verdict::Equal;
        }
        if provider == Provider::Bookingkit {
            return Verdict::Differs;
        }
        let found =
            found(&self.source.name, entity, sections, ticketpark::swept(&record.id), order.as_ref(), &record.body);
        Verdict::Found(Box::new(Found { mark: known.mark, order_id: record.id.clone(), ..found }))
    }

    /// What an order is that was read alone, with its payments if they were told.
    pub(super) fn compare_whole(
        &self,
        known: &Known,
        id: &str,
        order: &[u8],
        payments: Option<&[u8]>,
    ) -> Result<Verdict, Halt> {
        let before = known.orders.get(id);
        let body = compose(order, payments, before)?;
        Ok(match self.compare(known, &Record { id: id.to_owned(), body: body.clone() }, self.clock.now()) {
            Verdict::Differs => {
                let said = provider::read_listed(&self.source, &body, self.clock.now()).ok().map(|read| read.order);
                let sections = match &said {
                    Some(said) => differences(self.source.provider, before, said),
                    None => vec!["order"],
                };
                let entity = entity_of(self.source.provider, id);
                let found = found(&self.source.name, entity, sections, body.clone(), said.as_ref(), &body);
                Verdict::Found(Box::new(Found { mark: known.mark, order_id: id.to_owned(), ..found }))
            }
            verdict => verdict,
        })
    }

    /// Whether the payments of an order that is known otherwise are known.
    pub(super) fn payments_known(&self, known: &Known, record: &Record, payments: &[u8]) -> Result<bool, Halt> {
        let body = compose(&record.body, Some(payments), known.orders.get(&record.id))?;
        let whole = Record { id: record.id.clone(), body };
        Ok(matches!(self.compare(known, &whole, self.clock.now()), Verdict::Equal))
    }
}

fn found(
    source: &str,
    entity: Entity,
    sections: Vec<&'static str>,
    body: Vec<u8>,
    order: Option<&Order>,
    content: &[u8],
) -> Found {
    let mut hasher = Sha256::new().chain_update(source).chain_update([0]).chain_update(entity.to_string());
    hasher.update([0]);
    // Written canonically, the same content is the same text, however the API writes it.
    match order.and_then(|order| serde_json::to_string(order).ok()) {
        Some(canonical) => hasher.update(canonical),
        None => hasher.update(content),
    }
    let key = hex::encode(hasher.finalize());
    Found { order_id: String::new(), entity, sections, body, key, mark: 0, latest: order.and_then(latest) }
}

/// Number of the newest event of all.
pub(super) fn mark(database: &Database) -> Result<EventId, Halt> {
    Ok(store::last_id(&mut database.reader()?)?)
}
