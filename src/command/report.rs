//! `ticketledger report`.

use super::arguments::{Report, ReportCommand};
use super::as_of::{View, read};
use super::{Outcome, output, settings};
use crate::config::Config;
use crate::db::Database;
use crate::ledger::totals::{
    AccountBalance, OrderBalance, PaymentsByMethod, RevenueByEvent, VatByRate, VoucherBalance,
};
use crate::report::{Cell, Table, findings, format};

type Read = fn(&Database, Option<&str>, &View) -> anyhow::Result<Table>;

/// Reads a report and prints it.
pub(super) fn run(config: &Config, options: &Report) -> anyhow::Result<Outcome> {
    let (read, (view, scope)): (Read, _) = match &options.report {
        ReportCommand::TrialBalance(options) => (read::<AccountBalance>, options.view()?),
        ReportCommand::Revenue(options) => (read::<RevenueByEvent>, options.view()?),
        ReportCommand::Vat(options) => (read::<VatByRate>, options.view()?),
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
