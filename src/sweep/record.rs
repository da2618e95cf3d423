//! One record of a page: whether it is known, and if not, what to store of it.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::compare::{differences, is_older, latest};
use super::halt::Halt;
use super::page::{key_in, methods_in};
use super::store::{self, Newest};
use super::{Difference, Sweeper};
use crate::clock::Timestamp;
use crate::config::Source;
use crate::db::Database;
use crate::hash;
use crate::inbox::{Entity, EventId, State};
use crate::ledger::{self, batch::known_orders};
use crate::order::{Order, Provider, Versions};
use crate::provider::bookingkit::api::{Composed, ToldElsewhere, compose};
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
    /// What differs, as people are told.
    pub(super) difference: Difference,
    pub(super) body: Vec<u8>,
    /// The same for the same content, in the same place of the order's history.
    pub(super) key: String,
    /// An event after this one is newer than the answer.
    pub(super) mark: EventId,
    /// The latest instant that it tells of.
    pub(super) latest: Option<Timestamp>,
    /// What it is stored without; the body is left out.
    pub(super) unknown: Composed,
}

/// What a record is.
pub(super) enum Verdict {
    /// Everything is known.
    Equal,
    /// A webhook came after the answer was asked for, and is newer.
    Overtaken,
    /// The answer lacks the newest fact of a webhook that came a short time ago, so it is not taken.
    Behind,
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

impl Known {
    /// What is known of an order.
    pub(super) fn order(&self, id: &str) -> Option<&Order> {
        self.orders.get(id)
    }

    /// Whether a webhook is the newest that came of an entity.
    pub(super) fn is_told(&self, entity: &Entity) -> bool {
        self.newest.get(&entity.to_string()).is_some_and(|newest| key_in(&newest.headers).is_none())
    }

    /// What the API calls the methods of payments that no webhook has told.
    fn api_methods(&self, entity: Entity) -> BTreeMap<String, String> {
        let newest = self.newest.get(&entity.to_string());
        newest.map(|newest| methods_in(&newest.headers)).unwrap_or_default()
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
            for (entity, id, kind, body) in store::pending(connection, name, &entities)? {
                let order_id = entity.split_once(':').map_or("", |(_, id)| id).to_owned();
                *waiting.entry(order_id.clone()).or_default() += 1;
                let said = body.and_then(|body| self.order_in(&body));
                // A webhook has told the methods, whatever it says of them.
                let as_told = |said: Order| if store::is_ours(&kind) { said } else { said.with_told_methods() };
                if let Some(said) = said.map(as_told) {
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
    fn order_in(&self, body: &[u8]) -> Option<Order> {
        order_of(&self.source, body)
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
        let difference = Difference::between(&record.id, known.orders.get(&record.id), order.as_ref(), sections);
        let found =
            found(&self.source.name, entity, difference, ticketpark::swept(&record.id), order.as_ref(), &record.body);
        // A state that came back is found once more, whatever the workers read in between.
        let before = known.orders.get(&record.id).and_then(|order| serde_json::to_string(order).ok());
        let hasher = Sha256::new().chain_update(&found.key).chain_update(before.unwrap_or_default());
        Verdict::Found(Box::new(Found { mark: known.mark, key: hash::finished(hasher), ..found }))
    }

    /// What an order is that was read alone, with its payments if they were told.
    pub(super) fn compare_whole(
        &self,
        known: &Known,
        id: &str,
        order: &[u8],
        payments: Option<&[u8]>,
        elsewhere: &ToldElsewhere,
    ) -> Result<Verdict, Halt> {
        let before = known.orders.get(id);
        let mut unknown = compose(order, payments, before, elsewhere)?;
        let body = std::mem::take(&mut unknown.body);
        for (payment, name) in known.api_methods(entity_of(self.source.provider, id)) {
            unknown.api_methods.entry(payment).or_insert(name);
        }
        Ok(match self.compare(known, &Record { id: id.to_owned(), body: body.clone() }, self.clock.now()) {
            Verdict::Differs if self.is_behind(known, id, &body) => Verdict::Behind,
            Verdict::Differs => {
                let said = provider::read_listed(&self.source, &body, self.clock.now()).ok().map(|read| read.order);
                let sections = match &said {
                    Some(said) => differences(self.source.provider, before, said),
                    None => vec!["order"],
                };
                let entity = entity_of(self.source.provider, id);
                let difference = Difference::between(id, before, said.as_ref(), sections);
                let found = found(&self.source.name, entity, difference, body.clone(), said.as_ref(), &body);
                Verdict::Found(Box::new(Found { mark: known.mark, unknown, ..found }))
            }
            verdict => verdict,
        })
    }

    /// Whether the API is behind a webhook that came a short time ago: it does not tell the newest fact yet. Until then
    /// each run asks for it again.
    fn is_behind(&self, known: &Known, id: &str, body: &[u8]) -> bool {
        let sweep = &self.source.sweep;
        let lag = sweep.overlap_milliseconds.min(sweep.grace_milliseconds);
        let newest = known.newest.get(&entity_of(self.source.provider, id).to_string());
        let since = self.clock.now().plus_milliseconds(-lag);
        let is_fresh = newest.is_some_and(|newest| key_in(&newest.headers).is_none() && newest.received_at >= since);
        let (Some(before), Some(said), true) = (known.orders.get(id), self.order_in(body), is_fresh) else {
            return false;
        };
        // Only what both say is compared.
        let payments = before.payments.clone().filter(|_| said.payments.is_some());
        let before = Order { payments, ..before.clone() };
        is_older(&said, &before)
    }

    /// Whether the payments of an order that is known otherwise are known.
    pub(super) fn payments_known(
        &self,
        known: &Known,
        record: &Record,
        payments: &[u8],
        methods: BTreeMap<String, String>,
    ) -> Result<bool, Halt> {
        let elsewhere = ToldElsewhere { methods, ..ToldElsewhere::default() };
        let composed = compose(&record.body, Some(payments), known.orders.get(&record.id), &elsewhere)?;
        let whole = Record { id: record.id.clone(), body: composed.body };
        Ok(matches!(self.compare(known, &whole, self.clock.now()), Verdict::Equal))
    }
}

fn found(
    source: &str,
    entity: Entity,
    difference: Difference,
    body: Vec<u8>,
    order: Option<&Order>,
    content: &[u8],
) -> Found {
    let key = key_of(source, &entity.to_string(), order, content);
    let (order_id, unknown) = (difference.order_id.clone(), Composed::default());
    Found { order_id, entity, difference, body, key, mark: 0, latest: order.and_then(latest), unknown }
}

/// The same for the same content of an order, however it is written. What the API does not tell, and was filled in from
/// elsewhere, makes no difference.
pub(super) fn key_of(source: &str, entity: &str, order: Option<&Order>, content: &[u8]) -> String {
    let mut hasher = Sha256::new().chain_update(source).chain_update([0]).chain_update(entity);
    hasher.update([0]);
    let mut order = order.cloned().map(Order::with_told_methods);
    for ticket in order.iter_mut().flat_map(|order| order.tickets.iter_mut().flatten()) {
        (ticket.title, ticket.starts_at) = (None, None);
    }
    match order.and_then(|order| serde_json::to_string(&order).ok()) {
        Some(canonical) => hasher.update(canonical),
        None => hasher.update(content),
    }
    hash::finished(hasher)
}

/// The order that a webhook of a source holds, if it holds one that can be read.
pub(super) fn order_of(source: &Source, body: &[u8]) -> Option<Order> {
    match provider::read_webhook(source, body).ok()?.content? {
        WebhookContent::Order(reading) => Some(reading.order),
        WebhookContent::Payment(_) | WebhookContent::Cancelled => None,
    }
}

/// Number of the newest event of all.
pub(super) fn mark(database: &Database) -> Result<EventId, Halt> {
    Ok(store::last_id(&mut database.reader()?)?)
}
