//! What the lines behind a figure add up to, beside the figure that the report has.

use serde_json::{Value, json};

use super::lines::{Behind, months_of};
use super::question::Question;
use crate::console::fault::Fault;
use crate::db::{Connection, Error};
use crate::ledger::totals::{
    Counted, PaymentsByMethod, RevenueByEvent, Selection, Total, VatByRate, closed_month, sum_behind, vat_due,
};
use crate::policy::VatReportBasis;

/// Entries whose lines a page adds up by itself; more are added up when somebody asks.
const ENTRIES: usize = 4_000;

/// The figure, and what is behind it: income and money that came in are positive.
pub(super) struct Sum {
    pub(super) currency: String,
    /// What the report says.
    pub(super) figure_minor: i64,
    pub(super) lines: i64,
    pub(super) lines_minor: i64,
    /// What is due in another month than the one in which it is posted.
    pub(super) moved_minor: i64,
    /// All lines were added up.
    pub(super) is_whole: bool,
}

impl Sum {
    /// Whether the lines add up to the figure.
    pub(super) fn agrees(&self) -> bool {
        self.lines_minor.checked_add(self.moved_minor) == Some(self.figure_minor)
    }

    pub(super) fn told(&self) -> Value {
        let whole = |number: i64| self.is_whole.then_some(number);
        json!({
            "currency": self.currency, "figure_minor": self.figure_minor, "lines": whole(self.lines),
            "lines_minor": whole(self.lines_minor), "moved_minor": self.moved_minor,
            "agrees": self.is_whole.then(|| self.agrees()),
        })
    }
}

/// Adds up all lines if `whole`, or if they are few.
///
/// # Errors
/// When the database cannot be read, or a sum leaves the range of 64 bits.
pub(super) fn read(
    connection: &mut Connection,
    question: &Question,
    source: &str,
    behind: &Behind,
    whole: bool,
) -> Result<Option<Sum>, Fault> {
    // Amounts of several currencies have no sum.
    let Some(currency) = behind.currency.clone() else { return Ok(None) };
    let selection = question.selection(connection, source)?;
    let (figure_minor, moved_minor) = figure(connection, question, &selection, behind)?;
    let months = months_of(connection, &selection, source)?;
    let row = behind.row();
    let most = if whole { None } else { Some(ENTRIES) };
    let found = sum_behind(connection, source, &selection, &months, (behind.counted, &row), most)?;
    let minor = found.amount_minor;
    let lines_minor = if behind.counted == Counted::Payments { Some(minor) } else { minor.checked_neg() };
    let lines_minor = lines_minor.ok_or_else(too_large)?;
    let (lines, is_whole) = (found.lines, found.is_whole);
    Ok(Some(Sum { currency, figure_minor, lines, lines_minor, moved_minor, is_whole }))
}

fn too_large() -> Fault {
    Error::Inconsistent("the lines behind a figure add up to more than 64 bits hold".to_owned()).into()
}

/// The rows of a report, as the page of the report has them.
fn rows<R: Total>(
    connection: &mut Connection,
    question: &Question,
    selection: &Selection<'_>,
) -> Result<Vec<R>, Fault> {
    if let (Some(month), Some(source)) = (question.closed_month(), selection.source) {
        let closed = closed_month(connection, source, month).map_err(anyhow::Error::from)?;
        return Ok(R::as_closed(&closed.ok_or(Fault::NotFound)?, connection)?);
    }
    Ok(R::read(connection, selection)?)
}

fn added(amounts: impl Iterator<Item = i64>) -> Result<i64, Fault> {
    amounts.into_iter().try_fold(0_i64, i64::checked_add).ok_or_else(too_large)
}

/// What the report says, and how much of it is not where it is posted.
fn figure(
    connection: &mut Connection,
    question: &Question,
    selection: &Selection<'_>,
    behind: &Behind,
) -> Result<(i64, i64), Fault> {
    let is_currency = |currency: &str| behind.currency.as_deref() == Some(currency);
    let is_rate = |rate: Option<i32>| behind.rate.is_none_or(|wanted| wanted == rate);
    match behind.counted {
        Counted::Revenue => {
            let mut found = rows::<RevenueByEvent>(connection, question, selection)?;
            found.retain(|row| {
                is_currency(&row.currency)
                    && is_rate(row.vat_bp)
                    && behind.event_id.as_ref().is_none_or(|id| *id == row.event_id)
                    && behind.event.as_ref().is_none_or(|title| *title == row.event_title)
            });
            // What a voucher moves between net and VAT is in no line: the lines have the net.
            Ok((added(found.iter().flat_map(|row| [row.net_minor, row.vat_minor]))?, 0))
        }
        Counted::Payments => {
            let mut found = rows::<PaymentsByMethod>(connection, question, selection)?;
            found.retain(|row| {
                is_currency(&row.currency) && behind.method.as_ref().is_none_or(|method| *method == row.payment_method)
            });
            Ok((added(found.iter().map(|row| row.net_minor))?, 0))
        }
        Counted::Vat | Counted::Everything => {
            let of = |found: Vec<VatByRate>| {
                let own = found.into_iter().filter(|row| is_currency(&row.currency) && is_rate(row.vat_bp));
                added(own.map(|row| row.gross_minor))
            };
            let basis = match behind.basis {
                Some("payment") => VatReportBasis::Payment,
                Some(_) => VatReportBasis::Service,
                None => return Ok((of(rows::<VatByRate>(connection, question, selection)?)?, 0)),
            };
            let due = of(vat_due(connection, selection, basis)?)?;
            let posted = of(VatByRate::read(connection, selection)?)?;
            Ok((due, due.checked_sub(posted).ok_or_else(too_large)?))
        }
    }
}
