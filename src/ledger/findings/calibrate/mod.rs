//! Which reading of the provider's total fits the stored orders: the meaning of `total_invoice` is not documented.

mod formula;

use std::collections::BTreeMap;

pub use self::formula::{Amounts, Formula, Parts, has_cancelled_parts, said_total};

use super::store;
use crate::clock::Timestamp;
use crate::db::{Connection, Database};
use crate::ledger::Error;
use crate::ledger::batch::{Orders, snapshot_of};
use crate::ledger::book::{KnownSource, PolicyHistory, store as journal};
use crate::ledger::posting::Snapshot;

/// Orders read at once.
const PAGE: i64 = 500;

/// How the readings fit the orders of one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fit {
    pub source: String,
    /// Orders that were compared: accepted ones with a total, one currency and nothing cancelled.
    pub orders: i64,
    /// Of these: with a discount, a voucher used or issued as a refund, or a flex ticket used. The readings differ on
    /// no other order.
    pub discriminating: i64,
    /// Orders that no reading fits.
    pub unfit: i64,
    /// Orders that say a total and were not compared.
    pub left_out: i64,
    /// For each reading how many orders it fits, and how many of the discriminating ones.
    pub fits: BTreeMap<Formula, (i64, i64)>,
    /// The reading that the policy of today chose.
    pub chosen: Option<Formula>,
}

/// Fits every reading to every stored order, source by source. `now` tells which policy is the one of today.
///
/// # Errors
/// When the database cannot be read, or a stored snapshot cannot.
pub fn calibrate(database: &Database, only: Option<&str>, now: Timestamp) -> Result<Vec<Fit>, Error> {
    let mut fits = Vec::new();
    for KnownSource { name: source, timezone } in journal::sources(&mut database.reader()?)? {
        if only.is_some_and(|only| only != source) {
            continue;
        }
        let mut fit = Fit { source: source.clone(), ..Fit::default() };
        let policies = PolicyHistory::load(&mut database.reader()?, &source, timezone)?;
        fit.chosen = Formula::chosen(&policies.rules(policies.at(now)).policy);
        fit.fits = Formula::all().map(|formula| (formula, (0, 0))).collect();
        let mut last = String::new();
        while let Some(reached) = database.read(|connection| page(connection, &source, &last, &mut fit))? {
            last = reached;
        }
        fits.push(fit);
    }
    Ok(fits)
}

fn page(connection: &mut Connection, source: &str, last: &str, fit: &mut Fit) -> Result<Option<String>, Error> {
    let page = store::orders_after(connection, source, last, PAGE)?;
    let mut orders = Orders::empty(source);
    orders.prefetch(connection, &page.iter().map(String::as_str).collect())?;
    for order_id in &page {
        fit.add(&snapshot_of(connection, &mut orders, order_id)?);
    }
    Ok(page.last().cloned())
}

impl Fit {
    fn add(&mut self, snapshot: &Snapshot) {
        let Some((said, currency)) = said_total(snapshot) else {
            let says = snapshot.order.header.as_ref().is_some_and(|header| header.total_minor.is_some());
            self.left_out += i64::from(says);
            return;
        };
        let amounts = Amounts::of(snapshot, currency, Parts::Live).filter(|_| !has_cancelled_parts(snapshot));
        let Some(amounts) = amounts else {
            self.left_out += 1;
            return;
        };
        let discriminating = i64::from(amounts.discriminate());
        self.orders += 1;
        self.discriminating += discriminating;
        let mut fitted = false;
        for (formula, (all, telling)) in &mut self.fits {
            if formula.total(&amounts) == Ok(said) {
                *all += 1;
                *telling += discriminating;
                fitted = true;
            }
        }
        self.unfit += i64::from(!fitted);
    }
}
