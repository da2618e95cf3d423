//! The money in parked webhooks: the payments that they tell of, as far as they can be read. Never a guess.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::store;
use crate::config::Source;
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
    /// The money of what is parked now. The same payment in several webhooks counts once, as the newest says.
    pub(super) fn count(&mut self, connection: &mut Connection, sources: &BTreeMap<String, Source>) -> Result<Money> {
        let parked = store::parked_ids(connection)?;
        let ids: BTreeSet<EventId> = parked.iter().map(|event| event.id).collect();
        self.known.retain(|id, _| ids.contains(id));
        let unread = parked.iter().filter(|event| !self.known.contains_key(&event.id)).take(AT_ONCE);
        for event in unread.cloned().collect::<Vec<_>>() {
            // One at a time: bodies may be large.
            let body = store::body(connection, event.id)?;
            let source = sources.get(&event.source);
            let payments = source.zip(body).and_then(|(source, body)| provider::payments_in(source, &body));
            let payments = payments.map(|payments| payments.into_iter().map(in_short).collect());
            self.known.insert(event.id, payments);
        }
        let mut newest = BTreeMap::new();
        let mut money = Money::default();
        for event in &parked {
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
        Ok(money)
    }
}

fn in_short(payment: crate::order::Payment) -> Payment {
    (payment.id, payment.currency.code(), payment.amount_minor)
}
