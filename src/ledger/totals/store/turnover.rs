//! The trial balance: every account from its opening to its closing balance.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::columns::row;
use crate::db::schema::{journal_entries, month_sums, postings};
use crate::db::{Connection, Error, Result};
use crate::ledger::totals::{AccountBalance, Accounts, ClosedMonth, Period, Selection, Total};
use crate::on_engine;

row!(
    /// An account in a period: opening + debit - credit = closing; debit is positive. The balance is what the period
    /// moved, debit less credit.
    pub TrialBalance {
        source: Text,
        currency: Text,
        account: Text,
        balance_minor: Amount,
        opening_minor: Amount,
        debit_minor: Amount,
        credit_minor: Amount,
        closing_minor: Amount,
    }
);

/// Keeps of a boxed query the rows of some accounts.
macro_rules! of_accounts {
    ($query:expr, $account:expr, $accounts:expr) => {{
        let query = $query;
        match $accounts.map(Accounts::bounds) {
            Some((code, None)) => query.filter($account.eq(code)),
            Some((from, Some(before))) => query.filter($account.ge(from)).filter($account.lt(before)),
            None => query,
        }
    }};
}

impl TrialBalance {
    /// The rows of some accounts, or of all; an account that has no balance and did not move has none.
    ///
    /// # Errors
    /// When the query fails, or a sum leaves the range of 64 bits.
    pub fn of_accounts(
        connection: &mut Connection,
        selection: &Selection<'_>,
        accounts: Option<&Accounts>,
    ) -> Result<Vec<Self>> {
        let whole_months = selection.period.is_none_or(|period| period.whole_months().is_some());
        let mut rows = if selection.as_of.is_everything() && whole_months {
            Self::of_months(connection, selection, accounts)?
        } else {
            Self::of_lines(connection, selection, accounts)?
        };
        rows.retain(|row| row.opening_minor != 0 || row.debit_minor != 0 || row.credit_minor != 0);
        rows.sort();
        Ok(rows)
    }

    /// From the sums that are kept by month.
    fn of_months(
        connection: &mut Connection,
        selection: &Selection<'_>,
        accounts: Option<&Accounts>,
    ) -> Result<Vec<Self>> {
        let (first, last) = selection.period.map_or((None, None), Period::ends);
        let inside = first.map_or_else(|| "1 = 1".to_owned(), |first| format!("period >= '{first}'"));
        Ok(on_engine!(connection, |c| {
            let mut query = month_sums::table
                .group_by(sql::<Text>("source, currency, account_code"))
                .select((
                    sql::<Text>("source"),
                    sql::<Text>("currency"),
                    sql::<Text>("account_code"),
                    sum_where(&inside, "amount_minor"),
                    sum_where(&format!("NOT ({inside})"), "amount_minor"),
                    sum_where(&inside, "debit_minor"),
                    sum_where(&inside, "debit_minor - amount_minor"),
                    sum_where("1 = 1", "amount_minor"),
                ))
                .into_boxed();
            if let Some(source) = selection.source {
                query = query.filter(month_sums::source.eq(source));
            }
            if let Some(last) = last {
                query = query.filter(month_sums::period.le(last.to_string()));
            }
            of_accounts!(query, month_sums::account_code, accounts).load(c)?
        }))
    }

    /// From the lines: of a period that has parts of months, or as of some point.
    fn of_lines(
        connection: &mut Connection,
        selection: &Selection<'_>,
        accounts: Option<&Accounts>,
    ) -> Result<Vec<Self>> {
        let inside = match selection.period.and_then(Period::first_day) {
            // Both engines compare a day with its text.
            Some(from) => format!("journal_entries.booking_date >= '{from}'"),
            None => "1 = 1".to_owned(),
        };
        let amount = "postings.amount_minor";
        Ok(on_engine!(connection, |c| {
            let lines = postings::table
                .on(postings::source.eq(journal_entries::source).and(postings::entry_no.eq(journal_entries::entry_no)));
            let mut query = journal_entries::table
                .inner_join(lines)
                .group_by(sql::<Text>("postings.source, postings.currency, postings.account_code"))
                .select((
                    sql::<Text>("postings.source"),
                    sql::<Text>("postings.currency"),
                    sql::<Text>("postings.account_code"),
                    sum_where(&inside, amount),
                    sum_where(&format!("NOT ({inside})"), amount),
                    sum_where(&format!("{inside} AND postings.amount_minor > 0"), amount),
                    sum_where(&format!("{inside} AND postings.amount_minor < 0"), "-postings.amount_minor"),
                    sum_where("1 = 1", amount),
                ))
                .into_boxed();
            if let Some(source) = selection.source {
                query = query.filter(postings::source.eq(source));
            }
            if let Some(last) = selection.last_day() {
                query = query.filter(journal_entries::booking_date.le(last));
            }
            if let Some(recorded_until) = selection.as_of.recorded_until {
                query = query.filter(journal_entries::recorded_at.le(recorded_until));
            }
            if let Some(entries_until) = selection.as_of.entries_until {
                query = query.filter(postings::entry_no.le(entries_until));
            }
            of_accounts!(query, postings::account_code, accounts).load(c)?
        }))
    }
}

/// The sum of an amount over the rows that meet a condition, 0 when none does.
fn sum_where(condition: &str, amount: &str) -> SqlLiteral<BigInt> {
    sql(&format!("CAST(COALESCE(SUM(CASE WHEN {condition} THEN {amount} END), 0) AS BIGINT)"))
}

impl Total for TrialBalance {
    fn read(connection: &mut Connection, selection: &Selection<'_>) -> Result<Vec<Self>> {
        Self::of_accounts(connection, selection, None)
    }

    /// Debit and credit are summed from the entries that the close saw; what they leave must be what it froze.
    fn as_closed(closed: &ClosedMonth, connection: &mut Connection) -> Result<Vec<Self>> {
        let rows = Self::read(connection, &closed.lines())?;
        let moved = |row: &Self| (row.currency.clone(), row.account.clone(), row.balance_minor);
        let left = |row: &Self| (row.currency.clone(), row.account.clone(), row.closing_minor);
        let frozen = |balances: &[AccountBalance]| {
            let balances = balances.iter().filter(|balance| balance.balance_minor != 0);
            balances.map(|row| (row.currency.clone(), row.account.clone(), row.balance_minor)).collect::<Vec<_>>()
        };
        let not_zero = |sums: Vec<(String, String, i64)>| sums.into_iter().filter(|(.., sum)| *sum != 0).collect();
        let (moved, left): (Vec<_>, Vec<_>) =
            (not_zero(rows.iter().map(moved).collect()), not_zero(rows.iter().map(left).collect()));
        if moved != frozen(&closed.totals.movements) || left != frozen(&closed.totals.trial_balance) {
            let name = closed.name();
            return Err(Error::Inconsistent(format!(
                "the journal contradicts the manifest of {name}; run `ticketledger ledger verify`"
            )));
        }
        Ok(rows)
    }
}
