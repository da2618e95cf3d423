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
pub(crate) fn keep(connection: &mut Connection, source: &str, said: &[ContactUpdate<'_>]) -> Result<()> {
    if said.is_empty() {
        return Ok(());
    }
    let ids = keep_contacts(connection, source, said)?;
    let orders: BTreeSet<&str> = said.iter().filter_map(|said| said.order.map(|(order_id, _)| order_id)).collect();
    let mut known = HashSet::new();
    let mut erased: HashMap<String, i64> = HashMap::new();
    for (order_id, contact_id, is_erased) in store::of_orders(connection, source, &orders)? {
        if is_erased {
            let newest = erased.entry(order_id.clone()).or_insert(contact_id);
            *newest = contact_id.max(*newest);
        }
        known.insert((order_id, contact_id));
    }
    let mut newest = BTreeMap::new();
    for said in said {
        let (Some((order_id, now)), Some(contact_id)) = (said.order, ids.get(said.contact.match_key.as_str())) else {
            continue;
        };
        if now {
            newest.insert(order_id, *contact_id);
        }
        if !known.insert((order_id.to_owned(), *contact_id)) {
            continue;
        }
        store::remember(connection, source, order_id, *contact_id)?;
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
    for (order_id, contact_id) in newest {
        store::link(connection, source, order_id, contact_id)?;
    }
    Ok(())
}

/// Stores each contact as its newest event describes it. Returns the numbers of the contacts by match key.
fn keep_contacts<'a>(
    connection: &mut Connection,
    source: &str,
    said: &[ContactUpdate<'a>],
) -> Result<HashMap<&'a str, i64>> {
    let mut newest: HashMap<&'a str, &ContactUpdate<'a>> = HashMap::new();
    let mut keys: Vec<&'a str> = Vec::new();
    for said in said {
        let key = said.contact.match_key.as_str();
        match newest.get(key) {
            Some(newer) if newer.version > said.version => {}
            Some(_) => _ = newest.insert(key, said),
            None => {
                keys.push(key);
                newest.insert(key, said);
            }
        }
    }
    let known = store::matching(connection, source, &keys.iter().copied().collect())?;
    let mut ids = HashMap::new();
    for key in keys {
        let Some(said) = newest.get(key) else { continue };
        let contact_id = match known.get(key) {
            None => store::insert(connection, source, said.contact, said.version)?,
            Some((contact_id, version)) => {
                if *version <= said.version {
                    store::replace(connection, *contact_id, source, said.contact, said.version)?;
                }
                *contact_id
            }
        };
        ids.insert(key, contact_id);
    }
    Ok(ids)
}
