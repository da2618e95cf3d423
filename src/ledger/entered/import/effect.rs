//! What an import or a reversal does to the orders and vouchers that it is about, before and after.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::books::OrderAmounts;
use super::entry::ManualEntry;
use super::store;
use crate::db::Connection;
use crate::ledger::Error;
use crate::ledger::batch::current_state::redeeming_orders;
use crate::ledger::batch::{FindingRow, Orders};
use crate::ledger::book::{Account, EntryRow, PostingRow, store as journal};
use crate::ledger::posting::{StoredValueClass, StoredValueKey};

/// What changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Effect {
    pub orders: Vec<OrderEffect>,
    pub vouchers: Vec<VoucherEffect>,
    pub findings: Vec<FindingEffect>,
}

/// An order in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderEffect {
    pub order_id: String,
    pub order_code: Option<String>,
    pub currency: String,
    pub before: OrderBalance,
    pub after: OrderBalance,
}

/// As `report balances` has it, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OrderBalance {
    pub billed_minor: i64,
    pub settled_minor: i64,
    /// Positive: the guest owes.
    pub balance_minor: i64,
}

/// What we owe on a voucher or flex ticket, in minor units; one that was taxed when sold is net.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VoucherEffect {
    /// Written `voucher:ID` or `flex:ID`.
    pub voucher: StoredValueKey,
    pub currency: String,
    /// It was taxed when it was sold, so what is owed is net.
    pub net: bool,
    pub before_minor: i64,
    pub after_minor: i64,
}

/// A finding that becomes another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FindingEffect {
    pub change: FindingChange,
    pub order_id: Option<String>,
    pub reason: String,
    pub severity: String,
    pub currency: Option<String>,
    pub difference_minor: Option<i64>,
    pub evidence: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingChange {
    Opens,
    /// Its amounts are others.
    Changes,
    Closes,
}

/// The orders and vouchers that something is about.
#[derive(Default)]
pub(super) struct About {
    /// Named by the entries, or tied to them by a voucher.
    pub(super) orders: BTreeSet<String>,
    pub(super) vouchers: BTreeSet<StoredValueKey>,
}

impl About {
    /// The orders that the entries name, and those that sold or used their vouchers.
    pub(super) fn entries(connection: &mut Connection, source: &str, entries: &[ManualEntry]) -> Result<Self, Error> {
        let mut about = Self {
            orders: entries.iter().filter_map(|entry| entry.order_id.clone()).collect(),
            vouchers: entries.iter().filter_map(|entry| entry.voucher().cloned()).collect(),
        };
        about.tied_by_vouchers(connection, source)?;
        Ok(about)
    }

    /// The same of an entry that is stored.
    pub(super) fn stored(
        connection: &mut Connection,
        source: &str,
        entry: &EntryRow,
        lines: &[PostingRow],
    ) -> Result<Self, Error> {
        let ids: BTreeSet<&str> = lines.iter().filter_map(|line| line.voucher_id.as_deref()).collect();
        let ids: Vec<&str> = ids.into_iter().collect();
        let worth = store::worth_of(connection, source, &ids)?;
        let mut about = Self {
            orders: entry.order_id.iter().cloned().collect(),
            vouchers: worth.into_iter().map(|worth| worth.key).collect(),
        };
        about.tied_by_vouchers(connection, source)?;
        Ok(about)
    }

    /// Adds the orders that sold or used these vouchers, or one that these orders sold or were refunded by: what is
    /// open on an order tells what is to be done about its vouchers.
    fn tied_by_vouchers(&mut self, connection: &mut Connection, source: &str) -> Result<(), Error> {
        let mut tied = self.vouchers.clone();
        let mut orders = Orders::empty(source);
        orders.prefetch(connection, &self.orders.iter().map(String::as_str).collect())?;
        for order_id in &self.orders {
            let lines = orders.receivable(connection, order_id)?.into_iter().filter(|line| line.item_kind.is_issue());
            tied.extend(lines.filter_map(|line| {
                let class = StoredValueClass::of_line(line.item_kind, Account::RECEIVABLE);
                Some(StoredValueKey::new(class, line.voucher_id.as_deref()?))
            }));
        }
        for key in &tied {
            self.orders.extend(journal::sellers(connection, source, &key.id)?);
            self.orders.extend(redeeming_orders(connection, source, key)?);
        }
        Ok(())
    }
}

/// How they stand.
pub(super) struct Standing {
    orders: BTreeMap<(String, String), (Option<String>, OrderBalance)>,
    vouchers: BTreeMap<(StoredValueKey, String), (i64, bool)>,
    /// Those that are not resolved, by fingerprint.
    findings: BTreeMap<String, FindingRow>,
}

impl Standing {
    pub(super) fn of(connection: &mut Connection, source: &str, about: &About) -> Result<Self, Error> {
        // What a batch holds of an order does not know what a person posts beside it.
        let mut orders = Orders::empty(source);
        orders.prefetch(connection, &about.orders.iter().map(String::as_str).collect())?;
        let mut standing = Self { orders: BTreeMap::new(), vouchers: BTreeMap::new(), findings: BTreeMap::new() };
        for order_id in &about.orders {
            let code = orders.order(connection, order_id)?.0.and_then(|row| row.order_code);
            for (currency, amounts) in OrderAmounts::of(&orders.receivable(connection, order_id)?) {
                let row = (code.clone(), OrderBalance::of(amounts));
                standing.orders.insert((order_id.clone(), currency), row);
            }
            let findings = orders.findings(connection, order_id)?.into_iter();
            let unresolved = findings.filter(|row| row.state.is_unresolved());
            standing.findings.extend(unresolved.map(|row| (row.fingerprint.clone(), row)));
        }
        let ids: Vec<&str> = about.vouchers.iter().map(|key| key.id.as_str()).collect();
        for part in ids.chunks(store::PART) {
            let worth = store::worth_of(connection, source, part)?.into_iter();
            let ours = worth.filter(|worth| about.vouchers.contains(&worth.key));
            standing.vouchers.extend(ours.map(|of| ((of.key, of.currency), (of.owed_minor, of.is_net))));
        }
        Ok(standing)
    }

    /// What became of it.
    pub(super) fn became(&self, after: &Self) -> Effect {
        let nothing = (None, OrderBalance { billed_minor: 0, settled_minor: 0, balance_minor: 0 });
        let keys: BTreeSet<_> = self.orders.keys().chain(after.orders.keys()).collect();
        let orders = keys.into_iter().filter_map(|key| {
            let before = self.orders.get(key).unwrap_or(&nothing);
            let (order_code, after) = after.orders.get(key).unwrap_or(&nothing);
            let (order_id, currency) = key.clone();
            (before.1 != *after).then(|| OrderEffect {
                order_id,
                order_code: order_code.clone(),
                currency,
                before: before.1,
                after: *after,
            })
        });
        let keys: BTreeSet<_> = self.vouchers.keys().chain(after.vouchers.keys()).collect();
        let vouchers = keys.into_iter().filter_map(|key| {
            let worth = |standing: &Self| standing.vouchers.get(key).copied().unwrap_or_default();
            let ((before_minor, before_net), (after_minor, after_net)) = (worth(self), worth(after));
            let net = before_net || after_net;
            let (voucher, currency) = key.clone();
            (before_minor != after_minor).then_some(VoucherEffect { voucher, currency, net, before_minor, after_minor })
        });
        Effect { orders: orders.collect(), vouchers: vouchers.collect(), findings: self.findings_became(after) }
    }

    fn findings_became(&self, after: &Self) -> Vec<FindingEffect> {
        let effect = |change, row: &FindingRow| FindingEffect {
            change,
            order_id: row.order_id.clone(),
            reason: row.reason.clone(),
            severity: row.severity.to_string(),
            currency: row.currency.clone(),
            difference_minor: row.difference_minor,
            evidence: row.evidence.clone(),
        };
        let mut effects = Vec::new();
        for (fingerprint, row) in &after.findings {
            match self.findings.get(fingerprint) {
                None => effects.push(effect(FindingChange::Opens, row)),
                Some(before) if before.amounts() != row.amounts() => {
                    effects.push(effect(FindingChange::Changes, row));
                }
                Some(_) => {}
            }
        }
        let closed = self.findings.iter().filter(|(fingerprint, _)| !after.findings.contains_key(*fingerprint));
        effects.extend(closed.map(|(_, row)| effect(FindingChange::Closes, row)));
        effects.sort_by(|a, b| (a.change, &a.order_id, &a.reason).cmp(&(b.change, &b.order_id, &b.reason)));
        effects
    }
}

impl OrderBalance {
    fn of(amounts: OrderAmounts) -> Self {
        let OrderAmounts { billed, open, .. } = amounts;
        Self { billed_minor: billed, settled_minor: billed.saturating_sub(open), balance_minor: open }
    }
}
