//! `ticketledger report`.

use clap::{Args, Subcommand};

use super::as_of::{self, AsOfOptions, View};
use super::options::period;
use super::{Outcome, output, settings};
use crate::config::Config;
use crate::report::{Cell, Format, Kind, Table, format};

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
    /// VAT by month and rate
    Vat(MonthOptions),
    /// Payments and refunds by month and method
    Payments(MonthOptions),
    /// Every order: billed, settled and open amount (positive: the guest owes)
    Balances(BalanceOptions),
    /// Every voucher and flex ticket: issued, redeemed and remaining value
    Vouchers(BalanceOptions),
    /// Open findings: where billed, paid and refunded amounts disagree; exit code 3 while one is above `info`
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
    #[arg(long, value_name = "YYYY-MM", value_parser = period)]
    period: Option<String>,
    #[command(flatten)]
    as_of: AsOfOptions,
    #[command(flatten)]
    scope: ReportScope,
}

/// For reports of balances, which belong to no month.
#[derive(Debug, Args)]
struct BalanceOptions {
    /// With --as-closed: the closed month, such as 2025-11
    #[arg(long, value_name = "YYYY-MM", value_parser = period, requires = "as_closed")]
    period: Option<String>,
    #[command(flatten)]
    as_of: AsOfOptions,
    #[command(flatten)]
    scope: ReportScope,
}

/// Reads a report and prints it.
pub(super) fn run(config: &Config, options: &Report) -> anyhow::Result<Outcome> {
    let (kind, view, scope) = kind(&options.report)?;
    settings::known_source(config, scope.source.as_deref())?;
    let table = as_of::read(&settings::open(config)?, &kind, scope.source.as_deref(), &view)?;
    output::print(format::render(&table, scope.format)?)?;
    let alarming = kind == Kind::Findings && has_findings_above_info(&table);
    Ok(if alarming { Outcome::Attention } else { Outcome::Fine })
}

fn kind(command: &ReportCommand) -> anyhow::Result<(Kind, View, &ReportScope)> {
    let month = |options: &MonthOptions| options.period.clone();
    let of_month = |kind, options: &'_ MonthOptions| {
        Ok::<_, anyhow::Error>((kind, options.as_of.view(options.period.as_deref())?))
    };
    let of_balances =
        |kind, options: &BalanceOptions| Ok::<_, anyhow::Error>((kind, options.as_of.view(options.period.as_deref())?));
    let ((kind, view), scope) = match command {
        ReportCommand::TrialBalance(options) => {
            (of_month(Kind::TrialBalance { period: month(options) }, options)?, &options.scope)
        }
        ReportCommand::Revenue(options) => {
            (of_month(Kind::Revenue { period: month(options) }, options)?, &options.scope)
        }
        ReportCommand::Vat(options) => (of_month(Kind::Vat { period: month(options) }, options)?, &options.scope),
        ReportCommand::Payments(options) => {
            (of_month(Kind::Payments { period: month(options) }, options)?, &options.scope)
        }
        ReportCommand::Balances(options) => (of_balances(Kind::Balances, options)?, &options.scope),
        ReportCommand::Vouchers(options) => (of_balances(Kind::Vouchers, options)?, &options.scope),
        ReportCommand::Findings(scope) => ((Kind::Findings, View::default()), scope),
    };
    Ok((kind, view, scope))
}

pub(super) fn has_findings_above_info(table: &Table) -> bool {
    table.column("severity").any(|cell| *cell != Cell::Text(Some("info".to_owned())))
}
