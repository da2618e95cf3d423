//! What is billed against what was paid, given back and redeemed: every open cent gets a name.

mod cancelled;
mod credit;
mod given_back;
mod owed;

use self::cancelled::cancelled;
use super::facts::OpenAmounts;
use super::{OrderFacts, Raised, words};
use crate::ledger::posting::{Finding, FindingReason};
use crate::money::Currency;
use crate::order::OrderStatus;

/// Most minor units that rounding can leave.
const RESIDUE_MINOR: u64 = 4;

/// Why an order can be open: the first one that explains the open balance is its cause.
const CAUSES: &[FindingReason] = &[
    FindingReason::PaymentVanished,
    FindingReason::DuplicatePaymentSuspect,
    FindingReason::RefundExceedsPayments,
    FindingReason::TotalNotDerivable,
    FindingReason::TotalSemanticsShift,
    FindingReason::RefundWithoutCancel,
];

pub(super) fn check(facts: &OrderFacts<'_>, raised: &mut Raised) {
    for (code, balance) in facts.balances() {
        let open = Open { code, currency: Currency::parse(code), balance: &balance };
        open_balance(facts, &open, raised);
    }
}

/// One currency of an order.
struct Open<'a> {
    code: &'a str,
    currency: Option<Currency>,
    balance: &'a OpenAmounts,
}

impl Open<'_> {
    /// What should have been settled, and what was.
    fn finding(&self, reason: FindingReason, evidence: impl Into<String>) -> Finding {
        let finding = Finding::new(reason, self.code, evidence);
        finding.with_amounts(self.currency, self.balance.billed, self.balance.settled())
    }

    /// What explains a repayment, and what was given back.
    fn given_back(&self, reason: FindingReason, explained: i64, evidence: impl Into<String>) -> Finding {
        Finding::new(reason, self.code, evidence).with_amounts(self.currency, explained, self.balance.given_back())
    }

    fn is_residue(&self) -> bool {
        self.balance.open.unsigned_abs() <= RESIDUE_MINOR && self.balance.settled() != 0
    }

    /// `10.00 EUR`
    fn money(&self, minor: i64) -> String {
        words::money(minor, self.code)
    }
}

fn open_balance(facts: &OrderFacts<'_>, open: &Open<'_>, raised: &mut Raised) {
    let balance = open.balance;
    match facts.snapshot.status() {
        _ if balance.open == 0 => {}
        _ if open.is_residue() => {
            let evidence = format!("{} is left open since {}", open.money(balance.open), balance.since);
            raised.raise(open.finding(FindingReason::RoundingResidue, evidence));
        }
        OrderStatus::Accepted if balance.open > 0 => owed::owed(facts, open, raised),
        OrderStatus::Accepted => credit::too_much(facts, open, raised),
        OrderStatus::Cancelled if balance.open < 0 => credit::kept(facts, open, raised),
        _ if balance.open < 0 => credit::not_sold(facts, open, raised),
        _ => given_back::given_too_much(facts, open, raised),
    }
}
