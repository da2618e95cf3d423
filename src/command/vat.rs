//! `ticketledger report vat`.

use super::as_of::View;
use super::{Outcome, output, settings};
use crate::clock::Clock;
use crate::config::Config;
use crate::ledger::totals::AsOf;
use crate::policy::VatReportBasis;
use crate::report::vat::{Answer, Question, read};
use crate::report::{Format, format};

/// By which date the report is.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct VatDate {
    /// By which date [default: vat_report_basis of each source's policy]
    #[arg(long, value_enum)]
    basis: Option<Basis>,
    /// Only what is posted and not due yet: opening, posted, due, closing
    #[arg(long)]
    not_due: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Basis {
    /// When it was booked
    Booking,
    /// When it was paid
    Payment,
    /// When it was paid or the service took place, whichever came first
    Service,
}

impl From<Basis> for VatReportBasis {
    fn from(basis: Basis) -> Self {
        match basis {
            Basis::Booking => Self::Booking,
            Basis::Payment => Self::Payment,
            Basis::Service => Self::Service,
        }
    }
}

/// Reads the report and prints it. A table for people has both parts below each other; CSV and JSON have one table:
/// that of the VAT, or with `--not-due` that of what is not due yet.
pub(super) fn run(
    config: &Config,
    source: Option<&str>,
    view: &View,
    date: VatDate,
    written: Format,
) -> anyhow::Result<Outcome> {
    settings::known_source(config, source)?;
    let (month, as_of, as_closed) = match *view {
        View::AsOf(month, as_of) => (month, as_of, false),
        View::AsClosed(month) => (Some(month), AsOf::default(), true),
    };
    let basis = date.basis.map(VatReportBasis::from);
    let question = Question { source, month, as_of, as_closed, basis, now: Clock::System.now() };
    let answer = read(&settings::open(config)?, &question)?;
    let text = match (date.not_due, written) {
        (true, _) => format::render(&answer.not_due, written)?,
        (false, Format::Table) => for_people(&answer)?,
        (false, Format::Csv | Format::Json) => format::render(&answer.vat, written)?,
    };
    output::print(text)?;
    Ok(Outcome::Fine)
}

/// By the booking date, which is the date of every other report, there is nothing to explain.
fn for_people(answer: &Answer) -> anyhow::Result<String> {
    let vat = format::render(&answer.vat, Format::Table)?;
    if answer.bases.iter().all(|(_, basis)| *basis == VatReportBasis::Booking) {
        return Ok(vat);
    }
    let by: Vec<String> = answer.bases.iter().map(|(source, basis)| format!("{source} {}", in_words(*basis))).collect();
    let not_due = format::render(&answer.not_due, Format::Table)?;
    Ok(format!("VAT that is due: {}\n\n{vat}\nVAT that is posted and not due yet\n\n{not_due}", by.join(", ")))
}

fn in_words(basis: VatReportBasis) -> &'static str {
    match basis {
        VatReportBasis::Booking => "by the date of booking",
        VatReportBasis::Payment => "by the date of payment",
        VatReportBasis::Service => "by the date of payment or service",
    }
}
