//! The lines of one month that no report of months tells apart.

use diesel::prelude::*;

use super::add;
use crate::db::schema::month_sums;
use crate::db::{Error, Result};
use crate::ledger::book::{EntryRow, Month, PostingRow};

/// Their sum, in minor units and pieces.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = month_sums, treat_none_as_default_value = false)]
pub(super) struct MonthSum {
    source: String,
    /// All that the lines have in common, as JSON: unlike a key of many columns it tells "none" from an empty text.
    sum_key: String,
    period: String,
    currency: String,
    account_code: String,
    item_kind: String,
    /// Of what was brought in when the book began.
    is_opening: bool,
    event_id: Option<String>,
    event_key: Option<String>,
    vat_bp: Option<i32>,
    payment_method: Option<String>,
    /// What of the amount are debits.
    debit_minor: i64,
    amount_minor: i64,
    qty: i64,
}

impl MonthSum {
    pub(super) fn of(entry: &EntryRow, line: &PostingRow) -> Result<Self> {
        let period = Month::of(entry.booking_date).to_string();
        let is_opening = entry.event_type.starts_with("opening.");
        let key = (
            &period,
            &entry.currency,
            &line.account_code,
            &line.item_kind,
            is_opening,
            (&line.event_id, &line.event_key),
            line.vat_bp,
            &line.payment_method,
        );
        let sum_key = serde_json::to_string(&key).map_err(|error| Error::Inconsistent(error.to_string()))?;
        Ok(Self {
            source: entry.source.clone(),
            sum_key,
            period,
            currency: entry.currency.clone(),
            account_code: line.account_code.clone(),
            item_kind: line.item_kind.clone(),
            is_opening,
            event_id: line.event_id.clone(),
            event_key: line.event_key.clone(),
            vat_bp: line.vat_bp,
            payment_method: line.payment_method.clone(),
            debit_minor: line.amount_minor.max(0),
            amount_minor: line.amount_minor,
            qty: line.qty.unwrap_or(0),
        })
    }

    pub(super) fn key(&self) -> &str {
        &self.sum_key
    }

    pub(super) fn add(&mut self, other: &Self) -> Result<()> {
        add(&mut self.debit_minor, other.debit_minor, &self.sum_key)?;
        add(&mut self.amount_minor, other.amount_minor, &self.sum_key)?;
        add(&mut self.qty, other.qty, &self.sum_key)
    }
}
