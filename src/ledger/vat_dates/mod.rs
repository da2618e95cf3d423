//! When the VAT of an order is due, by the date of payment and by the date of service.
//!
//! ```text
//! lines of the journal ──day by day──> what is due on each day ──less what is posted──> shifts ──> vat_shifts
//! ```
//!
//! VAT is posted on the booking date. What is due on another day is told by *shifts*: rows that take an amount from one
//! day and add it to another. So posted and shifted together is what is due, an order that is paid in the month of its
//! sale has no row, and what is posted and not due yet is the sum of the shifts, negated.
//!
//! The shifts of an order follow from its lines in the journal and from the closes of months between them. They are
//! written in the transaction that writes the entries, and only added to: what changes in a closed month is a shift on
//! the first open day, as it is for entries.
//!
//! Belongs here: the days on which VAT is due. Does not: how much VAT there is (`posting`).

mod due;
mod movement;
mod portfolio;
mod service;
mod shifts;
pub(in crate::ledger) mod store;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

pub(in crate::ledger) use self::movement::Movement;
use self::shifts::new_shifts;
pub use self::shifts::{ShiftBasis, ShiftRow};

use super::book::{EntryRow, Month, PostingRow, closings};
use crate::db::{Connection, Error, Result};

/// New lines of the journal, by the order whose VAT they are about.
#[derive(Default)]
pub(in crate::ledger) struct NewMovements(BTreeMap<String, Vec<Movement>>);

impl NewMovements {
    /// The orders that are moved.
    pub(in crate::ledger) fn orders(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    /// Takes over what an entry moves.
    ///
    /// # Errors
    /// When a line is of an unknown kind.
    pub(in crate::ledger) fn add(&mut self, entry: &EntryRow, lines: &[PostingRow]) -> Result<()> {
        for line in lines {
            let Some(order_id) = &line.order_id else { continue };
            if let Some(movement) = Movement::of(entry, line)? {
                self.0.entry(order_id.clone()).or_default().push(movement);
            }
        }
        Ok(())
    }
}

/// Writes what these movements, which are in the journal already, mean for the dates of VAT. `fresh` are orders that
/// had nothing in the journal before them; `last_closed` is the last month that is closed.
///
/// # Errors
/// When a statement fails, or an amount leaves the range of minor units.
pub(in crate::ledger) fn update(
    connection: &mut Connection,
    source: &str,
    new: NewMovements,
    fresh: &BTreeSet<String>,
    last_closed: Option<Month>,
) -> Result<()> {
    let known: Vec<&str> = new.0.keys().map(String::as_str).filter(|order| !fresh.contains(*order)).collect();
    let mut histories = store::movements(connection, source, &known)?;
    let mut stored = store::shifts(connection, source, &known)?;
    let mut rows = Vec::new();
    for (order_id, movements) in new.0 {
        let first_new = movements.iter().map(|movement| movement.entry_no).min().unwrap_or(0);
        let history = histories.remove(&order_id).unwrap_or(movements);
        let stored = stored.remove(&order_id).unwrap_or_default();
        let overflowed = |overflow| Error::Inconsistent(format!("the dates of VAT of order {order_id}: {overflow}"));
        let shifts = new_shifts(source, &order_id, &history, &stored, first_new, |_| last_closed);
        rows.extend(shifts.map_err(overflowed)?);
    }
    store::insert(connection, &rows)
}

/// The first of these orders whose rows are not those that its lines in the journal and the closes give, in words. What
/// came after entry `until` does not count.
///
/// # Errors
/// When a query fails.
pub(in crate::ledger) fn first_difference(
    connection: &mut Connection,
    source: &str,
    order_ids: &[&str],
    until: i64,
) -> Result<Option<(String, String)>> {
    let closes = closings::store::entries(connection, source)?;
    let closes: Vec<(i64, Month)> =
        closes.iter().filter_map(|entry| Some((entry.entry_no, Month::parse(entry.closes()?)?))).collect();
    let last_closed =
        |entry_no| closes.iter().filter(|(closed_at, _)| *closed_at < entry_no).map(|(_, month)| *month).max();
    let mut histories = store::movements(connection, source, order_ids)?;
    let mut stored = store::shifts(connection, source, order_ids)?;
    for order_id in order_ids {
        let mut history = histories.remove(*order_id).unwrap_or_default();
        history.retain(|movement| movement.entry_no <= until);
        let mut stored = stored.remove(*order_id).unwrap_or_default();
        stored.retain(|row| row.entry_no <= until);
        let fault = match new_shifts(source, order_id, &history, &[], 0, last_closed) {
            Err(overflow) => Some(format!("the dates of its VAT: {overflow}")),
            Ok(wanted) if wanted == stored => None,
            Ok(wanted) => {
                let place = wanted.iter().zip(&stored).take_while(|(wanted, stored)| wanted == stored).count();
                let said = |row: Option<&ShiftRow>| row.map_or_else(|| "none".to_owned(), ToString::to_string);
                let (wanted, stored) = (said(wanted.get(place)), said(stored.get(place)));
                Some(format!("the dates of its VAT: the row {stored} in vat_shifts should be {wanted}"))
            }
        };
        if let Some(fault) = fault {
            return Ok(Some(((*order_id).to_owned(), fault)));
        }
    }
    Ok(None)
}
