//! What an order was billed and what of it is settled.

use diesel::prelude::*;

use super::add;
use crate::db::Result;
use crate::db::schema::order_sums;
use crate::ledger::book::{Account, PostingRow};

/// The lines on the receivable of an order in one currency, in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = order_sums, treat_none_as_default_value = false)]
pub(super) struct OrderSum {
    source: String,
    /// Empty for lines about no order.
    order_id: String,
    currency: String,
    billed_minor: i64,
    /// Everything that is not billed.
    settled_minor: i64,
}

impl OrderSum {
    /// `None` for a line that is on no receivable.
    pub(super) fn of(line: &PostingRow) -> Result<Option<Self>> {
        if line.account_code != Account::RECEIVABLE {
            return Ok(None);
        }
        let billed = line.item_kind()?.is_billed();
        Ok(Some(Self {
            source: line.source.clone(),
            order_id: line.order_id.clone().unwrap_or_default(),
            currency: line.currency.clone(),
            billed_minor: if billed { line.amount_minor } else { 0 },
            settled_minor: if billed { 0 } else { -line.amount_minor },
        }))
    }

    pub(super) fn key(&self) -> (String, String) {
        (self.order_id.clone(), self.currency.clone())
    }

    pub(super) fn add(&mut self, other: &Self) -> Result<()> {
        add(&mut self.billed_minor, other.billed_minor, &self.order_id)?;
        add(&mut self.settled_minor, other.settled_minor, &self.order_id)
    }
}
