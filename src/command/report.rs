//! `ticketledger report`.

use super::arguments::{OfNow, OfPeriod, Report, ReportCommand};
use super::{Outcome, output, settings};
use crate::config::Config;
use crate::report::{self, Cell, Kind, Table, format};

/// Reads a report and prints it.
pub(super) fn run(config: &Config, options: &Report) -> anyhow::Result<Outcome> {
    let (kind, common) = kind(&options.report);
    settings::known_source(config, common.source.as_deref())?;
    let table = report::read(&settings::open(config)?, &kind, common.source.as_deref())?;
    output::print(format::render(&table, common.format)?)?;
    let alarming = kind == Kind::Findings && has_findings_above_info(&table);
    Ok(if alarming { Outcome::Attention } else { Outcome::Fine })
}

fn kind(command: &ReportCommand) -> (Kind, &OfNow) {
    let month = |options: &OfPeriod| options.period.clone();
    match command {
        ReportCommand::TrialBalance(options) => (Kind::TrialBalance { period: month(options) }, &options.common),
        ReportCommand::Revenue(options) => (Kind::Revenue { period: month(options) }, &options.common),
        ReportCommand::Vat(options) => (Kind::Vat { period: month(options) }, &options.common),
        ReportCommand::Payments(options) => (Kind::Payments { period: month(options) }, &options.common),
        ReportCommand::Balances(common) => (Kind::Balances, common),
        ReportCommand::Vouchers(common) => (Kind::Vouchers, common),
        ReportCommand::Findings(common) => (Kind::Findings, common),
    }
}

pub(super) fn has_findings_above_info(table: &Table) -> bool {
    table.column("severity").any(|cell| *cell != Cell::Text(Some("info".to_owned())))
}
