//! Account sheets: every line of an account with the balance after it, from the opening to the closing balance.
//!
//! Each sheet is one account of one source in one currency. It is read in pages, so that the memory never holds a whole
//! account, and ends at the entry that was the last one when the reading began.

mod like;

pub use self::like::{NoSuchAccount, known};

use super::{Cell, Column, Shown};
use crate::db::{Connection, Database, Error};
use crate::ledger::book::store::heads;
use crate::ledger::totals::{Accounts, AsOf, Line, Period, Selection, TrialBalance, booked_months, lines_of_account};

/// Lines that are read together.
const PAGE: i64 = 5000;

/// What is handed over, in this order for each sheet.
#[derive(Debug)]
pub enum Part<'a> {
    /// A sheet begins.
    Opening(&'a TrialBalance),
    /// The next lines, each with the balance after it.
    Lines(&'a TrialBalance, Vec<(Line, i64)>),
    /// It ends.
    Closing(&'a TrialBalance),
}

/// Reads the sheets of some accounts: by source, currency and account.
///
/// # Errors
/// When the database cannot be read, the lines contradict the sums of the account, and those of `take`.
pub fn read<E: From<Error>>(
    database: &Database,
    selection: &Selection<'_>,
    accounts: &Accounts,
    mut take: impl FnMut(Part<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut connection = database.reader()?;
    let connection = &mut connection;
    for (source, head) in heads(connection)? {
        let Some((head, _)) = head.filter(|_| selection.source.is_none_or(|wanted| wanted == source)) else {
            continue;
        };
        let entries_until = Some(selection.as_of.entries_until.map_or(head, |until| until.min(head)));
        let selection =
            Selection { source: Some(&source), as_of: AsOf { entries_until, ..selection.as_of }, ..*selection };
        for sheet in TrialBalance::of_accounts(connection, &selection, Some(accounts))? {
            take(Part::Opening(&sheet))?;
            let balance = lines(connection, &selection, &sheet, &mut take)?;
            if balance != sheet.closing_minor {
                let account = &sheet.account;
                let text = format!("the lines of {account} of source {source} do not add up to its balance");
                return Err(Error::Inconsistent(text).into());
            }
            take(Part::Closing(&sheet))?;
        }
    }
    Ok(())
}

/// Hands over the lines of a sheet month by month, and answers the balance after the last one.
fn lines<E: From<Error>>(
    connection: &mut Connection,
    selection: &Selection<'_>,
    sheet: &TrialBalance,
    take: &mut impl FnMut(Part<'_>) -> Result<(), E>,
) -> Result<i64, E> {
    let mut balance = sheet.opening_minor;
    for month in booked_months(connection, selection)? {
        let from = selection.period.and_then(Period::first_day).max(Some(month.first_day()));
        let to = [selection.last_day(), Some(month.last_day())].into_iter().flatten().min();
        let in_month = Selection { period: Period::between(from, to), ..*selection };
        let mut after = None;
        loop {
            let page = lines_of_account(connection, &in_month, (&sheet.account, &sheet.currency), after, PAGE)?;
            let Some(last) = page.last() else { break };
            after = Some((last.booking_date, last.entry_no, last.line_no));
            let mut with_balance = Vec::with_capacity(page.len());
            for line in page {
                let next = balance.checked_add(line.amount_minor);
                balance = next.ok_or_else(|| {
                    let account = &sheet.account;
                    Error::Inconsistent(format!("the balance of {account} leaves the range of 64 bits"))
                })?;
                with_balance.push((line, balance));
            }
            take(Part::Lines(sheet, with_balance))?;
        }
    }
    Ok(balance)
}

/// The columns of the rows of a sheet.
pub fn columns() -> Vec<Column> {
    let text = |name| Column { name, shown: Shown::Text };
    let number = |name| Column { name, shown: Shown::Count };
    let amount = |name| Column { name, shown: Shown::Amount };
    vec![
        text("source"),
        text("currency"),
        text("account"),
        text("row"),
        text("booking_date"),
        number("entry_no"),
        number("line_no"),
        text("kind"),
        text("event_type"),
        text("item_kind"),
        text("order_id"),
        text("order_code"),
        text("payment_id"),
        text("payment_method"),
        text("voucher_id"),
        Column { name: "vat_bp", shown: Shown::Rate },
        amount("debit_minor"),
        amount("credit_minor"),
        amount("balance_minor"),
    ]
}

impl Part<'_> {
    /// The part as rows: `opening` has the balance before the first line, `closing` all debits and credits and the
    /// balance after the last line.
    pub fn into_rows(self) -> Vec<Vec<Cell>> {
        let row = |sheet: &TrialBalance, word: &str, line: Option<Line>, [debit, credit, balance]: [_; 3]| {
            let named = [&sheet.source, &sheet.currency, &sheet.account].map(|text| Cell::from(text.clone()));
            let mut cells = Vec::from(named);
            cells.push(word.to_owned().into());
            match line {
                Some(line) => cells.extend([
                    line.booking_date.into(),
                    line.entry_no.into(),
                    line.line_no.into(),
                    line.kind.into(),
                    line.event_type.into(),
                    line.item_kind.into(),
                    line.order_id.into(),
                    line.order_code.into(),
                    line.payment_id.into(),
                    line.payment_method.into(),
                    line.voucher_id.into(),
                    line.vat_bp.into(),
                ]),
                None => cells.extend(columns().iter().skip(4).take(12).map(|column| match column.shown {
                    Shown::Text => Cell::Text(None),
                    _ => Cell::Number(None),
                })),
            }
            cells.extend([debit, credit, balance].map(Cell::Number));
            cells
        };
        match self {
            Part::Opening(sheet) => vec![row(sheet, "opening", None, [None, None, Some(sheet.opening_minor)])],
            Part::Closing(sheet) => {
                let amounts = [sheet.debit_minor, sheet.credit_minor, sheet.closing_minor].map(Some);
                vec![row(sheet, "closing", None, amounts)]
            }
            Part::Lines(sheet, lines) => {
                let rows = lines.into_iter().map(|(line, balance)| {
                    let debit = Some(line.amount_minor).filter(|minor| *minor > 0);
                    let credit = Some(line.amount_minor).filter(|minor| *minor < 0).and_then(i64::checked_neg);
                    row(sheet, "posting", Some(line), [debit, credit, Some(balance)])
                });
                rows.collect()
            }
        }
    }
}
