//! Sums of the journal that are kept, by month and by order, so that the reports of every day do not read its lines.
//!
//! They are written in the transaction of the entries. `ledger verify` compares them with the lines, and
//! `ledger rebuild --sums` writes them anew.

mod month;
mod order;
pub(in crate::ledger) mod store;

use std::collections::{BTreeMap, BTreeSet};

use self::month::MonthSum;
use self::order::OrderSum;
use super::{EntryRow, PostingRow, with_lines};
use crate::db::{Connection, Error, Result};

/// What entries add to the sums.
#[derive(Default)]
pub(in crate::ledger) struct KeptSums {
    /// By key.
    months: BTreeMap<String, MonthSum>,
    /// By order and currency.
    orders: BTreeMap<(String, String), OrderSum>,
}

impl KeptSums {
    /// What entries and their lines add, both in the order of the entries.
    ///
    /// # Errors
    /// When an amount overflows, or a stored word is not known.
    pub(in crate::ledger) fn of(entries: &[EntryRow], lines: &[PostingRow]) -> Result<Self> {
        let mut sums = Self::default();
        for (entry, own) in with_lines(entries, lines) {
            sums.add_entry(entry, own)?;
        }
        Ok(sums)
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// As those of [`KeptSums::of`].
    pub(in crate::ledger) fn add_entry(&mut self, entry: &EntryRow, lines: &[PostingRow]) -> Result<()> {
        for line in lines {
            let month = MonthSum::of(entry, line)?;
            match self.months.get_mut(month.key()) {
                Some(kept) => kept.add(&month)?,
                None => {
                    self.months.insert(month.key().to_owned(), month);
                }
            }
            let Some(order) = OrderSum::of(line)? else { continue };
            match self.orders.get_mut(&order.key()) {
                Some(kept) => kept.add(&order)?,
                None => {
                    self.orders.insert(order.key(), order);
                }
            }
        }
        Ok(())
    }

    /// The first sum of a month that is kept otherwise than its lines come to.
    fn differing_month<'k>(&'k self, kept: &'k BTreeMap<String, MonthSum>) -> Option<&'k str> {
        let keys: BTreeSet<&str> = self.months.keys().chain(kept.keys()).map(String::as_str).collect();
        keys.into_iter().find(|key| self.months.get(*key) != kept.get(*key))
    }
}

/// The first sum of a source that is kept otherwise than its lines come to, in words. Of `computed` only the months are
/// looked at: orders are too many to be kept in memory.
pub(in crate::ledger) fn fault(
    connection: &mut Connection,
    source: &str,
    computed: &KeptSums,
) -> Result<Option<String>> {
    let months = store::months(connection, source)?;
    let differs = match computed.differing_month(&months) {
        Some(key) => Some(key.to_owned()),
        None => store::differing_order(connection, source)?.map(|order_id| format!("order {order_id}")),
    };
    Ok(differs.map(|sum| format!("the sum that is kept of {sum} is not what its lines come to")))
}

/// Adds to a sum that is kept.
fn add(kept: &mut i64, more: i64, what: &str) -> Result<()> {
    let overflow = || Error::Inconsistent(format!("the sum that is kept of {what} overflows"));
    *kept = kept.checked_add(more).ok_or_else(overflow)?;
    Ok(())
}
