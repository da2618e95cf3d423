//! What a batch of settlements works on: read ahead for all its orders at once, written out for all of them at once.
//!
//! Settling looks at some ten places for each order and writes to as many. One by one that is a statement each; here it
//! is a statement for the whole batch. Everything that settling reads of the tables that it writes goes through this
//! desk, so that it sees what the batch has not written yet: what is not on the desk is read from the database after
//! everything that is pending has been written there.
//!
//! Vouchers and flex tickets tie orders together; they are few, and are read and written at once.

mod file;
mod pending;
mod store;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

pub(super) use self::file::Last;
use self::file::OrderFile;
use self::pending::Pending;
pub(super) use self::store::{snapshots, standings};
use super::posting::Written;
use super::projection::{self, OrderRow, PartRows};
use super::reconcile::store::FindingRow;
use super::reconcile::{Changes, ReceivableLine};
use super::standing::Standing;
use super::store::SnapshotRow;
use super::{Policy, Regime, Snapshot};
use crate::db::{Connection, Result};
use crate::limits;

/// The orders of one source that a batch works on. Valid for one transaction.
pub(super) struct Desk {
    source: String,
    files: HashMap<String, OrderFile>,
    /// The orders that have a payment, by its id, as far as looked up.
    payments: HashMap<String, BTreeSet<String>>,
    /// Title of an event with the version that says it, as far as looked up.
    titles: HashMap<String, Option<(String, i64)>>,
    /// Codes of the accounts that exist, once looked up.
    accounts: Option<HashSet<String>>,
    pending: Pending,
}

impl Desk {
    pub(super) fn empty(source: &str) -> Self {
        Self {
            source: source.to_owned(),
            files: HashMap::new(),
            payments: HashMap::new(),
            titles: HashMap::new(),
            accounts: None,
            pending: Pending::default(),
        }
    }

    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// Reads what settling these orders will ask for. An order that is on the desk already stays as it is.
    pub(super) fn read_ahead(&mut self, connection: &mut Connection, order_ids: &BTreeSet<&str>) -> Result<()> {
        let unread: Vec<&str> = order_ids.iter().copied().filter(|id| !self.files.contains_key(*id)).collect();
        if unread.is_empty() {
            return Ok(());
        }
        self.write_out(connection)?;
        for ids in unread.chunks(limits::IN_VALUES) {
            self.files.extend(file::read(connection, &self.source, ids)?);
        }
        Ok(())
    }

    /// Looks up which orders have these payments.
    pub(super) fn read_payments(&mut self, connection: &mut Connection, ids: &BTreeSet<&str>) -> Result<()> {
        let unread: Vec<&str> = ids.iter().copied().filter(|id| !self.payments.contains_key(*id)).collect();
        if unread.is_empty() {
            return Ok(());
        }
        self.write_out(connection)?;
        self.payments.extend(unread.iter().map(|id| ((*id).to_owned(), BTreeSet::new())));
        for (payment, order) in store::orders_with_payments(connection, &self.source, &unread)? {
            self.payments.entry(payment).or_default().insert(order);
        }
        Ok(())
    }

    /// Writes everything that is pending. The caller of settling calls this before it ends its transaction.
    pub(super) fn write_out(&mut self, connection: &mut Connection) -> Result<()> {
        std::mem::take(&mut self.pending).write(connection, &self.source)
    }

    fn file(&mut self, connection: &mut Connection, order_id: &str) -> Result<&mut OrderFile> {
        self.read_ahead(connection, &BTreeSet::from([order_id]))?;
        // It was read if it was not there.
        Ok(self.files.entry(order_id.to_owned()).or_default())
    }

    /// An order as it is known, with its last snapshot.
    pub(super) fn order(
        &mut self,
        connection: &mut Connection,
        order_id: &str,
    ) -> Result<(Option<OrderRow>, Option<Last>)> {
        let file = self.file(connection, order_id)?;
        Ok((file.row.clone(), file.last.clone()))
    }

    /// Regimes of what an order sold, as far as they are known.
    pub(super) fn sold(&mut self, connection: &mut Connection, order_id: &str) -> Result<BTreeMap<String, Regime>> {
        if let Some(sold) = &self.file(connection, order_id)?.sold {
            return Ok(sold.clone());
        }
        let rows = projection::regimes_sold(connection, &self.source, &[order_id])?;
        let sold: BTreeMap<String, Regime> = rows.into_iter().map(|(_, key, regime)| (key, regime)).collect();
        self.file(connection, order_id)?.sold = Some(sold.clone());
        Ok(sold)
    }

    /// What is known of vouchers has changed, whichever order sold them.
    pub(super) fn vouchers_changed(&mut self) {
        for file in self.files.values_mut() {
            file.sold = None;
        }
    }

    /// What an order has in the journal. The desk is without it until it is put back.
    pub(super) fn take_standing(&mut self, connection: &mut Connection, order_id: &str) -> Result<Standing> {
        Ok(std::mem::take(&mut self.file(connection, order_id)?.standing))
    }

    /// Puts back what an order has in the journal.
    pub(super) fn put_standing(
        &mut self,
        connection: &mut Connection,
        order_id: &str,
        standing: Standing,
    ) -> Result<()> {
        self.file(connection, order_id)?.standing = standing;
        Ok(())
    }

    /// Everything on the receivable of an order, in the order of the entries.
    pub(super) fn receivable(&mut self, connection: &mut Connection, order_id: &str) -> Result<Vec<ReceivableLine>> {
        Ok(self.file(connection, order_id)?.receivable.clone())
    }

    /// Every finding of an order, closed ones included.
    pub(super) fn findings(&mut self, connection: &mut Connection, order_id: &str) -> Result<Vec<FindingRow>> {
        Ok(self.file(connection, order_id)?.findings.values().cloned().collect())
    }

    /// `(payment, order)` of the payments with these ids in other orders than this one.
    pub(super) fn other_payments(
        &mut self,
        connection: &mut Connection,
        order_id: &str,
        ids: &BTreeSet<&str>,
    ) -> Result<Vec<(String, String)>> {
        self.read_payments(connection, ids)?;
        let mut others = Vec::new();
        for id in ids {
            let orders = self.payments.get(*id).into_iter().flatten();
            others.extend(orders.filter(|order| *order != order_id).map(|order| ((*id).to_owned(), order.clone())));
        }
        Ok(others)
    }

    /// A new snapshot of an order.
    pub(super) fn save_snapshot(&mut self, connection: &mut Connection, row: SnapshotRow) -> Result<()> {
        let last = Last { doc: row.doc.clone(), doc_sha256: row.doc_sha256.clone() };
        self.file(connection, &row.order_id)?.last = Some(last);
        self.pending.snapshots.push(row);
        Ok(())
    }

    /// The current state of an order.
    pub(super) fn save_order(&mut self, connection: &mut Connection, row: OrderRow) -> Result<()> {
        self.file(connection, &row.order_id)?.row = Some(row.clone());
        self.pending.orders.insert(row.order_id.clone(), row);
        Ok(())
    }

    /// An order that is known only because a voucher refunds it has a balance, so it has a row.
    fn save_stub(&mut self, connection: &mut Connection, order_id: &str, order_code: Option<String>) -> Result<()> {
        if self.file(connection, order_id)?.row.is_some() {
            return Ok(());
        }
        let stub = OrderRow { order_code, ..OrderRow::unknown(&self.source, order_id) };
        self.save_order(connection, stub)
    }

    /// The rows of an order's parts; `previous` is what they were made from before.
    pub(super) fn save_parts(
        &mut self,
        connection: &mut Connection,
        snapshot: &Snapshot,
        previous: Option<&Snapshot>,
        policy: &Policy,
    ) -> Result<()> {
        let order_id = &snapshot.order.order_id;
        for payment in previous.into_iter().flat_map(|previous| previous.order.payments.iter().flatten()) {
            if let Some(orders) = self.payments.get_mut(&payment.id) {
                orders.remove(order_id);
            }
        }
        for payment in snapshot.order.payments.iter().flatten() {
            if let Some(orders) = self.payments.get_mut(&payment.id) {
                orders.insert(order_id.clone());
            }
        }
        let parts = PartRows::of(&self.source, snapshot, policy);
        self.pending.save_parts(order_id, parts, previous.is_some());
        if projection::save_vouchers(connection, &self.source, snapshot, policy)? {
            self.vouchers_changed();
        }
        for (refunded, code) in projection::refunded_orders(snapshot) {
            self.save_stub(connection, &refunded, code)?;
        }
        Ok(())
    }

    /// Keeps the newest title of every event that the tickets name. `version` is that of the tickets: an order also
    /// gets a snapshot when nothing is said of its tickets, and then it must not bring an old title back.
    pub(super) fn save_titles(&mut self, connection: &mut Connection, snapshot: &Snapshot, version: i64) -> Result<()> {
        for (key, id, title) in projection::titles(snapshot) {
            if !self.titles.contains_key(&key) {
                let known = store::title(connection, &self.source, &key)?;
                self.titles.insert(key.clone(), known);
            }
            let known = self.titles.get(&key).and_then(Option::as_ref);
            if known.is_some_and(|(_, newer)| *newer > version) {
                continue;
            }
            self.titles.insert(key.clone(), Some((title.clone(), version)));
            self.pending.titles.insert(key, (id, title, version));
        }
        Ok(())
    }

    /// Sealed entries of an order. They move its receivable, or that of another one.
    pub(super) fn save_entries(&mut self, connection: &mut Connection, written: Written) -> Result<()> {
        for (entry, line) in written.receivable_lines() {
            if let Some(file) = line.order_id.as_ref().and_then(|order_id| self.files.get_mut(order_id)) {
                file.receivable.push(ReceivableLine::of(entry, line));
            }
        }
        let known = match &mut self.accounts {
            Some(known) => known,
            unread => unread.insert(store::accounts(connection, &self.source)?),
        };
        let Written { accounts, lines, entries } = written;
        let new = accounts.into_iter().filter(|account| known.insert(account.code.clone()));
        self.pending.accounts.extend(new);
        self.pending.lines.extend(lines);
        self.pending.entries.extend(entries);
        Ok(())
    }

    /// What reconciling an order changes among its findings.
    pub(super) fn save_findings(
        &mut self,
        connection: &mut Connection,
        order_id: &str,
        changes: Changes,
    ) -> Result<()> {
        let file = self.file(connection, order_id)?;
        let rows: Vec<FindingRow> = changes.into_rows().collect();
        for row in &rows {
            file.findings.insert(row.fingerprint.clone(), row.clone());
        }
        self.pending.findings.extend(rows.into_iter().map(|row| (row.fingerprint.clone(), row)));
        Ok(())
    }
}
