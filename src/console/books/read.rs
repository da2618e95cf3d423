//! Reading the reports.

use super::question::{Asked, Question};
use super::report::Report;
use super::store;
use super::words::Words;
use crate::console::fault::Fault;
use crate::console::said::Said;
use crate::console::words::fill;
use crate::console::wrong::{Allowed, wrong_as};
use crate::db::Database;
use crate::ledger::book::Account;
use crate::ledger::totals::{
    Bridge, OrderBalance, PaymentsByMethod, Period, RevenueByEvent, Selection, Total, TrialBalance, VoucherBalance,
};
use crate::policy::VatReportBasis;
use crate::report::{self, Cell, Column, NotClosed, Shown as Holds, Table, vat};

/// Open orders of a page.
const OPEN: usize = 250;

/// What was read.
pub(super) struct Read {
    pub(super) question: Question,
    pub(super) table: Table,
    pub(super) totals: Vec<Vec<Cell>>,
    /// Of VAT: by which date each source is shown, and what is not due yet.
    pub(super) bases: Vec<(String, VatReportBasis)>,
    pub(super) not_due: Option<Table>,
    pub(super) totals_not_due: Vec<Vec<Cell>>,
    pub(super) next: Option<String>,
}

/// Reads the report that is asked for; a file has all rows of the command, a page of open orders some.
pub(super) fn read(database: &Database, asked: &Asked, report: Report, is_file: bool) -> Result<Read, Fault> {
    let question = database.read(|connection| Question::read(connection, asked, report.has_period()))?;
    let mut read = Read {
        question,
        table: empty(),
        totals: Vec::new(),
        bases: Vec::new(),
        not_due: None,
        totals_not_due: Vec::new(),
        next: None,
    };
    match report {
        Report::TrialBalance => {
            read.table = of_total::<TrialBalance>(database, &read.question)?;
        }
        Report::Revenue => read.table = of_total::<RevenueByEvent>(database, &read.question)?,
        Report::Payments => read.table = of_total::<PaymentsByMethod>(database, &read.question)?,
        Report::Bridge => read.table = of_total::<Bridge>(database, &read.question)?,
        Report::Vouchers => read.table = of_total::<VoucherBalance>(database, &read.question)?,
        Report::Vat => vat_report(database, asked, &mut read)?,
        Report::Balances => balances(database, asked, &mut read)?,
    }
    if let Some(period) = read
        .question
        .period
        .filter(|period| report.has_months() && period.month().is_none() && asked.get("months").is_none())
    {
        let table = std::mem::replace(&mut read.table, empty());
        read.table = table.in_one_period(&period.to_string()).ok_or_else(too_large)?;
    }
    // A sum over steps would count the same lines twice.
    if !matches!(report, Report::Bridge) && read.totals.is_empty() && !is_file {
        read.totals = read.table.totals().ok_or_else(too_large)?;
    }
    Ok(read)
}

fn empty() -> Table {
    Table { columns: Vec::new(), rows: Vec::new() }
}

fn too_large() -> Fault {
    Fault::BadRequest(Said::of(|language| Words::of(language).too_large))
}

pub(super) fn of_total<R: Total>(database: &Database, question: &Question) -> Result<Table, Fault> {
    let source = question.sources.chosen.as_deref();
    if let Some(month) = question.closed_month() {
        return report::read_as_closed::<R>(database, source, month).map_err(not_closed);
    }
    let selection = Selection { source, period: question.period, as_of: question.as_of };
    Ok(report::read::<R>(database, &selection)?)
}

/// Why there is no closed month, at the field that asks for it.
pub(super) fn not_closed(why: NotClosed) -> Fault {
    match why {
        NotClosed::Open { source_name, month } => {
            let month = month.to_string();
            let values = [("source", source_name.as_str()), ("month", month.as_str())];
            let said = Said::of(|language| fill(Words::of(language).not_closed, &values));
            wrong_as("view", "closed", Allowed::ClosedMonth, said)
        }
        NotClosed::Unreadable(error) => Fault::Failed(error.into()),
    }
}

fn vat_report(database: &Database, asked: &Asked, read: &mut Read) -> Result<(), Fault> {
    let question = &read.question;
    let basis = asked.query.one_of("basis", &["booking", "payment", "service"])?.map(|basis| match basis {
        "payment" => VatReportBasis::Payment,
        "service" => VatReportBasis::Service,
        _ => VatReportBasis::Booking,
    });
    let question = vat::Question {
        source: question.sources.chosen.as_deref(),
        period: question.period,
        as_of: question.as_of,
        as_closed: question.as_closed,
        basis,
        now: asked.now,
    };
    let answer = vat::read(database, &question).map_err(|why| match why {
        vat::Unanswered::NotClosed(why) => not_closed(why),
        other => Fault::Failed(other.into()),
    })?;
    let totals = answer.not_due.totals().ok_or_else(too_large)?;
    read.totals_not_due = if read.question.period.and_then(Period::month).is_some() {
        totals
    } else {
        // What a month begins and ends with is in the next one again.
        let columns: Vec<bool> =
            answer.not_due.columns.iter().map(|c| matches!(c.name, "opening_minor" | "closing_minor")).collect();
        let without = |row: Vec<Cell>| {
            let cells = row.into_iter().zip(&columns);
            cells.map(|(cell, is_left_out)| if *is_left_out { Cell::Number(None) } else { cell }).collect()
        };
        totals.into_iter().map(without).collect()
    };
    (read.table, read.bases, read.not_due) = (answer.vat, answer.bases, Some(answer.not_due));
    Ok(())
}

/// What is open now is read a page at a time; as of some point every order is summed up.
fn balances(database: &Database, asked: &Asked, read: &mut Read) -> Result<(), Fault> {
    let question = &read.question;
    if question.as_closed || !question.as_of.is_everything() {
        read.table = of_total::<OrderBalance>(database, question)?;
        let balance = read.table.columns.iter().position(|column| column.name == "balance_minor");
        let is_open = |row: &Vec<Cell>| balance.and_then(|index| row.get(index)) != Some(&Cell::Number(Some(0)));
        read.table.rows.retain(is_open);
        return Ok(());
    }
    let most = i64::try_from(OPEN).unwrap_or(i64::MAX).saturating_add(1);
    // One source after the other; a place is a source and the last order of it.
    let place = asked.query.read("after", Allowed::Place, |place| {
        place.split_once('/').map(|(source, order_id)| (source.to_owned(), order_id.to_owned()))
    })?;
    let place = place.as_ref().map(|(source, order_id)| (source.as_str(), order_id.as_str()));
    let mut rows: Vec<store::OpenOrder> = Vec::new();
    for source in question.sources.names() {
        let after = match place {
            Some((begun, order_id)) if begun == source => Some(order_id),
            Some((begun, _)) if begun > source.as_str() => continue,
            _ => None,
        };
        let left = most.saturating_sub(i64::try_from(rows.len()).unwrap_or(i64::MAX));
        rows.append(&mut database.read(|connection| store::open_orders(connection, &source, after, left))?);
    }
    let more = rows.len() > OPEN;
    rows.truncate(OPEN);
    // An order with several currencies is not torn apart: its last row may come again.
    read.next = rows.last().filter(|_| more).map(|row| format!("{}/{}", row.source, row.order_id));
    let text = |name| Column { name, shown: Holds::Text };
    let amount = |name| Column { name, shown: Holds::Amount };
    read.table.columns = vec![
        text("source"),
        text("order_id"),
        text("order_code"),
        text("status"),
        text("currency"),
        amount("billed_minor"),
        amount("settled_minor"),
        amount("balance_minor"),
    ];
    let row = |row: store::OpenOrder| {
        let balance = row.billed_minor.checked_sub(row.settled_minor);
        let texts = [Some(row.source), Some(row.order_id), row.order_code, row.status, Some(row.currency)];
        let amounts = [Some(row.billed_minor), Some(row.settled_minor), balance];
        texts.map(Cell::Text).into_iter().chain(amounts.map(Cell::Number)).collect()
    };
    read.table.rows = rows.into_iter().map(row).collect();
    // Orders that are settled add nothing, so all that are open come to what the account has.
    let selection = Selection { source: question.sources.chosen.as_deref(), ..Selection::default() };
    let accounts = database.read(|connection| TrialBalance::read(connection, &selection))?;
    let sum = |row: TrialBalance| {
        let texts = [Some(row.source), None, None, None, Some(row.currency)];
        let amounts = [None, None, Some(row.closing_minor)];
        texts.map(Cell::Text).into_iter().chain(amounts.map(Cell::Number)).collect()
    };
    read.totals = accounts.into_iter().filter(|row| row.account == Account::RECEIVABLE).map(sum).collect();
    Ok(())
}
