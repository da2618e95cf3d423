//! What the lines behind a figure add up to, beside the figure that the report has.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::lines::{Behind, months_of};
use super::question::Question;
use crate::console::fault::Fault;
use crate::console::wrong::{Allowed, wrong};
use crate::db::{Connection, Error};
use crate::ledger::totals::{
    Counted, PaymentsByMethod, RevenueByEvent, Selection, Total, TrialBalance, VatByRate, closed_month, sum_behind,
    vat_due,
};
use crate::policy::VatReportBasis;

/// Entries whose lines a page adds up by itself; more are added up when somebody asks.
const ENTRIES: usize = 4_000;

/// A figure of the report with the parts that it has there: the names of their columns, and amounts.
#[derive(Default)]
pub(super) struct Figure {
    pub(super) parts: Vec<(&'static str, i64)>,
    /// What the parts come to, and the column that has it.
    pub(super) minor: i64,
    pub(super) whole: &'static str,
    /// Of it, what is due in another month than the one in which it is posted.
    moved_minor: i64,
    /// The report has no such row.
    is_absent: bool,
}

/// What the lines come to, beside the figure that the report has.
pub(super) struct Sum {
    pub(super) currency: String,
    pub(super) figure: Figure,
    pub(super) lines: i64,
    /// As the lines have it: debit is positive.
    pub(super) lines_minor: i64,
    /// The report has income, a credit, as positive.
    pub(super) is_turned: bool,
    /// What the figure has besides the lines: what is due in another month, or what vouchers move between net and VAT.
    pub(super) moved_minor: i64,
    pub(super) is_of_vouchers: bool,
    /// All lines were added up.
    pub(super) is_whole: bool,
}

impl Sum {
    /// Whether the lines add up to the figure.
    pub(super) fn agrees(&self) -> bool {
        let lines = if self.is_turned { self.lines_minor.checked_neg() } else { Some(self.lines_minor) };
        lines.and_then(|lines| lines.checked_add(self.moved_minor)) == Some(self.figure.minor)
    }

    /// Nothing is there to be added up, and the report does not have the row.
    pub(super) fn is_absent(&self) -> bool {
        self.figure.is_absent && self.is_whole && self.lines == 0
    }

    pub(super) fn told(&self) -> Value {
        let whole = |number: i64| self.is_whole.then_some(number);
        let parts: serde_json::Map<String, Value> =
            self.figure.parts.iter().map(|(name, minor)| ((*name).to_owned(), Value::from(*minor))).collect();
        json!({
            "currency": self.currency, "figure_minor": (!self.is_absent()).then_some(self.figure.minor),
            "parts": parts, "lines": whole(self.lines), "lines_minor": whole(self.lines_minor),
            "credit_is_positive": self.is_turned, "moved_minor": self.moved_minor,
            "agrees": (self.is_whole && !self.is_absent()).then(|| self.agrees()),
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
    let figure = figure(connection, question, &selection, behind)?;
    let months = months_of(connection, &selection, source)?;
    let row = behind.row();
    let most = if whole { None } else { Some(ENTRIES) };
    let found = sum_behind(connection, source, &selection, &months, (behind.counted, &row), most)?;
    let is_of_vouchers = behind.counted == Counted::Revenue;
    let moved_minor = match is_of_vouchers {
        // They are in the net, and the other way round in the VAT.
        true => sum_behind(connection, source, &selection, &months, (Counted::Redeemed, &row), most)?.amount_minor,
        false => figure.moved_minor,
    };
    let sum = Sum {
        currency,
        lines: found.lines,
        lines_minor: found.amount_minor,
        is_turned: behind.counted != Counted::Payments,
        moved_minor,
        is_of_vouchers,
        is_whole: found.is_whole,
        figure,
    };
    if sum.is_absent() {
        known(connection, source, behind)?;
    }
    Ok(Some(sum))
}

/// Refuses a currency or a method that the book of the source has nowhere.
fn known(connection: &mut Connection, source: &str, behind: &Behind) -> Result<(), Fault> {
    let book = Selection { source: Some(source), ..Selection::default() };
    if let Some(currency) = &behind.currency {
        let known = TrialBalance::read(connection, &book)?.into_iter().map(|row| row.currency);
        let known: BTreeSet<String> = known.collect();
        if !known.contains(currency) {
            return Err(wrong("currency", currency, Allowed::one_of(known)));
        }
    }
    if let (Counted::Payments, Some(Some(method))) = (behind.counted, &behind.method) {
        let known = PaymentsByMethod::read(connection, &book)?.into_iter().filter_map(|row| row.payment_method);
        let known: BTreeSet<String> = known.collect();
        if !known.contains(method) {
            return Err(wrong("method", method, Allowed::one_of(known)));
        }
    }
    Ok(())
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

/// What the report says, in parts.
fn figure(
    connection: &mut Connection,
    question: &Question,
    selection: &Selection<'_>,
    behind: &Behind,
) -> Result<Figure, Fault> {
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
            taxed(found.iter().map(|row| [row.net_minor, row.vat_minor]))
        }
        Counted::Payments => {
            let mut found = rows::<PaymentsByMethod>(connection, question, selection)?;
            found.retain(|row| {
                is_currency(&row.currency) && behind.method.as_ref().is_none_or(|method| *method == row.payment_method)
            });
            let amounts = found.iter().map(|row| [row.paid_minor, row.refunded_minor]);
            in_parts(["paid_minor", "refunded_minor", "net_minor"], amounts)
        }
        Counted::Vat | Counted::Redeemed | Counted::Everything => {
            let of = |found: Vec<VatByRate>| {
                let own = found.into_iter().filter(|row| is_currency(&row.currency) && is_rate(row.vat_bp));
                taxed(own.map(|row| [row.net_minor, row.vat_minor]))
            };
            let basis = match behind.basis {
                Some("payment") => VatReportBasis::Payment,
                Some(_) => VatReportBasis::Service,
                None => return of(rows::<VatByRate>(connection, question, selection)?),
            };
            let due = of(vat_due(connection, selection, basis)?)?;
            let posted = of(VatByRate::read(connection, selection)?)?;
            let moved_minor = due.minor.checked_sub(posted.minor).ok_or_else(too_large)?;
            Ok(Figure { moved_minor, is_absent: due.is_absent && posted.is_absent, ..due })
        }
    }
}

fn taxed(amounts: impl Iterator<Item = [i64; 2]>) -> Result<Figure, Fault> {
    in_parts(["net_minor", "vat_minor", "gross_minor"], amounts)
}

/// Adds up rows of two parts; the report has their sum in a column of its own.
fn in_parts(names: [&'static str; 3], amounts: impl Iterator<Item = [i64; 2]>) -> Result<Figure, Fault> {
    let amounts: Vec<[i64; 2]> = amounts.collect();
    let first = added(amounts.iter().map(|[first, _]| *first))?;
    let second = added(amounts.iter().map(|[_, second]| *second))?;
    let [name, other, whole] = names;
    Ok(Figure {
        parts: vec![(name, first), (other, second)],
        minor: first.checked_add(second).ok_or_else(too_large)?,
        whole,
        moved_minor: 0,
        is_absent: amounts.is_empty(),
    })
}
