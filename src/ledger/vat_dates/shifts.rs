//! The rows that lead from what is stored to what is due, step by step as the journal grew.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use diesel::prelude::*;

use super::due::shifts_of;
use super::movement::Movement;
use super::portfolio::{Rate, Taxed};
use super::walk::Due;
use crate::db::schema::vat_shifts;
use crate::ledger::book::Month;
use crate::money::Overflow;
use crate::vocabulary;

vocabulary! {
    /// By which date VAT is due, if not by the booking date.
    pub enum ShiftBasis in "vat_shifts.basis" {
        /// The date of payment.
        Payment = "payment",
        /// The date of payment or of service, whichever comes first.
        Service = "service",
    }
}

/// A part of the VAT of an order that is due on another day than the one on which it is posted, as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = vat_shifts, treat_none_as_default_value = false)]
pub struct ShiftRow {
    pub source: String,
    pub order_id: String,
    /// The last entry of the step that made it known.
    pub entry_no: i64,
    /// Within the step.
    pub row_no: i32,
    pub basis: ShiftBasis,
    /// ISO 4217 code.
    pub currency: String,
    /// Positive: due on this day; negative: not due yet.
    pub booking_date: NaiveDate,
    /// Basis points; `None`: undetermined.
    pub vat_bp: Option<i32>,
    /// Minor units, as is the next.
    pub net_minor: i64,
    pub vat_minor: i64,
}

impl std::fmt::Display for ShiftRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rate = self.vat_bp.map_or_else(|| "no rate".to_owned(), |bp| bp.to_string());
        write!(f, "{}/{} {} {} {rate}", self.entry_no, self.row_no, self.basis, self.booking_date)?;
        write!(f, " {} + {} {}", self.net_minor, self.vat_minor, self.currency)
    }
}

/// What the rows of an order say so far.
type Said = BTreeMap<(String, ShiftBasis), Due>;

/// The rows that the movements from entry `first_new` on add to the stored ones. `last_closed` is the last month that
/// was closed before an entry.
///
/// # Errors
/// [`Overflow`] when an amount leaves the range of minor units.
pub(super) fn new_shifts(
    source: &str,
    order_id: &str,
    history: &[Movement],
    stored: &[ShiftRow],
    first_new: i64,
    last_closed: impl Fn(i64) -> Option<Month>,
) -> Result<Vec<ShiftRow>, Overflow> {
    let mut history: Vec<&Movement> = history.iter().collect();
    history.sort_by_key(|movement| movement.entry_no);
    let mut said = Said::new();
    for row in stored {
        let amount = Taxed { gross: i128::from(row.net_minor) + i128::from(row.vat_minor), vat: row.vat_minor.into() };
        said.entry((row.currency.clone(), row.basis)).or_default().add(row.booking_date, Rate::Of(row.vat_bp), amount);
    }
    let mut rows = Vec::new();
    let mut known = history.partition_point(|movement| movement.entry_no < first_new);
    while let Some(next) = history.get(known) {
        known += history.iter().skip(known).take_while(|movement| movement.is_of_one_step(next)).count();
        let step: Vec<&Movement> = history.iter().take(known).copied().collect();
        let Some(entry_no) = step.last().map(|movement| movement.entry_no) else { break };
        let closed = last_closed(entry_no);
        for (change, row_no) in changes(&step, &mut said, closed)?.into_iter().zip(1..) {
            let Change { currency, basis, day, vat_bp, amount } = change;
            let minor = |amount: i128| i64::try_from(amount).map_err(|_| Overflow);
            rows.push(ShiftRow {
                source: source.to_owned(),
                order_id: order_id.to_owned(),
                entry_no,
                row_no,
                basis,
                currency,
                booking_date: day,
                vat_bp,
                net_minor: minor(amount.gross - amount.vat)?,
                vat_minor: minor(amount.vat)?,
            });
        }
    }
    Ok(rows)
}

/// What a row adds to what is said.
struct Change {
    currency: String,
    basis: ShiftBasis,
    day: NaiveDate,
    vat_bp: Option<i32>,
    amount: Taxed,
}

/// What is to be added to what is said, for these movements; afterwards it is said.
fn changes(movements: &[&Movement], said: &mut Said, closed: Option<Month>) -> Result<Vec<Change>, Overflow> {
    let currencies: BTreeSet<&str> = movements.iter().map(|movement| movement.currency.as_str()).collect();
    let mut changes = Vec::new();
    for currency in currencies {
        let own: Vec<&Movement> = movements.iter().copied().filter(|movement| movement.currency == currency).collect();
        for (basis, mut wanted) in shifts_of(&own)? {
            let said = said.entry((currency.to_owned(), basis)).or_default();
            for ((day, rate), amount) in &said.0 {
                wanted.add(*day, *rate, Taxed::ZERO.less(*amount));
            }
            // A closed month keeps what it said: what differs there is said on the first open day.
            let mut open = Due::default();
            for ((day, rate), amount) in wanted.0 {
                let late = closed.filter(|closed| Month::of(day) <= *closed);
                open.add(late.map_or(day, |closed| closed.next().first_day()), rate, amount);
            }
            for ((day, rate), amount) in open.0 {
                if let Rate::Of(vat_bp) = rate
                    && amount != Taxed::ZERO
                {
                    said.add(day, rate, amount);
                    changes.push(Change { currency: currency.to_owned(), basis, day, vat_bp, amount });
                }
            }
        }
    }
    Ok(changes)
}
