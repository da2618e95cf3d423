//! The manifest: what a month looked like when it was closed, as canonical JSON.
//!
//! It has two parts. `totals` are computed from the journal up to the head that the close saw, and nothing else, so
//! that they come out the same, byte for byte, on any later day: `ledger verify` computes them anew. `observed` is what
//! was seen that day and may change since: findings, the intake, who closed. The hash in the chain covers both.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::check::Blocker;
use super::{rollforward, store};
use crate::clock::Timestamp;
use crate::db::{Connection, Result};
use crate::ledger::book::Month;
use crate::report::cut::{Cut, store as lines};
use crate::report::{Cell, Table};

/// Of the form below; a change of it gets a new number, and `verify` keeps the old one.
pub(in crate::ledger) const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    source: &'a str,
    period: &'a str,
    head: Head<'a>,
    observed: &'a RawValue,
    totals: &'a Totals,
}

/// The last entry that the close saw.
#[derive(Clone, Copy, Serialize)]
pub(in crate::ledger) struct Head<'a> {
    pub(in crate::ledger) entry_no: i64,
    pub(in crate::ledger) entry_hash: &'a str,
}

/// What a stored manifest is read back as: its totals are computed anew, what was observed is taken as it stands.
#[derive(Deserialize)]
pub(in crate::ledger) struct Stored<'a> {
    pub(in crate::ledger) version: u32,
    #[serde(borrow)]
    pub(in crate::ledger) observed: &'a RawValue,
}

/// What was seen when the month was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Observed {
    /// When.
    pub closed_at: Timestamp,
    /// By whom.
    pub closed_by: String,
    /// Why, as far as they said.
    pub why: String,
    /// The zone that gave the month its bounds.
    pub timezone: String,
    /// What stood in the way and was overruled.
    pub forced: Vec<Blocker>,
    /// Whether everything came in.
    pub intake: Intake,
    /// Findings that were open or acknowledged.
    pub findings: Vec<OpenFinding>,
    /// The titles of that day, by the key of the event.
    pub event_titles: BTreeMap<String, String>,
}

/// The deliveries of the month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Intake {
    /// All of them.
    pub received: i64,
    /// By state.
    pub states: BTreeMap<String, i64>,
    /// The first one.
    pub first_received_at: Option<Timestamp>,
    /// The last one.
    pub last_received_at: Option<Timestamp>,
    /// The longest time without a delivery, the bounds of the month included.
    pub longest_silence_seconds: i64,
    /// When that silence began.
    pub longest_silence_from: Option<Timestamp>,
}

/// A finding that was not settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, diesel::Queryable)]
pub struct OpenFinding {
    /// Its identity.
    pub fingerprint: String,
    /// The order.
    pub order_id: Option<String>,
    /// Reason code.
    pub reason: String,
    /// `high`, `medium`, `low` or `info`.
    pub severity: String,
    /// `open` or `acknowledged`.
    pub state: String,
    /// Of the difference.
    pub currency: Option<String>,
    /// What is missing or too much, in minor units.
    pub difference_minor: Option<i64>,
}

/// The numbers of the month, from the journal alone.
#[derive(Serialize)]
pub(in crate::ledger) struct Totals {
    /// Entries booked in the month.
    entries: i64,
    /// PolicyHistory of those entries: number and hash of the switches.
    policies: Vec<(i32, String)>,
    /// Balance of each account at the end of the month.
    trial_balance: Table,
    /// What the month moved on each account.
    movements: Table,
    vat: Table,
    /// By the key of the event; the titles are in `observed`.
    revenue: Table,
    payments: Table,
    rollforward_receivable: Table,
    rollforward_voucher: Table,
    /// Orders whose balance was not zero.
    open_orders: OpenItems,
    /// Vouchers and flex tickets whose balance was not zero.
    open_vouchers: OpenItems,
}

/// A long list by its length and its hash, so that it is frozen too.
#[derive(Serialize)]
struct OpenItems {
    count: usize,
    /// Of the compact JSON of the sorted list.
    sha256: String,
}

/// A manifest as text, with its hash.
pub(super) struct Manifest {
    pub(super) doc: String,
    pub(super) doc_sha256: String,
}

impl Totals {
    /// Computes the numbers of a month from the entries up to `head`.
    pub(in crate::ledger) fn compute(
        connection: &mut Connection,
        source: &str,
        month: Month,
        head_entry_no: i64,
    ) -> Result<Self> {
        let period = month.to_string();
        let seen = Cut { entries_until: Some(head_entry_no), ..Cut::default() };
        let until = Cut { booked_until: Some(month.last_day()), ..seen.clone() };
        let (one, of_month) = (Some(source), Some(period.as_str()));
        let sorted = |mut table: Table| {
            table.rows.sort();
            table
        };
        let mut vouchers = sorted(lines::vouchers(connection, one, &until)?);
        vouchers.rows.retain(|row| row.last() != Some(&Cell::Number(Some(0))));
        let orders = lines::open_orders(connection, source, &until)?;
        let trial_balance = sorted(lines::trial_balance(connection, one, None, &until)?);
        let moved = lines::moved_by_kind(connection, source, &period, &seen)?;
        let (entries, policies) = store::entries_of(connection, source, month, head_entry_no)?;
        Ok(Self {
            entries,
            policies,
            movements: sorted(lines::trial_balance(connection, one, of_month, &seen)?),
            vat: sorted(lines::vat(connection, one, of_month, &seen)?),
            revenue: sorted(lines::revenue_by_key(connection, one, of_month, &seen)?),
            payments: sorted(lines::payments(connection, one, of_month, &seen)?),
            rollforward_receivable: rollforward::receivable(&trial_balance, &moved)?,
            rollforward_voucher: rollforward::stored_value(&trial_balance, &moved)?,
            trial_balance,
            open_orders: OpenItems { count: orders.len(), sha256: hash_of(&orders)? },
            open_vouchers: OpenItems { count: vouchers.rows.len(), sha256: hash_of(&vouchers)? },
        })
    }

    /// Hash of the numbers alone: a soft and a hard close of the same numbers agree in it.
    pub(in crate::ledger) fn sha256(&self) -> Result<String> {
        hash_of(self)
    }

    /// The whole document around these numbers.
    pub(in crate::ledger) fn document(
        &self,
        source: &str,
        period: &str,
        head: Head<'_>,
        observed: &RawValue,
    ) -> Result<String> {
        json_of(&Document { version: VERSION, source, period, head, observed, totals: self })
    }
}

impl Manifest {
    pub(super) fn new(
        source: &str,
        period: &str,
        head: Head<'_>,
        observed: &Observed,
        totals: &Totals,
    ) -> Result<Self> {
        let observed = serde_json::value::to_raw_value(observed).map_err(unwritable)?;
        let doc = totals.document(source, period, head, &observed)?;
        let doc_sha256 = hex::encode(Sha256::digest(&doc));
        Ok(Self { doc, doc_sha256 })
    }
}

fn json_of(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(unwritable)
}

fn hash_of(value: &impl Serialize) -> Result<String> {
    Ok(hex::encode(Sha256::digest(json_of(value)?)))
}

fn unwritable(error: serde_json::Error) -> crate::db::Error {
    crate::db::Error::Inconsistent(format!("a manifest cannot be written: {error}"))
}
