//! Day by day through an order: which money settles which lines, and when their VAT is due by it.
//!
//! Money settles all lines in proportion to their gross. Money beyond them is in excess, of one of two kinds:
//!
//! * a **deposit** has settled nothing yet. It has no rate. Lines that come later are settled by it, with the day of
//!   the deposit.
//! * money that is **released**, because what it had settled is gone, stays taxed as it was until it is given back or
//!   settles other lines.
//!
//! What is in excess goes first to lines that come, and back first when money is given back: what was released before
//! deposits, the oldest deposit first to lines and the newest first back.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::portfolio::{Portfolio, Rate, Taxed};
use crate::money::Overflow;

/// What is due, by day and rate.
#[derive(Clone, Debug, Default)]
pub(super) struct Due(pub(super) BTreeMap<(NaiveDate, Rate), Taxed>);

impl Due {
    /// What has no VAT is never due.
    pub(super) fn add(&mut self, day: NaiveDate, rate: Rate, amount: Taxed) {
        if rate != Rate::Untaxed {
            let sum = self.0.entry((day, rate)).or_default();
            *sum = sum.plus(amount);
        }
    }

    pub(super) fn add_all(&mut self, day: NaiveDate, amounts: &Portfolio) {
        amounts.iter().for_each(|(rate, amount)| self.add(day, rate, amount));
    }
}

/// An order after some of its days.
#[derive(Default)]
pub(super) struct Walk {
    /// What has to be paid.
    pub(super) lines: Portfolio,
    /// What is settled of it.
    pub(super) settled: Portfolio,
    money: i128,
    released: Portfolio,
    /// Day and amount, from the oldest.
    deposits: Vec<(NaiveDate, i128)>,
    pub(super) due: Due,
}

impl Walk {
    /// What was due so far was due in the earlier books. Deposits are still to be taxed.
    pub(super) fn begin(&mut self) {
        self.due = Due::default();
        for (day, amount) in &self.deposits {
            self.due.add(*day, Rate::Of(None), Taxed { gross: *amount, vat: 0 });
        }
    }

    /// Other lines are to be paid from that day on.
    pub(super) fn set_lines(&mut self, day: NaiveDate, lines: Portfolio) -> Result<(), Overflow> {
        let (before, after) = (self.lines.gross(), lines.gross());
        if self.money < 0 || before < 0 || after < 0 {
            self.lines = lines;
            return self.settle_anew(day);
        }
        let taxed_before = self.settled.plus(&self.released);
        let (was, paid) = (self.settled.gross(), self.money.min(after));
        if paid < was {
            let settled = lines.share(paid)?;
            self.released = self.released.plus(&freed(&self.settled, &settled)?);
            self.settled = settled;
        } else {
            let again = (paid - was).min(self.released.gross());
            self.released = self.released.share(self.released.gross() - again)?;
            self.settled = lines.share(was + again)?;
        }
        self.due.add_all(day, &self.settled.plus(&self.released).less(&taxed_before));
        self.lines = lines;
        self.settle_by_deposits(paid)
    }

    /// What is still missing to `paid` is settled by deposits, each on its own day.
    fn settle_by_deposits(&mut self, paid: i128) -> Result<(), Overflow> {
        let mut level = self.settled.gross();
        while level < paid {
            let Some((day, amount)) = self.deposits.first_mut() else { break };
            let (day, used) = (*day, (paid - level).min(*amount));
            *amount -= used;
            if *amount == 0 {
                self.deposits.remove(0);
            }
            level += used;
            let settled = self.lines.share(level)?;
            self.due.add(day, Rate::Of(None), Taxed { gross: -used, vat: 0 });
            self.due.add_all(day, &settled.less(&self.settled));
            self.settled = settled;
        }
        Ok(())
    }

    /// That much is paid from that day on.
    pub(super) fn set_money(&mut self, day: NaiveDate, money: i128) -> Result<(), Overflow> {
        let (before, owed) = (self.money, self.lines.gross());
        self.money = money;
        if before < 0 || money < 0 || owed < 0 {
            return self.settle_anew(day);
        }
        let taxed_before = self.settled.plus(&self.released);
        let was = self.settled.gross();
        if money >= before {
            let beyond = (money - before) - (money.min(owed) - was);
            self.deposit(day, beyond);
        } else {
            let mut back = before - money;
            let given_back = back.min(self.released.gross());
            self.released = self.released.share(self.released.gross() - given_back)?;
            back -= given_back;
            while let Some((_, amount)) = self.deposits.last_mut().filter(|_| back > 0) {
                let used = back.min(*amount);
                *amount -= used;
                back -= used;
                if *amount == 0 {
                    self.deposits.pop();
                }
                self.due.add(day, Rate::Of(None), Taxed { gross: -used, vat: 0 });
            }
        }
        self.settled = self.lines.share(money.min(owed))?;
        self.due.add_all(day, &self.settled.plus(&self.released).less(&taxed_before));
        Ok(())
    }

    fn deposit(&mut self, day: NaiveDate, amount: i128) {
        if amount != 0 {
            self.deposits.push((day, amount));
            self.due.add(day, Rate::Of(None), Taxed { gross: amount, vat: 0 });
        }
    }

    /// Less than nothing is owed, or more was given back than was paid: nothing of the past tells what money is for.
    fn settle_anew(&mut self, day: NaiveDate) -> Result<(), Overflow> {
        let taxed_before = self.settled.plus(&std::mem::take(&mut self.released));
        for (_, amount) in std::mem::take(&mut self.deposits) {
            self.due.add(day, Rate::Of(None), Taxed { gross: -amount, vat: 0 });
        }
        let owed = self.lines.gross();
        let paid = self.money.clamp(owed.min(0), owed.max(0));
        self.settled = self.lines.share(paid)?;
        self.due.add_all(day, &self.settled.less(&taxed_before));
        self.deposit(day, self.money - paid);
        Ok(())
    }
}

/// What had been settled and is not any more, by what became less. What became more instead has taken its part of it.
fn freed(before: &Portfolio, after: &Portfolio) -> Result<Portfolio, Overflow> {
    let mut less = Portfolio::default();
    for (rate, amount) in before.less(after).iter().filter(|(_, amount)| amount.gross > 0) {
        less.add(rate, amount);
    }
    less.share(before.gross() - after.gross())
}
