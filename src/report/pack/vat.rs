//! The page of the VAT: by booking, by payment and by service date. Pure.

use std::collections::BTreeMap;

use super::figures::sum;
use super::read::Read;
use super::rows::{NotDue, VatOfMonth, VatPage, VatRow, VatSum};
use super::section::amounts;
use crate::db::Result;
use crate::ledger::book::Month;
use crate::ledger::totals::{VatByRate, VatNotDue};

pub(super) fn page(read: &Read<'_>, currency: &str) -> Result<VatPage> {
    let [booking, payment, service] = &read.vat;
    let (by_booking, by_payment, by_service) =
        (rates(booking, currency)?, rates(payment, currency)?, rates(service, currency)?);
    let [by_payment_open, by_service_open] = &read.not_due;
    let mut not_due = not_due(by_payment_open, currency)?;
    not_due.extend(self::not_due(by_service_open, currency)?);
    Ok(VatPage {
        by_booking_total: total(&by_booking)?,
        by_payment_total: total(&by_payment)?,
        by_service_total: total(&by_service)?,
        by_booking,
        by_payment,
        by_service,
        not_due,
        of_earlier_months: of_earlier_months(read, currency),
    })
}

fn total(rows: &[VatRow]) -> Result<VatSum> {
    VatSum::total(rows.iter().map(|row| &row.sum))
}

/// The months of a period in one: the highest rate first, what is exempt and what is undetermined last.
fn rates(rows: &[VatByRate], currency: &str) -> Result<Vec<VatRow>> {
    let mut rates: BTreeMap<Option<i32>, VatSum> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.currency == currency) {
        let sum = rates.entry(row.vat_bp).or_default();
        *sum = sum.plus(&amounts(row.net_minor, row.vat_minor, row.gross_minor))?;
    }
    Ok(rates.into_iter().rev().map(|(vat_bp, sum)| VatRow { vat_bp, sum }).collect())
}

/// Rows are by rate and month; a month in which nothing moved has none.
fn not_due(rows: &[VatNotDue], currency: &str) -> Result<Vec<NotDue>> {
    let mut rates: BTreeMap<Option<i32>, NotDue> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.currency == currency) {
        let sums = rates.entry(row.vat_bp).or_insert_with(|| NotDue {
            basis: row.basis.clone(),
            vat_bp: row.vat_bp,
            opening_minor: row.opening_minor,
            posted_minor: 0,
            due_minor: 0,
            closing_minor: row.closing_minor,
        });
        sums.posted_minor = sum([sums.posted_minor, row.posted_minor])?;
        sums.due_minor = sum([sums.due_minor, row.due_minor])?;
        sums.closing_minor = row.closing_minor;
    }
    Ok(rates.into_values().rev().collect())
}

/// Only months before the period: what a period first booked itself is its own.
fn of_earlier_months(read: &Read<'_>, currency: &str) -> Vec<VatOfMonth> {
    let first = Month::of(read.span.first).to_string();
    let rows = read.of_earlier.iter().filter(|row| row.currency == currency);
    let there = rows.filter_map(|row| {
        let month = row.concerns.clone().filter(|month| *month < first)?;
        let sum = amounts(row.net_minor, row.vat_minor, row.gross_minor);
        (sum != VatSum::default()).then_some(VatOfMonth { month, row: VatRow { vat_bp: row.vat_bp, sum } })
    });
    there.collect()
}
