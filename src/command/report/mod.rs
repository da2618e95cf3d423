//! `ticketledger report`.

mod account;
mod balances;
mod freshness;
mod journal;
mod pack;
mod sums;
mod vat;

use clap::{Args, Subcommand};

use super::as_of::{AsOfOptions, View, read};
use super::options::{OutputOptions, period};
use super::output::Usage;
use super::{Outcome, settings};
use crate::config::Config;
use crate::ledger::totals::{PaymentsByMethod, Period, RevenueByEvent, VoucherBalance};
use crate::report::{Cell, Table, findings};

#[derive(Debug, Args)]
pub(super) struct Report {
    #[command(subcommand)]
    report: ReportCommand,
}

#[derive(Debug, Subcommand)]
enum ReportCommand {
    /// Every entry with its lines, in the order of their numbers
    Journal(journal::Journal),
    /// Every line on an account with the balance after it, between opening and closing balance
    Account(account::Account),
    /// Every account: opening balance, debit, credit and closing balance; debit is positive
    TrialBalance(sums::PeriodReport),
    /// Revenue by month, event and VAT rate
    Revenue(sums::MonthsReport),
    /// VAT by month and rate
    Vat(vat::VatReport),
    /// From the VAT report to the revenue report: every difference by its cause
    Bridge(sums::MonthsReport),
    /// Payments and refunds by month and method
    Payments(sums::MonthsReport),
    /// Every order: billed, settled and open amount (positive: the guest owes); open ones by their age
    Balances(balances::Balances),
    /// Every voucher and flex ticket: issued, redeemed and remaining value
    Vouchers(Vouchers),
    /// Everything that an accountant expects at the end of a month, a quarter or a year, as one HTML file (and a PDF)
    /// with the data behind it; exit code 3 when a check on its cover has failed
    Pack(pack::PackOptions),
    /// How complete each source is: until when nothing is missing, what is parked, how the last sweep ended; exit
    /// code 3 when it did not end well
    Freshness(Freshness),
    /// Open findings: what does not add up or should be known; exit code 3 while one is above `info`
    Findings(Findings),
}

/// Of which source, and how it is written.
#[derive(Debug, Args)]
struct Scope {
    /// Only this source, by its name in the settings
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    #[command(flatten)]
    output: OutputOptions,
}

impl Scope {
    /// The source, if the settings know it and the output can be written as it is asked for.
    fn checked(&self, config: &Config) -> anyhow::Result<Option<&str>> {
        self.output.amounts()?;
        settings::known_source(config, self.source.as_deref())?;
        Ok(self.source.as_deref())
    }
}

#[derive(Debug, Args)]
struct Vouchers {
    #[command(flatten)]
    at: OnePoint,
    #[command(flatten)]
    scope: Scope,
}

#[derive(Debug, Args)]
struct Findings {
    /// No period: what is open now has none.
    #[arg(long, hide = true)]
    period: Option<String>,
    #[command(flatten)]
    span: NoSpan,
    #[command(flatten)]
    scope: Scope,
}

#[derive(Debug, Args)]
struct Freshness {
    /// No period: it is what is known now.
    #[arg(long, hide = true)]
    period: Option<String>,
    #[command(flatten)]
    span: NoSpan,
    #[command(flatten)]
    scope: Scope,
}

/// For reports of what is there at one point, which belongs to no period.
#[derive(Debug, Args)]
struct OnePoint {
    /// With --as-closed: the closed month, such as 2025-11
    #[arg(long, value_name = "YYYY-MM", value_parser = period)]
    period: Option<Period>,
    #[command(flatten)]
    span: NoSpan,
    #[command(flatten)]
    as_of: AsOfOptions,
}

impl OnePoint {
    fn view(&self) -> Result<View, Usage> {
        if self.span.is_asked_for() || (self.period.is_some() && !self.as_of.as_closed) {
            return Err(at_one_point("pass --booked-until DAY, or --period YYYY-MM --as-closed"));
        }
        self.as_of.view(self.period)
    }
}

/// Days between which nothing can be shown; the answer says so.
#[derive(Debug, Args)]
struct NoSpan {
    #[arg(long, hide = true)]
    from: Option<String>,
    #[arg(long, hide = true)]
    to: Option<String>,
}

impl NoSpan {
    fn is_asked_for(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }
}

fn at_one_point(instead: &str) -> Usage {
    Usage(format!("this report shows what is there at one point, not in a period; {instead}"))
}

/// Reads a report and prints it.
pub(super) fn run(config: &Config, options: &Report) -> anyhow::Result<Outcome> {
    match &options.report {
        ReportCommand::Journal(options) => journal::run(config, options),
        ReportCommand::Account(options) => account::run(config, options),
        ReportCommand::TrialBalance(options) => sums::trial_balance(config, options),
        ReportCommand::Revenue(options) => sums::run::<RevenueByEvent>(config, options),
        ReportCommand::Vat(options) => vat::run(config, options),
        ReportCommand::Bridge(options) => sums::bridge(config, options),
        ReportCommand::Payments(options) => sums::run::<PaymentsByMethod>(config, options),
        ReportCommand::Balances(options) => balances::run(config, options),
        ReportCommand::Vouchers(Vouchers { at, scope }) => {
            let (source, view) = (scope.checked(config)?, at.view()?);
            scope.output.print(&read::<VoucherBalance>(&settings::open(config)?, source, &view)?, &[])?;
            Ok(Outcome::Fine)
        }
        ReportCommand::Pack(options) => pack::run(config, options),
        ReportCommand::Freshness(Freshness { period, span, scope }) => {
            if period.is_some() || span.is_asked_for() {
                return Err(at_one_point("leave it out; of a closed month, `report pack --as-closed` says it").into());
            }
            freshness::run(config, scope)
        }
        ReportCommand::Findings(Findings { period, span, scope }) => {
            if period.is_some() || span.is_asked_for() {
                return Err(at_one_point("leave it out, or see `ticketledger findings list`").into());
            }
            let source = scope.checked(config)?;
            let table = findings(&settings::open(config)?, source)?;
            scope.output.print(&table, &[])?;
            Ok(if has_findings_above_info(&table) { Outcome::Attention } else { Outcome::Fine })
        }
    }
}

pub(super) fn has_findings_above_info(table: &Table) -> bool {
    table.column("severity").any(|cell| *cell != Cell::Text(Some("info".to_owned())))
}
