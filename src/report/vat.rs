//! VAT by the date on which it is due: by the booking date, by payment or by service, as each source has chosen.

use super::{NotClosed, Table};
use crate::clock::Timestamp;
use crate::db::{Connection, Database};
use crate::ledger::Error;
use crate::ledger::book::{KnownSource, PolicyHistory, store::sources};
use crate::ledger::totals::{
    AsOf, Period, Selection, Total as _, VatByRate, VatNotDue, closed_month, vat_due, vat_not_due,
};
use crate::policy::VatReportBasis;

/// Which VAT is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub source: Option<&'a str>,
    pub period: Option<Period>,
    pub as_of: AsOf,
    /// The numbers of the period, which is a month, as its close saw them.
    pub as_closed: bool,
    /// By which date; `None`: as the policy of each source says at the end of the period, or at `now`.
    pub basis: Option<VatReportBasis>,
    pub now: Timestamp,
}

/// The answer.
#[derive(Debug)]
pub struct Answer {
    /// By which date each source is shown.
    pub bases: Vec<(String, VatReportBasis)>,
    pub vat: Table,
    /// What is posted and not due yet.
    pub not_due: Table,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    #[error(transparent)]
    NotClosed(#[from] NotClosed),
    #[error(transparent)]
    Ledger(#[from] Error),
    #[error(transparent)]
    Database(#[from] crate::db::Error),
}

/// Reads the VAT of one source or of all, each by its own date.
///
/// # Errors
/// When the database cannot be read, or a month is asked for as closed and is not.
pub fn read(database: &Database, question: &Question<'_>) -> Result<Answer, Unanswered> {
    database.read(|connection| {
        let (mut bases, mut vat, mut not_due) = (Vec::new(), Vec::new(), Vec::new());
        let known = sources(connection)?;
        for source in known.iter().filter(|known| question.source.is_none_or(|only| only == known.name)) {
            let basis = match question.basis {
                Some(basis) => basis,
                None => default_basis(connection, source, question)?,
            };
            let (mut due, mut open) = of_source(connection, &source.name, question, basis)?;
            vat.append(&mut due);
            not_due.append(&mut open);
            bases.push((source.name.clone(), basis));
        }
        Ok(Answer { bases, vat: Table::of(vat), not_due: Table::of(not_due) })
    })
}

fn default_basis(
    connection: &mut Connection,
    source: &KnownSource,
    question: &Question<'_>,
) -> Result<VatReportBasis, Unanswered> {
    let policies = PolicyHistory::load(connection, &source.name, source.timezone)?;
    let last_day = question.period.and_then(|period| Timestamp::noon_of(period.last_day()?, source.timezone));
    Ok(policies.policy(policies.at(last_day.unwrap_or(question.now))).vat_report_basis)
}

fn of_source(
    connection: &mut Connection,
    source: &str,
    question: &Question<'_>,
    basis: VatReportBasis,
) -> Result<(Vec<VatByRate>, Vec<VatNotDue>), Unanswered> {
    let Some(month) = question.period.and_then(Period::month).filter(|_| question.as_closed) else {
        let selection = Selection { source: Some(source), period: question.period, as_of: question.as_of };
        return both(connection, &selection, basis);
    };
    let closed = closed_month(connection, source, month).map_err(NotClosed::from)?;
    let Some(closed) = closed else {
        return Err(NotClosed::Open { source_name: source.to_owned(), month }.into());
    };
    if basis == VatReportBasis::Booking {
        return Ok((VatByRate::as_closed(&closed, connection)?, Vec::new()));
    }
    both(connection, &closed.lines(), basis)
}

fn both(
    connection: &mut Connection,
    selection: &Selection<'_>,
    basis: VatReportBasis,
) -> Result<(Vec<VatByRate>, Vec<VatNotDue>), Unanswered> {
    Ok((vat_due(connection, selection, basis)?, vat_not_due(connection, selection, basis)?))
}
