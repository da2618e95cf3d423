//! What the books know of the orders and vouchers that a file names, kept up to date entry by entry: the second row of
//! a file sees what the first one books.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::entry::ManualEntry;
use super::price_reduction::{self, ReducibleLine};
use super::request::{Purpose, Request, VoucherName};
use super::store;
use crate::db::Connection;
use crate::ledger::Error;
use crate::ledger::batch::{Orders, ReceivableLine, snapshot_of};
use crate::ledger::book::{Account, Moves, PolicyHistory, PostingRow};
use crate::ledger::findings::calibrate::has_cancelled_parts;
use crate::ledger::posting::{Snapshot, StoredValueClass, StoredValueKey};
use crate::money::Currency;
use crate::policy::Regime;

/// The orders and vouchers that a file names.
#[derive(Default)]
pub(super) struct Books {
    source: String,
    orders: BTreeMap<String, OrderBooks>,
    vouchers: BTreeMap<StoredValueKey, VoucherBooks>,
    /// Entry that opened an account, by currency and account.
    opened: BTreeMap<(String, String), i64>,
}

/// An order.
pub(super) struct OrderBooks {
    /// Its code, else its id.
    pub(super) name: String,
    pub(super) is_dead: bool,
    pub(super) has_cancelled_parts: bool,
    pub(super) currency: Option<Currency>,
    /// Ids of the payments that the provider tells of.
    pub(super) payments: BTreeSet<String>,
    /// By currency.
    pub(super) amounts: BTreeMap<String, OrderAmounts>,
    /// What a price reduction can lower, in the order of the document.
    pub(super) lines: Vec<ReducibleLine>,
}

/// What stands on the receivable of an order in one currency, in minor units. Sums that leave 64 bits stay at the end
/// of the range here; the verification tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OrderAmounts {
    pub(super) billed: i64,
    /// Positive: the guest owes.
    pub(super) open: i64,
    /// Payments, and what vouchers and flex tickets paid.
    pub(super) received: i64,
    /// Money and vouchers given back.
    pub(super) given_back: i64,
}

impl OrderAmounts {
    /// By currency.
    pub(super) fn of(lines: &[ReceivableLine]) -> BTreeMap<String, Self> {
        let mut amounts: BTreeMap<String, Self> = BTreeMap::new();
        for line in lines {
            amounts.entry(line.currency.clone()).or_default().add(line.item_kind.moves(), line.amount_minor);
        }
        amounts
    }

    fn add(&mut self, moves: Moves, amount: i64) {
        self.open = self.open.saturating_add(amount);
        match moves {
            Moves::Billed => self.billed = self.billed.saturating_add(amount),
            Moves::Paid | Moves::Redeemed => self.received = self.received.saturating_sub(amount),
            Moves::Refunded | Moves::RefundVoucher => self.given_back = self.given_back.saturating_add(amount),
            Moves::Other => {}
        }
    }
}

/// A voucher or flex ticket.
pub(super) struct VoucherBooks {
    /// `None`: it was redeemed, and nobody told how it was sold.
    pub(super) regime: Option<Regime>,
    pub(super) expires_on: Option<NaiveDate>,
    /// What we owe on it by its liability account, by currency; a taxed one is net.
    pub(super) worth: BTreeMap<String, i64>,
}

impl Books {
    /// Reads what the requests name. The orders are read by `orders`, which must know nothing yet.
    pub(super) fn read(
        connection: &mut Connection,
        orders: &mut Orders,
        policies: &PolicyHistory,
        requests: &[Request],
    ) -> Result<Self, Error> {
        let source = orders.source().to_owned();
        let mut books = Self { source, ..Self::default() };
        let named: BTreeSet<&str> = requests.iter().filter_map(|request| request.order_id.as_deref()).collect();
        orders.prefetch(connection, &named)?;
        let reduced = requests.iter().filter(|request| request.purpose == Purpose::PriceReduction);
        let reduced: BTreeSet<&str> = reduced.filter_map(|request| request.order_id.as_deref()).collect();
        for order_id in named {
            if orders.order(connection, order_id)?.0.is_none() {
                continue;
            }
            let snapshot = snapshot_of(connection, orders, order_id)?;
            let mut order = OrderBooks::of(&snapshot, &orders.receivable(connection, order_id)?);
            if reduced.contains(order_id) {
                let policy = policies.policy(snapshot.policy_id);
                let lines = store::lines_sold(connection, &books.source, order_id)?;
                order.lines = price_reduction::reducible(&snapshot, policy, &lines);
            }
            books.orders.insert(order_id.to_owned(), order);
        }
        let ids: BTreeSet<&str> = requests.iter().filter_map(|request| Some(request.voucher()?.id.as_str())).collect();
        books.vouchers = store::vouchers_named(connection, &books.source, &ids.into_iter().collect::<Vec<_>>())?;
        if requests.iter().any(|request| matches!(request.purpose, Purpose::OpeningBalance { .. })) {
            books.opened = store::opened_accounts(connection, &books.source)?;
        }
        Ok(books)
    }

    pub(super) fn source(&self) -> &str {
        &self.source
    }

    pub(super) fn order(&self, order_id: &str) -> Option<&OrderBooks> {
        self.orders.get(order_id)
    }

    /// The voucher or flex ticket with that name; else in words why there is none.
    pub(super) fn voucher(&self, name: &VoucherName) -> Result<(StoredValueKey, &VoucherBooks), String> {
        let classes = match name.class {
            Some(class) => vec![class],
            None => vec![StoredValueClass::Voucher, StoredValueClass::Flex],
        };
        let keys = classes.into_iter().map(|class| StoredValueKey::new(class, &name.id));
        let mut known = keys.filter_map(|key| self.vouchers.get(&key).map(|voucher| (key, voucher)));
        match (known.next(), known.next()) {
            (None, _) => Err(format!("source {} knows no voucher or flex ticket {}", self.source, name.id)),
            (Some(only), None) => Ok(only),
            (Some(_), Some(_)) => {
                Err(format!("{id} is both a voucher and a flex ticket; write voucher:{id} or flex:{id}", id = name.id))
            }
        }
    }

    /// The entry that opened an account; 0 stands for an earlier row of the same file.
    pub(super) fn opened(&self, currency: Currency, account: &Account) -> Option<i64> {
        self.opened.get(&(currency.code().to_owned(), account.to_string())).copied()
    }

    /// Takes over what an entry will book.
    pub(super) fn take(&mut self, entry: &ManualEntry) {
        for (account, line) in entry.lines() {
            let order = line.order_id.as_ref().and_then(|order_id| self.orders.get_mut(order_id));
            if let (Some(order), Account::Receivable) = (order, account) {
                order.take(line);
            }
            let voucher = entry.voucher().and_then(|key| self.vouchers.get_mut(key));
            if let Some(voucher) = voucher.filter(|_| Account::is_stored_value(&line.account_code)) {
                let worth = voucher.worth.entry(line.currency.clone()).or_default();
                *worth = worth.saturating_sub(line.amount_minor);
            }
        }
        if let Some(order) = entry.order_id.as_ref().and_then(|order_id| self.orders.get_mut(order_id)) {
            price_reduction::take(&mut order.lines, entry);
        }
        if let Some(account) = entry.opened_account() {
            self.opened.insert((entry.currency.code().to_owned(), account.to_string()), 0);
        }
    }
}

impl OrderBooks {
    fn of(snapshot: &Snapshot, lines: &[ReceivableLine]) -> Self {
        let header = snapshot.order.header.as_ref();
        Self {
            name: header.and_then(|header| header.code.clone()).unwrap_or_else(|| snapshot.order.order_id.clone()),
            is_dead: snapshot.is_dead(),
            has_cancelled_parts: has_cancelled_parts(snapshot),
            currency: header.and_then(|header| header.currency),
            payments: snapshot.order.payments.iter().flatten().map(|payment| payment.id.clone()).collect(),
            amounts: OrderAmounts::of(lines),
            lines: Vec::new(),
        }
    }

    pub(super) fn amounts_in(&self, currency: Currency) -> OrderAmounts {
        self.amounts.get(currency.code()).copied().unwrap_or_default()
    }

    fn take(&mut self, line: &PostingRow) {
        // The rows are our own, so their kinds are known.
        let moves = line.item_kind().map_or(Moves::Other, |kind| kind.moves());
        self.amounts.entry(line.currency.clone()).or_default().add(moves, line.amount_minor);
    }
}

impl VoucherBooks {
    pub(super) fn worth_in(&self, currency: Currency) -> i64 {
        self.worth.get(currency.code()).copied().unwrap_or(0)
    }
}
