//! The pages of one currency, from rows that have been read. Pure.

use std::collections::BTreeMap;

use chrono::Datelike as _;

use super::figures::{
    Figures, Line, Moved, as_balances, balances_in, is_clearing, is_receivable, is_vat, roll_forward, sum,
};
use super::read::{Compared, Read};
use super::rows::{
    Clearing, ClearingTotal, DeferredMonth, LateEntry, LatePage, LateSum, RollForward, Section, SummaryLine,
    SummaryRow, Suspense, TrialTotal, VatSum, YearOfIssue,
};
use super::{Numbers, charts, revenue, vat};
use crate::db::Result;
use crate::ledger::book::{Account, ItemKind, Month};
use crate::ledger::totals::{AccountMove, LateMove, TrialBalance, VatByRate};

/// Entries that are listed one by one; the rest is counted.
const LISTED_ENTRIES: usize = 100;

/// All pages of a currency. `explained` is the number of findings that explain a balance of an account.
pub(super) fn section(
    read: &Read<'_>,
    currency: &str,
    numbers: Option<Numbers<'_>>,
    explained: &impl Fn(&str) -> i64,
) -> Result<Section> {
    let trial: Vec<TrialBalance> = read.trial.iter().filter(|row| row.currency == currency).cloned().collect();
    let lines = of_currency(&read.moves, currency);
    let stored_value = stored_value(&trial, &lines)?;
    let clearing = clearing(read, &trial, currency)?;
    let deferred = deferred(read, currency)?;
    Ok(Section {
        currency: currency.to_owned(),
        summary: summary(read, currency, &trial, &lines)?,
        charts: charts::of(read, currency, &trial)?,
        trial_balance_total: trial_total(&trial)?,
        vat: vat::page(read, currency)?,
        revenue: revenue::page(read, currency)?,
        clearing_total: clearing_total(&clearing)?,
        clearing,
        receivable: receivable(&trial, &lines)?,
        open_items: super::open_items::page(read, currency)?,
        stored_value_total: together(&stored_value)?,
        stored_value,
        stored_value_years: years(read, currency)?,
        deferred_minor: sum(deferred.iter().map(|month| month.minor))?,
        deferred,
        late: late(read, currency)?,
        suspense: suspense(&trial, explained),
        account_numbers: numbers.map(|numbers| numbered(&trial, &read.vat[0], numbers)).unwrap_or_default(),
        trial_balance: trial,
    })
}

/// The numbers of each account; what depends on the rate has those of all rates that are booked.
fn numbered(trial: &[TrialBalance], vat: &[VatByRate], numbers: Numbers<'_>) -> BTreeMap<String, Vec<String>> {
    let taxed = trial.iter().filter_map(|row| row.account.strip_prefix("liabilities:vat:")?.parse().ok());
    let exempt = vat.iter().filter_map(|row| row.vat_bp.filter(|bp| *bp == 0));
    let rates: Vec<i32> = taxed.chain(exempt).collect();
    trial.iter().map(|row| (row.account.clone(), (numbers.of)(&row.account, &rates))).collect()
}

pub(super) fn of_currency<'a>(moves: &'a [AccountMove], currency: &str) -> Vec<Line<'a>> {
    moves.iter().filter(|row| row.currency == currency).map(Line::from).collect()
}

fn late_of_currency<'a>(moves: &'a [LateMove], currency: &str) -> Vec<&'a LateMove> {
    moves.iter().filter(|row| row.currency == currency).collect()
}

fn summary(read: &Read<'_>, currency: &str, trial: &[TrialBalance], lines: &[Line<'_>]) -> Result<Vec<SummaryRow>> {
    let this = Figures::of(lines, &balances_in(trial, currency))?;
    let compared =
        |with: &Compared| Figures::of(&of_currency(&with.moves, currency), &balances_in(&with.balances, currency));
    let (before, year_before) = (compared(&read.before)?, compared(&read.year_before)?);
    let later: Vec<Line<'_>> = late_of_currency(&read.later, currency)
        .into_iter()
        .filter(|row| read.span.has(&row.late_for))
        .map(Line::from)
        .collect();
    let known = match later.is_empty() {
        true => None,
        false => Some(this.plus(&Figures::of(&later, &as_balances(&later))?)?),
    };
    let row = |line: SummaryLine, page: u8, of: fn(&Figures) -> i64| SummaryRow {
        line,
        page,
        minor: of(&this),
        period_before_minor: of(&before),
        year_before_minor: of(&year_before),
        as_now_known_minor: known.as_ref().map(of),
    };
    Ok(vec![
        row(SummaryLine::Billed, 7, |figures| figures.billed),
        row(SummaryLine::Discounts, 7, |figures| figures.discounts),
        row(SummaryLine::Net, 4, |figures| figures.vat.net_minor),
        row(SummaryLine::Vat, 4, |figures| figures.vat.vat_minor),
        row(SummaryLine::Gross, 4, |figures| figures.vat.gross_minor),
        row(SummaryLine::Paid, 6, |figures| figures.paid),
        row(SummaryLine::Refunded, 6, |figures| figures.refunded),
        row(SummaryLine::Receivable, 7, |figures| figures.receivable),
        row(SummaryLine::StoredValue, 9, |figures| figures.stored_value),
        row(SummaryLine::Deferred, 10, |figures| figures.deferred),
    ])
}

fn trial_total(trial: &[TrialBalance]) -> Result<TrialTotal> {
    let total = |of: fn(&TrialBalance) -> i64| sum(trial.iter().map(of));
    Ok(TrialTotal {
        opening_minor: total(|row| row.opening_minor)?,
        debit_minor: total(|row| row.debit_minor)?,
        credit_minor: total(|row| row.credit_minor)?,
        closing_minor: total(|row| row.closing_minor)?,
    })
}

fn receivable(trial: &[TrialBalance], lines: &[Line<'_>]) -> Result<RollForward> {
    let row = trial.iter().find(|row| is_receivable(&row.account));
    let balances = row.map_or((0, 0), |row| (row.opening_minor, row.closing_minor));
    let lines: Vec<Line<'_>> = lines.iter().filter(|line| is_receivable(line.account)).copied().collect();
    roll_forward(Some(Account::RECEIVABLE), balances, &lines, &Moved::RECEIVABLE, 1)
}

/// Each account of vouchers and flex tickets; what we owe is positive.
fn stored_value(trial: &[TrialBalance], lines: &[Line<'_>]) -> Result<Vec<RollForward>> {
    let accounts = trial.iter().filter(|row| Account::is_stored_value(&row.account));
    let rows = accounts.map(|row| {
        let lines: Vec<Line<'_>> = lines.iter().filter(|line| line.account == row.account).copied().collect();
        let balances = (row.opening_minor, row.closing_minor);
        roll_forward(Some(&row.account), balances, &lines, &Moved::STORED_VALUE, -1)
    });
    rows.collect()
}

fn together(accounts: &[RollForward]) -> Result<RollForward> {
    let mut total = roll_forward(None, (0, 0), &[], &Moved::STORED_VALUE, 1)?;
    for row in accounts {
        total.opening_minor = sum([total.opening_minor, row.opening_minor])?;
        total.closing_minor = sum([total.closing_minor, row.closing_minor])?;
        for (all, one) in total.moves.iter_mut().zip(&row.moves) {
            all.minor = sum([all.minor, one.minor])?;
        }
    }
    Ok(total)
}

fn clearing(read: &Read<'_>, trial: &[TrialBalance], currency: &str) -> Result<Vec<Clearing>> {
    let mut rows = Vec::new();
    for row in trial.iter().filter(|row| is_clearing(&row.account)) {
        let of_account = || read.moves.iter().filter(|line| line.currency == currency && line.account == row.account);
        let of_kind = |kind: ItemKind| {
            sum(of_account().filter(|line| line.item_kind == kind.as_str()).map(|line| line.amount_minor))
        };
        let is_payment = |line: &&AccountMove| {
            [ItemKind::Payment, ItemKind::Refund].map(ItemKind::as_str).contains(&&*line.item_kind)
        };
        let mut sums = ClearingTotal {
            opening_minor: row.opening_minor,
            paid_minor: of_kind(ItemKind::Payment)?,
            refunded_minor: of_kind(ItemKind::Refund)?,
            paid_out_minor: of_kind(ItemKind::Payout)?,
            fees_minor: of_kind(ItemKind::Fee)?,
            other_minor: 0,
            closing_minor: row.closing_minor,
            transactions: sum(of_account().filter(is_payment).map(|line| line.transactions))?,
        };
        let named = [sums.paid_minor, sums.refunded_minor, sums.paid_out_minor, sums.fees_minor];
        sums.other_minor = sum([sum(of_account().map(|line| line.amount_minor))?, -sum(named)?])?;
        let oldest_open_day = oldest_open_day(read, currency, &row.account)?;
        rows.push(Clearing { account: row.account.clone(), sum: sums, oldest_open_day });
    }
    Ok(rows)
}

/// When what goes from an account takes the oldest that came to it: the oldest day of which something is left.
fn oldest_open_day(read: &Read<'_>, currency: &str, account: &str) -> Result<Option<chrono::NaiveDate>> {
    let days = || read.clearing_days.iter().filter(|day| day.currency == currency && day.account == account);
    let mut gone = sum(days().map(|day| day.credit_minor))?;
    // Rows are in the order of their days.
    for day in days() {
        if day.debit_minor > gone {
            return Ok(Some(day.booking_date));
        }
        gone -= day.debit_minor;
    }
    Ok(None)
}

fn clearing_total(rows: &[Clearing]) -> Result<ClearingTotal> {
    let total = |of: fn(&ClearingTotal) -> i64| sum(rows.iter().map(|row| of(&row.sum)));
    Ok(ClearingTotal {
        opening_minor: total(|row| row.opening_minor)?,
        paid_minor: total(|row| row.paid_minor)?,
        refunded_minor: total(|row| row.refunded_minor)?,
        paid_out_minor: total(|row| row.paid_out_minor)?,
        fees_minor: total(|row| row.fees_minor)?,
        other_minor: total(|row| row.other_minor)?,
        closing_minor: total(|row| row.closing_minor)?,
        transactions: total(|row| row.transactions)?,
    })
}

/// By the year of issue: as told when a voucher was brought in, else the day on which it was issued here.
fn years(read: &Read<'_>, currency: &str) -> Result<Vec<YearOfIssue>> {
    let mut years: BTreeMap<Option<i32>, (i64, i64)> = BTreeMap::new();
    for worth in read.worth.iter().filter(|worth| worth.currency == currency && worth.balance_minor != 0) {
        let key = (worth.voucher_class.clone(), worth.voucher_id.clone().unwrap_or_default());
        let issued_on = read.told_issued.get(&key).copied().or(worth.issued_on);
        let (vouchers, minor) = years.entry(issued_on.map(|day| day.year())).or_default();
        *vouchers += 1;
        *minor = sum([*minor, worth.balance_minor])?;
    }
    let row = |(year, (vouchers, balance_minor))| YearOfIssue { year, vouchers, balance_minor };
    Ok(years.into_iter().map(row).collect())
}

fn deferred(read: &Read<'_>, currency: &str) -> Result<Vec<DeferredMonth>> {
    let mut months: BTreeMap<Option<Month>, i64> = BTreeMap::new();
    for (_, day, minor) in read.deferred.iter().filter(|(of, ..)| of == currency) {
        let month = months.entry(day.map(Month::of)).or_default();
        *month = sum([*month, *minor])?;
    }
    let open = months.into_iter().filter(|(_, minor)| *minor != 0);
    Ok(open.map(|(month, minor)| DeferredMonth { month: month.map(|month| month.to_string()), minor }).collect())
}

fn late(read: &Read<'_>, currency: &str) -> Result<LatePage> {
    let of_closed_months = late_of_currency(&read.late, currency);
    let later =
        late_of_currency(&read.later, currency).into_iter().filter(|row| read.span.has(&row.late_for)).collect();
    let entries: Vec<&super::store::Late> = read.late_entries.iter().filter(|row| row.currency == currency).collect();
    let listed = entries.iter().take(LISTED_ENTRIES).map(|row| LateEntry {
        entry_no: row.entry_no,
        booking_date: row.booking_date,
        effective_at: row.effective_at,
        late_for: row.late_for().to_owned(),
        event_type: row.event_type.clone(),
        order_code: row.order_code.clone(),
        reverses_no: row.reverses_no,
        amount_minor: row.amount_minor,
    });
    Ok(LatePage {
        entries: listed.collect(),
        more_entries: i64::try_from(entries.len().saturating_sub(LISTED_ENTRIES)).unwrap_or(i64::MAX),
        of_closed_months: late_sums(of_closed_months)?,
        booked_later: late_sums(later)?,
    })
}

fn late_sums(rows: Vec<&LateMove>) -> Result<Vec<LateSum>> {
    let mut months: BTreeMap<(&str, &str), Vec<Line<'_>>> = BTreeMap::new();
    for row in rows {
        months.entry((&row.late_for, &row.period)).or_default().push(Line::from(row));
    }
    let sums = months.into_iter().map(|((late_for, booked_in), lines)| {
        let Figures { vat, paid, refunded, receivable, .. } = Figures::of(&lines, &as_balances(&lines))?;
        Ok(LateSum {
            late_for: late_for.to_owned(),
            booked_in: booked_in.to_owned(),
            receivable_minor: receivable,
            sum: vat,
            paid_minor: paid,
            refunded_minor: refunded,
        })
    });
    sums.collect()
}

/// Accounts that should be empty, with what is on them.
fn suspense(trial: &[TrialBalance], explained: &impl Fn(&str) -> i64) -> Vec<Suspense> {
    let is_suspense = |code: &str| {
        let account = Account::parse(code);
        account.is_some_and(|account| account.kind() == "suspense" || account == Account::VoucherRefundUnallocated)
    };
    let rows = trial.iter().filter(|row| is_suspense(&row.account));
    rows.map(|row| Suspense {
        account: row.account.clone(),
        closing_minor: row.closing_minor,
        explained_by: explained(&row.account),
    })
    .collect()
}

/// Whether a line is VAT that the VAT report does not have, such as an opening balance.
pub(super) fn is_other_vat(line: &Line<'_>) -> bool {
    is_vat(line.account) && !line.in_vat
}

/// Net, VAT and gross of a row of a report.
pub(super) fn amounts(net_minor: i64, vat_minor: i64, gross_minor: i64) -> VatSum {
    VatSum { net_minor, vat_minor, gross_minor }
}
