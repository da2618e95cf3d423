//! The orders of a batch: prefetched for all of them at once, flushed for all of them at once.
//!
//! Settling reads some ten places for each order and writes to as many. One by one that is a statement each; here it
//! is a statement for the whole batch. Everything that settling reads of the tables that it writes goes through here,
//! so that it sees what the batch has not written yet: what is not here is read from the database after everything
//! that is buffered has been written there.
//!
//! Vouchers and flex tickets tie orders together; they are few, and are read and written at once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::mem;

use super::current_state::{self, OrderRow, PartRows};
use super::order_state::{self, LastSnapshot, OrderState};
use super::write_buffer::WriteBuffer;
use super::{EventDate, FindingRow, OrderPayment, Posted, ReceivableLine, store};
use crate::clock::Timestamp;
use crate::db::{Connection, Result};
use crate::ledger::book::{Month, SealedEntries, SnapshotRow};
use crate::ledger::posting::{Snapshot, StoredValueKey};
use crate::ledger::vat_dates;
use crate::limits;
use crate::policy::{Policy, Regime};

/// The orders of one source that a batch works on. Valid for one transaction.
pub(in crate::ledger) struct Orders {
    source: String,
    states: HashMap<String, OrderState>,
    /// Payments by their id, and by the order that has or had them, as far as looked up.
    payments: HashMap<String, BTreeMap<String, OrderPayment>>,
    /// Title of an event with the version that says it, as far as looked up.
    titles: HashMap<String, Option<(String, i64)>>,
    /// Codes of the accounts that exist, once looked up.
    accounts: Option<HashSet<String>>,
    /// What is dated in it or before is dated later.
    last_closed: Option<Month>,
    buffer: WriteBuffer,
}

impl Orders {
    pub(in crate::ledger) fn empty(source: &str) -> Self {
        Self {
            source: source.to_owned(),
            states: HashMap::new(),
            payments: HashMap::new(),
            titles: HashMap::new(),
            accounts: None,
            last_closed: None,
            buffer: WriteBuffer::default(),
        }
    }

    /// To be written to the book, whose months are closed up to this one.
    pub(in crate::ledger) fn of_book(source: &str, last_closed: Option<Month>) -> Self {
        Self { last_closed, ..Self::empty(source) }
    }

    pub(in crate::ledger) fn source(&self) -> &str {
        &self.source
    }

    /// Reads what settling these orders will ask for. An order that is here already stays as it is.
    pub(in crate::ledger) fn prefetch(
        &mut self,
        connection: &mut Connection,
        order_ids: &BTreeSet<&str>,
    ) -> Result<()> {
        let unread: Vec<&str> = order_ids.iter().copied().filter(|id| !self.states.contains_key(*id)).collect();
        if unread.is_empty() {
            return Ok(());
        }
        self.flush(connection)?;
        for ids in unread.chunks(limits::IN_VALUES) {
            self.states.extend(order_state::read(connection, &self.source, ids)?);
        }
        Ok(())
    }

    /// Looks up which orders have or had these payments.
    pub(in crate::ledger) fn read_payments(&mut self, connection: &mut Connection, ids: &BTreeSet<&str>) -> Result<()> {
        let unread: Vec<&str> = ids.iter().copied().filter(|id| !self.payments.contains_key(*id)).collect();
        if unread.is_empty() {
            return Ok(());
        }
        self.flush(connection)?;
        self.payments.extend(unread.iter().map(|id| ((*id).to_owned(), BTreeMap::new())));
        for payment in store::payments_with(connection, &self.source, &unread)? {
            let orders = self.payments.entry(payment.payment_id.clone()).or_default();
            orders.insert(payment.order_id.clone(), payment);
        }
        Ok(())
    }

    /// Writes everything that is buffered. The caller of settling calls this before it ends its transaction.
    pub(in crate::ledger) fn flush(&mut self, connection: &mut Connection) -> Result<()> {
        let buffer = mem::take(&mut self.buffer);
        let moved = buffer.movements()?;
        let mut is_fresh =
            |order: &&String| self.states.get_mut(*order).is_some_and(|state| mem::take(&mut state.fresh));
        let fresh: BTreeSet<String> = moved.orders().filter(|order| is_fresh(order)).cloned().collect();
        buffer.write(connection, &self.source)?;
        vat_dates::update(connection, &self.source, moved, &fresh, self.last_closed)
    }

    fn state(&mut self, connection: &mut Connection, order_id: &str) -> Result<&mut OrderState> {
        self.prefetch(connection, &BTreeSet::from([order_id]))?;
        // It was read if it was not there.
        Ok(self.states.entry(order_id.to_owned()).or_default())
    }

    /// An order as it is known, with its last snapshot.
    pub(in crate::ledger) fn order(
        &mut self,
        connection: &mut Connection,
        order_id: &str,
    ) -> Result<(Option<OrderRow>, Option<LastSnapshot>)> {
        let state = self.state(connection, order_id)?;
        Ok((state.row.clone(), state.last.clone()))
    }

    /// Regimes of what an order sold, as far as they are known.
    pub(in crate::ledger) fn sold(
        &mut self,
        connection: &mut Connection,
        order_id: &str,
    ) -> Result<BTreeMap<StoredValueKey, Regime>> {
        if let Some(sold) = &self.state(connection, order_id)?.sold {
            return Ok(sold.clone());
        }
        let rows = current_state::regimes_sold(connection, &self.source, &[order_id])?;
        let sold: BTreeMap<StoredValueKey, Regime> = rows.into_iter().map(|(_, key, regime)| (key, regime)).collect();
        self.state(connection, order_id)?.sold = Some(sold.clone());
        Ok(sold)
    }

    /// What is known of vouchers has changed, whichever order sold them.
    pub(in crate::ledger) fn vouchers_changed(&mut self) {
        for state in self.states.values_mut() {
            state.sold = None;
        }
    }

    /// What an order has in the journal. It is missing here until it is put back.
    pub(in crate::ledger) fn take_posted(&mut self, connection: &mut Connection, order_id: &str) -> Result<Posted> {
        Ok(mem::take(&mut self.state(connection, order_id)?.posted))
    }

    /// Puts back what an order has in the journal.
    pub(in crate::ledger) fn put_posted(
        &mut self,
        connection: &mut Connection,
        order_id: &str,
        posted: Posted,
    ) -> Result<()> {
        self.state(connection, order_id)?.posted = posted;
        Ok(())
    }

    /// Everything on the receivable of an order, in the order of the entries.
    pub(in crate::ledger) fn receivable(
        &mut self,
        connection: &mut Connection,
        order_id: &str,
    ) -> Result<Vec<ReceivableLine>> {
        Ok(self.state(connection, order_id)?.receivable.clone())
    }

    /// Every finding of an order, closed ones included.
    pub(in crate::ledger) fn findings(
        &mut self,
        connection: &mut Connection,
        order_id: &str,
    ) -> Result<Vec<FindingRow>> {
        Ok(self.state(connection, order_id)?.findings.values().cloned().collect())
    }

    /// The payments with these ids in other orders than this one.
    pub(in crate::ledger) fn other_payments(
        &mut self,
        connection: &mut Connection,
        order_id: &str,
        ids: &BTreeSet<&str>,
    ) -> Result<Vec<OrderPayment>> {
        self.read_payments(connection, ids)?;
        let all = ids.iter().filter_map(|id| self.payments.get(*id)).flat_map(BTreeMap::values);
        Ok(all.filter(|payment| payment.order_id != order_id).cloned().collect())
    }

    /// A new snapshot of an order.
    pub(in crate::ledger) fn save_snapshot(&mut self, connection: &mut Connection, row: SnapshotRow) -> Result<()> {
        let last = LastSnapshot { doc: row.doc.clone(), doc_sha256: row.doc_sha256.clone() };
        self.state(connection, &row.order_id)?.last = Some(last);
        self.buffer.snapshots.push(row);
        Ok(())
    }

    /// The current state of an order.
    pub(in crate::ledger) fn save_order(&mut self, connection: &mut Connection, row: OrderRow) -> Result<()> {
        self.state(connection, &row.order_id)?.row = Some(row.clone());
        self.buffer.orders.insert(row.order_id.clone(), row);
        Ok(())
    }

    /// An order that is known only because a voucher refunds it has a balance, so it has a row.
    fn save_stub(&mut self, connection: &mut Connection, order_id: &str, order_code: Option<String>) -> Result<()> {
        if self.state(connection, order_id)?.row.is_some() {
            return Ok(());
        }
        let stub = OrderRow { order_code, ..OrderRow::unknown(&self.source, order_id) };
        self.save_order(connection, stub)
    }

    /// The rows of an order's parts; `previous` is what they were made from before.
    pub(in crate::ledger) fn save_parts(
        &mut self,
        connection: &mut Connection,
        snapshot: &Snapshot,
        previous: Option<&Snapshot>,
        policy: &Policy,
    ) -> Result<()> {
        let order_id = &snapshot.order.order_id;
        for payment in previous.into_iter().flat_map(OrderPayment::all_of) {
            if let Some(orders) = self.payments.get_mut(&payment.payment_id) {
                orders.remove(order_id);
            }
        }
        for payment in OrderPayment::all_of(snapshot) {
            if let Some(orders) = self.payments.get_mut(&payment.payment_id) {
                orders.insert(order_id.clone(), payment);
            }
        }
        let parts = PartRows::of(&self.source, snapshot, policy);
        self.buffer.save_parts(order_id, parts, previous.is_some());
        if current_state::save_vouchers(connection, &self.source, snapshot, policy)? {
            self.vouchers_changed();
        }
        for (refunded, code) in current_state::refunded_orders(snapshot) {
            self.save_stub(connection, &refunded, code)?;
        }
        Ok(())
    }

    /// Keeps the newest title of every event that the tickets name. `version` is that of the tickets: an order also
    /// gets a snapshot when nothing is said of its tickets, and then it must not bring an old title back.
    pub(in crate::ledger) fn save_titles(
        &mut self,
        connection: &mut Connection,
        snapshot: &Snapshot,
        version: i64,
    ) -> Result<()> {
        for (key, id, title) in current_state::titles(snapshot) {
            if !self.titles.contains_key(&key) {
                let known = store::title(connection, &self.source, &key)?;
                self.titles.insert(key.clone(), known);
            }
            let known = self.titles.get(&key).and_then(Option::as_ref);
            if known.is_some_and(|(_, newer)| *newer > version) {
                continue;
            }
            self.titles.insert(key.clone(), Some((title.clone(), version)));
            self.buffer.titles.insert(key, (id, title, version));
        }
        Ok(())
    }

    /// Keeps the newest start of every date of an event that the tickets name.
    pub(in crate::ledger) fn save_dates(&mut self, snapshot: &Snapshot, version: i64, now: Timestamp) {
        for ticket in snapshot.order.tickets.iter().flatten() {
            let Some((id, starts_at)) = ticket.event_date_id.clone().zip(ticket.starts_at) else { continue };
            if self.buffer.dates.get(&id).is_none_or(|known| known.version <= version) {
                let (source, title) = (self.source.clone(), ticket.title.clone());
                let new_since = Some(now);
                let date = EventDate { source, event_date_id: id.clone(), title, starts_at, version, new_since };
                self.buffer.dates.insert(id, date);
            }
        }
    }

    /// Sealed entries of an order. They move its receivable, or that of another one.
    pub(in crate::ledger) fn save_entries(&mut self, connection: &mut Connection, sealed: SealedEntries) -> Result<()> {
        for (entry, line) in sealed.receivable_lines() {
            if let Some(state) = line.order_id.as_ref().and_then(|order_id| self.states.get_mut(order_id)) {
                state.receivable.push(ReceivableLine::of(entry, line)?);
            }
        }
        let known = match &mut self.accounts {
            Some(known) => known,
            unread => unread.insert(store::accounts(connection, &self.source)?),
        };
        let SealedEntries { accounts, lines, entries } = sealed;
        let new = accounts.into_iter().filter(|account| known.insert(account.code.clone()));
        self.buffer.accounts.extend(new);
        self.buffer.lines.extend(lines);
        self.buffer.entries.extend(entries);
        Ok(())
    }

    /// What reconciling an order changes among its findings.
    pub(in crate::ledger) fn save_findings(
        &mut self,
        connection: &mut Connection,
        order_id: &str,
        rows: Vec<FindingRow>,
    ) -> Result<()> {
        let state = self.state(connection, order_id)?;
        for row in &rows {
            state.findings.insert(row.fingerprint.clone(), row.clone());
        }
        self.buffer.findings.extend(rows.into_iter().map(|row| (row.fingerprint.clone(), row)));
        Ok(())
    }
}
