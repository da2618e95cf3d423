//! The money in parked webhooks: the payments that they tell of, as far as they can be read. Never a guess.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::store;
use crate::config::{Config, Source};
use crate::db::{Connection, Result};
use crate::inbox::EventId;
use crate::provider;

/// Bodies read at once; the rest comes the next times.
const AT_ONCE: usize = 200;

/// A payment: its id, its currency, its amount in minor units.
type Payment = (String, &'static str, i64);

/// What the parked webhooks are worth. A body is read once, as it does not change.
#[derive(Debug, Default)]
pub(super) struct Purse {
    known: HashMap<EventId, Option<Vec<Payment>>>,
}

/// The money of all that is parked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// Minor units by source and currency.
    pub amounts: BTreeMap<(String, String), i64>,
    /// Parked events by source that tell a payment, or that there is none.
    pub valued: BTreeMap<String, i64>,
}

impl Purse {
    /// The money of these events of one source by currency, and how many of them tell a payment or that there is none.
    /// Of a body that was not read yet nothing is known.
    pub(super) fn of(&self, events: &[EventId]) -> (BTreeMap<&'static str, i64>, i64) {
        let told: Vec<&Vec<Payment>> = events.iter().filter_map(|id| self.known.get(id)?.as_ref()).collect();
        let valued = i64::try_from(told.len()).unwrap_or(i64::MAX);
        // The newest word on a payment counts.
        let newest: HashMap<&String, (&'static str, i64)> =
            told.into_iter().flatten().map(|(id, currency, minor)| (id, (*currency, *minor))).collect();
        let mut sums: BTreeMap<&'static str, i64> = BTreeMap::new();
        for (currency, minor) in newest.into_values() {
            let sum = sums.entry(currency).or_default();
            *sum = sum.saturating_add(minor);
        }
        (sums, valued)
    }

    /// Reads the bodies of these events that are not known yet.
    fn read(
        &mut self,
        connection: &mut Connection,
        sources: &BTreeMap<String, Source>,
        events: &[store::ParkedId],
    ) -> Result<()> {
        for event in events {
            if self.known.contains_key(&event.id) {
                continue;
            }
            // One at a time: bodies may be large.
            let body = store::body(connection, event.id)?;
            let source = sources.get(&event.source);
            let payments = source.zip(body).and_then(|(source, body)| provider::payments_in(source, &body));
            let payments = payments.map(|payments| payments.into_iter().map(in_short).collect());
            self.known.insert(event.id, payments);
        }
        Ok(())
    }

    /// The money of what is parked now. The same payment in several webhooks counts once, as the newest says.
    pub(super) fn count(&mut self, connection: &mut Connection, sources: &BTreeMap<String, Source>) -> Result<Money> {
        let parked = store::parked_ids(connection)?;
        let ids: BTreeSet<EventId> = parked.iter().map(|event| event.id).collect();
        self.known.retain(|id, _| ids.contains(id));
        let unread = parked.iter().filter(|event| !self.known.contains_key(&event.id)).take(AT_ONCE);
        let unread: Vec<store::ParkedId> = unread.cloned().collect();
        self.read(connection, sources, &unread)?;
        Ok(self.sum(&parked))
    }

    fn sum(&self, events: &[store::ParkedId]) -> Money {
        let mut newest = BTreeMap::new();
        let mut money = Money::default();
        for event in events {
            let Some(Some(payments)) = self.known.get(&event.id) else { continue };
            *money.valued.entry(event.source.clone()).or_default() += 1;
            for (id, currency, amount_minor) in payments {
                newest.insert((&event.source, id), (*currency, *amount_minor));
            }
        }
        for ((source, _), (currency, amount_minor)) in newest {
            let sum = money.amounts.entry((source.clone(), currency.to_owned())).or_default();
            *sum = sum.saturating_add(amount_minor);
        }
        money
    }
}

/// What these events tell of payments, whatever their state.
///
/// # Errors
/// When a statement fails.
pub fn money_in(connection: &mut Connection, config: &Config, events: &[EventId]) -> Result<Money> {
    let sources = super::by_name(config);
    let mut purse = Purse::default();
    let events = store::sources_of(connection, events)?;
    purse.read(connection, &sources, &events)?;
    Ok(purse.sum(&events))
}

fn in_short(payment: crate::order::Payment) -> Payment {
    (payment.id, payment.currency.code(), payment.amount_minor)
}
