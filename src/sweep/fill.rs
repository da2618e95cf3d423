//! Fills in what an order was stored without, once somebody has told it: the same order is stored again, with what was
//! told since, so that a replay and a rebuild read the same. The date of an event may be told anew, when it moves: as
//! long as no webhook of an order has come, its date is that of the newest webhook of another one.

use std::collections::BTreeMap;

use super::names::{self, Methods};
use super::page::{headers, key_in, methods_in};
use super::record::{entity_of, key_of, order_of};
use super::store;
use super::words::WaitsFor;
use crate::clock::Timestamp;
use crate::config::Source;
use crate::db::{Connection, Database, Result};
use crate::inbox::{Classified, Delivery, State, run_in, store as inbox};
use crate::ledger::batch::{mark_date, unread_dates};
use crate::ledger::findings::outside;
use crate::order::Provider;
use crate::provider::bookingkit::api::{ToldElsewhere, complete, date_ids};

/// Names and orders of one transaction.
const STEP: i64 = 50;
/// Transactions at once; the rest comes the next time.
const STEPS: usize = 20;

/// Fills in what can be filled in by now.
pub(super) fn fill(database: &Database, source: &Source, now: Timestamp) -> Result<()> {
    if source.provider != Provider::Bookingkit {
        return Ok(());
    }
    let mut after = BTreeMap::new();
    for _ in 0..STEPS {
        // That there is nothing to do is found out without holding anybody up.
        let methods = {
            let mut reader = database.reader()?;
            let methods = Methods::read(&mut reader, source)?;
            if !is_due(&mut reader, source, &methods)? {
                return Ok(());
            }
            methods
        };
        let step = |connection: &mut Connection| {
            inbox::lock_deliveries(connection)?;
            step(connection, source, &methods, &mut after, now)
        };
        if !database.transaction("sweep", step)? {
            return Ok(());
        }
    }
    Ok(())
}

/// Whether something may wait for what is told.
fn is_due(connection: &mut Connection, source: &Source, methods: &Methods) -> Result<bool> {
    if !unread_dates(connection, &source.name, 1)?.is_empty() {
        return Ok(true);
    }
    for (kind, name) in names_of(methods) {
        if !store::waiting(connection, &source.name, kind, &name, "", 1)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The names of methods that were unknown and are known, and of those that were taken for known and are not.
fn names_of(methods: &Methods) -> Vec<(WaitsFor, String)> {
    let known = methods.known().into_keys().map(|name| (WaitsFor::Method, name));
    known.chain(methods.ambiguous().into_iter().map(|name| (WaitsFor::Guess, name))).collect()
}

/// How far the orders are looked at that wait for something.
#[derive(Default)]
struct Place {
    /// The last one that was.
    order_id: String,
    /// Some have to wait until what is stored of them is settled.
    is_left: bool,
    /// Since when the date is new.
    new_since: Option<Timestamp>,
}

/// By what they wait for.
type After = BTreeMap<(WaitsFor, String), Place>;

/// Looks at some orders; false when nothing is left that can be done now.
fn step(
    connection: &mut Connection,
    source: &Source,
    methods: &Methods,
    after: &mut After,
    now: Timestamp,
) -> Result<bool> {
    let named = names_of(methods).into_iter().map(|(kind, name)| (kind, name, None));
    let methods = methods.known();
    let dates = unread_dates(connection, &source.name, STEP)?.into_iter();
    let dates = dates.map(|date| (WaitsFor::Date, date.event_date_id, date.new_since));
    let names = dates.chain(named);
    let mut worked = false;
    for (kind, name, new_since) in names {
        let place = after.entry((kind, name.clone())).or_default();
        if place.new_since != new_since {
            // It moved meanwhile.
            *place = Place { new_since, ..Place::default() };
        }
        let orders = store::waiting(connection, &source.name, kind, &name, &place.order_id, STEP)?;
        worked |= !orders.is_empty();
        for order_id in &orders {
            match fill_in(connection, source, order_id, &methods, now)? {
                Filled::Left => place.is_left = true,
                Filled::Ours if kind == WaitsFor::Date => {}
                filled @ (Filled::Ours | Filled::Told) => {
                    if matches!((filled, kind), (Filled::Ours, WaitsFor::Method)) {
                        // What was learned may be taken back.
                        store::wait(connection, &source.name, WaitsFor::Guess, &name, order_id)?;
                    }
                    store::waits_no_more(connection, &source.name, kind, &name, order_id)?;
                }
            }
            place.order_id.clone_from(order_id);
        }
        if orders.len() == usize::try_from(STEP).unwrap_or(0) || place.is_left {
            continue;
        }
        match kind {
            WaitsFor::Date => {
                worked = true;
                mark_date(connection, &source.name, &name, None)?;
            }
            WaitsFor::Method if !place.order_id.is_empty() => {
                outside::close(connection, &source.name, None, &names::unmapped(&name, false), now)?;
            }
            WaitsFor::Method | WaitsFor::Guess => {}
        }
    }
    Ok(worked)
}

/// What became of an order that waits.
enum Filled {
    /// It has to wait until what is stored of it is settled.
    Left,
    /// It is as the sweep stored it, with all that is known by now.
    Ours,
    /// A webhook has told it since, or it is gone: there is nothing to fill in.
    Told,
}

/// Stores an order again, with what is told by now.
fn fill_in(
    connection: &mut Connection,
    source: &Source,
    order_id: &str,
    methods: &BTreeMap<String, String>,
    now: Timestamp,
) -> Result<Filled> {
    let entity = entity_of(source.provider, order_id);
    let text = entity.to_string();
    let newest = store::newest(connection, &source.name, std::slice::from_ref(&text))?.remove(&text);
    let Some(newest) = newest else { return Ok(Filled::Told) };
    if newest.state == State::Pending {
        return Ok(Filled::Left);
    }
    let is_ours = key_in(&newest.headers).is_some() && matches!(newest.state, State::Done | State::Superseded);
    let body = store::settled(connection, newest.id)?.and_then(|(_, body)| body).filter(|_| is_ours);
    let Some(body) = body else { return Ok(Filled::Told) };
    // What the API itself told is not waited for.
    let mut ids = Vec::new();
    for id in date_ids(&body) {
        if store::waits_for_date(connection, &source.name, &id, order_id)? {
            ids.push(id);
        }
    }
    let dates = names::dates(connection, &source.name, &ids)?;
    let (methods, api_methods) = (methods.clone(), methods_in(&newest.headers));
    let Ok(Some(body)) = complete(&body, &ToldElsewhere { dates, methods }, &api_methods) else {
        return Ok(Filled::Ours);
    };
    let key = key_of(&source.name, &text, order_of(source, &body).as_ref(), &body);
    let delivery = Delivery {
        source: source.name.clone(),
        class: Classified::Understood { kind: newest.kind, entity },
        received_at: now,
        method: "GET".to_owned(),
        content_type: Some("application/json".to_owned()),
        headers: headers(run_in(&newest.headers), &key, &api_methods),
        body,
    };
    note_taken_back(connection, source, order_id, &delivery.body, &api_methods, now)?;
    inbox::insert_batch(connection, &[&delivery])?;
    Ok(Filled::Ours)
}

/// Notes the payments that are booked under the API's name of their method again.
fn note_taken_back(
    connection: &mut Connection,
    source: &Source,
    order_id: &str,
    body: &[u8],
    api_methods: &BTreeMap<String, String>,
    now: Timestamp,
) -> Result<()> {
    let order = order_of(source, body);
    for payment in order.iter().flat_map(|order| order.payments.iter().flatten()) {
        if api_methods.get(&payment.id) == Some(&payment.method) {
            names::note_unmapped(connection, &source.name, &payment.method, order_id, true, now)?;
        }
    }
    Ok(())
}
