//! What a batch has settled and not written yet.

use std::collections::BTreeMap;

use super::current_state::{self, OrderRow, PartRows};
use super::{EventDate, FindingRow, dates, store};
use crate::db::{Connection, Result};
use crate::ledger::book::store::insert_entries;
use crate::ledger::book::{AccountRow, EntryRow, PostingRow, SnapshotRow, with_lines};
use crate::ledger::vat_dates::NewMovements;

/// Rows to be written. What is written again within the batch is written once, as it is in the end.
#[derive(Default)]
pub(super) struct WriteBuffer {
    pub(super) snapshots: Vec<SnapshotRow>,
    pub(super) accounts: Vec<AccountRow>,
    pub(super) lines: Vec<PostingRow>,
    pub(super) entries: Vec<EntryRow>,
    /// By order.
    pub(super) orders: BTreeMap<String, OrderRow>,
    parts: BTreeMap<String, PartRows>,
    /// Orders whose parts in the database are replaced.
    replaced: Vec<String>,
    /// Event id, title and version, by event key.
    pub(super) titles: BTreeMap<String, (Option<String>, String, i64)>,
    /// By their id.
    pub(super) dates: BTreeMap<String, EventDate>,
    /// By fingerprint.
    pub(super) findings: BTreeMap<String, FindingRow>,
}

impl WriteBuffer {
    pub(super) fn save_parts(&mut self, order_id: &str, parts: PartRows, stored: bool) {
        if self.parts.insert(order_id.to_owned(), parts).is_none() && stored {
            self.replaced.push(order_id.to_owned());
        }
    }

    /// What the entries move.
    pub(super) fn movements(&self) -> Result<NewMovements> {
        let mut movements = NewMovements::default();
        for (entry, own) in with_lines(&self.entries, &self.lines) {
            movements.add(entry, own)?;
        }
        Ok(movements)
    }

    /// Writes everything: first what others refer to, and each entry after its lines, for it seals them.
    pub(super) fn write(self, connection: &mut Connection, source: &str) -> Result<()> {
        store::insert_snapshots(connection, &self.snapshots)?;
        insert_entries(connection, &self.accounts, &self.lines, &self.entries)?;
        let orders: Vec<OrderRow> = self.orders.into_values().collect();
        store::upsert_orders(connection, &orders)?;
        current_state::delete_parts(connection, source, &self.replaced)?;
        let mut all = PartRows::default();
        for parts in self.parts.into_values() {
            all.append(parts);
        }
        current_state::insert_parts(connection, &all)?;
        store::upsert_titles(connection, source, &self.titles)?;
        dates::store::save(connection, source, self.dates)?;
        let findings: Vec<FindingRow> = self.findings.into_values().collect();
        store::upsert_findings(connection, &findings)
    }
}
