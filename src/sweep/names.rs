//! What bookingkit's API leaves out or calls otherwise: dates of events, and payment methods.
//!
//! The date of an event is told by webhooks of other orders. What the API calls a method is learned from payments that
//! both told, unless the settings say it. What nobody has told is noted, and filled in once somebody does (`fill`).

use std::collections::{BTreeMap, BTreeSet};

use super::Sweeper;
use super::halt::Halt;
use super::page::Walk;
use super::record::{Found, Known, entity_of};
use super::store;
use super::words::WaitsFor;
use crate::clock::Timestamp;
use crate::config::Source;
use crate::db::{Connection, Result};
use crate::ledger::batch::{known_dates, mark_date};
use crate::ledger::findings::outside;
use crate::ledger::posting::{Finding, FindingReason};
use crate::provider::bookingkit::api::{ToldDate, ToldElsewhere, date_ids, method_names};

/// The methods of a source by their names in the API: what the settings say, else what was learned.
#[derive(Clone, Debug, Default)]
pub(super) struct Methods {
    /// As it is stored: `None` where webhooks say several.
    learned: BTreeMap<String, Option<String>>,
    said: BTreeMap<String, String>,
}

impl Methods {
    pub(super) fn read(connection: &mut Connection, source: &Source) -> Result<Self> {
        let learned = store::methods(connection, &source.name)?;
        Ok(Self { learned, said: source.sweep.payment_methods.clone() })
    }

    /// Those that are known.
    pub(super) fn known(&self) -> BTreeMap<String, String> {
        let learned = self.learned.iter().filter_map(|(name, method)| Some((name.clone(), method.clone()?)));
        learned.chain(self.said.clone()).collect()
    }

    /// Names that webhooks call by several, of which the settings say nothing.
    pub(super) fn ambiguous(&self) -> Vec<String> {
        let several = self.learned.iter().filter(|(name, method)| method.is_none() && !self.said.contains_key(*name));
        several.map(|(name, _)| name.clone()).collect()
    }

    /// What a pair of names changes: the method to be stored for the name, if any.
    fn learn(&self, name: &str, method: &str) -> Option<Option<String>> {
        match self.learned.get(name) {
            None => Some(Some(method.to_owned())),
            Some(Some(known)) if known != method => Some(None),
            Some(_) => None,
        }
    }
}

impl Sweeper {
    /// What other orders told of what this one names.
    pub(super) async fn told_elsewhere(&self, walk: &Walk, order: &[u8]) -> std::result::Result<ToldElsewhere, Halt> {
        let methods = walk.methods.known();
        let ids = date_ids(order);
        if ids.is_empty() {
            return Ok(ToldElsewhere { methods, ..ToldElsewhere::default() });
        }
        let dates = self.blocking(move |sweeper, _| {
            dates(&mut sweeper.database.reader()?, &sweeper.source.name, &ids).map_err(Halt::from)
        });
        Ok(ToldElsewhere { dates: dates.await?, methods })
    }

    /// Learns what the API calls the methods of payments that a webhook told.
    pub(super) async fn learn(
        &self,
        walk: &mut Walk,
        known: &Known,
        id: &str,
        payments: &[u8],
    ) -> std::result::Result<(), Halt> {
        let told = known.order(id).and_then(|order| order.payments.as_deref()).unwrap_or_default();
        let mut pairs = BTreeSet::new();
        for (payment, name) in method_names(payments) {
            let told = told.iter().find(|told| told.id == payment);
            let news = told.filter(|told| walk.methods.learn(&name, &told.method).is_some());
            pairs.extend(news.map(|told| (name, told.method.clone())));
        }
        if pairs.is_empty() || self.dry {
            return Ok(());
        }
        let (order_id, is_told) = (id.to_owned(), known.is_told(&entity_of(self.source.provider, id)));
        walk.methods = self
            .blocking(move |sweeper, _| {
                sweeper.database.transaction("sweep", |connection| {
                    let name = &sweeper.source.name;
                    for (api_name, method) in pairs {
                        let methods = Methods::read(connection, &sweeper.source)?;
                        // A method that the sweep itself has stored teaches nothing.
                        if (is_told || !store::waits(connection, name, &api_name, &order_id)?)
                            && let Some(learned) = methods.learn(&api_name, &method)
                        {
                            store::save_method(connection, name, &api_name, learned.as_deref())?;
                        }
                    }
                    Methods::read(connection, &sweeper.source).map_err(Halt::from)
                })
            })
            .await?;
        Ok(())
    }
}

/// What is known of these dates.
pub(super) fn dates(connection: &mut Connection, source: &str, ids: &[String]) -> Result<BTreeMap<String, ToldDate>> {
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let known = known_dates(connection, source, &ids)?;
    let told = |(id, date): (String, crate::ledger::batch::EventDate)| {
        (id, ToldDate { title: date.title, starts_at: date.starts_at })
    };
    Ok(known.into_iter().map(told).collect())
}

/// Notes what an order is stored without, and the dates of events that it has from other orders.
pub(super) fn note_unknown(connection: &mut Connection, source: &str, found: &Found, now: Timestamp) -> Result<()> {
    let unknown = &found.unknown;
    let ids: Vec<String> = unknown.untold_dates.keys().cloned().collect();
    let told_by_now = dates(connection, source, &ids)?;
    for (id, filled_in) in &unknown.untold_dates {
        store::wait(connection, source, WaitsFor::Date, id, &found.order_id)?;
        if told_by_now.get(id) != filled_in.as_ref() {
            // Told meanwhile, it is looked at once more.
            mark_date(connection, source, id, Some(now))?;
        }
    }
    for name in unknown.api_methods.values().filter(|name| !unknown.unknown_methods.contains(*name)) {
        store::wait(connection, source, WaitsFor::Guess, name, &found.order_id)?;
    }
    let learned = store::methods(connection, source)?;
    for name in &unknown.unknown_methods {
        note_unmapped(connection, source, name, &found.order_id, matches!(learned.get(name), Some(None)), now)?;
    }
    Ok(())
}

/// Notes that an order has a payment of which only the API's name of the method is known.
pub(super) fn note_unmapped(
    connection: &mut Connection,
    source: &str,
    name: &str,
    order_id: &str,
    is_ambiguous: bool,
    now: Timestamp,
) -> Result<()> {
    store::wait(connection, source, WaitsFor::Method, name, order_id)?;
    outside::raise(connection, source, None, &unmapped(name, is_ambiguous), now)
}

/// The finding of a method of which only the API's name is known.
pub(super) fn unmapped(name: &str, is_ambiguous: bool) -> Finding {
    let why = match is_ambiguous {
        true => {
            "webhooks call it by several names, so that nothing but a webhook of the order itself tells which it is"
        }
        false => "it is not known what webhooks call it",
    };
    let evidence = format!(
        "bookingkit's API calls a payment method `{name}`, and {why}; such payments are booked under that name"
    );
    Finding::new(FindingReason::PaymentMethodUnmapped, name, evidence)
}
