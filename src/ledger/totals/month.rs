//! The numbers of a month, from the journal alone: what a close freezes and `verify` computes again.

use serde::{Deserialize, Serialize};

use super::rollforward::{self, ReceivableRollforward, VoucherRollforward};
use super::{
    AccountBalance, AsOf, Movement, PaymentsByMethod, RevenueByEventKey, Selection, Total as _, VatByRate,
    VoucherBalance, manifest, store,
};
use crate::db::{Connection, Result};
use crate::ledger::book::Month;

/// Fields and their order are part of the form of a manifest; see [`VERSION`](super::VERSION).
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::ledger) struct MonthTotals {
    /// Entries booked in the month.
    entries: i64,
    /// Policies of those entries: number and hash of the switches.
    policies: Vec<(i32, String)>,
    /// Balance of each account at the end of the month.
    pub(super) trial_balance: Vec<AccountBalance>,
    /// What the month moved on each account.
    pub(super) movements: Vec<AccountBalance>,
    pub(super) vat: Vec<VatByRate>,
    /// The titles of the events are in `observed`.
    pub(super) revenue: Vec<RevenueByEventKey>,
    pub(super) payments: Vec<PaymentsByMethod>,
    rollforward_receivable: Vec<ReceivableRollforward>,
    rollforward_voucher: Vec<VoucherRollforward>,
    /// Orders whose balance was not zero.
    open_orders: OpenItems,
    /// Vouchers and flex tickets whose balance was not zero.
    open_vouchers: OpenItems,
}

/// A long list by its length and its hash, so that it is frozen too.
#[derive(Debug, Serialize, Deserialize)]
struct OpenItems {
    count: usize,
    /// Of the compact JSON of the sorted list.
    sha256: String,
}

impl OpenItems {
    fn of(items: &[impl Serialize]) -> Result<Self> {
        Ok(Self { count: items.len(), sha256: manifest::hash_of(&items)? })
    }
}

impl MonthTotals {
    /// Computes the numbers of a month from the entries up to `head_entry_no`.
    pub(in crate::ledger) fn compute(
        connection: &mut Connection,
        source: &str,
        month: Month,
        head_entry_no: i64,
    ) -> Result<Self> {
        let as_of = AsOf { entries_until: Some(head_entry_no), ..AsOf::default() };
        let in_month = Selection { source: Some(source), period: Some(month.into()), as_of };
        let at_its_end =
            Selection { period: None, as_of: AsOf { booked_until: Some(month.last_day()), ..as_of }, ..in_month };
        let (entries, policies) = store::entries_of(connection, source, month, head_entry_no)?;
        let trial_balance = AccountBalance::read(connection, &at_its_end)?;
        let moved = Movement::read(connection, &in_month)?;
        let mut vouchers = VoucherBalance::read(connection, &at_its_end)?;
        vouchers.retain(|voucher| voucher.balance_minor != 0);
        Ok(Self {
            entries,
            policies,
            movements: AccountBalance::read(connection, &in_month)?,
            vat: VatByRate::read(connection, &in_month)?,
            revenue: RevenueByEventKey::read(connection, &in_month)?,
            payments: PaymentsByMethod::read(connection, &in_month)?,
            rollforward_receivable: rollforward::receivable(&trial_balance, &moved)?,
            rollforward_voucher: rollforward::vouchers(&trial_balance, &moved)?,
            trial_balance,
            open_orders: OpenItems::of(&store::open_orders(connection, &at_its_end)?)?,
            open_vouchers: OpenItems::of(&vouchers)?,
        })
    }

    /// Hash of the numbers alone: a soft and a hard close of the same numbers agree in it.
    pub(in crate::ledger) fn sha256(&self) -> Result<String> {
        manifest::hash_of(self)
    }
}
