//! What the findings of an order are computed from.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::clock::Timestamp;
use crate::ledger::batch::{OrderPayment, ReceivableLine};
use crate::ledger::book::{Account, EntryKind, ItemKind, Moves, Rules, SourceFacts};
use crate::ledger::posting::rules::WantedAtoms;
use crate::ledger::posting::{FindingReason, Snapshot, StoredValueClass, StoredValueKey, Use};
use crate::money::gross_of_net;

/// Whether there is something new to compare with what was known.
#[derive(Clone, Debug)]
pub enum Compared<'a> {
    /// The order says what it said before: findings about the last change stay.
    Unchanged,
    /// The order says something else than before.
    Changed {
        /// What it said before; `None` for its first delivery.
        previous: Option<&'a Snapshot>,
        /// The code under which the order was first known.
        first_code: Option<String>,
    },
}

/// What the entries of one order moved on one account for one voucher or flex ticket; of uses, those of all orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoucherMove {
    pub voucher_id: String,
    /// The order whose entries they are; none for an import, and for uses.
    pub order_id: Option<String>,
    /// The order that the lines are about: of a refund voucher, the one that it refunds.
    pub claim_of: Option<String>,
    /// ISO 4217 code.
    pub currency: String,
    pub account: String,
    pub item_kind: ItemKind,
    /// Debit positive.
    pub amount_minor: i64,
    /// Lines, reversals counted as minus one.
    pub count: i64,
    /// Of a sale or issue that does not count any more: since when.
    pub undone_at: Option<Timestamp>,
}

impl VoucherMove {
    /// Vouchers and flex tickets have ids of their own each.
    pub fn class(&self) -> StoredValueClass {
        StoredValueClass::of_line(self.item_kind, &self.account)
    }

    /// What it moves of the face value, in minor units: positive when the voucher gets worth more. What a person enters
    /// moves the net of a taxed one.
    pub(in crate::ledger) fn face_minor(&self) -> i64 {
        let entered = matches!(self.item_kind, ItemKind::Breakage | ItemKind::VoucherCorrection);
        if entered {
            let owed = Account::is_stored_value(&self.account);
            let gross = gross_of_net(self.amount_minor, Account::rate_of_voucher(&self.account).unwrap_or(0));
            return if owed { gross.unwrap_or(self.amount_minor).saturating_neg() } else { 0 };
        }
        // What was brought in when the book began is told by the list of vouchers that was imported.
        let opening = self.account == "equity:opening" && self.item_kind != ItemKind::VoucherOpening;
        if self.account.starts_with("assets:") || opening { self.amount_minor } else { 0 }
    }

    /// Selling or issuing it, not redeeming it.
    pub fn is_issue(&self) -> bool {
        let by_hand = matches!(self.item_kind, ItemKind::Breakage | ItemKind::VoucherCorrection);
        !by_hand && self.item_kind.moves() != Moves::Redeemed && self.amount_minor != 0
    }
}

/// All that the findings of one order are computed from.
pub struct OrderFacts<'a> {
    /// What holds for the source.
    pub source: &'a SourceFacts,
    pub rules: &'a Rules,
    /// What is known of the order.
    pub snapshot: &'a Snapshot,
    /// What that comes to.
    pub wanted: &'a WantedAtoms,
    /// Against what was known before.
    pub compared: Compared<'a>,
    /// Sections that the newest delivery did not have, though an older one had.
    pub absent: Vec<&'static str>,
    /// The receipt of what is settled, or the instant that a reconciliation is made for.
    pub now: Timestamp,
    /// Everything on the receivable of the order, in the order of the entries.
    pub lines: Vec<ReceivableLine>,
    /// The payments that this order has, had or names, as far as other orders have or had them too.
    pub other_payments: Vec<OrderPayment>,
    /// Everything about the vouchers and flex tickets that this order sells or redeems, sorted by their ids.
    pub moves: Vec<VoucherMove>,
    /// Their uses that count, sorted by what was used, the latest last.
    pub uses: Vec<(StoredValueKey, Use)>,
    /// Currency and face value, in minor units, of those that were imported.
    pub imported_faces: BTreeMap<StoredValueKey, (String, i64)>,
    /// The codes of the orders that have to do with them, as far as a finding names them.
    pub codes: BTreeMap<String, String>,
    /// What is open, by currency, on the orders that sold them and took the sale back.
    pub open_of_sellers: BTreeMap<String, BTreeMap<String, i64>>,
    /// Reasons of the findings that were open before.
    pub open_before: BTreeSet<FindingReason>,
}

/// What is on the receivable of an order in one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OpenAmounts {
    /// Positive: the guest owes.
    pub(super) open: i64,
    /// Sales, vouchers and flex tickets sold, less discounts.
    pub(super) billed: i64,
    /// Payments.
    pub(super) paid: i64,
    /// Money given back, as a positive amount.
    pub(super) refunded: i64,
    /// Vouchers issued instead of money given back.
    pub(super) refund_vouchers: i64,
    /// Paid with vouchers and flex tickets.
    pub(super) covered: i64,
    /// The last accounting day on which something moved. What is only posted again moves nothing.
    pub(super) since: NaiveDate,
}

impl OpenAmounts {
    /// Money and vouchers of the guest.
    pub(super) fn received(&self) -> i64 {
        self.paid.saturating_add(self.covered)
    }

    /// Money and vouchers given back.
    pub(super) fn given_back(&self) -> i64 {
        self.refunded.saturating_add(self.refund_vouchers)
    }

    /// All that is not billed.
    pub(super) fn settled(&self) -> i64 {
        self.billed.saturating_sub(self.open)
    }
}

/// The moves of one voucher or flex ticket, of `moves` that are sorted by the ids: an order may have thousands of them.
pub(super) fn moves_of<'m>(
    moves: &'m [VoucherMove],
    key: &StoredValueKey,
) -> impl Iterator<Item = &'m VoucherMove> + Clone {
    let from = moves.partition_point(|moved| moved.voucher_id < key.id);
    let to = moves.partition_point(|moved| moved.voucher_id <= key.id);
    // Vouchers and flex tickets have ids of their own each, which may be equal.
    let class = key.class;
    moves.get(from..to).unwrap_or_default().iter().filter(move |moved| moved.class() == class)
}

impl OrderFacts<'_> {
    pub(super) fn moves_of(&self, key: &StoredValueKey) -> impl Iterator<Item = &VoucherMove> + Clone {
        moves_of(&self.moves, key)
    }

    /// The uses of one voucher or flex ticket, the latest last.
    pub(super) fn uses_of(&self, key: &StoredValueKey) -> impl DoubleEndedIterator<Item = &Use> {
        let from = self.uses.partition_point(|(used, _)| used < key);
        let to = self.uses.partition_point(|(used, _)| used <= key);
        self.uses.get(from..to).unwrap_or_default().iter().map(|(_, used)| used)
    }

    /// By currency.
    pub(super) fn balances(&self) -> BTreeMap<&str, OpenAmounts> {
        let mut balances: BTreeMap<&str, OpenAmounts> = BTreeMap::new();
        for line in &self.lines {
            let balance = balances.entry(&line.currency).or_default();
            let (amount, minus) = (line.amount_minor, line.amount_minor.saturating_neg());
            balance.open = balance.open.saturating_add(amount);
            let (sum, amount) = match line.item_kind.moves() {
                Moves::Billed => (&mut balance.billed, amount),
                Moves::Paid => (&mut balance.paid, minus),
                Moves::Refunded => (&mut balance.refunded, amount),
                Moves::RefundVoucher => (&mut balance.refund_vouchers, amount),
                Moves::Redeemed => (&mut balance.covered, minus),
                // What is kept, written off or rounded only closes the balance.
                Moves::Other => continue,
            };
            *sum = sum.saturating_add(amount);
        }
        for ((code, day, ..), _) in self.moved().into_iter().filter(|(_, moved)| *moved != 0) {
            let balance = balances.entry(code).or_default();
            balance.since = balance.since.max(day);
        }
        balances
    }

    /// What each fact moved on each accounting day: nothing, where it was only posted again.
    fn moved(&self) -> BTreeMap<(&str, NaiveDate, Option<&str>, &str), i64> {
        let mut moved = BTreeMap::new();
        for line in &self.lines {
            let key = (line.currency.as_str(), line.booking_date, line.entry_order.as_deref(), line.atom_key.as_str());
            let sum: &mut i64 = moved.entry(key).or_default();
            *sum = sum.saturating_add(line.amount_minor);
        }
        moved
    }

    /// The last day on which money or a voucher was given back, as far as that still counts.
    pub(super) fn given_back_on(&self, code: &str) -> Option<NaiveDate> {
        let undone: BTreeSet<i64> = self.lines.iter().filter_map(|line| line.reverses_no).collect();
        let back = self.lines.iter().filter(|line| {
            line.currency == code && matches!(line.item_kind.moves(), Moves::Refunded | Moves::RefundVoucher)
        });
        let counts = back.filter(|line| line.kind != EntryKind::Reverse && !undone.contains(&line.entry_no));
        counts.map(|line| self.happened_on(line)).max()
    }

    /// The day of the fact that a line is about: what the provider says of a payment, else when it was first booked. A
    /// later entry only restates it.
    fn happened_on(&self, line: &ReceivableLine) -> NaiveDate {
        let own = line.entry_order.as_deref() == Some(self.order_id()) && line.kind != EntryKind::Manual;
        let payment = line.payment_id.as_ref().filter(|_| own);
        let mut payments = self.snapshot.order.payments.iter().flatten();
        let said = payment.and_then(|id| payments.find(|payment| payment.id == *id)?.paid_at);
        let same = |other: &&ReceivableLine| {
            (&other.entry_order, &other.atom_key) == (&line.entry_order, &line.atom_key)
                && other.kind != EntryKind::Reverse
        };
        let at = said.or_else(|| self.lines.iter().find(same).map(|first| first.effective_at));
        at.unwrap_or(line.effective_at).local_date(self.rules.zone)
    }

    /// A reseller may have the guest's money.
    pub(super) fn is_resold(&self) -> bool {
        self.snapshot.order.header.as_ref().is_some_and(|header| {
            header.channel_id.is_some() || header.channel_name.is_some() || header.external_reference.is_some()
        })
    }

    pub(super) fn order_id(&self) -> &str {
        &self.snapshot.order.order_id
    }

    /// An order as a sentence names it: by its code, if it has one.
    pub(super) fn name_of(&self, order_id: &str) -> String {
        self.codes.get(order_id).map_or_else(|| order_id.to_owned(), |code| format!("{code} ({order_id})"))
    }
}
