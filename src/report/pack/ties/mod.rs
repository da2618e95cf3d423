//! What each page must agree with, to the cent: every check of a pack, with its outcome. Pure.

use serde::Serialize;

use super::figures::{is_clearing, is_deferred, is_receivable, is_vat, sum};
use super::read::Read;
use super::rows::{Clearing, Cover, Exceptions, RollForward, Section, SummaryLine, VatRow, VatSum};
use super::section::{is_other_vat, of_currency};
use crate::db::Result;
use crate::ledger::book::Account;

mod frozen;
mod state;

pub(super) use self::frozen::as_frozen;
pub(super) use self::state::of_state;

/// One thing that was checked.
#[derive(Debug, Serialize)]
pub struct Check {
    pub code: Tie,
    /// Where its numbers are.
    pub page: u8,
    /// Absent when it is about all of them.
    pub currency: Option<String>,
    pub outcome: Outcome,
    /// What does not agree, with what it should be.
    pub differences: Vec<Difference>,
    /// How many of what should not be there.
    pub count: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Passed,
    Failed,
    NotChecked,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// An account, a rate or a line.
    pub about: String,
    pub expected_minor: i64,
    pub actual_minor: i64,
}

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tie {
    /// Hashes, numbers and balances of the whole chain.
    Chain,
    /// The numbers of a closed month are those that its close froze.
    Frozen,
    /// The book was compared with the provider after the end of the period.
    Sweep,
    /// Webhooks that are received and cannot be booked.
    Parked,
    /// Webhooks that are received and not booked yet.
    Pending,
    /// The summary has the totals of the pages that it names.
    Summary,
    /// The charts add up to their pages.
    Charts,
    /// Opening + debit - credit = closing; the sums are zero.
    TrialBalance,
    /// The VAT report is what moved on the VAT accounts.
    VatAccounts,
    /// Posted - due = what is not due yet.
    VatByPayment,
    VatByService,
    /// Events and products add up to the revenue report, and to what moved on the income accounts.
    Revenue,
    /// From the VAT report to the revenue report.
    Bridge,
    /// Opening + movements = closing, on each clearing account.
    Clearing,
    /// Paid and refunded are those of the report of payments.
    Payments,
    Receivable,
    /// All orders add up to the receivable.
    OpenItems,
    StoredValue,
    /// All vouchers and flex tickets add up to the liability.
    StoredValueYears,
    Deferred,
    /// Accounts that should be empty are, or findings say why not.
    Suspense,
    /// Findings of severity high.
    HighFindings,
    /// Every entry was handed to the programs that take exports.
    Exports,
}

/// Collects what does not agree.
#[derive(Default)]
struct Compared(Vec<Difference>);

impl Compared {
    fn same(&mut self, about: impl Into<String>, expected_minor: i64, actual_minor: i64) {
        if expected_minor != actual_minor {
            self.0.push(Difference { about: about.into(), expected_minor, actual_minor });
        }
    }

    fn sums(&mut self, about: &str, expected: &VatSum, actual: &VatSum) {
        self.same(format!("{about} net"), expected.net_minor, actual.net_minor);
        self.same(format!("{about} vat"), expected.vat_minor, actual.vat_minor);
        self.same(format!("{about} gross"), expected.gross_minor, actual.gross_minor);
    }

    fn check(self, code: Tie, page: u8, currency: &str) -> Check {
        let outcome = if self.0.is_empty() { Outcome::Passed } else { Outcome::Failed };
        Check { code, page, currency: Some(currency.to_owned()), outcome, differences: self.0, count: None }
    }
}

/// The checks of the pages of one currency, in the order of the pages.
pub(super) fn of_section(read: &Read<'_>, section: &Section) -> Result<Vec<Check>> {
    Ok(vec![
        summary(section),
        charts(section)?,
        trial_balance(section),
        vat_accounts(read, section)?,
        not_due(section, "payment", &section.vat.by_payment, Tie::VatByPayment)?,
        not_due(section, "service", &section.vat.by_service, Tie::VatByService)?,
        revenue(read, section)?,
        bridge(section)?,
        clearing(section)?,
        payments(read, section)?,
        receivable(section)?,
        open_items(section)?,
        stored_value(section)?,
        years(section)?,
        deferred(section)?,
        suspense(section),
    ])
}

/// What moved on an account and its balance at the end, by the trial balance.
fn of_trial(section: &Section, on: impl Fn(&str) -> bool) -> Result<(i64, i64)> {
    let rows = || section.trial_balance.iter().filter(|row| on(&row.account));
    Ok((sum(rows().map(|row| row.balance_minor))?, sum(rows().map(|row| row.closing_minor))?))
}

fn summary(section: &Section) -> Check {
    let mut compared = Compared::default();
    let moved = |row: &RollForward, what| row.moves.iter().find(|sum| sum.what == what).map_or(0, |sum| sum.minor);
    use super::figures::Moved;
    for row in &section.summary {
        let expected = match row.line {
            SummaryLine::Billed => moved(&section.receivable, Moved::Billed),
            SummaryLine::Discounts => moved(&section.receivable, Moved::Discounts),
            SummaryLine::Net => section.vat.by_booking_total.net_minor,
            SummaryLine::Vat => section.vat.by_booking_total.vat_minor,
            SummaryLine::Gross => section.vat.by_booking_total.gross_minor,
            SummaryLine::Paid => section.clearing_total.paid_minor,
            SummaryLine::Refunded => section.clearing_total.refunded_minor,
            SummaryLine::Receivable => section.receivable.closing_minor,
            SummaryLine::StoredValue => section.stored_value_total.closing_minor,
            SummaryLine::Deferred => section.deferred_minor,
        };
        compared.same(format!("page {}", row.page), expected, row.minor);
    }
    compared.check(Tie::Summary, 2, &section.currency)
}

fn charts(section: &Section) -> Result<Check> {
    let mut compared = Compared::default();
    let bars = sum(section.charts.revenue.iter().map(|bar| bar.net_minor))?;
    compared.same("revenue", section.revenue.total.net_minor, bars);
    let total = &section.stored_value_total;
    let last = section.charts.stored_value.last().map_or(0, |end| end.balance_minor);
    compared.same("vouchers", total.closing_minor, last);
    Ok(compared.check(Tie::Charts, 2, &section.currency))
}

fn trial_balance(section: &Section) -> Check {
    let mut compared = Compared::default();
    for row in &section.trial_balance {
        let closing = row.opening_minor.checked_add(row.debit_minor).and_then(|sum| sum.checked_sub(row.credit_minor));
        compared.same(&*row.account, row.closing_minor, closing.unwrap_or(i64::MAX));
    }
    let total = &section.trial_balance_total;
    compared.same("opening", 0, total.opening_minor);
    compared.same("debit, credit", total.debit_minor, total.credit_minor);
    compared.same("closing", 0, total.closing_minor);
    compared.check(Tie::TrialBalance, 3, &section.currency)
}

/// The rows of a rate and, apart, what was brought in without being turnover.
fn vat_accounts(read: &Read<'_>, section: &Section) -> Result<Check> {
    let mut compared = Compared::default();
    let lines = of_currency(&read.moves, &section.currency);
    let mut seen = 0;
    for row in section.trial_balance.iter().filter(|row| is_vat(&row.account)) {
        let rate = match Account::parse(&row.account) {
            Some(account) => account.vat_bp(),
            None => None,
        };
        let reported = section.vat.by_booking.iter().find(|vat| vat.vat_bp == rate).map_or(0, |vat| vat.sum.vat_minor);
        let other = lines.iter().filter(|line| is_other_vat(line) && line.account == row.account);
        let other = sum(other.map(|line| line.minor))?;
        compared.same(&*row.account, row.balance_minor, sum([other, -reported])?);
        seen = sum([seen, reported])?;
    }
    compared.same("liabilities:vat:*", seen, section.vat.by_booking_total.vat_minor);
    Ok(compared.check(Tie::VatAccounts, 4, &section.currency))
}

fn not_due(section: &Section, basis: &str, due: &[VatRow], code: Tie) -> Result<Check> {
    let mut compared = Compared::default();
    let vat_of = |rows: &[VatRow], rate| rows.iter().find(|row| row.vat_bp == rate).map_or(0, |row| row.sum.vat_minor);
    for row in section.vat.not_due.iter().filter(|row| row.basis == basis) {
        let rate = row.vat_bp.map_or_else(String::new, |rate| rate.to_string());
        let closing = sum([row.opening_minor, row.posted_minor, -row.due_minor])?;
        compared.same(&*rate, row.closing_minor, closing);
        compared.same(format!("{rate} posted"), vat_of(&section.vat.by_booking, row.vat_bp), row.posted_minor);
        compared.same(format!("{rate} due"), vat_of(due, row.vat_bp), row.due_minor);
    }
    let changed = section.vat.not_due.iter().filter(|row| row.basis == basis);
    let changed = sum(changed.map(|row| row.posted_minor - row.due_minor))?;
    let due = sum(due.iter().map(|row| row.sum.vat_minor))?;
    compared.same(basis, section.vat.by_booking_total.vat_minor, sum([due, changed])?);
    Ok(compared.check(code, 4, &section.currency))
}

fn revenue(read: &Read<'_>, section: &Section) -> Result<Check> {
    let mut compared = Compared::default();
    let page = &section.revenue;
    let report = || read.revenue.iter().filter(|row| row.currency == section.currency);
    let reported = VatSum {
        net_minor: sum(report().map(|row| row.net_minor))?,
        vat_minor: sum(report().map(|row| row.vat_minor))?,
        gross_minor: sum(report().map(|row| row.gross_minor))?,
    };
    compared.sums("revenue", &reported, &page.total);
    compared.sums("categories", &page.total, &VatSum::total(page.categories.iter().map(|row| &row.sum))?);
    let sold = sum(page.events.iter().map(|row| row.sold - row.returned))?;
    compared.same("sold - returned", sum(report().map(|row| row.qty))?, sold);
    // Each account that has revenue moved by it and by what is none.
    let lines = of_currency(&read.moves, &section.currency);
    let revenue = || lines.iter().filter(|line| line.in_revenue && !is_vat(line.account));
    compared.same("income accounts", -page.total.net_minor, sum(revenue().map(|line| line.minor))?);
    for account in revenue().map(|line| line.account).collect::<std::collections::BTreeSet<_>>() {
        let moved = sum(lines.iter().filter(|line| line.account == account).map(|line| line.minor))?;
        compared.same(account, of_trial(section, |code| code == account)?.0, moved);
    }
    Ok(compared.check(Tie::Revenue, 5, &section.currency))
}

fn bridge(section: &Section) -> Result<Check> {
    let mut compared = Compared::default();
    let steps = &section.revenue.bridge;
    let named = |name: &str| steps.iter().find(|step| step.step == name).map(|step| step.sum).unwrap_or_default();
    let (first, last) = (named("vat_report"), named("revenue_report"));
    compared.sums("vat_report", &section.vat.by_booking_total, &first);
    compared.sums("revenue_report", &section.revenue.total, &last);
    let between = steps.iter().filter(|step| step.step != "revenue_report").map(|step| &step.sum);
    compared.sums("steps", &last, &VatSum::total(between)?);
    Ok(compared.check(Tie::Bridge, 5, &section.currency))
}

fn clearing(section: &Section) -> Result<Check> {
    let mut compared = Compared::default();
    for Clearing { account, sum: row, .. } in &section.clearing {
        let moved = [row.paid_minor, row.refunded_minor, row.paid_out_minor, row.fees_minor, row.other_minor];
        compared.same(&**account, row.closing_minor, sum([row.opening_minor, sum(moved)?])?);
    }
    compared.same("assets:clearing:*", of_trial(section, is_clearing)?.1, section.clearing_total.closing_minor);
    Ok(compared.check(Tie::Clearing, 6, &section.currency))
}

fn payments(read: &Read<'_>, section: &Section) -> Result<Check> {
    let mut compared = Compared::default();
    let report = || read.payments.iter().filter(|row| row.currency == section.currency);
    compared.same("paid", sum(report().map(|row| row.paid_minor))?, section.clearing_total.paid_minor);
    compared.same("refunded", sum(report().map(|row| row.refunded_minor))?, section.clearing_total.refunded_minor);
    Ok(compared.check(Tie::Payments, 6, &section.currency))
}

/// Opening + movements = closing.
fn rolls(compared: &mut Compared, row: &RollForward) -> Result<()> {
    let moved = sum(row.moves.iter().map(|part| part.minor))?;
    compared.same(row.account.clone().unwrap_or_default(), row.closing_minor, sum([row.opening_minor, moved])?);
    Ok(())
}

fn receivable(section: &Section) -> Result<Check> {
    let mut compared = Compared::default();
    rolls(&mut compared, &section.receivable)?;
    compared.same(Account::RECEIVABLE, of_trial(section, is_receivable)?.1, section.receivable.closing_minor);
    Ok(compared.check(Tie::Receivable, 7, &section.currency))
}

fn open_items(section: &Section) -> Result<Check> {
    let mut compared = Compared::default();
    let items = &section.open_items;
    compared.same(Account::RECEIVABLE, section.receivable.closing_minor, items.total_minor);
    compared.same("ages", items.total_minor, sum(items.ages.iter().map(|age| age.balance_minor))?);
    let listed = [&items.debts, &items.credits].map(|listed| {
        let largest = sum(listed.largest.iter().map(|item| item.balance_minor))?;
        sum([largest, listed.more_minor])
    });
    let [debts, credits] = listed;
    compared.same("orders", items.total_minor, sum([debts?, credits?])?);
    Ok(compared.check(Tie::OpenItems, 8, &section.currency))
}

fn stored_value(section: &Section) -> Result<Check> {
    let mut compared = Compared::default();
    section.stored_value.iter().try_for_each(|row| rolls(&mut compared, row))?;
    rolls(&mut compared, &section.stored_value_total)?;
    let (_, closing) = of_trial(section, Account::is_stored_value)?;
    compared.same("liabilities:voucher:*, liabilities:flex", -closing, section.stored_value_total.closing_minor);
    Ok(compared.check(Tie::StoredValue, 9, &section.currency))
}

fn years(section: &Section) -> Result<Check> {
    let mut compared = Compared::default();
    let years = sum(section.stored_value_years.iter().map(|year| year.balance_minor))?;
    compared.same("years", section.stored_value_total.closing_minor, years);
    Ok(compared.check(Tie::StoredValueYears, 9, &section.currency))
}

fn deferred(section: &Section) -> Result<Check> {
    let mut compared = Compared::default();
    let months = sum(section.deferred.iter().map(|month| month.minor))?;
    compared.same("liabilities:deferred:*", -of_trial(section, is_deferred)?.1, months);
    compared.same("months", months, section.deferred_minor);
    Ok(compared.check(Tie::Deferred, 10, &section.currency))
}

/// What is rounded away when cash is paid explains itself.
fn suspense(section: &Section) -> Check {
    let mut compared = Compared::default();
    for row in section.suspense.iter().filter(|row| row.account != Account::Rounding.to_string()) {
        if row.explained_by == 0 {
            compared.same(&*row.account, 0, row.closing_minor);
        }
    }
    compared.check(Tie::Suspense, 12, &section.currency)
}

/// A check that is not about a currency.
fn of_all(code: Tie, page: u8, outcome: Outcome, count: Option<i64>) -> Check {
    Check { code, page, currency: None, outcome, differences: Vec::new(), count }
}

/// What should be none.
fn none_of(code: Tie, page: u8, count: i64) -> Check {
    of_all(code, page, if count == 0 { Outcome::Passed } else { Outcome::Failed }, Some(count))
}

/// Cover and exceptions, as the checks of the state need them.
pub(super) type State<'a> = (&'a Cover, &'a Exceptions);
