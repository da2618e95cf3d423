//! VAT by the date on which it is due, and what is posted and not due yet.

use std::collections::BTreeMap;

use super::store::vat_due::shifted;
use super::{Period, Selection, Total as _, VatByRate, VatNotDue};
use crate::db::{Connection, Error, Result};
use crate::ledger::book::Month;
use crate::ledger::vat_dates::ShiftBasis;
use crate::policy::VatReportBasis;

/// A rate of a currency of a source.
type Rate = (String, String, Option<i32>);

fn stored(basis: VatReportBasis) -> Option<ShiftBasis> {
    match basis {
        VatReportBasis::Booking => None,
        VatReportBasis::Payment => Some(ShiftBasis::Payment),
        VatReportBasis::Service => Some(ShiftBasis::Service),
    }
}

/// VAT by rate in the months in which it is due, in the order of reports. Of everything these are the rows of
/// `v_vat_by_payment` or `v_vat_by_service`; by the booking date, those of `v_vat_by_rate`.
///
/// # Errors
/// When a query fails, or a sum leaves the range of 64 bits.
pub fn vat_due(
    connection: &mut Connection,
    selection: &Selection<'_>,
    basis: VatReportBasis,
) -> Result<Vec<VatByRate>> {
    let posted = VatByRate::read(connection, selection)?;
    let Some(basis) = stored(basis) else { return Ok(posted) };
    let mut sums: BTreeMap<(String, String, String, Option<i32>), VatByRate> = BTreeMap::new();
    for row in posted.into_iter().chain(shifted(connection, selection, basis)?) {
        let key = (row.source.clone(), row.currency.clone(), row.period.clone(), row.vat_bp);
        match sums.get_mut(&key) {
            None => drop(sums.insert(key, row)),
            Some(sum) => {
                sum.net_minor = plus(sum.net_minor, row.net_minor)?;
                sum.vat_minor = plus(sum.vat_minor, row.vat_minor)?;
                sum.gross_minor = plus(sum.gross_minor, row.gross_minor)?;
            }
        }
    }
    Ok(sums.into_values().filter(|row| (row.net_minor, row.vat_minor) != (0, 0)).collect())
}

/// What is posted and not due yet, by rate and month, in the order of reports: the rows of
/// `v_rollforward_vat_not_due`. In the first month of a period, a rate has a row also when nothing of it moved. By the
/// booking date everything is due when it is posted, so there are no rows.
///
/// # Errors
/// When a query fails, or a sum leaves the range of 64 bits.
pub fn vat_not_due(
    connection: &mut Connection,
    selection: &Selection<'_>,
    basis: VatReportBasis,
) -> Result<Vec<VatNotDue>> {
    let Some(shifts) = stored(basis) else { return Ok(Vec::new()) };
    let mut balances: BTreeMap<Rate, i64> = BTreeMap::new();
    let first_day = selection.period.and_then(Period::first_day);
    if let Some(before) = first_day.and_then(|day| day.pred_opt()) {
        let booked_until = Some(selection.as_of.booked_until.map_or(before, |until| until.min(before)));
        let as_of = super::AsOf { booked_until, ..selection.as_of };
        for row in shifted(connection, &Selection { period: None, as_of, ..*selection }, shifts)? {
            let balance = balances.entry((row.source, row.currency, row.vat_bp)).or_default();
            *balance = plus(*balance, -row.vat_minor)?;
        }
    }
    let mut moved: BTreeMap<(Rate, String), (i64, i64)> = BTreeMap::new();
    if let Some(month) = first_day.map(Month::of) {
        let carried = balances.iter().filter(|(_, balance)| **balance != 0);
        moved.extend(carried.map(|(rate, _)| ((rate.clone(), month.to_string()), (0, 0))));
    }
    let posted = VatByRate::read(connection, selection)?;
    let late = shifted(connection, selection, shifts)?;
    let both = posted.into_iter().map(|row| (row, true)).chain(late.into_iter().map(|row| (row, false)));
    for (row, is_posted) in both.filter(|(row, _)| row.vat_bp.is_some_and(|bp| bp != 0)) {
        let sums = moved.entry(((row.source, row.currency, row.vat_bp), row.period)).or_default();
        sums.0 = plus(sums.0, if is_posted { row.vat_minor } else { 0 })?;
        sums.1 = plus(sums.1, row.vat_minor)?;
    }
    let word = shifts.to_string();
    let mut rows = Vec::with_capacity(moved.len());
    for ((rate, period), (posted_minor, due_minor)) in moved {
        let balance = balances.entry(rate.clone()).or_default();
        let opening_minor = *balance;
        *balance = plus(plus(opening_minor, posted_minor)?, -due_minor)?;
        let closing_minor = *balance;
        let ((source, currency, vat_bp), basis) = (rate, word.clone());
        rows.push(VatNotDue {
            source,
            currency,
            basis,
            vat_bp,
            period,
            opening_minor,
            posted_minor,
            due_minor,
            closing_minor,
        });
    }
    Ok(rows)
}

fn plus(one: i64, other: i64) -> Result<i64> {
    one.checked_add(other).ok_or_else(|| Error::Inconsistent("a sum of VAT leaves the range of 64 bits".to_owned()))
}
