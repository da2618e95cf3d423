//! The statements about the dates of VAT. None opens a transaction.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::movement::{Leg, Movement};
use super::shifts::ShiftRow;
use crate::db::schema::{journal_entries, postings, vat_shifts};
use crate::db::vocabulary::Vocabulary as _;
use crate::db::{Connection, Result};
use crate::ledger::book::{EntryKind, ItemKind};
use crate::{insert_rows, limits, on_engine};

/// A line as it is read, with what its entry says of it.
#[derive(Queryable)]
struct LineColumns {
    order_id: String,
    entry_no: i64,
    snapshot_no: Option<i64>,
    booking_date: NaiveDate,
    account_code: String,
    currency: String,
    item_kind: String,
    amount_minor: i64,
    vat_bp: Option<i32>,
    tax_base_minor: Option<i64>,
    service_date: Option<NaiveDate>,
    kind: EntryKind,
}

impl LineColumns {
    fn parse(self, source: &str) -> Result<Option<(String, Movement)>> {
        let Some(leg) = Leg::of(&self.account_code, self.vat_bp) else { return Ok(None) };
        let movement = Movement {
            entry_no: self.entry_no,
            snapshot_no: self.snapshot_no,
            booking_date: self.booking_date,
            currency: self.currency,
            kind: ItemKind::stored(&self.item_kind, format_args!("source {source}, entry {}", self.entry_no))?,
            leg,
            amount_minor: self.amount_minor,
            vat_bp: self.vat_bp,
            tax_base_minor: self.tax_base_minor,
            service_date: self.service_date,
            opening: self.kind == EntryKind::Opening,
        };
        Ok(Some((self.order_id, movement)))
    }
}

/// All that moves the receivable of these orders or is taxed, by order.
pub(in crate::ledger) fn movements(
    connection: &mut Connection,
    source: &str,
    order_ids: &[&str],
) -> Result<BTreeMap<String, Vec<Movement>>> {
    let columns = (
        postings::order_id.assume_not_null(),
        postings::entry_no,
        journal_entries::snapshot_no,
        journal_entries::booking_date,
        postings::account_code,
        postings::currency,
        postings::item_kind,
        postings::amount_minor,
        postings::vat_bp,
        postings::tax_base_minor,
        postings::service_date,
        journal_entries::kind,
    );
    let mut movements: BTreeMap<String, Vec<Movement>> = BTreeMap::new();
    for ids in order_ids.chunks(limits::IN_VALUES) {
        let rows: Vec<LineColumns> =
            on_engine!(connection, |c| postings::table
                .inner_join(journal_entries::table.on(
                    journal_entries::source.eq(postings::source).and(journal_entries::entry_no.eq(postings::entry_no))
                ))
                .filter(postings::source.eq(source))
                .filter(postings::order_id.eq_any(ids))
                .select(columns)
                .load(c))?;
        for row in rows {
            if let Some((order_id, movement)) = row.parse(source)? {
                movements.entry(order_id).or_default().push(movement);
            }
        }
    }
    Ok(movements)
}

/// The stored shifts of these orders, by order, in the order in which they were added.
pub(in crate::ledger) fn shifts(
    connection: &mut Connection,
    source: &str,
    order_ids: &[&str],
) -> Result<BTreeMap<String, Vec<ShiftRow>>> {
    let mut shifts: BTreeMap<String, Vec<ShiftRow>> = BTreeMap::new();
    for ids in order_ids.chunks(limits::IN_VALUES) {
        let rows: Vec<ShiftRow> = on_engine!(connection, |c| vat_shifts::table
            .filter(vat_shifts::source.eq(source))
            .filter(vat_shifts::order_id.eq_any(ids))
            .select(ShiftRow::as_select())
            .load(c))?;
        for row in rows {
            shifts.entry(row.order_id.clone()).or_default().push(row);
        }
    }
    for rows in shifts.values_mut() {
        rows.sort_by_key(|row| (row.entry_no, row.row_no));
    }
    Ok(shifts)
}

pub(super) fn insert(connection: &mut Connection, rows: &[ShiftRow]) -> Result<()> {
    Ok(insert_rows!(connection, vat_shifts::table, rows)?)
}
