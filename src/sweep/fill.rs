//! Fills in what an order was stored without, once somebody has told it: the same order is stored again, with what was
//! told since, so that a replay and a rebuild read the same.

use std::collections::BTreeMap;

use super::names::{self, Methods};
use super::page::{key_in, run_in};
use super::record::{entity_of, key_of, order_of};
use super::store;
use super::words::WaitsFor;
use crate::clock::Timestamp;
use crate::config::Source;
use crate::db::{Connection, Database, Result};
use crate::inbox::{Classified, Delivery, State, store as inbox};
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
        let step = |connection: &mut Connection| {
            inbox::lock_deliveries(connection)?;
            step(connection, source, &mut after, now)
        };
        // What is nothing to do is found out without holding anybody up.
        if !is_due(&mut database.reader()?, source)? || !database.transaction("sweep", step)? {
            return Ok(());
        }
    }
    Ok(())
}

/// Whether something may wait for what is told.
fn is_due(connection: &mut Connection, source: &Source) -> Result<bool> {
    if !unread_dates(connection, &source.name, 1)?.is_empty() {
        return Ok(true);
    }
    for name in Methods::read(connection, source)?.known().keys() {
        if !store::waiting(connection, &source.name, WaitsFor::Method, name, "", 1)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What orders are looked for after, by what they wait for.
type After = BTreeMap<(WaitsFor, String), String>;

/// Looks at some orders; false when nothing is left that can be done now.
fn step(connection: &mut Connection, source: &Source, after: &mut After, now: Timestamp) -> Result<bool> {
    let methods = Methods::read(connection, source)?.known();
    let dates = unread_dates(connection, &source.name, STEP)?.into_iter().map(|date| date.event_date_id);
    let names = dates.map(|id| (WaitsFor::Date, id)).chain(methods.keys().map(|name| (WaitsFor::Method, name.clone())));
    let mut worked = false;
    for (kind, name) in names {
        let place = after.entry((kind, name.clone())).or_default();
        let orders = store::waiting(connection, &source.name, kind, &name, place, STEP)?;
        worked |= !orders.is_empty();
        for order_id in &orders {
            if fill_in(connection, source, order_id, &methods, now)? {
                store::waits_no_more(connection, &source.name, kind, &name, order_id)?;
            }
            place.clone_from(order_id);
        }
        let is_over = orders.len() < usize::try_from(STEP).unwrap_or(0)
            && store::waiting(connection, &source.name, kind, &name, "", 1)?.is_empty();
        match kind {
            WaitsFor::Date if is_over => {
                worked = true;
                mark_date(connection, &source.name, &name, None)?;
            }
            WaitsFor::Method if is_over && !orders.is_empty() => {
                outside::close(connection, &source.name, None, &names::unmapped(&name), now)?;
            }
            _ => {}
        }
    }
    Ok(worked)
}

/// Stores an order again, with what is told by now. False when that has to wait until what is stored of it is settled.
fn fill_in(
    connection: &mut Connection,
    source: &Source,
    order_id: &str,
    methods: &BTreeMap<String, String>,
    now: Timestamp,
) -> Result<bool> {
    let entity = entity_of(source.provider, order_id);
    let text = entity.to_string();
    let newest = store::newest(connection, &source.name, std::slice::from_ref(&text))?.remove(&text);
    let Some(newest) = newest else { return Ok(true) };
    if newest.state == State::Pending {
        return Ok(false);
    }
    let is_ours = key_in(&newest.headers).is_some() && matches!(newest.state, State::Done | State::Superseded);
    let body = store::settled(connection, newest.id)?.and_then(|(_, body)| body).filter(|_| is_ours);
    // Told by a webhook since, or deleted: there is nothing to fill in.
    let Some(body) = body else { return Ok(true) };
    let dates = names::dates(connection, &source.name, &date_ids(&body))?;
    let Ok(Some(body)) = complete(&body, &ToldElsewhere { dates, methods: methods.clone() }) else { return Ok(true) };
    let key = key_of(&source.name, &text, order_of(source, &body).as_ref(), &body);
    let run = run_in(&newest.headers).unwrap_or_default();
    let delivery = Delivery {
        source: source.name.clone(),
        class: Classified::Understood { kind: newest.kind, entity },
        received_at: now,
        method: "GET".to_owned(),
        content_type: Some("application/json".to_owned()),
        headers: serde_json::json!({ "sweep-run": run, "sweep-key": key }).to_string(),
        body,
    };
    inbox::insert_batch(connection, &[&delivery])?;
    Ok(true)
}
