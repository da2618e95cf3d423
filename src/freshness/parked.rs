//! What is received and cannot be booked, with the payments that it tells of.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::store;
use crate::config::Config;
use crate::db::{Connection, Error, Result};
use crate::inbox::operator::store as inbox;
use crate::money::{Currency, format_minor};
use crate::order::Payment;
use crate::provider;

/// Parked bodies that are read to tell what they are worth.
const READ_BODIES: i64 = 1_000;

/// Reads the payments that the body of a webhook tells of; `None` when it cannot be read.
pub type Tell<'a> = &'a dyn Fn(&[u8]) -> Option<Vec<ToldPayment>>;

/// A payment in a body that is not booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldPayment {
    pub id: String,
    pub currency: String,
    pub amount_minor: i64,
}

/// The payments in a body, if it is one of the source's webhooks.
pub fn told(config: &Config, source: &str, body: &[u8]) -> Option<Vec<ToldPayment>> {
    let payments = provider::payments_in(config.source(source)?, body)?;
    let payment = |payment: Payment| ToldPayment {
        id: payment.id,
        currency: payment.currency.code().to_owned(),
        amount_minor: payment.amount_minor,
    };
    Some(payments.into_iter().map(payment).collect())
}

/// Webhooks that are received and not booked, whenever they came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    pub events: i64,
    /// What their bodies tell of payments, as far as they can be read.
    pub told: Vec<Told>,
    /// Those of which no payment can be read.
    pub without_sum: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub currency: String,
    pub amount_minor: i64,
}

impl Parked {
    /// The payments in them: `135.00 EUR, 20.00 CHF`; empty when none can be read.
    pub fn money(&self) -> String {
        let amount = |told: &Told| {
            let exponent = Currency::parse(&told.currency).map_or(2, Currency::exponent);
            format!("{} {}", format_minor(told.amount_minor, exponent), told.currency)
        };
        self.told.iter().map(amount).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Parked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (money, unknown) = (self.money(), self.without_sum);
        match (self.events, money.is_empty(), unknown) {
            (0, ..) => f.write_str("nothing parked"),
            (events, true, _) => write!(f, "{events} parked (amount unknown)"),
            (events, false, 0) => write!(f, "{events} parked ({money})"),
            (events, false, unknown) => write!(f, "{events} parked ({money}, {unknown} of unknown amount)"),
        }
    }
}

/// What is parked at a source. A payment that several webhooks tell of counts once, as the newest says.
///
/// # Errors
/// When a statement fails, or the payments add up to more than 64 bits.
pub fn parked(connection: &mut Connection, source: &str, tell: Tell<'_>) -> Result<Parked> {
    let (events, ids) = store::parked(connection, source, READ_BODIES)?;
    let mut payments: BTreeMap<(String, String), i64> = BTreeMap::new();
    let mut with_sum = 0;
    for id in ids {
        let told = inbox::body(connection, id)?.and_then(|body| tell(&body));
        for payment in told.filter(|told| !told.is_empty()).inspect(|_| with_sum += 1).unwrap_or_default() {
            payments.insert((payment.currency, payment.id), payment.amount_minor);
        }
    }
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for ((currency, _), minor) in payments {
        let total = sums.entry(currency).or_default();
        let too_much = || Error::Inconsistent("the parked payments add up to more than 64 bits".to_owned());
        *total = total.checked_add(minor).ok_or_else(too_much)?;
    }
    let told = sums.into_iter().map(|(currency, amount_minor)| Told { currency, amount_minor });
    Ok(Parked { events, told: told.collect(), without_sum: events - with_sum })
}
