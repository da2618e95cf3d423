//! `ticketledger report vat`.

use super::sums::MonthsReport;
use crate::clock::Clock;
use crate::command::as_of::View;
use crate::command::{Outcome, output, settings};
use crate::config::Config;
use crate::ledger::totals::AsOf;
use crate::policy::VatReportBasis;
use crate::report::Format;
use crate::report::vat::{Question, read};

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

/// The months, and by which date.
#[derive(Debug, clap::Args)]
pub(super) struct VatReport {
    #[command(flatten)]
    months: MonthsReport,
    #[command(flatten)]
    date: VatDate,
}

/// Reads the report and prints it. A table for people has both parts below each other; CSV and JSON have one table:
/// that of the VAT, or with `--not-due` that of what is not due yet, which is always by month.
pub(super) fn run(config: &Config, options: &VatReport) -> anyhow::Result<Outcome> {
    let VatReport { months, date } = options;
    let (source, view) = months.asked_for(config)?;
    let (period, as_of, as_closed) = match view {
        View::AsOf(period, as_of) => (period, as_of, false),
        View::AsClosed(month) => (Some(month.into()), AsOf::default(), true),
    };
    let basis = date.basis.map(VatReportBasis::from);
    let question = Question { source, period, as_of, as_closed, basis, now: Clock::System.now() };
    let mut answer = read(&settings::open(config)?, &question)?;
    answer.vat = months.summed(answer.vat)?;
    let out = months.output();
    if date.not_due {
        out.print(&answer.not_due, &[])?;
        return Ok(Outcome::Fine);
    }
    if out.format == Format::Table && answer.bases.iter().any(|(_, basis)| *basis != VatReportBasis::Booking) {
        let by = answer.bases.iter().map(|(source, basis)| format!("{source} {}", in_words(*basis)));
        output::print(format!("VAT that is due: {}\n\n", by.collect::<Vec<_>>().join(", ")))?;
        out.print(&answer.vat, &[])?;
        output::print("\nVAT that is posted and not due yet\n\n")?;
        out.print(&answer.not_due, &[])?;
    } else {
        // By the booking date, which is the date of every other report, there is nothing to explain.
        out.print(&answer.vat, &[])?;
    }
    Ok(Outcome::Fine)
}

fn in_words(basis: VatReportBasis) -> &'static str {
    match basis {
        VatReportBasis::Booking => "by the date of booking",
        VatReportBasis::Payment => "by the date of payment",
        VatReportBasis::Service => "by the date of payment or service",
    }
}
