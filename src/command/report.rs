//! `ticketledger report`.

use super::arguments::{OfNow, OfPeriod, Report, ReportCommand};
use super::cut::{self, OfStock, View};
use super::{Outcome, output, settings};
use crate::config::Config;
use crate::report::{Cell, Kind, Table, format};

/// Reads a report and prints it.
pub(super) fn run(config: &Config, options: &Report) -> anyhow::Result<Outcome> {
    let (kind, view, common) = kind(&options.report)?;
    settings::known_source(config, common.source.as_deref())?;
    let table = cut::read(&settings::open(config)?, &kind, common.source.as_deref(), &view)?;
    output::print(format::render(&table, common.format)?)?;
    let alarming = kind == Kind::Findings && has_findings_above_info(&table);
    Ok(if alarming { Outcome::Attention } else { Outcome::Fine })
}

fn kind(command: &ReportCommand) -> anyhow::Result<(Kind, View, &OfNow)> {
    let month = |options: &OfPeriod| options.period.clone();
    let of_period =
        |kind, options: &'_ OfPeriod| Ok::<_, anyhow::Error>((kind, options.cut.view(options.period.as_deref())?));
    let of_stock =
        |kind, options: &OfStock| Ok::<_, anyhow::Error>((kind, options.cut.view(options.period.as_deref())?));
    let ((kind, view), common) = match command {
        ReportCommand::TrialBalance(options) => {
            (of_period(Kind::TrialBalance { period: month(options) }, options)?, &options.common)
        }
        ReportCommand::Revenue(options) => {
            (of_period(Kind::Revenue { period: month(options) }, options)?, &options.common)
        }
        ReportCommand::Vat(options) => (of_period(Kind::Vat { period: month(options) }, options)?, &options.common),
        ReportCommand::Payments(options) => {
            (of_period(Kind::Payments { period: month(options) }, options)?, &options.common)
        }
        ReportCommand::Balances(options) => (of_stock(Kind::Balances, options)?, &options.common),
        ReportCommand::Vouchers(options) => (of_stock(Kind::Vouchers, options)?, &options.common),
        ReportCommand::Findings(common) => ((Kind::Findings, View::default()), common),
    };
    Ok((kind, view, common))
}

pub(super) fn has_findings_above_info(table: &Table) -> bool {
    table.column("severity").any(|cell| *cell != Cell::Text(Some("info".to_owned())))
}
