//! `ticketledger report`.

use clap::{Args, Subcommand};

use super::as_of::{AsOfOptions, View, read};
use super::options::month;
use super::vat::{self, VatDate};
use super::{Outcome, output, settings};
use crate::config::Config;
use crate::db::Database;
use crate::ledger::book::Month;
use crate::ledger::totals::{AccountBalance, OrderBalance, PaymentsByMethod, RevenueByEvent, VoucherBalance};
use crate::report::{Cell, Format, Table, findings, format};

#[derive(Debug, Args)]
pub(super) struct Report {
    #[command(subcommand)]
    report: ReportCommand,
}

#[derive(Debug, Subcommand)]
enum ReportCommand {
    /// Balance of every account, debit positive; with --period, what that month changed
    TrialBalance(MonthOptions),
    /// Revenue by month, event and VAT rate
    Revenue(MonthOptions),
    /// VAT by month and rate, and what of it is posted and not due yet
    Vat(VatOptions),
    /// Payments and refunds by month and method
    Payments(MonthOptions),
    /// Every order: billed, settled and open amount (positive: the guest owes)
    Balances(BalanceOptions),
    /// Every voucher and flex ticket: issued, redeemed and remaining value
    Vouchers(BalanceOptions),
    /// Open findings: what does not add up or should be known; exit code 3 while one is above `info`
    Findings(ReportScope),
}

#[derive(Debug, Args)]
struct ReportScope {
    /// Only this source, by its name in the settings
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

/// For reports whose rows belong to a month.
#[derive(Debug, Args)]
struct MonthOptions {
    /// Only what is booked in this month, such as 2025-11
    #[arg(long, value_name = "YYYY-MM", value_parser = month)]
    period: Option<Month>,
    #[command(flatten)]
    as_of: AsOfOptions,
    #[command(flatten)]
    scope: ReportScope,
}

/// For reports of balances, which belong to no month.
#[derive(Debug, Args)]
struct BalanceOptions {
    /// With --as-closed: the closed month, such as 2025-11
    #[arg(long, value_name = "YYYY-MM", value_parser = month, requires = "as_closed")]
    period: Option<Month>,
    #[command(flatten)]
    as_of: AsOfOptions,
    #[command(flatten)]
    scope: ReportScope,
}

impl MonthOptions {
    fn view(&self) -> anyhow::Result<(View, &ReportScope)> {
        Ok((self.as_of.view(self.period)?, &self.scope))
    }
}

impl BalanceOptions {
    fn view(&self) -> anyhow::Result<(View, &ReportScope)> {
        Ok((self.as_of.view(self.period)?, &self.scope))
    }
}

/// For the VAT report.
#[derive(Debug, Args)]
struct VatOptions {
    #[command(flatten)]
    month: MonthOptions,
    #[command(flatten)]
    date: VatDate,
}

type Read = fn(&Database, Option<&str>, &View) -> anyhow::Result<Table>;

/// Reads a report and prints it.
pub(super) fn run(config: &Config, options: &Report) -> anyhow::Result<Outcome> {
    let (read, (view, scope)): (Read, _) = match &options.report {
        ReportCommand::Vat(VatOptions { month, date }) => {
            let (view, scope) = month.view()?;
            return vat::run(config, scope.source.as_deref(), &view, *date, scope.format);
        }
        ReportCommand::TrialBalance(options) => (read::<AccountBalance>, options.view()?),
        ReportCommand::Revenue(options) => (read::<RevenueByEvent>, options.view()?),
        ReportCommand::Payments(options) => (read::<PaymentsByMethod>, options.view()?),
        ReportCommand::Balances(options) => (read::<OrderBalance>, options.view()?),
        ReportCommand::Vouchers(options) => (read::<VoucherBalance>, options.view()?),
        ReportCommand::Findings(scope) => {
            (|database, source, _| Ok(findings(database, source)?), (View::everything(), scope))
        }
    };
    settings::known_source(config, scope.source.as_deref())?;
    let table = read(&settings::open(config)?, scope.source.as_deref(), &view)?;
    output::print(format::render(&table, scope.format)?)?;
    let alarming = matches!(options.report, ReportCommand::Findings(_)) && has_findings_above_info(&table);
    Ok(if alarming { Outcome::Attention } else { Outcome::Fine })
}

pub(super) fn has_findings_above_info(table: &Table) -> bool {
    table.column("severity").any(|cell| *cell != Cell::Text(Some("info".to_owned())))
}
