//! The page of the revenue: events and products, and the bridge from the VAT report. Pure.

use std::collections::BTreeMap;

use super::figures::sum;
use super::read::Read;
use super::rows::{BridgeStep, CategorySum, EventRow, RevenuePage, VatSum};
use super::section::amounts;
use crate::db::Result;

pub(super) fn page(read: &Read<'_>, currency: &str) -> Result<RevenuePage> {
    let events = events(read, currency);
    Ok(RevenuePage {
        categories: categories(&events)?,
        total: VatSum::total(events.iter().map(|row| &row.sum))?,
        events,
        bridge: bridge(read, currency)?,
    })
}

/// Tickets by their title, then products. A closed month has the titles of the day of its close.
fn events(read: &Read<'_>, currency: &str) -> Vec<EventRow> {
    let title_then = |key: Option<&String>| {
        let closed = read.closed.iter().rev().filter(|_| read.span.entries_until.is_some());
        closed.filter_map(|month| month.titles().get(key?)).next().cloned()
    };
    let mut rows: Vec<EventRow> = read
        .sales
        .iter()
        .filter(|row| row.currency == currency)
        .map(|row| {
            let days = row.event_key.as_ref().and_then(|key| read.event_days.get(key));
            EventRow {
                category: row.category.clone(),
                event_id: row.event_id.clone(),
                title: title_then(row.event_key.as_ref()).or_else(|| row.event_title.clone()),
                first_day: days.map(|(first, _)| *first),
                last_day: days.map(|(_, last)| *last),
                vat_bp: row.vat_bp,
                sold: row.sold,
                returned: row.returned,
                sum: amounts(row.net_minor, row.vat_minor, row.gross_minor),
            }
        })
        .collect();
    let key = |row: &EventRow| {
        (
            row.category != "tickets",
            row.title.is_none(),
            row.title.clone(),
            row.event_id.clone(),
            -row.vat_bp.unwrap_or(-1),
        )
    };
    rows.sort_by_key(key);
    rows
}

fn categories(events: &[EventRow]) -> Result<Vec<CategorySum>> {
    let mut categories: BTreeMap<bool, CategorySum> = BTreeMap::new();
    for row in events {
        let of = categories.entry(row.category != "tickets").or_insert_with(|| CategorySum {
            category: row.category.clone(),
            sold: 0,
            returned: 0,
            sum: VatSum::default(),
        });
        of.sold = sum([of.sold, row.sold])?;
        of.returned = sum([of.returned, row.returned])?;
        of.sum = of.sum.plus(&row.sum)?;
    }
    Ok(categories.into_values().collect())
}

/// The steps of all rates and months together, in the order of reading. A step of which nothing is left is left out,
/// but for the two ends.
fn bridge(read: &Read<'_>, currency: &str) -> Result<Vec<BridgeStep>> {
    let mut steps: BTreeMap<(i64, &str), VatSum> = BTreeMap::new();
    for row in read.bridge.iter().filter(|row| row.currency == currency) {
        let step = steps.entry((row.position, &row.step)).or_default();
        *step = step.plus(&amounts(row.net_minor, row.vat_minor, row.gross_minor))?;
    }
    let shown = steps
        .into_iter()
        .filter(|((_, step), sum)| *sum != VatSum::default() || matches!(*step, "vat_report" | "revenue_report"));
    Ok(shown.map(|((_, step), sum)| BridgeStep { step: step.to_owned(), sum }).collect())
}
