//! Stores what a batch of events says about customers.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::store;
use crate::db::{Connection, Result};
use crate::order::Contact;

/// What one event says about a customer.
pub(crate) struct ContactUpdate<'a> {
    pub(crate) contact: &'a Contact,
    /// The higher the number, the newer the information.
    pub(crate) version: i64,
    /// The order of this contact, and whether this is the order's current contact.
    pub(crate) order: Option<(&'a str, bool)>,
}

/// Stores what events of one source say, in their order, unless something newer is known about the customer. A contact
/// that an order gets after its earlier one was erased is flagged: a delivery brought personal data back.
pub(crate) fn apply_updates(connection: &mut Connection, source: &str, updates: &[ContactUpdate<'_>]) -> Result<()> {
    if updates.is_empty() {
        return Ok(());
    }
    let ids = store_contacts(connection, source, updates)?;
    let orders: BTreeSet<&str> =
        updates.iter().filter_map(|update| update.order.map(|(order_id, _)| order_id)).collect();
    let mut known = HashSet::new();
    let mut erased: HashMap<String, i64> = HashMap::new();
    for (order_id, contact_id, is_erased) in store::of_orders(connection, source, &orders)? {
        if is_erased {
            let newest = erased.entry(order_id.clone()).or_insert(contact_id);
            *newest = contact_id.max(*newest);
        }
        known.insert((order_id, contact_id));
    }
    let (mut newest, mut remembered) = (BTreeMap::new(), Vec::new());
    for update in updates {
        let (Some((order_id, now)), Some(contact_id)) = (update.order, ids.get(update.contact.match_key.as_str()))
        else {
            continue;
        };
        if now {
            newest.insert(order_id, *contact_id);
        }
        if !known.insert((order_id.to_owned(), *contact_id)) {
            continue;
        }
        remembered.push((order_id, *contact_id));
        if let Some(erased_id) = erased.get(order_id) {
            tracing::warn!(
                source,
                order_id,
                contact_id,
                erased_id,
                "a webhook brought back the data of an erased customer"
            );
            store::flag(connection, *contact_id, *erased_id)?;
        }
    }
    store::remember(connection, source, &remembered)?;
    store::link(connection, source, &newest.into_iter().collect::<Vec<_>>())
}

/// Stores each contact as its newest event describes it. Returns the numbers of the contacts by match key.
fn store_contacts<'a>(
    connection: &mut Connection,
    source: &str,
    updates: &[ContactUpdate<'a>],
) -> Result<HashMap<&'a str, i64>> {
    let mut newest: HashMap<&'a str, &ContactUpdate<'a>> = HashMap::new();
    let mut keys: Vec<&'a str> = Vec::new();
    for update in updates {
        let key = update.contact.match_key.as_str();
        match newest.get(key) {
            Some(newer) if newer.version > update.version => {}
            Some(_) => _ = newest.insert(key, update),
            None => {
                keys.push(key);
                newest.insert(key, update);
            }
        }
    }
    let known = store::matching(connection, source, &keys.iter().copied().collect())?;
    let (mut ids, mut new) = (HashMap::new(), Vec::new());
    for key in keys {
        let Some(update) = newest.get(key) else { continue };
        let Some((contact_id, version)) = known.get(key) else {
            new.push((update.contact, update.version));
            continue;
        };
        if *version <= update.version {
            store::replace(connection, *contact_id, source, update.contact, update.version)?;
        }
        ids.insert(key, *contact_id);
    }
    for (contact, contact_id) in store::insert(connection, source, &new)? {
        ids.insert(contact.match_key.as_str(), contact_id);
    }
    Ok(ids)
}
